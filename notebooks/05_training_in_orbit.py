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
# # What share of a fleet's GPU-hours turns into training or tokens?
#
# **Question.** What share of a fleet's GPU-hours turns into training or tokens, against the same gang on the ground,
# and which single improvement buys most?
#
# **Verdict.** Of the GPU-hours planned over five years the Suncatcher cluster turns 75 % [73, 77] into training with
# gangs of 256 GPUs and 55 % [53, 56] with one gang of 2,816; on the ground the same gangs make 94 and 85. AI1, which
# serves inference and trains inside single satellites, trains with 19 and sells 58, 77 % [76, 78]; on the ground 99.
#
# | % of hours planned | useful | lost work, restarts | talk of GPUs | dead or not there | reserve, waiting |
# |---|---|---|---|---|---|
# | gangs of 256, orbit | 75.2 | 5.4 | 0.8 | 18.6 | 0.1 |
# | gangs of 256, ground | 94.3 | 1.3 | 0.9 | 0.0 | 3.4 |
# | one gang of 2,816, orbit | 54.6 | 19.2 | 7.0 | 18.6 | 0.6 |
# | one gang of 2,816, ground | 85.1 | 2.2 | 9.3 | 0.0 | 3.4 |
# | AI1, orbit | 77.0 | 1.5 | 0.0 | 19.4 | 2.1 |
# | AI1, ground | 98.6 | 1.4 | 0.0 | 0.0 | 0.0 |
#
# Dead hardware costs 19 points whatever the gang; soft errors cost by its size. A gang of 32 keeps 98 % of the hours in
# which its GPUs live, one of 256 92 %, one of 2,816 67 %. **What buys most depends on the gang.** One gang of the whole
# cluster gains 10.7 points [10.0, 11.4] by pausing through those passes of the South Atlantic Anomaly that cost more
# than the pause, or nearly as much, 9.9 [9.3, 10.5], by noticing silent corruption in six minutes and not an hour; the
# two overlap: with a quick restart as well it gains 13.5 in all.
# Gangs of 256 gain most, 4.0 points [2.2, 5.8], by replacing satellites that have lost many GPUs, but each useful hour
# then costs \$6.88 and not \$5.60; pausing gives them nothing, a lower orbit, a quick restart and early detection two
# points each.
# Inference sells all its text even through ground stations, if it may wait; within a minute stations leave 93 % unsold
# where a relay leaves 1.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Patch
from scipy import stats

import sim
from sim.metrics import waterfall
from sim.shipped import validation_case

SEED, REPLICATES, PAIRS = 1, 4, 3
SMALL, LARGE = 256, 2816
GANGS = {32: 88, SMALL: 11, 1408: 2, LARGE: 1}  # by size, how many: 2,816 of 2,916 GPUs in every case

# %% [markdown]
# ## The same gang on the ground
#
# The ground twin runs on the same engine: the same GPUs, racks (36 or 72 GPUs with the network of a satellite), gangs,
# models and checkpoints. What differs, and where it is from:
#
# | | orbit | ground |
# |---|---|---|
# | interruptions that break nothing | Llama 3's, and radiation | Llama 3's |
# | GPUs and hosts that die | 3 % (and wear-out) and 2 % a year, left dead | as in orbit; exchanged the next day |
# | the rack itself | a bus (2 % a year), debris, batteries in eclipse | mains and cooling never fail |
# | deployment | four monthly flights (AI1: one) | complete on day 0 |
# | replacement | whole satellites (`scheduled_batch`: a look twice a year) | not needed |
#
# Llama 3 (arXiv 2407.21783): 419 unexpected interruptions in 54 days of 16,384 H100. Counts by GPU and by host of eight
# are turned into rates; what the laws above already let die is taken off, so nothing is counted twice. A job stops
# for software by itself about once a day, whatever its size; for a small gang that is an upper bound. `suncatcher_81`
# as shipped has no such interruptions: 76.0 % there are 75.2 here.
#
# Gangs are elastic (they go on with fewer GPUs, at least half) and train 27 million parameters per GPU, so that a step
# takes five seconds in all of them. Every gang checkpoints at its best interval, stands still for .59 s each time,
# and has the copy after 51 s (ByteCheckpoint, arXiv 2407.20143); a restart takes 9 minutes and a minute to notice.

