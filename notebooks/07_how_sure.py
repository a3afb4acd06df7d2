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
# # How sure is it?
#
# **Question.** Is it worth refilling a plane of `starcloud_3` when satellites are lost, how sure is that, what does it
# hang on, and what would it be worth to know better?
#
# **Verdict.** At the scenario's own figures it is not: never replacing is cheaper, by 6 million USD [1, 23] over five
# years, with 95 % confidence by luck. That takes tens of replicates where all strategies meet the same luck, and
# thousands where each has its own; a selection that stops early takes 20 to 25. But prices are only believed to lie
# in ranges, and with those the answer is open: never replacing is anything from 28 million USD cheaper to 30 million
# dearer, and best in 56 % of the draws [31, 88]. More replicates cannot mend that. Nearly all of it hangs on what a
# GPU-hour is worth, from \$1 to \$11; to know that first is worth 5 million USD [3, 7]. Above about \$4 refilling is
# cheaper, below about \$2 never replacing.
#
# Replicates and draws are few, so that all of this runs in two minutes; the intervals say what that leaves open.

# %%
# %matplotlib inline
import tempfile

import matplotlib.pyplot as plt

import sim
from sim.exploration import load_study_file
from sim.plots.style import style

SEED, REPLICATES, INDIFFERENCE = 1, 20, 2.5e6
NEVER, REFILL, WHEN_SHORT = STRATEGIES = ["run_to_failure", "scheduled_batch", "batch"]
VALUE, LAUNCH, BUS = "service.value_usd_per_gpu_hour", "launch.vehicle.price.usd_per_kg", "economics.bus_usd"
FAILURES = "reliability.bus.constant_per_year"
scenario = sim.load("starcloud_3")
folder = tempfile.TemporaryDirectory()
kept = f"{folder.name}/study"

# %% [markdown]
# ## How many replicates does the decision need?
#
# The fleet is the shipped `starcloud_3`: 33 satellites in one dawn-dusk plane, five years, launch at \$500/kg. It is
# judged by net cost, with an hour worth \$2.49. Three strategies: never replace (`run_to_failure`), refill the plane
# every half year (`scheduled_batch`), and refill it when three satellites are missing (`batch`).
#
# Replicate r of every strategy has the same random draws, so what happens to all alike drops out of a difference. First
# a selection: with 95 % probability the best strategy, wherever it is better by \$2.5 million or more. Strategies that
# are behind by more than chance explains get no further replicates.

# %%
selected = sim.compare(
    scenario, STRATEGIES, select="net_cost_usd", indifference=INDIFFERENCE, seed=SEED, workers=1, out=kept
)
print(selected.selection.text())
study = sim.compare(scenario, STRATEGIES, replicates=REPLICATES, seed=SEED, workers=1, out=kept)  # resumes there
print(*(verdict.text for verdict in study.verdicts()), *study.decision_texts(), sep="\n")

assert selected.selection.decided
assert selected.selection.best == NEVER
assert 10 <= selected.selection.looked <= 60
assert study.verdicts()[-1].best == NEVER

# %%
cost = {name: study.values(name, "net_cost_usd") / 1e6 for name in STRATEGIES}
needed = {
    label: study.replicates_for_decision(NEVER, REFILL, metric)
    for label, metric in (("net cost", "net_cost_usd"), ("compute availability", "compute_availability"))
}
LOOKS = {
    "needed_independent": ("other luck for each strategy", "#D55E00"),
    "needed_paired": ("the same luck", "#56B4E9"),
    "needed": ("the same luck, and controls where they help", "#0072B2"),
}
with style():
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4), width_ratios=(1, 1.3))
    left.plot(cost[NEVER], cost[REFILL], "o", color="#0072B2", alpha=0.7)
    ends = min(map(min, cost.values())) - 10, max(map(max, cost.values())) + 30
    left.plot(ends, ends, color="0.4", linewidth=1, linestyle="-")
    left.annotate("the first flight is lost:\nall pay for it alike", (cost[NEVER].max(), cost[REFILL].max()),
                  (-10, -8), textcoords="offset points", ha="right", va="bottom", fontsize=9)  # fmt: skip
    left.set(xlabel=f"{NEVER}, million USD", ylabel=f"{REFILL}, million USD", xlim=ends, ylim=ends)
    left.set_title("Net cost, a dot for each replicate")
    for place, one in enumerate(needed.values()):
        for row, (name, (label, colour)) in enumerate(LOOKS.items()):
            at, count = place + 0.27 * (row - 1), getattr(one, name)
            right.barh(at, count, height=0.24, color=colour, label=None if place else label)
            right.annotate(f"{count:,}", (count, at), (5, 0), textcoords="offset points", va="center")
    right.set_yticks(range(len(needed)), needed)
    right.set(xscale="log", xlim=(1, 2e5), xlabel="replicates that tell the two apart, 90 % power")
    right.set_xticks(ticks := [1, 10, 100, 1000, 10_000], [f"{tick:,}" for tick in ticks])
    right.set_ylim(len(needed) - 0.5, -1.15)
    right.set_title("The same luck: tens of replicates, not thousands")
    right.legend(loc="upper right", fontsize=9)
    plt.show()

