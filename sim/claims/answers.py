"""The claims by name, and their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sim.claims.cheapest import cheapest_place
from sim.claims.claim import Claim
from sim.claims.energy import array_per_gpu, energy_gain, no_batteries
from sim.claims.evidence import Evidence
from sim.claims.heat import free_cooling, radiator_size
from sim.claims.links import thin_links
from sim.claims.maintenance import failures, no_maintenance
from sim.claims.pace import launched_per_year, months_to_power
from sim.claims.price import launched_power
from sim.claims.radiation import radiation
from sim.claims.scale import capital_for_2030, kilowatts_per_tonne, same_money
from sim.errors import InputError
from sim.text import nearest

CLAIMS: Mapping[str, Callable[[Evidence], Claim]] = {
    "C1": energy_gain,
    "C2": no_batteries,
    "C3": cheapest_place,
    "C4": failures,
    "C5": launched_per_year,
    "C6": kilowatts_per_tonne,
    "C7": no_maintenance,
    "C8": capital_for_2030,
    "C9": same_money,
    "C10": months_to_power,
    "C11": free_cooling,
    "C12": launched_power,
    "E1": array_per_gpu,
    "E2": radiator_size,
    "E3": radiation,
    "E4": thin_links,
}
"""What answers each claim, in the order in which they are shown."""


def known_ids(texts: Sequence[str]) -> list[str]:
    """The claims named, once each and in the order of `CLAIMS`; all if none is named.

    Raises `InputError` for a name that is none's.
    """
    asked = [text.upper() for text in texts]
    for text, one in zip(texts, asked, strict=True):
        if one not in CLAIMS:
            raise InputError(f"no claim {text!r}{nearest(one, list(CLAIMS))}; there are {', '.join(CLAIMS)}")
    return [one for one in CLAIMS if one in asked or not asked]


def answers(ids: Sequence[str], evidence: Evidence) -> Iterator[Claim]:
    """The answer of each claim, as it is found."""
    for one in ids:
        yield CLAIMS[one](evidence)
