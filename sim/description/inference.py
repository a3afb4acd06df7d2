"""What inference is asked for, what can be sent down, and what neither fits: in numbers, and in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.constants import MINUTES_PER_DAY
from sim.description.format import Facts, span
from sim.environment import Environment, Plane
from sim.scenario.models import Scenario
from sim.text import digits, many
from sim.workloads import InferenceService


def ground_facts(scenario: Scenario, environment: Environment) -> Facts | None:
    """The way down from each shell, one plane of each; none where nothing limits output."""
    ground, link = scenario.ground, environment.ground_link
    if ground is None:
        return None
    if ground.relay is not None:
        return {"relay": ground.relay.model_dump(mode="json"), "gb_per_day": link.capacity_bytes_per_day(0) / 1e9}
    return {
        "stations": [station.model_dump(mode="json") for station in ground.stations],
        "downlink_gb_s": link.rate_bytes_per_s() * 8 / 1e9,
        "buffer_gb": ground.buffer_gb,
        "planes": [_plane(environment, plane) for plane in _first_of_shells(environment)],
    }


def _first_of_shells(environment: Environment) -> list[Plane]:
    first = {plane.shell: plane for plane in reversed(environment.shell_planes)}
    return [first[shell] for shell in sorted(first)]


def _plane(environment: Environment, plane: Plane) -> Facts:
    link = environment.ground_link
    return {
        "shell": plane.shell,
        **vars(link.contacts(plane.id)),
        "gb_per_day": link.capacity_bytes_per_day(plane.id) / 1e9,
        "plane_gb_per_day": link.capacity_bytes_per_day(plane.id) / 1e9 * plane.slots,
    }


def service_facts(scenario: Scenario, environment: Environment) -> list[Facts]:
    """What each inference service is asked for, and what one satellite with all its GPUs idle could sell."""
    nameplate = environment.slots * scenario.satellite.gpus
    return [_service(environment, service, nameplate) for service in scenario.workload.inference]


def _service(environment: Environment, service: InferenceService, nameplate: int) -> Facts:
    demand = service.demand_tokens_per_s(nameplate)
    link, gpus = environment.ground_link, environment.scenario.satellite.gpus
    full = gpus * service.tokens_per_s_per_gpu * service.output_bytes_per_token
    planes = _first_of_shells(environment)
    waits = [link.longest_wait_s(plane.id, service) for plane in planes]
    sent = [float(link.sent(plane.id, np.array([full]), wait)[0]) for plane, wait in zip(planes, waits, strict=True)]
    return {
        "name": service.name,
        "gpus_per_replica": service.gpus_per_replica,
        "replica_within": service.replica_within,
        "replicas_at_most": _replicas(environment, service),
        "bytes_per_token": service.output_bytes_per_token,
        "demand_tokens_per_s": {"mean": float(demand.mean()), "min": float(demand.min()), "max": float(demand.max())},
        "demand_of_nameplate": float(demand.mean()) / (nameplate * service.tokens_per_s_per_gpu),
        "latency_limit_s": service.latency_limit_s,
        "latency_s": max(link.latency_s(plane.id) for plane in planes) + service.response_s,
        "in_time": [wait >= 0 for wait in waits],
        "full_output_gb_s": full * 8 / 1e9,
        "sent_share_at_full_output": [
            one / full if full else float(wait >= 0) for one, wait in zip(sent, waits, strict=True)
        ],
    }


def _replicas(environment: Environment, service: InferenceService) -> int:
    gpus, size = environment.scenario.satellite.gpus, service.gpus_per_replica
    if service.replica_within == "satellite":
        return environment.slots * (gpus // size)
    return sum(plane.slots * gpus // size for plane in environment.planes)


def ground_lines(ground: Facts | None) -> Iterator[str]:
    """The way down as text."""
    if ground is None:
        return
    if relay := ground.get("relay"):
        yield (
            f"  through a relay constellation: {relay['rate_gb_s']:,g} Gb/s a satellite, {relay['availability']:.1%} "
            f"of the time, {many(relay['hops'], 'hop')} of {relay['hop_ms']:g} ms; {digits(ground['gb_per_day'])} GB a "
            "satellite-day"
        )
        return
    yield (
        f"  to {many(len(ground['stations']), 'ground station')} at {ground['downlink_gb_s']:,g} Gb/s a satellite; up "
        f"to {ground['buffer_gb']:,g} GB wait aboard"
    )
    for plane in ground["planes"]:
        yield (
            f"    shell {plane['shell']}: {plane['per_day']:.3g} contacts a satellite-day of {plane['mean_min']:.3g} "
            f"min; in view {plane['share']:.2%} of the time, under a clear sky {plane['clear_share']:.2%}; longest gap "
            f"{span(plane['longest_gap_min'] / MINUTES_PER_DAY)}"
        )
        each, together = plane["gb_per_day"], plane["plane_gb_per_day"]
        yield f"      a satellite can send {digits(each)} GB a day, a plane {digits(together)} GB"


def service_lines(services: list[Facts], ground: Facts | None) -> Iterator[str]:
    """The services as text."""
    for one in services:
        demand = one["demand_tokens_per_s"]
        swings = f" ({demand['min']:,.3g} to {demand['max']:,.3g} by the hour)" if demand["max"] > demand["min"] else ""
        yield (
            f"  {one['name']}: replicas of {many(one['gpus_per_replica'], 'GPU')} within one {one['replica_within']}, "
            f"at most {one['replicas_at_most']:,}, on GPUs that jobs leave idle"
        )
        yield (
            f"    demand {demand['mean']:,.3g} tokens a second{swings}, {one['demand_of_nameplate']:.3g} times what "
            f"the nameplate could serve; {one['bytes_per_token']:,.3g} bytes a token"
        )
        if one["latency_limit_s"] is not None:
            late = "" if all(one["in_time"]) else ": too late, so that some planes serve none"
            yield (
                f"    answers take {one['latency_s']:.3g} s in contact, the limit is {one['latency_limit_s']:g} s{late}"
            )
        if ground is not None:
            shares = [f"{share:.1%}" for share in one["sent_share_at_full_output"]]
            share = shares[0] if len(set(shares)) == 1 else ", ".join(shares)
            yield f"    of a satellite's full output, {one['full_output_gb_s']:,.3g} Gb/s, {share} can be sent"


def inference_warnings(scenario: Scenario, services: list[Facts]) -> Iterator[str]:
    """What the author of the services may not intend."""
    for number, (service, found) in enumerate(zip(scenario.workload.inference, services, strict=True)):
        path = f"workload.inference.{number}"
        if found["replicas_at_most"] == 0:
            yield (
                f"{path}: no replica fits: it needs {service.gpus_per_replica:,} GPUs on one {service.replica_within}"
            )
        if not any(found["in_time"]):
            yield (
                f"{path}: serves nothing: answers take {found['latency_s']:.3g} s and the limit is "
                f"{service.latency_limit_s:g} s"
            )
        elif max(found["sent_share_at_full_output"]) < 0.5 and scenario.ground is not None:
            best = max(found["sent_share_at_full_output"])
            yield f"{path}: at most {best:.1%} of what a satellite computes at full load can be sent to the ground"
    if scenario.workload.inference and scenario.ground is None:
        yield "no `ground`: all that inference computes is taken to be sent down; overlays/ground_stations limits it"