money, work = needed.values()
assert money.settled
assert money.needed < 100
assert money.needed_independent > 20 * money.needed
assert money.needed == money.needed_paired  # no control helps here
assert work.needed <= work.needed_paired < work.needed_independent
assert sum(abs(cost[NEVER] - cost[REFILL]) < 0.2 * cost[NEVER].std()) >= 0.8 * REPLICATES

# %% [markdown]
# **What to see.** Every dot lies close to the line: what one strategy pays the other pays too. A lost first flight
# costs \$300 million, fifty times the difference that is looked for, whatever the strategy. Told apart with 90 %
# probability, if they differ by what was seen, the two need some thirty replicates with the same luck and some
# thousands with luck of their own. Controls, which explain what is left by hardware that failed at birth, add nothing
# to net cost here.
#
# ## Luck is not all: what is believed
#
# The intervals above are of luck. But what an hour is worth, what launch and what a satellite costs is only believed to
# lie in a range. Draws from these ranges leave the runs as they are, which are priced anew. Only these three figures
# are drawn and only two strategies judged, to keep this notebook short: `draws=40` without `beliefs` draws all 149
# figures of the scenario that have a range, with runs of their own.

# %%
DRAWS = 16
believed = sim.compare(
    scenario, [NEVER, REFILL], replicates=REPLICATES, seed=SEED, workers=1, draws=DRAWS,
    beliefs=[VALUE, LAUNCH, BUS], latin=True, out=kept,
)  # fmt: skip
ahead = believed.differences()["net_cost_usd"][f"{NEVER} - {REFILL}"]
p_best = {row["strategy"]: row for row in believed.best_over_beliefs["net_cost_usd"]}
print(believed.over_beliefs.line)
print(f"{NEVER} less {REFILL}, million USD: {ahead.mean / 1e6:.1f}; by luck [{ahead.ci_low / 1e6:.1f}, "
      f"{ahead.ci_high / 1e6:.1f}]; by luck and beliefs [{ahead.total_low / 1e6:.1f}, "
      f"{ahead.total_high / 1e6:.1f}]")  # fmt: skip
for name, row in p_best.items():
    print(f"{name} is best in {row['p_best']:.0%} of the draws [{row['ci_low']:.0%}, {row['ci_high']:.0%}]")

with style():
    figure, axis = plt.subplots(figsize=(9, 2.6))
    for row, (low, high, colour) in enumerate(
        ((ahead.ci_low, ahead.ci_high, "#0072B2"), (ahead.total_low, ahead.total_high, "#D55E00"))
    ):
        axis.plot([low / 1e6, high / 1e6], [row, row], color=colour, linewidth=8, linestyle="-", solid_capstyle="butt")
        axis.plot(ahead.mean / 1e6, row, "o", color="black", zorder=3)
    axis.axvline(0, color="black", linewidth=1.5, linestyle="-")
    axis.set_yticks([0, 1], ["luck alone", "luck and prices"])
    axis.set(ylim=(1.6, -0.6), xlabel="net cost of never replacing less that of refilling, million USD")
    axis.set_title("Sure of the luck, not of the prices")
    plt.show()

assert ahead.ci_high < 0 < ahead.total_high
assert ahead.total_high - ahead.total_low > 2 * (ahead.ci_high - ahead.ci_low)
assert p_best[NEVER]["ci_low"] < 0.75
assert p_best[REFILL]["ci_high"] > 0.25
assert 0.35 < p_best[NEVER]["p_best"] < 0.85

# %% [markdown]
# **What to see.** By luck alone never replacing is cheaper, with 95 % confidence. With prices as they are believed,
# 0 is well inside the interval. More replicates would not mend that; knowing more would.
#
# ## Which inputs does it depend on?
#
# How far the best strategy is ahead of the other, each input alone from end to end of its range (tornado), and all of
# them moved one after another from random places (Morris). The share of satellites that fail joins the prices.
# `orbitfleet sensitivity studies/what_matters` asks the same of seven inputs.

