"""`--draws` on the command line, the list of what it draws, and the page of a study that has draws."""

from __future__ import annotations

import html
import json
import re

import pytest
from command_line import orbitfleet

STRATEGIES = ("run_to_failure", "replace_on_failure")
SCENARIO = """
extends: baseline
name: small
mission: {start: 2027-01-01, years: 0.5}
constellation: {shells: [{kind: walker, altitude_km: 550, inclination_deg: 53, planes: 1, satellites_per_plane: 3}]}
launch: {lead_time_days: {kind: constant, days: 20}}
workload: {jobs: [{gpus: 8, count: 4}]}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("draws")
    (path / "small.yaml").write_text(SCENARIO)
    (path / "ranges.yaml").write_text(
        "economics.gpu_usd: {low: 1000, high: 90000}\neconomics.insurance.launch_share:\n"
    )
    return path


def compare(folder, out, *options, code=0):
    line = ["--strategies", ",".join(STRATEGIES), "--replicates", "3", "--workers", "1", "--out", out]
    return orbitfleet("compare", "small.yaml", *line, *options, code=code, cwd=folder)


@pytest.fixture(scope="module")
def told(folder):
    return json.loads(compare(folder, "own", "--draws", "4", "--beliefs", "ranges.yaml", "--json")[0])


def text_of(page):
    page = re.sub(r"<style>.*?</style>|data:image[^\"]*", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_a_file_gives_ranges_and_those_of_sources(told):
    drawn = {one["paths"][0]: (one["low"], one["high"]) for one in told["beliefs"]["inputs"]}
    assert drawn == {"economics.gpu_usd": (1000, 90000), "economics.insurance.launch_share": (0.03, 0.1)}
    for name in STRATEGIES:
        cost = told["strategies"][name]["total_cost_usd"]
        assert cost["total_low"] < cost["ci_low"] < cost["ci_high"] < cost["total_high"]
    assert "total_low" not in told["variance_reduction"]
    assert {row["strategy"] for row in told["p_best_over_beliefs"]["net_cost_usd"]} == set(STRATEGIES)


def test_the_table_names_what_was_drawn_and_run_has_draws_too(folder):
    line = ["--draws", "4", "--beliefs", "economics.insurance,economics.discount", "--latin", "--replicates", "2"]
    text, _ = orbitfleet("run", "small.yaml", *line, "--workers", "1", "--out", "run", cwd=folder)
    assert "4 draws of 4 figures" in text or "4 draws of economics.insurance.launch_share" in text
    assert "by luck and beliefs" in text


def test_the_page_shows_both_intervals_and_how_to_draw_again(folder, told):
    orbitfleet("report", "own", cwd=folder)
    page = text_of((folder / "own" / "report.html").read_text(encoding="utf-8"))
    assert "What luck and beliefs leave open" in page
    assert "Beliefs: 4 draws of economics.gpu_usd and economics.insurance.launch_share" in page
    assert told["verdict_over_beliefs"] in page
    answer = page.partition(" Answer ")[2].partition(" strategy ")[0]
    share = re.fullmatch(r".* over beliefs: (\w+|.+ each) in (.*)\.", told["verdict_over_beliefs"])
    assert share
    if share[1] == told["ranking"]["net_cost_usd"][0]["strategy"]:
        assert answer.endswith(f"Over what is believed of the inputs {share[1]} is best in {share[2]}.")
    assert "% of the draws" in answer
    assert "net cost, million USD [95 % by luck]" in page
    assert "of the prices, failure rates and sizes put into it" not in page
    # The ranges of a file are not those of the scenario: no command in the folder would draw them again.
    assert "--draws" not in page.partition("Do it again In")[2]


def test_the_page_of_a_study_without_draws_says_how_to_have_them(folder):
    compare(folder, "plain")
    orbitfleet("report", "plain", cwd=folder)
    page = text_of((folder / "plain" / "report.html").read_text(encoding="utf-8"))
    assert "The intervals are of luck alone." in page
    found = re.search(r"orbitfleet (compare scenario\.yaml [^:]*?--draws) 40 --out \.", page)
    assert found
    assert "median of draws" not in page
    # The command works, with fewer draws, and the page then has the command that draws the same again.
    orbitfleet(*found[1].split(), "4", "--beliefs", "economics.insurance", "--out", ".", cwd=folder / "plain")
    orbitfleet("report", ".", cwd=folder / "plain")
    page = text_of((folder / "plain" / "report.html").read_text(encoding="utf-8"))
    paths = "economics.insurance.launch_share,economics.insurance.orbit_share_per_year"
    assert f"--draws 4 --beliefs {paths} --out again" in page


def test_the_list_says_what_is_drawn_by_what_law_and_what_is_not(folder):
    text, _ = orbitfleet("sources", "small.yaml", "--drawn", cwd=folder)
    told = json.loads(orbitfleet("sources", "small.yaml", "--drawn", "--json", cwd=folder)[0])
    assert f"{len(told['inputs'])} figures are drawn." in text
    assert re.search(r"radiation\.trapped_factor +1 +0\.5 to 2, log_uniform", text)
    assert "satellite.gpus: how many there are is decided, not believed" in text
    assert {"path": "satellite.gpus", "why": "how many there are is decided, not believed"} in told["not_drawn"]
    said = orbitfleet("sources", "small.yaml", "--drawn", "--tag", "A", code=2, cwd=folder)[1]
    assert "leave one out" in " ".join(said.replace("│", " ").split())


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--beliefs", "economics"], "add --draws 40"),
        (["--latin"], "add --draws 40"),
        (["--draws", "1"], "draws 1: must be 0, or 2"),
        (["--draws", "3", "--beliefs", "econmics"], "econmics: names no figure of the scenario"),
        (["--draws", "3", "--beliefs", ","], "name paths"),
        (["--draws", "3", "--beliefs", "none.yaml"], "none.yaml: no such file"),
        (["--draws", "3", "--beliefs", "list.yaml"], "must be a list of paths, or a mapping"),
        (["--draws", "3", "--beliefs", "range.yaml"], "must be a mapping with low, high"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(folder, options, problem):
    (folder / "list.yaml").write_text("7\n")
    (folder / "range.yaml").write_text("economics.gpu_usd: 7\n")
    line = ["--replicates", "1", "--workers", "1", "--out", "refused"]
    assert problem in orbitfleet("run", "small.yaml", *line, *options, code=3, cwd=folder)[1]
