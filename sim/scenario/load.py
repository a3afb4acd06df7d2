"""From files to a scenario: inheritance, overlays and `--set`, merged as plain trees and validated once at the end.

Merging: mappings merge key by key, everything else, lists too, is replaced.  One exception: where a mapping's `kind`
changes, its other keys belong to the old kind and are dropped.  Every value remembers the file that gave it, and a
source only vouches for a value that no later layer changes (`vouching`).  What a file says of itself must not pass on
unchanged to a later layer that changes something and says nothing of its own (`inherited`).
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.errors import Fault, ScenarioError
from sim.files import nearest_file
from sim.scenario.citations import source_faults
from sim.scenario.faults import Origin, dotted, faults_of, loosely_typed, origin_of, part_at
from sim.scenario.inherited import CHANGES, SAID, changed_sections, name_of_file, with_changes, with_laid
from sim.scenario.job_sizes import oversized_jobs, slots_of_shells
from sim.scenario.job_trace import Trace, rows_of
from sim.scenario.models import Scenario
from sim.scenario.simulation import Simulation
from sim.scenario.vouching import Shape, outdated, shape
from sim.scenario.yaml_file import MAX_DEPTH, Place, YamlError, parse, read, write
from sim.shipped import shipped, shipped_overlays, validation_cases
from sim.strategies import BUILT_IN
from sim.text import nearest

MAX_FILES = 100
"""Files that one scenario may be made of: a bound on `extends` that branches."""

ENDINGS = (".yaml", ".yml")
"""Of the names of scenario files."""

CONTENT = frozenset(Scenario.model_fields) - {*SAID, CHANGES, "sources"}
"""Top keys on which results depend."""

SET = "--set"
"""The file that stands in a fault for a value from the command line."""


def load(*sources: str | Path, set_: Sequence[str] = (), allow_code: bool | Collection[str] = False) -> Scenario:
    """The scenario of these sources: a scenario and overlays on it, then settings `path.to.field=value`.

    A source is a path, or the bare name of a shipped scenario, overlay or validation case (`suncatcher_81`,
    `overlays/pause`, `validation/mccalip_orbit`).  A file may name strategies by `module:Class` only with `allow_code`,
    or where that says this very name: another's file must not run code unasked.  Raises `ScenarioError` with every
    fault found, each naming the file, the place in it, the value and what is allowed.
    """
    if not sources:
        raise ScenarioError([Fault("scenario", "", None, "name at least one scenario file")])
    files = _Files()
    tree = _Tree({}, {(): Origin(str(sources[0]))})
    for source in sources:
        tree.lay(files.tree_of(str(source), Path(), None))
    for setting in sorted((_setting(text) for text in set_), key=lambda setting: setting[0][-1] != "kind"):
        # The kind first: changing it drops the keys of the old kind, not those set beside it.
        tree.set(*setting)
    settings = [text.strip() for text in set_ if _setting(text)[0][0] in CONTENT]
    tree.value |= with_laid(tree.value, [*(Path(source).stem for source in sources[1:]), *settings])
    if faults := _unallowed_code(tree, allow_code):
        raise ScenarioError(faults)
    tree.value |= with_changes(tree.value, tree.since)
    faults = _find_catalogues(tree)
    _take_jobs_from_trace(tree)
    try:
        scenario = Scenario.model_validate(tree.value)
    except ValidationError as error:
        raise ScenarioError(faults + faults_of(error, tree.value, tree.origins)) from None
    faults += loosely_typed(tree.value, scenario.model_dump(mode="json"), tree.origins)
    faults += source_faults(scenario, tree.origins)
    if (slots := slots_of_shells(scenario)) is not None:
        for job in oversized_jobs(scenario, slots):
            faults.append(origin_of(tree.origins, job.place).fault(dotted(job.place), job.gpus, job.problem))
    try:
        scenario.strategy_named(scenario.strategy)
    except ScenarioError as error:
        origin = origin_of(tree.origins, ("strategy",))
        known = [*scenario.strategies, *BUILT_IN]
        near = "" if scenario.strategy in known else nearest(scenario.strategy, known)
        faults += [origin.fault("strategy", scenario.strategy, fault.problem + near) for fault in error.faults]
    if faults:
        raise ScenarioError(faults)
    return scenario


def resolved_yaml(scenario: Scenario) -> str:
    """The whole scenario as YAML, defaults included; it loads back to an equal scenario."""
    return write(scenario.model_dump(mode="json"))


def sha256_of(scenario: Scenario) -> str:
    """SHA-256 of what decides the results: all but notes and sources, and the content, not the place, of files."""
    content = scenario.model_dump(mode="json", exclude={"description", "notes", CHANGES, "sources"})
    if scenario.simulation == Simulation():
        del content["simulation"]  # scenarios of before there was a choice keep their hash
    for shell in content["constellation"]["shells"]:
        if "file" in shell:
            shell["file"] = hashlib.sha256(Path(shell["file"]).read_bytes()).hexdigest()
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class _Tree:
    """A value made of mappings, lists and scalars, and where each part of it came from."""

    value: Any
    origins: dict[Place, Origin]
    since: dict[str, list[str]] = field(default_factory=dict)
    """Sections of the scenario that were changed after each of `SAID` was stated."""

    def lay(self, layer: _Tree) -> None:
        """Lay a file's whole tree over this one; sources no longer vouch for what it changes."""
        before, content = shape(self.value), copy.deepcopy(self.value)
        own = layer.value.get("sources")
        self.merge(layer)
        self._disown(before, own if isinstance(own, dict) else ())
        self._note_changes(content, {key: layer.since.get(key, []) for key in SAID if key in layer.value})

    def merge(self, other: _Tree, at: Place = (), source: Place = ()) -> None:
        """Lay the part of another tree at `source` over the part of this one at `at`."""
        before, after = part_at(self.value, at), part_at(other.value, source)
        mappings = isinstance(before, dict) and isinstance(after, dict)
        one_source = len(at) == 2 and at[0] == "sources"  # the range of one source is not another's
        if mappings and not one_source and not _other_kind(before, after, at):
            self.origins[at] = other.origins[source]  # what is wrong with the whole is due to the last who changed it
            for key in after:
                if key in before:
                    self.merge(other, (*at, key), (*source, key))
                else:
                    self._put(other, (*at, key), (*source, key))
        else:
            self._put(other, at, source)

    def set(self, place: Place, value: Any, origin: Origin) -> None:
        """Merge one setting; digits in its path count list entries.  Raises `ScenarioError` where it leads nowhere."""
        if place[0] == "sources":
            raise ScenarioError([origin.fault(dotted(place), None, "sources are stated in a file, not set one by one")])
        before, content, first = shape(self.value), copy.deepcopy(self.value), place[0]
        for i, key in enumerate(place):
            parent = part_at(self.value, place[:i])
            if isinstance(parent, list):
                if not (str(key).isdecimal() and int(key) < len(parent)):
                    problem = f"{key!r} is no entry of the list {dotted(place[:i])}, which has {len(parent)}, from 0"
                    raise ScenarioError([origin.fault(dotted(place), None, problem)])
                place = (*place[:i], int(key), *place[i + 1 :])
            elif parent is None:
                self._put(_Tree({}, {(): origin}), place[:i], ())
            elif not isinstance(parent, dict):
                problem = f"{dotted(place[:i])} is a single value: there is nothing in it to set"
                raise ScenarioError([origin.fault(dotted(place), None, problem)])
        self.origins.update({place[:i]: origin for i in range(len(place))})
        if isinstance(place[-1], str):  # by way of the mapping around it, whose kind this may be
            place, value = place[:-1], {place[-1]: value}
        self.merge(_Tree(value, dict.fromkeys(_places(value), origin)), place)
        self._disown(before, ())
        self._note_changes(content, {key: [] for key in SAID if key == first})

    def _note_changes(self, before: Mapping[str, Any], stated: Mapping[str, list[str]]) -> None:
        """Note what was changed since `before`; `stated`: what the change says itself of the scenario."""
        sections = changed_sections(before, self.value, Scenario.model_fields)
        for key in SAID:
            earlier = self.since.get(key, [])
            self.since[key] = stated.get(key, list(dict.fromkeys([*earlier, *sections])))

    def _disown(self, before: Shape, own: Collection[str]) -> None:
        """Mark what was changed since `before` and has no source any more; `own`: what the change gave a source for."""
        stated = self.value.get("sources") if isinstance(self.value, dict) else None
        if not isinstance(stated, dict):
            return
        vouching = {path: isinstance(given, dict) and given.get("tag") is not None for path, given in stated.items()}
        found = outdated(before, shape(self.value), vouching, own)
        places = {dotted(place): place for place in _places(self.value)} if found.unsourced else {}
        for path in found.dropped:
            del stated[path]
        for path in found.unsourced:
            # What a further design takes over was changed where it takes it from.
            place = places.get(path) or places[".".join(["satellite", *path.split(".")[2:]])]
            origin = self.origins[place]
            where = f"by {SET}" if origin.file == SET else f"in {Path(origin.file).name}"
            stated[path] = {"tag": None, "source": f"set {where}, no source given"}
            self.origins |= {("sources", path, *inner): origin for inner in ((), ("tag",), ("source",))}

    def _put(self, other: _Tree, at: Place, source: Place) -> None:
        for inner in _places(part_at(self.value, at)):
            self.origins.pop((*at, *inner), None)
        value = part_at(other.value, source)
        self.origins.update({(*at, *inner): other.origins[(*source, *inner)] for inner in _places(value)})
        if at:
            part_at(self.value, at[:-1])[at[-1]] = value
        else:
            self.value = value


