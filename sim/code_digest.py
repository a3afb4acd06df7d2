"""Hashes of this package's own code and data: what was computed by other code is not taken for what this code computes.

Which modules decide a result is found by following the imports, so that no list of them can go stale.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
"""The folder of this package."""

Reader = Callable[[Path], bytes]

_FOR_TYPE_CHECKERS = re.compile(r"^if TYPE_CHECKING:\n(?:(?:[ \t].*)?\n)*", re.MULTILINE)
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]+)|import[ \t]+([\w., \t]+))", re.MULTILINE
)
_OF_PAGES = (".j2", ".css")
"""Endings of templates: what a page looks like decides no figure."""
_NAME = re.compile(r"(\w+)(?:[ \t]+as[ \t]+\w+)?")
_COMMENT = re.compile(r"#.*")


@cache
def package_digest(package: Path = PACKAGE) -> str:
    """SHA-256 of all modules and data files of the package in a folder, as hexadecimal digits."""
    return _digest(package, _files(package), Path.read_bytes, [])


@cache
def closure_digest(module: str) -> str:
    """SHA-256 of all that a module of this package is computed by, as hexadecimal digits.

    The module, all that it imports, directly or not; the package's data files; the versions of the libraries that these
    modules import.  `module`: dotted name, such as `sim.environment.environment`.
    """
    return digest_of_closure(PACKAGE, module)


def digest_of_closure(package: Path, module: str, read: Reader = Path.read_bytes) -> str:
    """`closure_digest` of the package in a folder, whose files `read` returns."""
    modules, libraries = closure(package, module, read)
    data = [file for file in _files(package) if file.suffix not in (".py", *_OF_PAGES)]
    versions = [f"{name} {_version(name)}" for name in sorted(libraries)]
    return _digest(package, [*modules.values(), *data], read, versions)


def closure(package: Path, module: str, read: Reader = Path.read_bytes) -> tuple[dict[str, Path], set[str]]:
    """A module and all modules of the package that it imports, directly or not; and the libraries that these import.

    Imports inside functions count, those for type checkers do not.  A module stands for the packages around it too,
    whose `__init__` runs first.  Raises `ModuleNotFoundError` for a module that is not in the package.
    """
    modules = {_name(package, file): file for file in _files(package) if file.suffix == ".py"}
    if module not in modules:
        raise ModuleNotFoundError(f"no module {module} in {package}")
    found: dict[str, Path] = {}
    libraries: set[str] = set()
    waiting, seen = [module], {module}
    while waiting:
        name = waiting.pop()
        around, _, _ = name.rpartition(".")
        first = name.partition(".")[0]
        named = {around} if around else set()
        if first != package.name:
            libraries |= {first} - sys.stdlib_module_names
        elif name in modules:  # not so a name inside a module
            found[name] = file = modules[name]
            named |= {*_imports(read(file).decode("utf-8"), name if file.name == "__init__.py" else around)}
        waiting += named - seen
        seen |= named
    return found, libraries


def _imports(source: str, home: str) -> Iterator[str]:
    """Dotted names of all that the source of a module imports; `home`: the package it is in.

    By pattern, since parsing takes ten times as long; a text that looks like an import adds a name too many.
    """
    for base, names, plain in _IMPORT.findall(_FOR_TYPE_CHECKERS.sub("", _COMMENT.sub("", source))):
        if plain:
            yield from (name.split()[0] for name in plain.split(",") if name.strip())
            continue
        module = base.lstrip(".")
        if level := len(base) - len(module):
            module = ".".join([*home.split(".")[: home.count(".") + 2 - level], *([module] if module else [])])
        yield module
        yield from (f"{module}.{name}" for name in _NAME.findall(names))


def _name(package: Path, file: Path) -> str:
    """The dotted name of the module in a file."""
    parts = (package.name, *file.relative_to(package).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _files(package: Path) -> list[Path]:
    """The modules and data files of a package: not what Python, an editor or the installer put beside them."""
    found = []
    for folder, inner, names in os.walk(package):
        inner[:] = [name for name in inner if not name.startswith((".", "__pycache__", "_configs"))]
        found += [Path(folder, name) for name in names if not name.startswith(".")]
    return found


def _digest(package: Path, files: list[Path], read: Reader, more: list[str]) -> str:
    digest = hashlib.sha256()
    for name, file in sorted((file.relative_to(package).as_posix(), file) for file in files):
        content = read(file)
        digest.update(f"{name} {len(content)}\n".encode() + content)
    digest.update("\n".join(more).encode())
    return digest.hexdigest()


def _version(library: str) -> str:
    """The version of an installed library, by the name under which it is imported."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return str(getattr(sys.modules.get(library), "__version__", "unknown"))
