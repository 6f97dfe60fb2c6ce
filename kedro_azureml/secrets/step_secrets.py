"""What a step is told of its secrets: names, and a vault's address.

They are variables of the step in the document. A document that was compiled for the workspace's own
vault does not know its address: whoever submits it adds ``KEY_VAULT_URL``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Microsoft's own name for it (how-to-use-secrets-in-runs), which a node's code may read too.
VAULT_VARIABLE = "KEY_VAULT_URL"
NAMES_VARIABLE = "KEDRO_AZUREML_SECRETS"
CREDENTIALS_VARIABLE = "KEDRO_AZUREML_CREDENTIALS"
# Set by a rehearsal, which gives the values themselves: no vault is asked.
GIVEN_VARIABLE = "KEDRO_AZUREML_SECRETS_GIVEN"


@dataclass(frozen=True)
class StepSecrets:
    """The secrets of one step.

    Attributes:
        names: The variables.
        vault: The vault's address; None for the workspace's own.
        credentials: Kedro's credentials that a file of the submitter's holds: each with the
            variables in the place of values.
    """

    names: tuple[str, ...] = ()
    vault: str | None = None
    credentials: Mapping[str, Any] = field(default_factory=dict)

    def variables(self) -> dict[str, str]:
        """Return the step's variables, from which `of` reads the same again."""
        if not self.names:
            return {}
        values = {NAMES_VARIABLE: ",".join(self.names)}
        if self.vault:
            values[VAULT_VARIABLE] = self.vault
        if self.credentials:
            values[CREDENTIALS_VARIABLE] = json.dumps(self.credentials, sort_keys=True)
        return values

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> StepSecrets:
        """Read the variables of a step, as the document or its process has them.

        Raises:
            ValueError: They are not what this package writes.
        """
        names = tuple(filter(None, variables.get(NAMES_VARIABLE, "").split(",")))
        credentials = json.loads(variables.get(CREDENTIALS_VARIABLE) or "{}")
        if not isinstance(credentials, dict):
            raise ValueError(f"{CREDENTIALS_VARIABLE} is no mapping")
        return cls(names, variables.get(VAULT_VARIABLE) or None, credentials)
