"""Checks a list of connected accounts with boto3 and a thread pool.

It reads and writes the same as account-health. It waits for a signal to start, so that the time for loading
its packages does not count.
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
# Read only once for all accounts.
current = verification.read_template()
verification.read_template = lambda: current
with ThreadPoolExecutor(THREADS) as pool:
    for _ in pool.map(verification.check, messages):
        pass
    # The benchmark reads the CPU time of the threads before they end.
    print("done", flush=True)
    sys.stdin.readline()
