"""`orbitfleet claims`: its table, its JSON, its page, and what is refused."""

import json
import sys

import pytest

from sim.claims import CLAIMS, Evidence, answers, known_ids, settings_of
from sim.claims.figures import Figures
from sim.cli import main
from sim.errors import InputError
from sim.parameters import TAGS
from sim.shipped import shipped

QUICK = ["C1", "C5", "E1"]
KEYS = {"question", "quantity", "unit", "estimate", "verdict", "threshold", "binding", "inputs"}


@pytest.fixture
def command(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def call(*arguments, code=0):
        monkeypatch.setattr(sys, "argv", ["orbitfleet", "claims", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert ended.value.code == code, printed.err
        assert not (code and printed.out)
        return printed

    return call


def test_there_are_sixteen_claims_in_order():
    assert list(CLAIMS) == [*(f"C{i}" for i in range(1, 13)), *(f"E{i}" for i in range(1, 5))]


def test_the_json_has_the_shape_of_the_contract(command):
    found = json.loads(command(*QUICK, "--json").out)
    assert set(found) >= {"schema_version", "claims", "provenance"}
    assert list(found["claims"]) == QUICK
    for claim in found["claims"].values():
        assert set(claim) >= KEYS
        assert claim["question"].endswith("?")
        assert claim["verdict"].startswith(("holds", "fails"))
        assert set(claim["estimate"]) >= {"mean", "ci_low", "ci_high", "n", "unit"}
        assert claim["binding"]
        assert claim["threshold"]["text"]
        for one in claim["inputs"]:
            assert set(one) >= {"path", "value", "tag", "source", "low", "high"}
            assert one["tag"] in TAGS
            where = one["path"].partition(":")[0]
            assert where == "claims" or where in shipped()


def test_what_is_printed_says_the_answer_the_verdict_and_what_would_turn_it(command):
    printed = command("c1", "E1")
    assert "5.35" in printed.out
    assert "holds if" in printed.out
    assert "turns at" in printed.out
    assert "E1" in printed.out
    assert "C2" not in printed.out
    assert "C1 answered" in printed.err
    assert max(map(len, printed.out.splitlines())) <= 110


@pytest.mark.parametrize("columns", [50, 80, 200])
def test_a_narrow_terminal_shows_all_and_no_line_is_wider(command, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = command(*QUICK).out.splitlines()
    assert max(map(len, lines)) <= min(columns, 110)
    assert "".join("".join(lines).split()).count("35,500") == 1  # the flights of C5's threshold


def test_a_mistyped_claim_is_refused_with_what_was_meant(command):
    said = " ".join(command("C1", "CC5", code=2).err.replace("│", " ").split())
    assert "did you mean 'C5'?" in said


def test_a_setting_moves_the_answer_and_has_no_source_any_more(command):
    before, after = (
        json.loads(command("C1", "--json", *more).out)["claims"]["C1"]
        for more in ([], ["--set", "claims:ground_capacity_factor=0.122"])
    )
    assert after["estimate"]["mean"] == pytest.approx(2 * before["estimate"]["mean"])
    assert [one["tag"] for one in after["inputs"] if one["path"] == "claims:ground_capacity_factor"] == [None]
    scenario = json.loads(command("E1", "--json", "--set", "spacex_ai1:satellite.gpu.peak_w=3000").out)
    assert scenario["claims"]["E1"]["standing"] == "holds"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("claims:pue_=1", "did you mean 'pue'"),
        ("spacex_ai:satellite.gpus=1", "did you mean 'spacex_ai1'"),
        ("satellite.gpus=1", "write SCENARIO:path=value"),
        ("claims:pue=warm", "valid number"),
        ("spacex_ai1:launch.vehicle.price={kind: per_kg, usd_per_kg: 9}", "launch.vehicle.price.usd"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(command, setting, said):
    assert said in " ".join(command("C11", "--set", setting, code=3).err.split())


def test_answers_are_written_as_json_and_as_a_page(command, tmp_path):
    printed = command(*QUICK, "--out", "answers")
    assert "claims.html" in printed.out
    found = json.loads((tmp_path / "answers" / "claims.json").read_text())
    page = (tmp_path / "answers" / "claims.html").read_text()
    for claim in found["claims"].values():
        assert claim["question"] in page
    assert str(tmp_path) not in page
    command("C1", "--out", "answers")  # ours: written anew


def test_a_folder_of_something_else_is_not_touched(command, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    assert "something else" in command("C1", "--out", "mine", code=3).err
    assert [one.name for one in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_answers_depend_on_the_seed_and_not_on_workers_or_other_claims():
    def found(ids, **options):
        settings = settings_of(["spacex_ai1:mission.years=0.5"])
        evidence = Evidence(replicates=3, settings=settings, **options)
        return {claim.id: claim.to_json() for claim in answers(known_ids(ids), evidence)}

    alone = found(["C8"], seed=4, workers=1)
    assert found(["C5", "C8", "C9"], seed=4, workers=2)["C8"] == alone["C8"]
    assert found(["C8"], seed=5, workers=1)["C8"] != alone["C8"]


def test_every_figure_of_a_claim_has_a_source_and_a_range_that_holds_it():
    figures = Figures()
    for name in Figures.model_fields:
        one = figures.input(name)
        assert one.tag in TAGS
        assert len(one.source) > 5
        assert one.low is None or one.low <= one.value <= one.high


def test_every_figure_is_read_by_some_answer():
    from pathlib import Path

    import sim.claims

    code = "".join(
        path.read_text() for path in Path(sim.claims.__file__).parent.glob("*.py") if path.name != "figures.py"
    )
    assert not [name for name in Figures.model_fields if name not in code]


def test_ids_are_known_in_any_case_and_once():
    assert known_ids(["e2", "C1", "c1"]) == ["C1", "E2"]
    assert known_ids([]) == list(CLAIMS)
    with pytest.raises(InputError, match="did you mean 'E4'"):
        known_ids(["EE4"])
