"""What Kedro loads with every session: how a project reads its secrets.

Nothing heavy: a session of a project without secrets pays for one small module.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl

from kedro_azureml.secrets import resolver
from kedro_azureml.secrets.here import DOTENV


class SecretHooks:
    """Kedro hooks that let ``kedro run`` have the secrets that a step on Azure ML has."""

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: Any) -> None:
        """Find this project's ``.env``, and set from it the variables that azureml.yml names."""
        if resolver.is_answered_otherwise():
            return
        project = Path(context.project_path)
        resolver.look_in(project)
        if (project / DOTENV).is_file() and _names_secrets(context.config_loader):
            _set_variables(project, context)


def _names_secrets(loader: Any) -> bool:
    """Tell whether some azureml.yml may name secrets, before anything that reads it is imported."""
    source = Path(str(getattr(loader, "conf_source", "")))
    files = source.glob("*/**/azureml*") if source.is_dir() else ()
    return any("secrets:" in file.read_text(errors="ignore") for file in files if file.is_file())


def _set_variables(project: Path, context: Any) -> None:
    from kedro_azureml.config import load_config
    from kedro_azureml.config.models.secrets import all_secrets
    from kedro_azureml.diagnostics import DiagnosticError
    from kedro_azureml.secrets.here import values_here
    from kedro_azureml.secrets.masking import hide

    try:
        config = load_config(project, context.config_loader)
    except DiagnosticError:
        # `kedro run` does without that file; whoever uses it is told.
        return
    named = all_secrets(config.azure).values() if config else ()
    values = values_here({name for names in named for name in names}, project)
    hide(values.values())
    for name, value in values.items():
        os.environ.setdefault(name, value)


# Kedro may read the catalog before any hook is called.
resolver.register()
hooks = SecretHooks()
