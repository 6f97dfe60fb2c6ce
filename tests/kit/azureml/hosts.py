"""The hosts that the service poses as, and the resources that addresses of Azure name."""

from __future__ import annotations

import re

from tests.kit.azureml.http.messages import Response
from tests.kit.azureml.workspace.workspace import PROVIDER, Workspace

LOGIN_HOSTS = r"login\.(microsoftonline\.(com|us)|microsoft\.com|(partner\.)?\w+\.cn)"
ARM_HOSTS = r"management\.(azure\.com|usgovcloudapi\.net|chinacloudapi\.cn)"
API_HOSTS = r"[\w-]+\.api\.(azureml\.ms|ml\.azure\.(us|cn))"
BLOB_HOSTS = r"[\w-]+\.blob\.core\.(windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)"
SCOPE = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)"
    r"(?:/resource[gG]roups/(?P<group>[^/]+)"
    rf"(?:/providers/{PROVIDER}/workspaces/(?P<workspace>[^/]+))?)?"
)
SCORING_HOSTS = r"(?P<endpoint>[\w-]+)\.eastus\.inference\.ml\.azure\.com"


def wrong_scope(workspace: Workspace, found: re.Match[str]) -> Response | None:
    """What is said of a subscription, group or workspace that does not exist."""
    subscription, group, name = found.groups()
    if subscription.lower() != workspace.subscription.lower():
        message = f"The subscription '{subscription}' could not be found."
        return Response.error(404, "SubscriptionNotFound", message)
    if group is not None and group.lower() != workspace.group.lower():
        message = f"Resource group '{group}' could not be found."
        return Response.error(404, "ResourceGroupNotFound", message)
    if name is not None and name.lower() != workspace.name.lower():
        message = (
            f"The Resource '{PROVIDER}/workspaces/{name}' under resource group '{group}' was "
            "not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
        )
        return Response.error(404, "ResourceNotFound", message)
    return None
