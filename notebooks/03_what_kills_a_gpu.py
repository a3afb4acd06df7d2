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
# # What destroys a GPU, and what only interrupts its job?
#
# **Question.** You plan a fleet of orbital data centres. How do altitude and shield change what destroys GPUs and what
# only interrupts jobs? What do the South Atlantic Anomaly, burn-in, an unknown ageing law, and error tolerance change?
#
# **Verdict.** At 650 km behind 10 mm of aluminium 93 % of the GPUs lost are lost to age, to their host and to the
# bus, which no shield changes; radiation interrupts each chip 6 times a year and rarely destroys one. Altitude makes
# radiation a major cause: at 1,200 km the same design takes nine times the dose, memory errors begin to grow after
# 1.2 years instead of 11.7, a chip is interrupted 127 times a year, and a gang of 256 turns 62 % of its time into
# work instead of 93. Doubling the shield takes off a quarter of the trapped dose, at any of these altitudes, for 108
# kg a satellite. Protons come in some ten short passes a day, so a gang of 2,916 GPUs whose satellites fly together
# makes 94 % of its time useful, one spaced around the orbit 86; where each checkpoint stops the gang for a minute
# instead of .59 s, 87 and 73. Burn-in pays if several per cent of the GPUs would fail early, and costs a little more
# than it saves at half a per cent. A stock of spares that fits two calm years lets a fleet of Titan's kind fall from
# 99 to 79 % by year five. Error tolerance costs .8 points of goodput for a 32 GB chip at 650 km; it is worth 2 points
# for 288 GB, and 7 to 11 at 1,000 km.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np

import sim
from sim.description import plane_facts
from sim.events import EventKind
from sim.metrics import daily_series, loss_by_cause
from sim.physics.dose import integral_flux_above, spectrum_behind_shield
from sim.physics.trapped import orbit_spectrum

ALTITUDES_KM, SHIELDS_MM = (550, 650, 1000, 1200), (3, 5, 10, 20)
SEED = 1


def changed(*sources, altitude_km=650, **settings):
    """The Suncatcher cluster, complete on the first day, its array sized to its load; `a__b=value` sets a.b.

    A mapping is merged into what stands there, unless it has a kind.
    """
    raw = sim.load("suncatcher_81", *sources).model_dump(mode="json")
    # The shells are a list: change its one entry.
    raw["constellation"]["shells"][0]["altitude_km"] = altitude_km
    raw["satellite"]["array"]["area_m2"] = "sized"
    raw["deployment"] = {"kind": "in_place"}
    for path, value in settings.items():
        *way, last = path.split("__")
        part = raw
        for step in way:
            part = part[step]
        part[last] = {**part[last], **value} if isinstance(part.get(last), dict) and "kind" not in value else value
    return sim.Scenario.model_validate(raw)


def measured(scenario, replicates):
    """Mean of every metric over replicates of a fleet without maintenance, on common random numbers."""
    runs = [
        sim.measure(sim.run(scenario, seed=SEED, strategy="run_to_failure", replicate=r)) for r in range(replicates)
    ]
    return {name: float(np.mean([run[name] for run in runs])) for name in runs[0]}


# %% [markdown]
# ## 1. Dose by altitude and shield
#
# `trapped`: protons (and behind thin shields electrons) of the radiation belts; `cosmic`: galactic cosmic rays, which
# no shield stops; `storms`: expected dose of solar storms, much less in most years and much more in a few; `krad`: dose
# over the design life of five years, expected storms included; `onset`: years until memory errors begin to grow,
# without storms (2 krad in the beam test). `orbitfleet describe` prints the same quantities.

# %%
plain = sim.load("suncatcher_81")
designs = {}
for altitude_km in ALTITUDES_KM:
    for shield_mm in SHIELDS_MM:
        scenario = changed(
            altitude_km=altitude_km,
            satellite__shield={"thickness_mm": shield_mm},
            workload__jobs=[plain.workload.jobs[0].model_dump() | {"count": 1}],
        )
        designs[altitude_km, shield_mm] = scenario, sim.Environment.build(scenario)

