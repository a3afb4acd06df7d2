"""Element files: what is read equals what sgp4 reads, and what is wrong is named."""

import csv
import io
import json
import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import sgp4
from sgp4 import omm
from sgp4.api import WGS72, Satrec
from sgp4.io import fix_checksum

from sim.ephemeris import (
    CatalogueEntry,
    circular_elements,
    elements_at,
    group_into_planes,
    julian_date,
    read_catalogue,
    station_kept,
)
from sim.errors import InputError
from sim.physics.orbit import walker_raan_and_phase

VALLADO = Path(sgp4.__file__).parent / "SGP4-VER.TLE"  # the verification sets of AIAA 2006-6753
FIELDS = {
    "OBJECT_NAME": "STATION",
    "OBJECT_ID": "1998-067A",
    "EPOCH": "2026-11-22T12:34:56.789012",
    "MEAN_MOTION": 15.49,
    "ECCENTRICITY": 0.0007,
    "INCLINATION": 51.64,
    "RA_OF_ASC_NODE": 211.5,
    "ARG_OF_PERICENTER": 87.25,
    "MEAN_ANOMALY": 310.0,
    "EPHEMERIS_TYPE": 0,
    "CLASSIFICATION_TYPE": "U",
    "NORAD_CAT_ID": 25544,
    "ELEMENT_SET_NO": 999,
    "REV_AT_EPOCH": 12345,
    "BSTAR": 0.00012,
    "MEAN_MOTION_DOT": 0.0001,
    "MEAN_MOTION_DDOT": 0,
}


def as_csv(record):
    text = io.StringIO()
    writer = csv.DictWriter(text, record)
    writer.writeheader()
    writer.writerow(record)
    return text.getvalue()


def as_xml(record):
    def leaves(*keys):
        return "".join(f"<{key}>{record[key]}</{key}>" for key in keys)

    keys = list(record)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ndm><omm id="CCSDS_OMM_VERS" version="3.0"><body><segment><metadata>'
        f"{leaves(*keys[:2])}</metadata><data><meanElements>{leaves(*keys[2:9])}</meanElements>"
        f"<tleParameters>{leaves(*keys[9:])}</tleParameters></data></segment></body></omm></ndm>"
    )


FORMATS = {"json": lambda record: json.dumps([record]), "csv": as_csv, "xml": as_xml}


def read(tmp_path, content):
    path = tmp_path / "sets.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_catalogue(path)


def vallado_lines():
    """The element lines of the file, cut to 69 columns; three of its sets carry wrong checksums on purpose."""
    return [fix_checksum(line[:68]) for line in VALLADO.read_text().splitlines() if line[:2] in ("1 ", "2 ")]


def test_two_line_sets_are_read_as_sgp4_reads_them(tmp_path):
    lines = vallado_lines()
    entries = read(tmp_path, "\n".join(lines))
    assert len(entries) == 33
    for entry, first, second in zip(entries, lines[::2], lines[1::2], strict=True):
        model, elements = Satrec.twoline2rv(first, second, WGS72), entry.elements
        ours = [elements.inclination_rad, elements.raan_rad, elements.eccentricity, elements.argument_of_perigee_rad]
        ours += [elements.mean_anomaly_rad, elements.mean_motion_rad_per_min, entry.bstar, entry.norad_id]
        theirs = [
            model.inclo,
            model.nodeo,
            model.ecco,
            model.argpo,
            model.mo,
            model.no_kozai,
            model.bstar,
            model.satnum,
        ]
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-15)
        assert abs(elements.epoch_jd - model.jdsatepoch - model.jdsatepochF) < 1e-9  # a Julian date in one float


def test_published_verification_file_has_a_wrong_checksum():
    with pytest.raises(InputError, match=r"SGP4-VER\.TLE: line 100, column 69 = '4': the checksum of this line is 2"):
        read_catalogue(VALLADO)


def test_names_stand_in_front_of_their_sets(tmp_path):
    a, b, c, d = vallado_lines()[:4]
    entries = read(tmp_path, f"0 VANGUARD 1\r\n{a}\r\n{b}\r\n\r\n# note\nDSCS 2-1    \n{c}\n{d}\n")
    assert [(e.name, e.norad_id, e.object_id) for e in entries] == [
        ("VANGUARD 1", 5, "1958-002B"),
        ("DSCS 2-1", 4632, "1970-093B"),
    ]


