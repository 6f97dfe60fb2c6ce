"""A rehearsal of the starter, one step a node and all in one, against its `kedro run`."""

from kit.measuring import KEDRO, Command, Subject, compare
from kit.projects import starter_project

RUNS = 7


def main() -> None:
    project = starter_project("bench-rehearsal")
    subjects = [
        Subject(title, Command([KEDRO, "azureml", "run", "--local", *options], project), wall=aim)
        for title, options, aim in (
            ("rehearsal of the starter", [], 1.6),
            ("the same, --warm", ["--warm"], 1.2),
            ("the same, --group-by pipeline", ["--group-by", "pipeline"], 1.1),
        )
    ]
    compare("kedro run", Command([KEDRO, "run"], project), *subjects, runs=RUNS)


if __name__ == "__main__":
    main()
