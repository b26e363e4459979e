"""Prints the accounts of a file as c7n-org selects them, with the Regions in which it runs policies."""

import json
import sys

from c7n_org.cli import init, resolve_regions

config, tag = sys.argv[1:]
accounts, _, _ = init(config, None, False, False, None, (tag,), None)
for account in accounts["accounts"]:
    account["resolved"] = list(resolve_regions(account.get("regions", ()), account))
print(json.dumps(accounts["accounts"]))
