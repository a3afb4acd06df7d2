"""What a study says on stderr where no terminal is."""

import sys

import pytest

from sim.cli.progress import progress, progress_lines, time_left


def lines_of(*calls):
    """The lines of calls (second, done, total)."""
    written, now = [], [0.0]
    update = progress_lines(written.append, lambda: now[0])
    for second, done, total in calls:
        now[0] = second
        update(done, total)
    return written


def test_a_line_every_half_minute_says_how_many_and_how_long():
    calls = [(second, second // 4, 60) for second in range(0, 241, 4)]
    written = lines_of(*calls)
    assert len(written) == 7
    assert written[0] == "orbitfleet: 8 of 60 replicates, about 3 min left"
    assert written[-1] == "orbitfleet: 56 of 60 replicates, about 20 s left"


def test_a_short_study_says_nothing():
    assert not lines_of((0, 0, 3), (5, 1, 3), (10, 2, 3), (40, 3, 3))


def test_replicates_of_the_folder_took_no_time():
    assert lines_of((0, 50, 60), (60, 52, 60)) == ["orbitfleet: 52 of 60 replicates, about 4 min left"]


def test_a_call_without_anything_done_divides_by_nothing():
    assert not lines_of((0, 5, 60), (100, 5, 60))


@pytest.mark.parametrize(
    ("seconds", "text"), [(2, "10 s"), (44, "40 s"), (94, "90 s"), (96, "2 min"), (3500, "58 min"), (9000, "2.5 h")]
)
def test_time_left_is_round(seconds, text):
    assert time_left(seconds) == text


@pytest.mark.parametrize("as_json", [False, True])
def test_lines_go_to_stderr_and_so_does_what_a_strategy_prints(as_json, capsys, monkeypatch):
    clock = iter([0.0, 31.0])
    monkeypatch.setattr(progress_lines, "__defaults__", (lambda: next(clock),))
    with progress(as_json) as update:
        update(0, 10)
        update(1, 10)
        print("from a strategy")
    printed = capsys.readouterr()
    assert not printed.out
    assert printed.err == "orbitfleet: 1 of 10 replicates, about 5 min left\nfrom a strategy\n"
    assert sys.stdout is not sys.stderr
