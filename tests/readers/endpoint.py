"""Prints the access key IDs of the credentials that botocore gets from a container's endpoint, until they change."""

import sys
import time

import botocore.session

credentials = botocore.session.Session().get_credentials()
first = credentials.get_frozen_credentials().access_key
print(first)
for _ in range(300):
    key = credentials.get_frozen_credentials().access_key
    if key != first:
        print(key)
        sys.exit()
    time.sleep(0.1)
sys.exit("not renewed")
