"""What is reported of Starlink against the gas of its shell."""

from sim.verify.published import shortcomings
from sim.verify.sky import verify_sky


def test_conjunctions_and_manoeuvres_are_of_the_reported_order():
    found = verify_sky()
    assert len(found["rows"]) == 5
    assert not shortcomings(found)


def test_a_stricter_threshold_asks_for_more():
    rows = {row["name"]: row["value"] for row in verify_sky()["rows"]}
    by_year = [value for name, value in rows.items() if "manoeuvres" in name]
    assert by_year[0] < by_year[1] < by_year[2] == by_year[3]
