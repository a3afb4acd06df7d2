"""The commands: parse, call, and hand over to `sim.cli.output`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli import completion
from sim.cli.bench import bench
from sim.cli.claims import claims
from sim.cli.completion import PICTURES
from sim.cli.environment_csv import files_of, is_csv, write_days, write_events
from sim.cli.environment_tables import eclipse_text, eclipses_of, environment_text
from sim.cli.fit import fit
from sim.cli.ground import ground
from sim.cli.lists import metrics, scenarios, schedulers, schema, strategies
from sim.cli.optimise import optimise
from sim.cli.options import AllowCode, Json, Settings, Sources, Years, load_scenario
from sim.cli.output import draw, print_json, study_in, write_picture
from sim.cli.predictions import predictions
from sim.cli.report import report
from sim.cli.screen import SPELT, say, screen_width
from sim.cli.sensitivity import sensitivity
from sim.cli.shards import merge
from sim.cli.simulate import compare, run
from sim.cli.sources import sources as list_sources
from sim.cli.sweep import sweep
from sim.cli.verify import verify
from sim.errors import InputError, plain

# What a command needs beyond this it imports itself: `--help` should not wait for NumPy.

BAD_INPUT, INTERRUPTED = 3, 130

app = typer.Typer(
    name="orbitfleet",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
app.add_typer(verify, name="verify")
app.command()(fit)
app.command()(claims)
app.command()(predictions)


def main() -> None:
    """Run the command line; ends the process with the exit code."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115  # closed by the caller: nobody listens
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    _end_as_after_ctrl_c()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=SPELT)  # what the terminal has no characters for still shows
    # A strategy of one's own lies in the folder one works in; last, so that a numpy.py there is not taken for NumPy.
    sys.path[:] = [*(place for place in sys.path if place not in ("", os.getcwd())), os.getcwd()]
    try:
        try:
            app(prog_name="orbitfleet")
        finally:
            sys.stdout.flush()
    except InputError as error:
        print(f"orbitfleet: {plain(str(error))}", file=sys.stderr)
        sys.exit(BAD_INPUT)
    except OSError as error:  # what is read and written for the user is an `InputError`: this is our own stdout
        print(f"orbitfleet: the output cannot be written: {error}", file=sys.stderr)
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # or Python would try again at its end, and complain
        sys.exit(BAD_INPUT)
    except SystemExit as end:  # typer ends the process itself: 0, 2 for usage, 130 after Ctrl-C
        if end.code == INTERRUPTED:
            why = end.__context__.__cause__ if end.__context__ else None
            print(f"orbitfleet: {str(why or '') or 'interrupted'}", file=sys.stderr)
        raise


def _end_as_after_ctrl_c() -> None:
    """Answer a request to end, as of a job scheduler or a terminal that closes, as Ctrl-C.

    It says what is kept and leaves no lock behind.  The exit code is Ctrl-C's too, and not that of the signal: 130 says
    that the same command resumes, whoever asked for the end.
    """
    before = signal.getsignal(signal.SIGINT)
    if before not in (signal.default_int_handler, signal.SIG_IGN) or not _in_main_thread():
        return
    asked: list[bool] = []
    if before is signal.SIG_IGN:  # in the background of a script: Ctrl-C is for others, a request to end is not
        signal.signal(signal.SIGINT, lambda *which: signal.default_int_handler(*which) if asked else None)

    def end(*_: object) -> None:
        asked.append(True)
        signal.raise_signal(signal.SIGINT)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup has it ignored
            signal.signal(number, end)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"orbitfleet {version('orbitfleet')}")
        raise typer.Exit()


@app.callback()
def options(
    show_version: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Simulate fleets of orbital AI data centres over years and compare maintenance strategies."""


# Simulate

for _command in (run, compare, merge, sweep, sensitivity, optimise):
    app.command()(_command)


# Look


@app.command()
def describe(
    sources: Sources,
    settings: Settings = None,
    years: Years = None,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Say what a scenario means, before anything runs."""
    from sim.description import describe as describe_scenario
    from sim.description import facts
    from sim.description.format import WIDTH

    scenario = load_scenario(sources, settings, years, allow_code)
    if as_json:
        print_json(facts(scenario))
    else:
        print(describe_scenario(scenario, min(screen_width() or WIDTH, WIDTH)))


app.command()(list_sources)


@app.command()
def environment(
    sources: Sources,
    settings: Settings = None,
    years: Years = None,
    events: Annotated[bool, typer.Option("--events", help="List eclipses of each plane's first slot.")] = False,
    daily: Annotated[bool, typer.Option("--daily", help="Add the tables by day to the JSON.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Also write a file: .png or .svg a picture, .csv the tables by day, --events eclipses beside them.",
        ),
    ] = None,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Show each plane's light, power, capacity, temperature, air density and radiation over the mission."""
    from sim.description import plane_facts
    from sim.environment import Environment

    if daily and not as_json:
        hint = "tables by day are printed as JSON: add --json, or write them with --out days.csv"
        raise typer.BadParameter(hint, param_hint="--daily")
    files = files_of(out, events=events)
    in_csv = out is not None and is_csv(out)

    scenario = load_scenario(sources, settings, years, allow_code)
    if scenario.campus is not None:
        raise InputError(f"{scenario.name}: a campus has no orbits: `orbitfleet describe` says what it is")
    built = Environment.build(scenario)
    planes = [plane_facts(built, plane, daily=daily) for plane in built.planes]
    if in_csv:
        write_days(files[0], built)
        if events:
            write_events(files[1], eclipses_of(scenario, built))
    elif out is not None:
        from sim import plots

        write_picture(lambda: plots.save(plots.environment_panels(built), out), out)
    if as_json:
        found: dict[str, Any] = {"scenario": scenario.name, "planes": planes}
        if events:
            found["events"] = list(eclipses_of(scenario, built))
        print_json(found)
        return
    print(environment_text(built, planes))
    if events and not in_csv:
        print()
        for eclipse in eclipses_of(scenario, built):
            print(eclipse_text(eclipse))
    if files:
        say(f"\nWritten to {' and '.join(map(str, files))}")


@app.command()
def plot(
    folder: Annotated[Path, typer.Argument(metavar="RESULT_DIR", help="Output folder of a run or comparison.")],
    kind: Annotated[
        list[str] | None,
        typer.Option(help=f"{', '.join(PICTURES)}; default: all that apply.", autocompletion=completion.pictures),
    ] = None,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Draw the pictures of a study again."""
    study = study_in(folder, allow_code=allow_code)
    written = draw(study, folder, kind)
    if as_json:
        print_json({"pictures": written})
    else:
        print("\n".join(written))


app.command()(ground)
app.command()(report)
app.command()(bench)
for _list in (strategies, schedulers, scenarios, metrics, schema):
    app.command()(_list)
