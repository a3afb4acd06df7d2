"""Scenarios as a careless or hostile user might write them, and what must hold of every one of them.

    python -m tests.unit.generate_scenarios N SEED [--run-every K] [--extremes]

tries N scenarios, each a small fleet with one field changed, or several, and prints what failed: the changes that do
it, the exception, and where it was raised.  Every K-th scenario that is legal is also run (default: each); with
`--extremes` each field comes first at each of its bounds, and with each of its choices.  Exit code 1 where anything
failed.  `test_generated_scenarios.py` tries a small sample of the same.

A scenario goes the way of the command line: load, describe, environment, sources, run with one replicate.  Claims: the
only exceptions are the project's own (`InputError`), with messages that are short and hold no control characters;
nothing takes longer than `LIMIT_S`, or more than `MOST_BYTES` of memory; nothing warns; no number is NaN where it has
a meaning, and none infinite in the results.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import resource
import signal
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from types import FrameType
from typing import Any, Literal, get_args, get_origin
from unittest.mock import patch

import numpy as np

from sim import experiment
from sim.cli.output import _finite
from sim.description import plane_facts
from sim.description.numbers import facts
from sim.description.text import _lines
from sim.engine import expected
from sim.environment import Environment
from sim.errors import InputError, ScenarioError, plain
from sim.scenario import load, sources
from sim.scenario.faults import _annotations, _field_at, _metadata
from sim.scenario.load import _places
from sim.scenario.models import Scenario
from sim.scenario.yaml_file import Document, Place
from tests.fleets import FLEETS

LIMIT_S = 20.0
MOST_BYTES = 3 * 2**30
LONGEST_MESSAGE = 2000
"""Characters of one fault."""
EVENTS = 20_000
"""Expected events above which a run is refused here, so that each is short: for users the limit is far higher."""

Tree = dict[str, Any]

SMALL: Tree = {
    "mission": {"years": 0.25},
    "workload": {"jobs": [{"name": "a", "gpus": 8, "count": 2, "gradient_gb": 10}]},
    "constellation": {"spare_berths_per_plane": 2},
    "strategies": {"on_orbit_spares": {"spares_per_plane": 1, "reorder_point": 0}, "batch": {"reorder_point": 1}},
}
LAWS: list[Tree] = [
    {"kind": "exponential", "rate_per_year": 0.1},
    {"kind": "weibull", "shape": 0.6, "scale_years": 20},
    {"kind": "bathtub", "infant_loss_fraction": 0.01, "constant_per_year": 0.02, "wear_out_scale_years": 8},
    {"kind": "delayed_onset", "calm_per_year": 0.01, "onset_years": 0.1, "rate_per_year": 0.2, "shape": 1.5},
    {"kind": "piecewise_constant", "years": [0, 0.1], "rates_per_year": [0.1, 0.3]},
    {
        "kind": "weibull_mixture",
        "parts": [{"share": 0.9, "shape": 0.4, "scale_years": 100}, {"share": 0.1, "shape": 3, "scale_years": 5}],
    },
]
DELAYS: list[Tree] = [
    {"kind": "constant", "days": 5},
    {"kind": "exponential", "mean_days": 5, "minimum_days": 1},
    {"kind": "uniform", "low_days": 1, "high_days": 9},
    {"kind": "lognormal", "median_days": 5, "sigma": 1},
]
PAYLOAD: Tree = {
    "kind": "reference",
    "kg": 17500,
    "altitude_km": 300,
    "inclination_deg": 53,
    "stage_dry_kg": 4000,
    "stage_propellant_kg": 107_500,
}
PRICES: list[Tree] = [
    {"kind": "learning", "usd": 1800, "reference": 400, "at_start": 800, "others_per_year": 300, "others_growth": 0.2},
    {"kind": "table", "year": [2027, 2030], "usd": [70e6, 40e6]},
]
FULL: Tree = {
    "reliability": {
        "gpu": {**LAWS[1], "calendar_factor": {"years": [0.1, 0.2], "factors": [2, 1]}},
        "bus": LAWS[5],
        "gpu_burn_in_days": 10,
        "resettable_fraction": 0.2,
        "warnings_per_failure": 2,
        "bus_shares": {"wheels": 2, "radio": 1},
        "stand_off_hours": 12,
        "groups": {
            "host": {"gpus": 4, "law": LAWS[0]},
            "supply": {"gpus": 6, "units": 3, "needed": 2, "standby": "cold", "law": LAWS[2], "burn_in_days": 5},
            "wheel": {"units": 4, "needed": 3, "law": LAWS[4], "stressed": False, "common_cause_fraction": 0.1},
        },
        "interruptions": {"software": {"rate_per_year": 5, "per": "host", "recovery": "reboot"}},
        "common_causes": {
            "lot": {"kind": "batch", "lot_satellites": 2, "probability": 0.5, "law": LAWS[3]},
            "rollout": {"kind": "shock", "scope": "fleet", "rate_per_year": 4, "outage_hours": 5, "gpu_lethality": 0.1},
            "flare": {"kind": "shock", "scope": "satellite", "rate_per_year": 1, "satellite_lethality": 0.5},
            "breakup": {"kind": "debris_event", "rate_per_year": 2, "flux_factor": 10, "duration_days": 30},
        },
    },
    "radiation": {
        "effects": {
            "latch": {
                "protons": {"saturation_cm2": 1e-9, "onset_mev": 20, "width_mev": 30, "shape": 1.5},
                "heavy_ions": {"saturation_cm2": 1e-5, "onset_mev_cm2_mg": 5, "width_mev_cm2_mg": 20, "shape": 1.5},
                "recovery": "power_cycle",
                "escalation": 0.1,
            }
        },
        "mitigations": {"codes": {"corrects": {"memory_error": 0.9}, "detects_silent": 0.5, "throughput_cost": 0.02}},
        "wear": {"derating_per_krad": 0.01},
    },
    "sky": {"conjunctions": True, "fleet_satellites": 50_000},
    "satellite": {"stowed_m3": 5, "spare_gpus": 2, "gpus_needed": 1, "tray": {"gpus": 4, "gpus_needed": 2}},
    "designs": {"second": {"available_from_day": 20, "gpus": 12, "bus_usd": "sized", "gpu_usd": 1000}},
    "deployment": {"kind": "launched", "first_launch_day": 5, "interval_days": 5},
    "launch": {
        "vehicle": {"capacity_kg": PAYLOAD},
        "lead_time_days": DELAYS[2],
        "slip_days": DELAYS[3],
        "opportunity_interval_days": 5,
        "drift": {"altitude_km": 400, "longest_wait_days": 300},
        "others": {
            "small": {
                "vehicle": {
                    "name": "small",
                    "capacity_kg": {**PAYLOAD, "kg": 5000},
                    "fairing_m3": 50,
                    "price": {"kind": "rideshare", "usd_per_kg": PRICES[0], "most_kg_per_satellite": 3000},
                    "success_probability": {"flights": 5, "failures": 3},
                },
                "lead_time_days": DELAYS[0],
                "ramp": {"first_per_year": 20, "last_per_year": 80, "years": 1},
                "pads": {"count": 2, "days": 5},
                "boosters": {"count": 3, "days": 7},
            }
        },
    },
    "factory": {
        "satellites_per_year": {"first_per_year": 20, "last_per_year": 80, "years": 1},
        "ground_stock": {"satellite": {"satellites": 3, "at_start": 2}, "second": {"satellites": 1}},
        "build_days": DELAYS[1],
        "processing_days": DELAYS[2],
        "shelf_ageing": 0.1,
    },
    "workload": {
        "jobs": [{"gpus": 8, "count": 2, "work_gpu_hours": 2000}, {"gpus": 30, "arrival_day": 10}],
        "inference": [
            {"gpus_per_replica": 3, "latency_limit_s": 2000, "bytes_per_token": 100},
            {
                "replica_within": "plane",
                "demand": {
                    "kind": "regions",
                    "regions": [{"name": "here", "longitude_deg": 10, "peak_tokens_per_s": 50_000}],
                },
            },
        ],
    },
    "ground": {
        "stations": [
            {"name": "a", "latitude_deg": 40, "longitude_deg": -10, "satellites_at_once": 1},
            {"name": "b", "latitude_deg": -30, "longitude_deg": 170, "altitude_m": 900},
        ],
        "downlink_gb_s": 2,
        "buffer_gb": 50,
    },
    "strategies": {
        "scheduled_batch": {"review_period_days": 20, "order_ahead_days": 30},
        "replace_on_failure": {"retire_below_gpu_fraction": 0.5},
        "dual_supply": {"review_period_days": 20, "urgent_slots": 1},
    },
}
SIZED: Tree = {
    "satellite": {"mass_kg": "sized", "propulsion": {"vulnerable_area_m2": 6}},
    "economics": {"bus_usd": "sized"},
    "launch": {
        "vehicle": {
            "price": {"kind": "per_flight", "usd": PRICES[1]},
            "success_probability": {"flights": 9, "failures": 1},
        },
        "lead_time_days": DELAYS[1],
    },
    "power": {"eclipse_policy": "pause"},
    "workload": {
        "jobs": [{"gpus": 8, "count": "fill"}],
        "scheduler": {"kind": "fifo"},
        "inference": [{"demand": {"kind": "constant", "tokens_per_s": 5000}}],
    },
    "ground": {"relay": {"rate_gb_s": 0.001}},
    "deployment": {"kind": "launched", "dates": [{"date": 3, "satellites": 2}, {"date": 9, "plane": "0.0"}]},
    "strategy": "replace_on_failure",
}


def bases(folder: Path) -> dict[str, Tree]:
    """Complete trees of small fleets by name: the shipped ones made small, one that uses every part of a scenario.

    A file of elements is written into the folder.
    """
    found = {}
    for name in FLEETS:
        tree = _merged(load(name).model_dump(mode="json"), SMALL)
        del tree["sources"]
        for shell in tree["constellation"]["shells"]:
            shell["satellites_per_plane"], shell["planes"] = 4, min(shell["planes"], 2)
        found[name] = tree
    found["full"] = _merged(found["baseline"], FULL)
    found["sized"] = _merged(found["suncatcher_81"], SIZED)
    elements = folder / "elements.json"
    elements.write_text(json.dumps([_elements(number) for number in range(6)]))
    shell = {"kind": "catalogue", "file": str(elements), "name_contains": "fleet", "exclude": ["fleet 5"]}
    found["catalogue"] = {**found["baseline"], "constellation": {"shells": [shell], "spare_berths_per_plane": 1}}
    for strategy in ("on_orbit_spares", "replace_on_failure", "batch", "dual_supply"):
        found[strategy] = {**found["full"], "strategy": strategy}
    return found


def _elements(number: int) -> Tree:
    """One of three satellites in one of two planes."""
    return {
        "OBJECT_NAME": f"FLEET {number}",
        "NORAD_CAT_ID": 70000 + number,
        "EPOCH": "2027-01-01T00:00:00",
        "INCLINATION": 53.0,
        "RA_OF_ASC_NODE": 60.0 * (number % 2),
        "MEAN_ANOMALY": 120.0 * (number // 2),
        "MEAN_MOTION": 15.2,
        "ECCENTRICITY": 1e-4,
        "ARG_OF_PERICENTER": 90.0,
        "EPHEMERIS_TYPE": 0,
        "BSTAR": 0.0,
    }


def _merged(base: Tree, over: Tree) -> Tree:
    both = deepcopy(base)
    for key, value in over.items():
        old = both.get(key)
        other_kind = isinstance(value, dict) and isinstance(old, dict) and "kind" in value
        if isinstance(value, dict) and isinstance(old, dict) and not (other_kind and value["kind"] != old.get("kind")):
            both[key] = _merged(old, value)
        else:
            both[key] = deepcopy(value)
    return both


# What a field may be changed to

NUMBERS = [0, -1, 1, 2, 5e-324, 1e-300, 1e-30, 1e-9, 1e9, 1e30, 1e300, 1.7e308, -1e300, math.nan, math.inf, -math.inf]
NUMBERS += [0.5, 10**15 - 1, 10**30, True]
OTHERS = [None, "", "x", "0", "nan", [], {}, [1], {"a": 1}, {"kind": "x"}, [[]], False]
TEXTS = ["\x1b[2J\x07", "\ud800", "a\x00b", "\u202e\u200b", "é", "ß" * 200, "x" * 100_000, " ", "a\nb", "%s{}", "sized"]
KEYS = ["x", "\x1b[31mred", "k" * 100_000, "\ud800", "", "a.b", "é", "kind", "years", "\n", "gpu", "0"]
MISSING = object()


def changes_of(tree: Tree, place: Place) -> tuple[list[Any], list[Any]]:
    """(legal values as far as one field knows: its bounds, its choices, and other kinds; all other changes)."""
    value = _at(tree, place)
    legal: list[Any] = []
    if isinstance(value, dict):
        others = [*OTHERS, MISSING, *({**value, key: 1} for key in KEYS)]
        if "kind" in value and place[-1] != "price":
            kinds = [alike for alike in (LAWS, DELAYS) if any(one["kind"] == value["kind"] for one in alike)]
            laws = value["kind"] != "exponential" or "rate_per_year" in value
            legal = [one for alike in kinds for one in alike if laws == (alike is LAWS)]
        return legal, others
    if isinstance(value, list):
        return [value * 2, value[:1]], [*OTHERS, MISSING, [*value, None], value * 50, [value], [*value, 1e300]]
    field = _field_at(place, tree, Scenario)
    types = [] if field is None else _annotations(field.annotation)
    for limit in [] if field is None else _metadata(field):
        legal += [_like(getattr(limit, name), types) for name in ("ge", "le") if getattr(limit, name, None) is not None]
        legal += [
            _beside(getattr(limit, name), types, up=True) for name in ("gt",) if getattr(limit, name, None) is not None
        ]
        legal += [
            _beside(getattr(limit, name), types, up=False) for name in ("lt",) if getattr(limit, name, None) is not None
        ]
    bounds = [float(one) for one in legal]
    if len(bounds) == 2 and bounds[1] > 0 and float in types:
        low = max(bounds[0], 1e-9 * bounds[1])
        legal += [low, math.sqrt(low * bounds[1])]
    for one in types:
        if get_origin(one) is Literal:
            legal += get_args(one)
        elif isinstance(one, type) and issubclass(one, Enum):
            legal += [member.value for member in one]
        elif one is bool:
            legal += [True, False]
    beyond = [_beside(bound, types, up=up) for bound, up in zip(bounds[:2], (False, True), strict=False)]
    return legal, [*beyond, *NUMBERS, *OTHERS, *TEXTS, MISSING]


def _like(bound: float, types: Sequence[Any]) -> float | int:
    return bound if float in types else int(bound)


def _beside(bound: float, types: Sequence[Any], *, up: bool) -> float | int:
    if float in types:
        return math.nextafter(bound, math.inf if up else -math.inf)
    return int(bound) + (1 if up else -1)


def _at(tree: Any, place: Place) -> Any:
    for key in place:
        tree = tree[key]
    return tree


Change = tuple[Place, Any]


@dataclass(frozen=True)
class Case:
    """A base and what is changed of it."""

    base: str
    changes: tuple[Change, ...]

    def tree(self, trees: dict[str, Tree]) -> Tree:
        """The changed tree; a change inside of what another has removed is left out."""
        tree = deepcopy(trees[self.base])
        for place, value in self.changes:
            try:
                above = _at(tree, place[:-1])
                if value is MISSING:
                    del above[place[-1]]
                elif isinstance(above, list) or place[-1] in above:
                    above[place[-1]] = deepcopy(value)
            except (KeyError, IndexError, TypeError):
                continue
        return tree

    def __str__(self) -> str:
        shown = [
            f"{'.'.join(map(str, place))}={'(missing)' if value is MISSING else repr(value)[:60]}"
            for place, value in self.changes
        ]
        return f"{self.base} {' '.join(shown)!a}"


def extremes(trees: dict[str, Tree]) -> Iterator[Case]:
    """Every field of every base at each value that it may have by itself."""
    for name, tree in trees.items():
        for place in _places(tree):
            if place:
                yield from (Case(name, ((place, value),)) for value in changes_of(tree, place)[0])


def cases(trees: dict[str, Tree], seed: int) -> Iterator[Case]:
    """Changed scenarios without end: one change, two, or a few; half of the values legal by themselves."""
    luck = random.Random(seed)
    places = {name: [place for place in _places(tree) if place] for name, tree in trees.items()}
    while True:
        name = luck.choice(list(trees))
        mostly_legal = luck.random() < 0.5
        count = luck.choice([1, 2, 2, 3, 5, 8] if mostly_legal else [1, 1, 2])
        changes = []
        for place in luck.sample(places[name], count):
            legal, others = changes_of(trees[name], place)
            changes.append((place, luck.choice(legal if legal and mostly_legal else others)))
        yield Case(name, tuple(changes))


# What must hold


class Slow(BaseException):
    """The alarm went off."""


@dataclass(frozen=True)
class Failure:
    """A claim that did not hold."""

    case: Case
    what: str
    where: str

    def __str__(self) -> str:
        return f"{self.what}\n    at {self.where}\n    {self.case}"


@contextmanager
def limits() -> Iterator[None]:
    """An alarm and a limit of memory, and warnings as errors."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise Slow(f"still at it after {LIMIT_S:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (taken + MOST_BYTES, hard))
    signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


