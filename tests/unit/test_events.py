import numpy as np

from sim.events import COLUMNS, NAMED, NONE, PLANNED, Cause, EventKind, EventRecorder


def recorded():
    recorder = EventRecorder()
    recorder.append(0.0, EventKind.LAUNCHED, cause=Cause.DEPLOYMENT, plane=0, satellite=0, amount=2)
    recorder.append(0.0, EventKind.DELIVERED, plane=0, berth=1, satellite=0, satellites=1, gpus=4)
    recorder.append(3.5, EventKind.LOST, job=2, amount=1.25)
    recorder.append(4.5, EventKind.LOST, job=2, amount=0.5)
    return recorder.finish()


def test_rows_become_columns_with_blanks_where_nothing_was_said():
    log = recorded()
    assert len(log) == 4
    assert log.kind.tolist() == [EventKind.LAUNCHED, EventKind.DELIVERED, EventKind.LOST, EventKind.LOST]
    assert log.berth.tolist() == [NONE, 1, NONE, NONE]
    assert log.job.tolist() == [NONE, NONE, 2, 2]
    assert log.gpus.tolist() == [0, 4, 0, 0]
    assert {name: getattr(log, name).dtype for name in ("time_days", "kind", "plane", "amount")} == {
        "time_days": np.dtype(float),
        "kind": np.dtype(np.uint8),
        "plane": np.dtype(np.int32),
        "amount": np.dtype(float),
    }


def test_counts_totals_and_selections():
    log = recorded()
    assert log.count(EventKind.LOST) == 2
    assert log.total(EventKind.LOST) == 1.75
    assert log.total(EventKind.ORDERED) == 0
    assert log.where(EventKind.LAUNCHED, EventKind.LOST).time_days.tolist() == [0, 3.5, 4.5]


def test_an_empty_log_has_all_its_columns():
    log = EventRecorder().finish()
    assert len(log) == 0
    assert all(len(getattr(log, column)) == 0 for column in COLUMNS)


def test_numbers_of_kinds_and_causes_are_part_of_the_file_format():
    assert [kind.value for kind in EventKind] == list(range(1, 30))
    assert [cause.value for cause in Cause] == list(range(20))
    later = ["SOFT_INTERRUPTED", "SWITCHED_IN", "STOOD_STILL", "STORM", "GROUP_FAILED", "TRAY_OFF"]
    assert [EventKind(number).name for number in range(24, 30)] == later
    causes = ["RESET", "WARNING", "DOSE", "TRAY", "PUNCTURE", "TOO_FEW_GPUS", "STAND_OFF"]
    assert [Cause(number).name for number in range(13, 20)] == causes
    # A scenario's own causes begin beyond all of these, and their column holds a byte.
    assert NAMED == 64
    assert max(Cause) < NAMED


def test_planned_ends_are_those_that_somebody_decided():
    assert {cause.name for cause in PLANNED} == {"END_OF_LIFE", "REPLACED", "STRATEGY", "PROPELLANT", "TOO_FEW_GPUS"}
