# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which maintenance strategy, at which launch price?
#
# **Question.** For a dawn-dusk shell and for a 53 degree Walker shell: which strategy wins at \$3,000, \$1,000, \$200
# and \$50 per kilogram, at which value of a GPU-hour, and where does the ranking flip? What must servicing cost to win?
#
# **Verdict.** At \$2.49 a GPU-hour and the failure rates of `baseline`, letting satellites work two years beyond their
# design life of five, and replacing only what is lost, wins in both shells, by 4 to 10 million USD for 24 satellites
# over eight years, but for the Walker shell at \$3,000, where never replacing is as good. If satellites must retire at
# five years, replacing what is lost wins at \$200 and below, in dawn-dusk at \$1,000 too, and never replacing wins at
# \$3,000; in the Walker shell at \$1,000 the two cannot be told apart. All money is in present value at 10 % a year.
# The ranking flips:
#
# | winner changes at this value of a GPU-hour, USD | \$3,000/kg | \$1,000/kg | \$200/kg | \$50/kg |
# |---|---|---|---|---|
# | dawn-dusk: from never replacing to the longer life | 2.08 | 1.27 | 0.95 | 0.89 |
# | dawn-dusk: from the longer life to replacement at five years | 11.81 | 6.95 | 5.01 | 4.64 |
# | dawn-dusk, all retire at five: from never to replacement | 3.79 | 2.27 | 1.66 | 1.55 |
# | Walker: from never replacing to the longer life | 2.45 | 1.43 | 1.03 | 0.95 |
# | Walker: from the longer life to replacement at five years | 13.99 | 7.84 | 5.39 | 4.93 |
# | Walker, all retire at five: from never to replacement | 4.60 | 2.63 | 1.84 | 1.69 |
#
# The 95 % intervals of these values reach 12 % either way, and up to 26 % where the longer life gives way to
# replacement. Were capital free, all of them would be a quarter lower.
#
# Where hardware fails ten times as often, never replacing is cheapest at every launch price: what is sent up dies
# before it has earned its price. Servicing by robots does not win at \$2.49, and free servicers would not change
# that; in dawn-dusk at three times the failure rates all its prices would have to fall to next to nothing, 1 % [0, 9]
# of those assumed, or an hour be worth \$10.24 [9.26, 11.31], to draw level with the best that retires at five years.
# With whole flights at \$1,000 a kilogram instead of shared ones, the longer life no longer wins.

# %%
# %matplotlib inline
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Patch

import sim

SEED = 1
REPLICATES, MAP_REPLICATES = 5, 4
YEARS, SATELLITES = 8, 24
PRICES = (3000, 1000, 200, 50)
VALUE = 2.49

# %% [markdown]
# ## The fleets
#
# Both shells have 24 satellites of the shipped `baseline` with 36 GPUs each, as many jobs of 32 GPUs as fit (27 in
# dawn-dusk, 26 in the Walker shell), which go on with fewer when some are lost, and run for eight years; the design
# life is five. Mass and price of a satellite follow from its parts (`sized`), so the Walker satellite carries the
# larger array and the battery that its eclipses ask for. In dawn-dusk all satellites share one plane, at 650 km; the
# Walker shell has two planes of twelve, at 550 km. All flies at one price per kilogram: satellites, servicers and
# parts. Robots exchange GPUs one by one (`overlays/servicing` with cartridges of one GPU), one servicer and one depot
# in each plane. `failing` multiplies the failure rates of GPUs, hosts and buses; at 1 they are those of `baseline`.

# %%
SHELLS = {
    "dawn-dusk": [
        "constellation.shells.0={kind: sun_synchronous, formation: spaced, altitude_km: 650, ltan_h: 6}",
        f"constellation.shells.0.satellites_per_plane={SATELLITES}",
    ],
    "53° Walker": [
        "constellation.shells.0.planes=2",
        f"constellation.shells.0.satellites_per_plane={SATELLITES // 2}",
    ],
}
FINE_CARTRIDGES = [
    "servicing.cartridge={gpus: 1, kg_per_gpu: 7, usd: 2500}",
    "servicing.parts_aboard=80",
    "servicing.depot={parts: 160, reorder_level: 60}",
]


