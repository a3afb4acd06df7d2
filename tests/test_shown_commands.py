"""The commands that the README and docs/clusters.md show are commands that the program takes."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

import sim
from sim.cli import app
from sim.shipped import shipped_studies
from tests.command_line import orbitfleet

ROOT = Path(__file__).parent.parent
_NOT_HERE = ("RESULT_DIR", "results/", "my_failures.csv", "log.csv", "jobs.csv")
"""Of the user's own: such a line is parsed, and its files are not opened."""


def shown() -> list[str]:
    """Each command of an indented block, on one line."""
    found = []
    for document in ("README.md", "docs/clusters.md"):
        text = (ROOT / document).read_text().replace("\\\n", " ")
        found += re.findall(r"^    (?:\w+ )?(orbitfleet .*)", text, flags=re.MULTILINE)
    return found


def parsed(line: str) -> dict[str, object]:
    """Parameters of a command; raises a usage error where the program would refuse the line."""
    words = shlex.split(re.sub(r"\s--(install|show)-completion", " scenarios", line), comments=True)[1:]
    command = get_command(app)
    context = command.make_context("orbitfleet", list(words))
    while hasattr(command, "resolve_command"):
        name, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, list(words), parent=context)
    return dict(context.params)


def test_there_are_many() -> None:
    assert len(shown()) > 60


@pytest.mark.parametrize("line", shown())
def test_a_shown_command_is_one_that_the_program_takes(line: str) -> None:
    parameters = parsed(line)
    names = parameters.get("sources") or parameters.get("scenario_files") or []
    assert isinstance(names, list)
    if names and not any(own in line for own in _NOT_HERE) and names[0] not in shipped_studies():
        sim.load(*names, set_=parameters.get("settings") or [])


def test_a_line_that_the_program_does_not_take_is_found() -> None:
    with pytest.raises(Exception, match="No such option: --replicate"):
        parsed("orbitfleet run baseline --replicate 3  # misspelt")


def test_an_unknown_item_of_bench_is_answered_with_those_there_are():
    _, err = orbitfleet("bench", "nosuch", code=2)
    assert "no item 'nosuch'; there are" in " ".join(err.replace("│", " ").split())
    assert "thousand_edges" in err
