"""Where the GPU-hours went, as a table."""

from __future__ import annotations

from collections.abc import Mapping

from sim.experiment.table import WIDTH, aligned
from sim.metrics import CLASSES

MOST_COLUMNS = 5
"""Strategies side by side; of more the first ones."""
ALIVE, DEAD, PLANNED = "alive, on satellites at work", "dead, or not yet in orbit", "all that is planned"


def accounts_table(shares: Mapping[str, Mapping[str, float]], width: int = WIDTH) -> str:
    """Shares of what the planned GPUs could do, by class and strategy: what `Study.waterfall_shares` gives."""
    shown = list(shares)[:MOST_COLUMNS]
    alone = len(shown) == 1
    rows = [
        [f"{name}: {one.meaning}" if alone else name, *(_percent(shares[strategy][name]) for strategy in shown)]
        for name, one in CLASSES.items()
        if any(shares[strategy][name] > 5e-5 for strategy in shown)
    ]
    alive = {strategy: sum(shares[strategy].values()) for strategy in shown}
    rows.append([ALIVE, *(_percent(alive[strategy]) for strategy in shown)])
    rows.append([DEAD, *(_percent(max(0.0, 1 - alive[strategy])) for strategy in shown)])
    heading = "Where the GPU-hours went, of all that is planned"
    columns = ["share"] if alone else shown
    return "\n".join(aligned([[heading, *columns], *rows], min(width, WIDTH)))


def _percent(share: float) -> str:
    return "-" if share <= 5e-5 else f"{100 * share:.{1 if share >= 0.0995 else 2}f} %"
