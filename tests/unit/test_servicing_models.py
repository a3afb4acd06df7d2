"""Servicers as configuration: their ways, their costs, and what a scenario may say of them."""

from math import log

import numpy as np
import pytest

from sim.description import describe, facts
from sim.economics import Item, Ledger, bills_of, costs
from sim.economics.servicing import servicing_entries
from sim.environment.reach import Reach
from sim.errors import ScenarioError
from sim.events import EventKind
from sim.metrics import measure
from sim.physics.rendezvous import delta_v_m_s, edelbaum_m_s, node_transfers, phasing_days
from sim.scenario import load
from sim.scenario.models import Scenario
from sim.scenario.servicing import Robots

# Ways


def test_a_way_along_the_plane_takes_the_time_that_its_speed_gives():
    # An orbit da lower drifts by 1.5 n da / a; down and up again cost n da / 2 each: two circular orbits, small da.
    axis, motion = 6378.137 + 650, np.sqrt(398600.4418 / (6378.137 + 650) ** 3)
    for delta_v, angle in ((10.0, 0.3), (3.0, -1.2)):
        lower = delta_v / 1000 / motion
        rate = 1.5 * motion * lower / axis
        assert phasing_days(650, angle, delta_v) == pytest.approx(abs(angle) / rate / 86400, rel=1e-6)
    assert phasing_days(650, 2 * np.pi - 0.3, 10) == pytest.approx(phasing_days(650, 0.3, 10))


def test_a_spiral_is_the_difference_of_speeds_and_a_turn_costs_pi_halves_of_its_angle():
    # 500 to 650 km: 81.7 m/s.  A small turn by thrust along the orbit costs v x pi / 2 x angle.
    assert edelbaum_m_s(500, 650, 0.0) == pytest.approx(81.7, abs=0.1)
    speed = np.sqrt(398600.4418 / (6378.137 + 500)) * 1000
    assert edelbaum_m_s(500, 500, 0.01) == pytest.approx(speed * np.pi / 2 * 0.01, rel=1e-3)


def test_the_drift_to_another_node_takes_the_published_days():
    # 53 deg: 400 against 550 km is .357 deg a day, so a node 90 deg away takes 252 days, there and back 167 m/s.
    ways = node_transfers((550, 53), (550, 53), -90.0, 0.0)
    days = [way for way in ways if way.days == pytest.approx(252, rel=0.01)]
    assert len(days) == 1
    assert days[0].delta_v_m_s == pytest.approx(2 * edelbaum_m_s(400, 550, 0), rel=1e-9)
    east = node_transfers((550, 53), (550, 53), 90.0, 0.0)
    # Eastwards one drifts above, where the node lags behind.
    assert min(way.days for way in east if way.delta_v_m_s < 200) > 252


def test_planes_of_one_node_need_no_way_and_a_sun_synchronous_one_takes_months():
    assert node_transfers((650, 98), (650, 98), 0.0, 10.0)[0].delta_v_m_s == 0
    assert node_transfers((650, 98), (650, 98), 0.0, 10.0)[0].days == 0
    # 500 against 650 km drifts by .077 deg a day: 10 deg take 129 days.
    ways = node_transfers((650, 98.01), (650, 98.01), 10.0, 0.0)
    assert [way for way in ways if way.days == pytest.approx(129, rel=0.02)]


def test_a_servicer_reaches_what_its_speed_and_time_allow(fleet, environment):
    planes = environment(fleet(slots=2, shell={"planes": 4, "altitude_km": 550})).planes
    far = Robots(based="fleet", transfer_m_s=200, transfer_days=400, turn_days=5)
    near = far.model_copy(update={"transfer_m_s": 100})
    assert Reach(planes, far).reached(0, 0.0)[0] == 0
    assert len(Reach(planes, far).reached(0, 0.0)) > len(Reach(planes, near).reached(0, 0.0)) == 1
    each = Reach(planes, Robots())
    assert each.reached(0, 0.0) == [0]
    assert each.along(0, 0, 0).delta_v_m_s == 2


def test_the_speed_of_a_life_is_that_of_the_rocket_equation():
    assert delta_v_m_s(800, 200, 1600) == pytest.approx(1600 * 9.80665 * log(800 / 600))


# Money


