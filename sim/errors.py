"""The errors that are a user's to mend.  The command line turns each into one message and exit code 3."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 1200
"""Characters of what is said of one mistake: names in it may be as long as a file."""


class InputError(Exception):
    """A scenario, a data file or an output folder that cannot be used; the text is the message for the user."""

    def __init__(self, text: str = "") -> None:
        super().__init__("\n".join(plain(line, LONGEST) for line in text.split("\n")))


@dataclass(frozen=True)
class Fault:
    """One mistake in one place.

    `file` is the file or option that holds it, `path` the dotted place inside (`launch.vehicle.price_usd`),
    `value` what stands there, `problem` what is allowed instead and, where one is near, the name that was meant.
    """

    file: str
    path: str
    value: object
    problem: str

    def __str__(self) -> str:
        file, path, problem = plain(self.file, 400), plain(self.path, 120), plain(self.problem, LONGEST)
        shown = "" if self.value is None else f" = {_short(self.value)}"
        return f"{file}: {path}{shown}: {problem}" if path else f"{file}{shown}: {problem}"


class ScenarioError(InputError):
    """Everything found wrong with a scenario, all at once."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        Exception.__init__(self, "\n".join(str(fault) for fault in faults))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[list[Fault]]]:
        # An exception is pickled by its `args`, here the text; a worker process must hand over the faults.
        return ScenarioError, (list(self.faults),)


def plain(text: str, limit: int | None = None) -> str:
    """Text whose characters that a terminal would obey are escaped, no longer than a limit."""
    shown = "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
    return shown if limit is None or len(shown) <= limit else f"{shown[: limit // 2]}...{shown[-limit // 2 :]}"


def _short(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
