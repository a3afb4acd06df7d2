"""The page of a study: it says what the study says, shows it whole, and is safe to open."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from command_line import orbitfleet

import sim
from sim.cli.completion import PICTURES
from sim.experiment.envelope import Envelope
from sim.experiment.verdict import SUBJECTS, Verdict
from sim.parameters import TAGS
from sim.report import study_page
from sim.report.page import command_line, without_folders
from sim.report.pictures import CAPTIONS
from sim.report.words import ASKED, turning_point

EVIL = '"><img src=https://evil.example/x.png onerror=alert(2)> & {{ 7*7 }}'
CLOSING = '</style></p><style>@import "https://evil.example/y.css";</style><script>alert(1)</script>'
FRAME = '<iframe src="https://evil.example"></iframe>'
SCENARIO = f"""
extends: baseline
name: hostile
description: '{EVIL}'
notes: '{CLOSING}'
mission: {{start: 2027-01-01, years: 1}}
constellation: {{shells: [{{kind: walker, altitude_km: 550, inclination_deg: 53, planes: 2, satellites_per_plane: 3}}]}}
launch: {{lead_time_days: {{kind: constant, days: 20}}}}
workload: {{jobs: [{{gpus: 8, count: 4}}]}}
sources:
  satellite.mass_kg: {{tag: A, source: '{FRAME}', low: 1, high: 9000}}
"""
STRATEGIES = ("run_to_failure", "replace_on_failure", "batch")
COMPARED = {
    # heading of a column: the metric of summary.json, and the factor of its unit
    "compute availability": ("compute_availability", 100.0),
    "goodput": ("goodput", 100.0),
    "flights after deployment": ("launches", 1.0),
    "USD per useful GPU-hour": ("cost_per_useful_gpu_hour_usd", 1.0),
    "total cost, million USD": ("total_cost_usd", 1e-6),
    "uncredited, million USD": ("total_cost_uncredited_usd", 1e-6),
    "net cost, million USD": ("net_cost_usd", 1e-6),
    "net present value, million USD": ("net_present_value_usd", 1e-6),
    "kg of CO2 per useful GPU-hour": ("carbon_kg_per_useful_gpu_hour", 1.0),
}
NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?")


class Page(HTMLParser):
    """What a browser would find: tags with their attributes, text, and the tables by their heads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[list[list[str]]] = []
        self.texts: list[str] = []
        self._cell = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._cell = True
        elif tag == "small" and self._cell:
            self.tables[-1][-1][-1] += "\n"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._cell:
            self.tables[-1][-1][-1] += data

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("hostile")
    (path / "hostile.yaml").write_text(SCENARIO)
    line = ["--strategies", ",".join(STRATEGIES), "--replicates", "9", "--seed", "4", "--workers", "1"]
    orbitfleet("compare", path / "hostile.yaml", *line, "--out", path / "out")
    return path / "out"


@pytest.fixture(scope="module")
def study(folder):
    return sim.load_study(folder)


@pytest.fixture(scope="module")
def html(folder) -> str:
    orbitfleet("report", folder)
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html) -> Page:
    return Page(html)


@pytest.fixture(scope="module")
def summary(folder):
    return json.loads((folder / "summary.json").read_text())


def shown(cell: str) -> list[tuple[float, float]]:
    """(number, half of its last digit) of each number in a cell."""
    found = [text.replace(",", "") for text in NUMBER.findall(cell)]
    return [(float(text), 0.5 * 10.0 ** -len(text.partition(".")[2])) for text in found]


def assert_shows(cell: str, estimate: dict[str, float], factor: float, sign: float = 1.0) -> None:
    bounds = sorted([sign * estimate["ci_low"], sign * estimate["ci_high"]])
    numbers = shown(cell)
    assert len(numbers) == 3, cell
    for (number, half), value in zip(numbers, [sign * estimate["mean"], *bounds], strict=True):
        assert number == pytest.approx(value * factor, abs=half * 1.0001), (cell, estimate)
    assert ("*" in cell) == estimate["adjusted"]


