"""Entry point of ``python -m kedro_azureml.step``."""

from __future__ import annotations

import sys

from kedro_azureml.process_exit import write_what_is_open_at_exit

if __name__ == "__main__":
    # Before anything else is imported: what is registered first comes last at the exit.
    write_what_is_open_at_exit(collect=True)
    from kedro_azureml.step.main import main
    from kedro_azureml.step.process.start import FORK_SERVER

    arguments = sys.argv[1:]
    if arguments[:1] == [FORK_SERVER]:
        from kedro_azureml.step.process.fork_exit import leave
        from kedro_azureml.step.process.fork_server import serve

        arguments, imported = serve(arguments[1:])
        code = main(arguments)
        leave(code, imported)
    else:
        code = main(arguments)
    sys.exit(code)
