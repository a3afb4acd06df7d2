"""Jobs as published, by the command: each group of rows, what makes one fail, and what the command says."""

import json
import re
from itertools import groupby

import numpy as np
import pytest
from typer.testing import CliRunner

from sim.cli.commands import app
from sim.scenario import load
from sim.shipped import validation_case
from sim.verify import cluster, field_jobs, production
from sim.verify.row import Row, allowed, mean_and_error
from tests.verification.test_cluster import SMALL

REPLICATES = 4
LLAMA_3 = "Llama 3 405B, 54 days on 16,384 GPUs"


@pytest.fixture(scope="module")
def found():
    return production.verify_production(REPLICATES, seed=3)


@pytest.fixture
def rows(found):
    return {row["name"]: row for row in found["rows"]}


def test_all_rows_are_within_what_is_allowed(found):
    assert production.shortcomings(found) == []
    assert [name for name, _ in groupby(row["part"] for row in found["rows"])] == [
        LLAMA_3, field_jobs.META, field_jobs.GEMINI, "Soft errors of 16,384 chips, share of time wasted",
    ]  # fmt: skip
    text = production.table(found)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 120


def test_llama_3_by_cause(rows):
    scenario = load(validation_case("llama3_ground"))
    counts = {name: count for causes in field_jobs.CAUSES.values() for name, count in causes.items()}
    assert set(scenario.reliability.interruptions) == set(counts)
    assert sum(counts.values()) == rows["interruptions, all"]["reference"] == 419
    assert rows["GPU, all"]["reference"] == 268
    assert rows["network: network"]["reference"] == 35
    # The rates are those of the counts, over what was at risk.
    units = {"gpu": 16_384, "host": 2048, "job": 1}
    for name, one in scenario.reliability.interruptions.items():
        assert one.rate_per_year * units[one.per] * scenario.mission.years == pytest.approx(counts[name], rel=1e-3)


def test_llama_3_by_cause_notices_a_wrong_rate():
    expected = [count for causes in field_jobs.CAUSES.values() for count in causes.values()]
    right = np.random.default_rng(1).poisson(expected, (20, len(expected)))
    wrong = right.copy()
    wrong[:, 3] = wrong[:, 3] * 3 // 2  # 17 become 25, which one count alone would not tell
    for counts, passed in ((right, True), (wrong, False)):
        found = list(field_jobs._counts(counts))
        assert all(row.passed for row in found[:-1])
        assert found[-1].name == "chi-square of the causes"
        assert found[-1].passed is passed


def test_llama_3_trains_as_long_as_renewal_theory_says(rows):
    row = rows["effective training time, renewal theory"]
    assert row["reference"] == pytest.approx(0.917, abs=5e-4)
    assert row["value"] == pytest.approx(row["reference"], abs=0.01)
    assert rows["effective training time"]["value"] > 0.90
    assert rows["seconds per replicate"]["value"] < 1


def test_meta_s_jobs_stop_as_often_as_projected(rows):
    for name, reference in (
        ("16,384 GPUs, RSC-1: hours between interruptions", 1.8),
        ("131,072 GPUs, RSC-1: hours between interruptions", 0.23),
        ("16,384 GPUs, RSC-2: interruptions in 1,000 node-days", 2.34),
    ):
        assert rows[name]["reference"] == reference
        assert rows[name]["value"] == pytest.approx(reference, rel=0.02 + 4 * rows[name]["se"] / reference)


def test_copies_save_what_the_paper_says(rows):
    assert rows["state survives the loss of 2, over all sets"]["value"] == pytest.approx(1 - 8 / 120)
    assert rows["state survives the loss of 3, over all sets"]["value"] == pytest.approx(1 - 8 * 14 / 560)


def test_errors_in_passes_cost_less_than_at_a_flat_rate(rows):
    for block in ("5 s", "30 s"):
        flat = rows[f"raw errors in orbit, at a flat rate, {block}"]["value"]
        best = rows[f"raw errors in passes, best interval for passes, {block}"]
        mean = rows[f"raw errors in passes, best interval for the mean rate, {block}"]
        assert best["value"] < mean["value"] < 0.6 * flat
        for one in (best, mean):
            # The formula rounds rates to 20 % and shares to 5 %.
            by_gaps = float(re.search(r"([\d.]+)% by the formula of the gaps", one["note"])[1]) / 100
            assert one["value"] == pytest.approx(by_gaps, rel=0.05)
    # Of 20 replicates.
    assert rows["raw errors in passes, best interval for passes, 5 s"]["value"] == pytest.approx(0.073, abs=0.003)
    assert rows["raw errors in passes, best interval for passes, 30 s"]["value"] == pytest.approx(0.112, abs=0.004)


def row(value, bound=None, tolerance=0.1):
    return Row("part", "name", value, 0.0, 1.0, tolerance, "source", bound)


@pytest.mark.parametrize(
    ("bound", "passing", "failing"),
    [
        (None, (0.95, 1.05), (0.85, 1.15, float("nan"))),
        ("at least", (0.95, 7.0), (0.85, float("nan"))),
        ("at most", (1.05, -7.0), (1.15, float("nan"))),
    ],
)
def test_what_passes(bound, passing, failing):
    assert [row(value, bound).passed for value in (*passing, *failing)] == [True] * len(passing) + [False] * len(
        failing
    )


def test_few_replicates_are_allowed_more():
    mean, error = mean_and_error([1.0, 2.0, 3.0])
    assert (mean, error) == (2.0, pytest.approx(1 / 3**0.5))
    assert allowed(1.0, 1000) == pytest.approx(3.5, abs=0.02)
    assert 4 < allowed(1.0, 20) < 4.5
    assert allowed(1.0, 3) > 20


def test_the_command_prints_them(monkeypatch, found):
    asked = []
    monkeypatch.setattr(production, "verify_production", lambda *given: asked.append(given) or found)
    arguments = ["verify", "cluster", "--case", "production", "--replicates", "4", "--seed", "3"]
    seen = CliRunner().invoke(app, [*arguments, "--json"])
    assert seen.exit_code == 0
    assert asked == [(4, 3)]
    answer = json.loads(seen.stdout)
    assert answer["cases"] == {}
    assert {"name", "value", "se", "reference", "tolerance", "bound", "passed", "source"} <= set(
        answer["production"]["rows"][0]
    )
    seen = CliRunner().invoke(app, arguments)
    assert "all within what is allowed" in seen.stdout
    bad = {**found, "rows": [*found["rows"], row(2.0).to_json()]}
    monkeypatch.setattr(production, "verify_production", lambda *given: bad)
    seen = CliRunner().invoke(app, [*arguments, "--json"])
    assert seen.exit_code == 4
    assert seen.stdout == ""
    assert "check failed: part: name: 2 +- 0, reference 1 +- 0.1" in seen.stderr


def test_a_case_alone_runs_alone(monkeypatch):
    monkeypatch.setattr(production, "verify_production", lambda *given: pytest.fail("not asked for"))
    found = cluster.verify_cluster(cluster.shipped_cases(), case=SMALL, replicates=2)
    assert list(found["cases"]) == [SMALL]
    assert found["production"] is None
