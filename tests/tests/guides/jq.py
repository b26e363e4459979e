#!/usr/bin/env python3
"""jq -r .a.b[0] [file]: the subset of jq that the guides need, for machines without jq."""

import json
import re
import sys

flag, path, *files = (*sys.argv[1:], "", "")
if flag != "-r" or not re.fullmatch(r"(\.\w+|\[\d+\])+", path):
    sys.exit(f"not supported: jq {flag} {path}")
source = open(files[0], encoding="utf-8") if files[0] else sys.stdin
value = json.load(source)
for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
    value = value[int(index)] if index else value.get(name)
print(value if isinstance(value, str) else json.dumps(value))
