"""Draws the learning curve."""

from __future__ import annotations

import csv
from pathlib import Path


def draw_curves(table: Path, picture: Path) -> None:
    """curve.csv → PNG with held-out levels over steps; does nothing when matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError:
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot

    with table.open() as file:
        rows = list(csv.DictReader(file))
    steps = [int(row["step"]) for row in rows]
    figure, axes = pyplot.subplots(figsize=(8, 5))
    for column in ("overall", "turn", "span", "conv", "turn_Irrelevance", "turn_fQcA", "turn_fQfA"):
        axes.plot(steps, [float(row[column]) for row in rows], label=column)
    axes.set_xlabel("step")
    axes.set_ylabel("held-out worlds, percent")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(picture, dpi=110)
    pyplot.close(figure)
