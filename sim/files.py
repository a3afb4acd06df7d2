"""Files that are written whole or not at all, and what to say when a file or folder is missing or cannot be used."""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

from sim.errors import InputError, plain
from sim.text import closest

TEMPORARY = ".orbitfleet-"
"""How the names of our files begin while they are being written."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with whole_file(path) as file:
        file.write(text)


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A text file to write to, which is there when the block has ended without an error, and not before."""
    with whole_bytes(path) as binary, TextIOWrapper(binary, encoding="utf-8") as file:
        yield file


@contextmanager
def whole_bytes(path: Path) -> Iterator[BinaryIO]:
    """The same for bytes."""
    partial = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    try:
        with partial.open("wb") as file:
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
        raise InputError(f"{path}: cannot be used as output folder: {reason(error)}") from error


def reason(error: OSError) -> str:
    """Why a file could not be written, and for want of room also what to do."""
    said = str(error.strerror or error)
    if error.errno in _NO_ROOM:
        return f"{said}: make room and run the same command again; what is finished is kept"
    return said


def nearest_file(path: Path, endings: Collection[str] = ()) -> str:
    """`; did you mean 'x'?` of a path that leads nowhere: what is there under nearly that name, of any of `endings`."""
    try:
        found = _there(path, endings)
    except (OSError, ValueError):  # a folder that may not be read, a NUL byte
        found = None
    return "" if found is None else f"; did you mean {plain(str(found))!r}?"


def _there(path: Path, endings: Collection[str]) -> Path | None:
    """The path with each part that is not there replaced by the nearest name; none: no name is near."""
    folder = path.parent if path.parent.is_dir() else _folder_there(path.parent)
    if folder is None:
        return None
    kept = [one for one in sorted(folder.iterdir()) if not endings or one.suffix in endings]
    near = closest(path.stem, list(dict.fromkeys(one.stem for one in kept)))
    # By the stem: names are not alike because of their ending.
    named = [one for one in kept if one.stem == near]
    return next((one for one in named if one.suffix == path.suffix), named[0] if named else None)


def _folder_there(path: Path) -> Path | None:
    """The folder that was probably meant."""
    found = _there(path, ())
    return found if found is not None and found.is_dir() else None


def failed_write(partial: Path, error: RuntimeError | OSError) -> OSError:
    """Why a file could not be written: netCDF does not say, the system does when it is asked to write some more."""
    try:
        with partial.open("ab") as file:
            file.write(bytes(1 << 20))
    except OSError as found:
        return found
    return error if isinstance(error, OSError) else OSError(str(error))