dose = {}
print(f"{'km':>6}{'mm':>5}{'kg':>6}{'trapped':>10}{'cosmic':>8}{'storms':>8}{'rad/yr':>9}{'krad':>8}{'onset, yr':>11}")
for (altitude_km, shield_mm), (_, environment) in designs.items():
    found = plane_facts(environment, environment.planes[0])["radiation"]
    trapped, cosmic, storms = (found["dose_rad_per_year"][part] for part in ("trapped", "cosmic", "expected_storms"))
    dose[altitude_km, shield_mm] = trapped, cosmic, storms
    print(f"{altitude_km:6,}{shield_mm:5}{environment.designs[0].mass_kg:6.0f}{trapped:10,.0f}{cosmic:8.1f}", end="")
    print(f"{storms:8.0f}{trapped + cosmic + storms:9,.0f}{found['dose_krad_end_of_life']:8.2f}", end="")
    print(f"{found['memory_onset_years']:11.1f}")
assert 7 < sum(dose[1200, 10]) / sum(dose[650, 10]) < 11


# %%
def stacked(title, unit, table):
    """One panel for each altitude, one bar for each shield; `table[altitude, shield]` maps a cause to a number."""
    figure, panels = plt.subplots(1, len(ALTITUDES_KM), figsize=(12, 3.4), layout="constrained")
    causes = list(dict.fromkeys(cause for row in table.values() for cause in row))
    for panel, altitude_km in zip(panels, ALTITUDES_KM, strict=True):
        foot = np.zeros(len(SHIELDS_MM))
        for number, cause in enumerate(causes):
            height = np.array([table[altitude_km, mm].get(cause, 0.0) for mm in SHIELDS_MM])
            panel.bar([f"{mm}" for mm in SHIELDS_MM], height, bottom=foot, color=f"C{number}", label=cause)
            foot += height
        panel.set(title=f"{altitude_km:,} km", xlabel="shield, mm Al")
    panels[0].set_ylabel(unit)
    figure.suptitle(title)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside right center", frameon=False)
    plt.show()


stacked(
    "Dose: altitude matters more than shielding (note the scales)",
    "rad(Si) a year",
    {key: dict(zip(("trapped", "cosmic", "storms, expected"), row, strict=True)) for key, row in dose.items()},
)

# %% [markdown]
# ### Why altitude, why inclination, and why not the shield
#
# The Earth's magnetic field holds protons in a belt whose lower edge dips towards the ground over the South Atlantic,
# because the field's axis misses the Earth's centre. Low orbits meet the belt only in that dip, the Anomaly; the higher
# an orbit, the wider and the denser the part it crosses. Inclination decides how often it goes there: an equatorial
# orbit passes north of the dip while it is low, and lives inside the belt once it is high; 53 degrees meet a third to a
# half more than the polar orbit does. And the belt's protons are hard. A few millimetres stop the electrons and the
# slow protons; what is left then goes on through as much again, since a proton of 100 MeV flies through some 37 mm of
# aluminium (NIST's PSTAR).

# %%
heights, tilts = np.array([550, 650, 1000, 1200]), np.array([0.0, 28.5, 53.0, 98.0])
found = orbit_spectrum("proton", heights[:, None], tilts, 0.0)
above_30 = integral_flux_above(found.energies_mev, found.flux_cm2_s, np.array([30.0]))[..., 0]
print("trapped protons above 30 MeV, /(cm2 s), solar minimum, by inclination")
print(f"{'km':>6}" + "".join(f"{tilt:10.1f}°" for tilt in tilts))
for altitude_km, row in zip(heights, above_30, strict=True):
    print(f"{altitude_km:6,}" + "".join(f"{value:11.1f}" for value in row))

energies, flux = found.energies_mev, found.flux_cm2_s[1, -1]
share_above_100 = float(integral_flux_above(energies, flux, np.array([100.0]))[0] / flux[0])
print(f"\n650 km, 98°: of the protons above {energies[0]:.0f} MeV, {share_above_100:.0%} are above 100 MeV")
passing = {}
for shield_mm in SHIELDS_MM:
    passing[shield_mm] = float(spectrum_behind_shield(energies, flux, shield_mm)[0] / flux[0])
    needed = np.exp(np.interp(np.log(passing[shield_mm]), np.log(flux[::-1] / flux[0]), np.log(energies[::-1])))
    print(f"{shield_mm:3} mm lets through {passing[shield_mm]:.0%} of them, those above {needed:.0f} MeV")

