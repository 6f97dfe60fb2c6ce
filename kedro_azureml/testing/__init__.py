"""Contracts for what other packages add: subclass one in your tests, and pytest runs it.

Nothing here imports pytest. ``pytest.register_assert_rewrite("kedro_azureml.testing")`` in your
``conftest.py`` has it show the values of an assertion that fails.
"""

from kedro_azureml.testing.groupings import GroupingContract
from kedro_azureml.testing.launchers import LauncherContract
from kedro_azureml.testing.stores import StoreContract

__all__ = ["GroupingContract", "LauncherContract", "StoreContract"]
