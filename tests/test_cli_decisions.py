"""The command line of selections, precisions and quantiles."""

import json
from pathlib import Path

import pytest
from command_line import orbitfleet

QUICK = ["--years", "0.5", "--set", "workload.jobs.0.count=2"]


@pytest.fixture(autouse=True)
def _undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures take most of the time, and are not what is asked for here."""
    monkeypatch.setattr("sim.cli.output.draw", lambda *_: ["a.png"])


def test_compare_selects_the_best_and_says_what_it_took(tmp_path: Path) -> None:
    line = ["compare", "suncatcher_81", *QUICK, "--strategies", "run_to_failure,batch", "--replicates", 10]
    line += ["--select", "compute_availability", "--indifference", "5%", "--confidence", 0.9, "--workers", 1]
    found = json.loads(orbitfleet(*line, "--out", tmp_path / "out", "--json")[0])["selection"]
    assert (found["metric"], found["relative_indifference"], found["confidence"]) == ("compute_availability", 0.05, 0.9)
    assert found["replicates"].keys() == {"run_to_failure", "batch"}
    again, _ = orbitfleet(*line, "--quantiles", "--out", tmp_path / "out")
    assert "compute_availability: " in again
    assert "probability that is kept (SLA: " in again


def test_run_takes_a_precision_of_any_metric_and_shows_quantiles(tmp_path: Path) -> None:
    line = ["run", "suncatcher_81", *QUICK, "--precision", "compute_availability=0.5", "--precision", "goodput=0.5"]
    found = json.loads(orbitfleet(*line, "--workers", 1, "--out", tmp_path / "out", "--json")[0])
    assert found["replicates"] == 20
    assert found["quantiles"]["launches"]["p50"]["n"] == 20
    assert found["service_level"]["compute_availability"]["p99"]["n_needed"] == 368


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("compare suncatcher_81 --strategies batch,run_to_failure --precision much", 2, "must be a share"),
        ("run suncatcher_81 --precision goodput=2", 2, "must be above 0 and below 1"),
        ("compare suncatcher_81 --strategies batch,run_to_failure --select goodput", 3, "state the indifference"),
    ],
)
def test_what_a_stopping_rule_cannot_be_is_said(line: str, code: int, message: str) -> None:
    _, said = orbitfleet(*line.split(), code=code)
    assert message in " ".join(said.replace("│", " ").split())
