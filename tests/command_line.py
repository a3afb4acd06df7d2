"""The command line in this process: without the start of a Python and all its imports for every line."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from sim.cli import main


def orbitfleet(*arguments: object, code: int = 0, cwd: Path | None = None) -> tuple[str, str]:
    """What `orbitfleet ARGUMENTS` prints on stdout and on stderr, in the folder `cwd`; it must end with `code`."""
    with _working_in(cwd or Path.cwd()), redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        sys.argv = ["orbitfleet", *map(str, arguments)]
        with pytest.raises(SystemExit) as ended:
            main()
    assert (ended.value.code or 0) == code, (ended.value.code, err.getvalue())
    if code:
        assert not out.getvalue()
    return out.getvalue(), err.getvalue()


@contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    """Work in a folder, and forget afterwards what the command line set and the modules that lie there."""
    before, argv, path, modules = Path.cwd(), sys.argv, list(sys.path), set(sys.modules)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        sys.argv, sys.path[:] = argv, path
        for name in set(sys.modules) - modules:
            if Path(getattr(sys.modules[name], "__file__", None) or "/").parent == folder:
                del sys.modules[name]
