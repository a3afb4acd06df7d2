"""What failures take, and what keeping a fleet whole costs: C4, C7."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite, log

from sim.claims.capital import Delivered
from sim.claims.claim import Cell, Claim, Table, Threshold
from sim.claims.energy import AI1, SUNCATCHER
from sim.claims.evidence import Evidence
from sim.claims.radiation import MITIGATED
from sim.experiment import Estimate, Study
from sim.experiment.controls import no_controls
from sim.experiment.envelope import Flip
from sim.experiment.statistics import Quantity, Ratio, estimate_ratio
from sim.experiment.total import Floats, Repeated, total_interval
from sim.scenario import Scenario

NEVER, MAINTAINED = "run_to_failure", "scheduled_batch"
STRATEGIES = (NEVER, MAINTAINED, "on_orbit_spares", "robotic_servicing")
"""What a fleet may do about what fails: nothing, flights at fixed dates, spares at hand, robots."""
BOTH = (NEVER, MAINTAINED)
BURN_IN = "overlays/burned_in"
NOBODY_COMPUTES = ("workload.jobs=[]", "workload.inference=[]")
LONG_YEARS = 15.0
"""Three design lives: the share of the last satellites' life that is left at the end is small by then."""
_LONG = (f"mission.years={LONG_YEARS}", "mission.wind_down_years=0.5", *NOBODY_COMPUTES)
LEAST_REPLICATES = 20
"""With so many the birth controls determine what no one replaces to the last digit."""
USEFUL = "useful_gpu_hours"
_FAILURES = (
    "reliability.gpu.constant_per_year",
    "reliability.gpu.infant_loss_fraction",
    "reliability.bus.constant_per_year",
    "reliability.bus.infant_loss_fraction",
    "reliability.groups.host.law.rate_per_year",
)
_WORTH = "service.value_usd_per_gpu_hour", "launch.vehicle.price.usd", "economics.gpu_usd"
_PUBLISHED = (
    "published_early_failure",
    "published_yearly_failures",
    "published_replacement_t_low",
    "published_replacement_t_high",
    "ground_tco_usd_per_gw_year",
)
_COLUMNS = ("at work %", "useful %", "satellites relaunched", "USD a useful GPU-hour", "net cost million USD")


def ratio(above: tuple[Study, str, str], below: tuple[Study, str, str], factor: float, unit: str) -> Estimate:
    """A metric of one study over one of another, each (study, strategy, metric), paired by the seed, times a factor.

    Of the longer study the first replicates count.
    """
    first, second = (study.values(strategy, metric) for study, strategy, metric in (above, below))
    count = min(len(first), len(second))
    return estimate_ratio(Ratio(factor * first[:count], second[:count]), no_controls(count), Quantity(unit, 0.0))


def total_ratio(own: Ratio, drawn: Ratio, quantity: Quantity) -> Estimate:
    """A ratio of means over replicates with both intervals; `drawn`: of the first ones again under draws of beliefs."""
    found = estimate_ratio(own, no_controls(len(own.numerator)), quantity)
    total = total_interval(found, Repeated(own, drawn).layout, quantity)
    if total is None:
        return found
    return replace(found, total_low=total.low, total_median=total.median, total_high=total.high)


@dataclass(frozen=True, eq=False)
class Cluster:
    """The Suncatcher cluster under strategies, as designed and with more or less that fails."""

    evidence: Evidence

    @property
    def heavy(self) -> str:
        """The setting of GPUs that nobody has burnt in."""
        return f"reliability.gpu.infant_loss_fraction={self.evidence.figures.heavy_infant_loss!r}"

    @property
    def designed(self) -> Study:
        """As designed, under all strategies."""
        return self.evidence.study(self.evidence.scenario(SUNCATCHER), *STRATEGIES)

    @property
    def rough(self) -> Study:
        """Heavy infant mortality."""
        return self._variant(self.evidence.scenario(SUNCATCHER, set_=[self.heavy]))

    @property
    def burnt_in(self) -> Study:
        """The same GPUs after a burn-in."""
        return self._variant(self.evidence.scenario(SUNCATCHER, BURN_IN, set_=[self.heavy]))

    @property
    def mitigated(self) -> Study:
        """Measures against soft errors."""
        return self._variant(self.evidence.scenario(SUNCATCHER, MITIGATED))

    def _variant(self, scenario: Scenario) -> Study:
        """What a variant changes is paired, and shows in few replicates."""
        return self.evidence.study(scenario, *BOTH, replicates=self.evidence.fewer)

    def table(self) -> Table:
        """What each case delivers and costs under each strategy."""
        infant = f"{100 * self.evidence.figures.heavy_infant_loss:g} % infant mortality"
        cases = (
            ("as designed", self.designed),
            (infant, self.rough),
            ("the same after burn-in", self.burnt_in),
            ("codes and checksums", self.mitigated),
        )
        return Table(
            "Five years of the cluster",
            ("case", "strategy", *_COLUMNS),
            tuple((case, strategy, *_row(study, strategy)) for case, study in cases for strategy in study.strategies),
            "Shares are of the planned GPU-hours; net cost is at equal service, what is missing bought at today's "
            "price "
            "of a GPU-hour.",
        )


