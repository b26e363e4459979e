"""Prints the access key ID of the credentials that botocore gets for a profile."""

import os
import sys

import botocore.session

os.environ["AWS_CONFIG_FILE"], profile = sys.argv[1:]
os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
    os.environ.pop(name, None)
print(botocore.session.Session(profile=profile).get_credentials().access_key)
