"""Make the picture in the README from a terminal: ``tmux capture-pane -e -p | screenshot.py OUT``.

The picture names no font of the network, so that a page which shows it asks for nothing elsewhere.
"""

import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 78
FONT_FACE = re.compile(r"@font-face\s*{.*?}\s*", re.DOTALL)


def main() -> None:
    console = Console(record=True, width=WIDTH, file=sys.stderr, force_terminal=True)
    for line in sys.stdin.read().rstrip().splitlines():
        console.print(Text.from_ansi(line))
    svg = console.export_svg(title="kedro azureml run --local", clear=False)
    Path(sys.argv[1]).write_text(FONT_FACE.sub("", svg), encoding="utf-8")


if __name__ == "__main__":
    main()