def test_the_page_says_first_what_was_asked_and_found_and_then_how_sure_it_is(page, summary):
    order = ["Which of these 3", summary["verdict"], "How sure", "Warnings", "Tables", "Pictures", "What went in"]
    places = [page.text.index(text) for text in (" ".join(text.split()) for text in order)]
    anchors = page.text.index("Do it again")  # the list of contents names them once before
    assert places[:2] == sorted(places[:2])
    headings = [page.text.rindex(text) for text in (*order[2:], "Provenance", "Do it again")]
    assert headings == sorted(headings)
    assert headings[0] > places[1] > 0
    assert anchors > places[1]


def test_every_estimate_is_that_of_the_summary(page, summary):
    seen = set()
    for head, *rows in page.tables:
        if head[0] != "strategy" or "standing" in head:
            continue
        for name, *cells in rows:
            for heading, cell in zip(head[1:], cells, strict=True):
                metric, factor = COMPARED[heading]
                assert_shows(cell, summary["strategies"][name][metric], factor)
                seen.add((name, metric))
    assert seen == {(name, metric) for name in STRATEGIES for metric, _ in COMPARED.values()}


def test_every_difference_is_that_of_the_summary_the_other_way_round(page, summary):
    seen = set()
    for head, *rows in page.tables:
        if not head[0].startswith("difference"):
            continue
        for name, *cells in rows:
            later, earlier = name.split(" - ")
            for heading, cell in zip(head[1:], cells, strict=True):
                metric, factor = COMPARED[heading]
                assert_shows(cell, summary["differences"][metric][f"{earlier} - {later}"], factor, -1.0)
                seen.add((later, earlier, metric))
    assert len(seen) == 3 * len(COMPARED)


def test_the_table_of_the_verdict_begins_with_the_best_and_says_who_is_told_apart_from_it(page, summary):
    (table,) = [table for table in page.tables if table[0][-1] == "standing"]
    head, *rows = table
    metric, factor = COMPARED[head[1]]
    names = [row[0].partition("\n")[0] for row in rows]
    means = [summary["strategies"][name][metric]["mean"] for name in names]
    assert means == sorted(means)
    assert set(names) == set(STRATEGIES)
    assert f": {names[0]}," in summary["verdict"]
    for name, (_, own, away, standing) in zip(names, rows, strict=True):
        assert_shows(own, summary["strategies"][name][metric], factor)
        if name == names[0]:
            assert (away, standing) == ("-", "best")
            continue
        pairs = summary["differences"][metric]
        straight = f"{name} - {names[0]}" in pairs
        between = pairs[f"{name} - {names[0]}" if straight else f"{names[0]} - {name}"]
        assert_shows(away, between, factor, 1.0 if straight else -1.0)
        apart = between["ci_low"] > 0 or between["ci_high"] < 0
        assert standing == ("worse" if apart else "not told apart")


def test_where_the_gpu_hours_went_adds_up(page, study):
    (table,) = [table for table in page.tables if table[0][0] == "class"]
    for column, strategy in enumerate(table[0][1:], start=1):
        shares = {row[0].partition("\n")[0]: row[column] for row in table[1:]}
        useful = study.waterfall_shares()[strategy]["useful"]
        assert float(shares["useful"].removesuffix(" %")) == pytest.approx(100 * useful, abs=0.051)


def test_what_a_gpu_hour_costs_is_there_kind_by_kind_and_adds_up(page, study):
    (table,) = [table for table in page.tables if table[0][0] == "paid for, USD"]
    head, *kinds, total = table
    for column, strategy in enumerate(head[1:], start=1):
        assert float(total[column]) == pytest.approx(sum(study.spending[strategy].per_hour().values()), abs=6e-4)
        assert float(total[column]) == pytest.approx(sum(float(row[column]) for row in kinds), abs=0.002 * len(kinds))
    assert head[1:] == list(STRATEGIES)