extra_kg = designs[650, 20][1].designs[0].mass_kg - designs[650, 10][1].designs[0].mass_kg
thicker = {km: dose[km, 20][0] / dose[km, 10][0] for km in ALTITUDES_KM}
print(f"from 10 to 20 mm, {extra_kg:+.0f} kg: trapped dose x", {km: round(float(x), 2) for km, x in thicker.items()})
calmer = dose[650, 20][2] / dose[650, 10][2]
print(f"dose of solar storms, whose protons have less energy: x {calmer:.2f}")
assert all(x > 0.65 for x in thicker.values())
assert calmer < 0.5
assert dose[1000, 20][0] > 3 * dose[650, 10][0]  # 20 mm at 1,000 km are no substitute for 350 km less
assert above_30[1, 0] < above_30[1, 3] < above_30[1, 2]
assert above_30[3, 0] > above_30[3, 3]

# %% [markdown]
# ### What interrupts a job
#
# Interruptions per chip-year without storms, mean over five years: memory errors grow once the dose has passed the
# onset. An interruption of a host counts as a quarter for each of its four chips.

# %%
interruptions = {}
for key, (scenario, environment) in designs.items():
    job = scenario.workload.jobs[0]
    interruptions[key] = {
        scenario.cause_name(cause).replace("_", " "): rate * 365.25 / job.gpus
        for cause, rate in environment.gangs.per_day(0, job).items()
    }
names = list(interruptions[650, 10])
print(f"{'km':>6}{'mm':>5}" + "".join(f"{name:>18}" for name in names) + f"{'all':>8}")
for (altitude_km, shield_mm), row in interruptions.items():
    print(f"{altitude_km:6,}{shield_mm:5}" + "".join(f"{row[name]:18.2f}" for name in names), end="")
    print(f"{sum(row.values()):8.1f}")
stacked("Interruptions: mostly memory errors, at every altitude", "per chip-year", interruptions)
assert all(max(row, key=row.get) == "memory error" for row in interruptions.values())
assert all(row["memory error"] / sum(row.values()) > 0.5 for row in interruptions.values())

# %% [markdown]
# ### What destroys a GPU
#
# Four replicates of the fleet with each design. `bus` takes all GPUs of a satellite at once, `host` four, `puncture`
# a quarter of them (one coolant loop of four). Debris hits are too rare to show in a few replicates: `expected` is
# their mean.

# %%
KILLERS = {"gpu": "age", "host": "host", "latch_up": "latch-up", "dose": "dose"}
KILLERS |= {"puncture": "puncture", "debris": "debris"}
REPLICATES = 4
losses, kept = {}, {}
for key, (scenario, _) in designs.items():
    idle = scenario.model_copy(update={"workload": scenario.workload.model_copy(update={"jobs": ()})})
    losses[key] = dict.fromkeys((*KILLERS.values(), "bus"), 0.0)
    for replicate in range(REPLICATES):
        result = sim.run(idle, seed=SEED, strategy="run_to_failure", replicate=replicate)
        for cause, loss in loss_by_cause(result).items():
            # Whatever is not named above is a subsystem of the bus.
            losses[key][KILLERS.get(cause, "bus")] += loss.gpus_lost / REPLICATES / scenario.mission.years
    kept[key] = measured(scenario, 1)["effective_training_time_ratio"]

print("GPUs lost per year, of", result.nameplate_gpus, "- and useful share of the time of a gang of 256")
columns = (*losses[650, 10], "all", "expected", "work")
print(f"{'km':>6}{'mm':>5}" + "".join(f"{name:>10}" for name in columns))
for (altitude_km, shield_mm), row in losses.items():
    print(f"{altitude_km:6,}{shield_mm:5}" + "".join(f"{value:10.1f}" for value in row.values()), end="")
    expected = float(designs[altitude_km, shield_mm][1].keeping.collisions_per_year[0]) * result.nameplate_gpus
    print(f"{sum(row.values()):10.1f}{expected:10.2f}{kept[altitude_km, shield_mm]:10.1%}")
    assert expected < 0.02 * sum(row.values())
stacked(
    "Losses: mostly age, hosts and buses, which no shield changes; radiation matters from 1,000 km",
    "GPUs per year",
    losses,
)
assert all(max(row, key=row.get) == "age" for row in losses.values())
own = {key: (row["age"] + row["host"] + row["bus"]) / sum(row.values()) for key, row in losses.items()}
print(
    "age, hosts and buses, share of the losses:", {key: f"{own[key]:.0%}" for key in ((650, 10), (1200, 10), (1200, 3))}
)
assert own[650, 10] > 0.9 > own[1200, 10] > own[1200, 3]
assert losses[1200, 10]["latch-up"] > 4 * losses[650, 10]["latch-up"]
assert losses[1200, 3]["dose"] > 5 > losses[1000, 3]["dose"] > losses[650, 3]["dose"] == 0
assert kept[650, 10] - kept[1200, 10] > 0.2

