"""A campus: a hall of hosts on the ground, its pools, its technicians and what they can and cannot tell."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from sim.parameters import Parameters, Text, cited
from sim.scenario.facility import MONTH_DAYS, Facility

_PAPER = "AIReSim's illustrative defaults (table 1 of arXiv 2603.07041; github.com/karthikp-ubc/airesim)"
MOST_HOSTS = 1_000_000
"""Hosts of a campus: half a kilobyte each."""

NOTHING_FLIES: dict[str, Any] = {
    "vehicle": {
        "name": "none",
        "capacity_kg": 1.0,
        "price": {"kind": "per_kg", "usd_per_kg": 0.0},
        "success_probability": 1.0,
    },
    "lead_time_days": {"kind": "constant", "days": 0.0},
}
"""The `launch` of a scenario with a campus, which names none."""


class BadHosts(Parameters):
    """Hosts with a hidden fault: they look like the others and fail more often, until a repair finds the fault."""

    share: float = Field(default=0.0, ge=0, le=1, json_schema_extra=cited("A", "none, unless a scenario gives it"))
    """Share of all hosts, spares among them, that are bad at the start, rounded down to whole hosts."""
    rate_factor: float = Field(default=6.0, ge=1e-3, le=1e6, json_schema_extra=cited("S", _PAPER))
    """Pace at which a bad host ages over that of a good one: how many times as often it fails."""
    regeneration_interval_days: float | None = Field(default=None, ge=1e-3, le=36525)
    """Days after which, again and again, some good hosts turn bad; none: never."""
    regeneration_share: float = Field(
        default=0.015,
        ge=0,
        le=1,
        json_schema_extra=cited("S", "a tenth of the bad share of .15 in AIReSim's code", 0, 0.1),
    )
    """Share of the good hosts, at least one, that turn bad each time."""


class Repair(Parameters):
    """What happens to a host that is taken out: an automatic stage, then perhaps a manual one.

    Both take exponential times.  A repair that succeeds makes a bad host good and a worn one new; one that fails
    changes nothing, and nobody notices.
    """

    automatic_min: float = Field(default=120.0, ge=0, le=1e7, json_schema_extra=cited("S", _PAPER))
    """Mean of the automatic stage, minutes."""
    manual_min: float = Field(default=2880.0, ge=0, le=1e7, json_schema_extra=cited("S", _PAPER))
    """Mean work of a technician in the manual stage, minutes; a wait for one comes beside it."""
    manual_share: float = Field(default=0.8, ge=0, le=1, json_schema_extra=cited("S", _PAPER))
    """Probability that the manual stage follows."""
    automatic_failure: float = Field(default=0.4, ge=0, le=1, json_schema_extra=cited("S", _PAPER))
    """Probability that a repair which ends with the automatic stage fails."""
    manual_failure: float = Field(default=0.2, ge=0, le=1, json_schema_extra=cited("S", _PAPER))
    """Probability that a repair which ends with the manual stage fails."""
    technicians: int | None = Field(default=None, gt=0, le=1_000_000)
    """Who works in the manual stage, one on a host, first come first served; none: there is always one free."""
    technician_usd_per_hour: float = Field(
        default=80.0, ge=0, le=1e6, json_schema_extra=cited("A", "loaded cost of a technician", 40, 200)
    )
    """Price of an hour of a technician's work, USD."""
    manual_parts_usd: float = Field(
        default=2000.0, ge=0, le=1e9, json_schema_extra=cited("A", "parts under no warranty any more", 0, 30000)
    )
    """Parts that a manual repair takes, GPUs apart, USD."""
    warranty_years: float = Field(
        default=3.0, ge=0, le=100, json_schema_extra=cited("A", "usual for accelerators; longer is bought", 0, 5)
    )
    """Years of a host within which the maker replaces a GPU that failed by itself; later its repair takes one at
    `economics.gpu_usd`."""


class Diagnosis(Parameters):
    """Whether anybody can tell which host failed."""

    probability: float = Field(default=1.0, ge=0, le=1, json_schema_extra=cited("S", _PAPER))
    """Probability that a failure is put down to a host; else the one that failed goes back to the pool unmended."""
    uncertainty: float = Field(default=0.0, ge=0, le=1, json_schema_extra=cited("S", _PAPER))
    """Probability that it is put down to another host of the job, any of them alike, which is taken out instead."""


class NeverRetire(Parameters):
    """Every host comes back."""

    kind: Literal["never"] = "never"


class RetireByFailures(Parameters):
    """A host that has failed too often lately does not come back from repair."""

    kind: Literal["failures"] = "failures"
    failures: int = Field(default=5, gt=0, le=1_000_000, json_schema_extra=cited("S", _PAPER))
    """Failures of its own within the window with which it is retired."""
    window_days: float | None = Field(default=7.0, ge=1e-6, le=36525, json_schema_extra=cited("S", _PAPER))
    """Days before the end of a repair that count; none: its whole life."""


class RetireByScore(Parameters):
    """A host whose score has fallen too far does not come back from repair."""

    kind: Literal["score"] = "score"
    initial: float = Field(default=100.0, ge=-1e9, le=1e9, json_schema_extra=cited("S", _PAPER))
    """Score of a new host."""
    penalty: float = Field(default=30.0, ge=0, le=1e9, json_schema_extra=cited("S", _PAPER))
    """What it loses each time that a failure is put down to it."""
    credit: float = Field(default=10.0, ge=0, le=1e9, json_schema_extra=cited("S", _PAPER))
    """What it gains for each whole `credit_days` of a stretch of its job's computing that it does not end."""
    credit_days: float = Field(default=1.0, ge=1e-6, le=36525, json_schema_extra=cited("S", _PAPER))
    """Length of such a stretch, days."""
    least: float = Field(default=0.0, ge=-1e9, le=1e9, json_schema_extra=cited("S", _PAPER))
    """Score with which, or below which, it is retired when a repair ends."""