def failing(times):
    """Settings that multiply all hazards of GPUs, hosts and buses: early failures, the constant part, wear-out."""

    def infant(fraction):
        return 1 - (1 - fraction) ** times

    return [
        f"reliability.gpu.infant_loss_fraction={infant(0.005):.9g}",
        f"reliability.gpu.constant_per_year={0.03 * times:.9g}",
        f"reliability.gpu.wear_out_scale_years={12 * times ** (-1 / 3):.9g}",
        f"reliability.groups.host.law.rate_per_year={0.02 * times:.9g}",
        f"reliability.bus.infant_loss_fraction={infant(0.015):.9g}",
        f"reliability.bus.constant_per_year={0.02 * times:.9g}",
    ]


def fleet(shell, usd_per_kg, *settings, times=1.0):
    """The fleet of a shell at a launch price, its failure rates multiplied."""
    price = f"{{kind: per_kg, usd_per_kg: {usd_per_kg}}}"
    return sim.load(
        "baseline",
        "overlays/servicing",
        set_=[
            f"mission.years={YEARS}",
            "satellite.mass_kg=sized",
            "economics.bus_usd=sized",
            "workload.jobs.0.count=fill",
            *SHELLS[shell],
            *FINE_CARTRIDGES,
            *failing(times),
            f"launch.vehicle.price={price}",
            f"servicing.resupply_price={price}",
            *settings,
        ],
    )


plain, ours = sim.load("baseline"), fleet("53° Walker", 1000)
assert ours.reliability == plain.reliability
assert plain.service.value_usd_per_gpu_hour == VALUE

mass_kg = {}
for shell in SHELLS:
    environment = sim.Environment.build(fleet(shell, 1000))
    mass_kg[shell] = environment.parts[0].launch_mass_kg
    lines = sim.describe(fleet(shell, 1000)).splitlines()
    print(f"{shell}: {SATELLITES} satellites of {mass_kg[shell]:.0f} kg")
    print("\n".join(line for line in lines if "sunlit" in line or "failures a year" in line))
assert mass_kg["53° Walker"] > 1.2 * mass_kg["dawn-dusk"]

# %% [markdown]
# ## Which strategy wins at which price?
#
# Every strategy sees the same failures (common random numbers), so differences are paired; brackets are 95 % intervals
# over five replicates. Net cost is what a strategy costs less what its useful GPU-hours are worth: equal service, with
# what is missing bought elsewhere at that value. Both are present values: what falls due later, money or hours, is
# discounted at 10 % a year to the mission's first day. The study is simulated once; `sim.reprice` reads its logs at
# the other prices, and simulates anew the strategy that looks at prices. Left out are `generation_refresh` (there is
# one design), `dual_supply` (one vehicle) and `parking_orbit` (for shells of many nodes). `fill_the_vehicle` follows
# with whole flights: by the kilogram an empty seat costs nothing.

# %%
FAMILIES = {
    "never replace": ("run_to_failure", "overbuild_and_decay"),
    "replace what is lost": (
        "replace_on_failure",
        "batch",
        "scheduled_batch",
        "block_launch",
        "fill_the_vehicle",
        "marginal_value",
    ),
    "spares in the plane": ("on_orbit_spares",),
    "replace before failure": ("age_replacement", "condition_based"),
    "work two years longer": ("life_extension",),
    "repair by robots": ("robotic_servicing", "servicing_and_replacement"),
}
COLOURS = dict(zip(FAMILIES, ("#999999", "#56B4E9", "#CC79A7", "#009E73", "#E69F00", "#D55E00"), strict=True))
FAMILY = {name: family for family, names in FAMILIES.items() for name in names}
assert set(FAMILY) | {"generation_refresh", "dual_supply", "parking_orbit"} == set(sim.BUILT_IN)

studies = {shell: sim.compare(fleet(shell, 1000), list(FAMILY), REPLICATES, SEED) for shell in SHELLS}
by_kilogram = [name for name in FAMILY if name != "fill_the_vehicle"]
priced = {
    (shell, usd): sim.reprice(studies[shell].select(*by_kilogram), fleet(shell, usd))
    for shell in SHELLS
    for usd in PRICES
}


def without(study, *names):
    return study.select(*(name for name in study.strategies if name not in names))