# %% [markdown]
# Which causes lead does not change with altitude or shield: age, the bus, hosts. What changes is what comes next. Up
# to 650 km that is a punctured coolant loop, and permanent damage by radiation is one to four per cent of all losses.
# At 1,000 km latch-up draws level with the punctures (behind 3 mm it takes twice as many), at 1,200 km it leaves them
# behind, and there, behind 3 mm, dose itself begins to end chips (their median end, 50 krad, is an assumption: range
# 20-300). The shield acts on those two alone, so a thicker one saves few GPUs; it saves interruptions, and with them
# work. Below 5 mm electrons come through as well, which is why the step from 3 to 5 mm takes off more dose than all
# later ones. How fast memory errors grow beyond the onset is an assumption too (half the first rate for each krad,
# range 0-5): it makes the high orbits' bars tall, not their order.
#
# ## 2. What does the South Atlantic Anomaly do?
#
# Trapped protons arrive in passes of the Anomaly. One day at 650 km, minute by minute, for a gang of all 2,916 GPUs:
# once in a cluster, whose satellites pass together, and once spaced around the orbit, at the same mean rate. Each of
# its checkpoints stops it for a minute, which shows best what an interval costs; those of the shipped cluster, which
# are copied while the gang computes, follow.


# %%
def one_gang(formation, interval_min, constant=False, **job):
    """All GPUs in one gang that nothing kills; `constant`: the same interruptions, but at any time of the day.

    Further settings are those of the job.
    """
    never = {"kind": "exponential", "rate_per_year": 0}
    # Silent corruption is left out: it is detected an hour late, which would hide the effect of the passes.
    effects = plain.radiation.model_dump(mode="json")["effects"] | {"silent_corruption": None, "latch_up": None}
    scenario = changed(
        mission__years=1,
        constellation__spare_berths_per_plane=0,
        satellite__propulsion={"vulnerable_area_m2": 0},
        satellite__radiator={"tube_fraction": 0},
        reliability__gpu=never,
        reliability__bus=never,
        reliability__groups={"host": None},
        radiation__solar_protons=False,
        radiation__effects=effects,
        workload__jobs=[
            {
                "gpus": 81 * 36,
                "checkpoint_interval_min": interval_min,
                "checkpoint_block_s": 60,
                "checkpoint_durable_s": 60,
                "restart_min": 5,
                **job,
            }
        ],
    )
    raw = scenario.model_dump(mode="json")
    raw["constellation"]["shells"][0]["formation"] = formation
    scenario = sim.Scenario.model_validate(raw)
    if constant:
        rates = sim.Environment.build(scenario).gangs.per_day(0, scenario.workload.jobs[0])
        raw["radiation"]["effects"] = dict.fromkeys(effects)
        raw["reliability"]["interruptions"] = {
            f"steady_{name}": {
                "per": "job",
                "rate_per_year": rates[number] * 365.25,
                "recovery": effects[name]["recovery"],
            }
            for name, number in scenario.cause_numbers.items()
            if number in rates
        }
        scenario = sim.Scenario.model_validate(raw)
    return scenario


scenario = one_gang("spaced", "optimum")
environment = sim.Environment.build(scenario)
saa_passes, phases = environment.gangs.passes(0), environment.planes[0].phases_rad
mean_per_hour = sum(environment.gangs.per_day(0, scenario.workload.jobs[0]).values()) / 24
minutes = np.arange(1441) / 1440
by_minute = np.diff(saa_passes.dose(phases, 10 + minutes), axis=1)
rate = mean_per_hour * by_minute * 1440
together, spread = rate[0], rate.mean(axis=0)
in_order = np.sort(together)[::-1]
busy_min = int(np.searchsorted(np.cumsum(in_order), 0.97 * in_order.sum())) + 1
number = int(np.count_nonzero(np.diff((together > mean_per_hour).astype(int), prepend=0) == 1))
print(
    f"interruptions per hour: mean {mean_per_hour:.2f}, peak {together.max():.0f} in a cluster, "
    f"{spread.max():.1f} spaced around the orbit"
)
print(f"{busy_min / 60:.1f} hours of the day hold 97 % of them, in {number} passes above the mean")
assert busy_min < 0.2 * 1440
assert together.max() > 10 * mean_per_hour > spread.max()

