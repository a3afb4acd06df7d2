"""What is said of a job: its work, its model, what stops it, its checkpoints and where they live."""

from __future__ import annotations

from collections.abc import Iterator

from sim.constants import MINUTES_PER_DAY
from sim.description.format import Facts, span
from sim.text import many


def job_text(job: Facts) -> Iterator[str]:
    """The lines of one description of jobs."""
    endless = job["work_gpu_hours"] is None
    work = "runs until the mission ends" if endless else f"{job['work_gpu_hours']:,.4g} GPU-hours of work"
    given = "" if endless else _how(job, "work_gpu_hours")
    fills = " (as many as fit)" if job["fills_the_fleet"] else ""
    yield (
        f"  {job['count']:,} x {job['name']}{fills}: {work}{given} on {many(job['gpus'], 'GPU')} "
        f"({'one satellite' if job['within'] == 'satellite' else many(job['satellites'], 'satellite') + ' or more'})"
    )
    if job["model"]:
        yield from _model(job)
    never = job["mtbf_days"] is None
    interrupted = (
        "never interrupted" if never else f"interrupted every {span(job['mtbf_days'])} on average (all causes)"
    )
    chosen = job["checkpoint_interval_by"] or "as given"
    durable = f"{job['checkpoint_durable_s']:.3g} s{_how(job, 'checkpoint_durable_s')}"
    yield (
        f"    {interrupted}; checkpoint every {span(job['checkpoint_interval_min'] / MINUTES_PER_DAY)} ({chosen}), "
        f"{job['checkpoint_block_s']:.3g} s of standing still, durable after {durable}; "
        f"{job['useful_share']:.1%} of its running time is useful but for links and silent corruption"
    )
    if job["hot_spares"]:
        yield (
            f"    holds {many(job['hot_spares'], 'hot spare')}: they take the place of GPUs lost in "
            f"{job['swap_s']:.3g} s, where another restart takes {job['restart_min']:g} min"
        )
    yield from _copies(job)
    if job["on_planned_removal"] == "interrupt":
        yield "    a satellite that leaves by plan interrupts it like one that is lost"
    elif job["hand_over_s"] > job["load_s"]:
        yield f"    a satellite that leaves by plan hands its share on in {job['hand_over_s']:.3g} s after a checkpoint"
    if job["satellites"] > 1:
        over = f" over {job['planes']:,} planes" if job["planes"] > 1 else ""
        yield (
            f"    links: a gang on {job['satellites']:,} satellites{over} computes "
            f"{job['communication_efficiency']:.1%} of the time; the rest is communication and waiting for links"
        )
    if job["checkpoint_gb"]:
        yield (
            f"    a checkpoint of {job['checkpoint_gb']:,.0f} GB takes at least "
            f"{job['checkpoint_to_ground_h']:.3g} h to downlink"
        )


def _how(job: Facts, field: str) -> str:
    """Of a job with a model: whether a figure that could follow from it is given."""
    return " (as given)" if job["model"] and field not in job["computed"] else ""


def _copies(job: Facts) -> Iterator[str]:
    every = job["ground_checkpoint_h"]
    ground = "its beginning" if every is None else f"the copy sent to the ground every {every:g} h"
    match job["checkpoint_to"]:
        case "ground":
            yield "    checkpoints lie on the ground"
        case "local":
            yield f"    checkpoints lie aboard: when a satellite is lost it falls back on {ground}"
        case "peer":
            copies = many(job["peer_replicas"], "other satellite")
            survived = job["two_losses_survived"]
            two = "" if survived is None else f"; {survived:.0%} of losses of two at once leave it whole"
            yield f"    each satellite's share lies on {copies} too{two}; else it falls back on {ground}"


def _model(job: Facts) -> Iterator[str]:
    model = job["model"]
    yield (
        f"    {model['parameters']:.4g} parameters at {model['mfu']:.0%} of {model['peak_pflops']:g} PFLOP/s: "
        f"{model['tokens_per_gpu_hour']:,.4g} tokens per GPU-hour"
    )
    yield (
        f"    state {job['checkpoint_gb']:,.4g} GB{_how(job, 'checkpoint_gb')}, gradients {job['gradient_gb']:,.4g} GB"
        f"{_how(job, 'gradient_gb')}, steps of {job['step_compute_s']:.3g} s{_how(job, 'step_compute_s')}; loads in "
        f"{job['load_s']:.3g} s, in {job['load_away_s']:.3g} s after the loss of a satellite"
    )
