"""A study as tables of other libraries: pandas, xarray, CSV."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.experiment.record import SERIES
from sim.files import write_text
from sim.metrics import METRICS
from sim.scenario.models import Scenario

if TYPE_CHECKING:  # half a second to import
    import pandas as pd
    import xarray as xr


def dataframe(values: Mapping[str, NDArray[np.float64]]) -> pd.DataFrame:
    """Metrics of each replicate, from arrays of shape (replicates, metrics) by strategy."""
    import pandas as pd

    parts = {strategy: pd.DataFrame(table, columns=list(METRICS)) for strategy, table in values.items()}
    return pd.concat(parts, names=["strategy", "replicate"])


def dataset(
    scenario: Scenario, values: Mapping[str, NDArray[np.float64]], series: Mapping[str, NDArray[np.float32]]
) -> xr.Dataset:
    """The same, and the daily series, as variables with their units."""
    import xarray as xr

    count = max(map(len, values.values()))
    replicates = np.arange(count)
    metrics = np.full((len(values), count, len(METRICS)), np.nan)  # a strategy that was eliminated has fewer
    for row, table in zip(metrics, values.values(), strict=True):
        row[: len(table)] = table
    variables: dict[str, tuple[Sequence[str], NDArray[np.floating], dict[str, str]]] = {
        name: (("strategy", "replicate"), metrics[:, :, i], {"units": metric.unit, "long_name": metric.definition})
        for i, (name, metric) in enumerate(METRICS.items())
    }
    for name, (unit, meaning) in SERIES.items():
        variables[name] = (
            ("strategy", "replicate", "day"),
            series[name][:, :count],
            {"units": unit, "long_name": meaning},
        )
    length = next(iter(series.values())).shape[-1]
    days = np.datetime64(scenario.mission.start, "ns") + np.arange(length) * np.timedelta64(1, "D")
    return xr.Dataset(
        variables,
        coords={"strategy": list(values), "replicate": replicates, "day": days},
        attrs={"title": f"orbitfleet study of {scenario.title}"},
    )


def csv_file(values: Mapping[str, NDArray[np.float64]], path: str | os.PathLike[str]) -> None:
    """Write the data frame as CSV, whole or not at all.  Raises `InputError` where it cannot be written."""
    try:
        write_text(Path(path), dataframe(values).to_csv())
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
