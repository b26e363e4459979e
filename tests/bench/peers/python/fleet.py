"""Checks a list of connected accounts the usual way: boto3 and a thread pool.

What it looks at, and what it writes, is what account-health looks at and writes. It is told to go,
so that the time for loading its packages is not counted.
"""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

import verification

THREADS = 64

# Clients are safe to share between threads, sessions are not.
session = boto3.Session()
making_clients = threading.Lock()
shared = Config(max_pool_connections=THREADS)
verification.sts = session.client("sts", config=shared)
verification.dynamodb = session.client("dynamodb", config=shared)


def client(service, **credentials):
    with making_clients:
        return session.client(service, **credentials)


verification.client = client

with open(sys.argv[1], encoding="utf-8") as file:
    messages = json.load(file)
print("ready", flush=True)
sys.stdin.readline()
# Once for all of them.
current = verification.read_template()
verification.read_template = lambda: current
with ThreadPoolExecutor(THREADS) as pool:
    for _ in pool.map(verification.check, messages):
        pass
    # The threads' times are read before they end.
    print("done", flush=True)
    sys.stdin.readline()
