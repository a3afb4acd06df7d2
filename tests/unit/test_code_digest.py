"""The hashes of the code: what they cover is what the code imports."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path
from time import process_time

import pytest

from sim.code_digest import PACKAGE, closure, digest_of_closure, package_digest

TABLES = "sim.environment.environment"
MODULES = sorted(PACKAGE.rglob("*.py"))


def edited(name: str):
    """A reader of the package's files in which one of them has a line more."""
    return lambda path: path.read_bytes() + (b"\n# edited\n" if path == PACKAGE / name else b"")


def imported(path: Path) -> set[str]:
    """Dotted names that a module imports, by Python's own parser, those for type checkers left out."""

    class Names(ast.NodeVisitor):
        def __init__(self) -> None:
            self.found: set[str] = set()

        def visit_If(self, node: ast.If) -> None:
            if ast.unparse(node.test) != "TYPE_CHECKING":
                self.generic_visit(node)

        def visit_Import(self, node: ast.Import) -> None:
            self.found |= {alias.name for alias in node.names}

        def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
            self.found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}

    names = Names()
    names.visit(ast.parse(path.read_text(encoding="utf-8")))
    return names.found


def test_a_closure_has_every_module_that_its_modules_import():
    known = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in MODULES}
    known = {name.removesuffix(".__init__"): path for name, path in known.items()}
    for module in (TABLES, "sim.cli.commands", "sim.plots"):
        found, libraries = closure(PACKAGE, module)
        assert found == {name: known[name] for name in found}
        names = set().union(*(imported(path) for path in found.values()))
        assert {name for name in names if name in known} <= set(found)
        assert {name.partition(".")[0] for name in names} >= libraries
        assert "numpy" in libraries


def test_the_tables_depend_on_the_models_and_not_on_pictures_or_commands():
    found, _ = closure(PACKAGE, TABLES)
    assert {"sim", "sim.constants", "sim.physics.drag", "sim.ephemeris", "sim.scenario.hardware"} <= set(found)
    assert not [name for name in found if name.split(".")[1:2] in (["plots"], ["cli"], ["engine"], ["experiment"])]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("scenario/hardware.py", True),
        ("physics/__init__.py", True),
        ("environment/keeping.py", True),
        ("data/density.npz", True),
        ("plots/losses.py", False),
        ("cli/commands.py", False),
        ("engine/run.py", False),
        ("report/templates/style.css", False),
        ("report/templates/base.html.j2", False),
    ],
)
def test_an_edited_file_changes_the_digest_of_what_depends_on_it(name, changes):
    assert (PACKAGE / name).exists()
    before = digest_of_closure(PACKAGE, TABLES)
    assert (digest_of_closure(PACKAGE, TABLES, edited(name)) != before) == changes


def test_another_version_of_a_library_changes_the_digest(monkeypatch):
    before = digest_of_closure(PACKAGE, TABLES)
    monkeypatch.setattr("sim.code_digest._version", lambda library: "0" if library == "skyfield" else "1")
    assert digest_of_closure(PACKAGE, TABLES) != before


def test_the_digest_of_the_package_covers_all_of_it(tmp_path):
    copy = tmp_path / "sim"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = package_digest(copy)
    assert package_digest() == before  # the place does not matter, nor what Python puts there
    for name in ("engine/run.py", "metrics/table.py", "data/trapped.npz"):
        package_digest.cache_clear()
        content = (copy / name).read_bytes()
        (copy / name).write_bytes(content + b"\n")
        assert package_digest(copy) != before
        (copy / name).write_bytes(content)
    package_digest.cache_clear()
    assert package_digest(copy) == before


def test_imports_of_every_form_are_followed(tmp_path):
    files = {
        "__init__.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sim import unseen\n\nX = 1\n",
        "a.py": "from sim.b import (\n    one,  # why (not)\n    two as zwei,\n)\nimport sim.c as c, os\n",
        "b/__init__.py": "from sim.b.one import f\nfrom . import three\nfrom ..d import g\n",
        "b/one.py": "def f():\n    import sim.e\n    return 1\n",
        "b/two.py": "",
        "b/three.py": "import yaml\n",
        "c.py": "if True:\n    from sim import (f as f)\n",
        "d.py": "",
        "e.py": "",
        "f.py": "",
        "unseen.py": "",
    }
    for name, content in files.items():
        path = tmp_path / "sim" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    found, libraries = closure(tmp_path / "sim", "sim.a")
    within = ["sim.a", "sim.b", "sim.b.one", "sim.b.three", "sim.b.two", "sim.c", "sim.d", "sim.e", "sim.f"]
    assert sorted(found) == ["sim", *within]
    assert libraries == {"yaml"}
    with pytest.raises(ModuleNotFoundError, match=r"no module sim\.absent"):
        closure(tmp_path / "sim", "sim.absent")


def test_a_digest_costs_less_than_a_tenth_of_a_second():
    digest_of_closure(PACKAGE, TABLES)  # the disk's part is not measured
    start = process_time()
    digest_of_closure(PACKAGE, TABLES)
    assert process_time() - start < 0.1