# %%
GPUS, HOSTS, YEARS = 16384, 2048, 54 / 365.25
PER_GPU = {"faulty GPU": 148, "HBM": 72, "SRAM": 19, "system processor": 17, "silent corruption": 6, "thermal": 6}
PER_HOST = {"network": 35, "maintenance": 32, "NIC": 7, "SSD": 3, "power supply": 3, "chassis": 2, "I/O board": 2,
            "CPU": 2, "memory": 2}  # fmt: skip
PER_JOB = {"software": 54, "watchdog": 7, "dependency": 2}
assert sum(sum(counts.values()) for counts in (PER_GPU, PER_HOST, PER_JOB)) == 419
plain = sim.load("suncatcher_81")
dying = plain.reliability.gpu.constant_per_year, plain.reliability.groups["host"].law.rate_per_year
RATES = {
    "gpu": sum(PER_GPU.values()) / GPUS / YEARS - dying[0],
    "host": sum(PER_HOST.values()) / HOSTS / YEARS / 2 - dying[1],  # hosts of four GPUs here, of eight there
    "job": sum(PER_JOB.values()) / YEARS,
}
FIELD = [f"reliability.interruptions.field_{per}={{rate_per_year: {rate}, per: {per}}}" for per, rate in RATES.items()]


def ground(satellites, formation):
    """Settings that make a machine room of a fleet: an orbit without eclipse in which nothing happens."""
    shell = f"kind: sun_synchronous, formation: {formation}, altitude_km: 1400, ltan_h: 6"
    return [
        *FIELD,
        f"constellation.shells=[{{{shell}, satellites_per_plane: {satellites}}}]",
        "constellation.spare_berths_per_plane=0",
        "mission.years=2",  # technicians keep the hardware as new: later years are like these
        "deployment={kind: in_place}",
        "satellite.design_life_years=30",
        "satellite.propulsion.vulnerable_area_m2=0",
        "satellite.links.reacquisition_s=0",
        *(f"satellite.{size}=sized" for size in ("array.area_m2", "battery.capacity_kwh", "radiator.area_m2")),
        "satellite.radiator.tube_fraction=0",
        "radiation.solar_protons=false",
        "radiation.wear.end_median_krad=1e9",
        *(f"radiation.effects.{name}=null" for name in plain.radiation.effects),
        "reliability.stress={activation_energy_ev: 0, cycling_share: 0}",
        "reliability.bus={kind: exponential, rate_per_year: 0}",
        "servicing={kind: technicians, mends: [gpus, groups], success_probability: 1,"
        " depot: {parts: 200, reorder_level: 100}}",
        "strategies.robotic_servicing={review_period_days: 1, dead_gpu_fraction: 0, worth_a_visit: 0.001}",
        "strategy=robotic_servicing",
        "ground=null",
    ]


def gang(gpus):
    """Settings of the gangs of a size."""
    return [
        f"workload.jobs.0.gpus={gpus}",
        f"workload.jobs.0.count={GANGS[gpus]}",
        f"workload.jobs.0.model.parameters={7e9 * gpus / 256}",
    ]


def shares(scenario, replicates=REPLICATES):
    """By class the percentage of all planned GPU-hours in each replicate, shape (replicates,), and other metrics."""
    runs = [sim.run(scenario, seed=SEED, replicate=r) for r in range(replicates)]
    measured = [sim.measure(run) for run in runs]
    values = {name: np.array([one[name] for one in measured]) for name in sim.METRICS}
    found = {name: 100 * hours / (runs[0].nameplate_gpus * runs[0].horizon_days * 24)
             for name, hours in waterfall(values).items()}  # fmt: skip
    found["not alive"] = 100 - sum(found.values())
    found["alive and wanted"] = 100 - found["not alive"] - found["idle"] - found["stranded"]
    return found | values | {"days": runs[0].horizon_days}