def failures(evidence: Evidence) -> Claim:
    """C4: maintenance and failed GPUs during training."""
    scenario, cluster = evidence.scenario(SUNCATCHER), Cluster(evidence)
    base, price = cluster.designed, scenario.service.value_usd_per_gpu_hour
    rates, flip = evidence.given(scenario, *_FAILURES), leaving_zero(base)
    drawn, useful = evidence.drawn(base, BOTH, rates), [base.values(name, USEFUL) for name in BOTH]
    kept = total_ratio(Ratio(*useful), Ratio(*(drawn.values(name, USEFUL) for name in BOTH)), Quantity("share", 0.0))
    burn_in = ratio((cluster.burnt_in, NEVER, USEFUL), (cluster.rough, NEVER, USEFUL), 1.0, "1").mean or 1.0
    softer = ratio((cluster.mitigated, NEVER, USEFUL), (base, NEVER, USEFUL), 1.0, "1").mean or 1.0
    turn = None if flip is None or not isfinite(flip.value_usd) else flip.value_usd
    pays = "at no value of a GPU-hour" if turn is None else f"once a GPU-hour is worth ${turn:.2f} ({_interval(flip)})"
    hardened = evidence.scenario(SUNCATCHER, MITIGATED)
    return Claim(
        id="C4",
        said="Failed GPUs are no issue: infant mortality is ironed out on the ground, and servicing is not needed.",
        question="Can a fleet in orbit that trains models do without anybody who replaces what fails?",
        quantity="useful GPU-hours of five years if nothing is replaced, over those with replacements, Suncatcher",
        unit="share",
        estimate=kept,
        interval="replicates, and ranges of failure rates",
        verdict=no_issue(flip, price),
        threshold=Threshold(
            f"replacing what fails pays {pays}; today's price is ${price:.2f}",
            turn,
            "USD/GPU-hour",
            f"{SUNCATCHER}:service.value_usd_per_gpu_hour",
        ),
        binding=(
            f"flights for few: {base.verdicts()[-1].text}  Burn-in gives {100 * (burn_in - 1):+.1f} % useful GPU-hours "
            f"where infant mortality is heavy, mitigation of soft errors {100 * (softer - 1):+.1f} %"
        ),
        inputs=(
            *rates,
            *evidence.given(scenario, *_WORTH),
            *evidence.own("heavy_infant_loss"),
            *evidence.given(hardened, "radiation.mitigations.memory_codes.corrects.memory_error"),
        ),
        tables=(cluster.table(),),
    )


def leaving_zero(study: Study) -> Flip | None:
    """The value of a GPU-hour from which some strategy beats never replacing anything; none: at no value."""
    envelope = study.envelope()
    assert envelope is not None
    if envelope.stretches[0].strategy != NEVER:
        return Flip(NEVER, envelope.stretches[0].strategy, 0.0, 0.0, 0.0)
    return envelope.flips[0] if envelope.flips else None


def no_issue(flip: Flip | None, price: float) -> str:
    """Whether doing without maintenance is the cheapest at today's price of a GPU-hour."""
    if flip is None or price < flip.low_usd:
        return "holds: at today's price of a GPU-hour nothing is cheaper than to replace nothing"
    if price > flip.high_usd:
        return f"fails: {flip.after.replace('_', ' ')} costs less at today's price of a GPU-hour"
    return f"holds if a GPU-hour is worth less than ${flip.value_usd:.2f}"


def _interval(flip: Flip | None) -> str:
    if flip is None or not isfinite(flip.low_usd):
        return "no interval"
    high = f"${flip.high_usd:.2f}" if isfinite(flip.high_usd) else "no bound"
    return f"${flip.low_usd:.2f} to {high}"


def _row(study: Study, strategy: str) -> tuple[Cell, ...]:
    found = study.metrics(strategy)
    names = (
        ("compute_availability", 100.0),
        ("goodput", 100.0),
        ("satellites_launched", 1.0),
        ("cost_per_useful_gpu_hour_usd", 1.0),
        ("net_cost_usd", 1e-6),
    )
    return tuple(None if (mean := found[name].mean) is None else factor * mean for name, factor in names)


