"""Whether the Azure SDK is there; imports none of it."""

from __future__ import annotations

from importlib.util import find_spec

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

_NEEDED = ("azure.ai.ml", "azure.identity", "azure.keyvault.secrets", "azure.storage.blob")


def require_azure() -> None:
    """Make sure that the ``azure`` extra is installed.

    Raises:
        DiagnosticError: KAZ701.
    """
    missing = [name for name in _NEEDED if not _is_installed(name)]
    if missing:
        packages = ", ".join(name.replace(".", "-") for name in missing)
        raise DiagnosticError(
            Diagnostic(
                "KAZ701",
                f"Talking to Azure ML needs {packages}, which this environment does not have.",
                "Run: pip install 'kedro-azureml[azure]'. 'kedro azureml run --local' and "
                "'kedro azureml compile' do without.",
            )
        )


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
