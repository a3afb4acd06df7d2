"""What a terminal sees: widths, completion, CSV files, single fields of the schema."""

import csv
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from sim.cli import main
from sim.cli.completion import PICTURES

SHORT = ["--years", "0.1"]
RUN = ["--years", "0.5", "--set", "workload.jobs.0.count=2"]
SEVERAL = ["--strategies", "run_to_failure,replace_on_failure,scheduled_batch", "--replicates", "2"]
DEATHS = "years,dead,cause\n" + "".join(f"{0.3 + 0.37 * i % 4:.2f},{i % 3 > 0:d},fan\n" for i in range(60))


class Terminal:
    """The command line in this process: `terminal("describe", "baseline")` is what it prints."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.capsys, self.monkeypatch = folder, capsys, monkeypatch
        monkeypatch.chdir(folder)

    def __call__(self, *arguments: str, columns: int | None = None, code: int = 0) -> str:
        """What it prints on stdout, or on stderr where it fails; `columns`: none, as into a file."""
        self.monkeypatch.setattr(sys, "argv", ["orbitfleet", *arguments])
        self.monkeypatch.setenv("COLUMNS", "" if columns is None else str(columns))
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == code
        printed = self.capsys.readouterr()
        assert not (code and printed.out)
        return printed.err if code else printed.out


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("work")
    (path / "deaths.csv").write_text(DEATHS)
    return path


@pytest.fixture
def terminal(folder, capsys, monkeypatch):
    monkeypatch.setattr("sim.cli.output.draw", lambda *_: ["a.png"])  # takes seconds, and is tested elsewhere
    return Terminal(folder, capsys, monkeypatch)


LINES = {
    "describe": ["describe", "baseline", "overlays/second_generation"],
    "environment": ["environment", "baseline", "overlays/rack", *SHORT],
    "fit": ["fit", "deaths.csv", "--out", "fit"],
    "run": ["run", "suncatcher_81", *RUN, "--out", "one"],
    "compare": ["compare", "suncatcher_81", *RUN, *SEVERAL, "--out", "three"],
    "scenarios": ["scenarios"],
    "strategies": ["strategies"],
    "schedulers": ["schedulers"],
    "metrics": ["metrics"],
    "sources": ["sources", "spacex_ai1", "overlays/second_generation"],
    "schema": ["schema", "satellite"],
}


@pytest.mark.parametrize("name", LINES)
def test_a_narrow_terminal_shows_all_numbers_and_no_line_is_wider(name, terminal):
    numbers = re.compile(r"\d[\d,.]*(?:e[+-]\d+)?")
    shown = Counter(numbers.findall(terminal(*LINES[name])))
    for columns in (60, 80):
        text = terminal(*LINES[name], columns=columns)
        assert max(map(len, text.splitlines())) <= columns, text
        assert not [line for line in text.splitlines() if line != line.rstrip()]
        if name != "sources":  # long groups of figures are shortened there
            missing = shown - Counter(numbers.findall(text))
            assert not missing, (missing, text)


@pytest.mark.parametrize("name", ["describe", "environment", "run", "compare"])
def test_a_wide_terminal_shows_the_tables_of_a_file(name, terminal):
    assert terminal(*LINES[name], columns=130) == terminal(*LINES[name])


def test_events_of_the_environment_fit_too(terminal):
    lines = terminal("environment", "baseline", "--years", "0.01", "--events", columns=60).splitlines()
    assert max(map(len, lines)) <= 60
    at = next(i for i, line in enumerate(lines) if line.startswith("plane 0.0  2027-01-01T"))
    assert lines[at + 1].startswith("      to  2027-01-01T")
    assert lines[at + 1].endswith(" min")
    assert lines[at + 2].startswith("      charge 100.00 to 7")


def test_the_environment_by_day_is_a_csv_file(terminal, folder):
    line = ["environment", "baseline", *SHORT, "--set", "constellation.shells.0.planes=11", "--out", "days.csv"]
    assert terminal(*line).endswith("Written to days.csv\n")
    rows = rows_of(folder / "days.csv")
    daily = json.loads(terminal(*line[:-2], "--json", "--daily"))["planes"]
    assert len(rows) == sum(len(plane["daily"]["day"]) for plane in daily) == 11 * 37
    # Planes 1 and 10 stay apart for a program that reads numbers.
    assert [(row["shell"], row["plane"]) for row in rows[::37]] == [("0", str(i)) for i in range(11)]
    second, table = rows[1], daily[0]["daily"]
    assert (second["day"], second["date"]) == ("1", "2027-01-02")
    assert float(second["sunlit_fraction"]) == table["sunlit_fraction"][1]
    assert float(second["density_kg_per_m3"]) == table["density_kg_m3"][1]
    assert float(second["junction_temperature_c"]) == table["junction_temperature_c"][1]
    assert len(second) == 4 + len(table) - 1
    assert not [name for name in os.listdir(folder) if name.startswith(".orbitfleet")]


def test_eclipses_go_to_a_csv_file_beside_it(terminal, folder):
    line = ["environment", "baseline", *SHORT, "--events", "--out", "x.csv"]
    text = terminal(*line)
    assert text.endswith("Written to x.csv and x-events.csv\n")
    assert "T00:" not in text  # they are in the file
    rows = rows_of(folder / "x-events.csv")
    events = json.loads(terminal(*line, "--json"))["events"]
    assert len(rows) == len(events) > 500
    charge = ["charge_at_entry_fraction", "charge_at_exit_fraction", "shed_wh"]
    assert list(rows[0]) == [
        "shell",
        "plane",
        "entry_utc",
        "exit_utc",
        "entry_day",
        "exit_day",
        "duration_min",
        *charge,
    ]
    assert 0.7 < float(rows[-1]["charge_at_exit_fraction"]) == events[-1]["charge_at_exit"] < 1
    assert rows[0]["entry_utc"] == events[0]["entry"]
    assert float(rows[-1]["duration_min"]) == events[-1]["minutes"]


@pytest.mark.parametrize(
    ("out", "events", "says"),
    [
        ("folder.csv", [], "it is a folder"),
        ("y.csv", ["--events"], "y-events.csv: cannot be written: it is a folder"),
        ("nowhere/x.csv", [], "there is no folder nowhere"),
        ("x.txt", [], "must end in .png, .svg or .csv"),
        ("/proc/x.csv", [], "cannot be written"),
    ],
)
def test_a_file_that_cannot_be_written_gets_one_message(out, events, says, terminal, folder):
    (folder / "folder.csv").mkdir(exist_ok=True)
    (folder / "y-events.csv").mkdir(exist_ok=True)
    (message,) = terminal("environment", "baseline", *SHORT, *events, "--out", out, code=3).splitlines()
    assert says in message
    assert not (folder / "y.csv").exists()


def test_the_schema_of_one_field(terminal):
    assert "range    0.8 to 0.92" in terminal("schema", "satellite.radiator.emittance")
    part = json.loads(terminal("schema", "satellite.radiator", "--json"))
    assert part["properties"]["emittance"]["maximum"] == 1
    assert "did you mean 'satellite.radiator'?" in terminal("schema", "satellite.radiatr", columns=200, code=2)


def test_the_pictures_that_are_completed_are_those_that_can_be_drawn(terminal):
    terminal(*LINES["compare"])
    message = " ".join(terminal("plot", "three", "--kind", "nothing", columns=200, code=2).split())
    names = re.search(r"this study has ([a-z_, ]+)", message)
    assert names is not None
    assert set(names[1].strip().split(", ")) == set(PICTURES)


def test_a_mistyped_kind_of_picture_file_or_folder_gets_the_one_that_was_meant(terminal, folder):
    terminal(*LINES["run"])
    assert "timeline'" in terminal("plot", "one", "--kind", "timelin", columns=200, code=2)
    (folder / "fleet.yaml").touch()
    for line, meant in {
        "run fleat.yaml": "'fleet.yaml'",
        "run fleet": "'fleet.yaml'",
        "run flete.yml": "'fleet.yaml'",
        "run suncatcher_18": "'suncatcher_81'",
        "fit death.csv": "'deaths.csv'",
        "plot oen": "'one'",
    }.items():
        (message,) = terminal(*line.split(), code=3).splitlines()
        assert message.endswith(f"; did you mean {meant}?")
    (message,) = terminal("run", "nothing_like_it", code=3).splitlines()
    assert "shipped: baseline" in message


def completed(line: str, cwd: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What bash would be told at the end of a line."""
    words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    environment = os.environ | words | {"_ORBITFLEET_COMPLETE": "complete_bash"}
    command = [sys.executable, *options, "-m", "sim"]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=True, timeout=60)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("orbitfleet run suncatcher_8", ["suncatcher_81"]),
        ("orbitfleet describe baseline overlays/pau", ["overlays/pause"]),
        ("orbitfleet run min", ["mine.yaml"]),
        ("orbitfleet run deaths", []),  # the shell's own completion takes over
        ("orbitfleet run baseline --strategy on", ["on_orbit_spares"]),
        (
            "orbitfleet compare baseline --strategies batch,r",
            ["batch,run_to_failure", "batch,replace_on_failure", "batch,robotic_servicing"],
        ),
        ("orbitfleet plot x --kind t", ["timeline"]),
        ("orbitfleet sources baseline --tag n", ["none"]),
        ("orbitfleet scen", ["scenarios"]),
    ],
)
def test_a_shell_completes_names(line, found, folder):
    (folder / "mine.yaml").touch()
    assert completed(line, folder).stdout.split() == found


def test_the_completion_of_scenarios_does_not_wait_for_numpy(folder):
    done = completed("orbitfleet run sun", folder, "-X", "importtime")
    loaded = {entry.rpartition("|")[2].strip() for entry in done.stderr.splitlines()}
    assert "sim.cli.completion" in loaded
    assert not loaded & {"numpy", "matplotlib", "sim.scenario"}


def test_events_of_a_fleet_with_parking_orbits_are_those_of_its_planes(terminal):
    line = ["environment", "baseline", "overlays/parking_orbits", "--years", "0.003", "--events", "--json"]
    events = json.loads(terminal(*line))["events"]
    assert {"0.0", "0.1"} <= {event["plane"] for event in events} <= {f"0.{number}" for number in range(4)}
