"""Classes of a user's own, named `package.module:Class`, in the place of built-in ones."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Mapping
from typing import TypeVar

from sim.errors import InputError
from sim.text import nearest

Kind = TypeVar("Kind")


def class_named(kind: str, base: type[Kind], built_in: Mapping[str, type[Kind]], what: str, verb: str) -> type[Kind]:
    """The class of this kind: a built-in name, or a user's own class as `package.module:Class`.

    `what` a `base` is called, and the `verb` that a class of the user's must have.  Raises `InputError` when there is
    none, naming the built-in kinds.
    """
    if kind in built_in:
        return built_in[kind]
    module_name, colon, class_name = kind.partition(":")
    if not colon:
        listed = f"built in: {', '.join(built_in)}; your own: package.module:Class"
        raise InputError(f"no {what} {kind!r}{nearest(kind, list(built_in))}; {listed}")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (Exception, SystemExit) as error:  # a module of the user's may do anything when it is imported
        near = _class_meant(module_name, class_name, base, verb) if isinstance(error, AttributeError) else ""
        raise InputError(f"{what} {kind!r} cannot be loaded: {type(error).__name__}: {error}{near}") from error
    if not (isinstance(found, type) and issubclass(found, base)):
        raise InputError(
            f"{what} {kind!r} is not a subclass of {base.__module__.removesuffix('.base')}.{base.__name__}"
        )
    if getattr(found, verb) is getattr(base, verb):
        raise InputError(f"{what} {kind!r} has no method {verb}")
    for name, one in built_in.items():
        if found is one:
            raise InputError(f"{what} {kind!r} is built in: call it {name}")
    return found


def failure_of(error: BaseException, hint: str = "") -> str:
    """What to say of an exception in a class of the user's: what it was, a hint, and where."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"failed with {type(error).__name__}: {error}{hint} ({place.filename}, line {place.lineno})"


def _class_meant(module_name: str, class_name: str, base: type[Kind], verb: str) -> str:
    """`; did you mean 'x'?` of the classes in a module that was imported; nothing where none of them is near."""
    there = vars(sys.modules[module_name]) if module_name in sys.modules else {}
    classes = {name: one for name, one in there.items() if isinstance(one, type) and issubclass(one, base)}
    return nearest(class_name, [name for name, one in classes.items() if getattr(one, verb) is not getattr(base, verb)])
