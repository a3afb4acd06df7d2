"""Warnings about element files: repeated objects, sets far older than the mission, planes of few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from sim.environment.planes import chosen_entries, gaps_of
from sim.ephemeris import CatalogueEntry, group_into_planes, julian_date, one_set_each, station_kept
from sim.scenario import Scenario
from sim.scenario.constellation import CatalogueShell

OLD_DAYS = 30
"""Age of elements from which the place along the orbit is a guess: SGP4's mean motion errs by some km a day [A]."""
ODD = 0.25
"""Planes with less than this share of the typical number of satellites are odd."""
_MOST = 5  # objects named


def catalogue_warnings(scenario: Scenario) -> Iterator[str]:
    """One sentence for each warning."""
    start = scenario.mission.start
    for number, shell in enumerate(scenario.constellation.shells):
        if not isinstance(shell, CatalogueShell):
            continue
        listed = chosen_entries(shell)
        entries = one_set_each(listed, start)
        yield from _repeated(number, listed, entries)
        ages = {entry: abs(julian_date(start) - entry.elements.epoch_jd) for entry in entries}
        if old := [entry for entry, days in ages.items() if days > OLD_DAYS]:
            oldest = max(old, key=lambda entry: ages[entry])
            yield (
                f"shell {number}: elements of {len(old):,} of {len(entries):,} objects are more than {OLD_DAYS} days "
                f"away from the mission's start (most: {_named(oldest)}, {ages[oldest]:,.0f} days): planes are still "
                "right, places along them are a guess"
            )
        planes = group_into_planes([station_kept(entry) for entry in entries], start, **gaps_of(shell))
        sizes = np.array([len(plane.entries) for plane in planes])
        # The plane that the typical satellite flies in.
        typical = float(np.median(np.repeat(sizes, sizes)))
        few = [plane for plane in planes if len(plane.entries) < ODD * typical]
        if few:
            names = [_named(entry) for plane in few for entry in plane.entries]
            shown = ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")
            yield (
                f"shell {number}: {len(few)} of {len(planes)} planes hold fewer than a quarter of the satellites of a "
                f"typical one ({typical:g}): {shown}; `exclude` them, or widen raan_gap_deg, inclination_gap_deg or "
                "mean_motion_gap_rev_per_day"
            )


def _repeated(number: int, listed: list[CatalogueEntry], entries: list[CatalogueEntry]) -> Iterator[str]:
    """What is said of catalogue numbers that stand in a file several times."""
    if left_out := len(listed) - len(entries):
        yield (
            f"shell {number}: {left_out:,} of {len(listed):,} element sets left out: of each catalogue number only the "
            "epoch nearest to the mission's start counts"
        )
    count = Counter(entry.norad_id for entry in entries)
    if shared := [one for one, times in count.items() if times > 1]:
        shown = ", ".join(map(str, shared[:_MOST])) + (f" and {len(shared) - _MOST} more" if shared[_MOST:] else "")
        yield (
            f"shell {number}: catalogue number {shown} stands at several element sets that differ: each is taken for a "
            "satellite of its own"
        )


def _named(entry: CatalogueEntry) -> str:
    return f"{entry.name} ({entry.norad_id})" if entry.name else str(entry.norad_id)