def test_every_figure_stands_there_with_its_tag_and_source_assumptions_first(page, study):
    tables = [table for table in page.tables if table[0][0] == "figure"]
    rows = {path: (tag, source) for table in tables for path, _, _, tag, source in table[1:]}
    for figure in sim.sources(study.scenario):
        tag, source = rows.pop(figure.path)
        assert tag == (figure.tag or "-")
        assert source.removeprefix("default: ").startswith(figure.source)
    assert not rows
    assert {row[3] for row in tables[0][1:]} == {"A"}
    mass = next(row for row in tables[0][1:] if row[0] == "satellite.mass_kg")
    assert mass[1:3] == ["740", "1 to 9,000"]
    counts = {row[0]: int(row[2]) for table in page.tables if table[0][0] == "tag" for row in table[1:]}
    tags = [figure.tag or "-" for figure in sim.sources(study.scenario)]
    assert counts == {tag: tags.count(tag) for tag in [*TAGS, "-"] if tag in tags}
    assert next(iter(counts)) == "A"


def test_what_others_wrote_stands_there_as_text(page):
    assert {tag for tag, _ in page.tags} <= {
        *("html", "head", "meta", "title", "link", "style", "body", "header", "p", "h1", "h2", "h3", "div", "ul", "li"),
        *("a", "table", "thead", "tbody", "tr", "th", "td", "small", "span", "code", "wbr", "details", "summary"),
        *("figure", "figcaption", "strong", "img", "dl", "dt", "dd", "pre"),
    }
    assert [tag for tag, _ in page.tags].count("style") == 1
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
    for text in (EVIL, CLOSING, FRAME):
        assert text in page.text


def test_the_page_names_nothing_outside_itself(page, html):
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert ("meta", {"http-equiv": "Content-Security-Policy", "content": policy}) in page.tags
    addresses = [
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "action", "data", "poster", "background", "style")
    ]
    assert len(addresses) > 10
    assert all(address.startswith(("data:", "#")) for address in addresses)
    anchors = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert {address[1:] for address in addresses if address.startswith("#")} <= anchors
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert "url(" not in style
    assert "@import" not in style


def test_the_page_tells_nothing_of_the_machine(html, folder):
    command = json.loads((folder / "provenance.json").read_text())["command"]
    assert str(folder) in command  # so that it could have told
    for place in (folder, folder.parent, Path.cwd(), Path.home(), Path(sys.prefix), Path(sim.__file__).parent):
        assert f"{place}/" not in html, place
        assert f'"{place}' not in html, place
    assert "hostile.yaml" in html


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/home/ada/fleets/mine.yaml", "mine.yaml"),
        ("file=/tmp/a/b.csv, unit: hours", "file=b.csv, unit: hours"),
        (r"C:\Users\ada\mine.yaml", "mine.yaml"),
        ("~/fleets/mine.yaml", "mine.yaml"),
        ("'/srv/x y/z.yaml'", "'x y/z.yaml'"),
        ("300 USD/kg/yr, and/or 8/9", "300 USD/kg/yr, and/or 8/9"),
        ("https://a.example/b/c", "https://a.example/b/c"),
        ("doi 10.1111/j.2517-6161", "doi 10.1111/j.2517-6161"),
        ("configs/mine.yaml ../mine.yaml", "configs/mine.yaml ../mine.yaml"),
    ],
)
def test_absolute_paths_are_cut_down_to_names(text, left):
    assert without_folders(text) == left


def test_a_command_is_shown_as_it_is_typed():
    words = [
        "orbitfleet",
        "run",
        "/a b/c d.yaml",
        "--set",
        "a={kind: x, b: 'y'}",
        "--out=/e f/g/",
        "--strategy",
        "mine:Own",
    ]
    shown = command_line(words)
    assert shlex.split(shown) == [*words[:2], "c d.yaml", *words[3:5], "--out=g", *words[6:]]
    assert shown.endswith("--strategy mine:Own")


