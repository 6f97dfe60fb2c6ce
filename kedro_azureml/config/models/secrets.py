"""``azure.secrets`` of azureml.yml: which secrets the steps get, and from which vault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, field_validator

from kedro_azureml.config.models import values
from kedro_azureml.config.models.section import Section
from kedro_azureml.secrets.names import problem_of_name, same_in_vault
from kedro_azureml.secrets.vault_address import is_vault_name, is_vault_url

if TYPE_CHECKING:
    from kedro_azureml.config.models.azureml import AzureConfig


def check_vault(value: str) -> str:
    """Check a vault: its name, or its address."""
    value = values.text(value)
    if "://" in value and not is_vault_url(value):
        raise values.BadValueError(
            f"{values.shown(value)} is no address of a vault of Azure's.",
            "Expected https://NAME.vault.azure.net, or the name alone.",
        )
    if "://" not in value and not is_vault_name(value):
        raise values.BadValueError(
            f"{values.shown(value)} is not a vault's name.",
            "Expected 3 to 24 letters, digits and single hyphens, a letter first.",
        )
    return value


def _name(value: str) -> str:
    """Check a secret's name, which is a variable's."""
    value = values.text(value)
    if problem := problem_of_name(value):
        raise values.BadValueError(
            f"{values.shown(value)} {problem}.", "Expected a name such as DB_PASSWORD."
        )
    return value


class SecretsConfig(Section):
    """The secrets of steps, by name."""

    vault: Annotated[str, AfterValidator(check_vault)] | None = Field(
        default=None,
        description="Key vault: its name, or its address. Left out: the workspace's own.",
    )
    names: list[Annotated[str, AfterValidator(_name)]] = Field(
        default_factory=list,
        description="Secrets that each step gets as environment variables of these names. In the "
        "vault a dash stands for each underscore.",
    )

    @field_validator("names", mode="before")
    @classmethod
    def _none_is_none(cls, value: object) -> object:
        return [] if value is None else value

    @field_validator("names", mode="after")
    @classmethod
    def _distinct(cls, value: list[str]) -> list[str]:
        for one, other in same_in_vault(value):
            raise values.BadValueError(
                f"'{one}' and '{other}' are one secret in a vault.", "Keep one of them."
            )
        return list(dict.fromkeys(value))

    def over(self, default: SecretsConfig) -> SecretsConfig:
        """Return this section, with what it leaves out taken from another."""
        stated = self.model_fields_set
        changes = {n: getattr(default, n) for n in type(self).model_fields if n not in stated}
        return self.model_copy(update=changes)


def secrets_of(azure: AzureConfig, alias: str) -> SecretsConfig:
    """Return what the steps on a compute alias get: its own section, over that of all steps."""
    settings = azure.compute_settings(alias)
    own = settings.secrets if settings else None
    if own is None or azure.secrets is None:
        return own or azure.secrets or SecretsConfig()
    return own.over(azure.secrets)


def all_secrets(azure: AzureConfig) -> dict[str | None, list[str]]:
    """Return each vault, as azureml.yml names it, and what steps read from it."""
    found: dict[str | None, dict[str, None]] = {}
    sections = [azure.secrets or SecretsConfig(), *(secrets_of(azure, a) for a in azure.compute)]
    for section in sections:
        if section.names or section.vault:
            found.setdefault(section.vault, {}).update(dict.fromkeys(section.names))
    return {vault: list(names) for vault, names in found.items()}
