"""What `orbitfleet --version`, `--help` and `import sim` load: not what simulations need."""

import subprocess
import sys

import pytest

HEAVY = ("numpy", "scipy", "skyfield", "matplotlib", "netCDF4", "xarray", "pydantic", "yaml", "simpy", "jinja2", "rich")
COMMAND = (
    "import sys; sys.argv = ['orbitfleet', {!r}]; from sim.cli import main\ntry: main()\nexcept SystemExit: pass\n"
)


def loaded_by(code: str) -> set[str]:
    """Packages that a new Python has loaded after some code."""
    tail = "\nimport sys; print('LOADED', *sorted(name for name in sys.modules if '.' not in name))"
    ended = subprocess.run([sys.executable, "-c", code + tail], capture_output=True, text=True, check=True)
    return set(ended.stdout.rsplit("LOADED", 1)[1].split())


@pytest.mark.parametrize(
    ("code", "also"),
    [("import sim", ("typer", "importlib.metadata")), (COMMAND.format("--version"), ()), ("import sim.cli", ())],
    ids=["import sim", "--version", "import sim.cli"],
)
def test_nothing_heavy_is_loaded(code, also):
    found = loaded_by(code)
    assert "sim" in found
    assert not found & {*HEAVY, *also}


def test_a_public_name_loads_what_it_needs():
    found = loaded_by("import sim; sim.load")
    assert {"pydantic", "yaml"} <= found
    assert "matplotlib" not in found