@pytest.mark.parametrize(("digits", "year"), [("57", 1957), ("99", 1999), ("00", 2000), ("56", 2056)])
def test_two_digit_years_turn_with_the_first_satellite(tmp_path, digits, year):
    first, second = vallado_lines()[:2]
    first = fix_checksum(f"{first[:18]}{digits}001.00000000{first[32:68]}")
    epoch_jd = read(tmp_path, f"{first}\n{second}")[0].elements.epoch_jd
    assert epoch_jd == julian_date(date(year, 1, 1))


def test_five_characters_hold_numbers_past_99999(tmp_path):
    first, second = (fix_checksum(line[:2] + "Z9999" + line[7:68]) for line in vallado_lines()[:2])
    assert read(tmp_path, f"{first}\n{second}")[0].norad_id == 339999


@pytest.mark.parametrize("name", FORMATS)
def test_orbit_mean_elements_are_read_as_sgp4_reads_them(tmp_path, name):
    (entry,) = read(tmp_path, FORMATS[name](FIELDS))
    model = Satrec()
    omm.initialize(model, {key: str(value) for key, value in FIELDS.items()})
    elements = entry.elements
    assert elements.inclination_rad == pytest.approx(model.inclo, rel=1e-14)
    assert elements.raan_rad == pytest.approx(model.nodeo, rel=1e-14)
    assert elements.argument_of_perigee_rad == pytest.approx(model.argpo, rel=1e-14)
    assert elements.mean_anomaly_rad == pytest.approx(model.mo, rel=1e-14)
    assert elements.mean_motion_rad_per_min == pytest.approx(model.no_kozai, rel=1e-14)
    assert abs(elements.epoch_jd - model.jdsatepoch - model.jdsatepochF) < 1e-9
    assert (entry.name, entry.object_id, entry.norad_id) == ("STATION", "1998-067A", 25544)
    assert (elements.eccentricity, entry.bstar) == (0.0007, 0.00012)


def test_numbers_no_two_line_set_can_hold_and_missing_designators(tmp_path):
    record = FIELDS | {"NORAD_CAT_ID": "799500123", "OBJECT_ID": None}
    (entry,) = read(tmp_path, "\ufeff" + json.dumps(record))
    assert (entry.norad_id, entry.object_id) == (799500123, "")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"INCLINATION": 180.5}, r"record 1\.INCLINATION = '180\.5': must be a number from 0 to 180"),
        ({"ECCENTRICITY": -0.1}, r"ECCENTRICITY = '-0\.1'"),
        ({"MEAN_MOTION": 0}, "MEAN_MOTION = '0'"),
        ({"MEAN_MOTION": float("nan")}, "MEAN_MOTION = 'nan'"),
        ({"MEAN_ANOMALY": "1_0"}, "MEAN_ANOMALY = '1_0'"),
        ({"INCLINATION": True}, "INCLINATION = ''"),
        ({"BSTAR": "x"}, "BSTAR = 'x'"),
        ({"NORAD_CAT_ID": 70001.5}, "must be a whole number"),
        ({"EPHEMERIS_TYPE": 4}, "EPHEMERIS_TYPE = '4': must be 0 or 2 or 3: SGP4 flies no others"),
        ({"REF_FRAME": "GCRF"}, "REF_FRAME = 'GCRF': must be TEME"),
        ({"TIME_SYSTEM": "TAI"}, "TIME_SYSTEM = 'TAI': must be UTC"),
        ({"CENTER_NAME": "MOON"}, "CENTER_NAME = 'MOON': must be EARTH"),
        ({"EPOCH": "yesterday"}, "EPOCH = 'yesterday': must be a UTC time"),
        ({"EPOCH": "2026-01-01T00:00:00+02:00"}, "must be a UTC time"),
        ({"EPOCH": "1066-10-14T09:00:00"}, "must lie between 1957 and 2100"),
        ({"NORAD_CAT_ID": "A0001"}, "NORAD_CAT_ID = 'A0001': must be a whole number"),
        ({"MEAN_ELEMENT_THEORY": "DSST"}, "must be SGP4"),
    ],
)
def test_bad_fields_are_named(tmp_path, change, match):
    with pytest.raises(InputError, match=match):
        read(tmp_path, json.dumps([FIELDS | change]))


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "the file is empty"),
        (b"# only a comment\n", "holds no element set"),
        (b"[]", "holds no element set"),
        (b"[3]", r"record 1 = 3: must be an object"),
        (b"[" * 100000, "not valid JSON"),
        (b"<ndm>", "not valid XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type or entities"),
        (b"CCSDS_OMM_VERS = 2.0", "key = value notation is not read"),
        (b"OBJECT_NAME,MEAN_MOTION\nA,15,16\n", "line 2 = .*more values than the header names"),
        (b"\xff\xfe1 2", "byte 0 .* must be UTF-8 text"),
        (b"a name alone", "line 1 = 'a name alone'"),
        (b'{"status": "ok"}', "record 1: has no field NORAD_CAT_ID, .*MEAN_MOTION; it has: STATUS"),
    ],
)
def test_bad_files_are_refused(tmp_path, content, match):
    with pytest.raises(InputError, match=match):
        read(tmp_path, content)