Retirement = Annotated[NeverRetire | RetireByFailures | RetireByScore, Field(discriminator="kind")]


Address = Annotated[int, Field(ge=0, lt=1 << 31)]
SlotCount = Annotated[int, Field(gt=0, le=MOST_HOSTS)]


class StandsFor(Parameters):
    """The fleet that a campus is compared with: its hosts are parts of those satellites, and what fails by itself
    aboard fails here by the same random numbers."""

    planes: tuple[tuple[Address, SlotCount], ...] = Field(min_length=1, max_length=1_000_000)
    """What random numbers know each plane by, and its slots."""
    hosts_per_satellite: int = Field(default=1, gt=0, le=100_000)
    """Hosts that hold the GPUs of one satellite, in order."""
    paired: bool = True
    """Whether they share its random numbers: as many units must fail here as there."""
    left_out: tuple[Text, ...] = Field(default=(), max_length=1000)
    """What of the fleet this campus does not follow, for `orbitfleet describe`."""

    @property
    def hosts(self) -> int:
        """Hosts that hold all of them."""
        return sum(slots for _, slots in self.planes) * self.hosts_per_satellite


class Campus(Parameters):
    """A hall of hosts on the ground in place of a constellation.

    A host is what `satellite` describes: `satellite.gpus` accelerators that `reliability.bus`, `reliability.gpu` and
    `reliability.groups` let fail, each by its own clock of time at work.  Hosts fail only while they compute for their
    job, or serve: there are no failures in pools, in repair and while the job waits.

    Each job has hosts of its own: those that it needs, its standbys, and of what is left a share by its size.  Where
    there are services they have what is left, and each host serves on its own.  All share the technicians.
    """

    hosts: int = Field(gt=0, le=MOST_HOSTS)
    """Hosts in the working pool at the start: the nameplate."""
    spare_hosts: int = Field(default=0, ge=0, le=MOST_HOSTS)
    """Hosts that do other work until the working pool runs short; they come one by one and do not go back."""
    warm_standbys: int = Field(default=0, ge=0, le=MOST_HOSTS)
    """Hosts that each job holds beside those that compute, to take the place of one that fails at once."""
    selection_min: float = Field(default=3.0, ge=0, le=1e6, json_schema_extra=cited("S", _PAPER))
    """Choosing the hosts of a job anew, at its start and when no standby is left, minutes."""
    spare_wait_min: float = Field(default=20.0, ge=0, le=1e6, json_schema_extra=cited("S", _PAPER))
    """Until a spare host has left its other work, one after the other, minutes."""
    bad: BadHosts = BadHosts()
    """Hosts with a hidden fault."""
    repair: Repair = Repair()
    """How hosts are mended."""
    diagnosis: Diagnosis = Diagnosis()
    """Which host is mended."""
    retirement: Retirement = NeverRetire()
    """Which hosts are given up."""
    continuous_checkpoints: bool = False
    """Whether the state is saved at every step at no cost, so that a failure takes no work: `checkpoint_interval_min`
    of the job then does nothing.  Some simulators assume it."""
    restart_renews_hosts: bool = False
    """Whether all hosts are as good as new whenever the job goes on: a known error of simulators that draw all lives
    anew at each restart, there to be compared with.  Constant hazards do not feel it."""
    inlet_c: float = Field(
        default=25.0,
        ge=-20,
        le=60,
        json_schema_extra=cited("A", "ASHRAE TC 9.9 recommends 18 to 27 C for air", 18, 45),
    )
    """Temperature of the air or water that cools the hosts, degrees C."""
    junction_rise_k: float = Field(
        default=55.0, ge=0, le=150, json_schema_extra=cited("A", "to the reference junction of the laws, 80 C", 30, 65)
    )
    """Junction of an accelerator under load above that, K; with it, `reliability.stress` says how fast hosts age."""

    facility: Facility | None = None
    """What the hosts stand in: building, power and cooling, their prices, and when they are ready; none: that costs
    nothing, and there is power from the start."""
    stands_for: StandsFor | None = None
    """A fleet whose random numbers the hosts share; none: they have their own."""

    @property
    def all_hosts(self) -> int:
        """Hosts of both pools at the start."""
        return self.hosts + self.spare_hosts

    @property
    def junction_c(self) -> float:
        """Junction temperature under load, degrees C."""
        return self.inlet_c + self.junction_rise_k

    @property
    def power_days(self) -> NDArray[np.float64]:
        """Mission day from which each host has power, spare ones last."""
        if self.facility is None:
            return np.zeros(self.all_hosts)
        spares = np.full(self.spare_hosts, self.facility.months_to_power * MONTH_DAYS)
        return np.concatenate([self.facility.power_days(self.hosts), spares])

    @model_validator(mode="after")
    def _stands_for_no_more(self) -> Campus:
        if self.stands_for is not None and self.stands_for.hosts != self.hosts:
            raise ValueError(
                f"stands_for: its satellites are {self.stands_for.hosts:,} hosts, not hosts ({self.hosts:,})"
            )
        if self.stands_for is not None and self.spare_hosts:
            raise ValueError("stands_for: no satellite stands for spare_hosts: leave them out")
        return self

    @model_validator(mode="after")
    def _holds_them_all(self) -> Campus:
        if self.all_hosts > MOST_HOSTS:
            raise ValueError(f"hosts and spare_hosts ({self.all_hosts:,}) are more than the {MOST_HOSTS:,} of a run")
        return self
