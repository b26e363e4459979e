"""Reads and checks a role and its stack, like account-health and stack-callback."""

import json

from botocore.exceptions import ClientError

HUB = "111111111111"
TRUSTED = [f"arn:aws:iam::{HUB}:role/rolecall-hub/{path}/*" for path in ("verifier", "broker")]
POLICY_NAMES = ("SelfInspection",)
SESSION_POLICY = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Resource": "*", "Action": [
        "cloudformation:DescribeStacks", "cloudformation:DescribeStackResources", "iam:GetRole",
        "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:GetRolePolicy"]}],
})


def assume(sts, role_arn, **external_id):
    return sts.assume_role(
        RoleArn=role_arn, RoleSessionName="rolecall-verify", Policy=SESSION_POLICY,
        DurationSeconds=900, **external_id)


def is_refused(sts, role_arn, **external_id):
    try:
        assume(sts, role_arn, **external_id)
    except ClientError as error:
        if error.response["Error"]["Code"] == "AccessDenied":
            return True
        raise
    return False


def observe(sts, client, account):
    """Returns the data from AWS, or None if the role can't be assumed. `client` creates a client with credentials."""
    role_arn = account["role"]["arn"]
    name = role_arn.rsplit("/", 1)[1]
    try:
        granted = assume(sts, role_arn, ExternalId=account["external_id"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "AccessDenied":
            return None
        raise
    credentials = {
        "aws_access_key_id": granted["Credentials"]["AccessKeyId"],
        "aws_secret_access_key": granted["Credentials"]["SecretAccessKey"],
        "aws_session_token": granted["Credentials"]["SessionToken"],
    }
    iam = client("iam", **credentials)
    cloudformation = client("cloudformation", **credentials)
    stack_id = account["stack_id"]
    resources = cloudformation.describe_stack_resources(StackName=stack_id)["StackResources"]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    inline = {
        policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    }
    return {
        "unique_id": granted["AssumedRoleUser"]["AssumedRoleId"].split(":")[0],
        "refused_without": is_refused(sts, role_arn),
        "refused_with_wrong": is_refused(sts, role_arn, ExternalId="not-" + account["external_id"]),
        "stack": cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0],
        "stack_roles": [
            it["PhysicalResourceId"] for it in resources if it["ResourceType"] == "AWS::IAM::Role"],
        "role": iam.get_role(RoleName=name)["Role"],
        "attached": {policy["PolicyArn"] for policy in attached},
        "inline": inline,
    }


def judge(account, seen, template):
    """Returns the result and the message of every check, by name."""
    if seen is None:
        yield "role_unassumable", False, "AssumeRole was refused. The role is missing, or its trust policy refuses."
        return
    stack, role = seen["stack"], seen["role"]
    parameters = {it["ParameterKey"]: it["ParameterValue"] for it in stack["Parameters"]}
    # The stacks in this fleet have no access profiles.
    policies = set()
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
    name = account["role"]["arn"].rsplit("/", 1)[1]
    yield "arn_mismatch", account["role"]["arn"].split(":")[4] == account["stack_id"].split(":")[4], \
        "The role and the stack are in the same AWS account."
    yield "external_id_mismatch", parameters["ExternalId"] == account["external_id"], \
        "The stack has this registration's external ID."
    yield "role_unassumable", True, "The hub can assume the role."
    yield "external_id_not_enforced", seen["refused_without"] and seen["refused_with_wrong"], \
        "The role can't be assumed without, or with a wrong, external ID."
    yield "role_recreated", account["role"].get("unique_id") in (None, seen["unique_id"]), \
        "The role is the one that was registered."
    yield "stack_not_found", True, "The stack exists."
    yield "stack_unexpected_state", stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), \
        "The stack is in an expected state."
    yield "role_not_in_stack", name in seen["stack_roles"], "The role was created by the stack."
    yield "trust_too_broad", role["AssumeRolePolicyDocument"] == expected_trust(account), \
        "The trust policy allows only the hub."
    found, wanted = grants(seen["inline"].values()), grants([expected_policy(account, template)])
    yield "permissions_missing", wanted <= found and policies <= seen["attached"], \
        "The role has every permission that its template grants."
    extra = found - wanted or set(seen["inline"]) - set(POLICY_NAMES) or seen["attached"] - policies
    yield "permissions_extra", not extra, "The role has no permissions beyond those its stack sets."
    yield "boundary_missing", boundary == parameters["PermissionsBoundaryArn"], \
        "The role has the permissions boundary that its stack sets."
    yield "template_outdated", account["template_version"] == template["version"], \
        "The stack uses the current template."


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


def expected_policy(account, template):
    role_arn = account["role"]["arn"]
    prefix, name = role_arn.split("role/")[0], role_arn.rsplit("/", 1)[1]
    text = template["self_inspection"]
    for placeholder, value in (
            ("${StackId}", account["stack_id"]),
            ("${RoleArnWithoutPath}", f"{prefix}role/{name}"),
            ("${RoleArn}", role_arn)):
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


def report(account, seen, template, now):
    checks = [
        {"code": code, "status": "passed" if passed else "failed",
         "message": {"en": text, "ja": text}}
        for code, passed, text in judge(account, seen, template)
    ]
    passed = all(one["status"] == "passed" for one in checks)
    return {
        "verdict": "passed" if passed else "failed",
        "checked_at": now.isoformat(),
        "checks": checks,
    }
