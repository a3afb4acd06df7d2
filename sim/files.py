"""Files that are written whole or not at all, and what to say when a folder cannot be used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from sim.errors import InputError

TEMPORARY = ".orbitfleet-"
"""How the names of our files begin while they are being written."""


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with whole_file(path) as file:
        file.write(text)


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A text file to write to, which is there when the block has ended without an error, and not before."""
    partial = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    try:
        with partial.open("w", encoding="utf-8") as file:
            yield file
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a full disk, a missing permission and their like into one message."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: cannot be used as output folder: {error.strerror or error}") from error
