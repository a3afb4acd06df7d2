"""A shell from an element file: what parts its planes, whom it leaves out, and what is said of odd ones."""

import json

import numpy as np
import pytest

from sim.description import facts
from sim.environment import Environment
from sim.errors import InputError
from sim.scenario import load

FIELDS = {"ECCENTRICITY": 1e-4, "ARG_OF_PERICENTER": 90.0, "EPHEMERIS_TYPE": 0, "BSTAR": 0.0}


@pytest.fixture
def fleet_of(tmp_path):
    """Six planes of twelve, as kept in practice: nodes to 1 degree, altitudes to 5 km, and one stranger."""

    def make(epoch="2027-01-01T00:00:00", more=lambda records: [], **shell):
        luck = np.random.default_rng(1)
        records = [
            {
                **FIELDS,
                "OBJECT_NAME": f"FLEET {plane}-{slot}",
                "NORAD_CAT_ID": 70000 + 12 * plane + slot,
                "EPOCH": epoch,
                "INCLINATION": 53.0 + luck.normal(0, 0.02),
                "RA_OF_ASC_NODE": (60 * plane + luck.normal(0, 1.0)) % 360,
                "MEAN_ANOMALY": 30.0 * slot,
                "MEAN_MOTION": 15.2 + luck.normal(0, 0.01),
            }
            for plane in range(6)
            for slot in range(12)
        ]
        stranger = {"OBJECT_NAME": "STRANGER", "NORAD_CAT_ID": 99999, "RA_OF_ASC_NODE": 30.0, "INCLINATION": 53.0}
        records.append({**records[0], **stranger})
        records.extend(more(records))
        path = tmp_path / "fleet.json"
        path.write_text(json.dumps(records))
        shells = json.dumps([{"kind": "catalogue", "file": str(path), **shell}])
        settings = [f"constellation.shells={shells}", "constellation.spare_berths_per_plane=0", "workload.jobs=[]"]
        return load("baseline", set_=[*settings, "mission.start=2027-01-01", "mission.years=0.2"])

    return make


def test_gaps_part_the_planes_and_the_stranger_is_left_out(fleet_of):
    wide = {"raan_gap_deg": 10, "mean_motion_gap_rev_per_day": 0.1}
    assert len(Environment.build(fleet_of()).planes) > 7  # the default gaps part what wanders
    found = facts(fleet_of(**wide))
    assert [plane["satellites"] for plane in found["planes"]].count(12) == 6
    told = [text for text in found["warnings"] if "STRANGER (99999)" in text]
    assert len(told) == 1
    assert "1 of 7 planes" in told[0]
    for name in ("stranger", "99999"):
        alone = facts(fleet_of(**wide, exclude=[name]))
        assert [plane["satellites"] for plane in alone["planes"]] == [12] * 6
        assert not any("typical" in text for text in alone["warnings"])
    with pytest.raises(InputError, match="exclude: no object is called, or numbered, NOBODY"):
        Environment.build(fleet_of(exclude=["nobody"]))


def test_elements_far_from_the_mission_are_named(fleet_of):
    assert not any("away from" in text for text in facts(fleet_of())["warnings"])
    told = [text for text in facts(fleet_of("2026-06-01T00:00:00"))["warnings"] if "away from" in text]
    assert len(told) == 1
    assert "elements of 73 of 73 objects" in told[0]
    assert "214 days" in told[0]


def test_of_an_object_s_history_one_set_counts(fleet_of):
    wide = {"raan_gap_deg": 10, "mean_motion_gap_rev_per_day": 0.1, "exclude": ["stranger"]}

    def history(records):  # a week before, when all were elsewhere, and the same sets once more
        return [{**one, "EPOCH": "2026-12-25T00:00:00", "MEAN_ANOMALY": 7.0} for one in records] + records[:5]

    once, several = facts(fleet_of(**wide)), facts(fleet_of(more=history, **wide))
    assert several["planes"] == once["planes"]
    told = [text for text in several["warnings"] if "left out" in text]
    assert len(told) == 1
    assert "77 of 149 element sets left out" in told[0]
    # Another place at the same epoch is another satellite, whatever its number, and is named.
    doubled = facts(fleet_of(more=lambda records: [{**records[3], "MEAN_ANOMALY": 100.0}], **wide))
    assert sum(plane["satellites"] for plane in doubled["planes"]) == 73
    assert any("catalogue number 70003 stands at several" in text for text in doubled["warnings"])


@pytest.mark.parametrize("name", ["x" * 1000, "a\ud800", "a\x00"])
def test_a_name_that_no_file_can_have_is_refused(name):
    shells = [{"kind": "catalogue", "file": name}]
    with pytest.raises(InputError, match=r"shells.0.file = .*: must be the path of a file"):
        load("baseline", set_=[f"constellation.shells={json.dumps(shells)}"])