def test_the_same_study_gives_the_same_page(study, html):
    assert study_page(study) == html


def test_pictures_are_those_of_the_folder_and_drawn_anew_where_they_are_missing(folder, html, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / "losses.png").unlink()
    (copy / "satellite.png").write_bytes(b"<svg onload=alert(1)>" + (copy / "satellite.png").read_bytes()[21:])
    (copy / "waterfall.png").write_bytes((copy / "waterfall.png").read_bytes()[:-100])
    found = json.loads(orbitfleet("report", copy, "--json")[0])
    missing = {"losses", "satellite", "waterfall"}
    assert found["pictures"] == {name: "drawn" if name in missing else "found" for name in CAPTIONS}
    assert found["report"] == str(copy / "report.html")
    # Drawn by the same code from the same study they are the same bytes.
    assert (copy / "report.html").read_text(encoding="utf-8") == html


def test_every_picture_has_a_caption_and_every_verdict_a_question():
    assert set(CAPTIONS) == set(PICTURES)
    assert ASKED.keys() == SUBJECTS.keys()


def test_the_commands_on_the_page_make_the_results_again(html, summary, folder, tmp_path):
    lines = [shlex.split(line) for line in re.findall(r"<pre>(.*?)</pre>", html)]
    shutil.copy(folder / "scenario.yaml", tmp_path)
    orbitfleet(*lines[0][1:], cwd=tmp_path)
    again = json.loads((tmp_path / "again" / "summary.json").read_text())
    assert again["strategies"] == summary["strategies"]
    assert again["provenance"]["scenario_sha256"] == summary["provenance"]["scenario_sha256"]
    assert "--draws" in lines[1]  # it adds to the folder of the page: see test_draws_command
    for line in lines[2:-1]:
        assert orbitfleet(*line[1:], cwd=tmp_path)[0]
    assert lines[-1] == ["orbitfleet", "report", "."]
    orbitfleet(*lines[-1][1:], "--out", tmp_path / "page.html", cwd=folder)
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == html


def test_provenance_stands_there(page, summary):
    made_by = summary["provenance"]
    for value in (made_by["code_sha256"], made_by["scenario_sha256"], made_by["version"], made_by["packages"]["numpy"]):
        assert value in page.text
    assert "written by other code" not in page.text


def test_a_page_by_other_code_than_the_results_says_so(study):
    other = replace(study, provenance={**study.provenance, "code_sha256": "0" * 64})
    assert "written by other code" in Page(study_page(other)).text


@pytest.mark.parametrize(
    ("value", "best", "says"),
    [
        (2.0, "a", "worth $2.00: above $3.00 b is best."),
        (5.0, "b", "worth $5.00: below $3.00 a is best and above $10.00 c is best."),
        (12.0, "c", "worth $12.00: below $10.00 b is best."),
        (12.0, "b", ""),  # the verdict is not that of the means: then nothing is said
    ],
)
def test_where_the_verdict_turns_is_said(value, best, says):
    # Lines 100 - 10 v, 130 - 20 v and 330 - 40 v: they cross at 3 and at 10.
    cost, hours = {"a": 100.0, "b": 130.0, "c": 330.0}, {"a": 10.0, "b": 20.0, "c": 40.0}
    envelope = Envelope.of(*({name: np.full(3, number) for name, number in one.items()} for one in (cost, hours)))
    verdict = Verdict("net_cost_usd", best, (), (), "")
    assert turning_point(verdict, envelope, value).endswith(says)
    assert bool(turning_point(verdict, envelope, value)) == bool(says)
    assert not turning_point(replace(verdict, metric="compute_availability"), envelope, value)


