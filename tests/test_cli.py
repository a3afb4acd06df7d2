"""The command line as a user meets it: JSON, exit codes, messages."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from math import inf
from pathlib import Path

import pytest
from command_line import orbitfleet

from sim.cli.completion import PICTURES
from sim.metrics import METRICS

COMMAND = [sys.executable, "-m", "sim"]
QUICK = ["--years", "0.5", "--set", "workload.jobs.0.count=2"]


def as_json(*arguments: object) -> dict:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in JSON")

    found = json.loads(orbitfleet(*arguments, "--json")[0], parse_constant=refuse)
    assert found["schema_version"] == 1
    return found


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs and comparisons draw no pictures, which take most of their time here."""
    monkeypatch.setattr("sim.cli.output.draw", lambda *_: ["a.png"])


@pytest.mark.usefixtures("undrawn")
def test_run_prints_every_metric_with_its_interval(tmp_path: Path) -> None:
    found = as_json("run", "suncatcher_81", *QUICK, "--replicates", 3, "--out", tmp_path / "out")
    assert set(found["metrics"]) == set(METRICS)
    availability = found["metrics"]["compute_availability"]
    assert availability["raw_ci_low"] <= availability["raw_mean"] <= availability["raw_ci_high"]
    assert availability["n"] == found["replicates"] == 3
    assert found["out"] == str(tmp_path / "out")


@pytest.mark.usefixtures("undrawn")
def test_run_and_compare_warn_as_describe_does(tmp_path: Path) -> None:
    fleet = ["baseline", *QUICK, "--set", "economics.bus_usd=1e5"]
    expected = as_json("describe", *fleet)["warnings"]
    assert any(text.startswith("satellite.mass_kg of 740 kg falls 2") for text in expected)
    assert any(text.startswith("economics.bus_usd of $100k falls 87% short") for text in expected)
    run = ["run", *fleet, "--out", tmp_path / "run"]
    compared = ["compare", *fleet, "--strategies", "batch,run_to_failure", "--replicates", 2, "--out", tmp_path / "two"]
    for line in (run, compared):
        assert as_json(*line)["warnings"] == expected
        printed = orbitfleet(*line)[1].splitlines()  # resumed: it says so again
        assert [text for text in printed if "warning" in text] == [f"orbitfleet: warning: {text}" for text in expected]


@pytest.mark.usefixtures("undrawn")
def test_a_strangers_scenario_runs_no_code_unasked(tmp_path: Path) -> None:
    code = (
        "open('ran', 'w').close()\nfrom sim.strategies import RunToFailure\n\nclass S(RunToFailure):\n    kind: str\n"
    )
    (tmp_path / "evil.py").write_text(code)
    mailed = "extends: baseline\nname: mailed\nstrategy: mine\nstrategies: {mine: {kind: 'evil:S'}}\n"
    (tmp_path / "mailed.yaml").write_text(mailed)
    for command in ("describe", "run", "sources", "environment"):
        told = orbitfleet(command, "mailed.yaml", code=3, cwd=tmp_path)[1]
        assert "mailed.yaml" in told
        assert "'evil:S'" in told
        assert "--allow-code" in told
    assert not (tmp_path / "ran").exists()
    orbitfleet("describe", "mailed.yaml", "--allow-code", cwd=tmp_path)
    assert (tmp_path / "ran").exists()
    # Named on the command line, it is meant; its study is read again only where that is allowed.
    two = ["compare", "mailed.yaml", *QUICK, "--strategies", "evil:S,batch", "--replicates", 2, "--out", "two"]
    orbitfleet(*two, cwd=tmp_path)
    orbitfleet("plot", "two", code=3, cwd=tmp_path)
    orbitfleet("plot", "two", "--allow-code", "--kind", "losses", cwd=tmp_path)