class Trial:
    """Tries cases, and counts how far they come."""

    def __init__(self, trees: dict[str, Tree]) -> None:
        self.trees = trees
        self.came_to: Counter[str] = Counter()

    def attempt(self, case: Case, *, describe: bool = True, run: bool = True) -> Failure | None:
        """Take a case through load, `describe` and `run`; what did not hold, if anything."""
        tree = case.tree(self.trees)
        try:
            with limits():
                self.came_to[self._through(tree, describe=describe, run=run)] += 1
        except (Exception, Slow) as error:
            frames = traceback.extract_tb(error.__traceback__)
            own = [frame for frame in frames if "/sim/" in frame.filename] or frames
            where = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in own[::-1][:4])
            self.came_to["failed"] += 1
            return Failure(case, f"{type(error).__name__}: {plain(str(error), 300)}", where)
        return None

    def _through(self, tree: Tree, *, describe: bool, run: bool) -> str:
        document = Document(tree, dict.fromkeys(_places(tree), 1))
        try:
            with patch("sim.scenario.load.read", lambda path: document):
                scenario = load("scenario.yaml")
        except InputError as error:
            check_message(error)
            return "refused by load"
        if not describe:
            return "loaded"
        try:
            environment = Environment.build(scenario)
            found = facts(scenario, environment)
            check_description(found)
            check_numbers("environment", plane_facts(environment, environment.planes[0]))
            check_numbers("sources", [asdict(figure) for figure in sources(scenario)])
        except InputError as error:
            check_message(error)
            return "refused by describe"
        if not run:
            return "described"
        try:
            with (  # they would only be made again
                patch.object(Environment, "build", return_value=environment),
                patch("sim.experiment.study.facts", return_value=found),
            ):
                check_results(experiment.run(scenario, workers=1))
        except InputError as error:
            check_message(error)
            return "refused by run"
        return "run"


