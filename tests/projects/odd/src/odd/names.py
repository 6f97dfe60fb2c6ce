"""Names of nodes and datasets that Kedro accepts.

What Kedro refuses, and so is not here: node names and tags with anything but letters (of any
alphabet), digits, ``_``, ``-`` and ``.`` (a trailing newline slips through its check); dataset
names with two ``@``; catalog entries whose name has a brace, which are factories instead (a
dataset that stays in memory may have braces); an empty dataset name.
"""

from __future__ import annotations

LONG = "n" * 300

#: Datasets that no catalog entry names.
IN_MEMORY: tuple[tuple[str, ...], ...] = (
    (
        "a.b",
        "a_b",
        "a__b",
        "a-b",
        "a b",
        "A",
        "a",
        "path",
        "PATH",
        "home",
        "items",
        "user",
        "shell",
        "class",
        "inputs",
        "1st",
        "-",
        "_",
    ),
    (
        " padded ",
        "it's",
        'say "hi"',
        "$HOME",
        "$(id)",
        "`id`",
        "${{x}}",
        "${{inputs.x}}",
        "$[[x]]",
        "{x}",
        "back\\slash",
        "semi;colon&|<>",
        "star*?~!",
        "a:b",
        "a,b",
        "a=b",
        "100%",
        "#hash",
    ),
    (
        "slash/ed",
        "../../up",
        "--output",
        "new\nline",
        "tab\tand\rreturn",
        "emoji 🚀",
        "\u00e9",
        "e\u0301",
        "名前",
        LONG,
        LONG[:-1] + "m",
        "NUL",
        ".",
        "..",
        "~",
        "outputs",
    ),
)

#: Datasets of ``config/base/catalog_names.yml``.
DECLARED: tuple[str, ...] = (
    "declared with spaces",
    "x.y",
    "x_y",
    "B",
    "b",
    "HOME",
    "values",
    'they\'re "quoted"',
    "$PATH",
    "`whoami`",
    "two\nlines",
    "rocket 🚀",
    "--mount",
    "slash/ed/declared",
    "/tmp/absolute",
    "long_" * 60,
)

#: Names of nodes; several differ only in what a sanitised name would drop.
NODES: tuple[str, ...] = (
    "n.x",
    "n_x",
    "n-x",
    "N_x",
    "узел_ß_節点",
    "newline_at_the_end\n",
    "1st.node-",
    "node_" * 60,
)
