"""A fitted law as an overlay on a scenario."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import yaml


def overlay(group: str, found: dict[str, Any], file: str) -> str:
    """A partial scenario that gives GPUs the best law of a group (`sim.fit.fit_file`); "" where nobody died.

    The best that the deaths do not contradict; where they contradict all, that of the lowest AIC, and it says so.
    """
    if not found["candidates"]:
        return ""
    nearest = found["candidates"][0]
    best = next((entry for entry in found["candidates"] if entry["fits"]), nearest)
    p = "" if best["p_value"] is None else f", p = {best['p_value']:.2g}"
    chosen = f"Of the laws tried {best['law']} has the lowest AIC; goodness of fit: {found['verdict']}{p}."
    if best is not nearest:
        chosen = f"{best['law']} fits{p}; {nearest['law']} has the lowest AIC, but the deaths contradict it."
    warning = [] if best["fits"] else [f"WARNING: the deaths contradict every law tried, this one too{p}."]
    lines = [
        f"Fitted by orbitfleet to group {group!r} of {file!r}:",
        f"{found['n']} units, {found['deaths']} deaths, {found['unit_years']:.6g} unit-years.",
        chosen,
        *warning,
        f"No unit was observed beyond {found['reach_years']:.4g} years: from there on the law is a guess.",
    ]
    # repr keeps control characters of names from ending a comment
    head = "".join(f"# {line}\n" for line in lines)
    law = {"kind": best["law"], **best["parameters"]}
    fitted = f"fitted to {found['deaths']} deaths of {found['n']} units, {group!r} of {file!r}"
    source = {"tag": "C", "source": fitted + ("" if best["fits"] else f"; its own test rejects it{p}")}
    tree = {"reliability": {"gpu": law}, "sources": {"reliability.gpu": source}}
    return head + yaml.safe_dump(tree, sort_keys=False, default_flow_style=None)


def file_names(groups: Iterable[str]) -> dict[str, str]:
    """`overlay_<group>.yaml` of each group, of plain characters only, no two alike even where case is ignored."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for group in groups:
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", group).strip("-")[:60] or "group"
        name, count = plain, 1
        while name.casefold() in taken:
            count += 1
            name = f"{plain}-{count}"
        taken.add(name.casefold())
        names[group] = f"overlay_{name}.yaml"
    return names
