"""Connects an AWS account, like stack-callback for a Create request."""

import base64
import hashlib
import hmac
import json
import os
import time
from datetime import datetime, timedelta, timezone

import boto3
import urllib3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

import checks

TABLE = os.environ["TABLE_NAME"]
SECRET = os.environ["TOKEN_KEY_SECRET_ARN"]
sts = boto3.client("sts")
dynamodb = boto3.client("dynamodb")
secrets = boto3.client("secretsmanager")
http = urllib3.PoolManager(ca_certs=os.environ.get("AWS_CA_BUNDLE"))
to_item, from_item = TypeSerializer(), TypeDeserializer()
keys = None


def item(values):
    return {name: to_item.serialize(value) for name, value in values.items()}


def plain(values):
    return {name: from_item.deserialize(value) for name, value in values.items()}


def key(pk, sk):
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def read(pk, sk):
    answer = dynamodb.get_item(TableName=TABLE, Key=key(pk, sk), ConsistentRead=True)
    return plain(answer["Item"])


def authenticated(token):
    """Returns the registration that the token belongs to."""
    global keys
    if keys is None:
        keys = json.loads(secrets.get_secret_value(SecretId=SECRET)["SecretString"])
    registration_id, secret = token.split(".", 1)
    for one in keys.values():
        digest = hmac.new(one.encode(), registration_id.encode(), hashlib.sha256).digest()
        expected = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if hmac.compare_digest(expected, secret):
            return registration_id
    return None


def claim(request, now):
    until = now + timedelta(seconds=45)
    dynamodb.update_item(
        TableName=TABLE, Key=request_key(request), ReturnValues="ALL_NEW",
        UpdateExpression="SET #first = if_not_exists(#first, :now), #until = :until, "
                         "#until_ms = :until_ms, #ttl = :ttl",
        ConditionExpression="attribute_not_exists(#answer) AND "
                            "(attribute_not_exists(#until_ms) OR #until_ms <= :now_ms)",
        ExpressionAttributeNames={
            "#first": "first_received_at", "#until": "lease_until", "#until_ms": "lease_until_ms",
            "#ttl": "ttl", "#answer": "answer"},
        ExpressionAttributeValues=item({
            ":now": now.isoformat(), ":now_ms": int(now.timestamp() * 1000),
            ":until": until.isoformat(), ":until_ms": int(until.timestamp() * 1000),
            ":ttl": int(now.timestamp()) + 7 * 24 * 3600}))


def request_key(request):
    return key(f"REQUEST#{request['StackId']}#{request['RequestId']}", "REQUEST")


def new_id(prefix):
    """Returns a version 7 UUID, which sorts by time."""
    random = bytearray(os.urandom(10))
    random[0] = 0x70 | random[0] & 0x0F
    random[2] = 0x80 | random[2] & 0x3F
    return f"{prefix}_{int(time.time() * 1000).to_bytes(6, 'big').hex()}{random.hex()}"


def put(values, condition=None, **more):
    action = {"TableName": TABLE, "Item": item(values)}
    if condition:
        action |= {"ConditionExpression": condition} | more
    return {"Put": action}


NEW = {"condition": "attribute_not_exists(#pk)", "ExpressionAttributeNames": {"#pk": "pk"}}


def guard(name, account):
    return put(
        {"pk": f"GUARD#{name}", "sk": "GUARD", "tenant": account["tenant"],
         "record_id": account["account_id"]},
        "attribute_not_exists(#pk) OR (#tenant = :tenant AND #record_id = :record_id)",
        ExpressionAttributeNames={"#pk": "pk", "#tenant": "tenant", "#record_id": "record_id"},
        ExpressionAttributeValues=item(
            {":tenant": account["tenant"], ":record_id": account["account_id"]}))


def audit(record, record_id, sequence, event, now):
    secret = ("pk", "sk", "version", "external_id", "token_key_id")
    return put({
        "pk": f"TENANT#{record['tenant']}", "sk": f"AUDIT#{record_id}#{sequence:010}",
        "tenant": record["tenant"], "record_id": record_id, "sequence": sequence, "event": event,
        "at": now.isoformat(), "actor": "stack", "cause": "verified",
        "record": {name: value for name, value in record.items() if name not in secret}}, **NEW)


def new_account(registration, request, unique_id, now):
    account_id = new_id("acc")
    properties = request["ResourceProperties"]
    return {
        "pk": f"TENANT#{registration['tenant']}", "sk": f"ACCOUNT#{account_id}",
        "account_id": account_id, "tenant": registration["tenant"], "version": 1,
        "group_id": registration["group_id"], "registration_id": registration["registration_id"],
        "name": request["StackId"].split(":")[4], "state": {"status": "active"},
        "aws_account_id": request["StackId"].split(":")[4],
        "role": {"arn": properties["RoleArn"], "unique_id": unique_id},
        "stack_id": request["StackId"], "logical_resource_id": request["LogicalResourceId"],
        "template_version": properties["TemplateVersion"],
        "template_id": registration["template"]["template_id"],
        "external_id": registration["external_id"],
        "allow_duplicate": registration["allow_duplicate"], "registered_at": now.isoformat()}


