// Connects an AWS account, like stack-callback for a Create request.

import {
  DynamoDBClient, GetItemCommand, TransactWriteItemsCommand, UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { STSClient } from "@aws-sdk/client-sts";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { request as httpsRequest } from "node:https";

import { observe, report } from "./checks.mjs";
import { run } from "./runtime.mjs";

const TableName = process.env.TABLE_NAME;
const sts = new STSClient({});
const dynamodb = new DynamoDBClient({});
const secrets = new SecretsManagerClient({});
let keys;

const key = (pk, sk) => marshall({ pk, sk });

async function read(pk, sk) {
  const { Item } = await dynamodb.send(
    new GetItemCommand({ TableName, Key: key(pk, sk), ConsistentRead: true }));
  return unmarshall(Item);
}

// Returns the registration that the token belongs to.
async function authenticated(token) {
  if (keys === undefined) {
    const SecretId = process.env.TOKEN_KEY_SECRET_ARN;
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
    keys = Object.values(JSON.parse(SecretString));
  }
  const [registrationId, secret] = token.split(".");
  const presented = Buffer.from(secret, "base64url");
  const fits = keys.some((one) => {
    const expected = createHmac("sha256", one).update(registrationId).digest();
    return presented.length === expected.length && timingSafeEqual(presented, expected);
  });
  return fits ? registrationId : null;
}

const requestKey = (request) => key(`REQUEST#${request.StackId}#${request.RequestId}`, "REQUEST");

function claim(request, now) {
  const until = new Date(now.getTime() + 45_000);
  return dynamodb.send(new UpdateItemCommand({
    TableName,
    Key: requestKey(request),
    ReturnValues: "ALL_NEW",
    UpdateExpression: "SET #first = if_not_exists(#first, :now), #until = :until, "
      + "#until_ms = :until_ms, #ttl = :ttl",
    ConditionExpression: "attribute_not_exists(#answer) AND "
      + "(attribute_not_exists(#until_ms) OR #until_ms <= :now_ms)",
    ExpressionAttributeNames: {
      "#first": "first_received_at", "#until": "lease_until", "#until_ms": "lease_until_ms",
      "#ttl": "ttl", "#answer": "answer",
    },
    ExpressionAttributeValues: marshall({
      ":now": now.toISOString(), ":now_ms": now.getTime(),
      ":until": until.toISOString(), ":until_ms": until.getTime(),
      ":ttl": Math.floor(now.getTime() / 1000) + 7 * 24 * 3600,
    }),
  }));
}

// Returns a version 7 UUID, which sorts by time.
function newId(prefix) {
  const random = randomBytes(10);
  random[0] = 0x70 | (random[0] & 0x0f);
  random[2] = 0x80 | (random[2] & 0x3f);
  return `${prefix}_${Date.now().toString(16).padStart(12, "0")}${random.toString("hex")}`;
}

const put = (values, condition = {}) => ({
  Put: { TableName, Item: marshall(values, { removeUndefinedValues: true }), ...condition },
});

const NEW = {
  ConditionExpression: "attribute_not_exists(#pk)", ExpressionAttributeNames: { "#pk": "pk" },
};

const guard = (name, { tenant, account_id }) => put(
  { pk: `GUARD#${name}`, sk: "GUARD", tenant, record_id: account_id },
  {
    ConditionExpression:
      "attribute_not_exists(#pk) OR (#tenant = :tenant AND #record_id = :record_id)",
    ExpressionAttributeNames: { "#pk": "pk", "#tenant": "tenant", "#record_id": "record_id" },
    ExpressionAttributeValues: marshall({ ":tenant": tenant, ":record_id": account_id }),
  });

function audit(whole, recordId, sequence, event, now) {
  const { pk, sk, version, external_id, token_key_id, ...record } = whole;
  return put({
    pk: `TENANT#${record.tenant}`,
    sk: `AUDIT#${recordId}#${String(sequence).padStart(10, "0")}`,
    tenant: record.tenant, record_id: recordId, sequence, event,
    at: now.toISOString(), actor: "stack", cause: "verified", record,
  }, NEW);
}

function newAccount(registration, request, uniqueId, now) {
  const accountId = newId("acc");
  const properties = request.ResourceProperties;
  const awsAccountId = request.StackId.split(":")[4];
  return {
    pk: `TENANT#${registration.tenant}`, sk: `ACCOUNT#${accountId}`,
    account_id: accountId, tenant: registration.tenant, version: 1,
    group_id: registration.group_id, registration_id: registration.registration_id,
    name: awsAccountId, state: { status: "active" }, aws_account_id: awsAccountId,
    role: { arn: properties.RoleArn, unique_id: uniqueId },
    stack_id: request.StackId, logical_resource_id: request.LogicalResourceId,
    template_version: properties.TemplateVersion, template_id: registration.template.template_id,
    external_id: registration.external_id,
    allow_duplicate: registration.allow_duplicate, registered_at: now.toISOString(),
  };
}

// Writes everything in one transaction.
function record(registration, request, account, judged, body, now) {
  const { tenant, pk, registration_id, account_id, group_id, aws_account_id } = account;
  const completed = {
    ...registration,
    version: registration.version + 1,
    state: {
      status: "completed", account_id, stack_id: account.stack_id, role_arn: account.role.arn,
    },
  };
  const due = new Date(now.getTime() + 3600_000);
  const deletion = (sk) => ({ Delete: { TableName, Key: key(pk, sk) } });
  const TransactItems = [
    put({ ...completed, pk, sk: `REGISTRATION#${registration_id}` }, {
      ConditionExpression: "#version = :version",
      ExpressionAttributeNames: { "#version": "version" },
      ExpressionAttributeValues: marshall({ ":version": registration.version }),
    }),
    put({ ...completed, pk: `REGISTRATION#${registration_id}`, sk: "REGISTRATION" }),
    deletion(`PENDING#${group_id}#${registration_id}`),
    audit(completed, registration_id, 2, "Registration Completed", now),
    put(account, NEW),
    put({ pk, sk: `IN#${group_id}#ACCOUNT#${account_id}` }),
    put({ pk: `AWS_ACCOUNT#${aws_account_id}`, sk: `WATCHED#${tenant}#${account_id}` }),
    audit(account, account_id, 1, "Account Registered", now),
    guard(`STACK#${account.stack_id}`, account),
    guard(`ROLE_ARN#${account.role.arn}`, account),
    guard(`ROLE_UNIQUE_ID#${account.role.unique_id}`, account),
    {
      Update: {
        TableName,
        Key: key(pk, `CONNECTED#${aws_account_id}`),
        UpdateExpression: "ADD #holders :me",
        ConditionExpression: "attribute_not_exists(#holders) OR #holders = :me",
        ExpressionAttributeNames: { "#holders": "holders" },
        ExpressionAttributeValues: marshall({ ":me": new Set([account_id]) }),
      },
    },
    {
      ConditionCheck: {
        TableName,
        Key: key(pk, `GROUP#${group_id}`),
        ConditionExpression: "attribute_exists(#pk)",
        ExpressionAttributeNames: { "#pk": "pk" },
      },
    },
    {
      ConditionCheck: {
        TableName,
        Key: key(`GUARD#DELETED#${account.stack_id}#${account.logical_resource_id}`, "GUARD"),
        ...NEW,
      },
    },
    put({
      pk, sk: `SCHEDULE#${account_id}`, tenant, subject: account_id,
      last_checked_at: now.toISOString(), next_check_at: due.toISOString(),
      last_healthy_at: now.toISOString(), due_at: due.getTime(),
      due_shard: `DUE#${account_id.at(-1)}`, streak: 0, inconclusive: 0,
    }),
    deletion(`SCHEDULE#${registration_id}`),
    put({ pk, sk: `REPORT#${account_id}`, tenant, subject: account_id, report: judged }),
    { Update: keeping(request, body, "attribute_not_exists(#answer)") },
  ];
  return dynamodb.send(new TransactWriteItemsCommand({ TransactItems }));
}

const keeping = (request, body, ConditionExpression) => ({
  TableName,
  Key: requestKey(request),
  UpdateExpression: "SET #answer = :body",
  ConditionExpression,
  ExpressionAttributeNames: { "#answer": "answer" },
  ExpressionAttributeValues: marshall({ ":body": body }),
});

const answer = (request, PhysicalResourceId, more) => JSON.stringify({
  PhysicalResourceId, StackId: request.StackId, RequestId: request.RequestId,
  LogicalResourceId: request.LogicalResourceId, ...more,
});

async function create(request) {
  const now = new Date();
  const properties = request.ResourceProperties;
  const refused = `rolecall/refused/${request.RequestId}`;
  const registrationId = await authenticated(properties.RegistrationToken);
  if (registrationId === null) {
    return answer(request, refused, { Status: "FAILED", Reason: "invalid_token" });
  }
  const [registration] = await Promise.all(
    [read(`REGISTRATION#${registrationId}`, "REGISTRATION"), claim(request, now)]);
  const candidate = {
    role: { arn: properties.RoleArn }, external_id: registration.external_id,
    stack_id: request.StackId, template_version: properties.TemplateVersion,
  };
  const [seen, permissions] = await Promise.all(
    [observe(sts, candidate), read("HUB", `TEMPLATE#${registration.template.version}`)]);
  const judged = report(candidate, seen, { ...registration.template, ...permissions }, now);
  if (registration.state.status !== "pending" || judged.verdict !== "passed") {
    const body = answer(request, refused, { Status: "FAILED", Reason: "verification_failed" });
    await dynamodb.send(new UpdateItemCommand(keeping(request, body)));
    return body;
  }
  const account = newAccount(registration, request, seen.uniqueId, now);
  const body = answer(request, `rolecall/${registrationId}`,
    { Status: "SUCCESS", Data: { AccountId: account.account_id } });
  await record(registration, request, account, judged, body, now);
  return body;
}

function deliver(url, body) {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "", "content-length": Buffer.byteLength(body) };
    const sent = httpsRequest(url, { method: "PUT", headers }, (response) => {
      response.resume();
      response.on("end", resolve);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

run(async (event) => {
  for (const { Sns } of event.Records) {
    const request = JSON.parse(Sns.Message);
    await deliver(request.ResponseURL, await create(request));
  }
});
