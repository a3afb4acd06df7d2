"""What made a result, and the commands that make it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.code_digest import package_digest
from sim.experiment.folder import SCENARIO
from sim.report.page import command_line, without_folders
from sim.scenario.beliefs import beliefs

if TYPE_CHECKING:
    from sim.experiment import Study

ENOUGH_DRAWS = "40"
"""Draws whose outermost hold 95 % of what is believed."""
BELIEVED = "Add what the ranges of the figures leave open to every interval"
_NAMES = {
    "program": "program",
    "version": "version",
    "code_sha256": "SHA-256 of the code",
    "scenario": "scenario",
    "scenario_sha256": "SHA-256 of the scenario",
    "seed": "seed",
    "python": "Python",
    "packages": "packages",
    "own_strategies": "SHA-256 of own strategies",
    "command": "command",
}
"""What people call the entries of `sim.experiment.provenance`."""


def provenance_rows(provenance: Mapping[str, Any], study: Study | None = None) -> list[tuple[str, str]]:
    """(name, value) of all that is known of how a result was made."""
    rows = [(_NAMES.get(key, key.replace("_", " ")), _text(key, value)) for key, value in provenance.items()]
    if study is not None:
        rows.append(("strategies", ", ".join(study.strategies)))
        counts = dict.fromkeys(str(len(study.samples[strategy])) for strategy in study.strategies)
        rows.append(("replicates of each", ", ".join(counts if len(counts) == 1 else _counts(study))))
        if provenance.get("code_sha256") != package_digest():
            rows.append(("page", "written by other code than the results: figures may differ from those of then"))
    return [(name, value) for name, value in rows if value]


def _counts(study: Study) -> list[str]:
    """Replicates of each strategy, where a selection gave some fewer."""
    return [f"{strategy} {len(study.samples[strategy])}" for strategy in study.strategies]


def rerun_commands(study: Study) -> list[tuple[str, str]]:
    """(what it does, command) to be typed in the folder of the results."""
    what = ["run", SCENARIO, "--strategy", study.strategies[0]]
    if len(study.strategies) > 1:
        what = ["compare", SCENARIO, "--strategies", ",".join(study.strategies)]
    count = study.replicates
    if study.selection:
        what, count = [*what, *study.selection.goal.options], study.selection.first_stage
    same = [*what, "--replicates", str(count), "--seed", str(study.seed)]
    again = [*same, *_draws(study), "--out", "again"]
    more = [*same, "--draws", ENOUGH_DRAWS, "--out", "."]
    believed = [] if study.over_beliefs else [(BELIEVED, command_line(["orbitfleet", *more]))]
    return [
        ("Simulate it again, with the same random failures", command_line(["orbitfleet", *again])),
        *believed,
        ("Say what the scenario means", f"orbitfleet describe {SCENARIO}"),
        ("List every assumption", f"orbitfleet sources {SCENARIO} --tag A"),
        ("Write this page again", "orbitfleet report ."),
    ]


def _draws(study: Study) -> list[str]:
    """The options that draw the same beliefs; none where a user has given ranges of his own."""
    if study.over_beliefs is None:
        return []
    own, whole = study.over_beliefs.beliefs.drawn, beliefs(study.scenario).drawn
    options = ["--draws", str(len(study.over_beliefs.draws))]
    if own == whole:
        return options
    return [*options, "--beliefs", ",".join(one.path for one in own)] if set(own) <= set(whole) else []


def _text(key: str, value: Any) -> str:
    if key == "command" and value:
        return command_line([str(word) for word in value])
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {part}" for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return without_folders(", ".join(map(str, value)))
    return "" if value is None else without_folders(str(value))
