#!/usr/bin/env python3
"""Checks JSON reports against docs/report.schema.json, and the schema against them.

    report_schema.py REPORT...

Each report must be valid, and must become invalid by every small harm: a key that is missing (but
for those that may be), a value of another type, a key that is not in the schema, a count below 0 or
with a fraction. So a report that loses or renames a key fails, and so does a schema that allows it.
"""
import copy
import json
import pathlib
import sys

import jsonschema

SCHEMA = pathlib.Path(__file__).parents[2] / "docs" / "report.schema.json"
OPTIONAL = {"buckets", "generators", "slo"}
MAPS = {"buckets", "status_codes"}  # their keys are data
SIGNED = {"limit", "value"}
WRONG = {"no such key": 1}


def harms(value, path=()):
    """Yields (what, change): each change harms a copy of the report."""

    def at(report):
        for part in path[:-1]:
            report = report[part]
        return report

    name = ".".join(map(str, path))
    if path:
        yield f"{name} of a wrong type", lambda r: at(r).__setitem__(path[-1], WRONG)
        is_map_entry = len(path) > 1 and path[-2] in MAPS
        if isinstance(path[-1], str) and path[-1] not in OPTIONAL and not is_map_entry:
            yield f"{name} missing", lambda r: at(r).__delitem__(path[-1])
    if isinstance(value, dict):

        def add_key(report):
            target = at(report)[path[-1]] if path else report
            target["no such key"] = 1

        yield f"{name or 'the report'} with a key too many", add_key
        for key, inner in value.items():
            yield from harms(inner, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value[:2]):
            yield from harms(inner, (*path, i))
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and path[-1] not in SIGNED:
        yield f"{name} below 0", lambda r: at(r).__setitem__(path[-1], -1)
        if isinstance(value, int):
            yield f"{name} with a fraction", lambda r: at(r).__setitem__(path[-1], value + 0.5)


def check(name, validator):
    report = json.loads(pathlib.Path(name).read_text(encoding="utf-8"))
    errors = [f"{'.'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(report)]
    tried = 0
    for what, change in harms(report):
        harmed = copy.deepcopy(report)
        change(harmed)
        tried += 1
        if validator.is_valid(harmed):
            errors.append(f"the schema allows {what}")
    print(f"{name}: {tried} harms, {len(errors)} errors")
    for error in errors:
        print(f"{name}: {error}")
    return tried > 0 and not errors


def main():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    results = [check(name, validator) for name in sys.argv[1:]]
    sys.exit(0 if results and all(results) else 1)


if __name__ == "__main__":
    main()