def ranked(study, value=VALUE):
    """Strategies by mean net cost, the best first, and how far each is above it: mean, low, high, million USD."""
    above = study.envelope().above_lowest(np.array([value]))
    order = sorted(study.strategies, key=lambda name: above[name].mean[0])
    return order, {name: [float(end[0]) / 1e6 for end in above[name]] for name in order}


def interval(values, digits=1):
    mean, low, high = values
    return f"{mean:,.{digits}f} [{low:,.{digits}f}, {high:,.{digits}f}]"


for shell in SHELLS:
    print(f"\n{shell}: net cost above the best at ${VALUE} a GPU-hour, million USD, {REPLICATES} replicates")
    print(f"{'':28}" + "".join(f"{f'${usd:,}/kg':>23}" for usd in PRICES))
    columns = {usd: ranked(priced[shell, usd]) for usd in PRICES}
    print(f"{'net cost of the best':28}", end="")
    for usd in PRICES:
        found = priced[shell, usd].metrics(columns[usd][0][0])["net_cost_usd"]
        print(f"{interval([x / 1e6 for x in (found.raw_mean, found.raw_ci_low, found.raw_ci_high)]):>23}", end="")
    print()
    for name in columns[1000][0]:
        row = ("best" if name == columns[usd][0][0] else interval(columns[usd][1][name]) for usd in PRICES)
        print(f"{name:28}" + "".join(f"{cell:>23}" for cell in row))
    for usd in PRICES:
        order, above = columns[usd]
        alike = [name for name in order[1:] if above[name][1] <= 0]
        if (shell, usd) == ("53° Walker", 3000):
            assert {order[0], *alike} == {"life_extension", "run_to_failure", "marginal_value"}
        else:
            assert (order[0], alike) == ("life_extension", [])

# %% [markdown]
# The longer life wins at all four prices in dawn-dusk and up to \$1,000 in the Walker shell, where each other strategy
# is worse with 95 % confidence. In the Walker shell at \$3,000 it costs as much as never replacing, which
# `marginal_value` chooses there as well. It is as much an assumption as a strategy: who must retire satellites at five
# years chooses among the others.
#
# What the money is for, in dawn-dusk at \$1,000 a kilogram, USD per useful GPU-hour:

# %%
SHOWN = ("run_to_failure", "replace_on_failure", "life_extension", "servicing_and_replacement")
spending = {name: one.per_hour() for name, one in priced["dawn-dusk", 1000].spending.items() if name in SHOWN}
for name, groups in spending.items():
    print(f"{name:28}" + ", ".join(f"{group} {usd:.2f}" for group, usd in groups.items()))
sim.plots.cost(priced["dawn-dusk", 1000].select(*SHOWN)).figure

# %%
built = {name: sum(groups[part] for part in ("satellites", "GPUs", "launches")) for name, groups in spending.items()}
assert 2.0 < min(built.values()) < max(built.values()) < 2.6
operations = {name: groups["operations"] for name, groups in spending.items()}
assert operations["run_to_failure"] > 1.3 * max(operations[name] for name in SHOWN[1:])
assert spending["life_extension"]["value left"] < spending["replace_on_failure"]["value left"] < -0.2
assert spending["servicing_and_replacement"]["repairs and servicing"] > 1.2

# %% [markdown]
# Satellites, GPUs and their launches cost \$2.1 to \$2.4 an hour with any of these. The difference is in operations,
# which go on when satellites are dead (\$1.24 an hour where none is replaced, \$0.80 to \$0.90 where they are), in the
# value of the life that is left at the end, and in servicers and what they bring: \$1.60.

# %%
retiring = {key: without(study, "life_extension") for key, study in priced.items()}
for (shell, usd), study in retiring.items():
    order, above = ranked(study)
    alike = [name for name in order[1:] if above[name][1] <= 0]
    apart = next(name for name in order[1:] if name not in alike)
    print(f"{shell}, ${usd:,}/kg: {order[0]}" + (f", not told apart from {', '.join(alike)}" if alike else ""))
    print(f"    then {apart}, {interval(above[apart])} million USD above")
    kinds = {FAMILY[name] for name in (order[0], *alike) if name != "marginal_value"}
    if (shell, usd) == ("53° Walker", 1000):
        assert kinds == {"never replace", "replace what is lost"}
    else:
        assert kinds == {"never replace" if usd == 3000 else "replace what is lost"}

