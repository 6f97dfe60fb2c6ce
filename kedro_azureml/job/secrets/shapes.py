"""What opens something wherever it stands: keys and tokens that are known by their form."""

from __future__ import annotations

import re

TOKENS = r"\b(?:gh[oprsu]|github_pat|glpat|xox[abp]|sk)[-_][A-Za-z0-9_-]{16,}|\bAKIA[A-Z0-9]{16}\b"
KEY_BLOCK = r"-----BEGIN [A-Z ]*PRIVATE KEY-----"

# What a configuration file takes from elsewhere: by OmegaConf's own resolver, or this package's.
RESOLVER = "azureml.secret"
REFERENCE = re.compile(r"\$\{\s*(?:azureml\.secret|oc\.env)\s*:\s*(\w+)\s*\}", re.ASCII)
