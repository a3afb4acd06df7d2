"""Sensitivity analysis of a study: which of its inputs a figure depends on, and which is worth knowing better."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.description.format import money
from sim.errors import InputError, ScenarioError
from sim.experiment.folder import open_folder
from sim.experiment.provenance import provenance
from sim.experiment.sample import Sample
from sim.exploration.information import Information, value_of_information
from sim.exploration.inputs import Input, believed_inputs, inputs_of, latin_hypercube
from sim.exploration.journal import NAME as JOURNAL
from sim.exploration.journal import Journal
from sim.exploration.morris import Screened, Trajectories, screen, trajectories
from sim.exploration.one_at_a_time import Swing, places_of, swings
from sim.exploration.outputs import Outputs
from sim.exploration.plan import StudyFile, load_study_file
from sim.exploration.points import Options, Point, Progress, simulated
from sim.exploration.sobol import Decomposition, Design, decompose
from sim.metrics import METRICS
from sim.streams import Streams
from sim.text import digits

Floats = NDArray[np.float64]
Method = Literal["morris", "sobol"]

POINTS = {"morris": 10, "sobol": 64}
"""Trajectories, or rows of the matrices, where nobody says how many."""
TRIES = 20
"""Draws in a row whose figures may not fit together, before that is an error."""
REPLICATES = 2
"""Replicates at every point of a design: the fewest that tell noise from what inputs do."""


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """What each input does to each figure.  Lists are in the order of `inputs`."""

    study: StudyFile
    inputs: tuple[Input, ...]
    outputs: Outputs
    method: Method
    base: Mapping[str, Sample]
    """The scenario's own figures, by strategy."""
    swings: tuple[Swing, ...]
    screened: Mapping[str, Sequence[Screened]]
    """Morris's figures by output; empty for the other method."""
    decomposed: Mapping[str, Decomposition]
    """Sobol indices by output; empty for the other method."""
    information: Information | None
    """What knowing the inputs is worth, in the metric's unit: with Sobol's method and several strategies."""
    points: int
    replicates: int
    """At every point of the design."""
    provenance: Mapping[str, Any]
    folder: Path | None

    def order(self, output: str) -> list[int]:
        """Inputs, the one first that does most to a figure."""

        def size(one: int) -> float:
            if self.method == "sobol":
                return self.decomposed[output].indices[one].total.value or 0.0
            return self.screened[output][one].mu_star.value or 0.0

        return sorted(range(len(self.inputs)), key=size, reverse=True)

    def verdict(self) -> list[str]:
        """What matters, in sentences."""
        output = self.outputs.names[0]
        order = self.order(output)
        lines = [self._first(output, order[0])]
        if self.method == "sobol":
            whole = self.decomposed[output]
            if whole.noise_share is not None and whole.noise_share.value is not None:
                lines.append(
                    f"Of the variance between single replicates {100 * whole.noise_share.value:.0f} % is chance; the "
                    "shares below are of the rest, which is due to what is not known."
                )
            lines += self._worth_knowing()
        else:
            idle = [self.inputs[one].path for one in order if self.screened[output][one].matters is False]
            if idle:
                lines.append(f"{len(idle)} of {len(order)} inputs cannot be told from chance.")
        return lines

    def _first(self, output: str, one: int) -> str:
        """What matters most, if that can be told from chance."""
        if self.method == "sobol":
            whole = self.decomposed[output]
            nothing, told = whole.unmoved, (whole.indices[one].total.value or 0.0) > 0
        else:
            screened = self.screened[output][one]
            nothing, told = screened.mu_star.value == 0, screened.matters is not False
        figure = self.outputs.said(output)
        if nothing:
            return f"None of these inputs changes {figure} at any of the points."
        if not told:
            return f"No input can be told from chance in {figure}: more --points or --replicates may."
        return f"Most of {figure} hangs on {self.inputs[one].path}."

    def _worth_knowing(self) -> list[str]:
        known = self.information
        if known is None:
            return []
        each = [one.value.value or 0.0 for one in known.each]
        most = int(np.argmax(each))
        best = self.study.strategies[known.best]
        if each[most] == 0:
            if high := known.everything.value.ci_high:
                return [
                    f"Nothing that is not known can be told to be worth knowing: {best} is best as far as is seen, and "
                    f"to know everything is worth at most {self._amount(high)} (95 % confidence)."
                ]
            return [f"Nothing that is not known is worth knowing: {best} is best whatever it is."]
        return [
            f"Over all that is believed {best} is best, another one is better with probability {known.p_other:.2f}.",
            f"Worth knowing better: {self.inputs[most].path}, {self._amount(each[most])}; to know everything is worth "
            f"{self._amount(known.everything.value.value or 0.0)}.",
        ]

    def _amount(self, value: float) -> str:
        """A figure of the metric, as one reads it."""
        unit = METRICS[self.study.metric].unit_text
        return money(value) if unit == "USD" else f"{digits(value)} {unit}".rstrip()

    def to_json(self) -> dict[str, Any]:
        """The output of `orbitfleet sensitivity --json`."""
        plan = self.study.plan
        return {
            "study": self.study.name,
            "question": plan.description,
            "scenario": self.study.base.name,
            "metric": self.study.metric,
            "unit": METRICS[self.study.metric].unit,
            "strategies": list(self.study.strategies),
            "method": self.method,
            "points": self.points,
            "replicates": self.replicates,
            "seed": plan.seed,
            "inputs": [one.to_json() for one in self.inputs],
            "outputs": {name: self._output(name) for name in self.outputs.names},
            "information": self._information(),
            "verdict": self.verdict(),
            "provenance": dict(self.provenance),
            "out": str(self.folder) if self.folder else None,
        }

    def to_csv(self) -> str:
        """A line for each figure and input."""
        text = io.StringIO()
        rows = [
            {"output": name, "path": row.pop("path"), **_flat(row)}
            for name in self.outputs.names
            for row in self._output(name)["inputs"]
        ]
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()

    def _output(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = {
            "meaning": self.outputs.said(name),
            "base": float(self.outputs.of(self.base)[name].mean()),
        }
        if self.method == "sobol":
            whole = self.decomposed[name]
            found["variance"] = whole.variance.to_json()
            found["noise_share"] = whole.noise_share.to_json() if whole.noise_share else None
        return {**found, "inputs": [self._row(name, one) for one in range(len(self.inputs))]}

    def _row(self, name: str, one: int) -> dict[str, Any]:
        swing = self.swings[one]
        row = {
            "path": self.inputs[one].path,
            "at_low": swing.low[name].to_json(),
            "at_high": swing.high[name].to_json(),
            "elasticity": swing.elasticity[name].to_json(),
        }
        if self.method == "sobol":
            indices = self.decomposed[name].indices[one]
            return {**row, "first": indices.first.to_json(), "total": indices.total.to_json()}
        screened = self.screened[name][one]
        return {**row, **asdict(screened), "matters": screened.matters}

    def _information(self) -> dict[str, Any] | None:
        known = self.information
        if known is None:
            return None
        return {
            "best": self.study.strategies[known.best],
            "p_other": known.p_other,
            "evpi": {**known.everything.value.to_json(), "bias_removed": known.everything.bias},
            "evppi": {
                one.path: {**worth.value.to_json(), "bias_removed": worth.bias}
                for one, worth in zip(self.inputs, known.each, strict=True)
            },
        }


def sensitivity(
    study: StudyFile | str | Path,
    *,
    method: Method = "morris",
    points: int | None = None,
    replicates: int = REPLICATES,
    workers: int | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    command: Sequence[str] | None = None,
) -> Sensitivity:
    """Which inputs of a study its metric depends on, and which is worth knowing better.

    `study`: of `load_study_file`, or the name or path of a study file; where it varies nothing, everything whose
    sources state a range is an input.  `method`: `morris` screens many inputs with few points, `points` trajectories;
    `sobol` shares out the variance, with `points` rows of each matrix, and says what knowing inputs is worth.
    `replicates`: at every point of the design; the base and the tornado have the study's.  `workers`, `out`,
    `progress`, `command` and errors: as in `sweep`.
    """
    study = study if isinstance(study, StudyFile) else load_study_file(study)
    if method not in POINTS:
        raise InputError(f"method {method!r}: must be one of {', '.join(POINTS)}")
    inputs = tuple(inputs_of(study) if study.plan.vary else believed_inputs(study))
    for one in inputs:
        _ = one.range
    made_by = provenance(study.base, study.strategies, study.plan.seed, command)
    count = POINTS[method] if points is None else points
    if out is None:
        return _analysed(study, inputs, (method, count, replicates), Options(workers, None, progress), made_by, None)
    with open_folder(Path(out), study.base, made_by) as folder:
        journal = Journal(folder.path / JOURNAL)
        options = Options(workers, journal, progress)
        with journal.interruptible():
            found = _analysed(study, inputs, (method, count, replicates), options, made_by, folder.path)
        journal.put_in_order()
        folder.write_explored("sensitivity", found.to_json(), found.to_csv())
        return found


def _analysed(
    study: StudyFile,
    inputs: tuple[Input, ...],
    how: tuple[Method, int, int],
    options: Options,
    made_by: Mapping[str, Any],
    folder: Path | None,
) -> Sensitivity:
    method, count, replicates = how
    streams = Streams(study.plan.seed, 0)
    places = places_of(study, inputs)
    own = range(study.plan.replicates)
    alone = [(at, which) for at, place in enumerate(places) for which in place]
    wanted = [Point({}, own), *(Point(inputs[at].settings(places[at][which]), own) for at, which in alone)]
    if method == "morris":
        design = _fitting_trajectories(study, inputs, count, streams.of("trajectories of Morris"))
        wanted += _points_of_trajectories(inputs, design.shares, replicates)
    else:
        matrices = _fitting_matrices(study, inputs, count, streams.of("matrices of Sobol indices"))
        wanted += _points_of_matrices(inputs, matrices, replicates)
    found = simulated(study, wanted, options)
    base, one_by_one, rest = found[0], found[1 : 1 + len(alone)], found[1 + len(alone) :]
    outputs = Outputs(study.metric, _order(study, base))
    there: list[dict[int, Mapping[str, Sample]]] = [{} for _ in inputs]
    for (at, which), samples in zip(alone, one_by_one, strict=True):
        there[at][which] = samples
    generator = streams.of("resamples of a sensitivity analysis")
    screened, decomposed, information = dict[str, Any](), dict[str, Any](), None
    values = outputs.stacked(rest)
    if method == "morris":
        shape = (count, len(inputs) + 1, replicates)
        screened = {name: screen(one.reshape(shape), design, generator) for name, one in values.items()}
    else:
        decomposed = {name: _decomposed(one, count, generator) for name, one in values.items()}
        if len(study.strategies) > 1:
            information = _information(study, outputs, values, matrices, generator)
    return Sensitivity(
        study, inputs, outputs, method, base, tuple(swings(inputs, places, base, there, outputs)), screened, decomposed,
        information, count, replicates, made_by, folder
    )  # fmt: skip


def _order(study: StudyFile, base: Mapping[str, Sample]) -> tuple[str, ...]:
    """Strategies, the best mean first."""
    means = {name: base[name].values(study.metric).mean() for name in study.strategies}
    higher = METRICS[study.metric].better == "higher"
    return tuple(sorted(study.strategies, key=lambda name: means[name], reverse=higher))


def _settings(inputs: Sequence[Input], shares: Floats) -> list[dict[str, Any]]:
    """The scenario of each row of shares."""
    found: list[dict[str, Any]] = [{} for _ in shares]
    for at, one in enumerate(inputs):
        for row, value in enumerate(one.at(shares[:, at])):
            found[row] |= one.settings(value)
    return found


def _fitting_trajectories(
    study: StudyFile, inputs: Sequence[Input], count: int, generator: np.random.Generator
) -> Trajectories:
    """Trajectories all of whose points make a scenario; those that do not are drawn anew, as beliefs are."""
    found = []
    for _ in range(count):
        for tries in range(TRIES):
            one = trajectories(len(inputs), 1, generator)
            if _make_scenarios(study, inputs, one.shares[0], last=tries == TRIES - 1):
                break
        found.append(one)
    shares, moved = (np.concatenate([getattr(one, name) for one in found]) for name in ("shares", "moved"))
    return Trajectories(shares, moved)


def _fitting_matrices(study: StudyFile, inputs: Sequence[Input], count: int, generator: np.random.Generator) -> Design:
    """A Latin hypercube; rows that make no scenario, in any of the matrices, are drawn anew."""
    shares = latin_hypercube(count, 2 * len(inputs), generator)
    for row in range(count):
        for tries in range(TRIES):
            one = Design.of(shares[row : row + 1])
            rows = np.vstack([one.a, one.b, *(one.ab(at) for at in range(len(inputs)))])
            if _make_scenarios(study, inputs, rows, last=tries == TRIES - 1):
                break
            shares[row] = generator.random(2 * len(inputs))
    return Design.of(shares)


def _make_scenarios(study: StudyFile, inputs: Sequence[Input], shares: Floats, *, last: bool) -> bool:
    """Whether the figures of every row fit together.  Raises `ScenarioError` where they do not in the last try."""
    try:
        for values in _settings(inputs, shares):
            study.at(values)
    except ScenarioError:
        if last:
            raise
        return False
    return True


def _points_of_trajectories(inputs: Sequence[Input], shares: Floats, replicates: int) -> list[Point]:
    """One trajectory after another, each with replicates of its own."""
    return [
        Point(values, range(row * replicates, (row + 1) * replicates))
        for row, trajectory in enumerate(shares)
        for values in _settings(inputs, trajectory)
    ]


def _points_of_matrices(inputs: Sequence[Input], design: Design, replicates: int) -> list[Point]:
    """The rows of A, of B, and of every AB_i; those of B have replicates of their own."""

    def rows(shares: Floats, which: int) -> list[Point]:
        return [
            Point(values, range((2 * row + which) * replicates, (2 * row + which + 1) * replicates))
            for row, values in enumerate(_settings(inputs, shares))
        ]

    mixed = [point for one in range(len(inputs)) for point in rows(design.ab(one), 0)]
    return [*rows(design.a, 0), *rows(design.b, 1), *mixed]


def _decomposed(values: Floats, count: int, generator: np.random.Generator) -> Decomposition:
    """Of the values at `_points_of_matrices`."""
    a, b, mixed = values[:count], values[count : 2 * count], values[2 * count :]
    return decompose(a, b, mixed.reshape(-1, *a.shape), generator)


def _information(
    study: StudyFile,
    outputs: Outputs,
    values: Mapping[str, Floats],
    design: Design,
    generator: np.random.Generator,
) -> Information:
    """From the rows of A and B, which are drawn from what is believed."""
    shares = np.vstack([design.a, design.b])
    gains = [outputs.better * values[name][: len(shares)].mean(axis=1) for name in study.strategies]
    return value_of_information(np.stack(gains, axis=1), shares, generator)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its nested figures as columns of their own."""
    found: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            found |= {key if inner == "value" else f"{key}_{inner}": one for inner, one in value.items()}
        else:
            found[key] = value
    return found
