// Checks connected accounts, like account-health for a batch of messages.

import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { STSClient } from "@aws-sdk/client-sts";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";

import { observe, report } from "./checks.mjs";
import { run } from "./runtime.mjs";

const TableName = process.env.TABLE_NAME;
const sts = new STSClient({});
const dynamodb = new DynamoDBClient({});

async function read(pk, sk) {
  const Key = marshall({ pk, sk });
  const { Item } = await dynamodb.send(
    new GetItemCommand({ TableName, Key, ConsistentRead: true }));
  return unmarshall(Item);
}

async function readTemplate() {
  const template = await read("HUB", "TEMPLATE");
  return { ...template, ...await read("HUB", `TEMPLATE#${template.version}`) };
}

async function check(message) {
  const pk = `TENANT#${message.tenant}`;
  const id = message.account_id;
  const [account, schedule, template] = await Promise.all(
    [read(pk, `ACCOUNT#${id}`), read(pk, `SCHEDULE#${id}`), readTemplate()]);
  const now = new Date();
  const judged = report(account, await observe(sts, account), template, now);
  const due = new Date(now.getTime() + 3600_000);
  const items = [
    { pk, sk: `REPORT#${id}`, tenant: message.tenant, subject: id, report: judged },
    {
      ...schedule,
      last_checked_at: now.toISOString(),
      next_check_at: due.toISOString(),
      due_at: due.getTime(),
      streak: judged.verdict === "passed" ? 0 : schedule.streak + 1,
    },
  ];
  await Promise.all(items.map(
    (item) => dynamodb.send(new PutItemCommand({ TableName, Item: marshall(item) }))));
}

run(async (event) => {
  const results = await Promise.allSettled(
    event.Records.map((record) => check(JSON.parse(record.body))));
  const failed = event.Records.filter((_, place) => results[place].status === "rejected");
  for (const result of results) if (result.reason) console.error(result.reason);
  return { batchItemFailures: failed.map((it) => ({ itemIdentifier: it.messageId })) };
});
