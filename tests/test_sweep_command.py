"""`orbitfleet sweep` and `orbitfleet sensitivity`."""

from __future__ import annotations

import json
import re

import pytest

from sim.text import digits
from tests.command_line import orbitfleet
from tests.unit.test_sweep import HAZARD, PRICE, SMALL, TWO

SETTINGS = [part for setting in SMALL for part in ("--set", setting)]
VALUE = "service.value_usd_per_gpu_hour"
FEW = ["--strategies", ",".join(TWO), "--replicates", "2", "--workers", "1"]


def test_a_sweep_prints_a_table_and_writes_its_files(tmp_path):
    vary = ["--vary", f"{PRICE}=100,1000", "--vary", f"{HAZARD}=0.1,0.2"]
    out, _ = orbitfleet("sweep", "starcloud_3", *vary, *SETTINGS, *FEW, "--out", tmp_path / "out")
    assert "2 replicates of each strategy, the same random draws at every point" in " ".join(out.split())
    assert "ahead of" in out
    assert "is best at" in out
    rows = [line.split() for line in out.splitlines() if line.strip().startswith(("100 ", "1000 "))]
    assert len(rows) in (4, 8)  # in one table, or in two that both say of which point they speak
    assert [row[:2] for row in rows] == [["100", "0.1"], ["100", "0.2"], ["1000", "0.1"], ["1000", "0.2"]] * (
        len(rows) // 4
    )
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    pictures = ["heat_map.png", "regime_map.png"]
    assert written == sorted(
        ["provenance.json", "replicates.jsonl", "scenario.yaml", "sweep.csv", "sweep.json", *pictures]
    )
    told, _ = orbitfleet("sweep", "starcloud_3", *vary, *SETTINGS, *FEW, "--out", tmp_path / "out", "--json")
    found = json.loads(told)
    assert found["schema_version"] == 1
    assert len(found["points"]) == 4
    assert found["points"][0]["values"] == {PRICE: 100, HAZARD: 0.1}
    assert set(found["points"][0]["estimates"]) == set(TWO)
    assert found["points"][0]["winner"] in TWO
    assert isinstance(found["points"][0]["clear"], bool)
    assert [path.rpartition("/")[2] for path in found["pictures"]] == pictures


def test_the_interval_of_the_lead_is_about_the_mark_of_the_best(tmp_path, monkeypatch):
    """Where no `?` stands behind the best strategy, the interval of its lead holds no 0."""
    monkeypatch.setenv("COLUMNS", "150")
    vary = ["--vary", f"{VALUE}=1,400", "--vary", f"{HAZARD}=0.01,1", *SETTINGS]
    few = ["--strategies", ",".join(TWO), "--replicates", "10", "--workers", "1", "--out", tmp_path / "out"]
    out, _ = orbitfleet("sweep", "starcloud_3", *vary, *few)
    leads = re.findall(r"([-\d.,]+) \[([-\d.,]+), ([-\d.,]+)\]\s+(\w+)(\??)$", out, flags=re.MULTILINE)
    assert len(leads) == 4
    assert len({unclear for *_, unclear in leads}) == 2  # there are both
    for lead, low, high, _, unclear in leads:
        mean, low, high = (float(text.replace(",", "")) for text in (lead, low, high))
        assert mean >= 0
        assert low <= mean <= high
        assert (low <= 0 <= high) == bool(unclear)


def test_numbers_have_their_digits_and_no_exponent():
    assert [digits(x, 2) for x in (93.4, 99.6, 102.0, 0.00012, 12345.6, -99.6)] == [
        "93", "100", "100", "0.00012", "12,000", "-100",
    ]  # fmt: skip


