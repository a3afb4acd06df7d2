"""The house rules, read from the code: who may import whom, and who may know SimPy and Skyfield."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "sim"

# A module imports only from lines above its own, and from its own package.
LAYERS = [
    {"constants", "errors", "code_digest", "text"},
    {"parameters", "streams", "files", "shipped", "plug_ins"},
    {"ephemeris"},
    {"physics"},
    {"reliability"},
    {"launch", "sparing", "servicing"},
    {"design_view"},
    {"berths"},
    {"plane_view"},
    {"fleet", "events"},
    {"strategies", "workloads"},
    {"scenario"},
    {"environment"},
    {"result"},
    {"economics"},
    {"engine"},
    {"metrics"},
    {"description"},
    {"experiment"},
    {"exploration"},
    {"fit"},
    {"verify"},
    {"bench"},
    {"claims"},
    {"plots"},
    {"report"},
    {"__init__"},
    {"cli"},
    {"__main__"},
]
ONLY_IN = {
    "simpy": {"engine", "bench"},  # bench: a bare timeout is the unit of its times
    "skyfield": {"ephemeris", "verify"},
    "typer": {"cli"},
    "matplotlib": {"plots"},
    "jinja2": {"report"},
    "optuna": {"exploration"},
}
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


LONGEST_FUNCTION = 60
MOST_POSITIONAL = 7
EXCEPTIONS = {
    "cli/simulate.py: run": "Typer makes an option of each parameter",
    "cli/simulate.py: compare": "Typer makes an option of each parameter",
    "cli/commands.py: environment": "Typer makes an option of each parameter",
    "cli/verify.py: eclipse": "Typer makes an option of each parameter",
    "cli/ground.py: ground": "Typer makes an option of each parameter",
    "cli/optimise.py: optimise": "Typer makes an option of each parameter",
    "cli/verify.py: contacts": "Typer makes an option of each parameter",
    "cli/sweep.py: sweep": "Typer makes an option of each parameter",
    "cli/sensitivity.py: sensitivity": "Typer makes an option of each parameter",
}
"""Functions that may have more positional parameters, and why."""
FUNCTIONS = [
    (f"{path.relative_to(ROOT)}: {node.name}", node)
    for path in MODULES
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.FunctionDef)
]


def test_functions_are_short_enough_to_be_read_at_one_go() -> None:
    long = {name: n for name, node in FUNCTIONS if (n := node.end_lineno - node.lineno + 1) > LONGEST_FUNCTION}
    assert not long, f"take these apart: {long}"


def test_a_call_can_be_read_without_the_function_beside_it() -> None:
    many = {}
    for name, node in FUNCTIONS:
        names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
        if len(names) - (names[:1] in (["self"], ["cls"])) > MOST_POSITIONAL:
            many[name] = len(names)
    assert many.keys() == EXCEPTIONS.keys(), f"too many positional parameters: {many}"


PROTOCOLS = {
    "environment/site.py: Site": "orbital planes, and halls on the ground",
    "experiment/executor.py: Work": "runs of a study, its draws of beliefs, the points of a sweep",
    "reliability/life.py: Ageing": "laws of lifetime, and hazards by dose",
}
"""Interfaces with several implementations, or more to come."""


def test_a_protocol_has_several_implementations_and_breaks_no_circle() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base).startswith("Protocol") for base in node.bases)
    }
    assert found == PROTOCOLS.keys()


def test_modules_of_a_package_import_in_one_direction() -> None:
    names = {".".join(["sim", *path.relative_to(ROOT).with_suffix("").parts]): path for path in MODULES}
    names = {name.removesuffix(".__init__"): path for name, path in names.items() if path.name != "__init__.py"}
    reach = {
        name: {
            other for other in names if other != name and any(i == other or i.startswith(other + ".") for i in found)
        }
        for name, path in names.items()
        for found in [imports_of(path)]
    }
    while free := [name for name, others in reach.items() if not others & reach.keys()]:
        for name in free:
            del reach[name]
    assert not reach, f"these import one another in a circle: {sorted(reach)}"
