"""The look of all pictures, and how one is written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import ParamSpec, TypeVar

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.plots.axes import root

P = ParamSpec("P")
R = TypeVar("R")

_METADATA: dict[str, dict[str, None]] = {"png": {"Software": None}, "svg": {"Date": None}}
"""What is not written into a file of each kind: the same picture gives the same bytes."""


@contextmanager
def style() -> Iterator[None]:
    """The look of all pictures, for the time of a `with` block."""
    with (
        resources.as_file(resources.files("sim") / "orbitfleet.mplstyle") as path,
        matplotlib.rc_context(matplotlib.rc_params_from_file(path, use_default_template=False)),
    ):
        yield


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Draw in our look, whatever the caller's is."""

    @wraps(draw)
    def in_style(*args: P.args, **kwargs: P.kwargs) -> R:
        with style():
            return draw(*args, **kwargs)

    return in_style


def save(picture: Axes | Figure, path: str | Path) -> None:
    """Write the whole figure as `.png` or `.svg`, in one step: a reader never finds half a file.

    The same picture gives the same bytes: no date and no program version is written into it.
    """
    path = Path(path)
    kind = path.suffix.lower().lstrip(".")
    if kind not in _METADATA:
        raise ValueError(f"cannot write {path.name!r}: pictures end in .png or .svg")
    figure = _figure(picture)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=f".{kind}")
    os.close(handle)
    try:
        with style():
            figure.savefig(unfinished, format=kind, metadata=_METADATA[kind])
        os.chmod(unfinished, 0o644)  # mkstemp's files are their maker's alone
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise


def png(picture: Axes | Figure) -> bytes:
    """The whole figure as `save` writes it into a `.png`."""
    content = BytesIO()
    with style():
        _figure(picture).savefig(content, format="png", metadata=_METADATA["png"])
    return content.getvalue()


def _figure(picture: Axes | Figure) -> Figure:
    return picture if isinstance(picture, Figure) else root(picture)
