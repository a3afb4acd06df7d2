"""Strict YAML: every value is read as it is written, or there is an error with its line.

PyYAML reads YAML 1.1, in which `no` is False, `1e-3` is text, `12:30:00` is 45000, `010` is 8 and the second of two
equal keys wins silently.  Here, as in YAML 1.2: only `true` and `false` are truth values, every usual way to write a
number is a number and decimal (`010` is 10), dates stay text.  Refused altogether: duplicate keys, anchors and aliases
(a few lines of them can expand to gigabytes), merge keys, tags, several documents, keys that are not text, files over
1 MB and nesting over 40 levels.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from yaml.events import AliasEvent, CollectionStartEvent, MappingStartEvent, ScalarEvent, StreamEndEvent

Place = tuple[str | int, ...]
"""Place inside a document: keys and list positions from the root."""

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_DIGITS = 15  # every integer of so many digits is exact as a float

_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_INT = re.compile(r"^[-+]?[0-9]+$")
_FLOAT = re.compile(
    r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)


class YamlError(Exception):
    """Text that is not strict YAML; `line` counts from 1, none where it is unknown."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        self.problem = problem
        self.line = line
        super().__init__(problem if line is None else f"line {line}: {problem}")


@dataclass(frozen=True)
class Document:
    """The value of a YAML text, and the line on which each part of it begins."""

    value: Any
    lines: dict[Place, int]


def read(path: Path) -> Document:
    """The document in a file.  Raises `YamlError` for everything that can be wrong with one, unreadable included."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise YamlError("is a pipe or a device, not a file")  # reading it could wait for ever
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise YamlError("no such file") from None
    except IsADirectoryError:
        raise YamlError("is a folder, not a file") from None
    except (OSError, ValueError) as error:
        raise YamlError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > MAX_BYTES:
        raise YamlError(f"is larger than {MAX_BYTES} bytes: not a scenario file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise YamlError("is not UTF-8 text", line) from None
    document = _parsed(text)
    return Document(deepcopy(document.value), dict(document.lines))


@lru_cache(maxsize=64)  # a shipped file is read again for every variant of it, and to parse it is half of a load
def _parsed(text: str) -> Document:
    return parse(text)


def parse(text: str) -> Document:
    """The document in a text.  Raises `YamlError`."""
    try:
        # The scanner fails on control characters as it is made.
        loader: Any = yaml.SafeLoader(text)
    except yaml.YAMLError as error:
        raise _yaml_error(error) from None
    lines: dict[Place, int] = {}
    try:
        loader.get_event()  # start of the stream
        if isinstance(loader.peek_event(), StreamEndEvent):
            return Document(None, lines)
        loader.get_event()  # start of the document
        value = _value(loader, (), lines)
        loader.get_event()  # end of the document
        event = loader.get_event()
        if not isinstance(event, StreamEndEvent):
            raise YamlError("a second document begins: one to a file", event.start_mark.line + 1)
    except yaml.YAMLError as error:
        raise _yaml_error(error) from None
    finally:
        loader.dispose()
    return Document(value, lines)


def write(value: Any) -> str:
    """YAML that `parse` reads back as an equal value; keys keep their order."""
    return yaml.dump(value, Dumper=_StrictDumper, sort_keys=False, allow_unicode=True, width=100)


class _StrictDumper(yaml.SafeDumper):
    """Quotes every text that `parse` would read as something else, and never writes an alias."""

    yaml_implicit_resolvers: Any = {  # noqa: RUF012 - PyYAML's own way to say it
        None: [
            ("tag:yaml.org,2002:null", _NULL),
            ("tag:yaml.org,2002:bool", _BOOL),
            ("tag:yaml.org,2002:int", _INT),
            ("tag:yaml.org,2002:float", _FLOAT),
        ]
    }

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _value(loader: Any, path: Place, lines: dict[Place, int]) -> Any:
    """The value that the next events describe; notes the line of each part."""
    event = loader.get_event()
    line = event.start_mark.line + 1
    lines[path] = line
    if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
        raise YamlError("anchors (&) and aliases (*) are not allowed: write the value out", line)
    if getattr(event, "tag", None) is not None:
        raise YamlError(f"tags are not allowed: {event.tag}", line)
    if isinstance(event, ScalarEvent):
        return _scalar(event, line)
    assert isinstance(event, CollectionStartEvent)
    if len(path) >= MAX_DEPTH:
        raise YamlError(f"nested deeper than {MAX_DEPTH} levels", line)
    if isinstance(event, MappingStartEvent):
        return _mapping(loader, path, lines)
    items: list[Any] = []
    while not loader.check_event(yaml.SequenceEndEvent):
        items.append(_value(loader, (*path, len(items)), lines))
    loader.get_event()
    return items


def _mapping(loader: Any, path: Place, lines: dict[Place, int]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    while not loader.check_event(yaml.MappingEndEvent):
        event = loader.peek_event()
        line = event.start_mark.line + 1
        key = _value(loader, (*path, ""), {})
        if key == "<<" and event.implicit[0]:
            raise YamlError("merge keys (<<) are not allowed: use `extends`", line)
        if not isinstance(key, str):
            raise YamlError(f"a key must be text, not {key!r}: put it in quotes", line)
        if key in result:
            raise YamlError(f"key {key!r} stands twice in one mapping, first on line {lines[(*path, key)]}", line)
        result[key] = _value(loader, (*path, key), lines)
        lines[(*path, key)] = line
    loader.get_event()
    return result


def _scalar(event: ScalarEvent, line: int) -> Any:
    text: str = event.value
    if not event.implicit[0]:  # in quotes, or a block of text
        return text
    if _NULL.match(text):
        return None
    if _BOOL.match(text):
        return text.lower() == "true"
    if _INT.match(text):
        if len(text.lstrip("+-0")) > MAX_DIGITS:
            raise YamlError(f"whole number of more than {MAX_DIGITS} digits", line)
        return int(text)
    if _FLOAT.match(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def _yaml_error(error: yaml.YAMLError) -> YamlError:
    """PyYAML's complaint in one line."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "cannot be understood"
        return YamlError(f"is not valid YAML: {problem}", None if mark is None else mark.line + 1)
    if isinstance(error, yaml.reader.ReaderError):
        return YamlError(f"is not text: character {error.character!r} at position {error.position}")
    return YamlError(f"is not valid YAML: {error}")
