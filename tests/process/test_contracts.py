"""The contracts that authors of extensions get, asked of this package and of the plugin."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kedro_azureml.compiler.grouping.strategy import Grouping, GroupingRequest
from kedro_azureml.rehearsal.launch.foreign import LauncherFactory, LauncherRequest
from kedro_azureml.rehearsal.launch.launcher import CommandLauncher, Launcher
from kedro_azureml.storage import FolderStore, Store
from kedro_azureml.testing import GroupingContract, LauncherContract, StoreContract

PLUGIN = Path(__file__).resolve().parents[1] / "plugins" / "acme"


@pytest.fixture(scope="module", autouse=True)
def installed() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PLUGIN))
        yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme_azureml"]:
        del sys.modules[name]


class TestGrouping(GroupingContract):
    def grouping(self) -> Grouping:
        grouping: Grouping = importlib.import_module("acme_azureml.grouping").by_team
        return grouping


class TestOwnStore(StoreContract):
    def store(self, folder: Path) -> Store:
        return FolderStore(folder / "store")


class TestStore(StoreContract):
    @pytest.fixture(autouse=True)
    def mounted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ACME_SHARE", str(tmp_path / "share"))

    def store(self, folder: Path) -> Store:
        store: Store = importlib.import_module("acme_azureml.store").ShareStore("share://team")
        return store


def command_launcher(request: LauncherRequest) -> Launcher:
    return CommandLauncher()


class TestOwnLauncher(LauncherContract):
    def factory(self) -> LauncherFactory:
        return command_launcher


class TestLauncher(LauncherContract):
    def factory(self) -> LauncherFactory:
        factory: LauncherFactory = importlib.import_module("acme_azureml.launcher").NiceLauncher
        return factory


def failing(contract: type, method: str, **values: object) -> str:
    """What a contract says of an extension that breaks it."""
    with pytest.raises(AssertionError) as caught:
        getattr(contract(), method)(**values)
    return str(caught.value)


def test_a_grouping_whose_steps_wait_for_each_other_breaks_its_contract() -> None:
    class Wrong(GroupingContract):
        def grouping(self) -> Grouping:
            return by_turns

    def by_turns(request: GroupingRequest) -> dict[str, str]:
        return {node.name: "ab"[n % 2] for n, node in enumerate(request.pipeline.nodes)}

    assert "KAZ231" in failing(Wrong, "test_no_steps_wait_for_each_other")


def test_a_store_that_forgets_breaks_its_contract(tmp_path: Path) -> None:
    class Forgetful(FolderStore):
        def delete(self, key: str) -> None:
            """Forget to."""

    class Wrong(StoreContract):
        def store(self, folder: Path) -> Store:
            return Forgetful(folder)

    failing(Wrong, "test_keys_are_listed_and_deleted", tmp_path=tmp_path)
