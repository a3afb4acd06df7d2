"""How sure a comparison is of its verdict, in words: what pairing gained, and what more replicates would tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.experiment.chances import Chances
from sim.experiment.grid import list_of
from sim.experiment.pairs import POWER, Pair, ReplicatesNeeded
from sim.experiment.selection import Selection
from sim.experiment.verdict import SUBJECTS, Verdict
from sim.text import digits

Pairs = Mapping[tuple[str, str], Pair]
"""By the names of both strategies."""
_SUBJECTS = {
    "compute_availability": "compute availability",
    "cost_per_useful_gpu_hour_usd": "the cost of a useful GPU-hour",
    "net_cost_usd": "net cost",
}


def decision_texts(
    pairs: Pairs, verdicts: Sequence[Verdict], chances: tuple[Chances, float] | None, selection: Selection | None
) -> list[str]:
    """What a table of a comparison says of its verdicts, the last of which is that of the study.

    `chances`: with the value of a GPU-hour.
    """
    gains = {v.metric: [pair.gain(v.metric) for pair in pairs.values()] for v in verdicts}
    texts = [gain_text(gains)]
    if chances:
        texts.append(chances[0].text(chances[1]))
    if verdicts and selection is None:
        final = verdicts[-1]
        needed = {other: needed_between(pairs, final.best, other, final.metric) for other in final.alike}
        texts.append(needed_text(final.best, final.metric, needed))
    if selection:
        texts.append(selection.text())
    return [text for text in texts if text]


def needed_between(pairs: Pairs, a: str, b: str, metric: str) -> ReplicatesNeeded:
    """Replicates that tell two strategies apart, whichever is named first."""
    return (pairs[a, b] if (a, b) in pairs else pairs[b, a]).replicates_needed(metric)


def gain_text(gains: Mapping[str, Sequence[float | None]]) -> str:
    """By how much pairing and controls save replicates: `gains` by metric, of every two strategies.

    One sentence; nothing where no gain is known.
    """
    parts = []
    for metric, found in gains.items():
        factors = sorted(gain for gain in found if gain is not None)
        if factors:
            low, high = (f"{one:,.2g}" if one < 100 else f"{one:,.0f}" for one in (factors[0], factors[-1]))
            parts.append(f"{low if low == high else f'{low} to {high}'}-fold in {_SUBJECTS[metric]}")
    if not parts:
        return ""
    return (
        "Pairing and controls save replicates, against independent runs whose difference is as sharp: "
        f"{list_of(parts)}."
    )


def needed_text(best: str, metric: str, needed: Mapping[str, ReplicatesNeeded]) -> str:
    """How many more replicates would tell the best strategy from others; nothing where there are none to tell."""
    _, factor, unit = SUBJECTS[metric]
    parts, never = [], []
    for name, one in needed.items():
        if not one.difference:
            continue  # the same in every replicate
        if one.more is None:
            never.append(name)
        elif one.more:
            apart = one.needed_independent
            without = f", of {_rounded(apart):,} in all with independent runs" if apart else ""
            seen = f"{digits(abs(one.difference) * factor, 3)}{unit}"
            parts.append(f"from {name} by about {_rounded(one.more):,} more replicates{without} (seen: {seen})")
    text = f"If differences are as large as seen, {best} is told apart with {100 * POWER:.0f} % probability "
    text = text + "; ".join(parts) + "." if parts else ""
    if never:
        text += f"  From {list_of(never)} no number of replicates that can be simulated would tell {best}."
    return text.strip()


def _rounded(count: int) -> int:
    """A count to two digits, upwards: the spread that it rests on is not better known."""
    step = int(10 ** max(0, len(str(count)) - 2))
    return -(-count // step) * step
