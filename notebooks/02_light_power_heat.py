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
# # Light, power and heat: what do eclipses cost, and what does a battery cost?
#
# **Question.** A dawn-dusk orbit is often said to be "always in the Sun". How many GPU-hours are lost to eclipses at
# 500, 650, 800, 1,000 and 1,400 km, and what does a battery cost instead, in mass, launch price and wear?
#
# **Verdict.** Pausing loses 5.6 % of the year's GPU-hours at 500 km, 4.0 at 650, 2.9 at 800, 1.6 at 1,000 and .12 at
# 1,400, all of it in one season. The battery that rides through weighs 81 kg at 500 km and 12 at 1,400, beside the 575
# of the satellite, and fades by 13 to 6 % in five years. At the \$4,855 a kilogram of a full Falcon 9 its launch alone
# costs 4.4 to 31 USD for each GPU-hour it saves, more than the 3.0 USD that satellite and launch cost for an average one:
# in a dawn-dusk orbit it is cheaper to pause in eclipse than to carry a battery, the more so the higher the orbit, because
# the battery is needed less. At 650 km the battery pays if launch costs less than about 1,700 USD/kg, without cells and
# array.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np

import sim

ALTITUDES_KM = (500, 650, 800, 1000, 1400)
USD_PER_KG = 67e6 / (24 * 575)  # a full Falcon 9 at list price: 24 of these satellites


def suncatcher(altitude_km, policy, *settings):
    """The Suncatcher cluster at another height and under another eclipse policy, its array sized to its load."""
    scenario = sim.load(
        "suncatcher_81",
        set_=[f"power.eclipse_policy={policy}", "satellite.array.area_m2=sized", "workload.jobs=[]", *settings],
    )
    # The shells are a list: change its one entry.
    raw = scenario.model_dump(mode="json")
    raw["constellation"]["shells"][0]["altitude_km"] = altitude_km
    return sim.Scenario.model_validate(raw)


# %% [markdown]
# ## Eclipse by altitude
#
# `pause` stops the GPUs from entry to exit, so the capacity it leaves is the share of time in light. `ride_through`
# runs on from a battery sized for the darkest day at the end of life. Everything below is for one satellite of 36
# accelerators; a year in full sunlight would be 315,576 GPU-hours.

# %%
rows = []
for altitude_km in ALTITUDES_KM:
    dark = sim.Environment.build(suncatcher(altitude_km, "pause"))
    carried = sim.Environment.build(suncatcher(altitude_km, "ride_through"))
    satellite = carried.scenario.satellite
    years = carried.scenario.mission.years
    light, operation = carried.light(0), carried.designs[0].operation
    share = float(np.mean(dark.sun.dark[0][:-1]))
    extra_wh = carried.sizes.battery_wh - dark.sizes.battery_wh
    extra_kg = extra_wh / satellite.battery.specific_energy_wh_per_kg
    lost = share * satellite.gpus * 24 * 365.25
    rows.append(
        {
            "km": altitude_km,
            "days/yr": light.eclipse_days_per_year,
            "longest min": light.longest_eclipse_min,
            "lost %": 100 * share,
            "GPU h/yr": lost,
            "kWh": extra_wh / 1000,
            "kg": extra_kg,
            "kUSD": extra_kg * USD_PER_KG / 1000,
            "array m2": carried.sizes.array_m2 - dark.sizes.array_m2,
            "worn %": 100 * (1 - float(operation.battery_fraction[0, -1])),
            "USD/GPU h": extra_kg * USD_PER_KG / (lost * years) if lost else 0.0,
        }
    )

print("".join(f"{name:>13}" for name in rows[0]))
for row in rows:
    print("".join(f"{value:13,.2f}" if abs(value) < 10 else f"{value:13,.0f}" for value in row.values()))

# %% [markdown]
# - `lost`: share of the year between the edges of eclipse, in per cent and in GPU-hours of one satellite.
# - `kWh`, `kg`, `kUSD`, `array m2`: battery, its mass, its launch at 4,855 USD/kg, and array area that riding through
#   needs beyond pausing, where the battery carries the bus alone.
# - `worn`: capacity lost after five years, by cycles and calendar.
# - `USD/GPU h`: launching that extra battery, divided by the GPU-hours it saves in five years; cells and array come on
#   top. Nothing here is discounted: the battery is paid for at launch, as is the satellite it is compared with.