class _Files:
    """Reads files and what they extend; refuses circles, and more than `MAX_FILES` files."""

    def __init__(self) -> None:
        self.opened = 0

    def tree_of(self, name: str, folder: Path, by: _Reference | None) -> _Tree:
        """The merged tree of a file and its parents.  `by` says who named it; none: the caller."""
        path = _shipped_path(name) or folder / name
        chain = () if by is None else by.chain
        real = _resolved(path)
        if real in chain:
            assert by is not None
            circle = " -> ".join(p.name for p in (*chain[chain.index(real) :], path))
            raise ScenarioError([by.fault(f"extends itself: {circle}")])
        self.opened += 1
        if self.opened > MAX_FILES:
            raise ScenarioError([Fault(name, "", None, f"more than {MAX_FILES} files extend one another")])
        shown = str(path)
        try:
            document = read(path)
        except YamlError as error:
            problem = error.problem
            if problem == "no such file":
                problem += _meant(name, path)
            if by is not None and not path.exists():
                raise ScenarioError([by.fault(problem)]) from None
            line = "" if error.line is None else f" (line {error.line})"
            raise ScenarioError([Fault(shown, "", None, problem + line)]) from None
        if not isinstance(document.value, dict):
            problem = "is empty" if document.value is None else "is not a mapping of keys"
            raise ScenarioError([Fault(shown, "", None, f"{problem}: a scenario begins with keys such as `extends:`")])
        own = _Tree(document.value, {place: Origin(shown, line) for place, line in document.lines.items()})
        parents = own.value.pop("extends", [])
        origin = own.origins.pop(("extends",), Origin(shown))
        parents = [parents] if isinstance(parents, str) else parents
        if not isinstance(parents, list) or not all(isinstance(parent, str) for parent in parents):
            problem = "must be the name or path of a scenario, or a list of them"
            raise ScenarioError([origin.fault("extends", parents, problem)])
        result = _Tree({}, {(): Origin(shown)})
        for parent in parents:
            reference = _Reference(origin, parent, (*chain, real))
            result.lay(self.tree_of(parent, path.parent, reference))
        result.lay(own)
        renamed = "name" in own.value
        if parents and "name" in result.value and result.since["name"]:
            # Figures of a changed scenario must not come under the name of the one it was made from.
            result.value["name"] = name_of_file(path.stem)
            result.origins["name",] = own.origins[()]
            result.since["name"], renamed = [], True
        if renamed and CHANGES not in own.value:
            result.value.pop(CHANGES, None)  # they were laid on another scenario
        return result


