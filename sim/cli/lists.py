"""The commands that list what can be chosen: strategies, schedulers, scenarios, metrics, the fields of a scenario."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.options import Json
from sim.cli.output import print_json
from sim.cli.screen import say, screen_width

if TYPE_CHECKING:
    from sim.parameters import Parameters


def strategies(as_json: Json = False) -> None:
    """List the maintenance strategies and their parameters."""
    from sim.strategies import BUILT_IN

    own = "package.module:Class, a subclass of sim.strategies.Strategy with one method, decide"
    _list_plug_ins("strategies", BUILT_IN, own, as_json)


def schedulers(as_json: Json = False) -> None:
    """List the schedulers of jobs and their parameters."""
    from sim.workloads import SCHEDULERS

    own = "package.module:Class, a subclass of sim.workloads.Scheduler with one method, place"
    _list_plug_ins("schedulers", SCHEDULERS, own, as_json)


def _list_plug_ins(what: str, built_in: Mapping[str, type[Parameters]], own: str, as_json: bool) -> None:
    """Names, descriptions and parameters of some classes, and what a class of one's own is."""
    found: dict[str, dict[str, Any]] = {}
    for name, one in built_in.items():
        fields = one.model_json_schema()["properties"]
        found[name] = {
            "description": (one.__doc__ or "").strip().splitlines()[0],
            "parameters": {
                field: {key: value for key, value in entry.items() if key != "title"}
                for field, entry in fields.items()
                if field != "kind"
            },
        }
    if as_json:
        print_json({what: found})
        return
    said: dict[str, str] = {}
    for name, entry in found.items():
        say(name, f"    {entry['description']}")
        for field, parameter in entry["parameters"].items():
            meaning = " ".join(parameter.get("description", "").split())
            # What many have is explained once.
            first = said.setdefault(meaning, name)
            say(f"      {field} = {parameter.get('default')}: {meaning if first == name else f'as of {first}'}")
    say("your own class", f"    {own}")


def metrics(as_json: Json = False) -> None:
    """List the metrics of a run: what each means, its unit, and which way is better."""
    from sim.metrics import METRICS

    if as_json:
        found = {name: asdict(metric) for name, metric in METRICS.items()}
        for one in found.values():
            del one["name"]
        print_json({"metrics": found})
        return
    for metric in METRICS.values():
        unit = metric.unit if metric.unit != "1" else "fraction" if metric.high == 1.0 else "number"
        say(f"{metric.name}, {unit}, {metric.better} is better", f"    {metric.definition}")


def scenarios(as_json: Json = False) -> None:
    """List the scenarios that come with the program."""
    from sim.scenario import load
    from sim.scenario.yaml_file import read
    from sim.shipped import shipped, shipped_overlays, shipped_studies, validation_cases

    found = {name: {"description": load(path).description} for name, path in shipped().items()}
    if as_json:
        lists = {"overlays": sorted(shipped_overlays()), "validation": sorted(validation_cases())}
        lists["studies"] = sorted(shipped_studies())
        print_json({"scenarios": found, **lists})
        return
    for name, entry in found.items():
        say(name, f"    {entry['description']}")
    overlays = shipped_overlays()
    of_campuses = sorted(name for name, path in overlays.items() if "campus" in read(path).value)
    rest = sorted(overlays.keys() - set(of_campuses))
    for title, named in (
        ("overlays, to lay on any of them but a campus", [name for name in rest if name.startswith("overlays/")]),
        ("launch vehicles, overlays too", [name for name in rest if name.startswith("vehicles/")]),
        ("overlays for a campus", of_campuses),
    ):
        say(title, "    " + ", ".join(named))
    say("cases that are compared with what is published", "    " + ", ".join(validation_cases()))
    say("studies, for sweep, sensitivity and optimise", "    " + ", ".join(shipped_studies()))


def schema(
    path: Annotated[
        str | None,
        typer.Argument(metavar="PATH", help="One field, or a group of them: satellite.radiator, launch.vehicle.price."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what a field of scenario files means; without a path print the JSON schema of all of them."""
    from sim.scenario.schema import json_schema
    from sim.scenario.schema_part import NoSuchField, parts_at, schema_of_part

    if path is None:
        print(json.dumps(json_schema(), indent=None if as_json else 2, allow_nan=False))
        return
    from sim.cli.schema_text import WIDTH, part_text

    try:
        if as_json:
            print_json(schema_of_part(path))
        else:
            print(part_text(path, parts_at(path), screen_width() or WIDTH))
    except NoSuchField as error:
        raise typer.BadParameter(str(error), param_hint="PATH") from None
