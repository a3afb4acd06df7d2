"""Where the GPU-hours went, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap

from sim.environment import Environment
from sim.experiment.grid import Grid
from sim.experiment.sample import Sample
from sim.experiment.table import WIDTH, aligned
from sim.metrics import CLASSES
from sim.scenario.job_sizes import most_gpus_aboard

MOST_NAMED = 5
"""Descriptions of jobs that can never start that are named."""
MOST_COLUMNS = 5
"""Strategies side by side; of more the first ones."""
ALIVE, DEAD = "alive, on satellites at work", "dead, or not yet in orbit"
ALIVE_ON_GROUND, DEAD_ON_GROUND = "alive, on hosts of the working pool", "in repair, given up, or without power yet"


def accounts_text(
    shares: Mapping[str, Mapping[str, float]],
    samples: Mapping[str, Sample],
    environment: Environment,
    width: int = WIDTH,
) -> str:
    """The table, and under it the jobs that never started, if there were any; empty where nobody computes."""
    if not environment.scenario.workload.uses_gpus:
        return ""
    lines = [line for one in never_started(samples, environment) for line in wrap(one, min(width, WIDTH))]
    on_ground = environment.hall is not None
    return "\n".join([accounts_table(shares, width, on_ground=on_ground), *(["", *lines] if lines else [])])


def never_started(samples: Mapping[str, Sample], environment: Environment) -> Iterator[str]:
    """How many jobs never started, mean over replicates, and which of them cannot."""
    means = {strategy: float(sample.values("jobs_never_started").mean()) for strategy, sample in samples.items()}
    if not any(means.values()):
        return
    shown = [f"{mean:.4g}" if len(means) == 1 else f"{mean:.4g} with {strategy}" for strategy, mean in means.items()]
    yield f"Jobs that never started: {', '.join(shown)} of {sum(environment.job_counts):,}."
    if environment.hall is not None:
        return
    places, aboard = environment.gangs.places, most_gpus_aboard(environment.scenario)
    rooms = [(job, *places.ever(job, aboard)) for job in environment.scenario.workload.jobs]
    homeless = [(job, room, kind) for job, room, kind in rooms if job.least_gpus > room]
    for job, room, kind in homeless[:MOST_NAMED]:
        yield (
            f"{job.name} cannot: it needs {job.least_gpus:,} GPUs in one {kind}, and none ever has more than {room:,}."
        )
    if len(homeless) > MOST_NAMED:
        yield f"So it is with {len(homeless) - MOST_NAMED:,} others."


def accounts_table(shares: Mapping[str, Mapping[str, float]], width: int = WIDTH, *, on_ground: bool = False) -> str:
    """Shares of what the planned GPUs could do, by class and strategy: what `Study.waterfall_shares` gives."""
    return "\n".join(aligned(accounts_grid(shares, on_ground=on_ground).text, min(width, WIDTH)))


def accounts_grid(shares: Mapping[str, Mapping[str, float]], *, on_ground: bool = False) -> Grid:
    """The same as cells: of one strategy each class with its meaning, of several side by side."""
    shown = list(shares)[:MOST_COLUMNS]
    alone = len(shown) == 1
    rows = [
        (f"{name}: {one.meaning}" if alone else name, *(_percent(shares[strategy][name]) for strategy in shown))
        for name, one in CLASSES.items()
        if any(shares[strategy][name] > 5e-5 for strategy in shown)
    ]
    alive = {strategy: sum(shares[strategy].values()) for strategy in shown}
    rows.append((ALIVE_ON_GROUND if on_ground else ALIVE, *(_percent(alive[strategy]) for strategy in shown)))
    rows.append(
        (DEAD_ON_GROUND if on_ground else DEAD, *(_percent(max(0.0, 1 - alive[strategy])) for strategy in shown))
    )
    heading = "Where the GPU-hours went, of all that is planned"
    return Grid((heading, *(["share"] if alone else shown)), tuple(rows))


def _percent(share: float) -> str:
    return "-" if share <= 5e-5 else f"{100 * share:.{1 if share >= 0.0995 else 2}f} %"
