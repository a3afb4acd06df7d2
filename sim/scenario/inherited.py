"""What a scenario says of itself, where a later layer changes what that was said of and says nothing of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sim.errors import plain

SAID = ("name", "description", "notes")
"""Keys that say something of the scenario as a whole."""
_NO_CONTENT = (*SAID, "sources")
_LONGEST_NAME = 60


def changed_sections(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The top keys whose content differs between two trees of a scenario."""
    keys = (key for key in dict.fromkeys((*before, *after)) if key not in _NO_CONTENT)
    return [key for key in keys if before.get(key) != after.get(key)]


def name_of_file(stem: str) -> str:
    """A scenario's name, after its file."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", stem)[:_LONGEST_NAME]


def with_changes(tree: Mapping[str, Any], since: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Description and notes of a tree as they have to read; `since`: the sections changed after each was written."""
    found = {}
    for key in ("description", "notes"):
        text, sections = tree.get(key), ", ".join(plain(str(one), 60) for one in since.get(key, ()))
        if sections and isinstance(text, str) and text.strip():
            found[key] = (
                f"{text.rstrip()} (changed: {sections})"
                if key == "description"
                else f"Written before a change of: {sections}.\n\n{text}"
            )
    return found