# %%
INTERVALS_MIN = (5, 10, 20, 40, 80)
gangs = {
    "co-located": ("cluster", False),
    "around the orbit": ("spaced", False),
    "constant rate": ("cluster", True),
}
won = {name: [measured(one_gang(f, t, c), 1) for t in INTERVALS_MIN] for name, (f, c) in gangs.items()}
nameplate_hours = 81 * 36 * 24 * 365.25
print(f"{'share of the time':20}{'minutes:':>10}" + "".join(f"{t:9}" for t in INTERVALS_MIN) + f"{'number':>9}")
for name, row in won.items():
    print(f"{name:20}{'lost':>10}" + "".join(f"{one['lost_gpu_hours'] / nameplate_hours:9.1%}" for one in row))
    print(f"{'':20}{'useful':>10}" + "".join(f"{one['goodput']:9.1%}" for one in row), end="")
    print(f"{row[0]['job_interruptions']:9,.0f}")

figure, (day, lost, useful) = plt.subplots(1, 3, figsize=(12, 3.4), layout="constrained")
day.plot(24 * minutes[1:], together, lw=0.8, label="co-located")
day.plot(24 * minutes[1:], spread, lw=1.2, label="around the orbit")
day.set(xlabel="hour of the day", ylabel="interruptions per hour")
for name, row in won.items():
    lost.plot(INTERVALS_MIN, [100 * one["lost_gpu_hours"] / nameplate_hours for one in row], "o-", label=name)
    useful.plot(INTERVALS_MIN, [100 * one["goodput"] for one in row], "o-", label=name)
day.set_title("Interruptions come in passes ...")
lost.set(ylabel="work rolled back, % of the time", title="... which cost less work ...")
useful.set(ylabel="useful, % of the time", title="... if all satellites pass together")
for panel in (lost, useful):
    panel.set(xlabel="checkpoint interval, min", xscale="log")
    panel.set_xticks(INTERVALS_MIN, [str(t) for t in INTERVALS_MIN])
    panel.minorticks_off()
useful.legend(frameon=False)
day.legend(frameon=False)
plt.show()

best = {name: max(one["goodput"] for one in row) for name, row in won.items()}
best_min = {name: INTERVALS_MIN[int(np.argmax([one["goodput"] for one in row]))] for name, row in won.items()}
print("best:", {name: f"{best[name]:.1%} at {best_min[name]} min" for name in best})
counts = [row[0]["job_interruptions"] for row in won.values()]
assert max(counts) < 1.05 * min(counts)  # Poisson counts of about 13,000 differ by 1 %
assert best["co-located"] > best["around the orbit"] + 0.03
assert best_min["co-located"] >= best_min["constant rate"]

# %%
BEHIND = {"checkpoint_block_s": 0.59, "checkpoint_durable_s": 51}
behind = {name: measured(one_gang(f, "optimum", c, **BEHIND), 1)["goodput"] for name, (f, c) in gangs.items()}
print("checkpoints that stop the gang for .59 s, best interval:", {name: f"{x:.1%}" for name, x in behind.items()})
at_once = {
    (a, t): measured(one_gang("cluster", t, in_passes=a), 1)["goodput"]
    for a in ("checkpoint", "best")
    for t in (20, 40)
}
paused = measured(one_gang("cluster", "optimum", in_passes="best", **BEHIND), 1)["goodput"]
print("for 60 s, co-located, acting on passes:", {f"{a}, {t} min": f"{x:.1%}" for (a, t), x in at_once.items()})
print(f"for .59 s, co-located, pausing through the worst passes: {paused:.1%}")
assert behind["co-located"] > behind["around the orbit"] + 0.06 > behind["constant rate"] + 0.06
assert all(behind[name] > best[name] + 0.05 for name in gangs)
assert all(at_once[a, 40] > best["co-located"] + 0.02 for a in ("checkpoint", "best"))
assert 0 < paused - behind["co-located"] < 0.01

