"""Many causes on one unit: each has its own luck and its own law, the first ends the unit, and none moves another.

The causes are independent, so the first one's age has the summed hazard, and the share of the firsts that a cause has
is the integral of its hazard times everybody's survival (David and Moeschberger 1978, The Theory of Competing Risks).
"""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import chisquare, kstest

from sim.events import EventKind
from sim.scenario.radiation import Radiation

KS_LEVEL = 1e-3
YEAR = 365.25
QUIET = "2029-07-01"  # a year at solar minimum: the trapped flux stands still
HARD = (EventKind.GPU_FAILED, EventKind.GROUP_FAILED, EventKind.BUS_FAILED)
NO_EFFECTS = dict.fromkeys(Radiation().effects)
POLAR = {"kind": "sun_synchronous", "altitude_km": 650, "ltan_h": 6, "planes": 1}


def constant(per_year):
    return {"kind": "exponential", "rate_per_year": per_year}


def effect(rad_per_event, **more):
    return {"rad_per_event": rad_per_event, "recovery": "none", **more}


def ages(result, *kinds):
    log = result.events.where(*kinds)
    return log.time_days, np.array([result.scenario.cause_name(number) for number in log.cause.tolist()])


def test_exponential_causes_share_the_first_failures_as_their_rates(fleet, checked_run, environment):
    scenario = fleet(
        slots=50,
        gpus=60,
        days=YEAR,
        start=QUIET,
        shell=POLAR,
        gpu=constant(0.5),
        radiation={"effects": NO_EFFECTS | {"latch_up": effect(400.0), "burnout": effect(1000.0)}},
        reliability={
            "groups": {"board": {"law": constant(0.3), "gpus": 1}, "cable": {"law": constant(0.2), "gpus": 1}}
        },
    )
    daily = environment(scenario).radiation.trapped_per_day(0)
    assert np.all(np.ptp(daily, axis=1) < 0.02 * daily.mean(axis=1))
    active = dict(zip(scenario.radiation.active, daily.mean(axis=1) * YEAR, strict=True))
    rates = {"gpu": 0.5, "board": 0.3, "cable": 0.2, **active}
    age, cause = ages(checked_run(scenario), EventKind.GPU_FAILED)
    total = sum(rates.values())
    assert len(age) == pytest.approx(3000 * -np.expm1(-total), abs=4 * np.sqrt(3000 / 4))
    assert kstest(np.expm1(-total / YEAR * age) / np.expm1(-total), "uniform").pvalue > KS_LEVEL
    seen = [np.count_nonzero(cause == name) for name in rates]
    assert chisquare(seen, np.array(list(rates.values())) / total * len(age)).pvalue > KS_LEVEL
    # Whichever comes first, its age says nothing of which: within the early half the shares are the same.
    early = [np.count_nonzero(cause[age < np.median(age)] == name) for name in rates]
    assert chisquare(early, np.array(list(rates.values())) / total * sum(early)).pvalue > KS_LEVEL


@pytest.mark.parametrize("shape", [0.6, 3.0])
def test_wear_out_beside_a_constant_hazard(fleet, checked_run, shape):
    wear = {"kind": "weibull", "shape": shape, "scale_years": 0.8}
    scenario = fleet(
        slots=50,
        gpus=60,
        days=YEAR,
        gpu=wear,
        reliability={"groups": {"board": {"law": constant(0.9), "gpus": 1}}},
    )
    age, cause = ages(checked_run(scenario), EventKind.GPU_FAILED)
    law = scenario.reliability.gpu

    def alive(days):
        return float(law.survival(days)) * np.exp(-0.9 / YEAR * days)

    def worn_by(day):
        # In u = days^shape the hazard is constant: no pole at birth.
        scale = 0.8 * YEAR
        return quad(lambda u: alive(u ** (1 / shape)) / scale**shape, 0, day**shape)[0]

    assert kstest((1 - np.vectorize(alive)(age)) / (1 - alive(YEAR)), "uniform").pvalue > KS_LEVEL
    for day in (YEAR / 4, YEAR):  # the share changes with age
        share, n = worn_by(day) / (1 - alive(day)), np.count_nonzero(age <= day)
        worn = np.count_nonzero((age <= day) & (cause == "gpu"))
        assert abs(worn - n * share) < 4 * np.sqrt(n * share * (1 - share))
    assert abs(worn_by(YEAR / 4) / (1 - alive(YEAR / 4)) - worn_by(YEAR) / (1 - alive(YEAR))) > 0.05


