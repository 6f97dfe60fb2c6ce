"""``azure.compute`` of azureml.yml: where a node runs, and what is created if it is missing."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from kedro_azureml.config.models import values
from kedro_azureml.config.models.secrets import SecretsConfig
from kedro_azureml.config.models.section import Section, Text
from kedro_azureml.job.references import SERVERLESS

# What a compute target is, and what says more about it: inherited together or not at all.
# The key is called like what it stands for.
_NAMES = ("cluster_name", SERVERLESS, "instance_name")
_OF_TARGET = (*_NAMES, "instance_type", "create")
_OF_CLUSTERS = (
    "min_instances",
    "max_instances",
    "tier",
    "idle_time_before_scale_down",
    "location",
)
_OF_INSTANCES = ("idle_time_before_shutdown_minutes",)

Whole = Annotated[int, BeforeValidator(values.whole_number)]
Variables = dict[
    Annotated[str, AfterValidator(values.variable_name)],
    Annotated[str, BeforeValidator(values.variable_value)],
]


class IdentityConfig(Section):
    """As whom a step talks to Azure."""

    type: Literal["managed", "user", "default"] = Field(
        description="`managed`: the compute's managed identity; `user`: whoever submits the job; "
        "`default`: what the workspace gives every job. `identity: managed` is short for this."
    )
    client_id: Text | None = Field(
        default=None, description="With `managed`: which of several user-assigned identities."
    )
    object_id: Text | None = Field(default=None, description="The same, by its object id.")
    msi_resource_id: Text | None = Field(default=None, description="Not taken by Azure ML's SDK.")

    @model_validator(mode="after")
    def _ids_are_of_managed(self) -> IdentityConfig:
        ids = ("client_id", "object_id", "msi_resource_id")
        stated = [name for name in ids if getattr(self, name) is not None]
        if stated and self.type != "managed":
            raise values.BadValueError(
                f"'{stated[0]}' belongs to 'type: managed'.", "Correct the type, or leave it out."
            )
        if self.msi_resource_id is not None:
            # docs/architecture/azureml-capabilities.md#5-identity-and-secrets
            raise values.BadValueError(
                "Azure ML's SDK takes no 'msi_resource_id' in a job.",
                "Write 'client_id': az identity show --ids ID --query clientId",
            )
        return self

    def document(self) -> dict[str, str] | None:
        """Return the identity as a step of the document has it, or None for the default."""
        if self.type == "default":
            return None
        if self.type == "user":
            return {"type": "user_identity"}
        return self.model_dump(exclude_none=True)


class SshSettingsConfig(Section):
    """Who may log in to the machines that are created."""

    admin_username: Text | None = Field(default=None, description="For a cluster: the user.")
    ssh_key_value: Text | None = Field(default=None, description="The user's public key.")


class AssignedIdentityConfig(Section):
    """One user-assigned identity."""

    resource_id: Text = Field(description="Its resource id, `/subscriptions/...`.")


class ComputeIdentityConfig(Section):
    """The managed identity of a compute that is created."""

    type: Literal["system_assigned", "user_assigned"] = Field(description="Which kind.")
    user_assigned_identities: list[AssignedIdentityConfig] = Field(
        default_factory=list, description="With `user_assigned`: which ones."
    )

    @model_validator(mode="after")
    def _which(self) -> ComputeIdentityConfig:
        if (self.type == "user_assigned") != bool(self.user_assigned_identities):
            raise values.BadValueError(
                "'type: user_assigned' and 'user_assigned_identities' belong together.",
                "Write both or neither.",
            )
        return self


class CreateConfig(Section):
    """What a compute that does not exist is created as."""

    size: Text = Field(description="Size of a machine, such as `Standard_D4s_v5`.")
    min_instances: Annotated[Whole, Field(ge=0)] | None = Field(
        default=None, description="Machines that a cluster always keeps; Azure's default is 0."
    )
    max_instances: Annotated[Whole, Field(ge=1)] | None = Field(
        default=None, description="Machines that a cluster has at most; Azure's default is 4."
    )
    tier: Literal["dedicated", "low_priority"] | None = Field(
        default=None,
        description="A cluster's price; `low_priority` machines may be taken away. Since March "
        "2026 Azure ML gives Spot machines for it.",
    )
    idle_time_before_scale_down: Annotated[Whole, Field(ge=0)] | None = Field(
        default=None, description="Seconds that a cluster keeps an idle machine."
    )
    location: Text | None = Field(
        default=None, description="A cluster's region, if it is not the workspace's."
    )
    # 15 minutes to 3 days: azure-ai-ml, ComputeInstance.
    idle_time_before_shutdown_minutes: Annotated[Whole, Field(ge=15, le=4320)] | None = Field(
        default=None, description="Minutes after which an idle compute instance stops."
    )
    ssh_public_access_enabled: bool | None = Field(
        default=None, description="Whether the SSH port is open to the internet."
    )
    ssh_settings: SshSettingsConfig | None = Field(
        default=None, description="Who may log in. Never a password: it would stand in the file."
    )
    identity: ComputeIdentityConfig | None = Field(
        default=None, description="The compute's managed identity."
    )

    @model_validator(mode="after")
    def _bounds(self) -> CreateConfig:
        least, most = self.min_instances, self.max_instances
        if least is not None and most is not None and least > most:
            raise values.BadValueError(
                f"min_instances is {least} and max_instances is {most}.",
                "Write a maximum that is not below the minimum.",
            )
        return self


class ComputeConfig(Section):
    """One compute target under an alias, and how a node runs on it."""

    cluster_name: Annotated[str, AfterValidator(values.cluster_name)] | None = Field(
        default=None,
        description="Name of a compute cluster or of an attached Kubernetes cluster, or "
        "`serverless`.",
    )
    serverless: bool = Field(
        default=False,
        description="Azure ML finds the machines. This is also what happens when nothing is named.",
    )
    instance_name: Annotated[str, AfterValidator(values.cluster_name)] | None = Field(
        default=None, description="Name of a compute instance, which has to run."
    )
    instance_type: Text | None = Field(
        default=None,
        description="Kind of machine: an instance type of a Kubernetes cluster, or for "
        "`serverless` a size such as `Standard_NC4as_T4_v3`.",
    )
    instance_count: Annotated[Whole, Field(ge=1)] | None = Field(
        default=None,
        description="How many machines a step takes; of a distributed node, `num_nodes` says it.",
    )
    shm_size: Annotated[str, AfterValidator(values.shm_size)] | None = Field(
        default=None, description="Shared memory of the container, such as `8g`; Azure's is `2g`."
    )
    docker_args: Text | None = Field(
        default=None, description="Further arguments of `docker run`, such as `--ipc=host`."
    )
    timeout: Annotated[Whole, Field(ge=1)] | None = Field(
        default=None, description="Seconds after which Azure ML cancels a step."
    )
    priority: Literal["low", "medium", "high"] | None = Field(
        default=None, description="Which steps go first when machines are short."
    )
    identity: IdentityConfig | None = Field(
        default=None,
        description="As whom a step talks to Azure: `managed`, `user`, `default`, or a section.",
    )
    environment_variables: Variables = Field(
        default_factory=dict,
        description="Environment variables of the steps. No secret: they stand in the document.",
    )
    secrets: SecretsConfig | None = Field(
        default=None,
        description="Secrets of the steps on this compute, in the place of `azure.secrets`; what "
        "it leaves out is taken from there.",
    )
    create: CreateConfig | None = Field(
        default=None,
        description="What the cluster or instance is created as if it does not exist: with `run "
        "--create-compute`, or after a yes on a terminal.",
    )

    @field_validator("identity", mode="before")
    @classmethod
    def _short_identity(cls, value: Any) -> Any:
        return {"type": value} if isinstance(value, str) else value

    @field_validator("environment_variables", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return {} if value is None else value

    @field_validator(SERVERLESS, mode="before")
    @classmethod
    def _none_is_false(cls, value: Any) -> Any:
        return False if value is None else value

    @model_validator(mode="after")
    def _one_target(self) -> ComputeConfig:
        named = [name for name in _NAMES if getattr(self, name)]
        if len(named) > 1:
            targets = " and ".join(f"'{name}'" for name in named)
            raise values.BadValueError(f"{targets} name two computes.", "Keep one of them.")
        if self.instance_name and (self.instance_type or (self.instance_count or 1) > 1):
            key = "instance_type" if self.instance_type else "instance_count"
            raise values.BadValueError(
                f"A compute instance is one machine of its own kind: it takes no '{key}'.",
                "Remove it, or name a cluster or 'serverless: true'.",
            )
        self._check_create()
        return self

    def _check_create(self) -> None:
        if self.create is None:
            return
        if self.is_serverless:
            raise values.BadValueError(
                "'create' needs the name of what is to be created.",
                "Write 'cluster_name' or 'instance_name' beside it.",
            )
        kind = "compute instance" if self.instance_name else "cluster"
        for name in _OF_CLUSTERS if self.instance_name else _OF_INSTANCES:
            if getattr(self.create, name) is not None:
                raise values.BadValueError(
                    f"A {kind} is not created with '{name}'.", f"Remove 'create.{name}'."
                )
        ssh = self.create.ssh_settings
        if ssh and self.cluster_name and not (ssh.admin_username and ssh.ssh_key_value):
            raise values.BadValueError(
                "A cluster's 'ssh_settings' lack the user or the public key.",
                "Write both 'admin_username' and 'ssh_key_value'.",
            )

    @property
    def is_serverless(self) -> bool:
        """Tell whether Azure ML finds the machines."""
        return self.target is None

    @property
    def target(self) -> str | None:
        """Return the name of the compute in the workspace, or None for serverless."""
        name = self.cluster_name or self.instance_name
        return None if name == SERVERLESS else name

    def over(self, default: ComputeConfig) -> ComputeConfig:
        """Return this alias, with what it leaves out taken from another.

        The compute target is taken as a whole, with its `instance_type` and `create`; environment
        variables one by one; everything else value by value. A value that is written as ``null``
        counts as written.
        """
        stated = self.model_fields_set
        inherited = set(type(self).model_fields) - stated
        if any(getattr(self, name) for name in _NAMES):
            inherited -= set(_OF_TARGET)
        else:
            inherited |= set(_NAMES)
        if self.instance_name:
            inherited.discard("instance_count")
        changes = {name: getattr(default, name) for name in inherited}
        changes["environment_variables"] = {
            **default.environment_variables,
            **self.environment_variables,
        }
        return self.model_copy(update=changes)
