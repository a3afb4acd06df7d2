import pytest

from sim.streams import Streams


def draws(seed=1, replicate=0, purpose="order", key=(1, 2)):
    return Streams(seed, replicate).of(purpose, *key).random(4).tolist()


def test_a_name_gives_the_same_draws_whatever_was_asked_before():
    streams = Streams(1, 0)
    streams.of("flight", 9).random(100)
    assert streams.of("order", 1, 2).random(4).tolist() == draws()


@pytest.mark.parametrize(
    "other", [{"seed": 2}, {"replicate": 1}, {"purpose": "flight"}, {"key": (2, 1)}, {"key": (1,)}, {"key": (1, 2, 0)}]
)
def test_every_part_of_the_name_counts(other):
    assert draws(**other) != draws()


def test_a_name_is_given_once():
    streams = Streams(1, 0)
    streams.of("births", 0, 0, 0, 1)
    streams.of("births", 0, 0, 0, 0)
    with pytest.raises(ValueError, match=r"stream births\(0, 0, 0, 1\) is already in use"):
        streams.of("births", 0, 0, 0, 1)
