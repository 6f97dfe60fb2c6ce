"""The files of a sweep's summary."""

from __future__ import annotations

import csv
from pathlib import Path

from kedro_azureml.job.sweep import PAGE, TABLE, Table
from kedro_azureml.sweep_view.cells import cell
from kedro_azureml.sweep_view.page import sweep_page


def write_files(table: Table, folder: Path) -> None:
    """Write the table, to be read by programs and by people.

    Args:
        table: The results.
        folder: Where to; it is made if it does not exist.

    Raises:
        OSError: It cannot be written.
    """
    table.save(folder)
    metrics = table.metrics
    with (folder / TABLE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*table.parameters, *metrics, "seconds", "status"])
        for row in table.rows:
            measured = [row.metrics.get(name, "") for name in metrics]
            seconds = f"{row.seconds:.3f}"
            writer.writerow([*map(cell, row.values), *measured, seconds, row.status])
    (folder / PAGE).write_text(sweep_page(table), encoding="utf-8")
