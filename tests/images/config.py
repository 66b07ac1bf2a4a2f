#!/usr/bin/env python3
"""What an image says about how it is run, as a shell's assignments.

    eval "$(config.py CONFIG)"

CONFIG is what `buildah inspect --type image` prints. Lists are words for `eval "set -- $list"`.
"""
import json
import shlex
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    config = json.load(file)["OCIv1"]["config"]
uid, gid = config["User"].split(":")
values = {
    "uid": uid,
    "gid": gid,
    "environment": shlex.join(config["Env"]),
    "command": shlex.join(config["Entrypoint"] + config.get("Cmd", [])),
    "labels": shlex.join(f"{name}={value}" for name, value in config["Labels"].items()),
    "ports": " ".join(sorted(config["ExposedPorts"])),
    "stop_signal": config["StopSignal"],
}
for name, value in values.items():
    print(f"{name}={shlex.quote(value)}")