# %%
question = load_study_file(
    "starcloud_3", strategies=(NEVER, REFILL), vary=[VALUE, LAUNCH, BUS, FAILURES], replicates=4, seed=SEED,
    names={VALUE: "Worth of a GPU-hour, USD", LAUNCH: "Price of launch, USD/kg",
           BUS: "Price of a satellite without GPUs, USD", FAILURES: "Satellites that fail, share a year"},
)  # fmt: skip
screened = sim.sensitivity(question, points=3, workers=1)
print(*screened.verdict(), sep="\n")
sim.plots.tornado(screened).figure

# %%
first, *others = screened.order("ahead")
sizes = {one.path: found.mu_star for one, found in zip(screened.inputs, screened.screened["ahead"], strict=True)}
for path, size in sizes.items():
    print(f"{path:36} mu* {size.value / 1e6:5.1f} [{size.ci_low / 1e6:.1f}, {size.ci_high / 1e6:.1f}] million USD")
assert screened.inputs[first].path == VALUE
assert all(sizes[VALUE].value > 2 * sizes[path].value for path in (LAUNCH, BUS, FAILURES))
swing = screened.swings[first]
assert swing.high["ahead"].value < 0  # the only end of a range that turns the decision
assert all(
    screened.outputs.of(screened.base)["ahead"].mean() + end["ahead"].value > 0
    for one in others
    for end in (screened.swings[one].low, screened.swings[one].high)
)
sim.plots.indices(screened).figure

# %% [markdown]
# **What to see.** What an hour is worth decides, several times more than anything else, and alone turns the decision:
# where hours are dear, satellites are worth replacing. Launch, satellites and failures move how far never replacing is
# ahead, and alone do not turn it. Whiskers of the tornado are wide, since four replicates are few.
#
# ## What is it worth to know?
#
# Today the strategy with the best mean over all that is believed is chosen. Who knew an input first could choose the
# best for it. The gain on average is the value of perfect information, of one input (EVPPI) or of all (EVPI): the most
# that a market study, a test or a quotation may cost.

# %%
prices = load_study_file(
    "starcloud_3", strategies=(NEVER, REFILL), vary=[VALUE, LAUNCH, BUS], replicates=2, seed=SEED,
    names={path: name for path, name in question.plan.names.items() if path != FAILURES},
)  # fmt: skip
known = sim.sensitivity(prices, method="sobol", points=20, replicates=1, workers=1)
worth = known.information
print(*known.verdict(), sep="\n")
for name, one in zip(("everything", *(i.path for i in known.inputs)), (worth.everything, *worth.each), strict=True):
    found = one.value
    print(f"{name:36} {found.value / 1e6:.1f} [{found.ci_low / 1e6:.1f}, {found.ci_high / 1e6:.1f}] million USD, "
          f"after {one.bias / 1e6:.2f} taken off for bias")  # fmt: skip
sim.plots.information(known).figure

# %%
of_value, of_launch, of_bus = worth.each
assert of_value.value.ci_low > 0
assert of_value.value.value > max(of_launch.value.value, of_bus.value.value)
assert of_launch.value.ci_low == of_bus.value.ci_low == 0
assert of_value.value.value <= worth.everything.value.value
assert 0.3 < worth.p_other < 0.95

# %% [markdown]
# **What to see.** Only the worth of an hour is shown to be worth knowing before the choice is made. The interval is
# wide, since it comes from 40 draws of three inputs. A maximum over noisy means is too high on average; what that adds
# is taken off and printed. Beyond that the figure is rather too low: what a fit through 40 noisy points cannot see
# counts as nothing.
#
# The strategy chosen over all beliefs need not be the one most often best: an hour may be worth \$11, where
# replacing wins by tens of millions, and not less than \$1, where it loses about ten.
#
# ## Which strategy where

# %%
where = sim.sweep(
    load_study_file(
        "starcloud_3", strategies=(NEVER, REFILL), replicates=6, seed=SEED,
        vary=[f"{LAUNCH}=200:900:4", f"{VALUE}=1:11:6:log_uniform"],
        names={path: question.plan.names[path] for path in (LAUNCH, VALUE)},
    ),
    workers=1,
)  # fmt: skip
print(*where.verdict(), sep="\n")
sim.plots.regime_map(where).figure

# %%
cheap = [one for one in where.outcomes if one.values[VALUE] < 2]
dear = [one for one in where.outcomes if one.values[VALUE] > 6]
assert all(one.winner == NEVER for one in cheap)
assert all(one.winner == REFILL for one in dear)
assert any(not one.clear for one in where.outcomes)
folder.cleanup()
