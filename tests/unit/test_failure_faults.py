"""Mistakes in the parts of a scenario that users name themselves: causes, groups, effects."""

import pytest

from sim.errors import ScenarioError
from sim.scenario import load


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("radiation.effects.memory_eror.rad_per_event=10", "did you mean 'memory_error'"),
        ("radiation.effects.core_error.rad_per_evnt=3", "did you mean 'rad_per_event'"),
        ("radiation.effects.flash={}", "needs rad_per_event, protons or heavy_ions"),
        ("radiation.mitigations.m={corrects: {memry: .5}}", "no effect 'memry'"),
        ("reliability.groups.host={gpuss: 4, law: {kind: exponential, rate_per_year: 1}}", "did you mean 'gpus'"),
        ("reliability.common_causes.x={kind: shok}", "must be one of batch, shock, debris_event"),
        ("reliability.common_causes.x={kind: shock, scope: fleet, rate_per_year: 1e9}", "must be >= 0 and <= 10000"),
        ("satellite.shield.thickness_mm=50", "must be >= 1 and <= 20"),
        ("satellite.tray={gpus: 4, gpus_needed: 5}", "must not exceed gpus"),
    ],
)
def test_a_mistake_is_named(setting, words):
    with pytest.raises(ScenarioError, match=words):
        load("baseline", set_=[setting])


def test_a_field_of_a_default_effect_changes_alone():
    changed = load("baseline", set_=["radiation.effects.memory_error.rad_per_event=88"]).radiation
    usual = load("baseline").radiation
    assert changed.effects["memory_error"] == usual.effects["memory_error"].model_copy(update={"rad_per_event": 88.0})
    assert list(changed.effects) == list(usual.effects)


def test_an_effect_is_taken_away_and_stays_away(tmp_path):
    from sim.scenario import resolved_yaml

    gone = load("baseline", set_=["radiation.effects.latch_up=null"])
    assert "latch_up" not in gone.radiation.active
    copy = tmp_path / "copy.yaml"
    copy.write_text(resolved_yaml(gone), encoding="utf-8")
    assert load(copy) == gone
    # The numbers of the causes in the log do not move.
    assert gone.cause_numbers == load("baseline").cause_numbers
