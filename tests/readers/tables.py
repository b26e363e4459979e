"""For each line of its input, prints the tables that one client of the AWS SDK for Python lists, or the SDK's error."""

import sys

import boto3

client = None
for _ in sys.stdin:
    try:
        client = client or boto3.client("dynamodb")
        print("tables:", *client.list_tables()["TableNames"], flush=True)
    except Exception as error:
        print("error:", " ".join(str(error).split()), flush=True)
