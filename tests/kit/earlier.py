"""Documents that an earlier version compiled, before a step had a record, and their project.

`documents/` holds them as they were written, and is never written again: a command in them is what
users have in their files and what Azure ML keeps with their jobs.
"""

from __future__ import annotations

from pathlib import Path

from tests.kit.projects import make_project

DOCUMENTS = Path(__file__).parent / "documents"
A_STEP_A_NODE = DOCUMENTS / "a_step_a_node.yml"
CODE_IN_THE_IMAGE = DOCUMENTS / "code_in_the_image.yml"
TEMPORARY_STORAGE = DOCUMENTS / "temporary_storage.yml"

REGISTRY = """\
from kedro.pipeline import Pipeline, node

def clean(text, how):
    return f"{text.strip()} {how['unit']}"

def split(text):
    return text.split(), len(text)

def join(words, length, factor):
    return " ".join(words) * factor, length

def register_pipelines():
    first = Pipeline([node(clean, ["raw", "params:how"], "it's clean", name="clean")])
    second = Pipeline([
        node(split, "it's clean", ["words", "length"], name="split"),
        node(join, ["words", "length", "params:factor"], ["joined", "last"], name="join"),
    ])
    return {"__default__": first + second, "second": second}
"""
CATALOG = """\
raw: {type: text.TextDataset, filepath: data/01_raw/raw file.txt}
"it's clean": {type: text.TextDataset, filepath: data/02/clean.txt}
"""
# What the parameters in the first document's commands make of the raw file.
CLEAN = 'ten long words it\'s $HOME `id` "mm"'


def make_earlier_project(path: Path) -> Path:
    """The project that the documents were compiled from."""
    return make_project(
        path,
        registry=REGISTRY,
        catalog=CATALOG,
        parameters="how: {unit: cm}\nfactor: 1\n",
        files={"data/01_raw/raw file.txt": "ten long words\n"},
    )
