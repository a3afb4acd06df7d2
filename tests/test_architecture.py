"""The house rules, read from the code: who may import whom, and who may know SimPy and Skyfield."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "sim"

# A module imports only from lines above its own, and from its own package.
LAYERS = [
    {"constants", "errors", "code_digest"},
    {"parameters", "streams", "files"},
    {"ephemeris"},
    {"physics"},
    {"reliability"},
    {"launch"},
    {"fleet", "events"},
    {"strategies", "workloads"},
    {"scenario"},
    {"environment"},
    {"result"},
    {"engine"},
    {"economics"},
    {"metrics"},
    {"description"},
    {"experiment"},
    {"fit"},
    {"verify"},
    {"plots"},
    {"__init__"},
    {"cli"},
    {"__main__"},
]
ONLY_IN = {"simpy": {"engine"}, "skyfield": {"ephemeris", "verify"}, "typer": {"cli"}, "matplotlib": {"plots"}}
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
MODULES = sorted(ROOT.rglob("*.py"))


def room_of(path: Path) -> str:
    """The module or package of `sim` that a file belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    """Dotted names of all that a file imports, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; write the full name"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_imports_only_from_above(path: Path) -> None:
    room = room_of(path)
    assert room in LEVEL, f"{room} has no place in the layer table"
    for name in imports_of(path):
        first, _, rest = name.partition(".")
        if first == "sim":
            other = rest.split(".")[0]
            other = other if other in LEVEL else "__init__"
            assert other == room or LEVEL[other] < LEVEL[room], f"{path.name} imports {name} from below"
        elif first in ONLY_IN:
            assert room in ONLY_IN[first], f"{path.name} imports {first}, which only {ONLY_IN[first]} may"


def test_files_are_small_enough_to_hold_one_idea() -> None:
    long = {str(path): n for path in MODULES if (n := len(path.read_text().splitlines())) > 400}
    assert not long, f"split these: {long}"


def test_nothing_is_called_manager_or_helper() -> None:
    vague = {"manager", "handler", "helper", "helpers", "utils", "coordinator", "agent", "info", "common", "misc"}
    assert not [path for path in MODULES if path.stem in vague]