def interval(values):
    """Mean over the replicates, and how far its 95 % interval (Student) reaches to either side."""
    return float(np.mean(values)), float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))


def text(values, digits=1):
    mean, reach = interval(values)
    return f"{mean:.{digits}f} ± {reach:.{digits}f}"


orbit = {size: shares(sim.load("suncatcher_81", set_=[*FIELD, *gang(size)])) for size in GANGS}
on_ground = {size: shares(sim.load("suncatcher_81", set_=[*ground(81, "cluster"), *gang(size)])) for size in GANGS}
ai1 = shares(sim.load("spacex_ai1", set_=FIELD))
ai1_ground = shares(sim.load("spacex_ai1", set_=ground(40, "spaced")))
shipped = shares(plain)
llama = shares(sim.load(validation_case("llama3_ground")))
print(f"Llama 3's own 54 days, 16,384 GPUs: {text(llama['useful'])} % useful; the paper says more than 90 %")
print(f"suncatcher_81 as shipped, without Llama 3's interruptions: {text(shipped['useful'])} % of the planned hours")

# %% [markdown]
# ## 1. Where the GPU-hours go
#
# Percentages of all hours that the planned GPUs could give over five years (two on the ground): means of four
# replicates, with 95 % intervals.

# %%
FLEETS = {
    "Suncatcher, gangs of 256: in orbit": orbit[SMALL],
    "the same on the ground": on_ground[SMALL],
    "Suncatcher, one gang of 2,816: in orbit": orbit[LARGE],
    "the same on the ground ": on_ground[LARGE],
    "AI1, inference and gangs of 72: in orbit": ai1,
    "the same on the ground  ": ai1_ground,
}
PARTS = {
    "training": ("#0072B2", lambda one: one["useful"] - one["inference"]),
    "inference": ("#56B4E9", lambda one: one["inference"]),
    "work lost or repeated": ("#D55E00", lambda one: one["lost"]),
    "restart, detection, checkpoints": ("#E69F00", lambda one: one["restart"] + one["detection"] + one["checkpoint"]),
    "talk between GPUs": ("#009E73", lambda one: one["link"]),
    "waiting, low power": ("#CC79A7", lambda one: sum(one[n] for n in ("waiting", "throttled", "eclipse", "unsold"))),
    "reserve, no gang wants it": ("#DDDDDD", lambda one: one["idle"] + one["stranded"]),
    "dead, or not yet in orbit": ("#777777", lambda one: one["not alive"]),
}  # fmt: skip
for one in FLEETS.values():
    one["inference"] = one["useful"] * one["inference_gpu_hours"] / one["useful_gpu_hours"]

NAMES = [f"{fleet}, {place}" for fleet in ("256", "2,816", "AI1") for place in ("orbit", "ground")]
print(f"{'':34}" + "".join(f"{name:>16}" for name in NAMES))
for part, (_, of) in PARTS.items():
    print(f"{part:34}" + "".join(f"{text(of(one)):>16}" for one in FLEETS.values()))
print(f"{'useful':34}" + "".join(f"{text(one['useful']):>16}" for one in FLEETS.values()))
whole = [100 * one["useful"] / one["alive and wanted"] for one in FLEETS.values()]
print(f"{'useful, of the hours alive':34}" + "".join(f"{text(values):>16}" for values in whole))

figure, axis = plt.subplots(figsize=(11, 4.6), layout="constrained")
rows = [0, 1, 2.5, 3.5, 5, 6]
left = np.zeros(len(FLEETS))
for part, (colour, of) in PARTS.items():
    width = np.array([of(one).mean() for one in FLEETS.values()])
    axis.barh(rows, width, left=left, color=colour, label=part, height=0.8)
    for row, start, wide in zip(rows, left, width, strict=True):
        if wide > 2.5:
            axis.text(start + wide / 2, row, f"{wide:.0f}", ha="center", va="center", fontsize=9,
                      color="white" if part in ("training", "dead, or not yet in orbit") else "black")  # fmt: skip
    left += width
