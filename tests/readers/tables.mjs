// For each line of its input, prints the tables that one client of the AWS SDK for JavaScript lists, or the SDK's error.
import { createInterface } from "node:readline";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { fromHttp } from "@aws-sdk/credential-provider-http";
import { fromProcess } from "@aws-sdk/credential-provider-process";

// The default chain of credentials tries further providers, and reports no provider's error. The program asks the
// provider itself for it.
async function cause() {
  const isWorkload = process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI !== undefined;
  const provider = isWorkload ? fromHttp({ maxRetries: 0 }) : fromProcess();
  try {
    await provider();
    return "";
  } catch (error) {
    return [error, error.Code, error.Message].join(" ");
  }
}

const client = new DynamoDBClient({});
for await (const _ of createInterface({ input: process.stdin })) {
  try {
    const { TableNames } = await client.send(new ListTablesCommand({}));
    console.log("tables:", ...TableNames);
  } catch (error) {
    console.log("error:", `${error} ${await cause()}`.replaceAll("\n", " "));
  }
}
