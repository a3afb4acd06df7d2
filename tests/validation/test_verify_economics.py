"""`orbitfleet verify economics`: what it compares, and that it notices."""

import json
import time

import numpy as np
import pytest
from typer.testing import CliRunner

import sim
from sim.cli.commands import app
from sim.economics import Item, costs
from sim.errors import InputError, ScenarioError
from sim.metrics import measure
from sim.scenario import load
from sim.shipped import validation_case
from sim.verify import economics
from sim.verify.economics import Cases


@pytest.fixture(scope="module")
def found():
    began = time.process_time()
    rows = economics.verify_economics()
    return rows, time.process_time() - began


def outside(rows) -> list[str]:
    return [row.name for row in rows if not abs(row.relative_error) <= row.tolerance]


def test_every_row_holds_and_says_against_what(found) -> None:
    rows, seconds = found
    assert economics.shortcomings(rows) == []
    assert seconds < 60
    assert len(rows["rows"]) >= 30
    assert len({row["name"] for row in rows["rows"]}) == len(rows["rows"])
    for row in rows["rows"]:
        assert list(row) == ["name", "value", "reference", "relative_error", "tolerance", "source"]
        assert row["relative_error"] == pytest.approx(row["value"] / row["reference"] - 1)
        assert 0 < row["tolerance"] <= 0.25
        assert any(tag in row["source"] for tag in ("[S]", "[S2]", "[C]"))


def test_printed_digits_are_those_of_the_calculator(found) -> None:
    """Each figure of McCalip's calculator, as it prints it."""
    value = {row["name"]: row["value"] for row in found[0]["rows"]}
    assert value["satellites in orbit"] == 39_731
    assert f"{value['mass, t']:.0f}" == "29390"
    assert value["launches of 100 t, by mass"] == 294
    names = ("satellites", "launches", "operations", "replacement of chips", "development")
    printed = [f"{value[f'{name}, billion USD']:.3f}" for name in names]
    assert printed == ["23.600", "14.695", "1.180", "10.620", "1.000"]
    assert f"{value['in orbit, billion USD']:.3f}" == "51.095"
    assert f"{value['in orbit, USD for a MWh that is wanted']:.2f}" == "1166.56"
    assert f"{value['on the ground, billion USD']:.3f}" == "15.851"
    assert f"{value['on the ground, USD for a MWh']:.2f}" == "425.76"


MCCALIP = "mccalip_orbit"


@pytest.mark.parametrize(
    ("part", "setting", "expected"),
    [
        (economics._launched_power, "launched_power_v2_mini.satellite.mass_kg=590", 2),
        (economics._launched_power, "launched_power_v1.satellite.design_life_years=5.01", 2),
        (economics._mccalip_orbit, f"{MCCALIP}.launch.vehicle.price.usd_per_kg=500.1", 4),
        (economics._mccalip_orbit, f"{MCCALIP}.economics.bus_usd=594100", 5),
        (economics._mccalip_orbit, f"{MCCALIP}.economics.operations_share_per_year=0.0101", 4),
        (economics._mccalip_orbit, f"{MCCALIP}.economics.discount.orbit_per_year=0.01", 2),
        # The number of satellites follows, and with it all but the development.
        (economics._mccalip_orbit, f"{MCCALIP}.satellite.array.rating.sunlit_share=0.97", 10),
        (economics._mccalip_orbit, f"{MCCALIP}.satellite.array.degradation_per_year=0.03", 10),
        (economics._mccalip_ground, "mccalip_ground.campus.facility.pue.value=1.201", 2),
        (economics._starcloud, "starcloud_orbit.launch.vehicle.price.usd_per_kg=34", 3),
        (economics._starcloud, "starcloud_ground.campus.facility.supply.usd_per_kwh=0.05", 3),
        (economics._epoch, "ground_stargate.economics.gpu_usd=85000", 2),
        (economics._epoch, "ground_stargate.economics.discount.ground_per_year=0.08", 2),
    ],
)
def test_another_input_is_noticed(part, setting, expected) -> None:
    assert len(outside(part(Cases([setting])))) == expected


def test_a_step_that_is_not_the_calculators_year_moves_a_satellite() -> None:
    rows = economics._mccalip_orbit(Cases([f"{MCCALIP}.satellite.array.rating.loss_step_days=366"]))
    assert "satellites in orbit" in outside(rows)


def test_more_early_failures_are_noticed() -> None:
    rows = economics._no_repair(Cases(["no_repair.reliability.gpu.infant_loss_fraction=0.12"]), 8, 1)
    assert len(outside(rows)) == 3


def test_the_number_of_satellites_in_the_file_is_the_one_worked_out() -> None:
    in_file = load(validation_case(MCCALIP)).constellation.shells[0].satellites_per_plane
    one = Cases().run(MCCALIP, "constellation.shells.0.satellites_per_plane=1")
    assert economics.satellites_for(one, 1000.0) == in_file
    # Half of the power takes half of them.
    assert economics.satellites_for(one, 500.0) == pytest.approx(in_file / 2, abs=1)