axis.set_yticks(rows, [name.strip() for name in FLEETS])
axis.set(ylim=(6.6, -0.6), xlim=(0, 100), xlabel="% of the GPU-hours planned")
axis.set_title(
    "In orbit dead hardware takes a fifth of the hours;\n"
    "one gang of the whole cluster loses another fifth to lost work, restarts and checkpoints",
    loc="left",
)
figure.legend(loc="outside lower center", ncols=4, frameon=False)
plt.show()


def holds(values, stated):
    """What the text says lies within two standard errors, or a third of a point where these are small."""
    assert abs(np.mean(values) - stated) < max(2 * stats.sem(values), 0.33), (stated, np.mean(values))


for one, stated in zip(FLEETS.values(), (75.2, 94.3, 54.6, 85.1, 77.0, 98.6), strict=True):
    holds(one["useful"], stated)
for one in (orbit[SMALL], orbit[LARGE], ai1):
    holds(one["not alive"], 19)
holds(sum(PARTS[part][1](orbit[LARGE]) for part in ("work lost or repeated", "restart, detection, checkpoints")), 19.2)
holds(shipped["useful"], 76.0)
assert all(one["not alive"].max() < 0.1 for one in (*on_ground.values(), ai1_ground))
assert llama["useful"].min() > 90

# %% [markdown]
# With gangs of 256 the cluster gives 75 % of the planned hours to training where the ground gives 94. Hardware is most
# of the gap: 19 points are GPUs that died and were not replaced, or that were still waiting for their flight in the
# first four months. Radiation takes some four points more. One gang of the whole cluster keeps 55 %: every soft error
# anywhere stops all 2,816 GPUs. Talk between GPUs is no matter of orbit: both have the same network, over which all
# GPUs sum up all gradients, and the ground talks more because more of its GPUs are alive.
#
# AI1 has little to lose to soft errors: its gangs lie within one satellite, and inference is independent replicas. All
# but 2.3 of the 22 points between 77 and 99 % are dead hardware; one point in both is what stronger memory codes take.
# Soft errors of inference are not simulated: with about eight interruptions a chip-year and ten minutes for each a
# replica of four would lose less than .1 %.
#
# ## 2. The larger the gang, the less it keeps
#
# All gangs of a fleet together hold 2,816 of its 2,916 GPUs, in 88, 11, 2 or 1 gangs. Left: of all hours planned.
# Right: of the hours in which GPUs were alive and a gang wanted them, so that dead hardware is left out.


# %%
def kept(one):
    return 100 * one["useful"] / one["alive and wanted"]


print(f"{'':6}{'useful, % of planned':>28}{'useful, % of alive':>28}{'interruptions a gang-day':>28}")
print(f"{'gang':>6}" + 3 * f"{'orbit':>14}{'ground':>14}")
for size, count in GANGS.items():
    both = orbit[size], on_ground[size]
    cells = [text(one["useful"]) for one in both] + [text(kept(one)) for one in both]
    cells += [f"{one['job_interruptions'].mean() / count / one['days']:.1f}" for one in both]
    print(f"{size:6,}" + "".join(f"{cell:>14}" for cell in cells))

figure, (planned, alive) = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True, layout="constrained")
for label, fleet, colour in (("ground", on_ground, "#009E73"), ("orbit", orbit, "#0072B2")):
    useful = [interval(one["useful"]) for one in fleet.values()]
    ready = [one["alive and wanted"].mean() for one in fleet.values()]
    planned.plot(list(GANGS), ready, "--", color=colour, linewidth=1.2)
    planned.errorbar(list(GANGS), [m for m, _ in useful], [r for _, r in useful], fmt="o-", color=colour, capsize=3)
    planned.text(34, ready[0] + 0.6, f"{label}: alive and wanted", color=colour, fontsize=9, va="bottom")
    planned.text(LARGE * 1.12, useful[-1][0], f"{label}:\nuseful", color=colour, va="center")
    shared = [interval(kept(one)) for one in fleet.values()]
    alive.errorbar(list(GANGS), [m for m, _ in shared], [r for _, r in shared], fmt="o-", color=colour, capsize=3)
    alive.text(LARGE * 1.12, shared[-1][0], label, color=colour, va="center")
