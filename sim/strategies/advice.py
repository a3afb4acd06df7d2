"""What a strategy says, checked before anybody acts on it: a user's own class may say anything, or raise."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any, TypeVar

from sim.design_view import DesignView
from sim.errors import InputError
from sim.fleet import FleetView
from sim.launch import VehicleView
from sim.plane_view import PlaneView
from sim.plug_ins import failure_of
from sim.strategies.base import Action, Activate, Launch, Retire, Service, Strategy, Transfer

Said = TypeVar("Said")

SHORTEST_REVIEW_DAYS = 0.01
"""Reviews more often than every quarter of an hour are taken for a mistake."""


def decisions(strategy: Strategy, name: str, fleet: FleetView) -> list[Action]:
    """What the strategy wants done now.  Raises `InputError` for what is no list of actions, or when it fails."""
    where = f"strategy {name}, day {fleet.now_days:.2f}"
    said: Any = _ask(where, lambda: strategy.decide(fleet))
    if not isinstance(said, (list, tuple)):
        raise InputError(f"{where}: decide must return a list of actions, not {said!r}")
    for action in said:
        if (
            type(action) is Activate
            and type(action.spare) is type(action.slot) is int
            and _is_days(action.phasing_days)
        ):
            continue  # the plain case: there are hundreds of thousands
        if problem := _problem(action):
            raise InputError(f"{where}: {action!r}: {problem}")
    return list(said)


def review_period_days(strategy: Strategy, name: str) -> float | None:
    """Days between its reviews, or none.  Raises `InputError` for anything else."""
    said: Any = _ask(f"strategy {name}", strategy.reviews_every_days)
    if said is None:
        return None
    if not (_is_number(said) and SHORTEST_REVIEW_DAYS <= said < float("inf")):
        raise InputError(
            f"strategy {name}: reviews_every_days() = {said!r}: must be a number of at least {SHORTEST_REVIEW_DAYS:g}"
        )
    return float(said)


def looks_ahead_days(strategy: Strategy, name: str, expected_lead_days: float) -> float:
    """Days before the end of a design life at which it is asked.  Raises `InputError` for what is no number from 0."""
    said: Any = _ask(f"strategy {name}", lambda: strategy.looks_ahead_days(expected_lead_days))
    if not (_is_number(said) and 0 <= said < float("inf")):
        raise InputError(f"strategy {name}: looks_ahead_days() = {said!r}: must be a number from 0")
    return float(said)


def looks_at_age_days(strategy: Strategy, name: str, expected_lead_days: float) -> float | None:
    """Age of each satellite at which it is asked, or none.  Raises `InputError` for anything else."""
    said: Any = _ask(f"strategy {name}", lambda: strategy.looks_at_age_days(expected_lead_days))
    if said is not None and not (_is_number(said) and 0 <= said < float("inf")):
        raise InputError(f"strategy {name}: looks_at_age_days() = {said!r}: must be a number from 0, or None")
    return None if said is None else float(said)


def extends_life_days(strategy: Strategy, name: str) -> float:
    """Days for which satellites work on beyond their design life.  Raises `InputError` for what is no number from 0."""
    said: Any = _ask(f"strategy {name}", strategy.extends_life_days)
    if not (_is_number(said) and 0 <= said < float("inf")):
        raise InputError(f"strategy {name}: extends_life_days() = {said!r}: must be a number from 0")
    return float(said)


def initial_spares(strategy: Strategy, name: str) -> int:
    """Spares it wants in each plane from the first.  Raises `InputError` for what is no whole number from 0."""
    said: Any = _ask(f"strategy {name}", strategy.initial_spares)
    if not (_is_whole(said) and said >= 0):
        raise InputError(f"strategy {name}: initial_spares() = {said!r}: must be a whole number from 0")
    return int(said)


def initial_parking_spares(strategy: Strategy, name: str) -> int:
    """Spares it wants in each parking orbit from the first.  Raises `InputError` for what is no whole number from 0."""
    said: Any = _ask(f"strategy {name}", strategy.initial_parking_spares)
    if not (_is_whole(said) and said >= 0):
        raise InputError(f"strategy {name}: initial_parking_spares() = {said!r}: must be a whole number from 0")
    return int(said)


def watches_gpus(strategy: Strategy, name: str) -> bool:
    """Whether it looks at GPUs.  Raises `InputError` for what is neither yes nor no."""
    said: Any = _ask(f"strategy {name}", strategy.watches_gpus)
    if not isinstance(said, bool):
        raise InputError(f"strategy {name}: watches_gpus() = {said!r}: must be True or False")
    return said


def asked_below(strategy: Strategy, name: str) -> float:
    """Share of its GPUs alive below which it is asked about a satellite: 0: it does not look; 1: after each loss.

    Raises `InputError` for what is no such share.
    """
    if not watches_gpus(strategy, name):
        return 0.0
    said: Any = _ask(f"strategy {name}", strategy.asked_below_gpu_fraction)
    if not (_is_number(said) and 0 < said <= 1):
        raise InputError(f"strategy {name}: asked_below_gpu_fraction() = {said!r}: must be above 0 and at most 1")
    return float(said)


def services(strategy: Strategy, name: str) -> bool:
    """Whether it sends servicers.  Raises `InputError` for what is neither yes nor no."""
    said: Any = _ask(f"strategy {name}", strategy.services)
    if not isinstance(said, bool):
        raise InputError(f"strategy {name}: services() = {said!r}: must be True or False")
    return said


def _ask(where: str, question: Callable[[], Said]) -> Said:
    try:
        return question()
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        hint = ""
        if isinstance(error, AttributeError) and isinstance(
            error.obj, FleetView | PlaneView | DesignView | VehicleView
        ):
            there = [name for name in dir(error.obj) if not name.startswith("_")]
            near = get_close_matches(error.name or "", there, n=1, cutoff=0.6)
            hint = f"; {f'did you mean {near[0]}?  ' if near else ''}It has {', '.join(there)}"
        raise InputError(f"{where}: {failure_of(error, hint)}") from error


def _problem(action: Any) -> str | None:
    """What is wrong with an action, whatever the fleet; none where nothing is."""
    match action:
        case Launch():
            if not (_is_whole(action.plane) and _is_whole(action.satellites)):
                return "plane and satellites must be whole numbers"
            if action.to not in ("slots", "spares"):
                return "to must be 'slots' or 'spares'"
            if not (action.design is None or isinstance(action.design, str)):
                return "design must be the name of one, or None"
            if not (isinstance(action.relieve, tuple) and all(map(_is_whole, action.relieve))):
                return "relieve must be a tuple of whole numbers"
            if not (action.vehicle is None or isinstance(action.vehicle, str)):
                return "vehicle must be the name of one, or None"
        case Activate():
            if not (_is_whole(action.spare) and _is_whole(action.slot)):
                return "spare and slot must be whole numbers"
            if not _is_days(action.phasing_days):
                return "phasing_days must be a number from 0, or None"
        case Retire():
            if not _is_whole(action.berth):
                return "berth must be a whole number"
        case Transfer():
            if not all(_is_whole(one) for one in (action.from_plane, action.to_plane, action.satellites)):
                return "from_plane, to_plane and satellites must be whole numbers"
        case Service():
            if not _is_whole(action.plane):
                return "plane must be a whole number"
            if not (isinstance(action.berths, (tuple, list)) and all(map(_is_whole, action.berths))):
                return "berths must be whole numbers"
        case _:
            return "is no action: use Launch, Activate, Retire, Transfer or Service"
    return None


def _is_days(value: Any) -> bool:
    return value is None or (_is_number(value) and 0 <= value < float("inf"))


def _is_whole(value: Any) -> bool:
    # The plain type first: asking an abstract class takes ten times as long.
    return type(value) is int or (isinstance(value, Integral) and not isinstance(value, bool))


def _is_number(value: Any) -> bool:
    return type(value) is float or (isinstance(value, Real) and not isinstance(value, bool))