# %% [markdown]
# All three gangs have the same number of interruptions. In a pass of the cluster, every interruption after the first
# finds little work done since the last restart and costs little, and the long time between passes is undisturbed.
# Around the orbit, some satellite is in the Anomaly whenever the plane lies over its longitudes, twice a day for
# hours, and interrupts the gang, so the result is closer to that of a constant rate. Checkpoints that stop the gang
# for .59 s can be written so often that little work is ever lost; what remains are the restarts, and flying together
# still wins 8 points. Two conclusions: put a synchronous gang on satellites that fly together, and do not derive its
# checkpoint interval from the mean rate, which gives a shorter one than the cluster needs (`optimum` knows the
# passes). A gang that knows them can also write a checkpoint as each begins, or pause through the worst
# (`in_passes`): worth four points where a checkpoint takes a minute, and next to nothing where it takes .59 s.
#
# ## 3. What does burn-in on the ground buy?
#
# GPUs run for 90 days on the ground before flight; early failures occur there, and the price of the flown GPUs includes
# them. Three assumptions on their share. One cost that is not simulated is added here: `waiting` is the straight-line
# value of 90 days of a five-year life in which a GPU on the test bench earns nothing. Money and useful hours are
# discounted at 10 % a year to the mission's first day.

# %%
BURN_IN_DAYS, FRACTIONS = 90, (0.005, 0.02, 0.05)
burnt = {}
for fraction in FRACTIONS:
    for days in (0, BURN_IN_DAYS):
        scenario = changed(reliability__gpu={"infant_loss_fraction": fraction}, reliability__gpu_burn_in_days=days)
        rows = []
        for life in range(2):
            result = sim.run(scenario, seed=SEED, strategy="run_to_failure", replicate=life)
            values, log = sim.measure(result), result.events
            died = log.time_days[(log.kind == EventKind.GPU_FAILED)]
            useful = values["discounted_useful_gpu_hours"]
            on_ground = 1 - float(scenario.reliability.gpu.survival(days))
            fleet_usd = result.nameplate_gpus * scenario.economics.gpu_usd
            rows.append(
                {
                    "on ground %": 100 * on_ground,
                    "1st year": float(np.count_nonzero(died < 365.25)),
                    "5 years": float(len(died)),
                    "availability": values["compute_availability"],
                    "goodput": values["goodput"],
                    "USD/GPU h": values["cost_per_useful_gpu_hour_usd"],
                    "+ waiting": fleet_usd * days / (365.25 * scenario.satellite.design_life_years) / useful,
                }
            )
        burnt[fraction, days] = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
        burnt[fraction, days]["= in all"] = sum(burnt[fraction, days][n] for n in ("USD/GPU h", "+ waiting"))

print(f"{'infant':>8}{'days':>6}" + "".join(f"{name:>14}" for name in burnt[0.05, 0]))
for (fraction, days), row in burnt.items():
    print(f"{fraction:8.3f}{days:6}" + "".join(f"{v:14.4f}" if v < 10 else f"{v:14.1f}" for v in row.values()))
gain = {f: burnt[f, 0]["= in all"] - burnt[f, BURN_IN_DAYS]["= in all"] for f in FRACTIONS}
print("burn-in saves, USD per useful GPU-hour:", {f: round(value, 3) for f, value in gain.items()})

figure, (deaths, money) = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
place = np.arange(len(FRACTIONS))
for shift, days, label in ((-0.2, 0, "as delivered"), (0.2, BURN_IN_DAYS, f"{BURN_IN_DAYS} days of burn-in")):
    first = np.array([burnt[f, days]["1st year"] for f in FRACTIONS])
    all_five = np.array([burnt[f, days]["5 years"] for f in FRACTIONS])
    deaths.bar(place + shift, all_five, 0.38, color="C0" if days else "C1", alpha=0.45, label=f"{label}: years 2-5")
    deaths.bar(place + shift, first, 0.38, color="C0" if days else "C1", label=f"{label}: first year")
    price = [burnt[f, days]["= in all"] for f in FRACTIONS]
    money.bar(place + shift, price, 0.38, color="C0" if days else "C1", label=label)
for panel in (deaths, money):
    panel.set_xticks(place, [f"{100 * f:g} %" for f in FRACTIONS])
    panel.set_xlabel("GPUs that would fail early")
    panel.legend(frameon=False, fontsize=8, loc="upper left")
deaths.set(ylabel="GPUs that fail in orbit", title="Early failures move to the ground ...", ylim=(0, 1000))
money.set(ylabel="USD per useful GPU-hour, from 5 on", title="... which pays if they are many", ylim=(5, 6))
plt.show()
assert -0.03 < gain[0.005] < 0 < gain[0.02] < 0.1 < gain[0.05]
assert 0.95 < burnt[0.005, BURN_IN_DAYS]["5 years"] / burnt[0.005, 0]["5 years"] < 1
assert burnt[0.05, BURN_IN_DAYS]["1st year"] < 0.6 * burnt[0.05, 0]["1st year"]