# %% [markdown]
# ## Where does the ranking flip?
#
# Over the value of a GPU-hour net cost is a straight line for each strategy, and the winner changes where lines cross.
# `marginal_value` is left out here: it decides by the value in the scenario, so it is no one line.

# %%
flips = {}
for (shell, usd), study in priced.items():
    for label, some in (("", study), ("; all retire at five years", retiring[shell, usd])):
        best = without(some, "marginal_value").envelope()
        flips[shell, usd, not label] = best.flips
        print(f"{shell}, ${usd:,}/kg{label}\n    " + "; ".join(best.text()))


def changes(shell, usd, longer):
    """Flips at which the kind of winner changes, by the kinds before and after."""
    return {(FAMILY[flip.before], FAMILY[flip.after]): flip for flip in flips[shell, usd, longer]}


TABLE = {
    ("dawn-dusk", True, "never replace", "work two years longer"): (2.08, 1.27, 0.95, 0.89),
    ("dawn-dusk", True, "work two years longer", "replace what is lost"): (11.81, 6.95, 5.01, 4.64),
    ("dawn-dusk", False, "never replace", "replace what is lost"): (3.79, 2.27, 1.66, 1.55),
    ("53° Walker", True, "never replace", "work two years longer"): (2.45, 1.43, 1.03, 0.95),
    ("53° Walker", True, "work two years longer", "replace what is lost"): (13.99, 7.84, 5.39, 4.93),
    ("53° Walker", False, "never replace", "replace what is lost"): (4.60, 2.63, 1.84, 1.69),
}
for (shell, longer, before, after), values in TABLE.items():
    for usd, value in zip(PRICES, values, strict=True):
        flip = changes(shell, usd, longer)[before, after]
        width = 0.26 if before == "work two years longer" else 0.125
        assert flip.low_usd < value < flip.high_usd, (shell, usd, before)
        assert (1 - width) * value < flip.low_usd < flip.high_usd < (1 + width) * value, (shell, usd, before)
ahead = [ranked(study)[1][ranked(study)[0][1]][0] for key, study in priced.items() if key != ("53° Walker", 3000)]
# The intervals above reach 2 million USD either way.
assert abs(min(ahead) - 4) < 2
assert abs(max(ahead) - 10) < 2

# %% [markdown]
# These values contain what capital costs: a fleet is paid for before its hours come. At other rates than 10 % a year
# (none, and the ends of the range believed) the three strategies of the table give:

# %%
THREE = ("run_to_failure", "replace_on_failure", "life_extension")
RATES = {0.0: (0.74, 0.80), 0.08: (0.94, 0.97), 0.15: (1.09, 1.14)}
for (shell, usd), study in priced.items():
    now = study.select(*THREE).envelope().flips
    for rate, (least, most) in RATES.items():
        other = fleet(shell, usd, f"economics.discount.orbit_per_year={rate}")
        then = sim.reprice(studies[shell].select(*THREE), other).envelope().flips
        times = [one.value_usd / ten.value_usd for one, ten in zip(then, now, strict=True)]
        values = ", ".join(f"${one.value_usd:.2f} (times {more:.2f})" for one, more in zip(then, times, strict=True))
        print(f"{shell}, ${usd:,}/kg, {rate:.0%} a year: {values}")
        assert all(least < more < most for more in times)

# %%
GRID = np.geomspace(0.25, 25, 300)


def strip(axis, row, study):
    """The best family at each value of a GPU-hour, hatched where another one may be as good; the families."""
    best = without(study, "marginal_value").envelope()
    above = best.above_lowest(GRID)
    families = [FAMILY[best.at(value)] for value in GRID]
    tied = [
        any(band.low[i] <= 0 for name, band in above.items() if FAMILY[name] != family)
        for i, family in enumerate(families)
    ]
    looks = list(zip(families, tied, strict=True))
    edges = [0, *(i for i in range(1, len(GRID)) if looks[i] != looks[i - 1]), len(GRID) - 1]
    for start, end in pairwise(edges):
        family, unsure = looks[start]
        axis.barh(row, GRID[end] - GRID[start], left=GRID[start], height=0.66, color=COLOURS[family],
                  hatch="////" if unsure else None, edgecolor="white", linewidth=0)  # fmt: skip
    for flip in best.flips:
        if FAMILY[flip.before] != FAMILY[flip.after] and flip.value_usd < 0.8 * GRID[-1]:
            axis.text(flip.value_usd, row - 0.34, f"{flip.value_usd:.2f}", ha="center", va="bottom", fontsize=8)
    return families


