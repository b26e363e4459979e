"""Checks connected accounts, like account-health for a batch of messages."""

import json
import os
from datetime import datetime, timedelta, timezone

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

import checks

TABLE = os.environ["TABLE_NAME"]
client = boto3.client
sts = client("sts")
dynamodb = client("dynamodb")
to_item, from_item = TypeSerializer(), TypeDeserializer()


def read(pk, sk):
    answer = dynamodb.get_item(
        TableName=TABLE, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True)
    return {name: from_item.deserialize(value) for name, value in answer["Item"].items()}


def read_template():
    template = read("HUB", "TEMPLATE")
    return template | read("HUB", f"TEMPLATE#{template['version']}")


def check(message):
    pk = f"TENANT#{message['tenant']}"
    account = read(pk, f"ACCOUNT#{message['account_id']}")
    schedule = read(pk, f"SCHEDULE#{message['account_id']}")
    now = datetime.now(timezone.utc)
    seen = checks.observe(sts, client, account)
    report = checks.report(account, seen, read_template(), now)
    due = now + timedelta(hours=1)
    schedule.update({
        "last_checked_at": now.isoformat(),
        "next_check_at": due.isoformat(),
        "due_at": int(due.timestamp() * 1000),
        "streak": 0 if report["verdict"] == "passed" else int(schedule["streak"]) + 1,
    })
    kept = {
        "pk": pk,
        "sk": f"REPORT#{message['account_id']}",
        "tenant": message["tenant"],
        "subject": message["account_id"],
        "report": report,
    }
    for item in (kept, schedule):
        dynamodb.put_item(
            TableName=TABLE,
            Item={name: to_item.serialize(value) for name, value in item.items()})


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            check(json.loads(record["body"]))
        except Exception as error:
            print(f"{record['messageId']}: {error}")
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
