"""What single histories of a fleet do, and the service level that is kept, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap

from sim.experiment.grid import Cell, Grid, Row, decimals
from sim.experiment.quantiles import BANDS, EXCEEDED, Quantile, quantile, replicates_needed, service_level
from sim.experiment.sample import Sample
from sim.experiment.table import WIDTH, aligned

_SHOWN = (
    ("compute_availability", "compute availability", 100.0, " %"),
    ("worst_month_availability", "worst month", 100.0, " %"),
    ("time_below_sla_fraction", "time below the SLA", 100.0, " %"),
    ("useful_gpu_hours", "useful GPU-hours, million", 1e-6, ""),
    ("total_cost_usd", "total cost, million USD", 1e-6, ""),
    ("net_cost_usd", "net cost, million USD", 1e-6, ""),
)


def quantiles_text(samples: Mapping[str, Sample], sla_capacity_fraction: float, width: int = WIDTH) -> str:
    """The tables and what they say, in lines of at most `width`."""
    width = min(width, WIDTH)
    lines = list[str]()
    for grid in quantile_grids(samples, sla_capacity_fraction):
        lines += [*aligned(grid.text, width), ""]
    return "\n".join([*lines, *wrap(quantiles_note(min(map(len, samples.values()))), width, break_on_hyphens=False)])


def quantile_grids(samples: Mapping[str, Sample], sla_capacity_fraction: float) -> list[Grid]:
    """The same as tables: some of the metrics, and the service level."""
    several = len(samples) > 1
    metrics: list[Row] = []
    service: list[Row] = []
    texts = ("time below the SLA, at most", "availability, at least", "worst month, at least")
    for strategy, sample in samples.items():
        before = f"{strategy}: " if several else ""
        for metric, text, factor, unit in _SHOWN:
            row = [quantile(sample.values(metric), p) for p in BANDS.values()]
            if row[0].value is not None:
                metrics.append((f"{before}{text}", *(_cell(one, factor, unit) for one in row)))
        for text, row_ in zip(texts, service_level(sample).values(), strict=True):
            service.append((f"{before}{text}", *(_cell(one, 100.0, " %") for one in row_.values())))
    return [
        Grid(("single histories", *(f"{100 * p:g} % are below" for p in BANDS.values())), tuple(metrics)),
        Grid(
            (
                f"probability that is kept (SLA: {100 * sla_capacity_fraction:g} %)",
                *(f"{100 * p:g} %" for p in EXCEEDED.values()),
            ),
            tuple(service),
        ),
    ]


def quantiles_note(replicates: int, shown: Sequence[float] = (*BANDS.values(), *EXCEEDED.values())) -> str:
    """What the tables say, and how many replicates they need."""
    text = (
        "A replicate is one history that the fleet may have.  In brackets: the range that holds the quantile with 95 % "
        "confidence, whatever its law."
    )
    short = {max(p, 1 - p) for p in shown if replicates_needed(p) > replicates}
    if not short:
        return text
    asked = ", ".join(f"{replicates_needed(p)} for {100 * p:g} %" for p in sorted(short))
    return f"{text}  ?: no replicate of {replicates} lies far enough out to bound it; that takes {asked}."


def _cell(one: Quantile, factor: float, unit: str) -> Cell:
    """A quantile and its interval, with a question mark for an end that is not known."""
    if one.value is None:
        return Cell("undefined")
    value = one.value * factor
    ends = [None if end is None else end * factor for end in (one.ci_low, one.ci_high)]
    known = [end for end in (*ends, value) if end is not None]
    spread = max(known) - min(known)
    places = decimals(spread, 2) if spread > 1e-9 * abs(value) else decimals(value, 4)
    low, high = ("?" if end is None else f"{end:,.{places}f}" for end in ends)
    return Cell(f"{value:,.{places}f}", f"[{low}, {high}]", unit=unit)