def key(figure, families, hatched):
    patches = [Patch(color=COLOURS[family], label=family) for family in FAMILIES if family in families]
    patches.append(Patch(facecolor="0.7", edgecolor="white", hatch="////", label=hatched))
    figure.legend(handles=patches, loc="outside lower center", ncols=3, frameon=False)


figure, axes = plt.subplots(1, 2, figsize=(11, 4.8), sharey=True, layout="constrained")
seen = set()
for axis, shell in zip(axes, SHELLS, strict=True):
    for row, usd in enumerate(PRICES):
        seen |= set(strip(axis, row, priced[shell, usd]))
    axis.axvline(VALUE, color="black", linewidth=1.2)
    axis.annotate(f"${VALUE}: cost of an hour\non the ground, 2026", (VALUE, -0.62), (4, 0), textcoords="offset points",
                  va="bottom", fontsize=9)  # fmt: skip
    axis.set(title=shell, xscale="log", xlabel="value of a useful GPU-hour, USD", xlim=(GRID[0], GRID[-1]))
    axis.set_ylim(len(PRICES) - 0.5, -1.3)
    axis.set_xticks((0.25, 0.5, 1, 2.5, 5, 10, 25), ("0.25", "0.5", "1", "2.5", "5", "10", "25"))
    axis.minorticks_off()
    axis.set_yticks(range(len(PRICES)), [f"${usd:,}/kg" for usd in PRICES])
axes[0].set_ylabel("launch price")
figure.suptitle(
    "The cheaper the launch, the less a GPU-hour must be worth for replacement to pay\n"
    "numbers: value at which the winner changes"
)
key(figure, seen, "another colour may be as good (95 %)")
plt.show()

# %% [markdown]
# ## The regime map: launch price and failure rate
#
# One strategy of each kind that is best near \$2.49, and repair by robots; four replicates at each failure rate, five
# at the reference. The number in a cell is how far the second best is behind, million USD. Left:
# satellites retire at their design life of five years, so nobody may extend it; right: they may work two years longer.

# %%
TIMES = (0.3, 1.0, 3.0, 10.0)
MAP_PRICES = (50, 100, 200, 500, 1000, 2000, 3000, 5000)
CONTENDERS = ["run_to_failure", "replace_on_failure", "life_extension", "servicing_and_replacement"]

mapped = {
    (shell, times): studies[shell].select(*CONTENDERS)
    if times == 1
    else sim.compare(fleet(shell, 1000, times=times), CONTENDERS, MAP_REPLICATES, SEED)
    for shell in SHELLS
    for times in TIMES
}
cells = {
    (shell, times, usd): sim.reprice(study, fleet(shell, usd, times=times))
    for (shell, times), study in mapped.items()
    for usd in MAP_PRICES
}


def winner(shell, times, usd, longer):
    """The best strategy of a cell, whether another may be as good, and how far the second is behind, million USD."""
    study = cells[shell, times, usd]
    order, above = ranked(study if longer else without(study, "life_extension"))
    return order[0], any(above[name][1] <= 0 for name in order[1:]), above[order[1]][0]


