"""Checks a list of connected accounts the usual way: boto3 and a thread pool.

What it looks at, and what it writes, is what account-health looks at and writes. It is told to go,
so that the time for loading its packages is not counted.
"""

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import ClientError

THREADS = 64
TABLE = os.environ["TABLE_NAME"]
HUB = "111111111111"
TRUSTED = [f"arn:aws:iam::{HUB}:role/rolecall-hub/verifier/*"]
POLICY_NAMES = ("SelfInspection", "OperatorPolicy")
SESSION_POLICY = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Resource": "*", "Action": [
        "cloudformation:DescribeStacks", "cloudformation:DescribeStackResources", "iam:GetRole",
        "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:GetRolePolicy"]}],
})

# Clients are safe to share between threads, sessions are not.
session = boto3.Session()
making_clients = threading.Lock()
shared = Config(max_pool_connections=THREADS)
sts = session.client("sts", config=shared)
dynamodb = session.client("dynamodb", config=shared)
to_item, from_item = TypeSerializer(), TypeDeserializer()


def read(pk, sk):
    answer = dynamodb.get_item(
        TableName=TABLE, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True)
    return {name: from_item.deserialize(value) for name, value in answer["Item"].items()}


def assume(role_arn, **external_id):
    return sts.assume_role(
        RoleArn=role_arn, RoleSessionName="rolecall-verify", Policy=SESSION_POLICY,
        DurationSeconds=900, **external_id)


def is_refused(role_arn, **external_id):
    try:
        assume(role_arn, **external_id)
    except ClientError as error:
        if error.response["Error"]["Code"] == "AccessDenied":
            return True
        raise
    return False


def client(service, credentials):
    with making_clients:
        return session.client(
            service,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"])


def observe(account):
    """What AWS says, or None where the role can't be assumed."""
    role_arn = account["role"]["arn"]
    name = role_arn.rsplit("/", 1)[1]
    try:
        granted = assume(role_arn, ExternalId=account["external_id"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "AccessDenied":
            return None
        raise
    iam = client("iam", granted["Credentials"])
    cloudformation = client("cloudformation", granted["Credentials"])
    stack_id = account["stack_id"]
    resources = cloudformation.describe_stack_resources(StackName=stack_id)["StackResources"]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    inline = {
        policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    }
    return {
        "unique_id": granted["AssumedRoleUser"]["AssumedRoleId"].split(":")[0],
        "refused_without": is_refused(role_arn),
        "refused_with_wrong": is_refused(role_arn, ExternalId="not-" + account["external_id"]),
        "stack": cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0],
        "stack_roles": [
            it["PhysicalResourceId"] for it in resources if it["ResourceType"] == "AWS::IAM::Role"],
        "role": iam.get_role(RoleName=name)["Role"],
        "attached": {policy["PolicyArn"] for policy in attached},
        "inline": inline,
    }


def judge(account, seen):
    """Every check by name: whether it passed, and what that means."""
    if seen is None:
        yield "role_unassumable", False, "AssumeRole was refused. The role is missing, or its trust policy refuses."
        return
    stack, role = seen["stack"], seen["role"]
    parameters = {it["ParameterKey"]: it["ParameterValue"] for it in stack["Parameters"]}
    policies = {policy for policy in parameters["ManagedPolicyArns"].split(",") if policy}
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
    name = account["role"]["arn"].rsplit("/", 1)[1]
    yield "arn_mismatch", account["role"]["arn"].split(":")[4] == account["stack_id"].split(":")[4], \
        "Role and stack are of one AWS account."
    yield "external_id_mismatch", parameters["ExternalId"] == account["external_id"], \
        "The stack carries this registration's external ID."
    yield "role_unassumable", True, "The hub can assume the role."
    yield "external_id_not_enforced", seen["refused_without"] and seen["refused_with_wrong"], \
        "The role can't be assumed without, or with a wrong, external ID."
    yield "role_recreated", seen["unique_id"] == account["role"]["unique_id"], \
        "The role is the one that was registered."
    yield "stack_not_found", True, "The stack exists."
    yield "stack_unexpected_state", stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), \
        "The stack is in a state that is expected here."
    yield "role_not_in_stack", name in seen["stack_roles"], "The role was made by the stack."
    yield "trust_too_broad", role["AssumeRolePolicyDocument"] == expected_trust(account), \
        "The role's trust policy lets in the hub and nobody else."
    found, wanted = grants(seen["inline"].values()), grants([expected_policy(account, parameters)])
    yield "permissions_missing", wanted <= found and policies <= seen["attached"], \
        "The role has every permission that its template gives it."
    extra = found - wanted or set(seen["inline"]) - set(POLICY_NAMES) or seen["attached"] - policies
    yield "permissions_extra", not extra, "The role has no permissions but those of its stack."
    yield "boundary_missing", boundary == parameters["PermissionsBoundaryArn"], \
        "The role has the permissions boundary that its stack asks for."
    yield "template_outdated", account["template_version"] == template["version"], \
        "The stack was made with the current template."


def expected_trust(account):
    return {"Version": "2012-10-17", "Statement": [{
        "Sid": "HubRolesWithTheExternalId",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{HUB}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"sts:ExternalId": account["external_id"]},
            "ArnLike": {"aws:PrincipalArn": TRUSTED},
        },
    }]}