def check_message(error: InputError) -> None:
    """It is readable."""
    texts = [str(fault) for fault in error.faults] if isinstance(error, ScenarioError) else [str(error)]
    for text in texts:
        assert plain(text) == text, f"control characters in a message: {plain(text, 200)}"
        assert len(text) <= LONGEST_MESSAGE, f"a message of {len(text)} characters: {plain(text, 200)}"
        assert "Error" not in text.split(), f"a message that shows an exception: {plain(text, 300)}"


def check_description(found: Tree) -> None:
    """No NaN; text without control characters."""
    check_numbers("describe", found)
    text = "\n".join(_lines(found))
    assert plain(text) == text, "control characters in describe's text"
    assert "nan" not in text.replace("nano", "").split(), "describe's text says nan"


def check_numbers(command: str, found: Any) -> None:
    """No NaN, and nothing that JSON does not know."""
    for path, value in _numbers(found):
        assert not math.isnan(value), f"{command}: {path} is NaN"
    json.dumps(_finite(found), allow_nan=False)


def check_results(study: experiment.Study) -> None:
    """Figures are finite, or nothing where they are undefined."""
    for path, value in _numbers(study.to_json()):
        assert math.isfinite(value), f"run: {path} is {value}"
    text = study.table()
    assert not {"nan", "inf", "-inf"} & set(text.split()), "the table says nan or inf"


