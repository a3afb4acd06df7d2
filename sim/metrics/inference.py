"""Where GPU-hours that training left went, and the tokens: sums of the log."""

from __future__ import annotations

from dataclasses import dataclass

from sim.events import EventKind, EventLog


@dataclass(frozen=True)
class InferenceTotals:
    """All services of a run; the GPU-hours add up to those that no gang held."""

    served_gpu_hours: float
    """Output sold: useful work."""
    unsold_gpu_hours: float
    """Demand was there, but no way to send the output."""
    cut_short_gpu_hours: float
    """Requests under way that were lost when replicas ended, and time that mitigations of soft errors take."""
    idle_gpu_hours: float
    """Nobody used them: no demand, no whole replica, too slow, in the dark, or no light, power or heat to spare."""
    tokens_sold: float
    tokens_unmet: float
    """Asked for and not sold; with the tokens sold they are the demand."""


def inference_totals(log: EventLog) -> InferenceTotals:
    """The totals of a run; all 0 where it has no inference services, whatever its jobs leave idle."""
    return InferenceTotals(
        served_gpu_hours=log.total(EventKind.SERVED),
        unsold_gpu_hours=log.total(EventKind.UNSOLD),
        cut_short_gpu_hours=log.total(EventKind.CUT_SHORT),
        idle_gpu_hours=log.total(EventKind.LEFT_IDLE),
        tokens_sold=log.total(EventKind.TOKENS_SOLD),
        tokens_unmet=log.total(EventKind.UNMET),
    )
