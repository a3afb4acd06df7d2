"""`orbitfleet fit` as a user meets it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import orbitfleet
from pydantic import TypeAdapter

from sim.constants import DAYS_PER_YEAR
from sim.reliability import AnyLaw, DelayedOnset, Exponential
from sim.scenario import load


def fit(*arguments: object, code: int = 0, cwd: Path | None = None) -> tuple[str, str]:
    return orbitfleet("fit", *arguments, code=code, cwd=cwd)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two batches, one with a defect that shows after two years."""
    rng = np.random.default_rng(4)
    lines = ["years,dead,cause,batch"]
    laws = {
        "old": DelayedOnset(calm_per_year=0.01, onset_years=2, rate_per_year=0.2),
        "new": Exponential(rate_per_year=0.05),
    }
    for batch, law in laws.items():
        life, seen = law.inverse(rng.exponential(size=1500)) / DAYS_PER_YEAR, rng.uniform(1, 6, 1500)
        for x, y in zip(life, seen, strict=True):
            lines.append(f"{min(x, y):.5f},{int(x <= y)},{('corrosion' if x <= y and x > 2 else '')},{batch}")
    path = tmp_path_factory.mktemp("log") / "gpus.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_json_has_the_parts_of_the_contract(log: Path, tmp_path: Path) -> None:
    found = json.loads(fit(log, "--by", "batch", "--json", "--out", tmp_path / "o")[0])
    assert found["schema_version"] == 1
    assert (found["file"], found["out"]) == (str(log), str(tmp_path / "o"))
    assert set(found["groups"]) == {"old", "new"}
    for group in found["groups"].values():
        assert set(group["kaplan_meier"]) == {"years", "survival", "low", "high"}
        assert (group["n"], group["deaths"] > 100, group["unit_years"] > 3000) == (1500, True, True)
        assert set(group["causes"]) == {"corrosion"}
        assert group["best"] == min(group["candidates"], key=lambda entry: entry["aic"])["law"]
        laws = {entry["law"] for entry in group["candidates"]}
        assert laws == {"exponential", "weibull", "bathtub", "delayed_onset", "piecewise_constant"}
        for entry in group["candidates"]:
            assert {"parameters", "intervals", "log_likelihood", "aic", "ks", "p_value", "fits"} <= set(entry)
            TypeAdapter(AnyLaw).validate_python({"kind": entry["law"], **entry["parameters"]})
            assert set(entry["intervals"]) <= set(entry["parameters"])
    old = found["groups"]["old"]
    assert (old["best"], old["verdict"]) == ("delayed_onset", "delayed_onset fits")
    assert old["candidates"][0]["parameters"]["onset_years"] == pytest.approx(2, abs=0.1)
    assert not next(entry for entry in old["candidates"] if entry["law"] == "exponential")["fits"]


def test_folder_holds_picture_and_overlays_that_load(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "o"
    printed, _ = fit(log, "--by", "batch", "--out", out)
    assert "Verdict: delayed onset fits" in printed
    assert "a year at every age, and does not fit" in printed
    assert sorted(path.name for path in out.iterdir()) == [
        "fit.json",
        "overlay_new.yaml",
        "overlay_old.yaml",
        "survival.png",
    ]
    assert (out / "survival.png").read_bytes().startswith(b"\x89PNG")
    best = json.loads((out / "fit.json").read_text())["groups"]["old"]["candidates"][0]
    fitted = load("baseline", out / "overlay_old.yaml")
    gpu = fitted.reliability.gpu
    assert (fitted.sources["reliability.gpu"].tag, "deaths of" in fitted.sources["reliability.gpu"].source) == (
        "C",
        True,
    )
    assert not [path for path in fitted.sources if path.startswith("reliability.gpu.")]
    assert gpu.kind == "delayed_onset"
    assert gpu.onset_years == best["parameters"]["onset_years"]
    assert load("baseline").reliability.bus == load("baseline", out / "overlay_old.yaml").reliability.bus
    head = (out / "overlay_old.yaml").read_text()
    assert head.startswith("# Fitted by orbitfleet to group 'old' of")
    assert "1500 units" in head

    # without groups in the same folder: the overlays of before are gone, and what a user put there stays
    (out / "mine.txt").write_text("mine")
    fit(log, "--out", out)
    assert sorted(path.name for path in out.iterdir()) == ["fit.json", "mine.txt", "overlay_all.yaml", "survival.png"]


def test_the_folder_is_named_after_the_file(log: Path, tmp_path: Path) -> None:
    assert json.loads(fit(log, "--json", cwd=tmp_path)[0])["out"] == str(Path("results") / "fit-gpus")
    assert (tmp_path / "results" / "fit-gpus" / "overlay_all.yaml").exists()


def test_folders_of_others_are_not_touched(log: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    _, message = fit(log, "--out", tmp_path, code=3)
    assert "nothing in it is touched" in message
    (tmp_path / "fit.json").write_text("{}")
    assert "damaged" in fit(log, "--out", tmp_path, code=3)[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fit.json", "thesis.txt"]
    assert "is a file" in fit(log, "--out", tmp_path / "thesis.txt", code=3)[1]


def test_a_stream_without_the_sign_still_says_what_is_an_error(log: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sim", "fit", str(log), "--out", str(tmp_path / "o")]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "60"}
    text = subprocess.run(command, capture_output=True, check=True, env=environment, timeout=120).stdout.decode("ascii")
    assert "?" not in text
    assert re.search(r"rate_per_year [\d.]+ \+- [\d.]+", " ".join(text.split()))


def test_exit_codes(log: Path, tmp_path: Path) -> None:
    assert "cannot be read" in fit(tmp_path / "none.csv", "--out", tmp_path / "o", code=3)[1]
    assert "has no column bach (did you mean batch?)" in fit(log, "--by", "bach", "--out", tmp_path / "o", code=3)[1]
    assert "Missing argument" in fit(code=2)[1]
    assert not (tmp_path / "o").exists()