def _numbers(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _numbers(part, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for number, part in enumerate(value):
            yield from _numbers(part, f"{path}.{number}")
    elif isinstance(value, (float, np.floating)):
        yield path, float(value)


@contextmanager
def in_small() -> Iterator[None]:
    """Expected events bounded low, and tables in a folder of their own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.dict(os.environ, {"ORBITFLEET_CACHE": folder}),
        patch.object(expected, "MOST_EVENTS", EVENTS),
        patch.object(expected, "MOST_INTERRUPTIONS", 50 * EVENTS),
        patch.object(expected, "MOST_LOOKS", 50 * EVENTS),
        patch("sim.engine.steps.MOST_STEPS", 10 * EVENTS),
        patch("sim.scenario.size.MOST_PLANE_DAYS", 2 * EVENTS),
        patch("sim.scenario.size.MOST_BERTHS", EVENTS),
        patch("sim.scenario.size.MOST_GPUS", 500 * EVENTS),
        patch("sim.scenario.size.MOST_JOBS", EVENTS),
        patch("sim.environment.arrivals.MOST_AT_ONCE", 50 * EVENTS),
    ):
        yield


# As text


def texts(seed: int) -> Iterator[str]:
    """Texts that are no scenario: what YAML makes of them must be an error with a message too."""
    luck = random.Random(seed)
    pieces = [
        "a: 1\n",
        "\x1b[2J",
        "\x00",
        "- ",
        "? ",
        "&a ",
        "*a",
        "!!x ",
        "{",
        "}",
        "[",
        "]",
        ": ",
        "\t",
        "é",
        "'",
        '"',
    ]
    pieces += [
        "|\n",
        "x" * 5000,
        "\u2028",
        "\ufeff",
        "---\n",
        "<<: ",
        "1e999",
        "0x",
        "mission: ",
        "\n",
        "  ",
        "%YAML 9\n",
    ]
    while True:
        yield "".join(luck.choices(pieces, k=luck.randint(1, 30)))


def main() -> int:
    """Try many, and say what failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--run-every", type=int, default=1)
    parser.add_argument("--extremes", action="store_true", help="first every field at its bounds")
    asked = parser.parse_args()
    elements = tempfile.TemporaryDirectory()
    trees = bases(Path(elements.name))
    trial = Trial(trees)
    failures: dict[str, list[Failure]] = {}

    def every() -> Iterator[Case]:
        if asked.extremes:
            yield from extremes(trees)
        yield from cases(trees, asked.seed)

    with in_small():
        for number, case in zip(range(asked.count), every(), strict=False):
            failure = trial.attempt(case, run=number % asked.run_every == 0)
            if failure is not None:
                group = failures.setdefault(f"{failure.what[:40]} {failure.where[:80]}", [])
                group.append(failure)
                if len(group) <= 3:
                    print(failure, flush=True)
            if number % 1000 == 999:
                print(f"{number + 1} tried: {dict(trial.came_to)}", flush=True)
    print(f"{dict(trial.came_to)}; {len(failures)} kinds of failure")
    for group, found in sorted(failures.items(), key=lambda item: -len(item[1])):
        print(f"{len(found):5} {group}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
