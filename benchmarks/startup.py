"""What the installed but unused plugin costs every `kedro` command.

Two environments with the same packages; one of them also has this plugin.
"""

from kit.measuring import ROOT, SCRATCH, Command, Subject, compare, new_environment, uv
from kit.projects import write_project

AIM = 1.02
RUNS = 25


def main() -> None:
    without, with_plugin = SCRATCH / "without", SCRATCH / "with"
    for folder in (without, with_plugin):
        new_environment(folder, ROOT)
    uv("pip", "uninstall", "--quiet", "--python", without / "bin" / "python", "kedro-azureml")

    registry = "def register_pipelines():\n    return {'__default__': None}\n"
    project = write_project(SCRATCH / "empty-project", registry)
    outside = SCRATCH / "outside"
    outside.mkdir(exist_ok=True)
    for title, cwd in (("in a project", project), ("outside any project", outside)):
        command = Command([with_plugin / "bin" / "kedro", "--version"], cwd)
        compare(
            "without the plugin",
            Command([without / "bin" / "kedro", "--version"], cwd),
            Subject(f"kedro --version {title}", command, wall=AIM),
            runs=RUNS,
            warm_up=3,
        )


if __name__ == "__main__":
    main()
