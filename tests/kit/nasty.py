"""Values that a shell, JSON or Azure ML's substitution could take for something else."""

from __future__ import annotations

from hypothesis import strategies as st

_TEXT = st.characters(exclude_categories=["Cs"])
NASTY = st.one_of(
    st.sampled_from(
        [
            "'; rm -rf /tmp/nothing; '",
            'it\'s "q" $HOME ${HOME} `id` $(id) \\ !x',
            "${{inputs.x}} $[[--opt ${{inputs.y}}]]",
            "line\nbreak\ttab\r",
            "emoji 😀 é 漢",
            "x" * 300,
            "",
            '"quoted"',
            "--node",
            "-e",
            "a=b",
            "ends\n",
            "~",
            "*",
        ]
    ),
    st.text(_TEXT, max_size=30),
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | NASTY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NASTY, inner, max_size=3),
    max_leaves=8,
)


def folders() -> st.SearchStrategy[str]:
    """Paths of folders, absolute or relative, whatever a file system allows in a name."""
    names = st.one_of(
        st.sampled_from(
            [
                "o'brien",
                "my app",
                "$HOME",
                "${{inputs.x}}",
                "$[[x]]",
                "`id`",
                '"',
                "\\",
                "é 漢",
                "~",
                "*",
            ]
        ),
        st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="/\0"),
            min_size=1,
            max_size=12,
        ),
    ).filter(lambda name: name not in (".", "..") and len(name.encode()) < 100)
    paths = st.lists(names, min_size=1, max_size=3).map("/".join)
    return st.one_of(paths.map("/{}".format), paths.filter(lambda path: not path.startswith("-")))
