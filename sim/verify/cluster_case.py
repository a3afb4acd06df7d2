"""Cases of a terrestrial cluster as another simulator states them: `AIReSim` (github.com/karthikp-ubc/airesim)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import exp, gamma, inf, isinf, prod
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from sim.constants import DAYS_PER_YEAR, MINUTES_PER_DAY
from sim.errors import Fault, InputError, ScenarioError
from sim.parameters import Parameters
from sim.scenario.campus import MOST_HOSTS
from sim.scenario.faults import Origin, faults_of
from sim.text import nearest

MINUTES_PER_YEAR = DAYS_PER_YEAR * MINUTES_PER_DAY
FIGURES = ("training_time_hours", "total_failures", "effective_training_ratio")
"""What is compared."""
_ONE = r"[0-9]+\.?[0-9]*(?:e[-+]?[0-9]+)?"
_SETTING = re.compile(rf"([a-z_]+) *= *(-?(?:inf|{_ONE}(?: *\* *{_ONE})*))(?: *([a-z]+))?")
_UNITS = {"": 1.0, "min": 1.0, "minutes": 1.0, "h": 60.0, "hours": 60.0, "d": 1440.0, "day": 1440.0, "days": 1440.0}
"""Minutes, of times in the text of a removal policy."""


class ClusterCase(Parameters):
    """The parameters of a case, by the names of that program: minutes, and failures per minute."""

    random_failure_rate: float = Field(ge=0, le=1e3)
    systematic_failure_rate_multiplier: float = Field(ge=0, le=1e6)
    systematic_failure_fraction: float = Field(ge=0, le=1)
    recovery_time: float = Field(ge=0, le=14400)
    host_selection_time: float = Field(ge=0, le=1e6)
    job_size: int = Field(gt=0, le=MOST_HOSTS)
    job_length: float = Field(ge=1e-3, le=1e12)
    warm_standbys: int = Field(ge=0, le=MOST_HOSTS)
    working_pool_size: int = Field(gt=0, le=MOST_HOSTS)
    spare_pool_size: int = Field(ge=0, le=MOST_HOSTS)
    preemption_wait_time: float = Field(ge=0, le=1e6)
    auto_repair_time: float = Field(ge=0, le=1e7)
    manual_repair_time: float = Field(ge=0, le=1e7)
    prob_auto_to_manual: float = Field(ge=0, le=1)
    auto_repair_fail_prob: float = Field(ge=0, le=1)
    manual_repair_fail_prob: float = Field(ge=0, le=1)
    failure_distribution: Literal["exponential", "weibull", "lognormal"]
    weibull_shape: float = Field(ge=0.01, le=50)
    lognormal_sigma: float = Field(ge=0.01, le=20)
    diagnosis_probability: float = Field(ge=0, le=1)
    diagnosis_uncertainty: float = Field(ge=0, le=1)
    bad_server_regeneration: bool
    bad_server_regen_interval: float = Field(ge=1, le=1e8)
    # How the reference was run: its seed, and how many replicates it made.  They describe no cluster.
    seed: int = Field(default=0, ge=0, le=2**63)
    num_replications: int = Field(default=1, gt=0, le=10**9)
    adaptive_replications: bool = False
    confidence_level: float = Field(default=0.95, ge=0, le=1)
    relative_accuracy: float = Field(default=0.05, ge=0, le=1e6)
    max_replications: int = Field(default=1, gt=0, le=10**9)

    @model_validator(mode="after")
    def _gang_fits(self) -> ClusterCase:
        total = self.working_pool_size + self.spare_pool_size
        if self.job_size > total:
            raise ValueError(f"job_size ({self.job_size:,}) exceeds working_pool_size and spare_pool_size ({total:,})")
        return self

    @property
    def law(self) -> dict[str, Any]:
        """The law of a good host's life: of mean 1 / random_failure_rate, whatever its kind."""
        rate = self.random_failure_rate * MINUTES_PER_YEAR
        if self.failure_distribution == "exponential" or rate == 0:
            return {"kind": "exponential", "rate_per_year": rate}
        if self.failure_distribution == "weibull":
            scale = 1 / (rate * gamma(1 + 1 / self.weibull_shape))
            return {"kind": "weibull", "shape": self.weibull_shape, "scale_years": scale}
        median = exp(-0.5 * self.lognormal_sigma**2) / rate
        return {"kind": "lognormal", "median_years": median, "sigma": self.lognormal_sigma}

    def settings(self, gpus: int) -> dict[str, Any]:
        """The same in the terms of a scenario with hosts of so many GPUs, by path."""
        size = self.job_size * gpus
        campus: dict[str, Any] = {
            "hosts": self.working_pool_size,
            "spare_hosts": self.spare_pool_size,
            "warm_standbys": self.warm_standbys,
            "selection_min": self.host_selection_time,
            "spare_wait_min": self.preemption_wait_time,
            "bad.share": self.systematic_failure_fraction,
            "bad.rate_factor": 1 + self.systematic_failure_rate_multiplier,
            "repair.automatic_min": self.auto_repair_time,
            "repair.manual_min": self.manual_repair_time,
            "repair.manual_share": self.prob_auto_to_manual,
            "repair.automatic_failure": self.auto_repair_fail_prob,
            "repair.manual_failure": self.manual_repair_fail_prob,
            "diagnosis.probability": self.diagnosis_probability,
            "diagnosis.uncertainty": self.diagnosis_uncertainty,
            # That program draws the lives of all hosts anew whenever the job goes on; an exponential law does not mind.
            "restart_renews_hosts": self.failure_distribution != "exponential",
        }
        if self.bad_server_regeneration:
            campus["bad.regeneration_interval_days"] = self.bad_server_regen_interval / MINUTES_PER_DAY
            campus["bad.regeneration_share"] = 0.1 * self.systematic_failure_fraction
        return {
            **{f"campus.{path}": value for path, value in campus.items()},
            "reliability.bus": self.law,
            "workload.jobs.0.gpus": size,
            "workload.jobs.0.work_gpu_hours": self.job_length / 60 * size,
            "workload.jobs.0.restart_min": self.recovery_time,
        }


