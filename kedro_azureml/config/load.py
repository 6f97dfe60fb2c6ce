"""azureml.yml is read through the project's config loader; all its problems are named at once."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import GrammarParseError, OmegaConfBaseException
from omegaconf.resolvers import oc
from pydantic import ValidationError

from kedro_azureml.config.models.azureml import AzureMLConfig
from kedro_azureml.config.problems import problems
from kedro_azureml.config.source import (
    PATTERNS,
    ConfigFile,
    Loc,
    find_files,
    malformed,
    not_replaced,
    parse,
    where,
)
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.secrets.references import secrets_in
from kedro_azureml.secrets.resolver import stand_ins

if TYPE_CHECKING:
    from kedro.config import AbstractConfigLoader, OmegaConfigLoader

KEY = "azureml"
_ENV_RESOLVER = "oc.env"


@dataclass(frozen=True)
class Reading:
    """What azureml.yml says.

    Attributes:
        config: Its values; None when neither base nor the environment holds the file.
        uses_runtime_params: Whether other runtime parameters may give other values.
    """

    config: AzureMLConfig | None
    uses_runtime_params: bool = False


def load_config(
    project_path: Path, config_loader: AbstractConfigLoader, env: str | None = None
) -> AzureMLConfig | None:
    """Read azureml.yml, as `read_config` does, and return its values alone."""
    return read_config(project_path, config_loader, env).config


def read_config(
    project_path: Path, config_loader: AbstractConfigLoader, env: str | None = None
) -> Reading:
    """Read azureml.yml as Kedro reads its own files: environments, globals and resolvers included.

    ``${oc.env:NAME}`` works here even in a project that does not register that resolver.

    Args:
        project_path: The project's root; messages name files relative to it.
        config_loader: The project's loader. It is copied, never changed.
        env: The conf environment, if it is not the loader's own.

    Raises:
        DiagnosticError: With all problems of the file (KAZ102, KAZ103, KAZ104), or KAZ107 for an
            environment that does not exist.
    """
    loader = _copy(config_loader, env)
    files = [] if KEY in loader.data else _files(loader, project_path)
    data = _values(loader, files, project_path)
    if data is None:
        return Reading(None)
    if secret := list(_secret_values(data, files, ())):
        raise DiagnosticError(secret)
    is_soft = loader.merge_strategy.get(KEY) == "soft"
    counting = files if is_soft else not_replaced(files)
    try:
        config = AzureMLConfig.model_validate(data)
    except ValidationError as error:
        raise DiagnosticError(problems(error, counting)) from None
    config.read_from(counting)
    # Without files, as in an archive, nothing is known about where values come from.
    return Reading(config, not files or any("runtime_params:" in file.text for file in files))


def _files(loader: OmegaConfigLoader, project_path: Path) -> list[ConfigFile]:
    """Parse the files; those that win come first."""
    files: list[ConfigFile] = []
    broken: list[Diagnostic] = []
    for folder in _folders(loader):
        for path in find_files(folder, loader.config_patterns[KEY]):
            file, errors = parse(path, project_path)
            files.append(file)
            broken += errors
    if broken:
        raise DiagnosticError(broken)
    return files


def _values(loader: OmegaConfigLoader, files: list[ConfigFile], project_path: Path) -> Any:
    """Return what Kedro's loader makes of the files; None when there are none."""
    from kedro.config import MissingConfigException

    # No value of a secret is needed here, and none may get into the document.
    with _environment_variables(), stand_ins():
        try:
            return loader[KEY]
        except MissingConfigException:
            return None
        except OmegaConfBaseException as error:
            raise DiagnosticError(_unresolved(files, loader, error)) from None
        except yaml.MarkedYAMLError as error:
            raise DiagnosticError(_not_plain(files, error)) from None
        except ValueError as error:  # one key in two files of one environment
            message = str(error).replace(f"{project_path}/", "")
            raise DiagnosticError(
                Diagnostic("KAZ104", f"{message}.", "Keep each key in one file of an environment.")
            ) from None


def _copy(config_loader: AbstractConfigLoader, env: str | None) -> OmegaConfigLoader:
    """Return a loader like the project's that knows azureml.yml; the project's own is unchanged."""
    from kedro.config import OmegaConfigLoader

    if isinstance(config_loader, OmegaConfigLoader):
        loader = copy.copy(config_loader)
        loader.config_patterns = {KEY: list(PATTERNS), **config_loader.config_patterns}
    else:
        # A loader of the project's own: whether it knows other files than Kedro's cannot be told.
        loader = OmegaConfigLoader(
            config_loader.conf_source,
            env=config_loader.env,
            runtime_params=config_loader.runtime_params,
            base_env=getattr(config_loader, "base_env", None) or "base",
            default_run_env=getattr(config_loader, "default_run_env", None) or "local",
            config_patterns={KEY: list(PATTERNS)},
        )
        if KEY in config_loader.data:
            loader[KEY] = config_loader.data[KEY]
    if env:
        loader.env = env
    return loader