def test_files_in_the_folder_one_works_in_do_not_stand_in_for_libraries(tmp_path: Path) -> None:
    (program := tmp_path / "bin" / "orbitfleet").parent.mkdir()
    program.write_text("from sim.cli import main\n\nif __name__ == '__main__':\n    main()\n")  # as the installed one
    (here := tmp_path / "work").mkdir()
    for name in ("numpy", "yaml", "csv", "random", "json", "threading"):
        (here / f"{name}.py").write_text("raise RuntimeError('not me')\n")
    for line in (["describe", "baseline"], ["run", "baseline", *QUICK, "--workers", "2", "--replicates", "2"]):
        done = subprocess.run([sys.executable, program, *line], capture_output=True, text=True, cwd=here)
        assert done.returncode == 0, done.stderr
        assert "not me" not in done.stderr


def test_nobody_listens_to_closed_streams(tmp_path: Path) -> None:
    command = f"{sys.executable} -m sim scenarios"
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        done = subprocess.run(["bash", "-c", f"{command} {closed}"], capture_output=True, text=True, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_program_ends_with_what_the_command_line_ends_with(tmp_path: Path) -> None:
    """All others are run in this process."""
    for line, code, says in (
        (["--version"], 0, "orbitfleet 0."),
        (["run", "none.yaml"], 3, "none.yaml"),
        (["run"], 2, ""),
    ):
        done = subprocess.run([*COMMAND, *line], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == code
        assert says in (done.stderr if code else done.stdout)
        assert bool(done.stderr) is bool(code)
        assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("undrawn")
def test_a_satellite_of_the_mass_and_price_of_its_parts_runs(tmp_path: Path) -> None:
    sized = ["--set", "satellite.mass_kg=sized", "--set", "economics.bus_usd=sized"]
    sized += ["--set", "deployment={kind: in_place}", "--set", "launch.vehicle.success_probability=1"]
    sized += ["--set", "economics.discount.orbit_per_year=0"]
    parts = as_json("describe", "baseline", *QUICK, *sized)["designs"]["satellite"]
    metrics = as_json("run", "baseline", *QUICK, *sized, "--strategy", "run_to_failure", "--out", tmp_path / "out")
    metrics = metrics["metrics"]
    deployed = {name: metrics[f"deployment_{name}"]["mean"] for name in ("satellites", "mass_t", "launches")}
    assert deployed["mass_t"] == pytest.approx(deployed["satellites"] * parts["mass_kg"]["sum"] / 1000)
    # Operations are 5 M$ and 20,000 $ a satellite a year.
    flights = deployed["launches"] * 67e6
    each = parts["price_usd"]["sum"] + parts["gpus_usd"]
    satellites = deployed["satellites"] * each
    rest = metrics["total_cost_uncredited_usd"]["mean"] - flights - satellites
    assert rest == pytest.approx(0.5 * (5e6 + 80 * 20e3), rel=0.02)


@pytest.mark.usefixtures("undrawn")
def test_run_says_what_each_cause_took_and_the_dose(tmp_path: Path) -> None:
    line = ["run", "suncatcher_81", *QUICK, "--replicates", 2, "--out", tmp_path / "out"]
    found = as_json(*line)
    fields = ["interruptions", "lost_gpu_hours", "gpu_failures", "gpus_lost", "satellites_lost"]
    assert all(list(took) == fields for took in found["causes"].values())
    assert {"gpu", "memory_error"} <= set(found["causes"])
    assert "dose" not in found["causes"]  # no chip reaches the dose that kills it
    failures = found["causes"]["gpu"]["gpu_failures"]
    assert failures["ci_low"] <= failures["mean"] == failures["raw_mean"] <= failures["ci_high"]
    for metric, field in (("job_interruptions", "interruptions"), ("lost_gpu_hours", "lost_gpu_hours")):
        by_cause = sum(took[field]["mean"] for took in found["causes"].values())
        assert math.isclose(by_cause, found["metrics"][metric]["raw_mean"], rel_tol=0.01)
    assert found["dose"]["planes"] == 1
    # 150 a year at 650 km, dawn-dusk, behind 10 mm (arXiv 2511.19468); AP-8 is good to a factor of 2.
    assert 75 < found["dose"]["rad_per_year"] < 300
    yearly = found["dose"]["rad_per_year"] + found["dose"]["storms_rad_per_year"]
    assert math.isclose(found["dose"]["krad_over_design_life"], yearly * 5 / 1000, rel_tol=0.01)
    # The same from the file, without simulating again, and for people.
    assert {**as_json(*line), "provenance": None} == {**found, "provenance": None}
    printed, _ = orbitfleet(*line)
    assert "What it lost in a year, by cause" in printed
    assert any(row.startswith("memory error") and "±" in row for row in printed.splitlines())
    (picture,) = as_json("plot", tmp_path / "out", "--kind", "losses")["pictures"]
    assert Path(picture).read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("undrawn")
def test_one_replicate_has_no_interval(tmp_path: Path) -> None:
    found = as_json("run", "suncatcher_81", *QUICK, "--out", tmp_path / "out")
    assert found["metrics"]["goodput"]["ci_low"] is None
    assert found["metrics"]["goodput"]["raw_ci_high"] is None


def test_compare_has_the_parts_of_the_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = "run_to_failure,scheduled_batch,on_orbit_spares"
    out = tmp_path / "out"
    found = as_json("compare", "suncatcher_81", *QUICK, "--strategies", names, "--replicates", 3, "--out", out)
    assert list(found["strategies"]) == names.split(",")
    assert len(found["differences"]["goodput"]) == len(found["variance_reduction"]) == 3
    assert "p_positive" in found["differences"]["goodput"]["run_to_failure - scheduled_batch"]
    assert math.isclose(sum(entry["p_best"] for entry in found["ranking"]["goodput"]), 1)
    assert list(found["causes"]) == names.split(",")
    pictures = {f"{name}.png" for name in PICTURES}
    assert pictures < set(os.listdir(out))
    (out / "timeline.png").unlink()
    assert as_json("plot", out, "--kind", "timeline")["pictures"] == [str(out / "timeline.png")]
    assert (out / "timeline.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr("sim.plots.save", lambda *_: None)
    assert {Path(path).name for path in as_json("plot", out)["pictures"]} == pictures


def test_environment_lists_planes_and_edges() -> None:
    found = as_json("environment", "suncatcher_81", "--years", 1, "--events", "--set", "light.shadow=point")
    (plane,) = found["planes"]
    assert abs(plane["sunlit_fraction"] - 0.961) < 0.002  # the issue of a point Sun at 650 km dawn-dusk
    first, second = found["events"][:2]
    assert first["entry"] < first["exit"] < second["entry"]
    assert first["entry"].startswith("2027-01-01T")
    dark = sum(eclipse["minutes"] for eclipse in found["events"]) / (365.25 * 1440)
    assert abs(1 - dark - plane["sunlit_fraction"]) < 1e-3


def test_environment_shows_light_power_heat_and_air_of_each_plane(tmp_path: Path) -> None:
    line = ["environment", "baseline", "--years", 1, "--set", "constellation.shells.0.planes=2"]
    found = as_json(*line, "--daily", "--out", tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert len(found["planes"]) == 2
    for plane in found["planes"]:
        power, battery = plane["power"], plane["battery"]
        assert power["array_w_orbit_mean_min"] < power["array_w_worst_day"] < power["array_w_bol"]
        assert power["array_w_eol"] < power["array_w_bol"]
        assert plane["capacity"]["lowest_day"] <= plane["capacity"]["mean"] <= 1
        assert 0 < battery["depth_of_discharge_max"] <= 0.3
        assert 0.9 < battery["capacity_fraction_end"] < 1
        assert plane["temperature"]["radiator_c_max"] < plane["temperature"]["junction_c_max"] < 88
        assert plane["density_kg_m3"]["min"] < plane["density_kg_m3"]["mean"] < plane["density_kg_m3"]["max"]
        assert plane["delta_v_m_s_per_year"] > 0
        assert plane["limits"] == []
        assert len(plane["daily"]["capacity"]) == len(plane["daily"]["day"]) == 366
    assert "daily" not in as_json(*line)["planes"][0]


def test_environment_for_people_fits_100_columns() -> None:
    printed, _ = orbitfleet("environment", "baseline", "--years", 0.3, "--set", "constellation.shells.0.planes=14")
    assert max(map(len, printed.splitlines())) <= 100
    for words in ("sunlit %", "array kW new", "junction C", "density kg/m3", "and 2 more planes"):
        assert words in printed
    assert "0.11" in printed
    assert "0.12" not in printed


def test_sources_list_every_figure_with_its_tag_source_and_range() -> None:
    found = as_json("sources", "suncatcher_81")
    rows = {row["path"]: row for row in found["sources"]}
    assert len(rows) == len(found["sources"]) == found["count"]["with_source"] + found["count"]["without"]
    stated = [row for row in rows.values() if row["tag"] is not None and not row["default"]]
    assert len(stated) >= 40
    assert sum(row["low"] is not None and row["high"] is not None for row in stated) >= 15
    assert {row["tag"] for row in stated} <= set(found["tags"])
    assert rows["satellite.gpus"]["value"] == 36
    assert (rows["satellite.gpus"]["low"], rows["satellite.gpus"]["high"]) == (24, 48)
    assert rows["reliability.gpu.constant_per_year"]["law"] == "log_uniform"
    assert rows["satellite.links.mtbf_h"]["default"]


def test_sources_after_a_setting_say_that_nobody_vouches_for_it() -> None:
    found = as_json("sources", "suncatcher_81", "--set", "satellite.gpus=50", "--tag", "none")
    row = next(row for row in found["sources"] if row["path"] == "satellite.gpus")
    assert (row["value"], row["tag"], row["source"]) == (50, None, "set by --set, no source given")
    assert {row["tag"] for row in found["sources"]} == {None}


@pytest.mark.parametrize("columns", [80, 200])
def test_sources_for_people_fit_the_screen(columns: int, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    text, _ = orbitfleet("sources", "spacex_ai1", "overlays/rack", "overlays/second_generation")
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= columns
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if "altitude_km " in line)
    assert "700  S   600 to 800" in lines[at]
    assert "unveiled" in lines[at if columns == 200 else at + 1]
    assert lines[-1].endswith("without")
    assert "A assumption" in text
    few = orbitfleet("sources", "spacex_ai1", "--tag", "P")[0].splitlines()
    assert few[-1] == "2 figures with a source, 2 with a range, 0 without"
    assert [line.split()[2] for line in few if line.startswith("  jobs")] == ["P", "P"]


def test_describe_counts_the_sources() -> None:
    text, _ = orbitfleet("describe", "suncatcher_81")
    count = as_json("describe", "suncatcher_81")["sources"]
    assert f"{count['with_source']} figures with a source, of which {count['tags']['A']} assumptions [A]" in text
    assert "orbitfleet sources" in text


def test_lists_name_what_can_be_chosen() -> None:
    strategies = as_json("strategies")["strategies"]
    assert {"run_to_failure", "replace_on_failure", "batch", "scheduled_batch", "on_orbit_spares"} <= set(strategies)
    assert strategies["batch"]["parameters"]["reorder_point"]["default"] > 0
    assert {"suncatcher_81", "spacex_ai1", "baseline"} <= set(as_json("scenarios")["scenarios"])
    assert "properties" in json.loads(orbitfleet("schema")[0])


@pytest.mark.parametrize("columns", [60, 80])
def test_the_list_of_strategies_has_every_parameter_and_fits_the_screen(columns: int, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    text, _ = orbitfleet("strategies")
    assert max(map(len, text.splitlines())) <= columns
    words = " ".join(text.split())
    for name, strategy in as_json("strategies")["strategies"].items():
        assert f"{name} {' '.join(strategy['description'].split())}" in words
        for field, parameter in strategy["parameters"].items():
            assert f"{field} = {parameter['default']}: " in words, (name, field)
            assert " ".join(parameter["description"].split()) in words, (name, field)


def test_the_list_of_metrics_says_what_each_means_its_unit_and_which_way_is_better() -> None:
    words, listed = " ".join(orbitfleet("metrics")[0].split()), as_json("metrics")["metrics"]
    assert list(listed) == list(METRICS)
    for name, metric in METRICS.items():
        assert listed[name]["definition"] == metric.definition
        assert (listed[name]["unit"], listed[name]["better"]) == (metric.unit, metric.better)
        assert listed[name]["high"] == (metric.high if metric.high < inf else None)
        unit = metric.unit if metric.unit != "1" else "fraction" if metric.high == 1 else "number"
        assert f"{name}, {unit}, {metric.better} is better {metric.definition}" in words


@pytest.mark.usefixtures("undrawn")
def test_all_stands_for_every_built_in_strategy_that_there_is_room_for(tmp_path: Path) -> None:
    from sim.cli.strategy_names import expanded, names_in
    from sim.scenario import load
    from sim.strategies import BUILT_IN

    assert expanded(names_in("all"), load("baseline", "overlays/parking_orbits")) == list(BUILT_IN)
    fitting = [name for name in BUILT_IN if name != "parking_orbit"]  # which wants parking orbits
    assert expanded(names_in("mine:Own,all"), load("suncatcher_81")) == ["mine:Own", *fitting]
    assert expanded(names_in("batch,all"), load("baseline"))[:2] == ["batch", "run_to_failure"]
    line = ["compare", "baseline", "--years", 0.1, "--set", "constellation.spare_berths_per_plane=0"]
    text, notes = orbitfleet(
        *line, "--set", "workload.jobs=[]", "--strategies", "all", "--replicates", 1, "--out", tmp_path / "all"
    )
    left_out = [name for name in BUILT_IN if f"left out: {name}: it " in notes]
    assert left_out == ["overbuild_and_decay", "on_orbit_spares", "parking_orbit"]
    assert all((name in text) != (name in left_out) for name in BUILT_IN)


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("run nowhere.yaml", 3, "nowhere.yaml"),
        ("run suncatcher_81 --set launchh.vehicle.name=x", 3, "launch"),
        ("run suncatcher_81 --set mission.years=80", 3, "mission.years"),
        ("run suncatcher_81 --set mission.start=2050-01-01", 3, "2053"),
        ("run suncatcher_81 --set workload.jobs.0.checkpoint_interval_min=-5", 3, "checkpoint_interval_min"),
        ("run suncatcher_81 --strategy replace_all", 3, "replace_on_failure"),
        (
            "run suncatcher_81 --set constellation.spare_berths_per_plane=2 --strategy on_orbit_spares",
            3,
            "spare_berths_per_plane",
        ),
        ("run suncatcher_81 --replicates 0", 2, "replicates"),
        ("run", 2, "SCENARIO"),
        ("compare suncatcher_81 --strategies batch", 2, "two"),
        ("compare suncatcher_81 --strategies batch,batch", 2, "two different"),
        ("compare suncatcher_81 --strategies all,bach", 2, "no strategy 'bach' to compare with all; did"),
        ("frobnicate", 2, "frobnicate"),
        ("environment baseline --daily", 2, "--json"),
        ("environment baseline --years 0.1 --out no_such_folder/picture.png", 3, "cannot be written"),
        ("plot no_such_folder", 3, "no_such_folder"),
        ("verify eclipse --altitude-km 100 --inclination-deg 53 --start 2027-01-01 --days 9", 3, "altitude_km"),
        (
            "verify eclipse --altitude-km 550 --inclination-deg 53 --start 2027-01-01 --days 9 --eccentricity 0.5",
            3,
            "eccentricity",
        ),
        ("verify eclipse --altitude-km 550 --start 2027-01-01 --days 9", 3, "inclination"),
        (
            "verify contacts --altitude-km 550 --inclination-deg 53 --start 2027-01-01 --days 9 --stations nowhere",
            3,
            "stations",
        ),
        ("verify eclipse --altitude-km 550 --inclination-deg 53 --start 27-1-1 --days 9", 2, "start"),
        ("verify eclipse --altitude-km 550 --inclination-deg 53 --start 2060-01-01 --days 9", 3, "2053"),
    ],
)
def test_mistakes_get_a_message_and_their_exit_code(line: str, code: int, says: str, tmp_path: Path) -> None:
    _, message = orbitfleet(*line.split(), code=code, cwd=tmp_path)
    assert says in message
    assert not os.listdir(tmp_path)


def test_verify_prints_on_success_and_ends_with_4_when_a_check_fails(monkeypatch, capsys) -> None:
    arguments = [
        "verify",
        "eclipse",
        "--altitude-km",
        "1200",
        "--inclination-deg",
        "30",
        "--start",
        "2027-01-01",
        "--days",
        "3",
        "--json",
    ]
    found = as_json(*arguments[:-1])
    assert found["missed"] == 0
    assert found["events"] > 70

    from sim.cli import main
    from sim.verify import eclipse

    monkeypatch.setattr(eclipse, "LARGEST_P99_S", -1.0)
    monkeypatch.setattr(sys, "argv", ["orbitfleet", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 4
    printed = capsys.readouterr()
    assert not printed.out
    assert "p99 error" in printed.err


def test_verify_takes_eccentric_orbits() -> None:
    orbit = ["--altitude-km", 1000, "--inclination-deg", 40, "--start", "2027-01-01", "--days", 2]
    shape = ["--eccentricity", 0.05, "--argument-of-perigee-deg", 90]
    circular, eccentric = as_json("verify", "eclipse", *orbit), as_json("verify", "eclipse", *orbit, *shape)
    assert eccentric["missed"] == circular["missed"] == 0
    assert abs(eccentric["sunlit_fraction"] - circular["sunlit_fraction"]) > 0.002


def test_verify_compares_contacts_of_shipped_stations_and_of_places() -> None:
    orbit = ["--altitude-km", 650, "--sun-synchronous", "--start", "2027-01-01", "--days", 2]
    found = as_json("verify", "contacts", *orbit, "--stations", "svalbard,-33.9:18.4:50")
    assert found["stations"] == ["svalbard", "-33.9:18.4:50"]
    assert found["missed"] == found["extra"] == 0
    assert found["events"] > 30
    assert found["max_error_s"] < 1


def test_verify_says_that_there_is_no_eclipse() -> None:
    orbit = ["--altitude-km", "1400", "--sun-synchronous", "--ltan-h", "6", "--start", "2027-01-01", "--days", "1"]
    text, _ = orbitfleet("verify", "eclipse", *orbit)
    assert "max_error_s          no eclipse" in text
    assert as_json("verify", "eclipse", *orbit)["max_error_s"] is None


@pytest.mark.usefixtures("undrawn")
def test_folder_that_is_not_ours_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    for force in ([], ["--force"]):
        _, message = orbitfleet("run", "suncatcher_81", *QUICK, "--out", tmp_path, *force, code=3)
        assert str(tmp_path) in message
    assert os.listdir(tmp_path) == ["mine.txt"]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(("number", "ctrl_c"), [(signal.SIGINT, signal.SIG_DFL), (signal.SIGTERM, signal.SIG_IGN)])
def test_an_interrupt_keeps_what_is_done_and_the_same_command_resumes(
    number: signal.Signals, ctrl_c: signal.Handlers, tmp_path: Path
) -> None:
    arguments = ["run", "suncatcher_81", "--years", "1", "--replicates", "16", "--workers", "2", "--out"]
    process = subprocess.Popen(
        [*COMMAND, *arguments, str(tmp_path / "cut")],
        stderr=subprocess.PIPE,
        text=True,
        # Ignored as by what a script runs in its background: a request to end is none of that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, ctrl_c),
    )
    replicates = tmp_path / "cut" / "replicates"
    deadline = time.monotonic() + 120
    while not (replicates.exists() and os.listdir(replicates)) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130, message
    assert "Traceback" not in message
    assert "the same command resumes" in message
    assert sorted(os.listdir(tmp_path / "cut")) == ["provenance.json", "replicates", "scenario.yaml"]
    assert os.listdir(replicates)
    if number == signal.SIGTERM:
        return  # what it leaves is the same
    orbitfleet(*arguments, tmp_path / "cut")
    orbitfleet(*arguments, tmp_path / "whole", "--workers", 1)
    cut, whole = (json.loads((tmp_path / name / "summary.json").read_text()) for name in ("cut", "whole"))
    assert cut["metrics"] == whole["metrics"]
