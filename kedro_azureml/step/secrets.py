"""A step gets its secrets: before Kedro starts, by its own identity, and into memory alone."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from kedro_azureml.secrets import resolver
from kedro_azureml.secrets.masking import hide
from kedro_azureml.secrets.references import stand_in
from kedro_azureml.secrets.step_secrets import GIVEN_VARIABLE, VAULT_VARIABLE, StepSecrets
from kedro_azureml.step.errors import StepError
from kedro_azureml.step.process.masked_log import mask_standard_output

_EXTRA = "Install kedro-azureml[secrets] in the environment of the steps."


def take_secrets(environment: MutableMapping[str, str]) -> None:
    """Set the step's secrets as variables, and mask them in all that it prints from now on.

    Args:
        environment: The step's variables, usually ``os.environ``.

    Raises:
        StepError: One cannot be read; the message names it, the vault, who asked, and the role.
    """
    secrets = _told(environment)
    values = {name: environment[name] for name in secrets.names if name in environment}
    if not environment.pop(GIVEN_VARIABLE, None):
        values = _read(secrets, environment)
        environment.update(values)
    hide(values.values())
    mask_standard_output(values.values())
    # A catalog is the same for all steps, and names secrets that this one does not get.
    resolver.answer_by(lambda name: values.get(name, stand_in(name)))
    resolver.register()


def credentials_of(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return Kedro's credentials that a file of the submitter's holds, with the secrets in them."""

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        return environment.get(str(value), "")

    return {name: filled(value) for name, value in _told(environment).credentials.items()}


def _told(environment: Mapping[str, str]) -> StepSecrets:
    try:
        return StepSecrets.of(environment)
    except ValueError as error:
        raise StepError(
            f"the step's variables for its secrets cannot be read: {error}. Compile the document "
            "anew."
        ) from None


def _read(secrets: StepSecrets, environment: Mapping[str, str]) -> dict[str, str]:
    if not secrets.names:
        return {}
    named = ", ".join(secrets.names)
    if secrets.vault is None:
        raise StepError(
            f"the step needs the secrets {named}, and {VAULT_VARIABLE} does not say from which "
            "vault. The document was compiled for the workspace's own: submit it with 'kedro "
            f"azureml run -f', which looks it up, or set {VAULT_VARIABLE} for the step."
        )
    try:
        from kedro_azureml.secrets.vault import open_vault, read_values
        from kedro_azureml.secrets.vault_errors import VaultError
        from kedro_azureml.storage.identity import identity_in_words, own_identity
    except ImportError as error:
        raise StepError(
            f"the step needs the secrets {named}, and what reads them cannot be imported here "
            f"({error}). {_EXTRA}"
        ) from None
    asker = identity_in_words(environment)
    try:
        vault = open_vault(secrets.vault, own_identity(environment), asker)
        return read_values(vault, secrets.names)
    except VaultError as error:
        raise StepError(f"{error.message} {error.remedy}") from None
