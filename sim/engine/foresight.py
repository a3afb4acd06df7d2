"""What gangs do about passes of the Anomaly and storms of the Sun that are known beforehand.

A pass follows from the orbit and the turning Earth, a storm from a warning.  A gang may checkpoint as it begins, so
that it rolls back less, or stand still until it is over: what stands still loses no work, and loads its state again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.constants import SECONDS_PER_DAY, TAU
from sim.engine.segment import Composition
from sim.environment.saa_passes import Passes
from sim.workloads import TrainingJob

Floats = NDArray[np.float64]

TOGETHER_RAD = np.deg2rad(20.0)
"""Satellites further apart along the orbit meet a pass one after another: a gang over more has no pass of its own."""
_BEGINS, _ENDS = 0.01, 0.99
"""Shares of its dose between which a pass lasts."""
_FAINT = 0.02
"""Share of the largest dose of a revolution below which it is no pass."""


@dataclass(frozen=True, eq=False)
class Outlook:
    """The windows in which a gang runs, as it chooses them."""

    starts: Floats
    ends: Floats
    restarts: Floats
    """With which each begins, days; the first one's is that of the segment."""
    sheltered_days: float
    """For which it stands still."""


@dataclass(frozen=True, eq=False)
class _Threats:
    """Spans of time in which more interruptions come."""

    begin: Floats
    end: Floats
    interruptions: Floats
    """Expected in each."""

    def take(self, which: NDArray[np.bool_]) -> _Threats:
        return _Threats(self.begin[which], self.end[which], self.interruptions[which])


class Foresight:
    """What is known of passes and storms in a run."""

    def __init__(self, fluence_per_day: Floats) -> None:
        """`fluence_per_day`: of solar storms, shape (days,)."""
        stormy = np.concatenate([[False], fluence_per_day > 0, [False]])
        self._storm_begin = np.flatnonzero(~stormy[:-1] & stormy[1:]).astype(float)
        self._storm_end = np.flatnonzero(stormy[:-1] & ~stormy[1:]).astype(float)
        self._fluence = np.concatenate([[0.0], np.cumsum(fluence_per_day)])

    def outlook(self, spec: TrainingJob, composition: Composition, starts: Floats, ends: Floats) -> Outlook:
        """The windows of a gang that could run in some windows."""
        restarts = np.full(len(starts), composition.rhythm.restart)
        found = Outlook(starts, ends, restarts, 0.0)
        if composition.rates is None:
            return found
        for rule, threats in (
            (spec.in_passes, self._passes(composition, float(starts[0]), float(ends[-1]))),
            (spec.in_storms, self._storms(composition, float(starts[0]), float(ends[-1]))),
        ):
            if rule == "compute" or len(threats.begin) == 0:
                continue
            shelter = np.full(len(threats.begin), rule == "pause")
            if rule == "best":
                shelter = self._pays(spec, composition, threats)
            found = _without(found, threats.take(shelter), spec.resume_s / SECONDS_PER_DAY)
            if rule == "checkpoint":
                found = _split(found, threats.begin)
        return found

    def _pays(self, spec: TrainingJob, composition: Composition, threats: _Threats) -> NDArray[np.bool_]:
        """Which threats cost more work than standing still does: half an interval, and a restart, for each hit."""
        rhythm = composition.rhythm
        each = 0.5 * rhythm.interval + rhythm.restart + composition.detection_days
        still = threats.end - threats.begin + spec.resume_s / SECONDS_PER_DAY + rhythm.write + rhythm.lag
        # Hits while it restarts cost no more than that the restart begins anew.
        hits = np.minimum(threats.interruptions, (threats.end - threats.begin) / np.maximum(each, 1e-9) + 1)
        return np.asarray(hits * each > still)

    def _passes(self, composition: Composition, start: float, end: float) -> _Threats:
        """The passes of a gang that flies together between two days; none of one that is spread along its orbit or over
        several planes.
        """
        rates = composition.rates
        assert rates is not None
        phases, gangs = rates.phases_rad, composition.gangs
        if gangs.places.first_plane(composition.place) != composition.place:
            return _Threats(np.empty(0), np.empty(0), np.empty(0))
        middle = float(np.angle(np.exp(1j * phases).mean())) % TAU
        if np.abs(np.angle(np.exp(1j * (phases - middle)))).max() > TOGETHER_RAD / 2:
            return _Threats(np.empty(0), np.empty(0), np.empty(0))
        passes = gangs.passes(composition.place)
        begin, until, doses = pass_times(passes, middle, start, end)
        if len(begin) == 0:
            return _Threats(begin, until, doses)
        first, last = passes.span(start, end)
        per_dose = rates.over(first, last).in_passes.sum(axis=0)
        block = np.clip((begin / passes.block_days).astype(np.intp) - first, 0, len(per_dose) - 1)
        return _Threats(begin, until, per_dose[block] * doses)

    def _storms(self, composition: Composition, start: float, end: float) -> _Threats:
        """The storms of which something lies between two days."""
        there = (self._storm_end > start) & (self._storm_begin < end)
        begin, until = self._storm_begin[there], self._storm_end[there]
        rates = composition.rates
        assert rates is not None
        each = sum(float(make.units.storms_by_kind @ rates.counts[make.groups].sum(axis=0)) for make in rates.makes)
        fluence = self._fluence[until.astype(np.intp)] - self._fluence[begin.astype(np.intp)]
        return _Threats(begin, until, each * fluence)