mean, reach = interval(llama["useful"])
alive.errorbar([16384], [mean], [reach], fmt="D", color="black", capsize=3)
alive.annotate("Llama 3's rates,\n16,384 GPUs,\nno talk between GPUs", (16384, mean), (-4, -10),
               textcoords="offset points", ha="center", va="top", fontsize=8)  # fmt: skip
planned.set(ylabel="%", title="of all hours planned", xlim=(28, 7000))
alive.set(title="of the hours alive and wanted", xlim=(28, 60000))
for panel in (planned, alive):
    panel.set(xscale="log", xlabel="GPUs in a gang", ylim=(45, 101))
    panel.set_xticks(list(GANGS), [f"{size:,}" for size in GANGS])
    panel.minorticks_off()
    panel.grid(alpha=0.3)
figure.suptitle(
    "From 32 to 2,816 GPUs a gang loses 10 points on the ground and 25 in orbit; dead hardware takes 19 at any size"
)
plt.show()

for size, here, there in ((32, 97.8, 98.7), (SMALL, 92.4, 97.7), (1408, 77.6, 93.2), (LARGE, 67.1, 88.2)):
    holds(kept(orbit[size]), here)
    holds(kept(on_ground[size]), there)
holds(orbit[32]["useful"] - orbit[LARGE]["useful"], 25)
holds(on_ground[32]["useful"] - on_ground[LARGE]["useful"], 10.2)
talk = on_ground[LARGE]["link"].mean() / (on_ground[LARGE]["alive and wanted"] - on_ground[LARGE]["useful"]).mean()
assert 0.75 < talk < 0.87

# %% [markdown]
# Hardware dies at its own pace, whatever runs on it: the dashed lines. What a gang loses of the hours alive grows with
# its size, in orbit three times as fast as on the ground, where four fifths of it is talk. A gang of 32, on one
# satellite, keeps 98 % of its hours alive in orbit, a point less than on the ground. Something stops a gang of 2,816
# every half an hour in the mean, nearly always in a pass of the South Atlantic Anomaly. Llama 3's 16,384 GPUs, stopped
# eight times a day, kept as much as a gang of 256 does in orbit.
#
# ## 3. Which single improvement buys most?
#
# Each change alone, with the same luck as the fleet without it (common random numbers), so the differences are paired:
# points of all hours planned, mean of three replicates and 95 % interval.

# %%
SHELL = "kind: sun_synchronous, formation: cluster, ltan_h: 6, satellites_per_plane: 81"
SOFTWARE, ORBIT, HARDWARE = "software and operations", "design of satellite and orbit", "replacement of satellites"
IMPROVEMENTS = {
    "pause through Anomaly passes that cost more": (SOFTWARE, ["workload.jobs.0.in_passes=best"]),
    "notice silent corruption in 6 min, not 1 h": (SOFTWARE, ["radiation.detection_delay_h=0.1"]),
    "checksums: find 90 % of it at once, 3 % slower": (
        SOFTWARE,
        ["radiation.mitigations.checksums={detects_silent: 0.9, throughput_cost: 0.03}"],
    ),
    "restart in 1 min, not 9": (SOFTWARE, ["workload.jobs.0.restart_min=1"]),
    "memory codes: 90 % of errors corrected, 2 % slower": (
        SOFTWARE,
        ["radiation.mitigations.memory_codes={corrects: {memory_error: 0.9}, throughput_cost: 0.02}"],
    ),
    "orbit at 550 km, not 650": (ORBIT, [f"constellation.shells=[{{{SHELL}, altitude_km: 550}}]"]),
    "20 mm of shield, not 10": (ORBIT, ["satellite.shield.thickness_mm=20"]),
    "links between satellites four times as fast": (
        ORBIT,
        [f"satellite.links.rate_gb_s={4 * plain.satellite.links.rate_gb_s}"],
    ),
    "five spares in orbit": (HARDWARE, ["strategy=on_orbit_spares"]),
    "replace satellites that have lost many GPUs": (HARDWARE, ["strategy=condition_based"]),
}
TOGETHER = [setting for name in list(IMPROVEMENTS)[:2] for setting in IMPROVEMENTS[name][1]] + [
    "workload.jobs.0.restart_min=1"
]
WORSE = {
    "never replace a satellite": ["strategy=run_to_failure"],
    "a gang that lost GPUs restarts elsewhere": ["workload.jobs.0.on_loss=restart_elsewhere"],
    "a gang that lost GPUs waits for new ones": ["workload.jobs.0.on_loss=wait"],
}


