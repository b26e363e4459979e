"""Prints the connections of a Steampipe connection file, by name, in the order of the file."""

import json
import sys

import hcl2


def plain(value):
    """hcl2 keeps the quotes of strings."""
    if isinstance(value, dict):
        return {plain(key): plain(inner) for key, inner in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, str) and value.startswith('"'):
        return json.loads(value)
    return value


with open(sys.argv[1], encoding="ascii") as file:
    print(json.dumps([list(block.items()) for block in plain(hcl2.load(file)).get("connection", [])]))