def everything(fleet, without=None):
    """A fleet in which all kinds of cause are at work, but for one."""
    reliability = {
        "groups": {
            "supply": {"law": constant(0.3), "gpus": 2, "units": 2, "common_cause_fraction": 0.2},
            "network": {"law": {"kind": "weibull", "shape": 2, "scale_years": 3}, "gpus": 4},
            "wheels": {"law": constant(0.2), "units": 4, "needed": 3, "standby": "cold", "sleeps": False},
        },
        "interruptions": {
            "software": {"rate_per_year": 400, "per": "job"},
            "reboots": {"rate_per_year": 3, "per": "host", "recovery": "reboot"},
        },
        "common_causes": {
            "solder": {"kind": "batch", "lot_satellites": 4, "probability": 0.4, "law": constant(0.6)},
            "surge": {"kind": "shock", "scope": "plane", "rate_per_year": 2, "gpu_lethality": 0.2},
            "upload": {"kind": "shock", "scope": "fleet", "rate_per_year": 1, "satellite_lethality": 0.05},
            "stray": {"kind": "shock", "scope": "satellite", "rate_per_year": 0.2, "gpu_lethality": 0.6},
            "breakup": {"kind": "debris_event", "rate_per_year": 1, "flux_factor": 20, "duration_days": 60},
        },
    }
    radiation = {
        "effects": NO_EFFECTS | {"latch_up": effect(2000.0), "crash": effect(3000.0, target="host")},
        "wear": {"end_median_krad": 0.6},
        "solar_protons": True,
    }
    bus, area = constant(0.15), 3e4
    match without:
        case None:
            pass
        case "bus":
            bus = constant(0)
        case "debris":
            area = 0
        case "storms":
            radiation["solar_protons"] = False
        case _ if without in radiation["effects"]:
            radiation["effects"][without] = None
        case "interruptions":
            reliability["interruptions"] = {}
        case _:
            for part in reliability.values():
                part.pop(without, None)
    return fleet(
        slots=14,
        gpus=8,
        days=900,
        start="2034-06-01",  # the Sun is active
        shell={**POLAR, "planes": 2, "ltan_spacing_h": 6},
        gpu={"kind": "weibull", "shape": 1.5, "scale_years": 6},
        bus=bus,
        lead=40,
        jobs=[{"gpus": 20}],
        satellite={"propulsion": {"vulnerable_area_m2": area}},
        radiation=radiation,
        reliability=reliability,
    )


# What a cause takes with it: storms speed up the clocks of dose and of events, a breakup that of hits.
SPEAKS_AS = {
    "storms": {"dose", "latch_up", "crash"},
    "breakup": {"debris"},
    "interruptions": set(),
}


def hard_events(result):
    """By address (berth, ordinal): day of arrival, and what happened aboard, [(kind, cause, day, GPUs gone)]."""
    found, ordinal = {}, {}
    log = result.events
    columns = log.kind, log.cause, log.berth, log.time_days, log.amount
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for kind, cause, berth, day, amount in rows:
        if kind == EventKind.DELIVERED:
            ordinal[berth] = ordinal.get(berth, -1) + 1
            found[berth, ordinal[berth]] = day, []
        elif kind in HARD:
            gone = max(1, int(amount)) if kind != EventKind.BUS_FAILED else 10_000
            found[berth, ordinal[berth]][1].append((kind, result.scenario.cause_name(cause), day, gone))
    return found


def same(one, other):
    # Timeouts add up from other events: rounding alone.
    return one[:2] == other[:2] and abs(one[2] - other[2]) < 1e-8


X = ["supply", "network", "wheels", "latch_up", "crash", "solder", "surge", "upload", "stray", "breakup"]
X += ["bus", "debris", "storms", "interruptions"]


@pytest.mark.parametrize("strategy", ["run_to_failure", "replace_on_failure"])
@pytest.mark.parametrize("without", X)
def test_taking_a_cause_away_changes_only_what_it_must(fleet, checked_run, without, strategy):
    all_causes, fewer = everything(fleet), everything(fleet, without)
    its = SPEAKS_AS.get(without, {without})
    struck = appeared = 0
    for replicate in range(12):
        if replicate > 1 and struck and (appeared or without == "interruptions"):
            break  # two replicates, and as many more as rare causes need to show
        full, less = (hard_events(checked_run(s, strategy, replicate=replicate)) for s in (all_causes, fewer))
        for address, (born, events) in full.items():
            before = address[0], address[1] - 1
            if address not in less or abs(less[address][0] - born) > 1e-8:
                # Its predecessor lived longer, or its predecessor's: then X ended one of them, or had a part in it.
                assert any(cause in its for n in range(address[1]) for _, cause, _, _ in full[address[0], n][1])
                assert before in full
                continue
            struck += sum(event[1] in its for event in events)
            for event in events:
                if event[1] not in its:
                    assert any(same(event, kept) for kept in less[address][1]), (address, event)
            killed = sum(event[3] for event in events if event[1] in its)
            first = min((event[2] for event in events if event[1] in its), default=np.inf)
            new = [kept for kept in less[address][1] if not any(same(kept, event) for event in events)]
            appeared += len(new)
            for kind, cause, day, _ in new:
                # On what X had killed.  Storms and breakups leave a slower clock, whose later events are new as well.
                assert cause in its or (day > first and killed > 0), (address, EventKind(kind).name, cause, day)
            singles = sum(kept[0] == EventKind.GPU_FAILED and kept[1] not in its for kept in new)
            assert singles <= killed
    assert struck > (0 if its else -1)
    assert appeared > 0 or without == "interruptions"


def test_interruptions_break_nothing(fleet, checked_run):
    with_them, without = (checked_run(everything(fleet, x)) for x in (None, "interruptions"))
    assert with_them.events.total(EventKind.SOFT_INTERRUPTED) > 10
    assert without.events.total(EventKind.SOFT_INTERRUPTED) == 0
    assert hard_events(with_them) == hard_events(without)
