"""A strategy that is asked only when a satellite has too few GPUs left does what one does that looks at each loss."""

from typing import Any

import numpy as np
import pytest

from sim.errors import InputError
from sim.events import COLUMNS, EventKind
from sim.fleet import FleetView
from sim.strategies import Action, ReplaceOnFailure, Strategy

LAW = {"kind": "weibull", "shape": 1.3, "scale_years": 3}


class AskedAtEachLoss(ReplaceOnFailure):
    """As `replace_on_failure`, and asked after each loss of a GPU."""

    kind: Any = "each"

    def asked_below_gpu_fraction(self) -> float:
        return 1.0


class LooksCloser(Strategy):
    """Looks at more than it is asked about."""

    share: float = 0.5

    def asked_below_gpu_fraction(self) -> float:
        return 0.5

    def decide(self, fleet: FleetView) -> list[Action]:
        if self.share < 1:
            fleet.worn_out(self.share)
        else:
            _ = fleet.plane(0).gpus_alive
        return []


def strategies(share):
    return {
        "each": {"kind": f"{__name__}:AskedAtEachLoss", "retire_below_gpu_fraction": share},
        "replace_on_failure": {"retire_below_gpu_fraction": share},
    }


@pytest.mark.parametrize("share", [0.25, 0.6, 0.7, 0.99])
@pytest.mark.parametrize("jobs", [None, [{"gpus": 20}]])
def test_the_same_happens_on_the_same_days(fleet, checked_run, share, jobs):
    """Groups of two GPUs fail too, so that a loss may pass the limit by one."""
    groups = {"host": {"gpus": 2, "law": {"kind": "exponential", "rate_per_year": 0.1}}}
    scenario = fleet(
        slots=6,
        gpus=10,
        days=1500,
        lead=40,
        gpu=LAW,
        reliability={"groups": groups},
        strategies=strategies(share),
        jobs=jobs,
    )
    one, other = (checked_run(scenario, name).events for name in ("each", "replace_on_failure"))
    assert one.count(EventKind.RETIRED) > 3
    order = [np.lexsort((log.kind, log.satellite, log.time_days.round(6))) for log in (one, other)]
    for column in COLUMNS:
        # Told a tenth of a millisecond later.
        assert getattr(one, column)[order[0]] == pytest.approx(getattr(other, column)[order[1]], abs=1e-7), column


@pytest.mark.parametrize(
    ("share", "said"), [(0.6, "satellites with less than 0.6 of their GPUs"), (1, "it looks at gpus_alive")]
)
def test_who_looks_closer_than_it_is_asked_is_told(fleet, checked_run, share, said):
    own = {"closer": {"kind": f"{__name__}:LooksCloser", "share": share}}
    with pytest.raises(InputError, match=said):
        checked_run(fleet(strategies=own), "closer")