@pytest.mark.parametrize("usd_per_kg", [20, 200, 1500])
def test_the_case_says_the_same_by_itself(usd_per_kg) -> None:
    """A run at another price beside the calculator's own arithmetic; cost is linear in the number of satellites."""
    slots, price = "constellation.shells.0.satellites_per_plane=10", f"launch.vehicle.price.usd_per_kg={usd_per_kg}"
    result = sim.run(load(validation_case(MCCALIP), set_=[slots, price, "economics.development_usd=0"]), seed=1)
    metrics = measure(result)
    hardware, launch = 10 * 22 * 27_000, 10 * usd_per_kg * 27_000 / 36.5
    usd = hardware * (1 + 5 * (0.01 + 0.09)) + launch
    assert metrics["total_cost_usd"] == pytest.approx(usd, rel=1e-9)
    mwh = 10 * 27 * 0.98 * np.mean(0.975 ** np.arange(5)) * 5 * 8760 / 1000
    assert metrics["discounted_energy_mwh"] == pytest.approx(mwh, rel=1e-6)
    assert metrics["cost_per_mwh_usd"] == pytest.approx(usd / mwh, rel=1e-6)
    assert metrics["launched_power_usd_per_kw_year"] == pytest.approx(launch / 270 / (5 * 365 / 365.25), rel=1e-9)


def test_cases_have_names_of_their_own() -> None:
    assert load("validation/mccalip_orbit") == load(validation_case(MCCALIP))
    with pytest.raises(ScenarioError, match="did you mean 'validation/mccalip_orbit'"):
        load("validation/mcalip_orbit")
    names = set(json.loads(CliRunner().invoke(app, ["scenarios", "--json"]).stdout)["validation"])
    assert {f"validation/{name}" for name in economics._CASES} - names == {"validation/ground_stargate"}


def test_a_flight_of_failed_ones_would_show() -> None:
    """The white paper's satellite flies once; paid for as success takes on average."""
    once, twice = (
        costs(Cases().run("starcloud_orbit", f"launch.vehicle.success_probability={p}"))[Item.LAUNCHES]
        for p in (1, 0.5)
    )
    assert twice == pytest.approx(2 * once)


def test_what_has_no_reference_is_said_and_not_judged(found) -> None:
    """All that the white paper leaves out is worth a thousand times what it counts."""
    own, cheap, ground = found[0]["beside"]
    assert own["value"] > cheap["value"] > ground["value"] > 167
    assert all(one["note"] and one["unit"] == "million USD" for one in found[0]["beside"])


def test_a_case_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match=r"must be CASE\.path=value; did you mean 'mccalip_orbit'"):
        Cases(["mccalip_orbt.economics.bus_usd=1"])
    with pytest.raises(InputError, match=r"must be CASE\.path=value"):
        Cases(["economics.bus_usd=1"])


@pytest.mark.parametrize(
    ("part", "setting", "said"),
    [
        (economics._mccalip_orbit, f"{MCCALIP}.satellite.bus_power_w=30000", "no power for their GPUs"),
        (economics._mccalip_orbit, f"{MCCALIP}.economics.bus_ust=1", "economics.bus_ust"),
        (economics._mccalip_orbit, f"{MCCALIP}.satellite.array.rating.power_w=100", "satellites_per_plane"),
        (economics._mccalip_ground, "mccalip_ground.campus.facility=null", "must stay"),
        (economics._epoch, "ground_stargate.campus.facility=null", "must stay"),
    ],
)
def test_a_setting_that_makes_no_case_is_refused(part, setting, said) -> None:
    with pytest.raises(InputError, match=said):
        list(part(Cases([setting])))


@pytest.mark.parametrize("json_option", [[], ["--json"]])
def test_the_command(found, monkeypatch, json_option) -> None:
    monkeypatch.setattr(economics, "verify_economics", lambda *args, **keywords: found[0])
    result = CliRunner().invoke(app, ["verify", "economics", *json_option])
    assert (result.exit_code, result.stderr) == (0, "")
    if json_option:
        assert json.loads(result.stdout) == {"schema_version": 1} | found[0]
    else:
        assert result.stdout.rstrip().endswith("all within what their references allow")
        assert max(map(len, result.stdout.splitlines())) <= 118


def test_a_wrong_price_ends_with_exit_code_4() -> None:
    arguments = ["--set", f"{MCCALIP}.launch.vehicle.price.usd_per_kg=501", "--replicates", "2", "--json"]
    result = CliRunner().invoke(app, ["verify", "economics", *arguments])
    assert (result.exit_code, result.stdout) == (4, "")
    assert "check failed: launches, billion USD: 14.724417 against 14.695" in result.stderr
    assert result.stderr.count("check failed") == 4