@pytest.mark.parametrize("change", [{"BSTAR": None}, {"BSTAR": ""}, {"NORAD_CAT_ID": 25544.0}, {"EPHEMERIS_TYPE": 0.0}])
def test_what_costs_nothing_is_accepted(tmp_path, change):
    (entry,) = read(tmp_path, json.dumps([FIELDS | change]))
    assert entry.norad_id == 25544
    assert entry.bstar == (0.0 if "BSTAR" in change else 0.00012)
    (without,) = read(tmp_path, json.dumps([{key: value for key, value in FIELDS.items() if key != "BSTAR"}]))
    assert without.bstar == 0.0


def test_tables_as_other_programs_write_them(tmp_path):
    plain = as_csv(FIELDS)
    (wanted,) = read(tmp_path, plain)
    head, row = plain.splitlines()
    for text in (
        f"{head.lower()}\n{row}",
        f"{head.replace(',', ', ')}\n{row.replace(',', ', ')}",
        f"{head},\n{row},",
        f",{head}\n0,{row}",
        f"{head.replace(',', ';')}\n{row.replace(',', ';')}",
        f"{head.replace(',', chr(9))}\r\n{row.replace(',', chr(9))}",
        f"{head}\n{',' * head.count(',')}\n{row}\n",
        json.dumps({"data": [FIELDS]}),
        json.dumps([{key.lower(): value for key, value in FIELDS.items()}]),
    ):
        assert read(tmp_path, text) == [wanted], text


def test_two_line_sets_of_another_theory_are_refused(tmp_path):
    first, second = vallado_lines()[:2]
    other = fix_checksum(first[:62] + "4" + first[63:68])
    with pytest.raises(InputError, match="line 1, column 63 = '4': must be ephemeris type 0"):
        read(tmp_path, f"{other}\n{second}")


def test_bad_lines_are_named(tmp_path):
    first, second = vallado_lines()[:2]
    for lines, match in (
        ((first, second[:60]), r"line 2 = .*must have 69 columns, not 60"),
        ((first,), r"line 1 = .*element line 2 must follow"),
        ((first, first), r"element line 2 must follow"),
        ((first, fix_checksum("2 00006" + second[7:68])), r"line 2, columns 3-7 = '00006': must be '00005'"),
        ((first, fix_checksum(second[:8] + "200.0000" + second[16:68])), r"line 2, columns 9-16 = '200\.0000'"),
        ((first, second[:20] + "9" + second[21:]), r"line 2, column 69 .*checksum"),
    ):
        with pytest.raises(InputError, match=match):
            read(tmp_path, "\n".join(lines))


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no such file"):
        read_catalogue(tmp_path / "none.json")
    with pytest.raises(InputError, match="not a regular file"):
        read_catalogue(tmp_path)
    monkeypatch.setattr("sim.ephemeris.catalogue.LARGEST_FILE_BYTES", 10)
    with pytest.raises(InputError, match="size in bytes = 11: must be at most 10"):
        read(tmp_path, "x" * 11)


def test_garbage_raises_nothing_but_input_errors(tmp_path):
    seeds = ["\n".join(vallado_lines()), *(write(FIELDS) for write in FORMATS.values())]
    luck = random.Random(5)
    spoilers = [b"\x00", b'"', b"[" * 3000, b"<", b"NaN", b"1e999", b"\n", b"9" * 5000, b"null", "٣".encode()]
    refused = 0
    for seed in seeds:
        for _ in range(300):
            content = bytearray(seed.encode())
            for _ in range(luck.randint(1, 4)):
                at = luck.randrange(len(content))
                if luck.random() < 0.5:
                    content[at : at + luck.randint(0, 100)] = luck.choice(spoilers)
                else:
                    content[at] = luck.randrange(128)
            try:
                group_into_planes([station_kept(entry) for entry in read(tmp_path, bytes(content))])
            except InputError:
                refused += 1
    assert refused > 600  # the spoilers do spoil


