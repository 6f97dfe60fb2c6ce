"""Where each input of a step comes from, and where each output goes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from kedro_azureml.datasets.local_copies import find_copy
from kedro_azureml.diagnostics import nearest
from kedro_azureml.job.data_address import BadAddressError
from kedro_azureml.job.expressions import (
    Binding,
    ExpressionError,
    interpolate,
    parse_binding,
    render_literal,
)
from kedro_azureml.job.model import (
    BoundInput,
    Input,
    Literal_,
    Output,
    PipelineJob,
)
from kedro_azureml.job.output_path import check_asset_name, output_path
from kedro_azureml.job.references import is_local
from kedro_azureml.rehearsal.plan.findings import REPAIR, Findings
from kedro_azureml.rehearsal.plan.model import LocalData, PlannedInput, PlannedOutput, Upstream

# Undocumented: the service rejects an empty string today (azure-sdk-for-python#41834) as if no
# value had been given.
EMPTY_STRING_IS_NO_VALUE = True

_UNSUPPORTED_MODES = {
    "direct": "a cloud address",
    "eval_mount": "a table that Azure ML makes",
    "eval_download": "a table that Azure ML makes",
}

_InputSource = str | Upstream | LocalData | None


class Bindings:
    """Resolves the bindings of one job's steps."""

    def __init__(
        self, job: PipelineJob, base: Path, findings: Findings, project: Path | None
    ) -> None:
        self._job = job
        self._base = base
        self._project = project or base
        self._findings = findings

    def local_path(self, text: str) -> Path:
        """Return a path of the document as a path of this machine."""
        # "file://" is refused as not local: the SDK does not take it for code or data either.
        return Path(os.path.normpath(self._base / text))

    def input(
        self,
        where: str,
        name: str,
        declared: Input,
        bound: Literal_ | BoundInput | None,
        mount: str | None = None,
    ) -> PlannedInput:
        """Resolve an input of a step: what the component declares, bound by the step.

        Args:
            where: Its place in the document.
            name: Its name.
            declared: What the component says of it.
            bound: What the step binds it to.
            mount: The path in the project at which the step looks for it, if the step's own command
                says so.
        """
        mode = declared.mode
        text: Literal_ | None
        if isinstance(bound, BoundInput):
            mode = bound.mode or mode
            text = bound.path
        else:
            text = bound
        if mode in _UNSUPPORTED_MODES:
            meaning = _UNSUPPORTED_MODES[mode]
            self._findings.unsupported(where, f"An input of mode '{mode}' ({meaning}) cannot")
        source: _InputSource = None
        try:
            if declared.is_data:
                is_path = isinstance(bound, BoundInput)
                source = self._data(where, declared, text, mount, is_path=is_path)
            else:
                source = self._literal(where, declared, text)
        except ExpressionError as error:
            self._findings.wrong(where, f"{str(error)[0].upper()}{str(error)[1:]}.")
            return PlannedInput(name, "")
        if source is None and not declared.optional:
            self._findings.wrong(where, f"The required input '{name}' has no value.")
        return PlannedInput(
            name,
            source,
            _data_type(declared, source),
            declared.type,
            optional=bool(declared.optional),
            read_only=mode in (None, "ro_mount"),
        )

    def _literal(self, where: str, declared: Input, text: Literal_ | None) -> str | None:
        value: Literal_ | None = declared.default if text is None else text
        if isinstance(value, str):
            binding = parse_binding(value)
            if binding is not None and binding.kind != "input":
                self._findings.wrong(where, f"A {declared.type} cannot be bound to data.")
                return ""
            if binding is not None:
                value = self._pipeline_literal(where, binding.name)
            else:
                value = interpolate(value, lambda name: self._needed_literal(where, name))
        if value is None or (value == "" and EMPTY_STRING_IS_NO_VALUE):
            return None
        return render_literal(value)

    def _needed_literal(self, where: str, name: str) -> str:
        value = self._pipeline_literal(where, name)
        if value is None:
            raise ExpressionError(f"the pipeline input '{name}' has no value")
        return render_literal(value)

    def _pipeline_literal(self, where: str, name: str) -> Literal_ | None:
        declared = self._pipeline_input(where, name)
        if not isinstance(declared, Input):
            return declared
        if declared.is_data:
            self._findings.wrong(
                where, f"A literal cannot be bound to the data of pipeline input '{name}'."
            )
            return ""
        return declared.default if declared.value is None else declared.value

    def _pipeline_input(self, where: str, name: str) -> Literal_ | Input | None:
        if name not in self._job.inputs:
            hint = nearest(name, self._job.inputs)
            self._findings.wrong(where, f"The pipeline has no input '{name}'.", hint or REPAIR)
            return ""
        return self._job.inputs[name]

    def _data(
        self,
        where: str,
        declared: Input,
        text: Literal_ | None,
        mount: str | None,
        *,
        is_path: bool,
    ) -> _InputSource:
        if text is None or text == "":
            return None
        binding = parse_binding(text) if isinstance(text, str) else None
        if binding is None:
            if not is_path or not isinstance(text, str):
                self._findings.wrong(
                    where, f"'{text}' is a literal, and the input is a {declared.type}."
                )
                return ""
            key = where.removeprefix("jobs.")
            return self._local_data(where, key, text, declared.type, mount)
        if binding.kind == "output":
            raise ExpressionError("an input cannot be bound to an output of the pipeline")
        if binding.kind == "step_output":
            return Upstream(binding.step, binding.name)
        return self._pipeline_data(where, binding, declared, mount)

    def _pipeline_data(
        self, where: str, binding: Binding, declared: Input, mount: str | None
    ) -> _InputSource:
        bound = self._pipeline_input(where, binding.name)
        if bound == "":
            return ""
        if not isinstance(bound, Input) or not bound.is_data:
            self._findings.wrong(
                where,
                f"The pipeline input '{binding.name}' is a literal, and the step's input is a "
                f"{declared.type}.",
            )
            return ""
        if bound.path is None:
            return None
        if bound.type != declared.type:
            self._findings.wrong(where, f"A {declared.type} cannot be bound to a {bound.type}.")
            return ""
        where = f"inputs.{binding.name}"
        return self._local_data(where, binding.name, bound.path, bound.type, mount)

    def _local_data(
        self, where: str, key: str, text: str, kind: str, mount: str | None
    ) -> _InputSource:
        if is_local(text):
            path = self.local_path(text)
        elif mount is None:
            self._findings.unsupported(where, f"Data that is not on this machine ('{text}') cannot")
            return ""
        else:
            copy = find_copy(self._project, mount, text)
            if copy is None:
                message = f"There is no copy of '{text}' on this machine, at '{mount}'."
                remedy = "Fetch it with 'kedro azureml data pull', or put data of your own there."
                self._findings.wrong(where, message, remedy, "KAZ313")
                return ""
            path = copy
        if not _fits(path, kind):
            actual = "is a folder" if path.is_dir() else "is a file"
            problem = f"{actual}, and the input is a {kind}" if path.exists() else "does not exist"
            remedy = "Correct the path, which is relative to the document, or make the data."
            code = "KAZ601" if path.exists() else "KAZ302"
            self._findings.wrong(where, f"The input '{text}' {problem}.", remedy, code)
            return ""
        return LocalData(key, path)

    def output(
        self, where: str, name: str, declared: Output, bound: str | Output | None
    ) -> PlannedOutput:
        """Resolve an output of a step."""
        mode = declared.mode
        if isinstance(bound, Output):
            mode = bound.mode or mode
        target = self.pipeline_output(where, bound)
        if target is not None:
            mode = mode or self._job.outputs[target].mode
        says_type = isinstance(bound, Output) and "type" in bound.model_fields_set
        kind = bound.type if isinstance(bound, Output) and says_type else declared.type
        if kind != declared.type:
            self._findings.wrong(where, f"A {declared.type} cannot become a {kind}.")
        self._check_target(where, bound)
        return PlannedOutput(name, declared.type, upload=mode == "upload")

    def _check_target(self, where: str, bound: str | Output | None) -> None:
        """Check what the SDK leaves unchecked: the place and the name of an output."""
        if not isinstance(bound, Output):
            return
        try:
            if bound.path is not None and "${{parent." not in bound.path:
                output_path(bound.path)
            if bound.name is not None:
                check_asset_name(bound.name)
        except BadAddressError as error:
            self._findings.wrong(where, error.message, error.remedy)
        if bound.version is not None and bound.name is None:
            self._findings.wrong(where, "A version without a name registers nothing.")

    def pipeline_output(self, where: str, bound: str | Output | None) -> str | None:
        """Return the output of the pipeline to which a step's output is bound."""
        text = bound.path if isinstance(bound, Output) else bound
        if text is None or (isinstance(bound, Output) and "${{parent." not in text):
            # A path of its own, such as azureml://...: here it stays in the run's folder.
            return None
        try:
            binding = parse_binding(text)
        except ExpressionError:
            binding = None
        if binding is None or binding.kind != "output":
            self._findings.wrong(where, f"'{text}' is no output of the pipeline.")
            return None
        if binding.name not in self._job.outputs:
            hint = nearest(binding.name, self._job.outputs)
            self._findings.wrong(
                where, f"The pipeline has no output '{binding.name}'.", hint or REPAIR
            )
            return None
        return binding.name


def _fits(path: Path, kind: str) -> bool:
    if kind == "custom_model":
        return path.exists()
    return path.is_file() if kind == "uri_file" else path.is_dir()


def _data_type(declared: Input, source: _InputSource) -> Literal["uri_file", "uri_folder"] | None:
    """Return whether an input is a file or a folder, as which Azure ML mounts each type."""
    if not declared.is_data:
        return None
    is_file = declared.type == "uri_file"
    if declared.type == "custom_model" and isinstance(source, LocalData):
        is_file = source.path.is_file()
    return "uri_file" if is_file else "uri_folder"