# %%
prices = satellite.gpus * carried.scenario.economics.gpu_usd + carried.scenario.economics.bus_usd
hours = satellite.gpus * 24 * 365.25 * years
average = (prices + satellite.mass_kg * USD_PER_KG) / hours
print(f"satellite and launch, for an average GPU-hour: {average:.2f} USD")
pays_below = {}
for row in rows:
    # Where launch is cheaper, so is the average hour.
    more_kg_per_hour = (row["USD/GPU h"] - satellite.mass_kg * USD_PER_KG / hours) / USD_PER_KG
    pays_below[row["km"]] = prices / hours / more_kg_per_hour
    print(f"{row['km']:6,} km: the battery pays below {pays_below[row['km']]:6,.0f} USD/kg")
assert all(row["USD/GPU h"] > average for row in rows)
assert list(pays_below.values()) == sorted(pays_below.values(), reverse=True)
assert round(pays_below[650], -2) == 1700

# %%
figure, (season, price) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
for altitude_km in ALTITUDES_KM:
    environment = sim.Environment.build(suncatcher(altitude_km, "pause"))
    season.plot(environment.days[:366], environment.eclipse_minutes[0, :366], label=f"{altitude_km:,} km")
season.set(
    xlabel="days since 1 January 2027",
    ylabel="eclipse per orbit, min",
    title="Dawn-dusk orbits have one eclipse season",
)
season.legend(frameon=False)
height = [row["km"] for row in rows]
price.plot(height, [row["lost %"] for row in rows], "o-", color="C0")
price.set(xlabel="altitude, km", title="Higher orbits have less eclipse and need less battery", ylim=(0, None))
price.set_ylabel("GPU-hours lost by pausing, %", color="C0")
mass = price.twinx()
mass.plot(height, [row["kg"] for row in rows], "s--", color="C1")
mass.set_ylim(0, None)
mass.set_ylabel("extra battery to ride through, kg", color="C1")
plt.show()

# %% [markdown]
# ## Four policies on one orbit
#
# At 550 km and 53 degrees, a satellite is in eclipse for a third of most orbits. Array and battery are the same for
# all, jobs fit on one satellite, and nothing fails: only what the GPUs do in eclipse differs.

# %%
never = {"kind": "exponential", "rate_per_year": 0}
policies = ("pause", "migrate", "throttle", "ride_through")
table = {}
for policy in policies:
    raw = sim.load("suncatcher_81").model_dump(mode="json")
    raw["mission"]["years"] = 1
    raw["constellation"]["shells"] = [
        {"kind": "walker", "altitude_km": 550, "inclination_deg": 53, "planes": 1, "satellites_per_plane": 8}
    ]
    raw["satellite"]["array"]["area_m2"] = 160
    raw["satellite"]["battery"] = {"capacity_kwh": 60}
    raw["satellite"]["propulsion"]["vulnerable_area_m2"] = 0
    raw["power"]["eclipse_policy"] = policy
    raw["reliability"] = {"gpu": never, "bus": never, "dormancy_factor": 0}
    raw["workload"]["jobs"] = [
        {"gpus": 36, "count": 8, "checkpoint_interval_min": 30, "checkpoint_block_s": 30, "restart_min": 1}
    ]
    scenario = sim.Scenario.model_validate(raw)
    operation = sim.Environment.build(scenario).designs[0].operation
    measured = sim.measure(sim.run(scenario, seed=1, strategy="run_to_failure"))
    table[policy] = (
        measured["goodput"],
        float(operation.depth_of_discharge[0].max()),
        100 * (1 - float(operation.battery_fraction[0, -1])),
    )

print(f"{'policy':14}{'goodput':>9}{'deepest discharge':>19}{'battery worn in a year, %':>27}")
for policy, (goodput, depth, worn) in table.items():
    print(f"{policy:14}{goodput:9.3f}{depth:19.3f}{worn:27.2f}")

# %%
figure, (work, wear) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained", sharey=True)
work.barh(policies, [table[policy][0] for policy in policies], color="C0")
work.set(xlabel="goodput", title="More work in eclipse ...", xlim=(0, 1))
wear.barh(policies, [table[policy][2] for policy in policies], color="C1")
wear.set(xlabel="battery capacity lost in a year, %", title="... wears the battery more")
plt.show()

# %% [markdown]
# Goodput and wear rise together because both follow the energy drawn in eclipse. `pause` draws only the power of the
# bus, so it wears the battery least; it loses the third of every orbit in eclipse, a checkpoint before each entry and a
# restart after each exit. `migrate` draws as little; its work continues on other satellites, at the cost of a hand-over
# instead of a restart. `throttle` runs all GPUs near their lowest frequency, where an operation needs least energy: it
# recovers part of the eclipse for a small discharge. `ride_through` discharges deepest and loses little besides
# checkpoints. Wear grows as the 1.5th power of the depth of discharge, so the last gain in work costs the most. When
# the faded battery can no longer supply the load in eclipse, the satellite is throttled; a `DERATED` row in the log
# marks the first day on which that happens.
