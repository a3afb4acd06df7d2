import numpy as np
import pytest

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


def test_many_rows_at_once_are_those_appended_one_by_one():
    days, berths = [5.0, 2.0, 2.0], [7, 8, 9]
    one, many = EventRecorder(), EventRecorder()
    for day, berth in zip(days, berths, strict=True):
        one.append(day, EventKind.GPU_FAILED, cause=Cause.DOSE, plane=1, berth=berth, gpus=-1, amount=0.5, design=2)
    many.extend(
        3, time_days=days, kind=EventKind.GPU_FAILED, cause=Cause.DOSE, plane=1, berth=berths, gpus=-1, amount=0.5,
        design=2,
    )  # fmt: skip
    for column in COLUMNS:
        assert getattr(many.finish(), column).tolist() == getattr(one.finish(), column).tolist(), column
        assert getattr(many.finish(), column).dtype == getattr(one.finish(), column).dtype, column


def test_columns_not_given_are_blank_as_in_a_single_row():
    one, many = EventRecorder(), EventRecorder()
    one.append(1.0, EventKind.STORM)
    many.extend(1, time_days=1.0, kind=EventKind.STORM)
    for column in COLUMNS:
        assert getattr(many.finish(), column).tolist() == getattr(one.finish(), column).tolist(), column


def test_rows_come_in_order_of_time_and_then_in_that_of_writing():
    recorder = EventRecorder()
    recorder.append(2.0, EventKind.LOST, berth=0)
    recorder.extend(2, time_days=[3.0, 2.0], kind=EventKind.LOST, berth=[1, 2])
    recorder.append(2.0, EventKind.LOST, berth=3)
    recorder.extend(2, time_days=[2.0, 1.0], kind=EventKind.LOST, berth=[4, 5])
    recorder.append(0.5, EventKind.LOST, berth=6)
    log = recorder.finish()
    assert log.time_days.tolist() == [0.5, 1.0, 2.0, 2.0, 2.0, 2.0, 3.0]
    assert log.berth.tolist() == [6, 5, 0, 2, 3, 4, 1]


def test_no_rows_at_once_are_none():
    recorder = EventRecorder()
    recorder.extend(0, time_days=np.empty(0), kind=EventKind.LOST)
    assert len(recorder.finish()) == 0


def test_a_column_of_another_length_is_refused():
    with pytest.raises(ValueError, match="time_days must be one value or 3"):
        EventRecorder().extend(3, time_days=[1.0, 2.0], kind=EventKind.LOST)


def test_the_latest_rows_are_those_written_last():
    recorder = EventRecorder()
    assert recorder.latest(3) == []
    recorder.append(0.0, EventKind.LAUNCHED, cause=Cause.DEPLOYMENT)
    recorder.append(4.0, EventKind.LOST)
    recorder.extend(1, time_days=9.0, kind=EventKind.STORM)
    recorder.append(3.0, EventKind.BUS_FAILED, cause=Cause.DOSE)
    assert recorder.latest(2) == [(9.0, EventKind.STORM, Cause.NONE), (3.0, EventKind.BUS_FAILED, Cause.DOSE)]
    assert len(recorder.latest(9)) == 4


def test_numbers_of_kinds_and_causes_are_part_of_the_file_format():
    assert [kind.value for kind in EventKind] == list(range(1, 67))
    assert [cause.value for cause in Cause] == list(range(26))
    later = ["SOFT_INTERRUPTED", "SWITCHED_IN", "STOOD_STILL", "STORM", "GROUP_FAILED", "TRAY_OFF"]
    assert [EventKind(number).name for number in range(24, 30)] == later
    causes = ["RESET", "WARNING", "DOSE", "TRAY", "PUNCTURE", "TOO_FEW_GPUS", "STAND_OFF", "LOSS", "STOCK"]
    assert [Cause(number).name for number in range(13, 22)] == causes
    # A scenario's own causes begin beyond all of these, and their column holds a byte.
    assert NAMED == 64
    assert max(Cause) < NAMED


def test_planned_ends_are_those_that_somebody_decided():
    assert {cause.name for cause in PLANNED} == {"END_OF_LIFE", "REPLACED", "STRATEGY", "PROPELLANT", "TOO_FEW_GPUS"}
