#!/usr/bin/env python3
"""Compares our JSON report with vegeta's of the same results.

    vegeta_report.py VEGETAS OURS

All that vegeta says is to be there and equal, but for what it only estimates: its percentiles, where
ours are within 0.1 % of the true ones by nearest rank, its rate of N requests in N - 1 intervals, and
the local ports in the texts of errors.
"""

import json
import re
import sys

PERCENTILES = {"50th": 42804485, "90th": 59644114, "95th": 64559710, "99th": 70898010}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        vegetas = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        ours = json.load(file)
    wrong = []
    for key, true in PERCENTILES.items():
        del vegetas["latencies"][key]
        value = ours["latencies"].pop(key)
        if abs(value - true) > true / 1000:
            wrong.append(f"{key} is {value} and not {true} within 0.1 %")
    vegetas["rate"] = (vegetas["requests"] - 1) / (vegetas["duration"] / 1e9)
    vegetas["errors"] = [re.sub(r":\d+->", "->", text) for text in vegetas["errors"]]
    for key, value in vegetas.items():
        same = ours[key] == value
        if isinstance(value, float):
            same = abs(ours[key] - value) < 1e-9 * value
        if not same:
            wrong.append(f"{key} is {ours[key]} and not {value}")
    order = [key for key in ours if key in vegetas]
    if order != list(vegetas):
        wrong.append(f"the order of keys is {order}")
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(1 if wrong else 0)


main()
