"""A rehearsal of the starter, one step a node and all in one, against its `kedro run`."""

from pathlib import Path

from common import BIN, Command, compare, starter_project

TARGET = 2.5
TARGET_WARM = 1.7
TARGET_ONE_STEP = 1.3
RUNS = 7


def main() -> None:
    project = starter_project("bench-rehearsal")
    baseline = Command([BIN / "kedro", "run"], project)
    rehearse: list[str | Path] = [BIN / "kedro", "azureml", "run", "--local"]
    for title, arguments, target in (
        ("rehearsal of the starter: kedro run", rehearse, TARGET),
        ("rehearsal with --warm: kedro run", [*rehearse, "--warm"], TARGET_WARM),
        (
            "rehearsal in one step, --group-by pipeline: kedro run",
            [*rehearse, "--group-by", "pipeline"],
            TARGET_ONE_STEP,
        ),
    ):
        compare(title, Command(arguments, project), baseline, target=target, runs=RUNS)


if __name__ == "__main__":
    main()
