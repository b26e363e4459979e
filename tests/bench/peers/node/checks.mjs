// Reads and checks a role and its stack.

import {
  CloudFormationClient, DescribeStackResourcesCommand, DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import {
  GetRoleCommand, GetRolePolicyCommand, IAMClient, ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from "@aws-sdk/client-iam";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";

const HUB = "111111111111";
const TRUSTED = ["verifier", "broker"].map(
  (path) => `arn:aws:iam::${HUB}:role/rolecall-hub/${path}/*`);
const POLICY_NAMES = ["SelfInspection"];
const SESSION_POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{
    Effect: "Allow",
    Resource: "*",
    Action: [
      "cloudformation:DescribeStacks", "cloudformation:DescribeStackResources", "iam:GetRole",
      "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:GetRolePolicy"],
  }],
});

function assume(sts, roleArn, externalId) {
  return sts.send(new AssumeRoleCommand({
    RoleArn: roleArn, RoleSessionName: "rolecall-verify", Policy: SESSION_POLICY,
    DurationSeconds: 900, ExternalId: externalId,
  }));
}

const isDenied = (error) => error.name === "AccessDenied";

async function isRefused(sts, roleArn, externalId) {
  try {
    await assume(sts, roleArn, externalId);
    return false;
  } catch (error) {
    if (isDenied(error)) return true;
    throw error;
  }
}

// Returns the data from AWS, or null if the role can't be assumed.
export async function observe(sts, account) {
  const roleArn = account.role.arn;
  const RoleName = roleArn.split("/").pop();
  let granted;
  try {
    granted = await assume(sts, roleArn, account.external_id);
  } catch (error) {
    if (isDenied(error)) return null;
    throw error;
  }
  const credentials = {
    accessKeyId: granted.Credentials.AccessKeyId,
    secretAccessKey: granted.Credentials.SecretAccessKey,
    sessionToken: granted.Credentials.SessionToken,
  };
  const iam = new IAMClient({ credentials });
  const cloudformation = new CloudFormationClient({ credentials });
  const StackName = account.stack_id;
  const inline = async () => {
    const { PolicyNames } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
    return Promise.all(PolicyNames.map(async (PolicyName) => {
      const policy = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
      return [PolicyName, JSON.parse(decodeURIComponent(policy.PolicyDocument))];
    }));
  };
  const [refusedWithout, refusedWithWrong, stacks, resources, role, attached, policies] =
    await Promise.all([
      isRefused(sts, roleArn),
      isRefused(sts, roleArn, `not-${account.external_id}`),
      cloudformation.send(new DescribeStacksCommand({ StackName })),
      cloudformation.send(new DescribeStackResourcesCommand({ StackName })),
      iam.send(new GetRoleCommand({ RoleName })),
      iam.send(new ListAttachedRolePoliciesCommand({ RoleName })),
      inline(),
    ]);
  return {
    uniqueId: granted.AssumedRoleUser.AssumedRoleId.split(":")[0],
    refusedWithout,
    refusedWithWrong,
    stack: stacks.Stacks[0],
    stackRoles: resources.StackResources
      .filter((it) => it.ResourceType === "AWS::IAM::Role").map((it) => it.PhysicalResourceId),
    role: role.Role,
    attached: new Set(attached.AttachedPolicies.map((it) => it.PolicyArn)),
    inline: new Map(policies),
  };
}

