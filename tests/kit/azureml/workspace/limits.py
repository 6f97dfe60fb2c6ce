"""What tags and properties may be: docs/architecture/azureml-contracts.md, "Limits to encode"."""

from __future__ import annotations

import re

from tests.kit.azureml.http.messages import Json, Response

_MOST = 50
_LONGEST_KEY, _LONGEST_VALUE = 100, 1_000
# Of resources that Azure Resource Manager keeps: endpoints and their deployments.
_LONGEST_RESOURCE_TAG = 256
_RESERVED = re.compile(r"(azure|microsoft|windows)|.*[<>%&\\?/]", re.IGNORECASE)


def problem_of_properties(properties: Json) -> str | None:
    """What is wrong with the tags and properties of a job, a schedule or an asset."""
    for kind in ("tags", "properties"):
        given = properties.get(kind) or {}
        if len(given) > _MOST:
            return f"There are more than {_MOST} {kind}."
        for key, value in given.items():
            if len(key) > _LONGEST_KEY or len(str(value)) > _LONGEST_VALUE:
                return f"'{key}' is too long for one of the {kind}."
    return None


def problem_of_resource(tags: Json) -> Response | None:
    """What is wrong with the tags of a resource."""
    if len(tags) > _MOST:
        return Response.error(400, "TooManyTags", f"There are more than {_MOST} tags.")
    for key, value in tags.items():
        if _RESERVED.match(key):
            return Response.error(400, "InvalidTagName", f"The tag name '{key}' is not valid.")
        if len(value) > _LONGEST_RESOURCE_TAG:
            return Response.error(400, "InvalidTagValueLength", f"The tag '{key}' is too long.")
    return None
