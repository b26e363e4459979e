// Issues credentials of a connected account, like credential-broker.

import {
  DynamoDBClient, GetItemCommand, TransactWriteItemsCommand, UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { randomBytes } from "node:crypto";

import { run } from "./runtime.mjs";

const TABLE = process.env.TABLE_NAME;
const RECEIPTS = process.env.RECEIPTS_TABLE_NAME;
const PROOF_MAX_AGE_MS = Number(process.env.PROOF_MAX_AGE_SECONDS) * 1000;
const PACE_MS = 10_000;
const PACE_BURST = 100;
const KEPT_SECONDS = 90 * 24 * 3600;
const sts = new STSClient({});
const dynamodb = new DynamoDBClient({});

const key = (pk, sk) => marshall({ pk, sk });
const seconds = (date) => Math.floor(date.getTime() / 1000);
const moment = (date) => `${date.toISOString().slice(0, 19)}Z`;

async function read(TableName, pk, sk) {
  const { Item } = await dynamodb.send(
    new GetItemCommand({ TableName, Key: key(pk, sk), ConsistentRead: true }));
  return Item && unmarshall(Item);
}

const answer = (statusCode, body) => ({
  statusCode,
  headers: { "content-type": "application/json", "cache-control": "no-store" },
  body: JSON.stringify(body),
});

// Returns a version 7 UUID, which sorts by time.
function newId(prefix, now) {
  const random = randomBytes(10);
  random[0] = 0x70 | (random[0] & 0x0f);
  random[2] = 0x80 | (random[2] & 0x3f);
  return `${prefix}_${now.getTime().toString(16).padStart(12, "0")}${random.toString("hex")}`;
}

// Whether a check or the broker's own proof passed a short time ago.
function isFresh(schedule, report, proof, role, now) {
  const passed = schedule && schedule.streak === 0 && !schedule.inconclusive
    && (report === undefined || report.report.verdict === "passed");
  const times = passed ? [schedule.last_checked_at] : [];
  const ofRole = proof && proof.role.arn === role.arn && proof.role.unique_id === role.unique_id;
  if (ofRole && proof.result === "passed") times.push(proof.at);
  return times.some((at) => now - new Date(at) < PROOF_MAX_AGE_MS);
}

// Counts the request in a bucket. Returns whether the bucket had room.
async function admit(tenant, accountId, service, now) {
  const nowMs = now.getTime();
  const ttl = { ":ttl": seconds(now) + 2000 };
  const steps = [
    ["attribute_not_exists(#pk) OR #full <= :now", "SET #full = :next, #ttl = :ttl",
      { "#pk": "pk" }, { ":now": nowMs, ":next": nowMs + PACE_MS }],
    ["#full > :now AND #full <= :latest", "SET #full = #full + :every, #ttl = :ttl",
      {}, { ":now": nowMs, ":latest": nowMs + PACE_MS * (PACE_BURST - 1), ":every": PACE_MS }],
  ];
  for (const [ConditionExpression, UpdateExpression, names, values] of steps) {
    try {
      await dynamodb.send(new UpdateItemCommand({
        TableName: RECEIPTS,
        Key: key(`TENANT#${tenant}`, `PACE#ISSUE#${accountId}#${service}`),
        ConditionExpression,
        UpdateExpression,
        ExpressionAttributeNames: { "#full": "full_at_ms", "#ttl": "ttl", ...names },
        ExpressionAttributeValues: marshall({ ...values, ...ttl }),
      }));
      return true;
    } catch (error) {
      if (error.name !== "ConditionalCheckFailedException") throw error;
    }
  }
  return false;
}

// Writes the receipt, its event and its count, on the condition that the account has not changed.
function record(account, receipt, now) {
  const [pk, accountId] = [`TENANT#${account.tenant}`, account.account_id];
  const ttl = seconds(now) + KEPT_SECONDS;
  const hour = Math.floor(seconds(now) / 3600);
  const recordId = `${accountId}/${receipt.profile}/${receipt.service}`;
  const { tenant, ...shown } = receipt;
  const event = {
    tenant, record_id: recordId, sequence: hour, event: "Credentials Issued",
    at: receipt.issued_at, actor: `service:${receipt.service}`, cause: "requested", record: shown, ttl,
  };
  const names = Object.keys(event);
  const sets = names.map((name) => `#${name} = if_not_exists(#${name}, :${name})`).join(", ");
  const values = Object.fromEntries(names.map((name) => [`:${name}`, event[name]]));
  return dynamodb.send(new TransactWriteItemsCommand({
    TransactItems: [
      {
        ConditionCheck: {
          TableName: TABLE,
          Key: key(pk, `ACCOUNT#${accountId}`),
          ConditionExpression: "#version = :version",
          ExpressionAttributeNames: { "#version": "version" },
          ExpressionAttributeValues: marshall({ ":version": account.version }),
        },
      },
      {
        Put: {
          TableName: RECEIPTS,
          Item: marshall({
            ...receipt, pk: `ACCOUNT#${accountId}`, sk: `RECEIPT#${receipt.receipt_id}`, ttl,
          }),
        },
      },
      {
        Update: {
          TableName: RECEIPTS,
          Key: key(pk, `AUDIT#${recordId}#${String(hour).padStart(10, "0")}`),
          UpdateExpression: `SET ${sets} ADD #issued :one`,
          ExpressionAttributeNames: Object.fromEntries(
            [...names, "issued"].map((name) => [`#${name}`, name])),
          ExpressionAttributeValues: marshall({ ...values, ":one": 1 }),
        },
      },
      {
        Update: {
          TableName: RECEIPTS,
          Key: key(`USAGE#${receipt.issued_at.slice(0, 7)}`, `${pk}#${accountId.slice(-1)}`),
          UpdateExpression: "SET #ttl = if_not_exists(#ttl, :ttl) ADD #issued :one",
          ExpressionAttributeNames: { "#ttl": "ttl", "#issued": "issued" },
          ExpressionAttributeValues: marshall({ ":ttl": ttl, ":one": 1 }),
        },
      },
    ],
  }));
}

run(async (event) => {
  const { profile, account_id: accountId } = event.pathParameters;
  const service = event.requestContext.authorizer.iam.userArn.split("/")[1];
  const asked = JSON.parse(event.body);
  const owner = await read(TABLE, `ACCOUNT#${accountId}`, "OWNER");
  if (owner === undefined) return answer(404, { code: "not_found" });
  const pk = `TENANT#${owner.tenant}`;
  const account = await read(TABLE, pk, `ACCOUNT#${accountId}`);
  const [template, schedule, report, proof] = await Promise.all([
    read(TABLE, `TEMPLATE#${account.template_id}`, "TEMPLATE"),
    read(TABLE, pk, `SCHEDULE#${accountId}`),
    read(TABLE, pk, `REPORT#${accountId}`),
    read(RECEIPTS, `ACCOUNT#${accountId}`, "PROOF"),
  ]);
  const now = new Date();
  if (account.state.status !== "active" || !isFresh(schedule, report, proof, account.role, now)) {
    return answer(409, { code: "account_not_usable" });
  }
  const granted = template.profiles.find((it) => it.name === profile);
  if (granted === undefined) return answer(403, { code: "access_not_granted" });
  if (!await admit(account.tenant, accountId, service, now)) {
    return answer(429, { code: "rate_limited" });
  }
  const sessionName = `${asked.session_name}@${service}`;
  const session = await sts.send(new AssumeRoleCommand({
    RoleArn: account.role.arn,
    RoleSessionName: sessionName,
    ExternalId: account.external_id,
    DurationSeconds: asked.duration_seconds,
    Policy: JSON.stringify(granted.policy),
    PolicyArns: granted.managed_policies.map((arn) => ({ arn })),
  }));
  if (session.AssumedRoleUser.AssumedRoleId.split(":")[0] !== account.role.unique_id) {
    return answer(409, { code: "account_not_usable" });
  }
  const credentials = session.Credentials;
  const expiresAt = moment(credentials.Expiration);
  await record(account, {
    receipt_id: newId("rcp", now), tenant: account.tenant, account_id: accountId,
    aws_account_id: account.aws_account_id, service, profile, session_name: sessionName,
    template_id: account.template_id, issued_at: moment(now), expires_at: expiresAt,
  }, now);
  return answer(200, {
    Version: 1, AccessKeyId: credentials.AccessKeyId, SecretAccessKey: credentials.SecretAccessKey,
    SessionToken: credentials.SessionToken, Token: credentials.SessionToken, Expiration: expiresAt,
    AccountId: account.aws_account_id, account_id: accountId, profile,
  });
});
