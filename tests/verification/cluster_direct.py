"""A terrestrial cluster simulated directly, step by step from the written semantics: slow, short, and nothing of `sim`.

Minutes; parameters by the names of `sim.verify.cluster_case`.  Lives of all hosts are drawn anew whenever the job goes
on, which is the other program's reading for laws that age.
"""

import heapq
import math
import random
from collections import defaultdict
from typing import Any


class Direct:
    """One run."""

    def __init__(self, p: dict[str, Any], removal: dict[str, Any], seed: int) -> None:
        self.p, self.removal, self.rng = p, removal, random.Random(seed)
        total = p["working_pool_size"] + p["spare_pool_size"]
        bad = set(self.rng.sample(range(total), int(total * p["systematic_failure_fraction"])))
        self.bad = [host in bad for host in range(total)]
        self.pool = list(range(p["working_pool_size"]))
        self.spares = list(range(p["working_pool_size"], total))
        self.now, self.events, self.retired = 0.0, [], set()
        self.failures, self.failed_at = 0, defaultdict(list)
        self.score = defaultdict(lambda: removal.get("initial", 0.0))
        self.active, self.standbys = [], []
        if p["bad_server_regeneration"]:
            heapq.heappush(self.events, (p["bad_server_regen_interval"], -1))

    def until(self, day: float) -> None:
        """Let time pass, and repairs end in it."""
        while self.events and self.events[0][0] <= day:
            self.next_event()
        self.now = day

    def next_event(self) -> None:
        p = self.p
        self.now, host = heapq.heappop(self.events)
        if host < 0:
            good = [h for h in range(len(self.bad)) if not self.bad[h] and h not in self.retired]
            count = max(1, int(len(good) * p["systematic_failure_fraction"] * 0.1))
            for h in self.rng.sample(good, count):
                self.bad[h] = True
            heapq.heappush(self.events, (self.now + p["bad_server_regen_interval"], -1))
            return
        if self.fixed.pop(host):
            self.bad[host] = False
        kind = self.removal["kind"]
        if kind == "failures":
            window = self.removal["window_days"]
            since = self.now - (float("inf") if window is None else window * 1440)
            gone = sum(t >= since for t in self.failed_at[host]) >= self.removal["failures"]
        else:
            gone = kind == "score" and self.score[host] <= self.removal["least"]
        self.retired.add(host) if gone else self.back(host)

    def back(self, host: int) -> None:
        self.pool.append(host)
        if len(self.standbys) < self.p["warm_standbys"]:
            self.standbys.append(host)

    fixed: dict[int, bool]

    def mend(self, host: int) -> None:
        p, rng = self.p, self.rng
        time = rng.expovariate(1 / p["auto_repair_time"])
        manual = rng.random() < p["prob_auto_to_manual"]
        if manual:
            time += rng.expovariate(1 / p["manual_repair_time"])
        self.score[host] -= self.removal.get("penalty", 0.0)
        self.fixed[host] = rng.random() >= p["manual_repair_fail_prob" if manual else "auto_repair_fail_prob"]
        heapq.heappush(self.events, (self.now + time, host))

    def select(self) -> bool:
        """Fill the pool and choose hosts; whether that can be done."""
        p = self.p
        wanted = p["job_size"] + p["warm_standbys"]
        if len(self.pool) < p["job_size"]:
            while len(self.pool) < wanted:
                if self.spares:
                    self.until(self.now + p["preemption_wait_time"])
                    self.pool.append(self.spares.pop(0))
                elif len(self.bad) - len(self.retired) < wanted:
                    return False
                else:
                    self.next_event()
        chosen = self.pool[:wanted]
        self.rng.shuffle(chosen)
        self.active, self.standbys = chosen[: p["job_size"]], chosen[p["job_size"] :]
        self.until(self.now + p["host_selection_time"])
        return True

    def life(self, host: int) -> float:
        """Time to the failure of a host that is new."""
        p, rng = self.p, self.rng
        mean = 1 / (p["random_failure_rate"] * (1 + p["systematic_failure_rate_multiplier"] * self.bad[host]))
        if p["failure_distribution"] == "weibull":
            return rng.weibullvariate(mean / math.gamma(1 + 1 / p["weibull_shape"]), p["weibull_shape"])
        if p["failure_distribution"] == "lognormal":
            sigma = p["lognormal_sigma"]
            return rng.lognormvariate(math.log(mean) - 0.5 * sigma**2, sigma)
        return rng.expovariate(1 / mean)

    def fail(self, host: int, ran: float) -> None:
        """A host fails after so long a run."""
        p, rng = self.p, self.rng
        self.failures += 1
        self.failed_at[host].append(self.now)
        if self.removal["kind"] == "score":
            for h in self.active:
                if h != host:
                    self.score[h] += int(ran / (self.removal["credit_days"] * 1440)) * self.removal["credit"]
        self.pool.remove(host)
        if rng.random() >= p["diagnosis_probability"]:
            self.back(host)
        elif rng.random() < p["diagnosis_uncertainty"] and len(self.active) > 1:
            other = rng.choice([h for h in self.active if h != host])
            self.pool.remove(other)
            self.pool.append(host)
            host = other
            self.mend(host)
        else:
            self.mend(host)
        self.until(self.now + p["recovery_time"])
        self.active.remove(host)

    def run(self) -> tuple[float, int]:
        """(training time, failures)."""
        p, self.fixed = self.p, {}
        left = p["job_length"]
        while self.select():
            while True:
                ran, host = min((self.life(h), h) for h in self.active)
                if ran >= left:
                    return self.now + left, self.failures
                left -= ran
                self.until(self.now + ran)
                self.fail(host, ran)
                if not self.standbys:
                    break
                self.active.append(self.standbys.pop(0))
        return self.now, self.failures
