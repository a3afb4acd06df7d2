"""The study file: what to vary in a scenario, over which values, and by what to judge it.

    scenario: [starcloud_3, overlays/launched]
    strategies: [run_to_failure, scheduled_batch]
    vary:
      launch.vehicle.price.usd_per_kg: {low: 100, high: 2000, steps: 6, law: log_uniform}
      reliability.bus.rate_per_year: [0.01, 0.02, 0.05]

A range without bounds is the one in which the scenario's `sources:` say that the figure lies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    Discriminator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)
from pydantic import Tag as PydanticTag

from sim.errors import Fault, ScenarioError
from sim.exploration.goal import Goals
from sim.files import nearest_file
from sim.metrics import METRICS
from sim.parameters import Belief, Label, Parameters, Source, Text
from sim.scenario import Scenario, load
from sim.scenario.faults import Origin, faults_of, origin_of
from sim.scenario.yaml_file import Document, YamlError, parse, read
from sim.shipped import shipped_studies
from sim.text import nearest

ENDINGS = (".yaml", ".yml")
KEY = "scenario"
"""The key by which a study file differs from a scenario, which has none of that name."""

Value = StrictBool | StrictInt | StrictFloat | StrictStr


class Range(Parameters):
    """Between which values a figure is varied, and how."""

    low: float | None = None
    """Lowest value, in the figure's own unit; none, as `high`: what the scenario's sources say."""
    high: float | None = None
    """Highest value."""
    steps: int | None = Field(default=None, ge=2, le=1000)
    """Values of a grid, both ends among them; none: 5."""
    law: Belief | None = None
    """How the values lie between the two; a grid is even in the logarithm for `log_uniform` and even for the others.
    None: what the scenario's sources say, or `uniform`."""

    @model_validator(mode="after")
    def _is_a_range(self) -> Range:
        if (self.low is None) != (self.high is None):
            raise ValueError("low and high belong together: give both or neither")
        if self.low is not None and self.high is not None:
            if self.low >= self.high:
                raise ValueError(f"low ({self.low:g}) must be below high ({self.high:g})")
            if self.law == "log_uniform" and self.low <= 0:
                raise ValueError(f"low ({self.low:g}) must be above 0 for the law 'log_uniform'")
        return self


Values = Annotated[tuple[Value, ...], Field(min_length=2, max_length=1000)]
Entry = Annotated[
    Annotated[Range, PydanticTag("range")] | Annotated[Values, PydanticTag("values")],
    Discriminator(lambda value: "values" if isinstance(value, (list, tuple)) else "range"),
]
"""What stands under `vary`: a list is one of values, everything else should be a range."""


class Plan(Parameters):
    """A study file: a scenario, what is varied in it, and how that is judged."""

    description: Text = ""
    """The question that the study answers."""
    scenario: tuple[str, ...] = Field(min_length=1)
    """Shipped names or paths, from the study file's folder: a scenario, and overlays on it."""
    set: tuple[str, ...] = ()
    """Settings `path.to.field=value`, as on the command line."""
    strategies: tuple[str, ...] = ()
    """Strategies to compare; none: the scenario's own."""
    replicates: int = Field(default=10, ge=1, le=1_000_000)
    """Replicates of every strategy at every point."""
    seed: int = Field(default=1, ge=0)
    """Seed of all random streams, the same at every point."""
    metric: str | None = None
    """By what strategies are judged; none: net cost where the scenario has jobs, else compute availability."""
    vary: dict[str, Entry] = Field(default_factory=dict)
    """What is varied, by its path in the scenario: a range, or a list of values."""
    design: Literal["grid", "latin_hypercube"] = "grid"
    """Every combination of the values, or `points` spread evenly over all ranges at once."""
    points: int = Field(default=50, ge=2, le=100_000)
    """Points of a Latin hypercube."""
    optimise: Goals | None = None
    """What `orbitfleet optimise` looks for, `vary` being what it may choose."""
    sources: dict[str, Source] = Field(default_factory=dict)
    """Where the ranges under `vary` are from, by path; what the scenario's own sources say need not be repeated."""
    names: dict[str, Label] = Field(default_factory=dict)
    """What people call the inputs, the unit at the end, by path; none: the entry in the manual."""


