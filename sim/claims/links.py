"""Links between satellites and to the ground: E4."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from sim.claims.claim import Claim, Table, Threshold
from sim.claims.energy import SUNCATCHER
from sim.claims.evidence import Evidence
from sim.claims.judging import Values, crossing, judged, over_ranges, short, with_values
from sim.constants import SECONDS_PER_HOUR
from sim.environment.gang_speed import communication_share
from sim.physics.link import transfer_time_s

RATES_GB_S = (1.0, 10.0, 100.0, 1000.0, 1600.0, 9600.0)

_INPUTS = (
    "satellite.links.ground_rate_gb_s",
    "workload.jobs.0.model.parameters",
    "workload.jobs.0.model.tokens_per_step",
    "workload.jobs.0.gpus",
)


@dataclass(frozen=True)
class Linked:
    """The cluster's job over its links."""

    step_s: float
    """A step, talk that does not hide behind computing included."""
    computing: float
    """Share of its time that it computes."""
    gradient_gb: float
    checkpoint_gb: float
    to_ground_h: float
    """A checkpoint over the downlinks of the gang's satellites, hours."""
    across_s: float
    """The same between its satellites, over one link each, s."""

    @classmethod
    def of(cls, evidence: Evidence, **links: float) -> Linked:
        """That of the Suncatcher cluster, with some figures of `satellite.links` changed."""
        scenario = evidence.scenario(SUNCATCHER)
        job = scenario.workload.jobs[0]
        figures = evidence.environment(scenario).gangs.figures(job)
        satellites = ceil(job.gpus / scenario.satellite.gpus)
        changed = with_values(scenario, {f"satellite.links.{name}": value for name, value in links.items()})
        rates = changed.satellite.links
        share = communication_share(changed, job, figures, satellites)
        each_bytes = figures.checkpoint_gb * 1e9 / satellites
        return cls(
            figures.step_compute_s / share,
            share,
            figures.gradient_gb,
            figures.checkpoint_gb,
            float(transfer_time_s(each_bytes, rates.ground_rate_gb_s * 1e9)) / SECONDS_PER_HOUR,
            float(transfer_time_s(each_bytes, rates.rate_gb_s * 1e9, rates.efficiency)),
        )


def thin_links(evidence: Evidence) -> Claim:
    """E4: 1 Gb/s to the ground against 100 Gb/s from rack to rack."""
    figures, scenario = evidence.figures, evidence.scenario(SUNCATCHER)
    job = scenario.workload.jobs[0]
    ranged = evidence.given(
        scenario, "satellite.links.rate_gb_s", "satellite.links.mtbf_h", "satellite.links.reacquisition_s"
    )
    least = 1 - figures.tolerable_loss

    def computing(values: Values) -> float:
        return Linked.of(evidence, **{path.rpartition(".")[2]: value for path, value in values.items()}).computing

    estimate = over_ranges(computing, ranged, evidence.generator("E4"), "share")
    here = Linked.of(evidence)
    radio = Linked.of(evidence, rate_gb_s=figures.critique_ground_gb_s)
    rack = Linked.of(evidence, rate_gb_s=figures.critique_rack_gb_s)
    # Outages of links are apart from their rate: the answer is judged with both.
    turn = crossing(lambda rate: Linked.of(evidence, rate_gb_s=rate).computing, least, 1.0, 9600.0)
    condition = f"links carry less than {short(turn)} Gb/s" if turn else "links are far slower"
    return Claim(
        id="E4",
        said="Links in orbit are too thin to train over: 1 Gb/s to the ground where racks have 100 Gb/s between them.",
        question="Do links in orbit let many satellites train one model together?",
        quantity=f"share of its time that a job of {job.gpus} chips on several satellites computes rather than talks",
        unit="share",
        estimate=estimate,
        interval="ranges of the links' rate and of their outages",
        verdict=judged(estimate, least, f"{least:g} that is enough", at_least=False, condition=condition),
        threshold=Threshold(
            f"{100 * least:g} % of the time computing at {short(turn)} Gb/s between satellites",
            turn,
            "Gb/s",
            ranged[0].path,
        ),
        binding=(
            f"the links between satellites, over which {here.gradient_gb:.3g} GB of gradients are summed at each step: "
            f"at the critique's {figures.critique_ground_gb_s:g} Gb/s {100 * radio.computing:.0f} % of the time would "
            "be "
            f"left, at {figures.critique_rack_gb_s:g} Gb/s {100 * rack.computing:.0f} %; to the ground go checkpoints "
            "alone, "
            f"{here.checkpoint_gb:.0f} GB in {60 * here.to_ground_h:.1f} min"
        ),
        inputs=(
            *ranged,
            *evidence.own("critique_ground_gb_s", "critique_rack_gb_s", "tolerable_loss"),
            *evidence.given(scenario, *_INPUTS),
        ),
        tables=(_by_rate(evidence), _to_ground(evidence)),
    )


def _by_rate(evidence: Evidence) -> Table:
    model = evidence.scenario(SUNCATCHER).workload.jobs[0].model
    assert model is not None
    return Table(
        "The job by the rate of the links between satellites",
        ("Gb/s", "step s", "computing %", "checkpoint to neighbours s"),
        tuple(
            (rate, one.step_s, 100 * one.computing, one.across_s)
            for rate in RATES_GB_S
            for one in [Linked.of(evidence, rate_gb_s=rate)]
        ),
        f"{short(float(model.parameters))} parameters; 1,600 Gb/s were shown on a bench, 9,600 are designed.",
    )


def _to_ground(evidence: Evidence) -> Table:
    figures = evidence.figures
    rates = figures.critique_ground_gb_s, 10.0, figures.critique_rack_gb_s
    rows = tuple((rate, 60 * Linked.of(evidence, ground_rate_gb_s=rate).to_ground_h) for rate in rates)
    return Table("A checkpoint to the ground", ("Gb/s a satellite", "minutes"), rows)
