"""One look a cause in every picture: a colour of its own, and hatching for the causes that a scenario names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from zlib import crc32

from sim.experiment.table import cause_name
from sim.metrics.campus import ABSENT
from sim.metrics.causes import DARK
from sim.scenario.models import Scenario


@dataclass(frozen=True)
class CauseLook:
    """How a band or mark of one cause looks."""

    color: str
    hatch: str = ""
    name: str = field(default="", compare=False)
    """What people call the cause here; empty: as everywhere."""


OTHERS = CauseLook("#BDBDBD")
"""Causes that are not told apart."""

# The commonest have colours of Okabe & Ito (2008).  The others were searched for, so that those that often meet differ
# by .08 or more in Oklab, to eyes without the red or the green cones too.
_BUILT_IN = {
    DARK: "#E69F00",
    ABSENT: "#BAE8BE",
    "gpu": "#0072B2",
    "bus": "#D55E00",
    "debris": "#000000",
    "end_of_life": "#665465",
    "replaced": "#6D8FFF",
    "strategy": "#62076F",
    "propellant": "#84C8FF",
    "launch": "#5273E0",
    "reset": "#B8FF9B",
    "warning": "#214FB5",
    "dose": "#33C57B",
    "tray": "#00975D",
    "puncture": "#029FAC",
    "too_few_gpus": "#F8EC4F",
    "stand_off": "#974400",
    "silent_corruption": "#EFC000",
    "memory_error": "#56B4E9",
    "core_error": "#238270",
    "host_crash": "#473B4E",
    "host_memory": "#F2D4FF",
    "chip_interrupt": "#113094",
    "latch_up": "#810000",
}
_STRONG = ("#954000", "#40956A", "#15BFFF", "#6A156A", "#6ABF80", "#8080EA", "#4040AA", "#805580")
"""Apart from the commonest built-in ones too."""
_HATCHES = ("////", "....")
_NAMED_LOOKS = [CauseLook(color, hatch) for hatch, color in product(_HATCHES, _STRONG)]
_SHIPPED = (
    "attitude_control",
    "bus_power",
    "propulsion",
    "data_handling",
    "thermal_control",
    "host",
    "software_rollout",
    "breakup",
    "power_supply",
    "network_terminal",
    "reaction_wheel",
)
"""Names in shipped scenarios, in the order of `_NAMED_LOOKS`: no overlay changes the look of another."""


def built_in_color(name: str) -> str:
    """The colour of a built-in cause."""
    return _BUILT_IN[name]


def cause_looks(scenario: Scenario) -> dict[str, CauseLook]:
    """The look of each cause that a run of a scenario can name, and of `DARK` and `ABSENT`.

    The look of a built-in cause is the same in all scenarios.  That of a name that a scenario gives follows from the
    name, unless two names of one scenario want the same: then the later one has the next that is free.
    """
    on_ground = scenario.campus is not None
    found = {
        name: CauseLook(color, name=cause_name(name, on_ground=on_ground) if on_ground else "")
        for name, color in _BUILT_IN.items()
    }
    own = [name for name in scenario.cause_numbers if name not in found]
    taken = {name: _SHIPPED.index(name) for name in own if name in _SHIPPED}
    for name in own:
        if name not in taken:
            taken[name] = _free(crc32(name.encode()), list(taken.values()))
    return found | {name: _NAMED_LOOKS[at] for name, at in taken.items()}


def _free(wanted: int, taken: Sequence[int]) -> int:
    """The first position from the wanted one on that fewest have."""
    count = len(_NAMED_LOOKS)
    places = [(wanted + step) % count for step in range(count)]
    return min(places, key=taken.count)