def regime_map(shell, title):
    figure, panels = plt.subplots(1, 2, figsize=(11, 4.4), sharey=True, layout="constrained")
    seen = set()
    for panel, longer in zip(panels, (False, True), strict=True):
        for row, times in enumerate(TIMES):
            for column, usd in enumerate(MAP_PRICES):
                best, tied, lead = winner(shell, times, usd, longer)
                colour = COLOURS[FAMILY[best]]
                seen.add(FAMILY[best])
                panel.bar(column, 1, width=1, bottom=row - 0.5, color=colour, edgecolor="white", linewidth=1,
                          hatch="////" if tied else None)  # fmt: skip
                panel.text(column, row, f"{lead:.0f}", ha="center", va="center", fontsize=9,
                           bbox={"facecolor": colour, "edgecolor": "none", "pad": 1})  # fmt: skip
        panel.set_xticks(range(len(MAP_PRICES)), [f"{usd:,}" for usd in MAP_PRICES])
        panel.set_yticks(range(len(TIMES)), [f"x {times:g}" for times in TIMES])
        panel.set(xlabel="launch price, USD/kg", xlim=(-0.5, len(MAP_PRICES) - 0.5), ylim=(-0.5, len(TIMES) - 0.5))
        panel.set_title("satellites may work two years longer" if longer else "satellites retire at five years")
    panels[0].set_ylabel("failure rates, times the reference")
    figure.suptitle(title)
    key(figure, seen, "the best two cannot be told apart (95 %)")
    plt.show()


for shell in SHELLS:
    regime_map(
        shell,
        f"{shell}: where hardware fails ten times as often, not replacing it is cheapest at every launch price\n"
        f"least net cost at ${VALUE} a GPU-hour; numbers: lead over the second best, million USD",
    )

for shell in SHELLS:
    for usd in MAP_PRICES:
        for longer in (False, True):
            assert winner(shell, 10.0, usd, longer)[:2] == ("run_to_failure", False)
            assert all(winner(shell, times, usd, longer)[0] != "servicing_and_replacement" for times in TIMES)
        assert winner(shell, 0.3, usd, True)[0] == "life_extension"
        assert (winner(shell, 1.0, usd, True)[0] == "life_extension") == (usd < 5000)
        assert (winner(shell, 1.0, usd, False)[0] == "replace_on_failure") == (
            usd <= (1000 if shell == "dawn-dusk" else 500)
        )
    assert winner(shell, 3.0, 500, True)[0] == "life_extension"
    assert all(winner(shell, 3.0, usd, True)[1] for usd in (50, 100, 200, 1000))  # ties
    assert winner(shell, 3.0, 2000, True)[:2] == ("run_to_failure", False)
assert winner("53° Walker", 1.0, 1000, False)[1]
assert winner("53° Walker", 1.0, 3000, True)[1]

# %% [markdown]
# Replacement and the longer life share the lower left, where launches are cheap and hardware lasts. At three times the
# failure rates the longer life is best up to \$500 in both shells, though it can seldom be told apart from the second
# there; at \$1,000 it is a tie, and beyond that never replacing wins; at ten times nothing that is sent up pays. The
# Walker shell gives up replacement at lower prices, because its satellites weigh more.

# %% [markdown]
# ### Is the longer life free?
#
# Nothing in `baseline` makes a bus older than five years fail more often; only its GPUs wear out, and its propellant
# runs out. So the longer life is free but for them, and that is an assumption. Here buses wear out, half of
# those left by year 6.6 (Weibull, shape 6, scale 7 years), at the reference rates otherwise.

# %%
WEAR = ["reliability.bus.wear_out_shape=6", "reliability.bus.wear_out_scale_years=7"]
WITH_WEAR = ["run_to_failure", "replace_on_failure", "life_extension"]
lead = {}
for shell in SHELLS:
    worn = sim.compare(fleet(shell, 1000, *WEAR), WITH_WEAR, MAP_REPLICATES, SEED)
    for usd in PRICES:
        order, above = ranked(sim.reprice(worn, fleet(shell, usd, *WEAR)))
        lead[shell, usd] = order[0], above[order[1]]
        print(f"{shell}, ${usd:,}/kg: {order[0]}, {interval(above[order[1]])} million USD before {order[1]}")
assert {cell for cell, (name, _) in lead.items() if name != "life_extension"} == {(shell, 3000) for shell in SHELLS}
assert {cell for cell, (_, ahead) in lead.items() if ahead[1] <= 0} == {("dawn-dusk", 3000)}
assert abs(max(ahead[0] for name, ahead in lead.values() if name == "life_extension") - 6) < 2

