"""What every grouping must do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from kedro.pipeline import Pipeline, node

from kedro_azureml.compiler.grouping.groups import group_nodes
from kedro_azureml.compiler.grouping.labels import check_labels
from kedro_azureml.compiler.grouping.strategy import Grouping, GroupingRequest
from kedro_azureml.config import GroupingConfig
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.step_record import DEFAULT_PIPELINE


class GroupingContract(ABC):
    """Asks a grouping for the labels of several pipelines."""

    @abstractmethod
    def grouping(self) -> Grouping:
        """Return the grouping."""

    def config(self) -> GroupingConfig:
        """Return ``azure.grouping`` of azureml.yml; override it if yours reads `options`."""
        return GroupingConfig()

    def pipelines(self) -> Iterator[Pipeline]:
        """Yield pipelines to group; override it to add some that show what yours does."""
        yield Pipeline([])
        yield Pipeline([node(_one, "raw", "table", name="alone")])
        chain = [
            node(_one, "raw", "a", name="first", tags=["x"], namespace="left"),
            node(_one, "a", "b", name="second", tags=["x", "y"], namespace="left.inner"),
            node(_one, "b", "c", name="third"),
        ]
        yield Pipeline(chain)
        yield Pipeline([*chain, node(_one, "a", "d", name="fourth"), node(_one, "d", None)])

    def test_labels_are_texts_of_nodes_that_there_are(self) -> None:
        """Each label is a text, and each name is one of a node of the pipeline."""
        for request in self._requests():
            check_labels(self.grouping()(request), request)

    def test_the_same_pipeline_has_the_same_labels(self) -> None:
        """Compiling twice gives the same document."""
        for request in self._requests():
            assert self.grouping()(request) == self.grouping()(request)

    def test_no_steps_wait_for_each_other(self) -> None:
        """The steps have an order, whatever the pipeline."""
        for request in self._requests():
            labels = self.grouping()(request)
            try:
                group_nodes(request.pipeline, self.config(), labels=labels)
            except DiagnosticError as error:
                raise AssertionError(str(error)) from error

    def _requests(self) -> Iterator[GroupingRequest]:
        for pipeline in self.pipelines():
            yield GroupingRequest(pipeline, DEFAULT_PIPELINE, self.config(), lambda name: True)


def _one(table: object) -> object:
    return table
