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
# # A first fleet: is it worth replacing what fails?
#
# **Question.** 81 satellites with 36 accelerators each fly in a tight cluster on a dawn-dusk orbit at 650 km, for five
# years. A dead GPU cannot be repaired in orbit. What does it cost to let the fleet decay, and what to keep it full?
#
# **Verdict.** Without replacement the fleet delivers some 77 % of its nameplate over five years, its launch included, and
# is more than a third below it at the end. Dormant spares in the same plane bring that to 83 %: nearly all capacity lost
# with failed satellites, but not that of GPUs that fail one by one, which are not replaced. At Falcon 9's prices, where a
# few satellites ride on shared flights at \$7,000 a kilogram, every kind of replacement makes a useful GPU-hour dearer than
# the \$5.46 of the fleet left alone, by 11 to 35 cents. At the \$4,855 a kilogram of a full flight, replacing what fails
# costs as much an hour as leaving it, but spares still cost more; counted against \$2.49 for an hour bought elsewhere,
# leaving the fleet alone is cheapest at both prices. All money is in present value, at 10 % a year.

# %%
# %matplotlib inline
import sim

scenario = sim.load("suncatcher_81")
print(sim.describe(scenario))

# %% [markdown]
# ## One replicate
#
# A run is one possible history of the fleet: the lifetime of every GPU and bus is drawn at random when it is built. The
# timeline shows the events of one run with on-orbit spares.

# %%
result = sim.run(scenario, seed=1, strategy="on_orbit_spares")
sim.plots.event_timeline(result).figure

# %%
measured = sim.measure(result)
for name in ("compute_availability", "goodput", "launches", "cost_per_useful_gpu_hour_usd"):
    metric = sim.METRICS[name]
    print(f"{name:32} {measured[name]:8.4f} {metric.unit:10} {metric.definition}")

# %% [markdown]
# ## Strategies on common random numbers
#
# Two strategies should be compared on the same failures, or most of the difference is chance. Replicate r of every
# strategy below has the same GPUs, buses and launch dates.
#
# Total cost is a present value: what is paid later is discounted at 10 % a year to the mission's first day
# (`economics.discount`). A useful GPU-hour costs that over the useful hours, discounted alike. So a flight in year four
# counts for less than one today, and so do the hours that it saves.

# %%
strategies = ["run_to_failure", "replace_on_failure", "scheduled_batch", "on_orbit_spares"]
study = sim.compare(scenario, strategies, replicates=12, seed=1)
print(study.table())

# %%
sim.plots.compute_availability(study).figure

# %%
sim.plots.paired_differences(study).figure

# %% [markdown]
# ## How much did pairing and controls help?
#
# `total` says how many times as many independent replicates would be needed to estimate the difference in availability
# with the same precision.

# %%
for pair, gain in study.variance_reduction().items():
    print(f"{pair:40}", {name: round(value, 1) if value else value for name, value in gain.items()})

# %% [markdown]
# ## Change one number
#
# Shared flights at \$7,000 a kilogram make a few satellites dear. What if a place on any flight is paid for at the price of
# a full one, \$67M for 24 satellites, which is \$4,855 a kilogram? Only prices change, so nothing is simulated again.

# %%
shared = sim.load("suncatcher_81", set_=["launch.vehicle.price={kind: per_kg, usd_per_kg: 4855}"])
cheaper = sim.reprice(study, shared)
print(cheaper.table())

listed, full = (some.differences()["cost_per_useful_gpu_hour_usd"] for some in (study, cheaper))
assert all(listed[f"run_to_failure - {name}"].ci_high < 0 for name in strategies[1:])
for name in ("replace_on_failure", "scheduled_batch"):
    assert full[f"run_to_failure - {name}"].ci_low < 0 < full[f"run_to_failure - {name}"].ci_high
assert full["run_to_failure - on_orbit_spares"].ci_high < 0
assert all(some.envelope().at(2.49) == "run_to_failure" for some in (study, cheaper))
for some, worth in ((study, 7.45), (cheaper, 5.31)):
    flip = some.envelope().flips[0]
    assert flip.before == "run_to_failure"
    assert flip.low_usd < worth < flip.high_usd < 1.1 * flip.value_usd
alone = study.metrics("run_to_failure")["cost_per_useful_gpu_hour_usd"]
assert alone.ci_low < 5.46 < alone.ci_high
for name, dearer in zip(strategies[1:], (0.11, 0.11, 0.35), strict=True):
    found = listed[f"run_to_failure - {name}"]
    assert found.ci_low < -dearer < found.ci_high

# %% [markdown]
# Replacing what fails, at once or in batches, now costs as much for each useful hour as never replacing: the intervals of
# the differences hold 0. It also buys four points of goodput, but at \$2.49 these are worth less than they cost, until an
# hour is worth some \$5.30 (\$7.50 at the prices before). The loss that remains is that of GPUs that fail one by one.
# `retire_below_gpu_fraction` replaces satellites that have lost too many of them; whether that pays is another question.
