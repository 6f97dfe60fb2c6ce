"""One small project with a case at each seam between a step and the project that it runs.

It has an environment of its own (``prod``), hooks that add datasets and parameters, a namespace
with hostile parameters, partitions and datasets with odd names, datasets outside the project, and a
node that prints 50 MB, forks and changes its working directory.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.kit.projects import PACKAGE, make_project

#: How `kedro run` and `kedro azureml run` are called in it.
OPTIONS = ("--env", "prod", "--params", "given.text=it's $HOME; `id` #1,given.number=007")

#: Names of datasets that each lie in a file of this name.
NAMES = (
    *("home", "items", "Items", "path", "user", "outputs", "a.b", "a_b", "a-b", "A_b"),
    *("with spaces", " padded ", "it's", 'say "hi"', "$HOME", "`id`", "$(id)", "semi;colon&|<>"),
    *("star*?", "100%", "#hash", "a=b,c:d", "--output", "~tilde", "é", "e\u0301", "名前 🚀"),
    *("long_" * 40, "transcoded@json"),
)

_PARTS = ("a b", "it's", "ünï 🚀", "100%25", "#1", "deeper/$HOME", ".hidden", "-n", "a.tar")

#: Some of the files that a run makes.
MADE = (
    *(f"data/made/{name}.json" for name in NAMES if not name.endswith("@json")),
    *(f"data/made/parts/{part} again" for part in _PARTS),
    *("data/made/it's a $space.report.json", "data/made/added.json", "data/made/transcoded.json"),
)

_SETTINGS = f"""\
from {PACKAGE}.hooks import Hooks

HOOKS = (Hooks(),)
"""

_HOOKS = """\
import pandas as pd
from kedro.framework.hooks import hook_impl
from kedro.io import MemoryDataset
from kedro_datasets.json import JSONDataset


class Hooks:
    @hook_impl
    def after_context_created(self, context):
        self.made = context.project_path / "data" / "made"
        parameters = context.config_loader["parameters"]
        context.config_loader["parameters"] = {**parameters, "by_loader": {"deep": [1, None]}}

    @hook_impl
    def after_catalog_created(self, catalog):
        catalog["added"] = JSONDataset(filepath=str(self.made / "added.json"))
        catalog["params:by_catalog"] = MemoryDataset(pd.DataFrame({"it's": [1.5, None]}))
"""

_REGISTRY = f"""\
import multiprocessing
import os
import subprocess
import sys

from kedro.pipeline import Pipeline, node

NAMES = {NAMES!r}
PARTS = {_PARTS!r}


def tell(*values):
    return [repr(value) for value in values]


def make_all():
    return [[index, name] for index, name in enumerate(NAMES)]


def partition(parts):
    loaded = {{name: load() for name, load in sorted(parts.items())}}
    made = {{f"{{name}} again": (lambda text=text: text.upper()) for name, text in loaded.items()}}
    return made, loaded


def outside(near, far, absolute):
    return near + "!", far + "!", absolute + "!"


def disturb(number):
    line = "x" * 1023
    for _ in range(50 * 1024):
        print(line)
    child = os.fork()
    if child == 0:
        os._exit(3)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with multiprocessing.get_context("fork").Pool(2) as pool:
        squares = pool.map(abs, [-number, number])
    said = subprocess.run([sys.executable, "-c", "print('child')"], capture_output=True, text=True)
    os.chdir("/")
    return [status, squares, said.stdout]


def register_pipelines():
    seen = ["params:model options", "params:text", "params:by_number"]
    namespaced = Pipeline([node(tell, seen, "report", name="tell")], namespace="it's a $space")
    given = ["params:given", "params:by_loader", "params:by_catalog", "params:where", "added"]
    written = [name.replace("@json", "@text") for name in NAMES]
    return {{"__default__": namespaced + Pipeline([
        node(make_all, None, list(NAMES), name="make_all"),
        node(tell, written, "told", name="tell_all"),
        node(partition, "raw parts", ["made parts", "parts in order"], name="partition"),
        node(outside, ["near", "far", "absolute"], ["nearer", "farther", "other"], name="outside"),
        node(disturb, "params:where.number", "added", name="disturb"),
        node(tell, given, "given told", name="tell_given"),
    ])}}
"""

_PARAMETERS = r"""
where: {place: base, number: 1}
given: {text: of base, number: 1}
not a number: .nan
"it's a $space":
  text: "quotes ' \" and `id` $HOME $(id) \\${{inputs.x}} {braces} \\ back\ttab\r\nline é 🚀"
  model options: {"a key": [1, 2.5, .inf, 1.0e-300, null, true, "yes", "007", ""], "é.x": {}}
  by_number: {1: one, 2.5: float, true: bool, date: 2024-02-29, big: 123456789012345678901234567890}
"""

_CATALOG = """\
raw parts: {type: partitions.PartitionedDataset, path: data/raw/parts, dataset: text.TextDataset}
made parts: {type: partitions.PartitionedDataset, path: data/made/parts, dataset: text.TextDataset}
near: {type: text.TextDataset, filepath: ../x.txt}
far: {type: text.TextDataset, filepath: ../../x.txt}
absolute: {type: text.TextDataset, filepath: "ROOT/other/x.txt"}
transcoded@json: {type: json.JSONDataset, filepath: data/made/transcoded.json}
transcoded@text: {type: text.TextDataset, filepath: data/made/transcoded.json}
"{any}": {type: json.JSONDataset, filepath: "data/made/of base/{any}.json"}
"""
_PROD_CATALOG = """\
"{any}": {type: json.JSONDataset, filepath: "data/made/{any}.json"}
"""


def seams_project(folder: Path) -> Path:
    """Write the project two levels below `folder`, where the data outside of it lies."""
    project = folder / "deep" / "seams"
    raw = {f"data/raw/parts/{part}": f"text of {part}" for part in _PARTS}
    outside = {"../x.txt": "near", "../../x.txt": "far", "../../other/x.txt": "absolute"}
    catalog = _CATALOG.replace("ROOT", folder.as_posix())
    return make_project(
        project,
        registry=_REGISTRY,
        parameters=_PARAMETERS,
        catalog=catalog,
        files={
            **raw,
            **outside,
            f"src/{PACKAGE}/settings.py": _SETTINGS,
            f"src/{PACKAGE}/hooks.py": _HOOKS,
            "conf/prod/catalog.yml": _PROD_CATALOG,
            "conf/prod/parameters.yml": json.dumps({"where": {"place": "prod", "number": 9}}),
        },
    )