# %% [markdown]
# At the default assumption, half a per cent, burn-in keeps some ten failures on the ground, which does not quite pay
# for the GPUs scrapped and the time on the bench: an hour costs .02 USD more. At 2 % it saves .05 USD, one per cent
# of the price of a GPU-hour (six replicates give .042 with a standard error of .004). At 5 % it is worth having:
# three to four per cent, for launching a dead GPU costs its satellite's share of mass and array as well. Wear-out
# starts at launch in all cases: 90 days on the bench do not bring it forward. The figure to ask a supplier for is the
# share of early failures; if the GPUs do useful work on the ground in these weeks, waiting costs nothing.
#
# ## 4. A plan made for a constant rate fails in year three
#
# The GPUs of Titan's first batch had few failures for two years and then failed at about .1 a year from a corroding
# resistor (Ostrouchov et al., SC20, doi 10.1109/SC41405.2020.00045). Two years of observation give a constant and very
# small rate, and a plan for it: five dormant spare satellites in the plane, reordered in batches, each
# taking the place of a dead satellite or of one with less than 90 % of its GPUs. Five fleets:
#
# - `constant`: an exponential law with the failures that the late law has in its first two years;
# - `late`: the same until year two, then .12 a year more (the old batch's survival: .9909, .8766, .7675 and .6768 after
#   2, 3, 4 and 5 years);
# - `late, 8 spares`: as many spares as the plane has berths for, reordered as soon as two are missing;
# - `same mean`: an exponential law with as many expected failures over five years as `late`;
# - `bad lots`: the shipped overlay `bad_batch`, where a lot in five is late, on top of `constant`.
#
# The laws are taken as observed: their ageing rate is 1, whatever heat and thermal cycles are.

# %%
CALM, ONSET, LATE = 0.0045, 2.0, 0.12
same_mean = CALM + LATE * (plain.mission.years - ONSET) / plain.mission.years
constant = {"kind": "exponential", "rate_per_year": CALM}
delayed = {"kind": "delayed_onset", "calm_per_year": CALM, "onset_years": ONSET, "rate_per_year": LATE}
PLAN = {"spares_per_plane": 5, "reorder_point": 1, "retire_below_gpu_fraction": 0.9}
fleets = {
    "constant": (constant, (), PLAN),
    "bad lots": (constant, ("overlays/bad_batch",), PLAN),
    "late": (delayed, (), PLAN),
    "late, 8 spares": (delayed, (), PLAN | {"spares_per_plane": 8, "reorder_point": 6}),
    "same mean": ({"kind": "exponential", "rate_per_year": same_mean}, (), PLAN),
}
MONTH_DAYS = 30
online, needed = {}, {}
for name, (law, overlays, plan) in fleets.items():
    scenario = changed(
        *overlays,
        reliability__gpu=law,
        reliability__groups={"host": None},
        reliability__stress={"activation_energy_ev": 0, "cycling_share": 0},
        strategies__on_orbit_spares=plan,
        workload__jobs=[],
    )
    runs = [sim.run(scenario, seed=SEED, strategy="on_orbit_spares", replicate=r) for r in range(REPLICATES)]
    days = np.mean([daily_series(run)["online_fraction"] for run in runs], axis=0)
    months = len(days) // MONTH_DAYS
    online[name] = days[: months * MONTH_DAYS].reshape(months, MONTH_DAYS).mean(axis=1)
    died = np.concatenate([run.events.where(EventKind.GPU_FAILED).time_days for run in runs])
    sent = [sim.measure(run)["satellites_launched"] for run in runs]
    yearly = [days[int(365.25 * y) : int(365.25 * (y + 1))].mean() for y in range(5)]
    fails = np.histogram(died, bins=365.25 * np.arange(6))[0] / REPLICATES
    needed[name] = {"available": yearly, "failures": fails, "sent": float(np.mean(sent))}

print(f"{'':16}{'availability in year 1 ... 5':>40}{'GPU failures in year 1 ... 5':>40}{'satellites sent':>18}")
for name, row in needed.items():
    print(f"{name:16}" + "".join(f"{v:8.1%}" for v in row["available"]), end="")
    print("".join(f"{v:8.0f}" for v in row["failures"]) + f"{row['sent']:18.1f}")

