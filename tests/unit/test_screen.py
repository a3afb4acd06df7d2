"""Text and tables on the command line."""

from __future__ import annotations

import os

import pytest

from sim.cli.screen import NARROWEST, say, screen_width, table_text
from sim.text import folded


def test_columns_are_as_wide_as_their_widest_cell_and_aligned():
    text = table_text(["law", "a\nyear", "note"], [["weibull", "1.5", "[0 1]"], ["x", "12.25", ":smile:"]], left="lrl")
    assert text.splitlines() == [
        "             a",
        "law       year  note",
        "weibull    1.5  [0 1]",
        "x        12.25  :smile:",
    ]


def test_a_table_is_the_same_on_every_screen(monkeypatch):
    rows = [["name " * 20, "1" * 80], ["[red]b", "2"]]
    before = table_text(["one", "two"], rows)
    for name, value in (("COLUMNS", "20"), ("FORCE_COLOR", "1"), ("NO_COLOR", "1"), ("TERM", "dumb")):
        monkeypatch.setenv(name, value)
        assert table_text(["one", "two"], rows) == before
    assert max(map(len, before.splitlines())) == 100 + 2 + 80
    assert "\x1b" not in before


def test_a_table_may_have_no_headings():
    assert table_text([], [("events", "12"), ("p", "0.5")], left="ll") == "events  12\np       0.5"


def test_a_table_may_be_empty():
    assert table_text([], []) == ""
    assert table_text(["one", "two"], []) == "one  two"


WIDE = ["strategy", "availability", "cost"], [["run_to_failure", "71.2", "1,234.5"], ["batch", "80", "99"]]


def test_columns_that_do_not_fit_follow_below_with_the_first():
    assert table_text(*WIDE, left="lrr", width=30).splitlines() == [
        "strategy        availability",
        "run_to_failure          71.2",
        "batch                     80",
        "",
        "strategy           cost",
        "run_to_failure  1,234.5",
        "batch                99",
    ]
    assert table_text(*WIDE, left="lrr", width=37) == table_text(*WIDE, left="lrr")


def test_each_part_of_a_wide_table_has_all_the_columns_that_say_what_a_row_is():
    rows = [["100", "2.5", "12,345", "batch"], ["100", "4.2", "12,345", "run_to_failure"]]
    assert table_text(["price", "worth", "cost", "best"], rows, width=24, keys=2).splitlines() == [
        "price  worth    cost",
        "  100    2.5  12,345",
        "  100    4.2  12,345",
        "",
        "price  worth            best",
        "  100    2.5           batch",
        "  100    4.2  run_to_failure",
    ]


def test_long_text_in_a_cell_is_broken_between_what_belongs_together():
    rows = [["weibull", "shape\u00a01.25\u00a0±\u00a00.03, scale\u00a07.5\u00a0±\u00a00.2, lost\u00a00.01"]]
    text = table_text(["law", "parameters"], rows, left="ll", width=36)
    assert text.splitlines() == [
        "law      parameters",
        "weibull  shape 1.25 ± 0.03,",
        "         scale 7.5 ± 0.2, lost 0.01",
    ]
    assert table_text(["law", "parameters"], rows, left="ll").splitlines()[1].endswith("scale 7.5 ± 0.2, lost 0.01")


def test_the_width_is_that_of_columns_or_of_a_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "72")
    assert screen_width() == 72
    monkeypatch.setenv("COLUMNS", "7")
    assert screen_width() == NARROWEST
    for nothing in ("", "0", "wide"):
        monkeypatch.setenv("COLUMNS", nothing)
        assert screen_width() is None  # stdout is captured
    monkeypatch.delenv("COLUMNS")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((66, 24)))
    assert screen_width() == 66


def test_lines_are_folded_on_a_narrow_screen_only(monkeypatch, capsys):
    line = "    " + "word " * 20 + "a:\u00a012 kg"
    monkeypatch.delenv("COLUMNS", raising=False)
    say(line)
    assert capsys.readouterr().out == "    " + "word " * 20 + "a: 12 kg\n"
    monkeypatch.setenv("COLUMNS", "60")
    say(line)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 60
    assert all(part.startswith("    word") for part in lines)
    assert lines[-1].endswith("a: 12 kg")


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("  ! one two three four", ["  ! one two", "    three four"]),
        ("  * one two three four", ["  * one two", "    three four"]),
        ("unit   one two three", ["unit   one two", "       three"]),
        ("one two three 4 kilo", ["one two three", "4 kilo"]),
        ("", [""]),
    ],
)
def test_broken_lines_are_indented_as_far_as_the_text_of_the_first(line, lines):
    assert list(folded([line], 15)) == lines
