// The hub in ROLECALL_HUB, its users, and the customer's part in AWS.

import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export const hub = JSON.parse(readFileSync(process.env.ROLECALL_HUB, "utf8"));

/** An AWS account that nobody else uses. */
export function newAwsAccount() {
  return `3${String(randomInt(10 ** 11)).padStart(11, "0")}`;
}

/** Creates the stack of a quick-create link, as the customer does in the AWS console. Fails if the stack does. */
export async function createStack(link, account) {
  await run(`${ROOT}target/rolecall-local`, ["customer", "create-stack", "--link", link, "--account", account], {
    cwd: ROOT,
  });
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

/** Signs in through the issuer's own pages, and waits for the console. */
export async function signIn(page, role = "owner", tenant = "acme") {
  const email = `${role}@${tenant}.example`;
  await page.goto(hub.console_url);
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await page.locator("#username").fill(email);
  await page.locator("#password").fill(hub.users[email].password);
  await page.locator("form [type=submit], form button").first().click();
  await page.getByRole("heading", { name: "Groups", level: 1 }).waitFor();
}