figure, ax = plt.subplots(figsize=(8, 3.4), layout="constrained")
for name, row in online.items():
    ax.plot((np.arange(len(row)) + 0.5) * MONTH_DAYS / 365.25, 100 * row, label=name)
ax.axhline(90, color="0.6", lw=0.8)
ax.axvline(ONSET, color="0.6", lw=0.8, ls=":")
ax.set(xlabel="years", ylabel="online, % of nameplate", title="The plan works for two years, then falls behind")
ax.legend(frameon=False)
plt.show()
calm, late = needed["constant"]["available"], needed["late"]["available"]
assert np.allclose(calm[:2], late[:2], atol=0.005)
assert min(calm) > 0.96
assert calm[2] - late[2] > 0.03
assert late[4] < 0.85
assert late[4] < needed["late, 8 spares"]["available"][4] < 0.9
assert needed["same mean"]["available"][0] < 0.98  # this fleet would have warned in its first year
assert needed["constant"]["available"][4] > needed["bad lots"]["available"][4] > late[4]

# %% [markdown]
# For two years `constant` and `late` cannot be distinguished; then 300 GPUs fail in the third year instead of 14. The
# plan sends more satellites, 35 instead of 17, but is limited by its stock of five with half a year of lead time. The
# larger stock slows the decline and does not stop it. The fleet of the same mean decays from the first month, so the
# plan would not have been chosen for it: a correct mean over five years plans for the wrong years. `bad lots` shows the
# value of mixing lots: such a defect in an expected fifth of the lots costs some four points (with a standard error of
# one or two for four replicates) instead of eighteen. What helps is known: fit a law that depends on age (`orbitfleet
# fit`), keep old units on test on the ground, mix lots within a plane, and decide on the third year's launches in the
# first.
#
# ## 5. What reduces it
#
# The overlay `hardened` flies stronger memory codes (nine of ten memory errors corrected, 2 % of the speed) and
# checksums in the linear algebra (nine of ten silent corruptions detected at once, 3 %). Two years, on common random
# numbers; 32 GB is the chip of the beam test, 288 GB one of today, with memory errors in proportion.

# %%
goodput = {}
for altitude_km in (650, 1000):
    for hbm_gb in (32, 288):
        for name, overlays in (("none", ()), ("hardened", ("overlays/hardened",))):
            scenario = changed(*overlays, altitude_km=altitude_km, mission__years=2, satellite__gpu={"hbm_gb": hbm_gb})
            goodput[altitude_km, hbm_gb, name] = measured(scenario, 2)["goodput"]
cases = [key[:2] for key in goodput if key[2] == "none"]
gained = {case: goodput[(*case, "hardened")] - goodput[(*case, "none")] for case in cases}
print(f"{'km':>6}{'GB':>6}{'none':>9}{'hardened':>10}{'gain':>8}")
for case in cases:
    none, hard = (goodput[(*case, name)] for name in ("none", "hardened"))
    print(f"{case[0]:6,}{case[1]:6}{none:9.1%}{hard:10.1%}{100 * gained[case]:+7.1f} points")

figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for shift, name in ((-0.2, "none"), (0.2, "hardened")):
    ax.bar(np.arange(len(cases)) + shift, [100 * goodput[(*case, name)] for case in cases], 0.38, label=name)
ax.set_xticks(range(len(cases)), [f"{km:,} km\n{gb} GB" for km, gb in cases])
ax.set(ylabel="goodput, %", ylim=(0, 100), title="Error tolerance is worth most where errors are frequent")
ax.legend(frameon=False, ncols=2)
plt.show()
# Pairs of replicates differ by less than a point.
assert -0.02 < gained[650, 32] < 0 < 0.01 < gained[650, 288] < 0.03
assert 0.05 < gained[1000, 32] < gained[1000, 288] < 0.12
costs = {gb: goodput[650, gb, "none"] - goodput[1000, gb, "none"] for gb in (32, 288)}
assert all(0.5 < gained[1000, gb] / costs[gb] < 0.8 for gb in costs)

# %% [markdown]
# The measures cost 5 % of all work, 4 points here, and save what they prevent. For the small chip at 650 km that is
# less than they cost: a gang whose checkpoints cost it next to nothing loses little by an interruption but the
# restart. For today's memories it is a little more, and in higher orbits they come before more shielding: at 1,000 km
# they recover more than half of what the altitude costs.
