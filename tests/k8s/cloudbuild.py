#!/usr/bin/env python3
"""cloudbuild.yaml without Google: its rules, and its steps as they are written.

    cloudbuild.py check FILE               what Cloud Build would refuse, and our own rules
    cloudbuild.py break FILE               breaks each rule and sees `check` notice
    cloudbuild.py steps FILE               the steps' ids, in an order that waitFor allows
    cloudbuild.py run FILE STEP [_X=Y]...  runs a step's command here, as its container would

Exit status: 0 as it should be, 1 not, of `run` the step's own.
"""
import os
import re
import subprocess
import sys

import yaml

BUILT_IN = {"PROJECT_ID": "test-project", "BUILD_ID": "11111111-2222-3333-4444-555555555555",
            "PROJECT_NUMBER": "1", "LOCATION": "global"}
WORD = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")
PINNED = re.compile(r"(:\d+(\.\d+)+(-slim)?|@sha256:[0-9a-f]{64})$")


class Refused(Exception):
    pass


def replace(text, values):
    """$NAME and ${NAME} by their values, $$ by $."""
    def one(match):
        name = match[1] or match[2]
        if not name:
            return "$"
        if name not in values:
            raise Refused(f"${name} is neither built in nor declared")
        return values[name]
    return WORD.sub(one, text)


def words(text):
    return {match[1] or match[2] for match in WORD.finditer(text)} - {None}


def values_of(build, given=()):
    """Declared substitutions may name others: dynamicSubstitutions."""
    values = {**BUILT_IN, **build["substitutions"], **dict(one.split("=", 1) for one in given)}
    for _ in build["substitutions"]:
        values = {key: replace(value, values) for key, value in values.items()}
    return values


def texts(build):
    for step in build["steps"]:
        yield from [*step.get("args", []), *step.get("env", [])]


def order(build):
    """The steps, each after those that it waits for."""
    done, left = [], list(build["steps"])
    while left:
        ready = [step for step in left
                 if set(step.get("waitFor", ["-"])) <= {"-", *(one["id"] for one in done)}]
        if not ready:
            raise Refused(f"steps wait for each other or for nobody: {[one['id'] for one in left]}")
        done += ready
        left = [step for step in left if step not in ready]
    return done


def waits_for(build, step_id):
    """All that has ended when a step begins."""
    direct = {step["id"]: set(step["waitFor"]) - {"-"} for step in build["steps"]}
    found, new = set(), {step_id}
    while new:
        new = set().union(*(direct[one] for one in new)) - found
        found |= new
    return found


def pushes(step):
    """What it pushes, as it is written, with the words of the loops around it."""
    text = "".join(step.get("args", []))
    loops = " ".join(":" + word for words in re.findall(r"for tag in ([^;]*);", text) for word in words.split())
    return loops + text if "docker push" in text else ""


def faults(build):
    declared = build["substitutions"]
    for name, value in declared.items():
        if not name.startswith("_") or not isinstance(value, str):
            yield f"{name}: own substitutions begin with _ and are text"
            return
    used = set().union(*(words(text) for text in texts(build)))
    in_others = set().union(*(words(text) for text in declared.values()))
    for name in sorted((used | in_others) - set(declared) - set(BUILT_IN)):
        yield f"{name} is not declared"
    for name in sorted(set(declared) - used - in_others):
        yield f"{name} is declared and not used"
    if in_others and not build.get("options", {}).get("dynamicSubstitutions"):
        yield "substitutions name others without dynamicSubstitutions"
    if (declared.get("_TAG"), declared.get("_CHECK"), declared.get("_DEPLOY")) != ("${BUILD_ID}", "true", "false"):
        yield "unless asked for, _TAG is the build's id, all is checked and nothing deployed"
    ids = [step.get("id") for step in build["steps"]]
    if None in ids or len(set(ids)) != len(ids):
        yield f"ids: {ids}"
        return
    for step in build["steps"]:
        if not PINNED.search(step["name"]):
            yield f"{step['id']}: {step['name']} has no full version"
        if "waitFor" not in step:
            yield f"{step['id']} does not say for what it waits"
            return
    try:
        order(build)
        for step in build["steps"]:
            if ":latest" in pushes(step) and "check" not in waits_for(build, step["id"]):
                yield f"{step['id']} pushes latest unchecked"
        if "push" not in waits_for(build, "deploy"):
            yield "what is not pushed is deployed"
        if "check" in waits_for(build, "deploy"):
            yield "the images of this build, or their deployment, wait for the check"
        values = values_of(build)
        for text in texts(build):
            replace(text, values)
    except Refused as refusal:
        yield str(refusal)


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def check(path):
    found = list(faults(load(path)))
    print("\n".join(f"{path}: {one}" for one in found) or f"{path}: as it should be")
    return not found


MUTATIONS = [
    ("a substitution is not declared", "  _CLUSTER: headroom\n", ""),
    ("one is not used", "  _CLUSTER: headroom\n", "  _CLUSTER: headroom\n  _OTHER: x\n"),
    ("one is not text", "_DEPLOY: 'false'", "_DEPLOY: false"),
    ("deployed without being asked", "_DEPLOY: 'false'", "_DEPLOY: 'true'"),
    ("the tag is a constant", "_TAG: ${BUILD_ID}", "_TAG: latest"),
    ("names of substitutions stay as they are", "  dynamicSubstitutions: true\n", "  dynamicSubstitutions: false\n"),
    ("a step without id", "  - id: push\n    name", "  - name"),
    ("two steps with one id", "id: push", "id: build"),
    ("a moving version", "docker:24.0.9", "docker:latest"),
    ("half a version", "debian:12.11-slim", "debian:12-slim"),
    ("no version", "google-cloud-cli:528.0.0", "google-cloud-cli"),
    ("a shell's variable without $$", "$$image:$$stage", "$image:$$stage"),
    ("waits for nobody", "waitFor: [build]", "waitFor: [publish]"),
    ("does not say for what it waits", "    waitFor: [build]\n", ""),
    ("latest pushed unchecked", "waitFor: [push, check]", "waitFor: [push]"),
    ("latest pushed with the build's own tag", "for tag in ${_TAG} build", "for tag in ${_TAG} latest build"),
    ("deployed before it is pushed", "waitFor: [push]", "waitFor: [build]"),
    ("the deployment waits for the check", "waitFor: [push]", "waitFor: [push-latest]"),
    ("images wait for the check", "waitFor: [build]", "waitFor: [build, check]"),
    ("nothing is checked", "_CHECK: 'true'", "_CHECK: 'false'"),
]


def break_each(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    unseen = 0
    for what, old, new in MUTATIONS:
        broken = text.replace(old, new)
        if broken == text or not list(faults(yaml.safe_load(broken))):
            unseen += 1
            print(f"{path}: nobody sees: {what}")
    return not unseen


def run(path, step_id, *given):
    build = load(path)
    values = values_of(build, given)
    step, = [one for one in build["steps"] if one["id"] == step_id]
    environment = dict(os.environ)
    environment.update(replace(one, values).split("=", 1) for one in step.get("env", []))
    arguments = [replace(one, values) for one in step["args"]]
    sys.exit(subprocess.run([step["entrypoint"], *arguments], env=environment, check=False,
                            stdin=subprocess.DEVNULL).returncode)


def steps(path):
    print("\n".join(step["id"] for step in order(load(path))))
    return True


COMMANDS = {"check": check, "break": break_each, "run": run, "steps": steps}

if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    sys.exit(0 if COMMANDS[sys.argv[1]](*sys.argv[2:]) else 1)