def _folders(loader: OmegaConfigLoader) -> list[Path]:
    """Return the folders of the environment and of base, in that order: the first one wins.

    Empty for a configuration in an archive or on a remote file system.
    """
    source = Path(loader.conf_source)
    if not source.is_dir():
        return []
    base = source / loader.base_env
    folder = source / (loader.env or loader.default_run_env)
    if not folder.is_dir():
        if loader.env and base.is_dir():
            known = [p.name for p in source.iterdir() if p.is_dir() and p.name[0] not in "._"]
            raise DiagnosticError(
                Diagnostic(
                    "KAZ107",
                    f"The conf environment '{loader.env}' does not exist: there is no folder "
                    f"'{source.name}/{loader.env}'.",
                    nearest(loader.env, known),
                    where="-e/--env or KEDRO_ENV",
                )
            )
        # The default one may be missing: nothing in it is kept by git.
        loader.env = loader.base_env
        return [base]
    return [base] if folder == base else [folder, base]


@contextmanager
def _environment_variables() -> Iterator[None]:
    """Let ``${oc.env:NAME}`` be used; Kedro switches it off except for credentials."""
    if OmegaConf.has_resolver(_ENV_RESOLVER):
        yield
        return
    with warnings.catch_warnings():
        # OmegaConf 2.4 renames what Kedro itself calls, and has it warn of that.
        warnings.simplefilter("ignore", UserWarning)
        OmegaConf.register_new_resolver(_ENV_RESOLVER, oc.env)
    try:
        yield
    finally:
        OmegaConf.clear_resolver(_ENV_RESOLVER)


def _unresolved(
    files: list[ConfigFile], loader: OmegaConfigLoader, first: OmegaConfBaseException
) -> list[Diagnostic]:
    """Report each ``${...}`` that cannot be resolved, and the other mistakes in those files."""
    diagnostics: list[Diagnostic] = []
    data: dict[str, Any] = {}
    unknown: set[Loc] = set()
    for folder in reversed(_folders(loader)):
        paths = [file.path for file in files if file.path.is_relative_to(folder)]
        try:
            config = OmegaConf.unsafe_merge({}, *(OmegaConf.load(path) for path in paths))
        except OmegaConfBaseException as error:
            # Not even an expression, such as ${{x}}.
            key = tuple((error.full_key or "").split("."))
            diagnostics.append(_unresolved_value(files, key, error))
            continue
        raw: Any = OmegaConf.to_container(config, resolve=False)
        for loc in _interpolations(raw, ()):
            unknown.add(loc)
            try:
                _look_up(config, loc)
            except OmegaConfBaseException as error:
                diagnostics.append(_unresolved_value(files, loc, error))
        data.update({str(k): v for k, v in raw.items() if not str(k).startswith("_")})
    try:
        AzureMLConfig.model_validate(data)
    except ValidationError as error:
        diagnostics += problems(error, files, ignore=unknown)
    return diagnostics or [
        _unresolved_value(files, tuple((first.full_key or "").split(".")), first)
    ]


def _not_plain(files: list[ConfigFile], first: yaml.MarkedYAMLError) -> list[Diagnostic]:
    """Report YAML that OmegaConf cannot hold, such as custom tags."""
    diagnostics: list[Diagnostic] = []
    for file in files:
        try:
            OmegaConf.load(file.path)
        except yaml.MarkedYAMLError as error:
            diagnostics.append(malformed(file, error))
        except OmegaConfBaseException:
            continue
    if not diagnostics:
        raise first
    return diagnostics


def _interpolations(node: Any, loc: Loc) -> Iterator[Loc]:
    """Yield the keys of the values that contain a ``${...}``."""
    if isinstance(node, str) and "${" in node:
        yield loc
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _interpolations(value, (*loc, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _interpolations(value, (*loc, index))


def _secret_values(node: Any, files: list[ConfigFile], loc: Loc) -> Iterator[Diagnostic]:
    """Report each value that is made of a secret: a document shows what azureml.yml says."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _secret_values(value, files, (*loc, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _secret_values(value, files, (*loc, index))
    elif name := next(secrets_in(node), None):
        yield Diagnostic(
            "KAZ104",
            f"The secret '{name}' would stand in the compiled document for everyone to read.",
            f"Name it in azure.secrets.names: steps then have it as the variable {name}.",
            where=where(files, loc),
        )


def _look_up(config: Any, loc: Loc) -> None:
    for key in loc:
        config = config[key]


def _unresolved_value(
    files: list[ConfigFile], loc: Loc, error: OmegaConfBaseException
) -> Diagnostic:
    reason = str(error).splitlines()[0].rstrip(".")
    remedy = "Define what it refers to, or write a plain value."
    if isinstance(error, GrammarParseError):
        remedy = (
            r"Correct it; an expression of Azure ML is written as '\${{name}}', in single quotes."
        )
    return Diagnostic(
        "KAZ104",
        f"The value cannot be resolved: {reason}.",
        remedy,
        where=where(files, loc),
    )