def changed(size, *settings):
    return shares(sim.load("suncatcher_81", set_=[*FIELD, *gang(size), *settings]), PAIRS)


alone = {name: settings for name, (_, settings) in IMPROVEMENTS.items()}
variants = {
    (name, size): changed(size, *settings)
    for name, settings in (alone | {"the first two and the restart together": TOGETHER} | WORSE).items()
    for size in (SMALL, LARGE)
    if size == SMALL or name not in WORSE or "waits" in name
    if size == LARGE or name in alone | WORSE
}
gain = {(name, size): one["useful"] - orbit[size]["useful"][:PAIRS] for (name, size), one in variants.items()}
print(f"{'points of useful GPU-hours, of all planned':52}{f'gangs of {SMALL}':>18}{f'one of {LARGE:,}':>18}")
for name in dict.fromkeys(name for name, _ in gain):
    cells = [text(gain[name, size]) if (name, size) in gain else "" for size in (SMALL, LARGE)]
    print(f"{name:52}" + "".join(f"{cell:>18}" for cell in cells))


def usd(one):
    """Cost of a useful GPU-hour: mean cost over mean hours, both discounted to the mission's first day."""
    hours = one["discounted_useful_gpu_hours"]
    return float(one["total_cost_usd"][:PAIRS].mean() / hours[:PAIRS].mean())


bought = [name for name, (kind, _) in IMPROVEMENTS.items() if kind == HARDWARE]
price = {name: usd(variants[name, SMALL]) for name in bought} | {"as it is": usd(orbit[SMALL])}
print(f"USD per useful GPU-hour, gangs of {SMALL}:", {name: round(cost, 2) for name, cost in price.items()})

order = sorted(IMPROVEMENTS, key=lambda name: gain[name, LARGE].mean())
colours = dict(zip((SOFTWARE, ORBIT, HARDWARE), ("#0072B2", "#E69F00", "#777777"), strict=True))
figure, panels = plt.subplots(1, 2, figsize=(11, 4.8), sharey=True, sharex=True, layout="constrained")
for panel, size in zip(panels, (LARGE, SMALL), strict=True):
    for row, name in enumerate(order):
        mean, reach = interval(gain[name, size])
        panel.barh(row, mean, xerr=reach, color=colours[IMPROVEMENTS[name][0]], capsize=3, height=0.7)
        panel.text(max(mean + reach, 0) + 0.2, row, f"{mean:+.1f}", va="center", fontsize=9)
    panel.axvline(0, color="black", linewidth=0.8)
    panel.set_yticks(range(len(order)), order)
    panel.set(xlabel="points of useful GPU-hours gained, of all planned", xlim=(-1.5, 13.5))
panels[0].set_title(f"one gang of {LARGE:,}: {orbit[LARGE]['useful'].mean():.0f} % useful")
panels[1].set_title(f"gangs of {SMALL}: {orbit[SMALL]['useful'].mean():.0f} % useful")
figure.legend(handles=[Patch(color=colour, label=name) for name, colour in colours.items()],
              loc="outside lower center", ncols=3, frameon=False)  # fmt: skip
figure.suptitle("A large gang gains most by pausing through the Anomaly, small ones by replacing dead GPUs")
plt.show()

