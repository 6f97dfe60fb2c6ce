"""Entry point of ``python -m kedro_azureml.step``."""

from __future__ import annotations

import sys

from kedro_azureml.step.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
