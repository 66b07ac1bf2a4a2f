"""Where Poisson arrivals at a server in a CPU quota miss an SLO: a simulation of its queue.

First in, first out, one thread. In each period of 100 ms the server has quota * 100 ms of CPU; when that
is used up it stands still until the next period. Every request costs the same CPU time.
"""

import random

PERIOD_S = 0.1


def latencies(rate, cost_s, quota, duration_s, rng):
    """Seconds, of exactly rate * duration requests at random times."""
    count = int(round(rate * duration_s))
    arrivals = sorted(rng.uniform(0, duration_s) for _ in range(count))
    budget_s = quota * PERIOD_S
    phase_s = rng.uniform(0, PERIOD_S)  # of the periods, when the run begins
    now_s, left_s, period = 0.0, budget_s, 0
    result = []
    for arrival in arrivals:
        now_s = max(now_s, arrival)
        need_s = cost_s
        while True:
            current = int((now_s + phase_s) / PERIOD_S)
            if current > period:
                period, left_s = current, budget_s
            end_s = (period + 1) * PERIOD_S - phase_s
            run_s = min(need_s, left_s, end_s - now_s)
            now_s += run_s
            left_s -= run_s
            need_s -= run_s
            if need_s <= 1e-12:
                break
            now_s = end_s + 1e-12
        result.append(now_s - arrival)
    return result


def nearest_rank(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, max(0, -int(-part * len(values) // 1) - 1))]


def is_good(rate, cost_s, quota, duration_s, limit_s, rng):
    return nearest_rank(latencies(rate, cost_s, quota, duration_s, rng), 0.99) < limit_s


def crossing(cost_s, quota, limit_s, duration_s, trials=41, seed=1):
    """The rate at which half of the trials miss p99 < limit, by bisection to 0.2 %."""
    low, high = 0.3 * quota / cost_s, 1.05 * quota / cost_s
    while high / low > 1.002:
        rate = (low * high) ** 0.5
        rng = random.Random(seed)
        good = sum(is_good(rate, cost_s, quota, duration_s, limit_s, rng) for _ in range(trials))
        low, high = (rate, high) if 2 * good > trials else (low, rate)
    return (low * high) ** 0.5
