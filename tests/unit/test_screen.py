"""Tables on the command line."""

from __future__ import annotations

from sim.cli.output import table_text


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