// Returns the result and the message of every check, by name.
function judge(account, seen, template) {
  if (seen === null) {
    return [["role_unassumable", false,
      "AssumeRole was refused. The role is missing, or its trust policy refuses."]];
  }
  const { stack, role } = seen;
  const parameters = Object.fromEntries(
    stack.Parameters.map((it) => [it.ParameterKey, it.ParameterValue]));
  // The stacks of the benchmark have no access profiles.
  const policies = new Set();
  const boundary = role.PermissionsBoundary?.PermissionsBoundaryArn ?? "";
  const name = account.role.arn.split("/").pop();
  const trust = JSON.parse(decodeURIComponent(role.AssumeRolePolicyDocument));
  const found = grants([...seen.inline.values()]);
  const wanted = grants([expectedPolicy(account, template)]);
  const within = (some, all) => [...some].every((one) => all.has(one));
  const extra = !within(found, wanted) || !within(seen.attached, policies)
    || [...seen.inline.keys()].some((it) => !POLICY_NAMES.includes(it));
  return [
    ["arn_mismatch", account.role.arn.split(":")[4] === account.stack_id.split(":")[4],
      "The role and the stack are in the same AWS account."],
    ["external_id_mismatch", parameters.ExternalId === account.external_id,
      "The stack has this registration's external ID."],
    ["role_unassumable", true, "The hub can assume the role."],
    ["external_id_not_enforced", seen.refusedWithout && seen.refusedWithWrong,
      "The role can't be assumed without, or with a wrong, external ID."],
    ["role_recreated", [undefined, seen.uniqueId].includes(account.role.unique_id),
      "The role is the one that was registered."],
    ["stack_not_found", true, "The stack exists."],
    ["stack_unexpected_state", ["CREATE_COMPLETE", "UPDATE_COMPLETE"].includes(stack.StackStatus),
      "The stack is in an expected state."],
    ["role_not_in_stack", seen.stackRoles.includes(name), "The role was created by the stack."],
    ["trust_too_broad", canonical(trust) === canonical(expectedTrust(account)),
      "The trust policy allows only the hub."],
    ["permissions_missing", within(wanted, found) && within(policies, seen.attached),
      "The role has every permission that its template grants."],
    ["permissions_extra", !extra, "The role has no permissions beyond those its stack sets."],
    ["boundary_missing", boundary === (parameters.PermissionsBoundaryArn ?? ""),
      "The role has the permissions boundary that its stack sets."],
    ["template_outdated", account.template_version === template.version,
      "The stack uses the current template."],
  ];
}

// Returns the same text for equal policies, independent of the order of their fields.
function canonical(value) {
  return JSON.stringify(value, (_, it) => (it && typeof it === "object" && !Array.isArray(it)
    ? Object.fromEntries(Object.entries(it).sort()) : it));
}

function expectedTrust(account) {
  return {
    Version: "2012-10-17",
    Statement: [{
      Sid: "HubRolesWithTheExternalId",
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${HUB}:root` },
      Action: "sts:AssumeRole",
      Condition: {
        StringEquals: { "sts:ExternalId": account.external_id },
        ArnLike: { "aws:PrincipalArn": TRUSTED },
      },
    }],
  };
}

function expectedPolicy(account, template) {
  const roleArn = account.role.arn;
  const name = roleArn.split("/").pop();
  const replacements = [
    ["${StackId}", account.stack_id],
    ["${RoleArnWithoutPath}", `${roleArn.split("role/")[0]}role/${name}`],
    ["${RoleArn}", roleArn],
  ];
  const text = replacements.reduce(
    (text, [from, to]) => text.replaceAll(from, to), template.self_inspection);
  return JSON.parse(text);
}

function grants(policies) {
  const listed = (value) => (Array.isArray(value) ? value : [value]);
  return new Set(policies.flatMap((policy) => policy.Statement.flatMap((statement) =>
    listed(statement.Action).flatMap((action) => listed(statement.Resource).filter(Boolean)
      .map((resource) => `${statement.Effect} ${action} ${resource}`)))));
}

export function report(account, seen, template, now) {
  const checks = judge(account, seen, template).map(
    ([code, passed, text]) => ({ code, status: passed ? "passed" : "failed", message: { en: text, ja: text } }));
  const passed = checks.every((one) => one.status === "passed");
  return { verdict: passed ? "passed" : "failed", checked_at: now.toISOString(), checks };
}
