// The hub in ROLECALL_HUB, its users, and the customer's part in AWS.

import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const LOCAL = `${ROOT}target/rolecall-local`;

// Some tests need none.
const file = process.env.ROLECALL_HUB;
export const hub = file && JSON.parse(readFileSync(file, "utf8"));

/** Publishes a brand, and the example of access profiles, which the pages then show. */
export async function publish() {
  const access = `${ROOT}infra/onboarding/access.example.yaml`;
  const files = ["--access", access, "--brand", `${ROOT}tests/browser/brand.yaml`];
  const env = { ...customer(hub.hub_account_id), AWS_REGION: hub.region };
  await run(`${ROOT}target/rolecall-admin`, ["publish", "--stack-name", hub.stack_name, ...files], { env });
}

/** An AWS account that nobody else uses. */
export function newAwsAccount() {
  return `3${String(randomInt(10 ** 11)).padStart(11, "0")}`;
}

/** Creates the stack of a link, as the customer does in the AWS console. Fails if the stack does. */
export async function createStack(link, account) {
  await run(LOCAL, ["customer", "create-stack", "--link", link, "--account", account], { cwd: ROOT });
}

/** The environment of a shell of the customer. */
function customer(account) {
  return {
    ...process.env,
    PATH: `${ROOT}.venv/bin:${process.env.PATH}`,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_DEFAULT_REGION: hub.region,
    AWS_ENDPOINT_URL: hub.endpoint_url,
    AWS_PAGER: "",
  };
}

/** Runs the AWS CLI in the customer's account. */
export async function aws(account, ...command) {
  const { stdout } = await run("aws", [...command, "--output", "json"], { env: customer(account) });
  return stdout ? JSON.parse(stdout) : null;
}

// The AWS console has its parameters in the fragment.
const fragment = (link) => new URLSearchParams(link.slice(link.indexOf("?", link.indexOf("#")) + 1));

/** Updates the stack of an update link, as the customer does in the AWS console. */
export async function updateStack(link, account) {
  const query = fragment(link);
  const name = ["--stack-name", query.get("stackId")];
  const { stdout: template } = await run(LOCAL, ["customer", "template", query.get("templateURL")], { cwd: ROOT });
  const [stack] = (await aws(account, "cloudformation", "describe-stacks", ...name)).Stacks;
  const keys = (stack.Parameters ?? []).map(({ ParameterKey: key }) => `ParameterKey=${key},UsePreviousValue=true`);
  const parameters = keys.length ? ["--parameters", ...keys] : [];
  const body = ["--template-body", template, "--capabilities", "CAPABILITY_IAM"];
  await aws(account, "cloudformation", "update-stack", ...name, ...body, ...parameters);
  await aws(account, "cloudformation", "wait", "stack-update-complete", ...name);
}

/** Deletes the stack of a link to its page. */
export async function deleteStack(link, account) {
  await aws(account, "cloudformation", "delete-stack", "--stack-name", fragment(link).get("stackId"));
}

/** The value that the customer copies from the stack's outputs. */
export async function stackInfo(account, region, stack) {
  const place = ["--region", region, "--stack-name", stack];
  const { Stacks: [{ Outputs: outputs }] } = await aws(account, "cloudformation", "describe-stacks", ...place);
  return outputs.find(({ OutputKey: key }) => key === "RolecallStackInfo").OutputValue;
}

/** Runs a command that a page shows, as the customer. */
export async function follow(account, command) {
  await run("bash", ["-c", command], { env: customer(account) });
}

/** Calls the API as the owner of a tenant. */
export async function api(method, path, body, tenant = "acme") {
  const response = await fetch(`${hub.api_url.replace(/\/$/, "")}${path}`, {
    method,
    headers: { authorization: `Bearer ${hub.tokens[tenant]}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

/** A registration in a new group. */
export async function newRegistration(choices = {}) {
  const group = await api("POST", "/v1/groups", { name: `Group ${randomInt(10 ** 9)}`, color: "#d1495b" });
  const path = `/v1/groups/${group.group_id}/registrations`;
  const registration = await api("POST", path, { account_name: "Payments", ...choices });
  return { group, registration };
}

/** Signs in through the issuer's own pages, and waits for the console. A new owner does so if no person is given. */
export async function signIn(page, person) {
  await page.goto(hub.console_url);
  await page.getByRole("main").getByRole("link").first().click();
  await enter(page, person ?? (await newPerson()));
  await page.waitForURL(`${hub.console_url}/`);
}

/** Fills in the issuer's own page. */
export async function enter(page, { email, password }) {
  await page.locator("#username").fill(email);
  await page.locator("#password").fill(password);
  await page.locator("form [type=submit], form button").first().click();
}

/** A new person of a tenant, with a password. Ending the sessions of one person does not end those of others. */
export async function newPerson({ tenant = "acme", role = "owner", name = "Olivia Owner" } = {}) {
  const email = `person-${randomInt(10 ** 9)}@${tenant}.example`;
  const password = `Aa1!${randomInt(10 ** 12)}`;
  const attributes = { email, email_verified: "true", name, "custom:tenant": tenant, "custom:role": role };
  const user = { UserPoolId: hub.outputs.UserPoolId, Username: email };
  await cognito("AdminCreateUser", {
    ...user,
    MessageAction: "SUPPRESS",
    UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
  });
  await cognito("AdminSetUserPassword", { ...user, Password: password, Permanent: true });
  return { email, password };
}

// The emulator takes the account from the credential and does not check the signature.
async function cognito(action, body) {
  const day = new Date().toISOString().slice(0, 10).replaceAll("-", "");
  const credential = `${hub.hub_account_id}/${day}/${hub.region}/cognito-idp/aws4_request`;
  const response = await fetch(hub.endpoint_url, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AWSCognitoIdentityProviderService.${action}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${action}: ${response.status} ${await response.text()}`);
}
