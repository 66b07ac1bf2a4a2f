#!/usr/bin/env python3
"""Checks JSON reports against a schema of docs/, and the schema against them.

    report_schema.py [-schema NAME] REPORT...

NAME is report.schema.json unless given.

Each report must be valid, and every small harm must make it invalid: a key that is missing (but
for those that may be), a value of another type, a key that is not in the schema, a count below 0 or
with a fraction. So a report that loses or renames a key fails, and so does a schema that allows it.
"""
import copy
import json
import pathlib
import sys

import jsonschema

DOCS = pathlib.Path(__file__).parents[2] / "docs"
REPORT = "report.schema.json"  # others may refer to it
OPTIONAL = {REPORT: {"buckets", "generators", "slo"}, "capacity.schema.json": {"repeat", "target", "workers", "workers_changed"},
            "selftest.schema.json": set()}
MAPS = {"buckets", "status_codes"}  # their keys are data
SIGNED = {"limit", "value"}
OPAQUE = {"plan"}  # its keys are listed elsewhere
WRONG = {"no such key": 1}


def harms(value, optional, path=()):
    """Yields (what, change): each change harms a copy of the report.

    Equal texts are the same harm to the same part of the schema: its path, and the type of the value.
    """

    def at(report):
        for part in path[:-1]:
            report = report[part]
        return report

    keys = ".".join("[]" if isinstance(part, int) else part for part in path)
    name = f"{keys or 'the report'} ({type(value).__name__})"
    if path:
        yield f"{name} of a wrong type", lambda r: at(r).__setitem__(path[-1], WRONG)
        is_map_entry = len(path) > 1 and path[-2] in MAPS
        if isinstance(path[-1], str) and path[-1] not in optional and not is_map_entry:
            yield f"{name} missing", lambda r: at(r).__delitem__(path[-1])
    if path and path[-1] in OPAQUE:
        return
    if isinstance(value, dict):

        def add_key(report):
            target = at(report)[path[-1]] if path else report
            target["no such key"] = 1

        yield f"{name} with a key too many", add_key
        for key, inner in value.items():
            yield from harms(inner, optional, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value[:2]):
            yield from harms(inner, optional, (*path, i))
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and path[-1] not in SIGNED:
        yield f"{name} below 0", lambda r: at(r).__setitem__(path[-1], -1)
        if isinstance(value, int):
            yield f"{name} with a fraction", lambda r: at(r).__setitem__(path[-1], value + 0.5)


def check(name, validator, optional, done):
    """Adds the harms that it tries to `done`, and tries none that is there."""
    report = json.loads(pathlib.Path(name).read_text(encoding="utf-8"))
    errors = [f"{'.'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(report)]
    tried = 0
    for what, change in harms(report, optional):
        if what in done:
            continue
        done.add(what)
        harmed = copy.deepcopy(report)
        change(harmed)
        tried += 1
        if validator.is_valid(harmed):
            errors.append(f"the schema allows {what}")
    print(f"{name}: {tried} harms, {len(errors)} errors")
    for error in errors:
        print(f"{name}: {error}")
    return not errors


def read(name):
    schema = json.loads((DOCS / name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def main():
    names = sys.argv[1:]
    schema_name = REPORT
    if names[:1] == ["-schema"]:
        schema_name, names = names[1], names[2:]
    resolver = jsonschema.RefResolver(f"{DOCS.as_uri()}/", read(schema_name))
    validator = jsonschema.Draft202012Validator(read(schema_name), resolver=resolver)
    done = set()
    results = [check(name, validator, OPTIONAL[schema_name], done) for name in names]
    sys.exit(0 if done and all(results) else 1)


if __name__ == "__main__":
    main()
