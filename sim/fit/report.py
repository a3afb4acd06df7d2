"""What a failure log says, as plain numbers: the contents of `orbitfleet fit --json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.fit.failures import Columns, Failures, read_failures
from sim.fit.fitted import Fit
from sim.fit.goodness import LEVEL, distance, p_value
from sim.fit.maximum_likelihood import FEWEST_DEATHS, fit_laws
from sim.fit.sample import KaplanMeier, Sample, kaplan_meier

Floats = NDArray[np.float64]

TIED_SHARE, LEAST_STEP = 0.3, 1e-3
STEPS = [(step, 1e-6) for step in (1.0, 0.5, 0.25, 0.1, 0.05, 0.01, 0.001)]
STEPS += [(step, 1e-3) for step in (1 / 12, 7 / DAYS_PER_YEAR, 1 / DAYS_PER_YEAR)]
"""Steps of rounding that are looked for, years, and how closely ages must be their multiples, in steps."""
MOST_POINTS = 5000
"""Points of a Kaplan-Meier curve that are reported; of longer curves every so many."""


def fit_file(path: str | Path, columns: Columns | None = None, resolution_years: float | None = None) -> dict[str, Any]:
    """Kaplan-Meier curve and fitted laws of each group of a failure log, and of each cause of death within it.

    `{"file", "by", "groups": {name: {"n", "deaths", "unit_years", "reach_years", "skipped_rows", "at_work_until",
    "resolution_years", "resolution_guessed", "delayed_entry", "kaplan_meier", "candidates", "best", "verdict",
    "causes"}}}`; candidates in order of Akaike's criterion, all numbers in years; "causes" only where one is named.
    A cause is fitted with deaths by all others censored: its law is what would hold if it were alone and the causes
    independent. `resolution_years`: to what ages of death are known, an inspection's interval; none: guessed from
    ties. Raises `InputError` as `read_failures` does.
    """
    groups = read_failures(path, columns)
    by = None if columns is None else columns.by
    found = {name: _group(units, resolution_years) for name, units in groups.items()}
    return {"file": str(path), "by": by, "groups": found}


def _group(units: Failures, resolution_years: float | None) -> dict[str, Any]:
    resolution = guessed_resolution(units.years, units.dead) if resolution_years is None else resolution_years
    sample = Sample.of(units.years, units.dead, units.entry, resolution)
    curve = kaplan_meier(sample)
    found = {
        "n": sample.units,
        "deaths": sample.deaths,
        "unit_years": sample.unit_years,
        "reach_years": sample.reach_years,
        "skipped_rows": units.skipped,
        "at_work_until": None if units.at_work_until is None else units.at_work_until.isoformat(),
        "resolution_years": resolution,
        "resolution_guessed": resolution_years is None and resolution > 0,
        "delayed_entry": bool((units.entry > 0).any()),
        "kaplan_meier": _points(curve),
        **_laws(sample, curve),
    }
    causes = sorted({str(cause) for cause in np.unique(units.cause)} - {""})
    if causes:
        found["causes"] = {}
        for cause in causes:
            alone = Sample.of(units.years, units.dead & (units.cause == cause), units.entry, resolution)
            found["causes"][cause] = {"n": alone.units, "deaths": alone.deaths, **_laws(alone, kaplan_meier(alone))}
    return found


def guessed_resolution(years: Floats, dead: NDArray[np.bool_]) -> float:
    """To what ages were rounded, years; 0 where that does not show or does not matter.

    Rounded ages are tied, and multiples of one step: three deaths of ten at least share their age with another, and the
    step is at least a thousandth of the longest age.
    """
    count = np.unique(years[dead], return_counts=True)[1]
    if count.sum() < FEWEST_DEATHS or count[count > 1].sum() < TIED_SHARE * count.sum():
        return 0.0
    every = np.unique(years)
    for step, rounding in STEPS:
        if step >= LEAST_STEP * every[-1] and np.abs(every / step - np.round(every / step)).max() < rounding:
            return step
    return 0.0


def _laws(sample: Sample, curve: KaplanMeier) -> dict[str, Any]:
    candidates = [_candidate(fit, sample, curve) for fit in fit_laws(sample)]
    best = candidates[0]["law"] if candidates else None
    return {"candidates": candidates, "best": best, "verdict": _verdict(candidates)}


def _candidate(fit: Fit, sample: Sample, curve: KaplanMeier) -> dict[str, Any]:
    parameters = fit.law.model_dump(mode="json", exclude={"kind", "calendar_factor"})
    p = p_value(fit, sample)
    ages = np.arange(1, 6) * DAYS_PER_YEAR
    return {
        "law": fit.law.kind,
        "parameters": parameters,
        "intervals": _finite(fit.intervals(sample)),
        "standard_errors": _finite(fit.standard_errors(sample)),
        "at_bound": fit.at_bound(),
        "log_likelihood": fit.log_likelihood,
        "aic": fit.aic,
        "ks": distance(fit.law, curve, sample),
        "p_value": p,
        "fits": p is None or p >= LEVEL,
        "hazard_per_year": {str(i + 1): float(h) for i, h in enumerate(fit.law.hazard_per_day(ages) * DAYS_PER_YEAR)},
    }


def _finite(value: Any) -> Any:
    """Ends of intervals that are not finite become none: JSON has no word for them."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value if np.isfinite(value) else None


def _verdict(candidates: list[dict[str, Any]]) -> str:
    if not candidates:
        return "no deaths"
    best = candidates[0]
    if best["p_value"] is None:
        return "too few deaths to test"
    if best["fits"]:
        return f"{best['law']} fits"
    fitting = [entry["law"] for entry in candidates if entry["fits"] and entry["p_value"] is not None]
    return f"{best['law']} does not fit, {' and '.join(fitting)} would" if fitting else "none fits"


def _points(curve: KaplanMeier) -> dict[str, list[float]]:
    count = len(curve.years)
    kept = np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(int))
    columns = {"years": curve.years, "survival": curve.survival, "low": curve.low, "high": curve.high}
    return {name: values[kept].tolist() for name, values in columns.items()}
