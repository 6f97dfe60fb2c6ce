"""What the service says to the processes of one step: who they are, and which run is theirs."""

from __future__ import annotations

import os

from tests.kit.azureml.access.identities import Identities
from tests.kit.azureml.access.login import Login
from tests.kit.azureml.jobs.checks import compute_of, identity_of
from tests.kit.azureml.jobs.jobs import Run
from tests.kit.azureml.tracking.tracking import Tracking
from tests.kit.azureml.workspace.workspace import Workspace
from tests.kit.mlflow_environment import mlflow_program


class StepVariables:
    """Variables of steps, beside those that all have."""

    def __init__(
        self, workspace: Workspace, login: Login, identities: Identities, tracking: Tracking
    ) -> None:
        self._workspace = workspace
        self._login = login
        self._identities = identities
        self._tracking = tracking

    def of(self, child: Run) -> dict[str, str]:
        """The variables of a step."""
        return {**self._identity(child), **self._mlflow(child)}

    def _identity(self, child: Run) -> dict[str, str]:
        """How a step gets tokens: as its submitter, as the compute, or not at all."""
        assert child.parent is not None
        if child.parent.parent is not None:
            # A trial is what its step is.
            return self._identity(child.parent)
        job = child.parent.definition
        kind = identity_of(job, child.definition)
        if kind == "UserIdentity" and child.parent.schedule is not None:
            # Nobody has logged in when a schedule triggers a job: undocumented, and so a choice.
            return {}
        if kind == "UserIdentity":
            return self._identities.on_behalf_of(child.parent.submitter)
        principal = self._workspace.identities.get(compute_of(job, child.definition))
        if principal is None or kind == "AMLToken":
            return {}
        return self._identities.managed(principal)

    def _mlflow(self, child: Run) -> dict[str, str]:
        if self._tracking.server is None:
            return {}
        token = self._login.make_token("https://ml.azure.com")
        programs = str(mlflow_program().parent)
        return {
            **self._tracking.variables(child, self._workspace.tracking_uri, token),
            # An image with mlflow in it.
            "PATH": os.pathsep.join([programs, os.environ["PATH"]]),
        }