def no_maintenance(evidence: Evidence) -> Claim:
    """C7: no ongoing operation or maintenance."""
    figures = evidence.figures
    scenario = evidence.scenario(AI1, set_=_LONG)
    study = evidence.study(scenario, MAINTAINED)
    mw = scenario.satellite.full_load_w / 1e6 * evidence.environment(scenario).slots
    given = evidence.given(scenario, *_FAILURES, "launch.vehicle.success_probability")
    drawn = evidence.drawn(study, [MAINTAINED], given)

    def of(values: Callable[[str, str], Floats]) -> Ratio:
        """What is launched, t, over the MW-years at work."""
        launched = values(MAINTAINED, "deployment_mass_t") + values(MAINTAINED, "mass_launched_t")
        return Ratio(launched, values(MAINTAINED, "compute_availability") * mw * LONG_YEARS)

    estimate = total_ratio(of(study.values), of(drawn.values), Quantity("t/(MW yr)", 0.0))
    one = Delivered.of(evidence, evidence.scenario(AI1))
    heavier = evidence.environment(scenario).designs[0].parts.sum_kg / one.kg
    tonnes = estimate.mean or 0.0
    usd = tonnes / (one.kg / 1000) * one.usd * one.success  # those that failed flights took are launched too
    ideal = one.kg / one.kw / one.life_years
    left = evidence.study(evidence.scenario(AI1, set_=NOBODY_COMPUTES), NEVER).metrics(NEVER)["compute_availability"]
    return Claim(
        id="C7",
        said="Once launched, it needs no ongoing operation or maintenance.",
        question="Does a fleet in orbit need no upkeep once it is launched?",
        quantity="mass launched over the years for a MW at work, AI1 with replacement flights",
        unit="t per MW and year",
        estimate=estimate,
        interval="replicates, and ranges of failure rates and of how many flights succeed; mass as in the scenario",
        verdict=f"fails: {tonnes:.1f} t of satellites are launched for a MW and year, against none claimed",
        threshold=Threshold(
            f"none: even if nothing failed, a life of {one.life_years:g} years takes {ideal:.1f} t a MW and year; "
            f"as long as nothing is replaced, {100 * (left.mean or 0):.0f} % of the GPU-hours of five years are at "
            "work",
        ),
        binding=(
            f"the design life: ${usd / 1e6:.1f} million of satellites and launches a MW and year, against "
            f"${figures.ground_tco_usd_per_gw_year / 1e9:.1f} million for everything on the ground; "
            f"{tonnes * heavier:.1f} t if satellites weigh what their parts do"
        ),
        inputs=(
            *evidence.given(scenario, "satellite.design_life_years", "satellite.mass_kg"),
            *given,
            *evidence.own(*_PUBLISHED),
        ),
        tables=(_tonnes(evidence, ideal, tonnes, tonnes * heavier), _decay(evidence)),
    )


def _tonnes(evidence: Evidence, ideal: float, simulated: float, heavier: float) -> Table:
    figures = evidence.figures
    return Table(
        "t launched a MW and year",
        ("", "t a MW and year"),
        (
            ("AI1, nothing fails", ideal),
            ("AI1, simulated", simulated),
            ("AI1 with the mass of its parts", heavier),
            ("published, least", figures.published_replacement_t_low),
            ("published, most", figures.published_replacement_t_high),
        ),
        f"Over {LONG_YEARS:g} years with three generations, deployment included, a MW of GPUs at work.",
    )


def _decay(evidence: Evidence) -> Table:
    """Five years without maintenance under the failure rates of the published estimate, by the engine."""
    source = evidence.own("published_yearly_failures")[0]
    rates = [source.low or source.value, source.value, source.high or source.value]
    rows = [
        (100 * rate, None if (at_work := decayed(evidence, rate).mean) is None else 100 * at_work) for rate in rates
    ]
    early = evidence.figures.published_early_failure
    return Table(
        "Five years if nothing is replaced, under published failure rates",
        ("failures % a year", "of all GPU-hours at work %"),
        tuple(rows),
        f"{100 * early:g} % of the satellites fail at once, the rest at the rate given.",
    )


def decayed(evidence: Evidence, failures_a_year: float) -> Estimate:
    """Share of the planned GPU-hours at work in a cluster of which a share fails at once and a share every year."""
    early = evidence.figures.published_early_failure
    law = (
        f"{{kind: bathtub, infant_loss_fraction: {early!r}, infant_days: 1, "
        f"constant_per_year: {-log(1 - failures_a_year)!r}, wear_out_scale_years: 1.0e+4}}"
    )
    count = max(evidence.replicates, LEAST_REPLICATES)
    study = evidence.study(only_buses_fail(evidence, law), NEVER, replicates=count)
    return study.metrics(NEVER)["compute_availability"]


def only_buses_fail(evidence: Evidence, law: str) -> Scenario:
    """The Suncatcher cluster, all there from the first day, of which nothing fails but satellites by this law."""
    return evidence.scenario(
        SUNCATCHER,
        set_=[
            *NOBODY_COMPUTES,
            "deployment={kind: in_place}",
            f"reliability.bus={law}",
            "reliability.gpu={kind: exponential, rate_per_year: 0}",
            "reliability.groups.host=null",
            "reliability.stress={activation_energy_ev: 0, cycling_share: 0}",
            "radiation.solar_protons=false",
            "radiation.effects.latch_up=null",
            "satellite.propulsion.vulnerable_area_m2=0",
            "satellite.radiator.tube_fraction=0",
        ],
    )
