"""A step's inputs and outputs on the disk of its machine.

The promises: docs/architecture/azureml-contracts.md#what-azure-ml-promises-a-command-step
"""

from __future__ import annotations

import pytest

from kedro_azureml.diagnostics import DiagnosticError
from tests.kit.executors import Bench
from tests.kit.job_documents import command, output_of


def test_names_on_disk(bench: Bench) -> None:
    bench.write("data/sample.csv", "a,b")
    bench.write("folder/deep/x.txt", "x")
    step = bench.run_one(
        'echo "${{inputs.raw}}"; echo "${{inputs.all}}"; echo "${{outputs.out}}"; '
        'test -d "${{outputs.out}}" && ls "$AZUREML_CR_DATA_CAPABILITY_PATH"; '
        'cat "${{inputs.raw}}" "${{inputs.all}}/deep/x.txt"',
        inputs={"raw": "${{parent.inputs.raw}}", "all": "${{parent.inputs.all}}"},
        types={"raw": "uri_file"},
        pipeline_inputs={
            "raw": {"type": "uri_file", "path": "data/sample.csv"},
            "all": {"type": "uri_folder", "path": "folder"},
        },
    )
    lines = step.log.splitlines()
    base = lines[0].removesuffix("/INPUT_raw/sample.csv")
    assert base.endswith("/cap/data-capability/wd")
    assert lines[1:] == [
        f"{base}/INPUT_all",
        f"{base}/out",
        "INPUT_all",
        "INPUT_raw",
        "out",
        "a,bx",
    ]


def test_an_input_folder_obeys_its_own_ignore_file(bench: Bench, executor_name: str) -> None:
    bench.write("folder/.gitignore", "*.tmp\n")
    bench.write("folder/a.tmp", "x")
    bench.write("folder/b.csv", "x")
    (bench.root / "folder/empty").mkdir()
    inputs = {"all": {"path": "folder", "type": "uri_folder"}}
    if executor_name == "rehearsal":
        # Azure ML would do it in silence.
        with pytest.raises(DiagnosticError, match="KAZ511"):
            bench.run_one("true", inputs=inputs)
        return
    step = bench.run_one('ls -A "${{inputs.all}}"', inputs=inputs)
    assert step.log.split() == [".gitignore", "b.csv"]


def test_files_pass_from_step_to_step(bench: Bench) -> None:
    job = bench.run(
        {
            "one": command(
                'echo 1 > "${{outputs.file}}"; mkdir -p "${{outputs.all}}/a/empty"; '
                'touch "${{outputs.all}}/a/x é.txt"',
                outputs={"file": "uri_file"},
            ),
            "two": command(
                'cat "${{inputs.file}}"; cd "${{inputs.all}}"; find . | sort',
                inputs={"file": output_of("one", "file"), "all": output_of("one", "all")},
                types={"file": "uri_file"},
            ),
        }
    )
    assert job.status == "Completed"
    assert job.steps["two"].log.splitlines() == ["1", ".", "./a", "./a/x é.txt"]


def test_an_empty_output_cannot_be_read(bench: Bench) -> None:
    job = bench.run(
        {
            "one": command('mkdir "${{outputs.o}}/empty"'),
            "two": command('ls "${{inputs.i}}"', inputs={"i": output_of("one", "o")}),
        }
    )
    assert {name: step.status for name, step in job.steps.items()} == {
        "one": "Completed",
        "two": "Failed",
    }


def test_the_file_of_an_output_is_for_the_command_to_make(bench: Bench) -> None:
    step = bench.run_one('test ! -e "${{outputs.o}}"', outputs={"o": "uri_file"})
    assert step.status == "Completed"
    assert step.outputs == {}


def test_of_a_failure_what_is_mounted_is_kept_and_what_is_uploaded_is_not(bench: Bench) -> None:
    step = bench.run_one(
        'touch "${{outputs.mounted}}/a" "${{outputs.uploaded}}/a"; exit 1',
        outputs={"uploaded": {"type": "uri_folder", "mode": "upload"}},
    )
    assert set(step.outputs) == {"mounted"}


@pytest.mark.parametrize(
    "text",
    [
        "echo more >> a.csv",
        "echo x > new.csv",
        "rm a.csv",
        "mkdir deep/er",
        "chmod 777 a.csv",
        "touch a.csv",
        "cp a.csv b && mv b deep/x.csv",
        "touch .lock && rm .lock",
        "printf 2 > a.csv; touch -d '2020-01-01' a.csv",
    ],
)
@pytest.mark.parametrize("raw", [True, False], ids=["raw input", "upstream"])
def test_inputs_are_read_only_even_for_root(text: str, raw: bool, bench: Bench) -> None:
    bench.write("data/a.csv", "1")
    bench.write("data/deep/x.csv", "1")
    before = {p: p.stat() for p in (bench.root / "data").rglob("*")}
    source = {"path": "data", "type": "uri_folder"} if raw else output_of("make", "o")
    jobs = {"probe": command(f'cd "${{{{inputs.i}}}}" && {text}', inputs={"i": source})}
    if not raw:
        jobs["make"] = command('cd "${{outputs.o}}"; mkdir deep; printf 1 | tee a.csv > deep/x.csv')
    assert bench.run(jobs).steps["probe"].status == "Failed"
    after = {p: p.stat() for p in (bench.root / "data").rglob("*")}
    assert {p: (s.st_mode, s.st_mtime_ns, s.st_nlink) for p, s in before.items()} == {
        p: (s.st_mode, s.st_mtime_ns, s.st_nlink) for p, s in after.items()
    }


def test_one_step_cannot_spoil_the_input_of_another(bench: Bench) -> None:
    job = bench.run(
        {
            "make": command('echo 1 > "${{outputs.o}}/a"'),
            "bad": command('echo 2 > "${{inputs.i}}/a"', inputs={"i": output_of("make", "o")}),
            "good": command(
                'sleep 0.3; cat "${{inputs.i}}/a"', inputs={"i": output_of("make", "o")}
            ),
        }
    )
    assert job.steps["bad"].status == "Failed"
    assert job.steps["good"].log == "1\n"


def test_a_read_only_mode(bench: Bench) -> None:
    bench.write("data/a.csv", "1")
    step = bench.run_one(
        'stat -c "%A %F" "${{inputs.i}}" "${{inputs.i}}/a.csv"',
        inputs={"i": {"path": "data", "type": "uri_folder"}},
    )
    assert step.log.splitlines() == ["dr-xr-xr-x directory", "-r--r--r-- regular file"]


def test_a_download_may_be_changed(bench: Bench) -> None:
    bench.write("data/a.csv", "1")
    step = bench.run_one(
        'echo 2 > "${{inputs.i}}/a.csv"; touch "${{inputs.i}}/b"',
        inputs={"i": {"path": "data", "type": "uri_folder", "mode": "download"}},
    )
    assert step.status == "Completed"
    assert (bench.root / "data/a.csv").read_text() == "1"
