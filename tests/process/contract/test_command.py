"""A step's command: what stands in its text, and what its end means.

The promises: docs/architecture/azureml-contracts.md#what-azure-ml-promises-a-command-step
"""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.kit.executors import Bench


class TestText:
    def test_placeholders_are_replaced_as_text(self, bench: Bench) -> None:
        step = bench.run_one(
            "echo ${{inputs.a}} '${{ inputs.a }}' \"${{inputs.a}}\"",
            inputs={"a": "x  $((1+1)) `echo y`"},
            types={"a": "string"},
        )
        assert step.log == "x 2 y x  $((1+1)) `echo y` x  2 y\n"

    def test_literals_are_spelt_as_the_sdk_spells_them(self, bench: Bench) -> None:
        step = bench.run_one(
            "echo ${{inputs.b}} ${{inputs.i}} ${{inputs.f}} ${{inputs.g}} ${{inputs.d}} "
            "${{inputs.p}}",
            inputs={"b": True, "i": 3, "f": 1.0, "g": 1e-7, "p": "a-${{parent.inputs.x}}-b"},
            types={
                "b": "boolean",
                "i": "integer",
                "f": "number",
                "g": "number",
                "d": {"type": "string", "default": "dflt"},
                "p": "string",
            },
            pipeline_inputs={"x": {"type": "boolean", "default": False}},
        )
        assert step.log == "True 3 1.0 1e-07 dflt a-False-b\n"

    @pytest.mark.parametrize(
        ("value", "said"), [(None, "[]"), ("", "[]"), ("v", "[--opt v]")], ids=repr
    )
    def test_an_optional_block(self, value: str | None, said: str, bench: Bench) -> None:
        step = bench.run_one(
            'echo "[$[[--opt ${{inputs.o}}]]]"',
            inputs={} if value is None else {"o": value},
            types={"o": {"type": "string", "optional": True}},
        )
        assert step.log.strip() == said

    def test_is_run_by_bash(self, bench: Bench) -> None:
        step = bench.run_one("set -o pipefail; [[ a == a ]] && echo {1..3} | cat")
        assert step.log == "1 2 3\n"


class TestEnd:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("exit 1", 1),
            ("exit 255", 255),
            ("nonsense", 127),
            ("kill -9 $$", -9),
            ("kill -TERM $$", -15),
            ("bash -c 'kill -9 $$'; exit $?", 137),
        ],
    )
    def test_any_code_but_0_is_a_failure(self, text: str, code: int, bench: Bench) -> None:
        step = bench.run_one(text)
        assert (step.status, step.exit_code) == ("Failed", code)

    def test_a_timeout_cancels(self, bench: Bench) -> None:
        step = bench.run_one("sleep 600", limits={"timeout": 1})
        assert (step.status, step.exit_code) == ("Canceled", -signal.SIGTERM)

    def test_who_ignores_the_signal_is_killed(self, bench: Bench) -> None:
        step = bench.run_one("trap '' TERM; while true; do sleep 0.1; done", limits={"timeout": 1})
        assert (step.status, step.exit_code) == ("Canceled", -signal.SIGKILL)

    def test_a_canceled_step_may_clean_up(self, bench: Bench) -> None:
        step = bench.run_one(
            "trap 'echo bye; exit 0' TERM; while true; do sleep 0.1; done", limits={"timeout": 3}
        )
        assert step.status == "Canceled"
        assert "bye" in step.log

    @pytest.mark.skipif(sys.platform != "linux", reason="setsid is Linux's")
    def test_nothing_is_left_of_what_has_a_session_of_its_own(
        self, bench: Bench, tmp_path: Path
    ) -> None:
        mark = tmp_path / "alive"
        daemon = f"setsid bash -c 'while true; do touch {mark}; sleep 0.1; done' &"
        step = bench.run_one(f"{daemon} until test -e {mark}; do sleep 0.1; done")
        assert step.status == "Completed"
        mark.unlink()
        time.sleep(0.5)
        assert not mark.exists()

    def test_nothing_of_the_group_is_left(self, bench: Bench) -> None:
        step = bench.run_one("sleep 300 & echo $!")
        assert step.status == "Completed"
        # Whoever has adopted it may take a moment to notice that it is dead.
        with contextlib.suppress(psutil.NoSuchProcess):
            assert psutil.Process(int(step.log)).status() == psutil.STATUS_ZOMBIE

    def test_a_command_longer_than_the_system_allows(self, bench: Bench) -> None:
        assert bench.run_one(f"echo {'x' * 200_000}").status == "Failed"

    def test_one_log_has_both_streams(self, bench: Bench) -> None:
        step = bench.run_one("echo one; echo two >&2; echo three")
        assert list(step.logs) == ["std_log.txt"]
        assert step.log == "one\ntwo\nthree\n"

    def test_a_log_of_any_bytes(self, bench: Bench) -> None:
        step = bench.run_one("head -c 200000 /dev/urandom; printf '\\nété 🙂\\n'; exit 1")
        assert step.status == "Failed"
        assert step.logs["std_log.txt"].stat().st_size > 200_000
