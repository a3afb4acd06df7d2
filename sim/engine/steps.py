"""The loop in which things happen, up to the horizon, and what is said of a run that makes no progress."""

from __future__ import annotations

from collections import Counter

from sim.engine.context import Context
from sim.errors import InputError

MOST_EVENTS = 100_000
"""Events that may follow one another while the clock stands, beside `EVENTS_EACH` for each berth and job."""
EVENTS_EACH = 20
MOST_STEPS = 50_000_000
"""Events of a whole run, half an hour of them: what has more was not foreseen by `sim.engine.expected`."""
STANDS_DAYS = 1e-6
"""A clock that moves by less than this, a tenth of a second, stands."""


def step_until(context: Context, horizon: float, *, things: int, who: str) -> None:
    """Let things happen up to the horizon; `things`: berths and jobs, to which something may happen; `who` runs them.

    Raises `InputError` when the clock stands, or far too much happens.
    """
    env = context.env
    most = MOST_EVENTS + EVENTS_EACH * things
    moved, count, before = 0.0, 0, 0
    # The environment's own loop does the same, but for the count.
    while (day := env.peek()) < horizon:
        if day - moved > STANDS_DAYS:
            moved, count, before = day, 0, before + count
        count += 1
        if count > most or before + count > MOST_STEPS:
            raise InputError(_what_repeats(context, who, day, count, before + count))
        env.step()


def _what_repeats(context: Context, who: str, day: float, count: int, in_all: int) -> str:
    """What to say of a run that makes no progress, or makes it in too many steps."""
    rows = Counter((kind.name.lower(), cause) for _, kind, cause in context.log.latest(1000))
    repeated = [
        f"{kind}{f' ({context.scenario.cause_name(cause)})' if cause else ''}"
        for (kind, cause), _ in rows.most_common(3)
    ]
    repeats = f"what repeats: {', '.join(repeated) or 'nothing that the log knows'}"
    if in_all > MOST_STEPS:
        return (
            f"{who}: {in_all:,} events by day {day:.3f}, more than a run can hold; "
            f"{repeats}.  Something fails or is tried again too often: look at rates, lives and short intervals"
        )
    return (
        f"{who}: the run stands still on day {day:.3f}: {count:,} events at one instant; "
        f"{repeats}.  Something takes no time "
        "and never succeeds: look at launch.vehicle.success_probability, delays of 0 and intervals of 0"
    )