GAINED = ((10.7, 0.0), (9.9, 1.8), (6.6, -0.5), (3.5, 1.8), (0.1, -0.5), (5.2, 1.9), (1.8, 0.7), (1.2, 0.1), (0.6, 0.9),
          (2.6, 4.0))  # fmt: skip
for name, (large, small) in zip(IMPROVEMENTS, GAINED, strict=True):
    holds(gain[name, LARGE], large)
    holds(gain[name, SMALL], small)
holds(gain["the first two and the restart together", LARGE], 13.5)
best_of = {size: max(IMPROVEMENTS, key=lambda name: gain[name, size].mean()) for size in (SMALL, LARGE)}
assert best_of == {SMALL: list(IMPROVEMENTS)[-1], LARGE: next(iter(IMPROVEMENTS))}
assert gain["the first two and the restart together", LARGE].mean() < sum(
    gain[name, LARGE].mean() for name in list(IMPROVEMENTS)[:2]
)
assert variants["a gang that lost GPUs waits for new ones", LARGE]["useful"].max() < 10
assert np.allclose((price[list(IMPROVEMENTS)[-1]], price["as it is"]), (6.88, 5.60), atol=0.1)
assert gain["a gang that lost GPUs waits for new ones", SMALL].max() < -25
holds(gain["a gang that lost GPUs restarts elsewhere", SMALL], -4.1)

# %% [markdown]
# **One gang of the whole cluster.** Two changes of software are worth about ten points each, a fifth more training from
# the same satellites. Passes of the Anomaly are known days ahead; a gang that stands still through those in which it
# would lose more than the wait gives up some four per cent of its time and keeps the rest of its work. Or it notices
# silent corruption in six minutes: all work since is rolled back, and after an hour that is far more than any other
# error takes. Both save much the same hours, so with a quick restart on top all three give 13.5 points and not 24. A
# lower orbit alone brings half as much as the pause, without new software. Faster links save 1.2 of the 7 points of
# talk: the rest is between GPUs of one satellite.
#
# **Gangs of 256.** No software brings more than two points, since there is no more to gain: pausing brings nothing, as
# so small a gang seldom loses as much in a pass as the wait takes; checksums and stronger memory codes cost more than
# they bring. What is left is dead hardware: replacing satellites that have lost many GPUs gives four points, and a
# useful GPU-hour then costs \$6.88 instead of \$5.60 (money and hours discounted at 10 % a year), for all the flights.
# The cheap points are a restart in a minute and corruption noticed in six, 1.8 each.
#
# **What not to do.** A gang of 256 that keeps what it has and waits for new GPUs turns 55 [29, 80] points fewer into
# training; one of 2,816 trains for some 3 % of the hours in all, since so many of 2,916 GPUs are alive at once only
# while the cluster is new, if ever. Restarting elsewhere costs four. Elastic gangs are the first thing that training
# software needs in orbit. Never replacing a satellite costs some three points, which three replicates do not tell from
# nothing.
#
# Costs that are not computed: noticing corruption in minutes means comparing states or gradients all the time; a
# restart in a minute needs standby processes and state in memory; 550 km means several times the drag, with a tank to
# match; 20 mm of shield are 108 kg more a satellite (the scenario's mass is given and does not grow with it).
#
# ## 4. Tokens, and what inference sells
#
# `spacex_ai1` trains in ten gangs, each inside one satellite, and serves inference with all other GPUs. Its output goes
# through a relay constellation as shipped, or to eight ground stations by laser (`overlays/ground_stations`). Text is
# 175 bytes a token; images and video are taken as 200 times as many. An answer may wait for the next contact, or is
# wanted within a minute.