def test_a_study_file_is_swept_with_what_the_command_line_changes(tmp_path):
    study = tmp_path / "mine.yaml"
    settings = ", ".join(SMALL)
    study.write_text(
        f"description: what if?\nscenario: starcloud_3\nset: [{settings}]\nstrategies: [run_to_failure]\n"
        f"replicates: 5\nmetric: compute_availability\nvary:\n  {HAZARD}: [0.1, 0.5]\n",
        encoding="utf-8",
    )
    told, _ = orbitfleet("sweep", study, "--replicates", "1", "--years", "0.5", "--out", tmp_path / "out", "--json")
    found = json.loads(told)
    assert "years: 0.5" in (tmp_path / "out" / "scenario.yaml").read_text(encoding="utf-8")
    assert (found["study"], found["question"], found["replicates"]) == ("mine", "what if?", 1)
    assert found["metric"] == "compute_availability"
    told, _ = orbitfleet("sweep", study, "--points", "3", "--vary", f"{HAZARD}=0.1:0.5", "--replicates", "1",
                         "--years", "0.5", "--out", tmp_path / "out", "--json")  # fmt: skip
    assert json.loads(told)["design"] == "latin_hypercube"
    assert len(json.loads(told)["points"]) == 3


def test_a_sensitivity_analysis_prints_a_table_and_writes_its_files(tmp_path):
    study = ["starcloud_3", "--vary", f"{PRICE}=200:1000", "--vary", "economics.bus_usd", *SETTINGS]
    few = ["--strategies", ",".join(TWO), "--points", "4", "--workers", "1", "--out", tmp_path / "out"]
    out, _ = orbitfleet("sensitivity", *study, *few)
    assert "beyond chance" in out
    assert "in net_cost_usd: how far" in " ".join(out.split())  # three satellites tell nothing apart from chance
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"sensitivity.json", "sensitivity.csv", "tornado.png", "screening.png", "replicates.jsonl"} <= written
    told, _ = orbitfleet("sensitivity", *study, *few, "--method", "sobol", "--json")
    found = json.loads(told)
    assert found["method"] == "sobol"
    assert set(found["information"]["evppi"]) == {PRICE, "economics.bus_usd"}
    row = found["outputs"]["ahead"]["inputs"][0]
    assert {"path", "at_low", "at_high", "elasticity", "first", "total"} == set(row)


@pytest.mark.parametrize("command", ["sweep", "sensitivity"])
@pytest.mark.parametrize(
    ("vary", "said"),
    [
        ("launch.vehicle.price.usd_per_kgg=1:10:5", "did you mean 'usd_per_kg'"),
        (f"{PRICE}=10:1:5", "low (10) must be below high (1)"),
        (f"{PRICE}=10", "one value is --set"),
        (f"{PRICE}=", "write --vary path=low:high:steps"),
    ],
)
def test_what_cannot_be_varied_is_said_and_nothing_is_written(tmp_path, command, vary, said):
    _, errors = orbitfleet(command, "starcloud_3", "--vary", vary, code=3, cwd=tmp_path)
    assert errors.startswith("orbitfleet: --vary: ")
    assert said in errors
    assert not list(tmp_path.iterdir())


def test_usage_is_explained():
    _, errors = orbitfleet("sweep", "starcloud_3", code=3)
    assert "nothing is varied: give --vary" in errors
    _, errors = orbitfleet("sweep", "studies/launch_pric", code=3)
    assert "did you mean 'studies/launch_price'" in errors
    _, errors = orbitfleet("sensitivity", "starcloud_3", "--vary", f"{PRICE}=1,2", code=3)
    assert "needs a range, low and high" in errors
    _, errors = orbitfleet("sweep", "starcloud_3", "--vary", PRICE, "--strategies", "batch,batch", code=2)
    assert "each strategy may be named once" in errors


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    _, errors = orbitfleet("sweep", "starcloud_3", "--vary", PRICE, "--out", tmp_path, code=3)
    assert "nothing in it is touched" in errors
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_shipped_studies_are_listed():
    told, _ = orbitfleet("scenarios", "--json")
    assert "studies/launch_price" in json.loads(told)["studies"]
    assert "studies/launch_price" in orbitfleet("scenarios")[0]
