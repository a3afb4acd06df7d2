"""What the options about beliefs mean, and the list of what is drawn."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import InputError

if TYPE_CHECKING:
    from sim.scenario.beliefs import Beliefs, Chosen

_FILES = (".yaml", ".yml")


def asked(draws: int, beliefs: str | None, *, latin: bool) -> dict[str, Any]:
    """The options as `sim.experiment.run` and `compare` take them."""
    return {"draws": draws, "beliefs": None if beliefs is None else _chosen(beliefs), "latin": latin}


def _chosen(text: str) -> Chosen:
    """Paths with commas between, or what a YAML file lists: paths, or a range by path."""
    from sim.scenario.yaml_file import YamlError, read

    if not text.endswith(_FILES):
        paths = [one.strip() for one in text.split(",") if one.strip()]
        if not paths:
            raise InputError("--beliefs: name paths, such as economics,reliability.gpu, or a YAML file")
        return paths
    try:
        found = read(Path(text)).value
    except YamlError as error:
        line = "" if error.line is None else f" (line {error.line})"
        raise InputError(f"{text}: {error.problem}{line}") from None
    names = list(found) if isinstance(found, (dict, list)) else []
    if not names or not all(isinstance(one, str) for one in names):
        raise InputError(f"{text}: must be a list of paths, or a mapping from paths to low, high and law")
    return found  # type: ignore[no-any-return]  # the ranges in it are checked where they are used


def beliefs_table(beliefs: Beliefs, width: int = 110) -> str:
    """What is drawn, by what law, and what is not though it has a range."""
    return "\n".join(_lines(beliefs, width))


def _lines(beliefs: Beliefs, width: int) -> Iterator[str]:
    longest = max((len(one.path) for one in beliefs.drawn), default=0)
    for one in beliefs.drawn:
        law, value = one.law, f"{one.value:.6g}"
        yield f"{one.path:{longest}}  {value:>10}  {law.low:.6g} to {law.high:.6g}, {law.law}"
        if len(one.paths) > 1:
            yield from textwrap.wrap(f"together with {', '.join(one.paths[1:])}", width, initial_indent="  ")
    yield f"{len(beliefs.drawn)} figures are drawn."
    if beliefs.kept:
        yield "Not drawn, though they have a range:"
    for kept in beliefs.kept:
        yield from textwrap.wrap(
            f"{kept.path}: {kept.why}", width, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
        )
