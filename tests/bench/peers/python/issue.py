"""Issues credentials of a connected account, like credential-broker."""

import json
import os
import time
from datetime import datetime, timedelta, timezone

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

TABLE = os.environ["TABLE_NAME"]
RECEIPTS = os.environ["RECEIPTS_TABLE_NAME"]
PROOF_MAX_AGE = timedelta(seconds=int(os.environ["PROOF_MAX_AGE_SECONDS"]))
PACE_MS = 10_000
PACE_BURST = 100
KEPT_FOR = timedelta(days=90)
sts = boto3.client("sts")
dynamodb = boto3.client("dynamodb")
to_item, from_item = TypeSerializer(), TypeDeserializer()


def item(values):
    return {name: to_item.serialize(value) for name, value in values.items()}


def key(pk, sk):
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def read(table, pk, sk):
    answer = dynamodb.get_item(TableName=table, Key=key(pk, sk), ConsistentRead=True)
    if "Item" not in answer:
        return None
    return {name: from_item.deserialize(value) for name, value in answer["Item"].items()}


def answer(status, body):
    return {"statusCode": status, "headers": {"content-type": "application/json", "cache-control": "no-store"},
            "body": json.dumps(body)}


def moment(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def new_id(prefix, now):
    """Returns a version 7 UUID, which sorts by time."""
    random = bytearray(os.urandom(10))
    random[0] = 0x70 | random[0] & 0x0F
    random[2] = 0x80 | random[2] & 0x3F
    return f"{prefix}_{int(now.timestamp() * 1000).to_bytes(6, 'big').hex()}{random.hex()}"


def is_fresh(schedule, report, proof, role, now):
    """Whether a check or the broker's own proof passed a short time ago."""
    passed = (schedule and schedule["streak"] == 0 and schedule.get("inconclusive", 0) == 0
              and (report is None or report["report"]["verdict"] == "passed"))
    times = [schedule["last_checked_at"]] if passed else []
    if proof and proof["role"] == role and proof["result"] == "passed":
        times.append(proof["at"])
    return any(now - datetime.fromisoformat(f"{at[:19]}+00:00") < PROOF_MAX_AGE
               for at in times)


def admit(tenant, account_id, service, now):
    """Counts the request in a bucket. Returns whether the bucket had room."""
    now_ms = int(now.timestamp() * 1000)
    latest = now_ms + PACE_MS * (PACE_BURST - 1)
    for condition, update, values in (
            ("attribute_not_exists(#pk) OR #full <= :now", "SET #full = :next, #ttl = :ttl",
             {":now": now_ms, ":next": now_ms + PACE_MS}),
            ("#full > :now AND #full <= :latest", "SET #full = #full + :every, #ttl = :ttl",
             {":now": now_ms, ":latest": latest, ":every": PACE_MS})):
        names = {"#full": "full_at_ms", "#ttl": "ttl"} | ({"#pk": "pk"} if "#pk" in condition else {})
        try:
            dynamodb.update_item(
                TableName=RECEIPTS, Key=key(f"TENANT#{tenant}", f"PACE#ISSUE#{account_id}#{service}"),
                ConditionExpression=condition, UpdateExpression=update, ExpressionAttributeNames=names,
                ExpressionAttributeValues=item(values | {":ttl": int(time.time()) + 2000}))
            return True
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
    return False


def record(account, receipt, now):
    """Writes the receipt, its event and its count, on the condition that the account has not changed."""
    pk, account_id = f"TENANT#{account['tenant']}", account["account_id"]
    hour = int(now.timestamp()) // 3600
    record_id = f"{account_id}/{receipt['profile']}/{receipt['service']}"
    event = {
        "tenant": account["tenant"], "record_id": record_id, "sequence": hour, "event": "Credentials Issued",
        "at": receipt["issued_at"], "actor": f"service:{receipt['service']}", "cause": "requested",
        "record": {name: value for name, value in receipt.items() if name != "tenant"},
        "ttl": int((now + KEPT_FOR).timestamp())}
    sets = ", ".join(f"#{name} = if_not_exists(#{name}, :{name})" for name in event)
    dynamodb.transact_write_items(TransactItems=[
        {"ConditionCheck": {
            "TableName": TABLE, "Key": key(pk, f"ACCOUNT#{account_id}"),
            "ConditionExpression": "#version = :version", "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": item({":version": account["version"]})}},
        {"Put": {"TableName": RECEIPTS, "Item": item(receipt | {
            "pk": f"ACCOUNT#{account_id}", "sk": f"RECEIPT#{receipt['receipt_id']}",
            "ttl": int((now + KEPT_FOR).timestamp())})}},
        {"Update": {
            "TableName": RECEIPTS, "Key": key(pk, f"AUDIT#{record_id}#{hour:010}"),
            "UpdateExpression": f"SET {sets} ADD #issued :one",
            "ExpressionAttributeNames": {f"#{name}": name for name in (*event, "issued")},
            "ExpressionAttributeValues": item(
                {f":{name}": value for name, value in event.items()} | {":one": 1})}},
        {"Update": {
            "TableName": RECEIPTS,
            "Key": key(f"USAGE#{now:%Y-%m}", f"{pk}#{account_id[-1]}"),
            "UpdateExpression": "SET #ttl = if_not_exists(#ttl, :ttl) ADD #issued :one",
            "ExpressionAttributeNames": {"#ttl": "ttl", "#issued": "issued"},
            "ExpressionAttributeValues": item({":ttl": int((now + KEPT_FOR).timestamp()), ":one": 1})}},
    ])


def handler(event, context):
    profile, account_id = (event["pathParameters"][name] for name in ("profile", "account_id"))
    service = event["requestContext"]["authorizer"]["iam"]["userArn"].split("/")[1]
    asked = json.loads(event["body"])
    owner = read(TABLE, f"ACCOUNT#{account_id}", "OWNER")
    if owner is None:
        return answer(404, {"code": "not_found"})
    pk = f"TENANT#{owner['tenant']}"
    account = read(TABLE, pk, f"ACCOUNT#{account_id}")
    template = read(TABLE, f"TEMPLATE#{account['template_id']}", "TEMPLATE")
    schedule = read(TABLE, pk, f"SCHEDULE#{account_id}")
    report = read(TABLE, pk, f"REPORT#{account_id}")
    proof = read(RECEIPTS, f"ACCOUNT#{account_id}", "PROOF")
    now = datetime.now(timezone.utc)
    if account["state"]["status"] != "active" or not is_fresh(schedule, report, proof, account["role"], now):
        return answer(409, {"code": "account_not_usable"})
    granted = next((it for it in template["profiles"] if it["name"] == profile), None)
    if granted is None:
        return answer(403, {"code": "access_not_granted"})
    if not admit(account["tenant"], account_id, service, now):
        return answer(429, {"code": "rate_limited"})
    name = f"{asked['session_name']}@{service}"
    session = sts.assume_role(
        RoleArn=account["role"]["arn"], RoleSessionName=name, ExternalId=account["external_id"],
        DurationSeconds=asked["duration_seconds"], Policy=json.dumps(granted["policy"]),
        PolicyArns=[{"arn": arn} for arn in granted["managed_policies"]])
    if session["AssumedRoleUser"]["AssumedRoleId"].split(":")[0] != account["role"]["unique_id"]:
        return answer(409, {"code": "account_not_usable"})
    credentials = session["Credentials"]
    expires_at = moment(credentials["Expiration"])
    record(account, {
        "receipt_id": new_id("rcp", now), "tenant": account["tenant"], "account_id": account_id,
        "aws_account_id": account["aws_account_id"], "service": service, "profile": profile, "session_name": name,
        "template_id": account["template_id"], "issued_at": moment(now), "expires_at": expires_at}, now)
    return answer(200, {
        "Version": 1, "AccessKeyId": credentials["AccessKeyId"], "SecretAccessKey": credentials["SecretAccessKey"],
        "SessionToken": credentials["SessionToken"], "Token": credentials["SessionToken"], "Expiration": expires_at,
        "AccountId": account["aws_account_id"], "account_id": account_id, "profile": profile})
