#!/usr/bin/env python3
"""Holds each property of tests/k8s/properties.py against a rendered overlay.

    manifests.py check OVERLAY FILE      every property; what is broken, a line each
    manifests.py break OVERLAY FILE      breaks each property and sees it fail (tests/k8s/mutations.py)
    manifests.py targets FILE FOLDER     writes the ConfigMap's files there
    manifests.py pod NAME FILE           a pod for use beside an overlay, as k8s/client.yaml

Exit status: 0 as it should be, 1 not.
"""
import copy
import os
import sys

import mutations
import mutations_pods
import properties_pods  # noqa: F401 (lists its properties)
from properties import COMPONENT, NAME, config_of, equal, properties, restricted
from rendered import load


def broken(objects, overlay, judged):
    """{name of a property: what is wrong}, of those judged"""
    found = {}
    for one in judged:
        try:
            one(objects, overlay)
        except Exception as error:  # what is missing raises KeyError, IndexError, ...
            found[one.__name__] = f"{type(error).__name__}: {error}"
    return found


def check(overlay, path):
    judged = properties(overlay)
    found = broken(load(path), overlay, judged)
    for name, why in found.items():
        print(f"{overlay}: {name}: {why}")
    print(f"{overlay}: {len(judged) - len(found)} properties hold, {len(found)} do not")
    return not found


def break_each(overlay, path):
    original = load(path)
    judged = {one.__name__: one for one in properties(overlay)}
    never = set(judged)
    unseen = 0
    for property_name, what, mutate in mutations.MUTATIONS + mutations_pods.MUTATIONS:
        if property_name not in judged:
            continue
        objects = copy.deepcopy(original)
        mutate(objects)
        if broken(objects, overlay, [judged[property_name]]):
            never.discard(property_name)
        else:
            unseen += 1
            print(f"{overlay}: nobody sees: {what} ({property_name})")
    for name in sorted(never):
        print(f"{overlay}: {name} was never seen to fail")
    return not never and not unseen


def write_targets(path, folder):
    config = config_of(load(path), "targets")
    for name, text in config["data"].items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    return True


def check_pod(name, path):
    pod = load(path)[f"Pod/{name}"]
    restricted(name, pod["spec"], set())
    equal("labels", [pod["metadata"]["labels"].get(key) for key in (NAME, COMPONENT)], [name, name])
    for key in ("automountServiceAccountToken", "enableServiceLinks"):
        equal(key, pod["spec"].get(key), False)
    return True


COMMANDS = {"check": check, "break": break_each, "targets": write_targets, "pod": check_pod}

if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    sys.exit(0 if COMMANDS[sys.argv[1]](*sys.argv[2:]) else 1)