def test_a_strategy_that_is_best_at_every_value_is_said_to_be():
    cost, hours = {"a": 100.0, "b": 130.0}, {"a": 20.0, "b": 10.0}
    envelope = Envelope.of(*({name: np.full(3, number) for name, number in one.items()} for one in (cost, hours)))
    verdict = Verdict("net_cost_usd", "a", (), (), "")
    assert turning_point(verdict, envelope, 2.0) == "a has the lowest net cost at every value of a GPU-hour."


def test_the_page_says_where_its_verdict_turns(study, page):
    value = study.scenario.service.value_usd_per_gpu_hour
    says = turning_point(study.verdicts()[-1], study.envelope(), value)
    assert says
    assert says in page.text


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["run", "hostile.yaml"], "of the planned GPUs could work, and a useful GPU-hour cost"),
        (["run", "hostile.yaml", "--set", "workload.jobs=[]"], "so no GPU-hour has a cost"),
        (
            ["compare", "hostile.yaml", "--strategies", "batch,run_to_failure", "--replicates", "1"],
            "in one replicate, which tells nothing apart",
        ),
        (
            ["compare", "hostile.yaml", "--strategies", "batch,run_to_failure", "--set", "workload.jobs=[]"],
            "keeps the most GPUs at work",
        ),
    ],
    ids=["one strategy", "no jobs", "one replicate", "compared without jobs"],
)
def test_smaller_studies_have_a_page_too(line, says, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("sim.cli.output.draw", lambda *_: [])
    monkeypatch.setattr("sim.plots.png", lambda _: b"")
    more = [] if "--replicates" in line else ["--replicates", "2"]
    orbitfleet(*line, *more, "--years", "0.3", "--workers", "1", "--out", tmp_path / "out", cwd=folder.parent)
    orbitfleet("report", tmp_path / "out")
    assert says in Page((tmp_path / "out" / "report.html").read_text(encoding="utf-8")).text


def test_a_new_run_takes_the_page_of_the_last_one_away(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("sim.cli.output.draw", lambda *_: [])
    line = ["run", "hostile.yaml", "--years", "0.3", "--workers", "1", "--out", tmp_path / "out"]
    orbitfleet(*line, cwd=folder.parent)
    (tmp_path / "out" / "report.html").write_text("of the run before")
    orbitfleet(*line, "--replicates", "2", cwd=folder.parent)
    assert not (tmp_path / "out" / "report.html").exists()


def test_without_a_folder_the_newest_results_are_taken(folder, html, tmp_path):
    shutil.copytree(folder, tmp_path / "results" / "z-older")
    shutil.copytree(folder, tmp_path / "results" / "a-newer")
    for name, seconds in (("z-older", 1_000), ("a-newer", 2_000)):
        (tmp_path / "results" / name / "report.html").unlink()
        os.utime(tmp_path / "results" / name / "summary.json", (seconds, seconds))
    out, _ = orbitfleet("report", cwd=tmp_path)
    assert "a-newer/report.html" in out
    assert (tmp_path / "results" / "a-newer" / "report.html").read_text(encoding="utf-8") == html
    assert not (tmp_path / "results" / "z-older" / "report.html").exists()


def test_what_cannot_be_reported_gets_one_message(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    for line, says in {
        ("empty",): "empty: not an output folder",
        ("nowhere",): "no such folder",
        (): "results: holds no results",
        (folder, "--out", "no/where.html"): "no: no such folder",
        (folder, "--out", "empty"): "empty: is a folder",
    }.items():
        _, err = orbitfleet("report", *line, code=3, cwd=tmp_path)
        (message,) = err.splitlines()
        assert says in message
    assert not list((tmp_path / "empty").iterdir())


def test_the_wheel_has_the_templates(tmp_path):
    root = Path(sim.__file__).parent.parent
    line = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(line, cwd=root, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    templates = {f"sim/report/templates/{path.name}" for path in (root / "sim/report/templates").iterdir()}
    assert len(templates) >= 5
    assert templates <= names