@dataclass(frozen=True)
class StudyFile:
    """A study as it is asked for: the plan, its base scenario, and how to make others of it."""

    plan: Plan
    base: Scenario
    name: str
    """Of the study: that of its file, or of the scenario."""
    _arguments: tuple[str | Path, ...]
    _settings: tuple[str, ...]
    _file: str = "--vary"
    _lines: Mapping[tuple[str | int, ...], int] | None = None
    _allow_code: bool | tuple[str, ...] = False

    @property
    def strategies(self) -> tuple[str, ...]:
        """Strategies to compare."""
        return self.plan.strategies or (self.base.strategy,)

    @property
    def metric(self) -> str:
        """By what they are judged."""
        return self.plan.metric or ("net_cost_usd" if self.base.workload.uses_gpus else "compute_availability")

    def at(self, values: Mapping[str, Any], *, told: bool = True) -> Scenario:
        """The scenario with these values, by path, checked as if they stood in its file.

        `told`: whether faults tell all the values.  Raises `ScenarioError` for values that it cannot have, or that a
        strategy has no room for.
        """
        texts = [f"{path}={_as_yaml(value)}" for path, value in values.items()]
        try:
            scenario = load(*self._arguments, set_=[*self._settings, *texts], allow_code=self._allow_code)
            for strategy in self.strategies:
                scenario.strategy_named(strategy)
        except ScenarioError as error:
            if not told:
                raise
            raise self.at_point(error, values) from None
        return scenario

    def only(self, strategy: str) -> StudyFile:
        """The same study of one strategy, which is the scenario's own too: what others have no room for is allowed."""
        plan = self.plan.model_copy(update={"strategies": (strategy,)})
        own = () if strategy == self.base.strategy else (f"strategy={strategy}",)
        return replace(self, plan=plan, _settings=(*self._settings, *own))

    def fault(self, path: str, value: object, problem: str) -> Fault:
        """A fault of the entry of `vary` of this path."""
        line = (self._lines or {}).get(("vary", path))
        return Origin(self._file, line).fault(path if self._file == "--vary" else f"vary.{path}", value, problem)

    def at_point(self, error: ScenarioError, values: Mapping[str, Any]) -> ScenarioError:
        """An error with all the values at which it happened."""
        return ScenarioError([self._fault_of(fault, values) for fault in error.faults])

    def _fault_of(self, fault: Fault, values: Mapping[str, Any]) -> Fault:
        varied = [path for path in values if f"{path}.".startswith(f"{fault.path}.")]
        if fault.file == "--set" and varied and fault.path:
            whole = varied[0] == fault.path
            problem = fault.problem if whole else f"{fault.path}: {fault.problem}"
            return self.fault(varied[0], values[varied[0]] if whole else None, problem)
        at = ", ".join(f"{path}={value}" for path, value in values.items())
        return Fault(fault.file, fault.path, fault.value, f"{fault.problem}; at {at}" if at else fault.problem)


def is_study(name: str | Path) -> bool:
    """Whether this is the name or path of a study file, and not of a scenario."""
    if str(name) in shipped_studies():
        return True
    try:
        value = read(Path(name)).value
    except YamlError:
        return False
    return isinstance(value, dict) and KEY in value


def load_study_file(
    *sources: str | Path,
    set_: Sequence[str] = (),
    vary: Sequence[str] = (),
    allow_code: bool | Collection[str] = False,
    **changes: Any,
) -> StudyFile:
    """The study of a file, or of a scenario, with what the command line changes of it.

    `sources`: a study file, by path or shipped name, and overlays on its scenario; or a scenario and overlays.
    `vary`: `path=1:10:5`, `path=1:10:5:log_uniform`, `path=1,2,5`, or `path` alone: the range of its source.
    `changes`: fields of `Plan` to replace; those that are `None` stay.  Raises `ScenarioError` with every fault found.
    """
    if not sources:
        raise ScenarioError([Fault("study", "", None, "name a study file, or a scenario")])
    first, *overlays = sources
    file, folder, lines, tree = "--vary", Path(), None, dict[str, Any]()
    if is_study(first):
        path = shipped_studies().get(str(first)) or Path(first)
        document = _document(path)
        file, folder, lines, tree = str(path), path.parent, document.lines, document.value
        name = path.stem
    elif Path(first).suffix in ENDINGS and not Path(first).exists():
        problem = f"no such file{nearest_file(Path(first), ENDINGS)}"
        raise ScenarioError([Fault(str(first), "", None, problem)])
    else:
        if str(first).startswith("studies/"):
            known = list(shipped_studies())
            near = nearest(str(first), known) or f"; shipped: {', '.join(known)}"
            raise ScenarioError([Fault(str(first), "", None, f"no such study{near}")])
        tree, overlays, name = {KEY: [str(first), *map(str, overlays)]}, [], ""
    plan = _plan_of(tree, file, lines or {})
    given = {key: value for key, value in changes.items() if value is not None}
    entries = [entry_of(text) for text in vary]
    varied = dict(entries)
    if twice := [path for path, n in Counter(path for path, _ in entries).items() if n > 1]:
        raise ScenarioError([Fault("--vary", path, None, "is given twice") for path in twice])
    plan = _plan_of({**plan.model_dump(exclude_unset=True), **given}, "command line", {}) if given else plan
    plan = plan.model_copy(update={"vary": {**plan.vary, **varied}})
    arguments = (*(_located(one, folder) for one in plan.scenario), *overlays)
    settings = (*plan.set, *set_)
    allowed = allow_code if isinstance(allow_code, bool) else tuple(allow_code)
    base = load(*arguments, set_=settings, allow_code=allowed)
    study = StudyFile(plan, base, name or base.name, arguments, settings, file, lines, allowed)
    faults = [*_metric_faults(study, file, lines or {}), *_entry_faults(plan, file, lines or {})]
    if faults:
        raise ScenarioError(faults)
    study.at({})
    return study


