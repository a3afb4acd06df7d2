"""How large a fleet may be: what memory does not hold is refused before any table is made."""

from __future__ import annotations

from sim.workloads import MOST_JOBS

MOST_BERTHS = 4_000_000
"""Slots and spare berths: some 300 bytes each, and as much again for every satellite that is built."""
MOST_GPUS = 400_000_000
"""Accelerators that the berths hold: some 6 bytes each."""
MOST_PLANE_DAYS = 20_000_000
"""Planes times days of the tables: some 100 bytes of tables each, for every design."""
MOST_CAUSES = 180
"""Names for causes of failures and interruptions: the log numbers them in a byte, behind those built in."""
MOST_DESIGNS = 100
"""Further designs, which the log numbers in a byte."""


def too_large(*, planes: int, berths: int, positions: int, days: float, designs: int) -> str | None:
    """What is too large about a fleet, if anything.

    `positions`: accelerators of a satellite, spares included; `days`: rows of the tables.
    """
    return _first_excess(
        ("constellation: slots and spare berths", berths, MOST_BERTHS),
        ("constellation and satellite.gpus: accelerators", berths * positions, MOST_GPUS),
        ("constellation and mission.years: planes x days x designs", round(planes * days * designs), MOST_PLANE_DAYS),
    )


def too_many(*, jobs: int, causes: int, designs: int) -> str | None:
    """What there is too much of in a scenario, if anything."""
    return _first_excess(
        ("workload.jobs: jobs", jobs, MOST_JOBS),
        ("radiation.effects, reliability: names of causes", causes, MOST_CAUSES),
        ("designs", designs, MOST_DESIGNS),
    )


def _first_excess(*counts: tuple[str, int, int]) -> str | None:
    for what, number, most in counts:
        if number > most:
            return f"{what}: {number:,} are more than the {most:,} that a run can hold"
    return None