def pass_times(passes: Passes, phase_rad: float, start: float, end: float) -> tuple[Floats, Floats, Floats]:
    """Beginnings, ends and relative doses, days, of the passes of a satellite with a phase between two days."""
    shift = phase_rad / TAU
    first, last = (int(np.floor(day / passes.period_days + shift)) for day in (start, end))
    number = np.arange(first, last + 1, dtype=float)
    rows = passes.rows(phase_rad, number)
    dose = passes.within(rows, np.ones(len(rows)))
    strong = dose > _FAINT * passes.profile.cumulative[:, -1].max() * passes.period_days
    number, rows, dose = number[strong], rows[strong], dose[strong]
    begin, until = (
        (number + passes.turn_at(rows, share * dose) - shift) * passes.period_days for share in (_BEGINS, _ENDS)
    )
    inside = (until > start) & (begin < end)
    return begin[inside], until[inside], dose[inside]


def _without(outlook: Outlook, threats: _Threats, resume_days: float) -> Outlook:
    """Windows less the threats, in order: after each one it resumes, in the window that follows."""
    if len(threats.begin) == 0:
        return outlook
    begin, end = threats.begin, np.maximum.accumulate(threats.end)
    apart = np.append(True, begin[1:] > end[:-1])  # of threats that overlap the first one's beginning counts
    last = np.append(np.flatnonzero(apart)[1:] - 1, len(begin) - 1)
    begin, end = begin[apart], end[last]
    starts = np.concatenate([outlook.starts, end])
    restarts = np.concatenate([outlook.restarts, np.full(len(end), resume_days)])
    stops = np.concatenate([outlook.ends, begin])
    # Between a start and the next stop it runs, where that start lies in a window and in no threat.
    inside = _covered(outlook.starts, outlook.ends, starts)
    free = ~_covered(begin, end, starts)
    starts, restarts = starts[inside & free], restarts[inside & free]
    order = np.argsort(starts, kind="stable")
    starts, restarts = starts[order], restarts[order]
    stops = np.sort(stops)
    ends = stops[np.searchsorted(stops, starts, side="right")] if len(starts) else np.empty(0)
    ran = float((outlook.ends - outlook.starts).sum() - (ends - starts).sum())
    return Outlook(starts, ends, restarts, outlook.sheltered_days + ran)


def _covered(begin: Floats, end: Floats, days: Floats) -> NDArray[np.bool_]:
    """Which days lie in spans that are apart and in order, their beginnings included and their ends not."""
    place = np.searchsorted(begin, days, side="right") - 1
    return np.asarray((place >= 0) & (days < end[np.maximum(place, 0)]))


def _split(outlook: Outlook, days: Floats) -> Outlook:
    """Windows cut by checkpoints on some days, after which the gang goes on at once."""
    place = np.searchsorted(outlook.starts, days, side="right") - 1
    inside = (place >= 0) & (days > outlook.starts[np.maximum(place, 0)]) & (days < outlook.ends[np.maximum(place, 0)])
    cut, place = days[inside], place[inside]
    return Outlook(
        starts=np.insert(outlook.starts, place + 1, cut),
        ends=np.insert(outlook.ends, place, cut),
        restarts=np.insert(outlook.restarts, place + 1, 0.0),
        sheltered_days=outlook.sheltered_days,
    )
