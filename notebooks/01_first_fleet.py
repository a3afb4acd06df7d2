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
# is more than a third below it at the end. Dormant spares in the same plane recover nearly all capacity lost with failed satellites,
# but not the capacity of GPUs that fail one by one, which are not replaced. With dedicated Falcon 9 flights at list
# price, no strategy lowers the cost of a GPU-hour; sharing flights changes that, as the last section shows.

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
# Dedicated flights for a few satellites make replacement expensive. What if a place on a shared flight is paid for by
# the kilogram, at the list price of a full vehicle (67 million USD for 17.5 t)?

# %%
shared = sim.load("suncatcher_81", set_=["launch.vehicle.price.kind=per_kg", "launch.vehicle.price.usd_per_kg=3829"])
cheaper = sim.compare(shared, strategies, replicates=6, seed=1)
print(cheaper.table())

# %% [markdown]
# Only prices changed, so the first six replicates of both studies are the same. The loss that remains is that of GPUs that
# fail one by one. `retire_below_gpu_fraction` replaces satellites that have lost too many of them; whether that pays is
# another question.
