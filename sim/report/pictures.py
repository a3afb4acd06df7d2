"""The pictures of a study, within the page, and what to see in each."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim import plots

if TYPE_CHECKING:
    from sim.experiment import Study

_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Picture:
    """A picture of a study."""

    name: str
    """As of `orbitfleet plot --kind`."""
    title: str
    caption: str
    """What to see in it."""
    png: bytes
    found: bool
    """Whether it is the file of the study's folder; otherwise it was drawn anew."""

    @property
    def data_uri(self) -> str:
        """The picture as an address that holds it."""
        return f"data:image/png;base64,{b64encode(self.png).decode('ascii')}"


def pictures(study: Study) -> list[Picture]:
    """All pictures that a study has: those of its folder, and drawn anew what is missing or damaged there."""
    drawings = plots.pictures_of(study)
    found = []
    for name, caption_of in CAPTIONS.items():
        if name in drawings:
            png = _in_folder(study, name)
            found.append(Picture(name, *caption_of(study), png or plots.png(drawings[name]()), png is not None))
    return found


def _in_folder(study: Study, name: str) -> bytes | None:
    try:
        content = (study.folder / f"{name}.png").read_bytes() if study.folder else b""
    except OSError:
        return None
    return content if content.startswith(_PNG) and content.rstrip().endswith(b"IEND\xaeB`\x82") else None


def _net_cost(study: Study) -> tuple[str, str]:
    value = study.scenario.service.value_usd_per_gpu_hour
    return (
        "Which strategy is best at which value of a GPU-hour",
        "Each line is how far a strategy's net cost lies above the lowest one, so the line at 0 is the best strategy, "
        "which the strip at the bottom names. Find what a GPU-hour is worth to you on the axis below: the scenario "
        f"says ${value:,.2f}. The closer a dotted line is to it, the more easily the verdict turns. "
        "Below, a line near 100 % is a strategy that chance does not dispute; its dots say how often it wins in a "
        "single history.",
    )


def _differences(study: Study) -> tuple[str, str]:
    return (
        f"What each strategy changes against {study.strategies[0]}",
        "A diamond with its bar is a mean difference and its 95 % interval; each dot is one replicate. A bar that does "
        "not touch 0 is a difference that chance does not explain. The arrow under each panel says which side is "
        "better.",
    )


def _availability(study: Study) -> tuple[str, str]:
    many = study.replicates > 1
    lines = f"a line is the median of the {study.replicates} replicates, its band holds 80 % of them" if many else ""
    return (
        "GPUs online, day by day",
        f"How fast the fleet fills and then decays{': ' + lines if lines else ''}. Compare where the lines end, and "
        f"how long they stay above the promised {study.scenario.service.sla_capacity_fraction:.0%} (dotted).",
    )


def _waterfall(study: Study) -> tuple[str, str]:
    if len(study.strategies) > 1:
        return (
            "Where the GPU-hours went",
            "Each bar is all that the planned GPUs could do over the mission. The number on it is work that was kept; "
            "every other colour is a loss, and the longest of them is the first to mend.",
        )
    return (
        "Where the GPU-hours went",
        "From all that the planned GPUs could do over the mission, what each loss took, down to the work that was "
        "kept. The longest step is the first to mend.",
    )


def _cost(study: Study) -> tuple[str, str]:
    if len(study.strategies) > 1:
        return (
            "What a useful GPU-hour costs, and what for",
            "Each bar is the cost of a useful GPU-hour, kind by kind, in present value; the value of the life left "
            "at the end comes off it, to the left of 0. The longest piece is where a better price helps most.",
        )
    return (
        "What a useful GPU-hour costs, and what for",
        "Step by step to the cost of a useful GPU-hour, in present value; below, in which year it falls due. The "
        "longest step is where a better price helps most.",
    )


def _losses(study: Study) -> tuple[str, str]:
    if not study.scenario.workload.jobs:
        return (
            "What took the capacity",
            "GPUs that were offline, by cause. The numbers beside the names are means over the mission; triangles mark "
            "solar storms.",
        )
    return (
        "What took the capacity, and what stopped the jobs",
        "Above: GPUs that were offline, by cause; below: interruptions of running jobs, by cause. The numbers beside "
        "the names are means over the mission. What kills GPUs is seldom what stops jobs.",
    )


def _timeline(study: Study) -> tuple[str, str]:
    return (
        f"One history of the fleet with {study.strategies[-1]}",
        "One replicate, not the mean: the line is GPUs online, and each mark below it an event; many of them are drawn "
        "as a band, high where they are frequent. Follow a satellite "
        "failure to the flight and the arrival that answer it: the time between them is what waiting costs.",
    )


def _satellite(study: Study) -> tuple[str, str]:
    return (
        "What a satellite weighs and costs, by part",
        "The simulation uses the given figures, where there are any, and else the sum of the parts. Hatched is by how "
        "much the two differ: a long hatched bar is a figure to doubt.",
    )


CAPTIONS: dict[str, Callable[[Study], tuple[str, str]]] = {
    "net_cost": _net_cost,
    "differences": _differences,
    "availability": _availability,
    "waterfall": _waterfall,
    "cost": _cost,
    "losses": _losses,
    "timeline": _timeline,
    "satellite": _satellite,
}
"""Title and caption of each picture, in the order of the page: what the verdict is about first."""
