"""The figures of a job: given, or what follows from its model and what it runs on."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from sim.workloads.training import DEFAULT_DURABLE_S, DEFAULT_STEP_S, TrainingJob

GRADIENT_BYTES_TO_STATE = 8.0
"""Bytes of a checkpoint to a byte of gradients, where only those are given: 16 a parameter to 2."""


@dataclass(frozen=True)
class Hardware:
    """What jobs run on; rates are of one satellite, Gbit/s of payload."""

    peak_pflops: float
    gpus_per_satellite: int
    own_gb_s: float
    """To and from its own storage."""
    peer_gb_s: float
    """To and from another satellite."""
    ground_gb_s: float
    """To and from the ground, always in contact."""


@dataclass(frozen=True)
class JobFigures:
    """What a job is, in figures."""

    checkpoint_gb: float
    """State that a checkpoint holds; 0: not known."""
    gradient_gb: float
    step_compute_s: float
    work_gpu_hours: float | None
    """None: without end."""
    durable_s: float
    """From the start of a save to the moment from which it can be restored."""
    load_s: float
    """Loading the state from the satellites' own storage."""
    load_away_s: float
    """Loading the share of a satellite that was lost from where checkpoints live."""
    hand_over_s: float
    """Taking over the share of a satellite that leaves by plan, which sends it before it goes."""
    load_ground_s: float
    """Loading everything from the ground."""
    ground_s: float
    """Sending a copy to the ground."""
    computed: tuple[str, ...]
    """Which fields of the job follow from its model."""


def job_figures(job: TrainingJob, hardware: Hardware) -> JobFigures:
    """The figures of a job on some hardware: what the job gives wins.

    Every satellite of the gang moves its own share of the state, all at once.  Without a model or a given
    `checkpoint_gb` loading is part of `restart_min`, and a checkpoint is durable as it is by default.
    """
    model, peak = job.model, hardware.peak_pflops
    computed: dict[str, float | None] = {}
    if model is not None:
        computed = {
            "checkpoint_gb": model.state_gb,
            "gradient_gb": model.gradient_gb,
            "step_compute_s": model.step_s(job.gpus, peak),
            "work_gpu_hours": model.gpu_hours(peak),
        }
    size = job.checkpoint_gb if job.checkpoint_gb is not None else computed.get("checkpoint_gb")
    share_gbit = 8 * (size or 0.0) / ceil(job.gpus / hardware.gpus_per_satellite)
    own, ground = share_gbit / hardware.own_gb_s, share_gbit / hardware.ground_gb_s
    peer = share_gbit / hardware.peer_gb_s
    away = {"local": own, "peer": peer, "ground": ground}
    if size is not None:
        # Each satellite sends as many copies as there are replicas.
        copies = {**away, "peer": max(own, job.peer_replicas * peer)}
        computed["checkpoint_durable_s"] = job.checkpoint_block_s + copies[job.checkpoint_to]
    given = {name: getattr(job, name) for name in ("gradient_gb", "step_compute_s", "work_gpu_hours")}
    gradient, step, work = (value if value is not None else computed.get(name) for name, value in given.items())
    durable = job.checkpoint_durable_s
    if durable is None:
        durable = computed.get("checkpoint_durable_s")
    return JobFigures(
        checkpoint_gb=GRADIENT_BYTES_TO_STATE * (gradient or 0.0) if size is None else size,
        gradient_gb=gradient or 0.0,
        step_compute_s=DEFAULT_STEP_S if step is None else step,
        work_gpu_hours=work,
        durable_s=max(DEFAULT_DURABLE_S, job.checkpoint_block_s) if durable is None else durable,
        load_s=own,
        load_away_s=max(own, away[job.checkpoint_to]),
        hand_over_s=max(own, ground if job.checkpoint_to == "ground" else peer),
        load_ground_s=ground,
        ground_s=ground,
        computed=tuple(name for name, value in computed.items() if value is not None and getattr(job, name) is None),
    )