# %%
STATIONS = ("overlays/ground_stations",), ["ground.relay=null"]
IN_A_MINUTE, VIDEO = "workload.inference.0.latency_limit_s=60", "workload.inference.0.bits_per_flop=2e-6"
WAYS = {
    "text, may wait: relay": ((), []),
    "text, may wait: ground stations": STATIONS,
    "text, may wait: ground stations, radio of 1 Gb/s": (STATIONS[0], [*STATIONS[1], "ground.downlink_gb_s=1"]),
    "text within a minute: relay": ((), [IN_A_MINUTE]),
    "text within a minute: ground stations": (STATIONS[0], [*STATIONS[1], IN_A_MINUTE]),
    "video, may wait: relay": ((), [VIDEO]),
    "video, may wait: ground stations": (STATIONS[0], [*STATIONS[1], VIDEO]),
}
sold = {
    name: shares(sim.load("spacex_ai1", *overlays, set_=[*FIELD, *settings]), 2) if settings else ai1
    for name, (overlays, settings) in WAYS.items()
}


def unsold(one):
    """Percentage of the output of inference that could not be sent."""
    return 100 * one["unsold_gpu_hours"] / (one["unsold_gpu_hours"] + one["inference_gpu_hours"])


print(f"{'':52}{'unsold, % of output':>22}{'useful, % of planned':>24}")
for name, one in sold.items():
    print(f"{name:52}{text(unsold(one)):>22}{one['useful'].mean():24.1f}")
models = {"Suncatcher, 7e9 parameters": orbit[SMALL], "AI1, 70e9 parameters": ai1}
for name, one in models.items():
    hours = one["useful_gpu_hours"] - one["inference_gpu_hours"]
    print(f"{name}: {(one['tokens'] / hours).mean() / 1e6:.1f} million tokens trained per useful GPU-hour of training")
served = (ai1["tokens_served"] / ai1["inference_gpu_hours"]).mean() / 1e6
print(f"AI1: {served:.1f} million tokens served per GPU-hour of inference sold (assumed: 1,000 a second and GPU)")

figure, axis = plt.subplots(figsize=(10, 3.6), layout="constrained")
for row, one in enumerate(sold.values()):
    mean = unsold(one).mean()
    axis.barh(row, 100 - mean, color="#56B4E9", height=0.7, label="sold" if row == 0 else None)
    axis.barh(row, mean, left=100 - mean, color="#D55E00", height=0.7, label="could not be sent" if row == 0 else None)
    axis.text(101, row, f"{mean:.0f} % unsold", va="center", fontsize=9)
axis.set_yticks(range(len(sold)), list(sold))
axis.set(ylim=(len(sold) - 0.5, -0.5), xlim=(0, 117), xlabel="% of what inference on AI1 puts out")
axis.set_xticks(range(0, 101, 20))
figure.suptitle("Ground stations carry text that may wait; answers within a minute, and video, need the relay")
figure.legend(loc="outside lower center", ncols=2, frameon=False)
plt.show()

for name, stated in zip(WAYS, (0, 0, 3.1, 1.0, 92.6, 0, 81.1), strict=True):
    holds(unsold(sold[name]), stated)

# %% [markdown]
# Text is so little that the shipped relay, or eight stations by laser, bring all of it down; a radio of 1 Gb/s loses
# 3 %. What a satellite gives to stations is bounded by time, not by rate: over eight, each clear for two thirds
# of the time, it can send for 6 % of the day, so 93 % of the answers wanted within a minute find no way down in time.
# Video fills even the laser: 81 % stay aboard. The relay brings all of that down as well.
#
# A useful GPU-hour is 31 million tokens of training for Suncatcher's model of 7 billion parameters and 14 million for
# AI1's of 70 billion (both from peak, MFU and 6 FLOPs a parameter and token), and 3.6 million tokens served, by
# assumption.
#
# ## What would change the answer
#
# - **Failure rates of hardware in orbit** are assumptions; dead hardware, a fifth of all hours, moves with them.
# - **The delay of detection** (an hour; range 6 minutes to a day) and the **harmful share of silent corruptions** (a
#   tenth) decide what a large gang keeps; both are assumptions, and the first thing to measure.
# - **AP-8's fluxes** are good to a factor of two: half or twice the soft errors.
# - **Technicians who exchange a GPU within a day** and mains that never fail flatter the ground by some tenths of a
#   point.
# - **Not here:** several gangs that share a pool in other orbits; inference's own soft errors; what faster chips would
#   do.
