"""What a walk in blocks does not know, said before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

from sim.errors import Fault, ScenarioError
from sim.scenario.constellation import CatalogueShell
from sim.scenario.failure import Shock
from sim.scenario.models import Scenario
from sim.strategies import Strategy
from sim.strategies.advice import initial_parking_spares, services

_HINT = "simulation.mode=exact knows it, for fleets of up to some 20,000 satellites"


def check_supported(scenario: Scenario, strategy: Strategy, name: str) -> None:
    """Raises `ScenarioError` with all that a scenario or strategy asks for and that blocks do not have."""
    faults = [
        Fault("scenario", path, value, f"is not there in block mode: {_HINT}")
        for path, value in (*_unknown(scenario), *_unknown_of(strategy, name))
    ]
    if faults:
        raise ScenarioError(faults)


def _unknown(scenario: Scenario) -> Iterator[tuple[str, object]]:
    """(path, value) of each."""
    if scenario.factory is not None:
        yield "factory", "given"
    if scenario.constellation.parking:
        yield "constellation.parking", "given"
    for name, service in zip(scenario.launch.names, scenario.launch.services, strict=True):
        where = "launch" if name == scenario.launch.names[0] else f"launch.others.{name}"
        for field in ("pads", "boosters", "drift"):
            if getattr(service, field) is not None:
                yield f"{where}.{field}", "given"
    for name in scenario.design_names:
        satellite = scenario.with_design(name).satellite
        where = "satellite" if name == scenario.design_names[0] else f"designs.{name}.satellite"
        if satellite.tray is not None:
            yield f"{where}.tray", "given"
        if satellite.spare_gpus:
            yield f"{where}.spare_gpus", satellite.spare_gpus
    reliability = scenario.reliability
    for name, group in reliability.groups.items():
        if group.standby != "hot" and group.units > group.needed:
            yield f"reliability.groups.{name}.standby", group.standby
    yield from _unknown_jobs(scenario)
    for name, cause in reliability.common_causes.items():
        if isinstance(cause, Shock) and cause.gpu_lethality > 0:
            yield f"reliability.common_causes.{name}.gpu_lethality", cause.gpu_lethality
    laws = {"gpu": reliability.gpu, "bus": reliability.bus}
    laws |= {f"groups.{name}.law": group.law for name, group in reliability.groups.items()}
    for where, law in laws.items():
        if law.calendar_factor is not None:
            yield f"reliability.{where}.calendar_factor", "given"


def _unknown_jobs(scenario: Scenario) -> Iterator[tuple[str, object]]:
    """Jobs over several planes: those that are followed may be far apart."""
    if scenario.satellite.links.cross_plane is None:
        return
    shells = scenario.constellation.shells
    slots = [0 if isinstance(one, CatalogueShell) else one.satellites_per_plane for one in shells]
    if any(isinstance(one, CatalogueShell) for one in shells):
        return  # who knows how many satellites its planes have
    most = max(slots) * max(scenario.design(name).gpus for name in scenario.design_names)
    for number, job in enumerate(scenario.workload.jobs):
        if job.gpus > most:
            yield f"workload.jobs.{number}.gpus", job.gpus


def _unknown_of(strategy: Strategy, name: str) -> Iterator[tuple[str, object]]:
    if services(strategy, name):
        yield f"strategies.{name}", "sends servicers"
    if initial_parking_spares(strategy, name):
        yield f"strategies.{name}", "keeps spares in parking orbits"