def record(registration, request, account, report, body, now):
    """Writes everything in one transaction."""
    tenant, pk = account["tenant"], account["pk"]
    registration_id, account_id = account["registration_id"], account["account_id"]
    group_id, aws_account_id = account["group_id"], account["aws_account_id"]
    completed = registration | {"version": registration["version"] + 1, "state": {
        "status": "completed", "account_id": account_id, "stack_id": account["stack_id"],
        "role_arn": account["role"]["arn"]}}
    due = now + timedelta(hours=1)
    dynamodb.transact_write_items(TransactItems=[
        put(completed | {"pk": pk, "sk": f"REGISTRATION#{registration_id}"},
            "#version = :version", ExpressionAttributeNames={"#version": "version"},
            ExpressionAttributeValues=item({":version": registration["version"]})),
        put(completed | {"pk": f"REGISTRATION#{registration_id}", "sk": "REGISTRATION"}),
        {"Delete": {"TableName": TABLE,
                    "Key": key(pk, f"PENDING#{group_id}#{registration_id}")}},
        audit(completed, registration_id, 2, "Registration Completed", now),
        put(account, **NEW),
        put({"pk": pk, "sk": f"IN#{group_id}#ACCOUNT#{account_id}"}),
        put({"pk": f"AWS_ACCOUNT#{aws_account_id}", "sk": f"WATCHED#{tenant}#{account_id}"}),
        audit(account, account_id, 1, "Account Registered", now),
        guard(f"STACK#{account['stack_id']}", account),
        guard(f"ROLE_ARN#{account['role']['arn']}", account),
        guard(f"ROLE_UNIQUE_ID#{account['role']['unique_id']}", account),
        {"Update": {
            "TableName": TABLE, "Key": key(pk, f"CONNECTED#{aws_account_id}"),
            "UpdateExpression": "ADD #holders :me",
            "ConditionExpression": "attribute_not_exists(#holders) OR #holders = :me",
            "ExpressionAttributeNames": {"#holders": "holders"},
            "ExpressionAttributeValues": item({":me": {account_id}})}},
        {"ConditionCheck": {
            "TableName": TABLE, "Key": key(pk, f"GROUP#{group_id}"),
            "ConditionExpression": "attribute_exists(#pk)",
            "ExpressionAttributeNames": {"#pk": "pk"}}},
        {"ConditionCheck": {
            "TableName": TABLE,
            "Key": key(f"GUARD#DELETED#{account['stack_id']}#{account['logical_resource_id']}",
                       "GUARD"),
            "ConditionExpression": "attribute_not_exists(#pk)",
            "ExpressionAttributeNames": {"#pk": "pk"}}},
        put({"pk": pk, "sk": f"SCHEDULE#{account_id}", "tenant": tenant, "subject": account_id,
             "last_checked_at": now.isoformat(), "next_check_at": due.isoformat(),
             "last_healthy_at": now.isoformat(), "due_at": int(due.timestamp() * 1000),
             "due_shard": f"DUE#{account_id[-1]}", "streak": 0, "inconclusive": 0}),
        {"Delete": {"TableName": TABLE, "Key": key(pk, f"SCHEDULE#{registration_id}")}},
        put({"pk": pk, "sk": f"REPORT#{account_id}", "tenant": tenant, "subject": account_id,
             "report": report}),
        {"Update": {
            "TableName": TABLE, "Key": request_key(request),
            "UpdateExpression": "SET #answer = :body",
            "ConditionExpression": "attribute_not_exists(#answer)",
            "ExpressionAttributeNames": {"#answer": "answer"},
            "ExpressionAttributeValues": item({":body": body})}}])


def refuse(request, body):
    dynamodb.update_item(
        TableName=TABLE, Key=request_key(request), UpdateExpression="SET #answer = :body",
        ExpressionAttributeNames={"#answer": "answer"},
        ExpressionAttributeValues=item({":body": body}))


def answer(request, physical_id, **more):
    return json.dumps({
        "PhysicalResourceId": physical_id, "StackId": request["StackId"],
        "RequestId": request["RequestId"], "LogicalResourceId": request["LogicalResourceId"]} | more)


def create(request):
    now = datetime.now(timezone.utc)
    properties = request["ResourceProperties"]
    refused = f"rolecall/refused/{request['RequestId']}"
    registration_id = authenticated(properties["RegistrationToken"])
    if registration_id is None:
        return answer(request, refused, Status="FAILED", Reason="invalid_token")
    claim(request, now)
    registration = read(f"REGISTRATION#{registration_id}", "REGISTRATION")
    template = registration["template"] | read(
        "HUB", f"TEMPLATE#{registration['template']['version']}")
    candidate = {
        "role": {"arn": properties["RoleArn"]}, "external_id": registration["external_id"],
        "stack_id": request["StackId"], "template_version": properties["TemplateVersion"]}
    seen = checks.observe(sts, boto3.client, candidate)
    report = checks.report(candidate, seen, template, now)
    if registration["state"]["status"] != "pending" or report["verdict"] != "passed":
        body = answer(request, refused, Status="FAILED", Reason="verification_failed")
        refuse(request, body)
        return body
    account = new_account(registration, request, seen["unique_id"], now)
    body = answer(request, f"rolecall/{registration_id}", Status="SUCCESS",
                  Data={"AccountId": account["account_id"]})
    record(registration, request, account, report, body, now)
    return body


def handler(event, context):
    for notification in event["Records"]:
        request = json.loads(notification["Sns"]["Message"])
        body = create(request)
        http.request("PUT", request["ResponseURL"], body=body, headers={"content-type": ""})