def entry_of(text: str) -> tuple[str, Range | tuple[Any, ...]]:
    """(path, range or values) of `path=1:10:5` and its like, as on the command line.  Raises `ScenarioError`."""
    path, equals, values = (part.strip() for part in text.partition("="))
    how = "write --vary path=low:high:steps, path=low:high:steps:log_uniform, path=a,b,c or path alone"
    if not path or (equals and not values):
        raise ScenarioError([Fault("--vary", path, values or None, how)])
    if not equals:
        entry: Any = {}
    elif ":" in values:
        parts = values.split(":")
        if len(parts) > 4:
            raise ScenarioError([Fault("--vary", path, values, how)])
        entry = {key: parse(part).value for key, part in zip(("low", "high", "steps", "law"), parts, strict=False)}
    else:
        entry = [parse(part).value for part in values.split(",")]
        if len(entry) == 1:
            raise ScenarioError([Fault("--vary", path, values, f"is one value: {how}; one value is --set {text}")])
    plan = _plan_of({KEY: ["-"], "vary": {path: entry}}, "--vary", {}, inside=path)
    return path, plan.vary[path]


def _plan_of(tree: Any, file: str, lines: Mapping[tuple[str | int, ...], int], inside: str = "") -> Plan:
    """The plan in a tree.  `inside`: the entry of `vary` that all of it is about."""
    if isinstance(tree, dict) and isinstance(tree.get(KEY), str):
        tree = {**tree, KEY: [tree[KEY]]}
    origins = {(): Origin(file)} | {place: Origin(file, line) for place, line in lines.items()}
    try:
        return Plan.model_validate(tree)
    except ValidationError as error:
        faults = faults_of(error, tree, origins, Plan)
        if inside:
            faults = [Fault(file, fault.path.removeprefix("vary."), fault.value, fault.problem) for fault in faults]
        raise ScenarioError(faults) from None


def _document(path: Path) -> Document:
    try:
        document = read(path)
    except YamlError as error:
        line = "" if error.line is None else f" (line {error.line})"
        raise ScenarioError([Fault(str(path), "", None, error.problem + line)]) from None
    return document


def _located(name: str, folder: Path) -> str | Path:
    """A scenario of a study file: a shipped name, or a path from the file's folder."""
    beside = folder / name
    return beside if Path(name).suffix in ENDINGS and beside.exists() else name


def _metric_faults(study: StudyFile, file: str, lines: Mapping[tuple[str | int, ...], int]) -> list[Fault]:
    if study.metric in METRICS:
        return []
    origin = Origin(file if ("metric",) in lines else "--metric", lines.get(("metric",)))
    problem = f"no such metric{nearest(study.metric, list(METRICS)) or '; `orbitfleet metrics` lists them'}"
    return [origin.fault("metric", study.metric, problem)]


def _entry_faults(plan: Plan, file: str, lines: Mapping[tuple[str | int, ...], int]) -> list[Fault]:
    origins = {(): Origin(file)} | {place: Origin(file, line) for place, line in lines.items()}
    return [
        origin_of(origins, (key, path)).fault(f"{key}.{path}", None, f"is not varied{nearest(path, list(plan.vary))}")
        for key, said in (("sources", plan.sources), ("names", plan.names))
        for path in said
        if path not in plan.vary
    ]


def _as_yaml(value: Any) -> str:
    """A value as a setting has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, (int, float)) else f"'{value}'"
