"""Which files ``kedro azureml init`` writes in a project, and what is there already."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro_azureml.config.init import amlignore
from kedro_azureml.config.source import find_files
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import shown

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata

# Where `kedro new` puts it.
_REQUIREMENTS = "requirements.txt"


@dataclass(frozen=True)
class InitTarget:
    """The file to write and what is around it.

    Attributes:
        file: The azureml.yml.
        layout: What .amlignore has to know of the project.
        requirements: The project's requirements file, if it has one.
    """

    file: Path
    layout: amlignore.Layout
    requirements: str | None = None

    @classmethod
    def of(cls, metadata: ProjectMetadata, env: str | None) -> InitTarget:
        """Find the file of a conf environment.

        Raises:
            DiagnosticError: KAZ107 for a name that is no folder's.
        """
        from kedro.framework.project import settings

        root = Path(metadata.project_path)
        conf = root / settings.CONF_SOURCE
        loader_arguments: dict[str, Any] = settings.CONFIG_LOADER_ARGS
        base = loader_arguments.get("base_env") or "base"
        env = env or base
        if Path(env).name != env or env == "..":
            raise DiagnosticError(
                Diagnostic(
                    "KAZ107",
                    f"'{env}' is not the name of a conf environment.",
                    f"Give the name of a folder in {shown(conf)}.",
                    where="-e/--env",
                )
            )
        source = Path(metadata.source_dir)
        code = source / metadata.package_name if source == root else source
        personal = loader_arguments.get("default_run_env", "local")
        patterns = loader_arguments.get("config_patterns", {}).get("credentials", ())
        return cls(
            file=conf / env / "azureml.yml",
            layout=amlignore.Layout(
                root=root,
                code=_relative(code, root) or metadata.package_name,
                conf=_relative(conf, root),
                credentials=tuple(patterns),
                personal=personal if personal != base else None,
            ),
            requirements=_REQUIREMENTS if (root / _REQUIREMENTS).is_file() else None,
        )

    def existing(self, force: bool) -> Path | None:
        """Find the file of this environment that already holds the settings.

        It may have another suffix.

        Raises:
            DiagnosticError: KAZ109 where two files would hold them.
        """
        files = find_files(self.file.parent)
        others = [path for path in files if path != self.file]
        if others and (force or self.file in files):
            raise DiagnosticError(
                Diagnostic(
                    "KAZ109",
                    f"{shown(others[0])} holds settings too, and Kedro takes each key from one "
                    "file only. Nothing was written.",
                    "Remove or rename it first.",
                )
            )
        return files[0] if files else None


def _relative(path: Path, root: Path) -> str | None:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else None
