"""`orbitfleet verify radiation`: what it compares, and that it notices."""

import json
import math
import time

import pytest
from typer.testing import CliRunner

from sim.cli.commands import app
from sim.scenario import radiation as shipped
from sim.verify import published, radiation


@pytest.fixture(scope="module")
def found():
    began = time.perf_counter()
    rows = radiation.verify_radiation()
    return rows, time.perf_counter() - began


def names_outside() -> list[str]:
    return [problem.partition(":")[0] for problem in published.shortcomings(radiation.verify_radiation())]


def test_every_row_holds_and_says_against_what(found) -> None:
    rows, seconds = found
    assert published.shortcomings(rows) == []
    assert seconds < 5
    assert len(rows["rows"]) >= 20
    assert len({row["name"] for row in rows["rows"]}) == len(rows["rows"])
    for row in rows["rows"]:
        assert list(row) == ["name", "value", "reference", "relative_error", "tolerance", "source"]
        assert row["relative_error"] == pytest.approx(row["value"] / row["reference"] - 1)
        assert 0 < row["tolerance"] <= 0.3
        assert any(tag in row["source"] for tag in ("[S]", "[S2]", "[C]", "[A]"))


def test_it_covers_what_radiation_decides(found) -> None:
    names = " ".join(row["name"] for row in found[0]["rows"])
    for words in ("500 km, >", "2000 km, >", "MIN", "MAX", "share of time", "dose behind 3 mm", "over a solar cycle"):
        assert words in names
    for words in ("memory errors a chip-year", "silent corruptions in 4 chip-years", "solar protons", "at 15 yr"):
        assert words in names


def test_events_are_counted_and_not_quoted(found) -> None:
    """A pass falls on one side of an end or the other, so a count over five years is not the rate to the last digit."""
    counts = [row for row in found[0]["rows"] if row["name"].endswith("-year")]
    assert len(counts) >= 6
    assert all(row["value"] != row["reference"] for row in counts)


def test_a_changed_default_is_noticed(monkeypatch) -> None:
    beam = shipped._beam_effects()
    wrong = beam | {"memory_error": shipped.Effect(rad_per_event=55, scales_with_memory=True)}
    monkeypatch.setattr(shipped.Radiation.model_fields["effects"], "default_factory", lambda: wrong)
    monkeypatch.setattr(shipped, "_beam_effects", lambda: wrong)
    shipped.Radiation.model_rebuild(force=True)
    try:
        assert names_outside() == [
            "memory errors a chip-year",
            "memory errors in 2 chip-years",
            "memory errors in 4 chip-years",
        ]
    finally:
        monkeypatch.undo()
        shipped.Radiation.model_rebuild(force=True)


def test_a_changed_belt_is_noticed(monkeypatch) -> None:
    true = radiation.orbit_spectrum

    def thicker(*args, **keywords):
        spectrum = true(*args, **keywords)
        return radiation.Spectrum(spectrum.energies_mev, 1.25 * spectrum.flux_cm2_s)

    monkeypatch.setattr(radiation, "orbit_spectrum", thicker)
    outside = names_outside()
    assert sum("> " in name for name in outside) == 24
    assert sum("dose behind" in name for name in outside) == 8
    assert "650 km, events by cross-section" in outside


def test_no_number_is_no_agreement() -> None:
    row = published.Row("x", math.nan, 1.0, 0.1, "[A]")
    kept = {"name": "x", "value": row.value, "reference": 1.0, "relative_error": row.relative_error, "tolerance": 0.1}
    assert len(published.shortcomings({"rows": [kept]})) == 1


def test_drive_rate_lies_between_all_early_and_all_late() -> None:
    # 9 deaths over 20 x 1.8 years if all die at the end, 11 x 1.8 if at once
    assert 9 / 36 < radiation._drive_rate(9, 20, 1.8) < 9 / 19.8
    assert radiation._drive_rate(9, 20, 3.6) == pytest.approx(radiation._drive_rate(9, 20, 1.8) / 2)


@pytest.mark.parametrize("json_option", [[], ["--json"]])
def test_the_command(found, monkeypatch, json_option) -> None:
    monkeypatch.setattr(radiation, "verify_radiation", lambda: found[0])
    result = CliRunner().invoke(app, ["verify", "radiation", *json_option])
    assert (result.exit_code, result.stderr) == (0, "")
    if json_option:
        assert json.loads(result.stdout) == {"schema_version": 1} | found[0]
    else:
        assert result.stdout.rstrip().endswith("all within what their references allow")
        assert max(map(len, result.stdout.splitlines())) <= 118

    rows = [dict(row, tolerance=1e-9) for row in found[0]["rows"][:2]]
    monkeypatch.setattr(radiation, "verify_radiation", lambda: {"rows": rows})
    result = CliRunner().invoke(app, ["verify", "radiation", *json_option])
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr.count("check failed") == 2