def test_a_run_is_charged_servicers_cartridges_flights_and_hours(fleet, checked_run):
    servicing = {
        "kind": "robots",
        "number": 2,
        "cartridge": {"gpus": 2, "kg_per_gpu": 3, "usd": 7},
        "depot": {"parts": 10, "reorder_level": 4},
        "dry_kg": 100,
        "propellant_kg": 50,
        "usd": 1000,
        "usd_per_hour": 5,
        "life": {"kind": "exponential", "rate_per_year": 0.7},
        "resupply_price": {"kind": "per_kg", "usd_per_kg": 2},
    }
    scenario = fleet(
        slots=5,
        gpus=8,
        days=1200,
        gpu={"kind": "exponential", "rate_per_year": 0.5},
        servicing=servicing,
        success=0.8,
        lead=10,
    )
    result = checked_run(scenario, "robotic_servicing")
    log = result.events
    flights = log.where(EventKind.SUPPLY_LAUNCHED)
    times = np.where(flights.time_days > 0, 1.0, 1 / 0.8)
    craft = flights.job >= 0
    assert craft.sum() > 3
    assert (flights.cause == 7).any()
    bill = bills_of(scenario, result.parts)[0]
    found = Ledger.of(servicing_entries(result, bill, scenario.economics)).by_item()
    assert found[Item.SERVICERS] == pytest.approx(1000 * times[craft].sum())
    assert found[Item.SERVICE_PARTS] == pytest.approx((2 * bill.gpu_usd + 7) * (times * flights.amount).sum())
    assert found[Item.SERVICE_FLIGHTS] == pytest.approx(2 * (times * np.where(craft, 150, 6 * flights.amount)).sum())
    assert found[Item.SERVICE_HOURS] == pytest.approx(5 * measure(result)["robot_hours"])
    assert measure(result)["robot_hours"] > 100
    money = costs(result)
    paid = money[Item.SATELLITES] + money[Item.GPUS] + money[Item.LAUNCHES] + money[Item.OPERATIONS]
    lines = found[Item.SERVICERS] + found[Item.SERVICE_PARTS] + found[Item.SERVICE_FLIGHTS] + found[Item.SERVICE_HOURS]
    assert measure(result)["servicing_cost_usd"] == pytest.approx(lines)
    assert money.total_uncredited_usd == pytest.approx(paid + lines)
    assert measure(result)["total_cost_uncredited_usd"] - paid == pytest.approx(lines)
    # The credit: each of two places holds a servicer that came last there, or none.
    born = {0: 0.0, 1: 0.0}
    for day, kind, job in zip(log.time_days, log.kind, log.job, strict=True):
        if kind == EventKind.SUPPLY_ARRIVED and job >= 0:
            born[int(job)] = float(day)
        if kind == EventKind.SERVICER_LOST:
            del born[int(job)]
    left = sum(1 - (1200 - day) / (10 * 365.25) for day in born.values())
    assert -found[Item.CREDIT] == pytest.approx(1000 * left)


def test_a_mended_satellite_is_worth_its_gpus_again(fleet, checked_run, written_thresholds, monkeypatch):
    monkeypatch.setattr(
        "sim.engine.successors._uniforms",
        lambda streams, cohort, wanted: np.full((sum(len(one.units) for one in wanted), 4), 1e-300),
    )
    laws = written_thresholds(gpu={(0, 0, 0): 10, (0, 0, 1): 10})
    scenario = fleet(slots=1, gpus=4, life_days=730.5, servicing={"kind": "robots", "success_probability": 1}, **laws)
    results = {name: checked_run(scenario, name) for name in ("run_to_failure", "robotic_servicing")}
    credit, result = {name: costs(one) for name, one in results.items()}, results["robotic_servicing"]
    own = Ledger.of(servicing_entries(result, bills_of(scenario, result.parts)[0], scenario.economics))
    values = {name: -one[Item.CREDIT] for name, one in credit.items()}
    values["robotic_servicing"] += own.total(Item.CREDIT)
    # Two GPUs of a dollar each, half of whose satellite's life is left.
    assert values["robotic_servicing"] - values["run_to_failure"] == pytest.approx(1.0)


def test_nobody_pays_for_servicers_that_a_strategy_does_not_send(fleet, checked_run):
    result = checked_run(fleet(servicing={"kind": "robots"}), "batch")
    assert costs(result).servicing_usd == measure(result)["servicing_cost_usd"] == 0


