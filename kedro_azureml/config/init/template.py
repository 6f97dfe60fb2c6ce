"""The azureml.yml that ``kedro azureml init`` writes: commented, and runnable as it is."""

from __future__ import annotations

import json
from dataclasses import dataclass

from kedro_azureml.config.models.values import DEFAULT_ALIAS

_HEADER = """\
# Azure Machine Learning settings of this project, read by `kedro azureml`.
#
# A value may be ${globals:name}, or ${oc.env:NAME} for an environment variable. The same file in
# another conf environment replaces whole top-level sections (`azure`, `docker`), as Kedro merges
# files, unless settings.py has CONFIG_LOADER_ARGS = {"merge_strategy": {"azureml": "soft"}, ...}.
# No secret belongs here. `kedro azureml explain azureml.yml` lists all keys.
"""


@dataclass(frozen=True)
class InitialValues:
    """The answers that ``init`` got, each in the form in which azureml.yml holds it."""

    resource_group: str
    workspace_name: str
    experiment_name: str
    cluster_name: str
    subscription_id: str | None = None
    environment_name: str | None = None
    docker_image: str | None = None
    storage_account_name: str | None = None
    storage_container: str | None = None
    requirements: str | None = None
    use_pipeline_data_passing: bool = False


def render(values: InitialValues) -> str:
    """Return the text of azureml.yml for these values."""
    return "\n".join([_HEADER, *_azure(values), "", *_docker(values), ""])


def quote(value: str | None) -> str:
    """Return a YAML scalar that reads back as exactly this text; ``null`` for None."""
    # A JSON string is a YAML double-quoted scalar, and nothing in one is taken for a number, a
    # date, a boolean or a comment.
    return "null" if value is None else json.dumps(value, ensure_ascii=False)


def _azure(values: InitialValues) -> list[str]:
    image_flow = values.docker_image is not None
    subscription = f"subscription_id: {quote(values.subscription_id)}"
    if values.subscription_id is None:
        subscription = '# subscription_id: "00000000-0000-0000-0000-000000000000"'
    return [
        "azure:",
        "  # Also taken from -s/--subscription-id, or from AZURE_SUBSCRIPTION_ID.",
        f"  {subscription}",
        f"  resource_group: {quote(values.resource_group)}",
        f"  workspace_name: {quote(values.workspace_name)}",
        "  # Azure ML lists the jobs under this experiment.",
        f"  experiment_name: {quote(values.experiment_name)}",
        *_environment(values),
        "",
        "  # The folder to upload as the code of every step, less what .amlignore names.",
        "  # null: the code is in the image, in working_directory.",
        f"  code_directory: {quote(None if image_flow else '.')}",
        f"  {'' if image_flow else '# '}working_directory: /home/kedro",
        "",
        "  # How raw inputs on a local path reach the job: `upload` them once as its inputs, or",
        "  # read them from the uploaded `code` (then .amlignore must not name data/).",
        "  local_inputs: upload",
        "",
        *_data_passing(values),
        "",
        "  # Where steps run. A node tagged with an alias runs on that alias, any other node on",
        (
            f"  # {DEFAULT_ALIAS}. `serverless: true` needs no cluster: "
            "`kedro azureml explain compute`."
        ),
        "  compute:",
        f"    {DEFAULT_ALIAS}:",
        f"      cluster_name: {quote(values.cluster_name)}",
        "    # gpu:",
        "    #   cluster_name: my-gpu-cluster",
        "    #   # Made with `run --create-compute` if it does not exist.",
        "    #   create: {size: Standard_NC4as_T4_v3, max_instances: 2}",
    ]


def _environment(values: InitialValues) -> list[str]:
    if values.environment_name or values.docker_image:
        return [
            "  # The Azure ML environment of the steps: name@latest, or name:3 for one version.",
            "  # The key `environments` can have one built from your files: see",
            "  # `kedro azureml explain environments`.",
            f"  environment_name: {quote(values.environment_name)}",
        ]
    file = values.requirements
    comment = "" if file else "# "
    return [
        "  # The environment of the steps, which Azure ML builds of this file. One that exists:",
        "  # `name: my-env@latest`. More: `kedro azureml explain environments`.",
        f"  {comment}environments:",
        f"  {comment}  {DEFAULT_ALIAS}:",
        f"  {comment}    requirements: {quote(file or 'requirements.txt')}",
    ]


def _data_passing(values: InitialValues) -> list[str]:
    enabled = "true" if values.use_pipeline_data_passing else "false"
    lines = [
        "  # Whether steps pass the data that the catalog does not declare as outputs of the job,",
        "  # which needs no storage account.",
        "  pipeline_data_passing:",
        f"    enabled: {enabled}",
    ]
    if values.storage_account_name is None:
        return lines
    return [
        *lines,
        "  # The blob container for data between steps otherwise. It goes under",
        "  # kedro-azureml-temp/: give that prefix a lifecycle rule, so that old runs cost",
        "  # nothing.",
        "  temporary_storage:",
        f"    account_name: {quote(values.storage_account_name)}",
        f"    container: {quote(values.storage_container)}",
        "    # How steps get at it: identity, key (from AZURE_STORAGE_ACCOUNT_KEY) or auto.",
        "    credential: auto",
    ]


def _docker(values: InitialValues) -> list[str]:
    return [
        "docker:",
        "  # An image instead of an Azure ML environment.",
        f"  image: {quote(values.docker_image)}",
    ]
