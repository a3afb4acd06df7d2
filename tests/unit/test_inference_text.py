"""What `describe` says of inference and of the way to the ground."""

import pytest

from sim.cli.environment_tables import environment_text
from sim.description import describe, facts, plane_facts
from sim.scenario import load

SERVICES = 'workload.inference=[{"name": "chat", "latency_limit_s": 20}, {"name": "video", "bits_per_flop": 2e-6}]'


@pytest.fixture(scope="module")
def described():
    scenario = load("suncatcher_81", "overlays/ground_stations", set_=[SERVICES])
    return facts(scenario), " ".join(describe(scenario).split())


def test_it_says_what_is_asked_for_and_what_can_be_sent(described):
    found, text = described
    assert [one["name"] for one in found["inference"]] == ["chat", "video"]
    chat, video = found["inference"]
    assert chat["bytes_per_token"] == pytest.approx(175)
    assert video["bytes_per_token"] == pytest.approx(35_000)
    assert chat["replicas_at_most"] == 81 * 36
    plane = found["ground"]["planes"][0]
    assert plane["clear_share"] < plane["share"] < 0.15
    assert plane["gb_per_day"] == pytest.approx(100 / 8 * 86400 * plane["clear_share"])
    # Patience of 10 s is worth little more than being in view.
    assert chat["sent_share_at_full_output"][0] == pytest.approx(plane["clear_share"], abs=0.01)
    assert "to 8 ground stations at 100 Gb/s" in text
    assert f"in view {plane['share']:.2%} of the time" in text
    assert "the limit is 20 s" in text
    assert any("workload.inference.0: at most" in warning for warning in found["warnings"])


def test_the_environment_has_contacts_of_each_plane(environment):
    scenario = load("suncatcher_81", "overlays/ground_stations")
    made = environment(scenario)
    contacts = plane_facts(made, made.planes[0])["contacts"]
    assert contacts["per_day"] > 20
    assert contacts["longest_gap_min"] > contacts["mean_min"] > 3
    assert f"{contacts['per_day']:.1f}" in environment_text(made, [plane_facts(made, made.planes[0])])
    assert "contacts" not in plane_facts(environment(load("suncatcher_81")), made.planes[0])


def test_a_relay_and_what_cannot_work():
    services = 'workload.inference=[{"gpus_per_replica": 1000}, {"latency_limit_s": 10.01}]'
    scenario = load("baseline", "overlays/relay", set_=[services])
    text = " ".join(describe(scenario).split())
    assert "through a relay constellation: 100 Gb/s a satellite, 99.0% of the time, 4 hops of 15 ms" in text
    assert "workload.inference.0: no replica fits: it needs 1,000 GPUs on one satellite" in text
    assert "workload.inference.1: serves nothing: answers take 10.1 s" in text
    unlimited = load("baseline", set_=["workload.inference=[{}]"])
    assert any(warning.startswith("no `ground`") for warning in facts(unlimited)["warnings"])


def test_a_share_that_all_shells_have_is_said_once():
    shell = "{kind: walker, altitude_km: %d, inclination_deg: 53, planes: 1, satellites_per_plane: 20}"
    shells = f"constellation.shells=[{shell % 550}, {shell % 600}]"
    text = describe(load("baseline", "overlays/relay", set_=["workload.inference=[{}]", shells, "mission.years=0.2"]))
    assert "Gb/s, 100.0% can be sent" in text
