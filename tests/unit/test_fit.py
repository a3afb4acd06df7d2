"""Reading failure logs, Kaplan-Meier by hand, and the parts of a report."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from sim.constants import DAYS_PER_YEAR
from sim.errors import InputError
from sim.fit import Columns, Sample, file_names, fit_file, fit_laws, kaplan_meier, overlay, read_failures
from sim.fit.fitted import log_likelihood
from sim.fit.goodness import distance
from sim.fit.report import guessed_resolution
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
    units = sample([1, 2], [1, 0])
    curve = kaplan_meier(units)
    law = Exponential(rate_per_year=0.1)
    assert distance(law, curve, units) == pytest.approx(float(law.survival(DAYS_PER_YEAR)) - 0.5)
    steep = Exponential(rate_per_year=2.0)
    assert distance(steep, curve, units) == pytest.approx(1 - math.exp(-2))  # just before the death at 1


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
    found = read_failures(written(tmp_path, text), Columns(by="batch"))
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
        ("years;died\n1;0\n", None, ["no column dead", "it has: years, died"]),
        ("years;dead\n1.234,5;1\n", None, ["line 2, column years = '1.234,5'"]),
        ("years,died\n1,0\n", None, ["no column dead"]),
        ("years,dead,years\n1,0,2\n", None, ["column years stands there 2 times"]),
        ("years,dead,observed_years\n1,0,2\n", None, ["both years and observed_years", "--time"]),
        ('years,dead\n"1,5",1\n', None, ["column years = '1,5'", "decimal point as a point: 1.5"]),
        ("power_on_hours,dead\n9,1\n", None, ["no column years", "--time power_on_hours --unit hours"]),
        ("years,dead\n,1\n1,\n", None, ["no units", "blank in each of its 2 rows"]),
        ("years,dead,entry\n1,1,1.5\n", None, ["column entry = '1.5'", "before the end of observation"]),
        ("years,dead\n1,1\n", "batch", ["no column batch", "it has: years, dead"]),
        ("years,dead,cause\n1,1,x\n", "cause", ["--by cause", "within each group anyway"]),
        ("years,dead\n1,1\n", "dead", ["--by dead", "not a group"]),
        ("years,dead\n1,1\n-2,1\n", None, ["line 3, column years = '-2'", "above 0 and at most 200"]),
        ("years,dead\n1,1\n0,1\nnan,1\ninf,0\n1e9,0\n1_0,0\nx,0\n,1\n", None,
         ["line 3", "line 4", "'nan'", "line 5", "line 6", "there is --unit", "line 7", "line 8, column years = 'x'"]),
        ("years,dead\n\n1,maybe\n", None, ["line 3, column dead = 'maybe'", "1, yes, true, dead or failed"]),
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
        read_failures(path, Columns(by=by))
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
    found = fit_file(path, Columns(by="b"))["groups"]
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


# Logs as they are kept


def test_ages_in_hours_words_for_the_event_and_blanks_left_out(tmp_path: Path) -> None:
    rows = [
        "unit,Power On Hours,Status",
        "a,8766,failed",
        "b,17532,Running",
        "c,,failed",
        "d,8766,n/a",
        "e,4383,censored",
    ]
    columns = Columns(time="power on hours", event="status", unit="hours")
    units = read_failures(written(tmp_path, "\n".join(rows)), columns)["all"]
    assert units.years.tolist() == pytest.approx([1, 2, 0.5])
    assert units.dead.tolist() == [True, False, False]
    assert units.skipped == 2
    assert fit_file(written(tmp_path, "\n".join(rows)), columns)["groups"]["all"]["skipped_rows"] == 2


def test_lives_between_dates_last_to_the_latest_date_of_the_file(tmp_path: Path) -> None:
    rows = [
        "serial,installed,removed,watched_from",
        "a,2020-01-01,2021-01-01,",
        "b,2020-01-01,,2022-01-01",
        "c,,2021-01-01,",
        "d,2022-12-31T08:00:00,2023-01-01,2022-12-31",
    ]
    path = written(tmp_path, "\n".join(rows))
    columns = Columns(start="installed", end="removed", entry="watched_from")
    units = read_failures(path, columns)["all"]
    assert (units.years * DAYS_PER_YEAR).tolist() == pytest.approx([366, 1096, 2 / 3])
    assert (units.entry * DAYS_PER_YEAR).tolist() == pytest.approx([0, 731, 0])
    assert units.dead.tolist() == [True, False, True]  # who has an end died
    assert units.skipped == 1
    with pytest.raises(InputError, match="column removed = '2021-01-01': must be after 2022"):
        read_failures(written(tmp_path, "\n".join([*rows, "e,2022-01-01,2021-01-01,"])), columns)
    with pytest.raises(InputError, match="go together"):
        read_failures(path, Columns(start="installed"))
    with pytest.raises(InputError, match="--unit fortnights: must be one of years"):
        read_failures(path, Columns(unit="fortnights"))


@pytest.mark.parametrize(
    "text",
    [
        "years;dead\n1,5;1\n2.5;0\n",
        "\ufeffyears\tdead\r\n1,5\t1\r\n2,5\t0\r\n",
        "sep=;\nyears;dead\n1,5;1\n2,5;0\n",
        "sep=,\nyears,dead\n1.5,1\n2.5,0\n",
    ],
)
def test_tables_as_spreadsheets_write_them(tmp_path: Path, text: str) -> None:
    units = read_failures(written(tmp_path, text))["all"]
    assert (units.years.tolist(), units.dead.tolist()) == ([1.5, 2.5], [True, False])


def test_times_of_day_and_time_zones_count(tmp_path: Path) -> None:
    rows = [
        "start,end",
        "2024-01-01T23:00:00-05:00,2024-01-02T10:00:00Z",
        "2024-01-01T00:00:00Z,2024-01-01 12:00",
        "2024-01-01,#N/A",
        "2024-01-01,NaT",
    ]
    units = read_failures(written(tmp_path, "\n".join(rows)), Columns(start="start", end="end"))["all"]
    assert (units.years * DAYS_PER_YEAR * 24).tolist() == pytest.approx([6, 12, 34, 34])
    assert units.dead.tolist() == [True, True, False, False]


def test_who_enters_late_counts_from_there() -> None:
    # at risk: at 1 two (the third enters at 1), at 2 two, at 3 one
    late = Sample.of([1, 2, 3], [1, 1, 1], [0, 0, 1])
    assert kaplan_meier(late).survival == pytest.approx([1, 1 / 2, 1 / 4, 0])
    assert late.unit_years == 5
    assert late.exposure(np.array([0.5, 1, 2, 9])).tolist() == [1, 2, 4, 5]
    law = Exponential(rate_per_year=0.2)
    assert log_likelihood(law, late) == pytest.approx(3 * math.log(0.2) - 0.2 * 5)
    by_kind = {fit.law.kind: fit.law for fit in fit_laws(late)}
    assert by_kind["exponential"].rate_per_year == pytest.approx(3 / 5)


def test_delayed_entry_gives_the_law_and_forgetting_it_does_not() -> None:
    rng = np.random.default_rng(3)
    lives, entry = 5.0 * rng.weibull(3.0, 40_000), rng.uniform(0, 4, 40_000)
    seen = lives > entry
    lives, entry = lives[seen], entry[seen]
    years, dead = np.minimum(lives, entry + 2.0), lives < entry + 2.0
    shape = [
        next(fit.law.shape for fit in fit_laws(Sample.of(years, dead, begun)) if fit.law.kind == "weibull")
        for begun in (entry, None)
    ]
    assert shape[0] == pytest.approx(3.0, abs=0.05)
    assert abs(shape[1] - 3.0) > 0.3


def test_ages_at_inspections_are_intervals() -> None:
    rng = np.random.default_rng(4)
    lives = 3.0 * rng.weibull(1.5, 3_000)
    years, dead = np.minimum(np.ceil(lives / 0.5) * 0.5, 4.0), lives < 4.0
    assert guessed_resolution(years, dead) == 0.5
    units = Sample.of(years, dead, resolution_years=0.5)
    fit = next(fit for fit in fit_laws(units) if fit.law.kind == "weibull")
    assert fit.law.shape == pytest.approx(1.5, abs=0.08)
    assert fit.law.scale_years == pytest.approx(3.0, abs=0.08)
    error = fit.standard_errors(units)["shape"]
    assert 0.01 < error < 0.04
    # Taken for exact, the ages are a quarter of a year too high.
    exact = next(fit for fit in fit_laws(Sample.of(years, dead)) if fit.law.kind == "weibull")
    assert exact.law.scale_years > 3.15
    law = Exponential(rate_per_year=0.4)
    by_hand = math.log(math.exp(-0.4) - math.exp(-0.6)) - 0.4 * 2
    assert log_likelihood(law, Sample.of([1.5, 2], [1, 0], resolution_years=0.5)) == pytest.approx(by_hand)


def test_who_enters_between_inspections_died_after_that() -> None:
    rng = np.random.default_rng(1)
    lives, entry = 4.0 * rng.weibull(2.0, 6_000), rng.uniform(0, 4, 6_000)
    seen = lives > entry
    lives, entry = lives[seen], entry[seen]
    dead = lives < 5.0
    units = Sample.of(np.where(dead, np.ceil(lives), 5.0), dead, entry, resolution_years=1.0)
    fit = next(fit for fit in fit_laws(units) if fit.law.kind == "weibull")
    errors = fit.standard_errors(units)
    assert abs(fit.law.shape - 2.0) < 3 * errors["shape"] < 0.2
    assert abs(fit.law.scale_years - 4.0) < 3 * errors["scale_years"] < 0.2
    law = Exponential(rate_per_year=0.4)
    by_hand = math.log(math.exp(-0.4 * 1.4) - math.exp(-0.4 * 2)) + 0.4 * 1.4 - 0.4 * 3
    one = Sample.of([2, 3], [1, 0], [1.4, 0], resolution_years=1.0)
    assert log_likelihood(law, one) == pytest.approx(by_hand)


def test_ties_on_a_grid_show_the_resolution() -> None:
    dead = np.ones(30, bool)
    assert guessed_resolution(np.repeat([0.3, 0.7, 1.1], 10), dead) == 0.1
    assert guessed_resolution(np.repeat(np.array([1, 2, 3]) / 12, 10), dead) == pytest.approx(1 / 12)
    assert guessed_resolution(np.random.default_rng(1).uniform(0, 5, 30), dead) == 0.0
    assert guessed_resolution(np.arange(1, 31) / 10, dead) == 0.0  # a grid, but nothing is tied


def test_few_that_fail_early_keep_the_law_within_its_range() -> None:
    units = sample([5.5e-5, 2.74e-4, 1.369e-3, 8.214e-3, 0.054757, *[1.0] * 2000], [1] * 5 + [0] * 2000)
    fit = next(fit for fit in fit_laws(units) if fit.law.kind == "weibull")
    assert fit.aic == pytest.approx(37.98, abs=0.05)
    expected = float(units.weight @ fit.law.cumulative_hazard(units.years * DAYS_PER_YEAR))
    assert expected == pytest.approx(5, rel=0.01)
    # All die at one of two ages: no shape is steep enough.
    steep = sample([1.0] * 30 + [1.0001] * 30, [1] * 60)
    assert next(fit for fit in fit_laws(steep) if fit.law.kind == "weibull").at_bound() == ["shape"]


@pytest.mark.parametrize(("shape", "count"), [(3.0, 100_000), (1.0, 100_000), (2.0, 300), (1.3, 3_000)])
def test_no_law_is_worse_than_its_own_special_cases(shape: float, count: int) -> None:
    rng = np.random.default_rng(5)
    lives, ends = 6.0 * rng.weibull(shape, count), rng.uniform(1, 6, count)
    found = {fit.law.kind: fit for fit in fit_laws(Sample.of(np.minimum(lives, ends), lives <= ends))}
    constant, weibull = found["exponential"].log_likelihood, found["weibull"].log_likelihood
    least = max(constant, weibull if found["weibull"].law.shape >= 1 else constant) - 1e-3
    assert found["weibull"].log_likelihood >= constant - 1e-6
    assert found["bathtub"].log_likelihood >= least
    assert found["delayed_onset"].log_likelihood >= (
        constant - 1e-6 if found["delayed_onset"].law.shape == 1 else least
    )


def test_the_overlay_follows_a_law_that_the_deaths_do_not_contradict(tmp_path: Path) -> None:
    found = fit_file(written(tmp_path, "years,dead\n" + "".join(f"{i / 7},{i % 2}\n" for i in range(1, 80))))
    group = found["groups"]["all"]
    kinds = [entry["law"] for entry in group["candidates"]]
    for entry in group["candidates"]:
        entry |= {"fits": entry is group["candidates"][2], "p_value": 0.2 if entry is group["candidates"][2] else 0.01}
    text = overlay("all", group, "log.csv")
    assert f"kind: {kinds[2]}" in text
    assert f"{kinds[0]} has the lowest AIC, but the deaths contradict it" in text
    group["candidates"][2] |= {"fits": False, "p_value": 0.01}
    text = overlay("all", group, "log.csv")
    assert f"kind: {kinds[0]}" in text
    assert "WARNING: the deaths contradict every law tried" in text
    assert "its own test rejects it" in text


@pytest.mark.parametrize("scale", [1e-12, 1e-8, 1e-6, 1e-4])
def test_lives_of_seconds_give_laws_that_a_scenario_may_have(scale):
    sample = Sample.of(scale * np.random.default_rng(1).weibull(0.7, 60), np.ones(60))
    found = fit_laws(sample)
    assert found
    for one in found:
        one.intervals(sample)


def test_lives_of_less_than_a_moment_are_refused():
    with pytest.raises(InputError, match=r"1e\+09 deaths a unit-year .* look at the unit of the ages"):
        fit_laws(Sample.of([1e-9], [1]))