@dataclass(frozen=True)
class _Reference:
    """An entry of `extends`: where it stands, what it says, and the files that lead to it."""

    origin: Origin
    name: str
    chain: tuple[Path, ...]

    def fault(self, problem: str) -> Fault:
        return self.origin.fault("extends", self.name, problem)


def _resolved(path: Path) -> Path:
    """The path without symbolic links; as it is where it leads nowhere: reading it then says why."""
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):  # a NUL byte, links in a circle
        return path


def _meant(name: str, path: Path) -> str:
    """What a name that leads nowhere was probably meant to be: a file beside it, or one that ships; else all of those.

    A name without an ending is rather that of what ships.
    """
    known = [*shipped(), *shipped_overlays()]
    guesses = [nearest(name, [*known, *validation_cases()]), nearest_file(path, ENDINGS)]
    if path.suffix in ENDINGS:
        guesses.reverse()
    return next(filter(None, guesses), f"; shipped: {', '.join(known)}")


def _shipped_path(name: str) -> Path | None:
    """The file of a shipped scenario, overlay or validation case named without its ending; none: `name` is a path."""
    return shipped().get(name) or shipped_overlays().get(name) or validation_cases().get(name)


def _setting(text: str) -> tuple[Place, Any, Origin]:
    """(place, value, origin) of `path.to.field=value`."""
    path, equals, value = text.partition("=")
    path = path.strip()
    if not equals or not all(path.split(".")) or path.count(".") > MAX_DEPTH:
        problem = "write --set path.to.field=value, such as --set mission.years=3"
        raise ScenarioError([Fault(SET, path, None, problem)])
    try:
        return tuple(path.split(".")), parse(value).value, Origin(SET)
    except YamlError as error:
        raise ScenarioError([Fault(SET, path, value, error.problem)]) from None


