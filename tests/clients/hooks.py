"""Schemathesis hooks: real IDs in place of generated ones, and a replacement for the check
`positive_data_acceptance` that knows the rules that a schema can't express."""

import json
import os
import re
import zlib

import schemathesis
from rules import REFUSED

IDS = json.loads(os.environ["ROLECALL_IDS"])
INDEX = re.compile(r"\[\d+\]")


def operation(case):
    return f"{case.method.upper()} {case.operation.path}"


def chosen(case):
    """Selects about half of all cases. The result is stable, because a case can be tried more than once."""
    drawn = json.dumps([operation(case), case.path_parameters, case.body], default=str, sort_keys=True)
    return zlib.crc32(drawn.encode()) % 2 == 0


@schemathesis.hook
def before_call(context, case, kwargs):
    """Sends every other valid call to an existing resource, unless the call would end the resource."""
    meta = case.meta
    ends = case.method.upper() == "DELETE" or case.operation.path.endswith("/dismiss")
    if meta is None or not meta.generation.mode.is_positive or ends:
        return
    if not chosen(case):
        return
    for name in case.path_parameters or {}:
        # There is no real profile of a workload: its route needs a token.
        case.path_parameters[name] = IDS.get(name, case.path_parameters[name])
    if isinstance(case.body, dict) and isinstance(case.body.get("access"), list):
        # Generated names are not published.
        case.body["access"] = ["inventory", "volume-backup"][: len(case.body["access"])]
    if isinstance(case.body, dict) and "account_id" in case.body:
        case.body["account_id"] = IDS["account_id"]


def known(case, field, code):
    field = INDEX.sub("[n]", field)
    return any((name, field, code) in REFUSED for name in ("*", operation(case)))


@schemathesis.check
def valid_data_is_accepted(context, response, case):
    """If the hub rejects what the schema allows, the reason must be listed in rules.py."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive:
        return
    if response.status_code not in (400, 413, 415, 422):
        return
    problem = response.json()
    errors = problem.get("errors") or [{"field": "", "code": problem["code"]}]
    unknown = [e for e in errors if not known(case, e["field"], e["code"])]
    assert not unknown, f"the hub rejects what the schema allows: {problem}"
