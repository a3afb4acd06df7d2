"""`orbitfleet schema PATH`: what a field means, and what was meant by a path that names none."""

import pytest

from sim.cli.schema_text import part_text
from sim.scenario import json_schema
from sim.scenario.schema_part import NoSuchField, parts_at, schema_of_part


def text_of(path, width=100):
    return part_text(path, parts_at(path), width)


def test_a_field_says_all_that_the_schema_knows():
    assert text_of("satellite.radiator.emittance").splitlines() == [
        "satellite.radiator.emittance",
        "  Infrared emittance.",
        "",
        "  type     number",
        "  bounds   >= 0.01 and <= 1",
        "  default  0.9",
        "  source   [A] assumption: coatings of radiators",
        "  range    0.8 to 0.92",
    ]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("mission.years", ["unit     years", "and <= 25", "none: must be given"]),
        ("satellite.mass_kg", ["number or sized", "unit     kg"]),
        (
            "workload.jobs.0.checkpoint_interval_min",
            ["number, optimum, exact, daly or young", "unit     minutes", "default  optimum"],
        ),
        ("power.eclipse_policy", ["ride_through, throttle, pause or migrate"]),
        ("launch.vehicle.price", ["of kind per_flight, per_kg or rideshare", "kind per_kg:", "usd_per_kg", "USD/kg"]),
        ("launch.vehicle.price.usd", ["of kind per_flight:", "Price of one flight"]),
        ("constellation.shells", ["list of groups of fields", "kind walker:", "altitude_km", "ltan_h"]),
        ("constellation.shells.0.altitude_km", ["of kind walker and sun_synchronous:", "unit     km"]),
        ("constellation.shells.altitude_km", ["of kind walker and sun_synchronous:"]),
        ("satellite.radiator", ["What cools it.", "emittance", "[A] 0.8 to 0.92"]),
        ("designs.second.gpus", ["the nameplate", "whole number"]),
        ("strategies.batch.reorder_point", ["default  4", "whole number"]),
        ("launch.slip_days.days", ["default  0"]),
        ("extends", ["text or list of text"]),
        ("launch.vehicle.capacity_kg.kg", ["list of lists of number", "unit     kg"]),
        ("launch.vehicle.capacity_kg", ["type     number or group of fields, of kind reference or table"]),
        ("satellite.propulsion.disposal_success", ["0.9 to 0.99"]),
    ],
)
def test_a_path_finds_its_part(path, words):
    text = text_of(path)
    for word in words:
        assert word in text, text


def test_a_default_of_the_group_around_it_wins_with_its_source():
    text = text_of("radiation.effects.memory_error.rad_per_event")
    assert "default  44" in text
    assert "[S2] quoted by a secondary source" in text
    assert "range    44 to 50" in text
    assert "default  none" in text_of("radiation.effects.my_own.rad_per_event")


@pytest.mark.parametrize("width", [60, 80, 100])
def test_it_fits_the_screen(width):
    for path in json_schema()["properties"]:
        assert max(map(len, text_of(path, width).splitlines())) <= width


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("radiator", "satellite.radiator"),
        ("satellite.radiatr", "satellite.radiator"),
        ("satelite.gpus", "satellite.gpus"),
        ("emitance", "satellite.radiator.emittance"),
        ("constellation.shells.0.altitude", "constellation.shells.0.altitude_km"),
        ("launch.vehicle.price.usdd", "launch.vehicle.price.usd"),
    ],
)
def test_a_path_that_names_nothing_gets_what_was_meant(path, meant):
    with pytest.raises(NoSuchField, match=f"^{path}: .*did you mean '{meant}'\\?"):
        parts_at(path)


@pytest.mark.parametrize(
    ("path", "says"),
    [("", "it has name, description"), ("satellite.gpus.x", "is a single value"), ("zzz", "it has"), ("..", "it has")],
)
def test_a_path_that_is_far_from_any(path, says):
    with pytest.raises(NoSuchField, match=says):
        parts_at(path)


def test_the_schema_of_a_part_stands_on_its_own():
    whole = json_schema()
    price = schema_of_part("launch.vehicle.price")
    assert set(price["$defs"]) == {"LearningCurve", "PerFlight", "PerKilogram", "PriceTable", "Rideshare"}
    assert price["description"] == "How it is paid for."
    radiator = schema_of_part("satellite.radiator")
    assert radiator["properties"] == whole["$defs"]["Radiator"]["properties"]
    assert radiator["description"] == "What cools it."
    assert set(radiator["$defs"]) == {"Attitude"}
    assert "$defs" not in schema_of_part("mission.years")
    assert len(schema_of_part("reliability.gpu.shape")["anyOf"]) == 2
