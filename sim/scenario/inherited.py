"""What a scenario says of itself, where a later layer changes what that was said of and says nothing of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sim.errors import plain

SAID = ("name", "description", "notes")
"""Keys that say something of the scenario as a whole."""
CHANGES = "changes"
"""The key that lists what was laid on a scenario."""
_NO_CONTENT = (*SAID, CHANGES, "sources")
_LONGEST_NAME = 60
_LONGEST_CHANGES = 90
_LONGEST_CHANGE, _LONGEST_KEPT = 60, 400


def changed_sections(before: Mapping[str, Any], after: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    """Those of the known top keys whose content differs between two trees of a scenario."""
    return [key for key in known if key not in _NO_CONTENT and before.get(key) != after.get(key)]


def name_of_file(stem: str) -> str:
    """A scenario's name, after its file."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", stem)[:_LONGEST_NAME]


def with_laid(tree: Mapping[str, Any], laid: Sequence[str]) -> dict[str, Any]:
    """The list of changes of a tree with those laid on it last; an overlay that gave the name is in it already."""
    before = tree.get(CHANGES, [])
    more = [plain(change, _LONGEST_KEPT) for change in laid if change != tree.get("name")]
    return {CHANGES: [*before, *more]} if more and isinstance(before, list) else {}


def changes_text(changes: Sequence[str]) -> str:
    """`+ shield_5mm, mission.years=3`, shortened where that is long: `+ shield_5mm + 4 more`; empty without any."""
    found = ""
    for number, change in enumerate(changes):
        shown = plain(" ".join(change.split()), _LONGEST_CHANGE)
        sign = ", " if "=" in change and found else " + "
        if found and len(found) + len(sign) + len(shown) > _LONGEST_CHANGES:
            return f"{found} + {len(changes) - number} more".strip()
        found += sign + shown
    return found.strip()


def with_changes(tree: Mapping[str, Any], since: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Description and notes of a tree as they have to read; `since`: the sections changed after each was written."""
    found = {}
    for key in ("description", "notes"):
        text, sections = tree.get(key), ", ".join(since.get(key, ()))
        if sections and isinstance(text, str) and text.strip():
            found[key] = (
                f"{text.rstrip()} (changed: {sections})"
                if key == "description"
                else f"Written before a change of: {sections}.\n\n{text}"
            )
    return found
