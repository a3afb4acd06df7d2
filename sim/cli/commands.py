"""The commands: parse, call, and hand over to `sim.cli.output`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import asdict
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import completion
from sim.cli.claims import claims
from sim.cli.completion import PICTURES
from sim.cli.environment_csv import files_of, is_csv, write_days, write_events
from sim.cli.environment_tables import eclipse_text, eclipses_of, environment_text
from sim.cli.fit import fit
from sim.cli.ground import ground
from sim.cli.lists import metrics, scenarios, schedulers, schema, strategies
from sim.cli.optimise import optimise
from sim.cli.options import (
    AllowCode,
    Force,
    Json,
    Out,
    Replicates,
    Seed,
    Settings,
    Sources,
    Workers,
    Years,
)
from sim.cli.output import draw, finish, print_json, write_picture
from sim.cli.predictions import predictions
from sim.cli.progress import progress
from sim.cli.report import report
from sim.cli.screen import SPELT, say, screen_width
from sim.cli.sensitivity import sensitivity
from sim.cli.strategy_names import expanded, names_in
from sim.cli.sweep import sweep
from sim.cli.verify import verify
from sim.errors import InputError, plain

# What a command needs beyond this it imports itself: `--help` should not wait for NumPy.
if TYPE_CHECKING:
    from sim.scenario import Scenario

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
    """Answer a request to terminate, as of a job scheduler, as Ctrl-C: say what is kept, and leave no lock behind."""
    heeds_ctrl_c = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heeds_ctrl_c and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


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


@app.command()
def run(
    sources: Sources,
    settings: Settings = None,
    strategy: Annotated[
        str | None,
        typer.Option(help="Maintenance strategy; default: the scenario's.", autocompletion=completion.strategies),
    ] = None,
    seed: Seed = 1,
    replicates: Replicates = 1,
    years: Years = None,
    workers: Workers = None,
    out: Out = None,
    force: Force = False,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Simulate one strategy over the mission."""
    from sim import experiment

    scenario = _load(sources, settings, years, allow_code or [strategy or ""])
    with progress(as_json) as show:
        study = experiment.run(
            scenario,
            strategy=strategy,
            replicates=replicates,
            seed=seed,
            workers=workers,
            out=out or experiment.default_folder(scenario, seed),
            force=force,
            command=_command(),
            progress=show,
        )
    finish(study, as_json)


@app.command()
def compare(
    sources: Sources,
    strategies: Annotated[
        str,
        typer.Option(
            metavar="A,B,C",
            help="Strategies to compare, by name or module:Class; all: every built-in one.",
            autocompletion=completion.strategies,
        ),
    ],
    settings: Settings = None,
    replicates: Replicates = 20,
    precision: Annotated[
        float | None, typer.Option(min=1e-6, max=1, help="Add replicates until half-widths are this share of the mean.")
    ] = None,
    tuned: Annotated[
        bool, typer.Option("--tune", help="Find each strategy's best parameters first, on replicates of their own.")
    ] = False,
    seed: Seed = 1,
    years: Years = None,
    workers: Workers = None,
    out: Out = None,
    force: Force = False,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Compare strategies with common random numbers, replicate by replicate."""
    from sim import experiment
    from sim.experiment import tuning

    names = names_in(strategies)
    scenario = given = _load(sources, settings, years, allow_code or names)
    names = expanded(names, scenario)
    found: dict[str, tuning.Tuned] = {}
    if tuned:
        with progress(as_json) as show:
            found = tuning.tune(given, names, seed=seed, workers=workers, progress=show)
        scenario = tuning.with_tuned(given, found)
    with progress(as_json) as show:
        study = experiment.compare(
            scenario,
            names,
            replicates=replicates,
            seed=seed,
            workers=workers,
            out=out or experiment.default_folder(scenario, seed),
            force=force,
            precision=precision,
            command=_command(),
            progress=show,
        )
    losses, idle = tuning.opportunity_losses(given, found, study), tuning.never_launched(found, study)
    finish(
        study,
        as_json,
        more={"tuning": tuning.tuning_json(found, losses, idle)} if tuned else {},
        lines=["Parameters found on other replicates:", *tuning.tuning_text(found, losses, idle)] if tuned else [],
    )


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

    scenario = _load(sources, settings, years, allow_code)
    if as_json:
        print_json(facts(scenario))
    else:
        print(describe_scenario(scenario, min(screen_width() or WIDTH, WIDTH)))


@app.command()
def sources(
    scenario_files: Sources,
    settings: Settings = None,
    years: Years = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(help="Only figures of this tag; none: those without.", autocompletion=completion.tags),
    ] = None,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """List every figure of a scenario with where it is from and the range in which it is believed to lie."""
    from sim.cli.sources_table import count, sources_table
    from sim.parameters import TAGS
    from sim.scenario import sources as sources_of
    from sim.scenario import tally

    if unknown := set(tag or ()) - {*TAGS, "none"}:
        allowed = f"one of {', '.join(TAGS)}, none"
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: must be {allowed}", param_hint="--tag")
    scenario = _load(scenario_files, settings, years, allow_code)
    figures = [figure for figure in sources_of(scenario) if not tag or (figure.tag or "none") in tag]
    if as_json:
        found = {"scenario": scenario.name, "sources": [asdict(figure) for figure in figures]}
        print_json({**found, "count": tally(figures), "tags": dict(TAGS)})
    else:
        print(sources_table(figures) if figures else count(figures))


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

    scenario = _load(sources, settings, years, allow_code)
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
    from sim.experiment import load_study

    study = load_study(folder, allow_code=allow_code)
    written = draw(study, folder, kind)
    if as_json:
        print_json({"pictures": written})
    else:
        print("\n".join(written))


app.command()(ground)
app.command()(optimise)
app.command()(report)
app.command()(sweep)
app.command()(sensitivity)
for _list in (strategies, schedulers, scenarios, metrics, schema):
    app.command()(_list)


def _load(
    sources: list[str], settings: list[str] | None, years: float | None, allow_code: bool | list[str]
) -> Scenario:
    from sim.scenario import load

    extra = [] if years is None else [f"mission.years={years!r}"]
    return load(*sources, set_=[*(settings or []), *extra], allow_code=allow_code)


def _command() -> list[str]:
    return ["orbitfleet", *sys.argv[1:]]