# %% [markdown]
# Its lead shrinks to some 6 million USD at most, and is sure up to \$1,000 in both shells. At \$3,000 it is gone: in
# dawn-dusk the longer life and never replacing cannot be told apart, and in the Walker shell never replacing is ahead.
# A satellite that fails in its sixth year has cost nothing more, so little is lost. The exception would be one that
# dies so that its slot is blocked, or pollutes the orbit; neither has a price here.

# %% [markdown]
# ## What if whole flights must be bought?
#
# A price per kilogram takes company on the flight for granted. Here the vehicle is bought whole, at \$1,000 a kilogram
# when it is full.

# %%
for shell in SHELLS:
    environment = studies[shell].environment
    seats = int(environment.rooms[0, 0, 0])
    flight = f"launch.vehicle.price={{kind: per_flight, usd: {seats * mass_kg[shell] * 1000}}}"
    whole = sim.reprice(studies[shell], fleet(shell, 1000, flight))
    print(f"{shell}, a flight has {seats} seats; million USD above the best")
    for label, study in (("", whole), (", all retire at five years", without(whole, "life_extension"))):
        order, above = ranked(study)
        print(f"  best{label}: {order[0]}; " + "; ".join(f"{name} {interval(above[name])}" for name in order[1:5]))
    order, above = ranked(whole)
    filled = float(whole.values("life_extension", "flight_fill_fraction").mean())
    print(
        f"  its flights are {filled:.0%} full with life_extension, which is {interval(above['life_extension'])} above"
    )
    assert filled < 0.3
    assert above["life_extension"][1] > 0
    assert set(order[:5]) == {
        "marginal_value",
        "block_launch",
        "fill_the_vehicle",
        "overbuild_and_decay",
        "run_to_failure",
    }
    assert all(above[name][1] > 0 for name in order if name not in order[:5])

# %% [markdown]
# Satellites lost one by one do not fill a flight. What waits for enough of them or launches nothing leads:
# `marginal_value`, `block_launch`, `fill_the_vehicle`, `overbuild_and_decay` and `run_to_failure`. The longer life,
# which orders every lost satellite at once, flies seats three quarters empty. It would need a rule for batches
# (`strategies.life_extension.minimum_order`).

# %% [markdown]
# ## What must servicing cost to win?
#
# Net cost is a straight line in each price of servicing, so two price lists give the price at which servicing with
# replacement costs as much as the best of the others (`sim.parity`: paired, with Fieller's interval). `alone`: the
# one price is lowered and the others stay; `all`: servicers, their hours, cases and flights are lowered together, while
# the GPUs that they bring keep their price. Launch at \$1,000 a kilogram.

# %%
ROBOTS = "servicing_and_replacement"
ROBOT_PRICES = ("servicers", "hours", "cases", "flights")


def servicing_free(shell, usd, times, which):
    """The fleet with some prices of servicing at 0."""
    scenario = fleet(shell, usd, times=times)
    robots = scenario.servicing
    zero = {
        "servicers": {"usd": 0.0},
        "hours": {"usd_per_hour": 0.0},
        "cases": {"cartridge": robots.cartridge.model_copy(update={"usd": 0.0})},
        "flights": {"resupply_price": robots.resupply_price.model_copy(update={"usd_per_kg": 0.0})},
    }
    changes = {name: value for one in which for name, value in zero[one].items()}
    return scenario.model_copy(update={"servicing": robots.model_copy(update=changes)})


def must_cost(found, full, unit):
    """A price at parity with its interval, or that there is none."""
    if found.share <= 0:
        return "not even free" + (f", {full * found.high:.2f} {unit} at best" if found.high > 0 else "")
    return f"{interval([full * max(0.0, x) for x in found], 2 if full < 10 else 0)} {unit}"


parity = {}
robots = fleet("dawn-dusk", 1000).servicing
print(f"today: servicer {robots.usd / 1e6:.0f} million USD, robot-hour {robots.usd_per_hour:.0f} USD, case "
      f"{robots.cartridge.usd:,.0f} USD, launch 1,000 USD/kg, {MAP_REPLICATES} to {REPLICATES} replicates")  # fmt: skip