def _other_kind(before: dict[str, Any], after: dict[str, Any], at: Place) -> bool:
    """Whether `after` changes the kind; a strategy's kind is its name where none is given."""
    if "kind" not in after:
        return False
    implied = at[1] if len(at) == 2 and at[0] == "strategies" else after["kind"]
    return bool(before.get("kind", implied) != after["kind"])


def _unallowed_code(tree: _Tree, allow_code: bool | Collection[str]) -> list[Fault]:
    """The strategies of files that are somebody's own code, where that is not allowed."""
    if allow_code is True:
        return []
    value = tree.value if isinstance(tree.value, dict) else {}
    given = value.get("strategies")
    named = given.items() if isinstance(given, dict) else ()
    kinds: list[tuple[Place, Any]] = [(("strategy",), value.get("strategy"))]
    for name, one in named:
        has_kind = isinstance(one, dict) and "kind" in one
        kinds.append((("strategies", name, "kind"), one["kind"]) if has_kind else (("strategies", name), name))
    kinds.append((("workload", "scheduler", "kind"), part_at(value, ("workload", "scheduler", "kind"))))
    kinds.append((("workload", "scheduler"), part_at(value, ("workload", "scheduler"))))
    allowed = allow_code or ()
    problem = (
        "is code, which a scenario file may name only with --allow-code (in Python allow_code=True), or where the same "
        "name stands on the command line: look at it first"
    )
    return [
        tree.origins[place].fault(dotted(place), kind, problem)
        for place, kind in kinds
        if isinstance(kind, str) and ":" in kind and tree.origins[place].file != SET and kind not in allowed
    ]


def _find_catalogues(tree: _Tree) -> list[Fault]:
    """Make the paths of catalogue files absolute, from the folder of the file that names each; the ones not there."""
    faults = []
    shells = part_at(tree.value, ("constellation", "shells"))
    for i, shell in enumerate(shells if isinstance(shells, list) else []):
        name = shell.get("file") if isinstance(shell, dict) else None
        if not isinstance(name, str):
            continue
        place: Place = ("constellation", "shells", i, "file")
        origin = tree.origins[place]
        folder = Path() if origin.file == SET else Path(origin.file).parent
        try:
            path = (folder / name).resolve()
            there = path.is_file()
        except (OSError, ValueError, RuntimeError):  # a NUL byte, too long a name, links in a circle
            faults.append(origin.fault(dotted(place), name, "must be the path of a file"))
            continue
        shell["file"] = str(path)
        if not there:
            faults.append(origin.fault(dotted(place), name, f"no such file: {path}{nearest_file(path)}"))
    return faults


def _take_jobs_from_trace(tree: _Tree) -> None:
    """Put the jobs of a trace behind those that are described.  Raises `ScenarioError` for a trace that is none."""
    workload = part_at(tree.value, ("workload",))
    given = workload.pop("trace", None) if isinstance(workload, dict) else None
    if given is None:
        return
    place: Place = ("workload", "trace")
    try:
        trace = Trace.model_validate(given)
    except ValidationError as error:
        origins = {(): origin_of(tree.origins, place)} | {
            at[2:]: origin for at, origin in tree.origins.items() if at[:2] == place and len(at) > 2
        }
        faults = faults_of(error, given, origins)
        raise ScenarioError([replace(fault, path=f"workload.trace.{fault.path}") for fault in faults]) from None
    origin = origin_of(tree.origins, (*place, "file"))
    folder = Path() if origin.file == SET else Path(origin.file).parent
    path = folder / trace.file
    jobs = workload.setdefault("jobs", [])
    if not isinstance(jobs, list):
        return  # which is told as a fault of its own
    for row in rows_of(trace, path):
        at: Place = ("workload", "jobs", len(jobs))
        jobs.append(row.job)
        tree.origins |= {(*at, *part): Origin(str(path), row.line) for part in _places(row.job)}
    tree.origins.setdefault(("workload", "jobs"), origin)


def _places(value: Any) -> Iterator[Place]:
    """The places of a value and all its parts."""
    yield ()
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        for place in _places(part):
            yield (key, *place)
