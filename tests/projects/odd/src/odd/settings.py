"""Every setting that a project can change about configuration, hooks and catalog."""

from odd.catalog import OddCatalog
from odd.hooks import ProjectHooks

HOOKS = (ProjectHooks(),)
DATA_CATALOG_CLASS = OddCatalog
CONF_SOURCE = "config"
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "custom_resolvers": {"shout": str.upper},
}
