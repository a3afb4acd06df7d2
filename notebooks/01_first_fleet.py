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
# years. Nobody can walk over and swap a dead GPU. What does it cost to let the fleet decay, and what to keep it full?
#
# **Verdict.** Without repair the fleet delivers about 85 % of its nameplate over five years, and loses more than a
# quarter of it by the end. Dormant spares in the same plane win back nearly all of what dead satellites cost, but not
# what GPUs cost that die one by one: those nobody replaces. With whole Falcon 9 flights at list price, no strategy pays
# for itself by the GPU-hour; sharing flights changes that, as the last section shows.

# %%
# %matplotlib inline
import sim

scenario = sim.load("suncatcher_81")
print(sim.describe(scenario))

# %% [markdown]
# ## One life of the fleet
#
# A run is one throw of the dice: every GPU and bus draws its luck when it is built. The timeline shows what happened to
# the fleet under on-orbit spares in one of them.

# %%
result = sim.run(scenario, seed=1, strategy="on_orbit_spares")
sim.plots.event_timeline(result).figure

# %%
measured = sim.measure(result)
for name in ("compute_availability", "goodput", "launches", "cost_per_useful_gpu_hour_usd"):
    metric = sim.METRICS[name]
    print(f"{name:32} {measured[name]:8.4f} {metric.unit:10} {metric.definition}")

# %% [markdown]
# ## Strategies on the same luck
#
# Two strategies should be compared on the same failures, or the difference is mostly luck. Replicate r of every strategy
# below meets the same GPUs, buses and launch dates.

# %%
strategies = ["run_to_failure", "replace_on_failure", "scheduled_batch", "on_orbit_spares"]
study = sim.compare(scenario, strategies, replicates=20, seed=1)
print(study.table())

# %%
sim.plots.compute_availability(study).figure

# %%
sim.plots.paired_differences(study).figure

# %% [markdown]
# ## How much did pairing and controls help?
#
# `total` is the factor by which independent runs would have to be multiplied to know the difference of availability
# equally well.

# %%
for pair, gain in study.variance_reduction().items():
    print(f"{pair:40}", {name: round(value, 1) if value else value for name, value in gain.items()})

# %% [markdown]
# ## Change one number
#
# A dedicated flight for a handful of satellites is what makes replacement dear. What if room on shared flights is paid
# for by the kilogram, at the list price of a full vehicle (67 M USD for 17.5 t)?

# %%
shared = sim.load("suncatcher_81", set_=["launch.vehicle.price.kind=per_kg", "launch.vehicle.price.usd_per_kg=3829"])
cheaper = sim.compare(shared, strategies, replicates=20, seed=1)
print(cheaper.table())

# %% [markdown]
# Prices changed and nothing else, so both studies share every failure and every launch. What remains is the share of
# GPUs that die one by one. `retire_below_gpu_fraction` replaces satellites that have lost too many; whether that pays is
# a question of its own.
