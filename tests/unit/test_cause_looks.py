"""One look a cause: the same in every scenario, and told apart from those beside it, by colour-blind eyes too."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

import sim
from sim.events import Cause
from sim.metrics.causes import ABSENT, DARK
from sim.plots.cause_looks import OTHERS, cause_looks

# Machado, Oliveira & Fernandes (2009), doi 10.1109/TVCG.2009.113, severity 1, on linear RGB.
EYES = {
    "normal": np.eye(3),
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
}
# Ottosson (2020), Oklab: distances of .02 are just seen side by side.
TO_LMS = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
TO_LAB = [
    [0.2104542553, 0.793617785, -0.0040720468],
    [1.9779984951, -2.428592205, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.808675766],
]
OFFLINE = (DARK, ABSENT, "gpu", "bus", "debris", "end_of_life", "replaced", "latch_up")
INTERRUPTED = ("gpu", "memory_error", "core_error", "silent_corruption", "host_crash", "host_memory", "chip_interrupt",
               "reset", "latch_up")  # fmt: skip
SHIPPED = (
    ["suncatcher_81"],
    ["spacex_ai1"],
    ["baseline"],
    ["suncatcher_81", "overlays/rack"],
    ["suncatcher_81", "overlays/common_causes"],
    ["baseline", "overlays/common_causes", "overlays/rack"],
)


def apart(one: str, other: str, eye: str) -> float:
    def lab(color: str) -> np.ndarray:
        rgb = np.asarray(to_rgb(color))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return np.asarray(TO_LAB) @ np.cbrt(np.asarray(TO_LMS) @ np.clip(np.asarray(EYES[eye]) @ linear, 0, 1))

    return float(np.linalg.norm(lab(one) - lab(other)))


def test_a_cause_looks_the_same_in_every_scenario():
    looks = [cause_looks(sim.load(*files)) for files in SHIPPED]
    for one, other in combinations(looks, 2):
        assert {name: look for name, look in one.items() if name in other} == {
            name: look for name, look in other.items() if name in one
        }


@pytest.mark.parametrize("files", SHIPPED, ids=" ".join)
def test_every_cause_has_a_look_of_its_own(files):
    scenario = sim.load(*files)
    looks = cause_looks(scenario)
    # In no loss: heat, array and battery are part of DARK, others are reasons of orders or of a gang's lost time.
    nothing = {
        "none",
        "deployment",
        "heat",
        "array",
        "battery",
        "loss",
        "stock",
        "energy",
        "retried",
        "link",
        "shelter",
    }
    assert looks.keys() == {c.name.lower() for c in Cause} - nothing | {DARK, ABSENT} | scenario.cause_numbers.keys()
    assert len({*looks.values(), OTHERS}) == len(looks) + 1


@pytest.mark.parametrize("eye", EYES)
def test_named_causes_are_told_apart_from_each_other_and_from_the_commonest(eye):
    looks = cause_looks(sim.load("suncatcher_81"))
    names = ("attitude_control", "bus_power", "propulsion", "data_handling", "thermal_control", "host")
    assert {looks[name].hatch for name in names} == {"////"}
    colors = [looks[name].color for name in (*names, "gpu", "bus", "puncture", DARK, ABSENT)] + [OTHERS.color, "white"]
    assert min(apart(a, b, eye) for a, b in combinations(colors, 2)) > 0.08


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("panel", [OFFLINE, INTERRUPTED], ids=["offline", "interrupted"])
def test_causes_that_often_meet_are_told_apart(panel, eye):
    looks = cause_looks(sim.load("baseline"))
    colors = {name: looks[name].color for name in panel} | {"others": OTHERS.color, "background": "white"}
    near = {(a, b): round(d, 3) for a, b in combinations(colors, 2) if (d := apart(colors[a], colors[b], eye)) < 0.08}
    assert near == {}


def named(fleet, names):
    often = {"kind": "exponential", "rate_per_year": 1}
    return fleet(reliability={"bus": often, "gpu": often, "bus_shares": dict.fromkeys(names, 1)})


def test_a_name_of_the_users_keeps_its_look_beside_others(fleet):
    few = cause_looks(named(fleet, ["pump", "gyro"]))
    more = cause_looks(named(fleet, ["gyro", "attitude_control", "pump"]))
    assert (few["pump"], few["gyro"]) == (more["pump"], more["gyro"])
    assert few["pump"] != few["gyro"]
    assert few["pump"].hatch


def test_names_that_want_the_same_look_get_others_while_there_are_some(fleet):
    names = [f"part_{number}" for number in range(16)]
    looks = cause_looks(named(fleet, names))
    assert len({looks[name] for name in names}) == 16
    crowded = cause_looks(named(fleet, [f"part_{number}" for number in range(20)]))
    assert len({crowded[f"part_{number}"] for number in range(20)}) == 16
