"""All measurements in one table, in Markdown: ``python benchmarks [SCRIPT ...]``."""

import datetime
import os
import platform
import subprocess
import sys
from pathlib import Path

from kit.measuring import COLUMNS, ROOT, compile_bytecode, kedro_version, row

SCRIPTS = (
    "startup",
    "compile",
    "step",
    "rehearsal",
    "trivial",
    "submission",
    "download",
    "storage",
)


def main() -> None:
    scripts = sys.argv[1:] or SCRIPTS
    print(
        f"{datetime.date.today()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} processors, Python {platform.python_version()}, Kedro "
        f"{kedro_version()}. Medians of runs that take turns; ratios, and what they are made of.\n"
    )
    compile_bytecode(ROOT / "kedro_azureml")
    row(*COLUMNS)
    row(*("-" * width for width in COLUMNS.values()))
    for script in scripts:
        # What a process starts is counted as no smaller than itself was: each script has its own.
        subprocess.run([sys.executable, Path(__file__).with_name(f"{script}.py")], check=True)


if __name__ == "__main__":
    main()