# --- station-keeping and planes ---


def entry_of(elements, number=1, bstar=0.0):
    return CatalogueEntry("", number, "", elements, bstar)


KEPT = circular_elements(date(2027, 1, 1), 550.0, 53.0, 10.0)


def test_station_keeping_takes_out_the_drag_and_nothing_else():
    dragged = entry_of(KEPT, bstar=1e-4)
    assert station_kept(dragged) == replace(dragged, bstar=0.0)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"mean_motion_rad_per_min": 0.0721}, r"element set 1: mean altitude = 133\.3 km: must be at least 200 km"),
        ({"mean_motion_rad_per_min": 0.0044}, r"period = 1428\.0 min: must be below 225 min"),
        ({"eccentricity": 0.021}, r"eccentricity = 0\.021: must be at most 0\.02"),
    ],
)
def test_orbits_nobody_keeps_are_refused(change, match):
    with pytest.raises(InputError, match=match):
        station_kept(entry_of(replace(KEPT, **change)))


def test_a_shuffled_walker_shell_is_found_again():
    raan, phase = walker_raan_and_phase(12, 7, 5)
    luck = np.random.default_rng(3)
    entries = []
    for plane in range(12):
        for slot in range(7):
            base = circular_elements(date(2027, 1, 1), 550.0, 53.0, raan[plane], phase[plane, slot])
            # each with an epoch of its own, up to 20 days away
            entries.append(entry_of(elements_at(base, base.epoch_jd + luck.uniform(-20, 20)), 100 * plane + slot))
    other = circular_elements(date(2027, 1, 1), 570.0, 70.0, 355.0)
    entries.append(entry_of(other, 9999))
    luck.shuffle(entries)
    planes = group_into_planes(entries, date(2027, 1, 1))

    assert [len(plane.entries) for plane in planes] == [7] * 12 + [1]
    assert [plane.shell for plane in planes] == [0] * 12 + [1]
    for plane in planes[:12]:
        number = plane.entries[0].norad_id // 100
        assert {entry.norad_id // 100 for entry in plane.entries} == {number}
        offset = (np.degrees(plane.elements.raan_rad) - raan[number] + 180) % 360 - 180
        assert abs(offset) < 1e-6
        assert (np.diff(plane.phases_rad) > 0).all()
        # the first phases may stand at 0 or a rounding below 360
        expected = np.array([phase[number, entry.norad_id % 100] for entry in plane.entries])
        assert np.abs((np.degrees(plane.phases_rad) - expected + 180) % 360 - 180).max() < 1e-4


def test_planes_keep_their_numbers_whatever_day_they_are_looked_at():
    """In the order of the list, not of the nodes, which drift past 0."""
    entries = [
        entry_of(circular_elements(date(2027, 1, 1), 550.0, 53.0, node), 10 * plane + k)
        for plane, node in enumerate((120.0, 240.0, 2.0))
        for k in range(3)
    ]
    for start in (date(2027, 1, 1), date(2027, 1, 11), date(2027, 2, 10)):
        planes = group_into_planes(entries, start)
        assert [plane.entries[0].norad_id // 10 for plane in planes] == [0, 1, 2], start


def test_a_plane_across_the_vernal_equinox_stays_whole():
    nodes = (359.5, 0.3, 359.9, 180.0)
    entries = [entry_of(circular_elements(date(2027, 1, 1), 550.0, 53.0, node), k) for k, node in enumerate(nodes)]
    planes = group_into_planes(entries)
    assert sorted(len(plane.entries) for plane in planes) == [1, 3]
    whole = max(planes, key=lambda plane: len(plane.entries))
    assert abs((np.degrees(whole.elements.raan_rad) + 180) % 360 - 180 - (-0.1)) < 1e-6


def test_planes_are_not_made_of_drag_or_of_nothing():
    with pytest.raises(InputError, match=r"element set 1: bstar = 0\.0001: must be 0.*station_kept"):
        group_into_planes([entry_of(KEPT, bstar=1e-4)])
    with pytest.raises(InputError, match="no satellites"):
        group_into_planes([])