for shell in SHELLS:
    for times in TIMES[1:]:
        study = cells[shell, times, 1000]
        for longer in (False, True):
            others = without(study, ROBOTS) if longer else without(study, ROBOTS, "life_extension")
            best = ranked(others)[0][0]
            two = study.select(ROBOTS, best)
            gap = [float(end[0]) / 1e6 for end in two.envelope().above_lowest(np.array([VALUE]))[ROBOTS]]
            found = {
                "all": sim.parity(sim.reprice(two, servicing_free(shell, 1000, times, ROBOT_PRICES)), two, ROBOTS, best)
            }
            for one in ROBOT_PRICES:
                found[one] = sim.parity(sim.reprice(two, servicing_free(shell, 1000, times, [one])), two, ROBOTS, best)
            parity[shell, times, longer] = found
            print(f"{shell}, failures x {times:g}: {interval(gap)} million USD above {best}")
            print(f"    servicers alone: {must_cost(found['servicers'], robots.usd / 1e6, 'million USD each')}")
            print(f"    robot-hours alone: {must_cost(found['hours'], robots.usd_per_hour, 'USD')}")
            print(f"    cases alone: {must_cost(found['cases'], robots.cartridge.usd, 'USD')}")
            print(f"    flights alone: {must_cost(found['flights'], 1000, 'USD/kg')}")
            print(f"    all of them: {must_cost(found['all'], 1, 'of their prices')}")
            for flip in two.envelope().flips:
                print(f"    or an hour must be worth ${flip.value_usd:.2f} [{flip.low_usd:.2f}, {flip.high_usd:.2f}]")

same, longer = parity["dawn-dusk", 3.0, False], parity["dawn-dusk", 3.0, True]
assert same["all"].low < 0.01 < same["all"].high < 0.12
assert longer["all"].low < 0 < longer["all"].high < 0.05
at_reference = parity["dawn-dusk", 1.0, False]["all"]
assert at_reference.low < 0 < at_reference.high < 0.06
assert all(found["all"].share < 0 for (shell, _, _), found in parity.items() if shell == "53° Walker")
assert all(found[one].share < 0 for found in parity.values() for one in ROBOT_PRICES)
assert all(found["servicers"].high < 0.1 for found in parity.values())
assert all(found["all"].high < 0 for (_, times, _), found in parity.items() if times == 10)
flip = cells["dawn-dusk", 3.0, 1000].select(ROBOTS, "replace_on_failure").envelope().flips[0]
assert 9 < flip.low_usd < 10.24 < flip.high_usd < 11.5
worked = cells["dawn-dusk", 1.0, 1000].values(ROBOTS, "robot_hours").mean()
share = worked / (robots.hours_per_day * YEARS * 365.25)
print(f"dawn-dusk, failures x 1: the servicer works {share:.0%} of its hours")
assert share < 0.15

# %% [markdown]
# No single price is enough: with servicers free, their flights, parts and hours still cost more than the hours won
# are worth, at every failure rate. Among strategies that retire at five years all prices together have to fall to
# nothing in dawn-dusk, at the reference rates and at three times these; in the Walker shell, where a servicer has half
# as many satellites, even free servicing is not shown to win, nor anywhere at ten times the rates.
# The price of the GPUs that robots bring remains in all cases.

# %% [markdown]
# Every price of servicing here is an assumption (`orbitfleet sources` has the ranges): \$40M a servicer, ten years of
# life, \$500 a robot-hour.
#
# ## What would change the answer
#
# - **The longer life** is the first thing to find out: whether satellites still work in their sixth and seventh year
#   decides more than the choice among all ways of replacing what is lost.
# - **The value of an hour.** \$2.49 is what one costs on the ground; the strips say what other values do.
# - **Failure rates** of GPUs and buses in orbit are assumptions, and the map's axis spans the range.
# - **Size.** A servicer of a plane of 24 works less than a sixth of its hours; a larger plane would share its price.
# - **What capital costs.** 10 % a year is an assumption too: at 8 % the values at which the ranking flips are 4 to 5 %
#   lower, at 15 % they are 11 to 12 % higher.
# - **Left out:** later designs of satellites (`generation_refresh`), a second vehicle (`dual_supply`), parking orbits;
#   insurance, development and disposal, which have no price here; tuned parameters: every strategy has those
#   of `baseline` or its defaults (`compare --tune` looks for better ones). The horizon of eight years is short of two
#   lives, with the life left in satellites credited in a straight line.
