"""The ranges of physical quantities: what passes comes back, what does not is quoted."""

import numpy as np
import pytest

from sim.physics.checks import at_least, between, positive, positive_share

CHECKS = [between, at_least, positive, positive_share]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("value", [1, 0.5, [], [0.25, 1.0], np.full((2, 3), 0.5, dtype=np.float32), np.bool_(True)])
def test_what_is_in_range_comes_back_as_it_was(check, value):
    got = check("share", value)
    assert got.dtype == float
    assert got.tolist() == np.asarray(value, dtype=float).tolist()


def test_an_array_is_not_copied():
    whole = np.full(9, 0.5)
    assert all(check("share", whole) is whole for check in CHECKS)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("place", [0, 4, 8])
def test_a_lone_nan_is_refused_wherever_it_stands(check, place):
    value = np.full(9, 0.5)
    value[place] = np.nan
    with pytest.raises(ValueError, match="share = nan: must "):
        check("share", value.reshape(3, 3))


@pytest.mark.parametrize(
    ("check", "good", "bad", "words"),
    [
        (between, [0.0, 1.0], [-1e-9, 1.1, np.inf, -np.inf], "lie between 0 and 1"),
        (at_least, [0.0, 1e300], [-1e-9, np.inf, -np.inf], "be at least 0 and finite"),
        (positive, [1e-300, 1e300], [0.0, -1.0, np.inf], "be above 0 and finite"),
        (positive_share, [1e-300, 1.0], [0.0, 1.1, np.inf], "be above 0 and at most 1"),
    ],
)
def test_the_ends_of_each_range(check, good, bad, words):
    check("share", good)
    for each in bad:
        with pytest.raises(ValueError, match=f"^share = {each:g}: must {words}$"):
            check("share", [0.5, each, 0.5])
        with pytest.raises(ValueError, match=f"^share = {each:g}: must {words}$"):
            check("share", each)


def test_ranges_may_be_named_and_the_first_culprit_is_quoted():
    assert between("ap", 50.0, 4.0, 50.0) == at_least("ap", 50.0, 50.0) == 50.0
    with pytest.raises(ValueError, match=r"^ap = 80: must lie between 4 and 50, the range of the table$"):
        between("ap", [5.0, 80.0, 90.0], 4.0, 50.0, of="the range of the table")
    with pytest.raises(ValueError, match=r"^ap = 3: must be at least 4 and finite$"):
        at_least("ap", 3.0, 4.0)


def test_what_may_be_infinite():
    assert positive("rate_bps", np.inf, infinite=True) == np.inf
    for bad in (0.0, np.nan, -np.inf):
        with pytest.raises(ValueError, match=f"^rate_bps = {bad:g}: must be above 0$"):
            positive("rate_bps", [np.inf, bad], infinite=True)