def test_technicians_cost_their_hours_and_cartridges(fleet, checked_run):
    servicing = {"kind": "technicians", "usd_per_hour": 3, "cartridge": {"usd": 9}, "success_probability": 1}
    law = {"kind": "exponential", "rate_per_year": 0.5}
    result = checked_run(fleet(slots=5, gpus=8, gpu=law, servicing=servicing), "robotic_servicing")
    found = costs(result)
    assert found[Item.SERVICERS] == found[Item.SERVICE_FLIGHTS] == 0
    assert found[Item.SERVICE_HOURS] == pytest.approx(3 * measure(result)["robot_hours"])
    assert found[Item.SERVICE_PARTS] == pytest.approx(10 * result.events.total(EventKind.SUPPLY_LAUNCHED))


# Scenarios


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"kind": "robots", "depot": {"parts": 4, "reorder_level": 4}}, r"reorder_level \(4\) must be below parts"),
        ({"kind": "robots", "mends": ["wings"]}, "mends"),
        ({"kind": "robots", "mends": []}, "mends"),
        ({"kind": "elves"}, "kind"),
        ({"kind": "robots", "crews": 2}, "crews"),
    ],
)
def test_what_servicers_cannot_be_is_said_with_its_path(given, problem):
    raw = load("baseline").model_dump(mode="json")
    with pytest.raises(ValueError, match=problem):
        Scenario.model_validate({**raw, "servicing": given})


def test_a_bad_value_on_the_command_line_names_its_field():
    with pytest.raises(ScenarioError, match=r"servicing\.robots\.number|servicing\.number"):
        load("baseline", set_=["servicing.kind=robots", "servicing.number=0"])


def test_describe_says_whose_figures_they_are():
    bare = describe(load("baseline"))
    assert "none is named: strategies that send servicers do so with default figures" in " ".join(bare.split())
    scenario = load("baseline", "overlays/servicing")
    text = " ".join(describe(scenario).split())
    assert "they mend gpus, groups, loops" in text
    assert "cartridges of 4 GPUs, 28 kg" in text
    found = facts(scenario)["servicing"]
    assert found["delta_v_m_s"] == pytest.approx(delta_v_m_s(800, 200, 1600))
    assert found["servicers"] == found["depots"] == len(facts(scenario)["planes"])


@pytest.mark.parametrize("field", sorted(set(Robots.model_fields) - {"kind", "number", "life", "based"}))
def test_each_figure_of_a_robot_changes_a_run(fleet, environment, field):
    from sim.engine import simulate

    changes = {
        "mends": ("gpus", "groups"),
        "cartridge": {"gpus": 2, "kg_per_gpu": 1},
        "depot": {"parts": 6, "reorder_level": 1},
        "hours_law": "lognormal",
        "hours_sigma": 1.5,
        "success_probability": 0.5,
        "parts_aboard": 3,
        "life_years": 1.2,
        "replaced": False,
        "usd": 7e6,
        "resupply_price": {"kind": "per_kg", "usd_per_kg": 1},
        "transfer_m_s": 60,
        "transfer_days": 100,
        "hop_m_s": 40,
        "hours_per_day": 3,
        "isp_s": 300,
        "propellant_kg": 20,
        "dry_kg": 3000,
        "rendezvous_m_s": 100,
    }
    usual = {
        "kind": "robots",
        "based": "fleet",
        "mends": ("gpus", "groups", "loops"),
        "hours_law": "lognormal" if field == "hours_sigma" else "constant",
        "transfer_days": 400,
        "propellant_kg": 30,
        "life": {"kind": "exponential", "rate_per_year": 0.3},
    }

    def run(servicing):
        scenario = fleet(
            slots=2,
            gpus=8,
            days=1500,
            shell={"planes": 4, "altitude_km": 550},
            gpu={"kind": "exponential", "rate_per_year": 0.3},
            reliability={"groups": {"host": {"law": {"kind": "exponential", "rate_per_year": 0.2}, "gpus": 4}}},
            satellite={"radiator": {"tube_fraction": 0.3, "tube_wall_mm": 0.3, "loops": 2}},
            servicing=servicing,
            per_flight=10_000,
        )
        result = simulate(scenario, environment(scenario), "robotic_servicing", 1, 0)
        log = result.events
        return log.time_days.tolist(), log.amount.tolist(), costs(result).total_usd

    other = changes[field] if field in changes else 2.5 * (Robots.model_fields[field].default or 1.0)
    assert run(usual) != run({**usual, field: other})
