"""From content to a page: the templates, and how text gets into them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

# A folder from the root, or of a drive: at the start of a word, so that neither `USD/kg/yr` nor `https://a/b` is one.
_FOLDERS = re.compile(r"(?<![\w:/.~\\])(?:~?/|[A-Za-z]:[\\/])(?:[^\s/\\'\"<>,;]+[\\/])+(?=[^\s/\\'\"<>,;])")
_LONG_WORDS = re.compile(r"\S{19,}")
_BREAKS = re.compile(r"([_./:=])(?=\w)")


def page(template: str, **content: Any) -> str:
    """The page of a template with this content; everything in it that is not `Markup` is escaped."""
    return _templates().get_template(template).render(**content)


def without_folders(text: str) -> str:
    """A text whose absolute paths are cut down to names of files: a page tells nobody how a machine is arranged."""
    return _FOLDERS.sub("", text)


def command_line(words: Sequence[str]) -> str:
    """A command as it is typed, without folders."""
    return " ".join(_quoted(_without_its_folder(word)) for word in words)


def _without_its_folder(word: str) -> str:
    """A word of a command; as a whole it may be a path with spaces in it, or such a path behind `--out=`."""
    start, is_, rest = word.rpartition("=")
    if rest.startswith(("/", "~/")) and len(rest) > 1:
        return start + is_ + rest.rstrip("/").rpartition("/")[2]
    return without_folders(word)


def _quoted(word: str) -> str:
    return word if re.fullmatch(r"[\w@%+=:,./\-\[\]]+", word) else "'" + word.replace("'", "'\"'\"'") + "'"


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("sim.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["breakable"] = _breakable
    return templates


def _breakable(text: str) -> Markup:
    """A text whose long names a narrow column may break behind their underscores and dots."""
    marked = _LONG_WORDS.sub(lambda word: _BREAKS.sub("\\1\0", word[0]), text)
    return Markup("<wbr>").join(escape(part) for part in marked.split("\0"))
