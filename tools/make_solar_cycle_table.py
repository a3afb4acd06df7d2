"""Make `sim/data/solar_cycle.csv`: smoothed monthly sunspot number, F10.7 and Ap, 2019-12 to 2056-01, three levels.

Run from the repository's root:  python tools/make_solar_cycle_table.py

To October 2024 the smoothed values observed (`sim/data/solar_observed.csv`); after it, sums of Hathaway's cycle
function R(t) = a t^3 / (exp(t^2 / b^2) - .71) (Hathaway, Wilson & Reichmann 1994, doi:10.1007/BF00654090; Hathaway
2015, doi:10.1007/lrsp-2015-4), its rise and its decline stretched to the dates cited below.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt

DATA = Path(__file__).parents[1] / "sim" / "data"
FLATTENING = 0.71
END_X = 2.6  # where a cycle counts as over: 4 % of its maximum
PEAK_X = 1.08115  # t / b at the maximum: 3 (e^(x^2) - .71) = 2 x^2 e^(x^2)
LAST_OBSERVED = "2024-10"

# Cycle 26: Solar Physics 300(12), 169 (2025): 13-month smoothed maximum 137.4 to
# 146.2 in June 2035, minima mid-2030 and late 2040.  Low: arXiv:2102.06001.  High: [A], somewhat above cycle 25.
CYCLE_26_SSN = {"low": 107.3, "nominal": 141.8, "high": 171.0}
MINIMA = ("2030-07", "2040-11", "2051-11")  # the last [A]
MAXIMA = ("2024-10", "2035-06", "2045-09", "2056-09")  # the last two [A]: 58 months after their minimum
FIRST_CYCLE_START = "2020-01"
CYCLE_25_SSN = 160.8  # observed, October 2024


def month_number(month: str) -> int:
    """Count months from January 2000."""
    return (int(month[:4]) - 2000) * 12 + int(month[5:]) - 1


def cycle(
    month: npt.NDArray[np.float64], start: float, peak: float, end: float, peak_ssn: float
) -> npt.NDArray[np.float64]:
    """Return Hathaway's function with its rise and its decline stretched to these months, zero before the start."""
    x = PEAK_X * np.maximum(month - start, 0.0) / (peak - start)
    late = PEAK_X + (END_X - PEAK_X) * (month - peak) / (end - peak)
    x = np.where(month > peak, late, x)
    top = PEAK_X**3 / (np.exp(PEAK_X**2) - FLATTENING)
    return peak_ssn * x**3 / (np.exp(np.minimum(x**2, 500.0)) - FLATTENING) / top


def f107_of_ssn(ssn: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return smoothed F10.7 of the smoothed sunspot number (version 2): least squares on NOAA's pairs 2008 to 2024."""
    return 67.3 + 0.483 * ssn + 0.00196 * ssn**2


def ap_of_f107(f107: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return a mean Ap [A]: 5 at minimum, 13 at a maximum like 2024's, the cycles since 2008."""
    return 5.0 + 0.06 * (f107 - 67.0)


def sunspots(months: npt.NDArray[np.float64], cycle_26_ssn: float) -> npt.NDArray[np.float64]:
    """Return the smoothed sunspot number of cycles 25 to 28; starts are found that put the minima in their months."""
    lows, peaks = [month_number(m) for m in MINIMA], [month_number(m) for m in MAXIMA]
    total = cycle(months, month_number(FIRST_CYCLE_START), peaks[0], lows[0], CYCLE_25_SSN)
    for low, peak, end in zip(lows, peaks[1:], [*lows[1:], lows[-1] + 132], strict=True):
        sums = [
            total + cycle(months, start, peak, end, cycle_26_ssn) for start in np.arange(low - 30.0, low + 6.0, 0.25)
        ]
        total = min(sums, key=lambda ssn, low=low: abs(_lowest(months, ssn, low) - low))
    return total


def _lowest(months: npt.NDArray[np.float64], ssn: npt.NDArray[np.float64], near: int) -> float:
    window = np.abs(months - near) <= 36
    return float(months[window][np.argmin(ssn[window])])


def main() -> None:
    """Write the table."""
    with (DATA / "solar_observed.csv").open() as file:
        observed = {row["month"]: row for row in csv.DictReader(file)}
    first, last = month_number("2019-12"), month_number("2056-01")
    months = np.arange(first, last + 1, dtype=float)
    fine = np.arange(first, last + 0.5, 0.25)
    names = [f"{2000 + int(m) // 12}-{int(m) % 12 + 1:02d}" for m in months]
    columns: list[npt.NDArray[np.float64]] = []
    for peak_ssn in CYCLE_26_SSN.values():
        ssn = np.interp(months, fine, sunspots(fine, peak_ssn))
        f107 = f107_of_ssn(ssn)
        for i, name in enumerate(names):
            if name in observed:
                ssn[i], f107[i] = float(observed[name]["smoothed_ssn"]), float(observed[name]["smoothed_f107"])
        columns += [ssn, f107, ap_of_f107(f107)]
    with (DATA / "solar_cycle.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ["month", "basis", *(f"{what}_{level}" for level in CYCLE_26_SSN for what in ("ssn", "f107", "ap"))]
        )
        for i, name in enumerate(names):
            basis = "observed" if name <= LAST_OBSERVED else "forecast" if name <= MINIMA[1] else "assumed"
            writer.writerow([name, basis, *(f"{column[i]:.1f}" for column in columns)])


if __name__ == "__main__":
    main()