def retirement_of(removal: str) -> dict[str, Any]:
    """The rule that a text of a case names.

    `never`; `ThresholdRemoval max_failures=N, window=MINUTES`, or inf; `ScoredRemoval` with its parameters.  Raises
    `InputError` for another.
    """
    if removal.strip().lower().startswith("never"):
        return {"kind": "never"}
    values = _values_in(removal)
    if "ThresholdRemoval" in removal:
        window = values.pop("window_minutes", values.pop("window", 7 * MINUTES_PER_DAY))
        failures = values.pop("max_failures", 5.0)
        if failures == inf:
            return {"kind": "never"}
        rule: dict[str, Any] = {"kind": "failures", "failures": failures}
        rule["window_days"] = None if isinf(window) else window / MINUTES_PER_DAY
    elif "ScoredRemoval" in removal:
        rule = {
            "kind": "score",
            "initial": values.pop("initial_score", 100.0),
            "penalty": values.pop("failure_penalty", 30.0),
            "credit": values.pop("success_increment", 10.0),
            "credit_days": values.pop("time_period", MINUTES_PER_DAY) / MINUTES_PER_DAY,
            "least": values.pop("retirement_threshold", 0.0),
        }
    else:
        raise InputError(
            f"removal {removal!r}: must be never, ThresholdRemoval max_failures=N, window=MINUTES (or inf), or "
            "ScoredRemoval with initial_score, failure_penalty, success_increment, time_period, retirement_threshold"
        )
    if values:
        raise InputError(f"removal {removal!r}: {', '.join(values)}: no parameter of that policy")
    return rule


def _values_in(removal: str) -> dict[str, float]:
    """The parameters in the text of a removal policy, times in minutes; `InputError` for one without number."""
    text = re.sub(r"(?:float\(['\"]inf(?:inity)?['\"]\)|math\.inf|np\.inf|infinity)", "inf", removal)
    found = {}
    for name, number, unit in _SETTING.findall(text):
        is_time = name in ("window", "window_minutes", "time_period")
        found[name] = prod(map(float, number.split("*"))) * (_UNITS.get(unit, 1.0) if is_time else 1.0)
    if unread := [name for name in re.findall(r"([A-Za-z_]+) *=", text) if name not in found]:
        raise InputError(f"removal {removal!r}: {', '.join(unread)}: no number can be read there")
    return found


def cases_in(path: Path) -> dict[str, dict[str, Any]]:
    """The cases of a file, by name.  Raises `InputError` where it holds none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as JSON: {error}") from error
    cases = found.get("cases") if isinstance(found, dict) else None
    if not isinstance(cases, dict) or not cases or not all(isinstance(one, dict) for one in cases.values()):
        raise InputError(f"{path}: must be an object whose `cases` maps names to cases")
    return cases


def case_of(path: Path, name: str, case: Mapping[str, Any]) -> ClusterCase:
    """The parameters of a case.  Raises `ScenarioError` that names each which is unknown, missing or out of range."""
    place, given = f"{path}: cases.{name}.params", case.get("params")
    if not isinstance(given, dict):
        raise ScenarioError([Fault(place, "", None, "is missing, or no mapping of parameters")])
    known = ClusterCase.model_fields
    if unknown := [key for key in given if key not in known]:
        text = "no parameter that is known here"
        raise ScenarioError([Fault(place, key, given[key], f"{text}{nearest(key, list(known))}") for key in unknown])
    overrides = case.get("overrides") or {}
    if isinstance(overrides, dict):
        differ = [key for key, value in overrides.items() if given.get(key, value) != value]
        if differ:
            problem = "is another value under `overrides`"
            raise ScenarioError([Fault(place, key, given[key], problem) for key in differ])
    try:
        return ClusterCase.model_validate(given, strict=False)
    except ValidationError as error:
        raise ScenarioError(faults_of(error, given, {(): Origin(place)})) from None


def reference_of(path: Path, name: str, case: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """(mean, standard error) of each of `FIGURES`.  Raises `InputError` where one is missing."""
    found = {}
    for figure in FIGURES:
        try:
            one = case["results"][figure]
            mean, error = float(one["mean"]), float(one["se"])
        except (KeyError, TypeError, ValueError) as problem:
            raise InputError(f"{path}: cases.{name}.results.{figure}: needs numbers `mean` and `se`") from problem
        if not (abs(mean) < inf and 0 <= error < inf):
            raise InputError(
                f"{path}: cases.{name}.results.{figure}: mean ({mean:g}) and se ({error:g}) must be finite"
            )
        found[figure] = mean, error
    return found
