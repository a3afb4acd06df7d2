"""Reading failure logs, Kaplan-Meier by hand, and the parts of a report."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from sim.constants import DAYS_PER_YEAR
from sim.errors import InputError
from sim.fit import Sample, file_names, fit_file, fit_laws, kaplan_meier, overlay, read_failures
from sim.fit.goodness import distance
from sim.fit.maximum_likelihood import log_likelihood
from sim.reliability import Exponential


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "failures.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def sample(years: list[float], dead: list[int]) -> Sample:
    return Sample.of(years, dead)


def test_kaplan_meier_by_hand() -> None:
    # deaths at 1 (of 6), 3 (of 4), 4 (2 of 3); censored at 2 and 4, the latter still at risk at 4
    curve = kaplan_meier(sample([1, 2, 3, 4, 4, 4], [1, 0, 1, 1, 0, 1]))
    assert curve.years.tolist() == [0, 1, 3, 4]
    assert curve.survival == pytest.approx([1, 5 / 6, 5 / 8, 5 / 24])
    spread = math.exp(1.959964 * math.sqrt(1 / (6 * 5) + 1 / (4 * 3)) / -math.log(5 / 8))
    assert (curve.low[2], curve.high[2]) == pytest.approx((0.625**spread, 0.625 ** (1 / spread)))
    assert (curve.low[0], curve.high[0]) == (1, 1)
    assert curve.at([0.5, 1, 3.5, 9]) == pytest.approx([1, 5 / 6, 5 / 8, 5 / 24])


def test_kaplan_meier_when_all_died() -> None:
    curve = kaplan_meier(sample([1, 2], [1, 1]))
    assert curve.survival.tolist() == [1, 0.5, 0]
    assert curve.low[-1] == 0
    assert curve.high[-1] == curve.high[1] < 1
    alone = kaplan_meier(sample([2.0], [1]))
    assert (alone.survival[-1], alone.low[-1], alone.high[-1]) == (0, 0, 1)


def test_exposure_counts_each_unit_up_to_its_end() -> None:
    units = sample([1, 2, 2, 5], [1, 0, 1, 0])
    assert units.exposure(np.array([0, 0.5, 1, 1.5, 2, 4, 9])).tolist() == [0, 2, 4, 5.5, 7, 9, 10]
    assert (units.units, units.deaths, units.unit_years, units.reach_years) == (4, 2, 10, 5)


def test_very_many_ages_are_rounded_a_little() -> None:
    years = np.random.default_rng(1).uniform(0, 5, 50_000)
    rounded = Sample.of(years, np.ones(50_000, bool))
    assert rounded.years.size <= 20_000
    assert rounded.deaths == 50_000
    assert rounded.unit_years == pytest.approx(years.sum(), rel=2e-4)  # half a step of 1/20,000 of 5 years, of 2.5


def test_likelihood_and_rate_by_hand() -> None:
    units = sample([1, 2, 3], [1, 0, 1])
    assert log_likelihood(Exponential(rate_per_year=0.2), units) == pytest.approx(2 * math.log(0.2) - 0.2 * 6)
    found = fit_laws(units)
    constant = next(fit for fit in found if fit.law.kind == "exponential")
    assert constant.law.rate_per_year == pytest.approx(1 / 3)
    assert constant.aic == pytest.approx(2 - 2 * (2 * math.log(1 / 3) - 2))
    # two deaths: less than two standard errors from 0, so in square roots
    half = 1.959964 / 2 / math.sqrt(2)
    assert constant.intervals(units)["rate_per_year"] == pytest.approx([(1 - half) ** 2 / 3, (1 + half) ** 2 / 3])
    many = sample(range(1, 26), [1] * 25)
    constant = next(fit for fit in fit_laws(many) if fit.law.kind == "exponential")
    factor = math.exp(1.959964 / 5)
    assert constant.intervals(many)["rate_per_year"] == pytest.approx([1 / 13 / factor, factor / 13])


def test_distance_looks_at_both_sides_of_each_step() -> None:
    curve = kaplan_meier(sample([1, 2], [1, 0]))
    law = Exponential(rate_per_year=0.1)
    assert distance(law, curve, 2.0) == pytest.approx(float(law.survival(DAYS_PER_YEAR)) - 0.5)
    steep = Exponential(rate_per_year=2.0)
    assert distance(steep, curve, 2.0) == pytest.approx(1 - math.exp(-2))  # just before the death at 1


def test_no_law_is_fitted_to_so_few_deaths_that_it_could_not_be_told() -> None:
    assert fit_laws(sample([1, 2], [0, 0])) == []
    assert [fit.law.kind for fit in fit_laws(sample([1, 2], [1, 0]))] == ["exponential"]
    assert {fit.law.kind for fit in fit_laws(sample([1, 2, 3], [1, 0, 1]))} == {"exponential", "weibull"}


def test_odd_samples_give_finite_laws() -> None:
    for years in ([1.0] * 30, [1.0] * 20 + [1.001] * 20, [0.001, *[100.0] * 30, 50, 60], list(np.arange(1, 30) / 1000)):
        for fit in fit_laws(sample(years, [1] * len(years))):
            assert math.isfinite(fit.log_likelihood), (years, fit.law)
            fit.intervals(sample(years, [1] * len(years)))


def test_header_and_flags_in_many_spellings(tmp_path: Path) -> None:
    rows = [
        "\ufeffBatch , Observed_Years,DEAD,note",
        "A,1.5,Yes,x",
        "",
        "A,2,0,",
        ",,,",
        "B,3,true,",
        " ,1,FALSE,",
        "A,1,1.0,",
    ]
    text = "\r\n".join(rows)
    found = read_failures(written(tmp_path, text), "batch")
    assert {name: units.years.tolist() for name, units in found.items()} == {"(blank)": [1], "A": [1.5, 2, 1], "B": [3]}
    assert found["A"].dead.tolist() == [True, False, True]
    assert list(read_failures(written(tmp_path, text))) == ["all"]


@pytest.mark.parametrize(
    ("text", "by", "complaints"),
    [
        ("", None, ["is empty", "years and dead"]),
        ("years,dead\n", None, ["no units"]),
        ("years,dead\n1,0\n2,0\n", None, ["none of its units died", "3 unit-years", "0.999 a year"]),
        ("year,dead\n1,0\n", None, ["line 1", "no column years or observed_years", "did you mean year?"]),
        ("years;dead\n1;0\n", None, ["no column years", "separate columns by commas"]),
        ("years,died\n1,0\n", None, ["no column dead"]),
        ("years,dead,years\n1,0,2\n", None, ["column years or observed_years stands there 2 times"]),
        ("years,dead\n1,1\n", "batch", ["no column batch", "it has: years, dead"]),
        ("years,dead,cause\n1,1,x\n", "cause", ["--by cause", "within each group anyway"]),
        ("years,dead\n1,1\n", "dead", ["--by dead", "not a group"]),
        ("years,dead\n1,1\n-2,1\n", None, ["line 3, column years = '-2'", "above 0 and at most 200"]),
        ("years,dead\n1,1\n0,1\nnan,1\ninf,0\n1e9,0\n1_0,0\nx,0\n,1\n", None,
         ["line 3", "line 4", "'nan'", "line 5", "line 6", "line 7", "line 8, column years = 'x'", "line 9"]),
        ("years,dead\n\n1,maybe\n", None, ["line 3, column dead = 'maybe'", "1, yes or true"]),
        ("years,dead\n1,1\n2\n", None, ["line 3", "the header has 2 columns, this line 1"]),
        ("years,dead\n" + "x,1\n" * 99, None, ["line 11,", "and more"]),
        (b"years,dead\n1,1\n2,\xff\n", None, ["0xff is not UTF-8"]),
        ("years,dead\n1,1\n2,\"1\n", None, ["is not valid CSV"]),
        ("years,dead,b\n" + "".join(f"1,1,{i}\n" for i in range(60)), "b", ["column b has more than 50 groups"]),
        ("years,dead,cause\n" + "".join(f"1,1,{i}\n" for i in range(60)), None, ["cause has more than 50 causes"]),
    ],
)  # fmt: skip
def test_each_fault_names_its_place(tmp_path: Path, text: str | bytes, by: str | None, complaints: list[str]) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as error:
        read_failures(path, by)
    message = str(error.value)
    for complaint in [str(path), *complaints]:
        assert complaint in message
    assert len(message.splitlines()) <= 11


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_failures(tmp_path / "none.csv")
    with pytest.raises(InputError, match="cannot be read"):
        read_failures(tmp_path)
    monkeypatch.setattr("sim.fit.failures.MAX_BYTES", 10)
    with pytest.raises(InputError, match="can be read"):
        read_failures(written(tmp_path, "years,dead\n1,1\n"))


def test_causes_are_fitted_with_the_others_censored(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    first, second = rng.exponential(1 / 0.1, 3000), rng.exponential(1 / 0.3, 3000)
    end = np.minimum(np.minimum(first, second), 2.0)
    rows = [
        f"{t:.6f},{int(t < 2)},{'' if t == 2 else 'a' if x < y else 'b'}"
        for t, x, y in zip(end, first, second, strict=True)
    ]
    group = fit_file(written(tmp_path, "years,dead,cause\n" + "\n".join(rows)))["groups"]["all"]
    assert list(group["causes"]) == ["a", "b"]
    assert sum(cause["deaths"] for cause in group["causes"].values()) == group["deaths"]
    for cause, rate in (("a", 0.1), ("b", 0.3)):
        found = group["causes"][cause]
        constant = next(entry for entry in found["candidates"] if entry["law"] == "exponential")
        assert constant["parameters"]["rate_per_year"] == pytest.approx(rate, rel=4 / math.sqrt(found["deaths"]))
        assert constant["p_value"] > 1e-3


def test_a_group_without_deaths_stands_beside_the_others(tmp_path: Path) -> None:
    path = written(tmp_path, "years,dead,b\n1,0,x\n2,0,x\n1,1,y\n")
    found = fit_file(path, "b")["groups"]
    assert (found["x"]["best"], found["x"]["verdict"], found["x"]["candidates"]) == (None, "no deaths", [])
    assert found["x"]["kaplan_meier"]["survival"] == [1]
    assert overlay("x", found["x"], "f.csv") == ""
    assert found["y"]["verdict"] == "too few deaths to test"
    json.dumps(found, allow_nan=False)


def test_long_curves_are_thinned(tmp_path: Path) -> None:
    years = np.sort(np.random.default_rng(2).uniform(0.1, 5, 7000)).tolist()
    path = written(tmp_path, "years,dead\n" + "".join(f"{year:.8f},1\n" for year in years))
    curve = fit_file(path)["groups"]["all"]["kaplan_meier"]
    assert len(curve["years"]) == 5000
    assert (curve["years"][0], curve["survival"][0]) == (0, 1)
    assert (curve["years"][-1], curve["survival"][-1]) == (pytest.approx(years[-1]), 0)


def test_names_of_overlays_are_plain_and_unlike() -> None:
    names = file_names(["old", "OLD", "../../etc", "a b", "a/b", "é"])
    assert list(names.values()) == [
        "overlay_old.yaml",
        "overlay_OLD-2.yaml",
        "overlay_etc.yaml",
        "overlay_a-b.yaml",
        "overlay_a-b-2.yaml",
        "overlay_group.yaml",
    ]
