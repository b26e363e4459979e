#!/usr/bin/env python3
"""jq -r .a.b[0] or .a[].b [file]: the subset of jq that the guides need, for machines without jq."""

import json
import re
import sys

flag, path, *files = (*sys.argv[1:], "", "")
if flag != "-r" or not re.fullmatch(r"(\.\w+|\[\d*\])+", path):
    sys.exit(f"not supported: jq {flag} {path}")
source = open(files[0], encoding="utf-8") if files[0] else sys.stdin
values = [json.load(source)]
for name, index in re.findall(r"\.(\w+)|\[(\d*)\]", path):
    if name:
        values = [value.get(name) for value in values]
    elif index:
        values = [value[int(index)] for value in values]
    else:
        values = [item for value in values for item in value]
for value in values:
    print(value if isinstance(value, str) else json.dumps(value))
