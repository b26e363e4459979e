#!/usr/bin/env python3
"""jq -r .a.b[0]: as much of jq as the guides need, for machines without it."""

import json
import re
import sys

flag, path = sys.argv[1:]
assert flag == "-r" and re.fullmatch(r"(\.\w+|\[\d+\])+", path), f"not known here: jq {flag} {path}"
value = json.load(sys.stdin)
for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
    value = value[int(index)] if index else value.get(name)
print(value if isinstance(value, str) else json.dumps(value))
