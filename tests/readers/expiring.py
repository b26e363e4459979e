"""Runs rolecall with these arguments, and prints its credentials with an expiration LIFETIME seconds ahead. SDKs renew them
before each request. Each line of the file RENEWALS is one run."""

import datetime
import json
import os
import subprocess
import sys

# The credentials that sign the requests to the hub, under names that the SDKs don't know.
own = {f"AWS_{name}": os.environ[f"SIGNING_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")}
run = subprocess.run([os.environ["ROLECALL"], *sys.argv[1:]], env=os.environ | own, stdout=subprocess.PIPE)
with open(os.environ["RENEWALS"], "a") as file:
    file.write(f"{run.returncode}\n")
if run.returncode:
    sys.exit(run.returncode)
document = json.loads(run.stdout)
end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=int(os.environ["LIFETIME"]))
document["Expiration"] = end.isoformat(timespec="milliseconds").replace("+00:00", "Z")
print(json.dumps(document))