def expected_policy(account, parameters):
    role_arn = account["role"]["arn"]
    prefix, name = role_arn.split("role/")[0], role_arn.rsplit("/", 1)[1]
    text = permissions["self_inspection"]
    for placeholder, value in (
            ("${StackId}", account["stack_id"]),
            ("${RoleArnWithoutPath}", f"{prefix}role/{name}"),
            ("${RoleArn}", role_arn),
            ("${ManagedPolicyArns}", parameters["ManagedPolicyArns"]),
            ("${PermissionsBoundaryArn}", parameters["PermissionsBoundaryArn"]),
            # No stack of this fleet has companion roles.
            ("${CompanionRoleArns}", ""),
            ("${InstanceProfileArns}", ""),
            ("${EverythingIfInstances}", ""),
            ("${Partition}", "aws")):
        text = text.replace(placeholder, value)
    return json.loads(text)


def grants(policies):
    def listed(value):
        return value if isinstance(value, list) else [value]
    return {
        (statement["Effect"], action, resource)
        for policy in policies
        for statement in policy["Statement"]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
        if resource
    }


def check(message):
    pk = f"TENANT#{message['tenant']}"
    account = read(pk, f"ACCOUNT#{message['account_id']}")
    checks = [
        {"code": code, "status": "passed" if passed else "failed", "message": text}
        for code, passed, text in judge(account, observe(account))
    ]
    passed = all(one["status"] == "passed" for one in checks)
    checkup = read(pk, f"CHECKUP#{message['account_id']}")
    report = {
        "pk": pk,
        "sk": f"REPORT#{message['account_id']}",
        "tenant": message["tenant"],
        "subject": message["account_id"],
    }
    now = datetime.now(timezone.utc)
    due = now + timedelta(hours=1)
    checkup.update({
        "last_checked_at": now.isoformat(),
        "next_check_at": due.isoformat(),
        "due_at": int(due.timestamp() * 1000),
        "streak": 0 if passed else int(checkup["streak"]) + 1,
    })
    report["report"] = {
        "verdict": "passed" if passed else "failed",
        "checked_at": now.isoformat(),
        "checks": checks,
    }
    for item in (report, checkup):
        dynamodb.put_item(
            TableName=TABLE,
            Item={name: to_item.serialize(value) for name, value in item.items()})


with open(sys.argv[1], encoding="utf-8") as file:
    messages = json.load(file)
print("ready", flush=True)
sys.stdin.readline()
template = read("HUB", "TEMPLATE")
permissions = read("HUB", f"TEMPLATE#{template['version']}")
with ThreadPoolExecutor(THREADS) as pool:
    for _ in pool.map(check, messages):
        pass
    # The threads' times are read before they end.
    print("done", flush=True)
    sys.stdin.readline()
