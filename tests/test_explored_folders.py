"""Folders of sweeps, sensitivity analyses and searches: what `plot` and `report` say of them, and what they hold."""

from __future__ import annotations

import json
import os

import pytest

from sim.experiment.explored import FILES, JOURNAL
from tests.command_line import orbitfleet
from tests.unit.test_sweep import HAZARD, PRICE, SMALL, TWO

SETTINGS = [part for setting in SMALL for part in ("--set", setting)]
FEW = ["--strategies", ",".join(TWO), "--workers", "1"]
BOTH = ["--vary", f"{PRICE}=100,1000", "--vary", f"{HAZARD}=0.1,0.2"]
COMMANDS = {
    "sweep": [*BOTH, "--replicates", "2"],
    "sensitivity": ["--vary", f"{PRICE}=200:1000", "--points", "2"],
    "optimise": ["--vary", "satellite.shield.thickness_mm=1:5", "--trials", "2", "--search-replicates", "2",
                 "--replicates", "2"],
}  # fmt: skip
NAMES = {"sweep": "sweep", "sensitivity": "sensitivity analysis", "optimise": "search of `optimise`"}
PICTURES = {"sweep": "regime_map.png", "sensitivity": "tornado.png", "optimise": "pareto.png"}


def explored(command, folder, more=()):
    arguments = more or COMMANDS[command]
    return orbitfleet(command, "starcloud_3", *arguments, *SETTINGS, *FEW, "--out", "out", cwd=folder)


def said_by(command, folder):
    _, errors = orbitfleet(command, "out", code=2, cwd=folder)
    return " ".join(errors.replace("│", " ").split())


@pytest.mark.parametrize("command", COMMANDS)
def test_plot_and_report_say_what_the_folder_holds_and_which_command_draws_it(tmp_path, command):
    explored(command, tmp_path)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    for look in ("plot", "report"):
        said = said_by(look, tmp_path)
        assert f"out: holds a {NAMES[command]} ({FILES[command]}, " in said
        assert PICTURES[command] in said
        assert f"orbitfleet {command} starcloud_3 --vary" in said
        assert "has not finished" not in said
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_a_sweep_that_was_ended_is_said_to_resume(tmp_path):
    explored("sweep", tmp_path)
    (tmp_path / "out" / FILES["sweep"]).unlink()
    said = said_by("plot", tmp_path)
    assert "holds a sweep that has not finished; the command that began it resumes: orbitfleet sweep" in said
    marker = tmp_path / "out" / "provenance.json"
    marker.write_text(json.dumps({**json.loads(marker.read_text()), "command": None}))  # begun in Python
    assert "holds a sweep, a sensitivity analysis or a search that has not finished" in said_by("report", tmp_path)
    (tmp_path / "out" / JOURNAL).unlink()
    _, errors = orbitfleet("plot", "out", code=3, cwd=tmp_path)
    assert "holds no finished study" in errors


def test_pictures_of_the_sweep_before_and_half_written_ones_go(tmp_path):
    explored("sweep", tmp_path)
    (tmp_path / "out" / ".regime_map.png.abc.png").write_text("half")
    explored("sweep", tmp_path, ["--vary", f"{PRICE}=100,1000", "--replicates", "2"])
    left = ["lines.png", "provenance.json", JOURNAL, "scenario.yaml", "sweep.csv", "sweep.json"]
    assert sorted(os.listdir(tmp_path / "out")) == sorted(left)


@pytest.mark.parametrize("command", COMMANDS)
def test_in_whatever_order_replicates_were_finished_the_folder_ends_with_the_same_bytes(tmp_path, command):
    explored(command, tmp_path)
    journal = tmp_path / "out" / JOURNAL
    whole = journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    assert len(lines) > 2
    journal.write_bytes(b"".join([*reversed(lines), lines[0][:40] + b"\n"]))  # and a damaged line
    explored(command, tmp_path)
    assert journal.read_bytes() == whole
