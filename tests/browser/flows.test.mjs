// What people do on the pages, in Chromium, against a hub: the tenant's people in the console, the customer's
// administrator on the connect page, and AWS played by the emulator.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { violations } from "./axe.mjs";
import { executable, launch } from "./chromium.mjs";
import { api, aws, createStack, follow, hub, newAwsAccount, newPerson, newRegistration, signIn } from "./hub.mjs";
import { withPage } from "./still.mjs";

const skip = executable() ? false : "no Chromium is installed; set CHROMIUM";
// A check, a callback and a deletion take seconds on the local hub.
const PATIENCE = 90_000;
let browser;

/** What happens in a browser of its own, which is closed after the test. */
const flows = [];
function flow(name, options, body) {
  flows.push([name, options, body]);
}

async function pageOf(context) {
  const page = await context.newPage();
  page.on("pageerror", (error) => assert.fail(`script failed: ${error}`));
  return page;
}

const heading = (page, name, level) => page.getByRole("heading", { name, level });

flow("person connects an account while both pages watch", {}, async (context) => {
  const page = await pageOf(context);
  await signIn(page);
  await page.getByRole("link", { name: "New group" }).first().click();
  const group = `Production ${Date.now()}`;
  await page.getByLabel("Name").fill(group);
  await page.getByRole("button", { name: "Create group" }).click();
  await heading(page, group, 1).waitFor();
  await page.getByRole("link", { name: "Add AWS account" }).first().click();
  await page.getByLabel(/^Name of the account/).fill("Payments");
  await page.getByRole("button", { name: "Create the link" }).click();
  await heading(page, "Connect “Payments”").waitFor();

  const address = await page.getByLabel("Address of the page").inputValue();
  const other = await browser.newContext({ locale: "en-US" });
  const customer = await pageOf(other);
  await customer.goto(address);
  const link = await customer.getByRole("link", { name: /Open the AWS console/ }).getAttribute("href");
  assert.deepEqual(await violations(customer), []);
  const account = newAwsAccount();
  await createStack(link, account);
  const validity = customer.getByText(/This link works for another/);
  assert.ok(await validity.isVisible());
  await heading(customer, `AWS account ${account} is connected`).waitFor({ timeout: PATIENCE });
  // What concerns the open link disappears without a reload.
  assert.ok(!(await validity.isVisible()));
  assert.ok(!(await heading(customer, "Send to a colleague").isVisible()));
  await page.getByRole("link", { name: "Open the account" }).click();
  await heading(page, "Payments", 1).waitFor();
  await page.getByText(/checks pass$/).first().waitFor();
  assert.deepEqual(await violations(page), []);

  await customer.getByRole("link", { name: "See what this connection does" }).click();
  await heading(customer, "Connected").waitFor();
  assert.deepEqual(await violations(customer), []);
  await other.close();
});

flow("account is deregistered, and its stack is followed until it is gone", {}, async (context) => {
  const { registration } = await newRegistration();
  const account = newAwsAccount();
  await createStack(registration.quick_create_url, account);
  const { account_id: id } = await api("GET", `/v1/registrations/${registration.registration_id}`);
  const { customer_url: address } = await api("GET", `/v1/accounts/${id}`);
  const other = await browser.newContext({ locale: "en-US" });
  const customer = await pageOf(other);
  await customer.goto(address);
  assert.ok(await heading(customer, "Revoke the access").isVisible());
  const page = await pageOf(context);
  await signIn(page);
  await page.goto(`${hub.console_url}/accounts/${id}`);
  await page.getByRole("link", { name: "Deregister" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(/type the name/).fill("Wrong");
  await dialog.getByRole("button", { name: "Deregister" }).click();
  await page.getByText("The name doesn't match.").first().waitFor();
  await page.getByLabel(/type the name/).fill("Payments");
  await page.getByRole("button", { name: "Deregister" }).click();
  await page.getByRole("link", { name: "Follow the deletion of the stack" }).click();
  await heading(page, "Payments", 1).waitFor();
  assert.deepEqual(await violations(page), []);
  await aws(account, "cloudformation", "delete-stack", "--stack-name", registration.stack_name);
  await heading(page, "The stack and the role no longer exist").waitFor({ timeout: PATIENCE });
  await heading(customer, /nothing remains/).waitFor({ timeout: PATIENCE });
  assert.ok(!(await heading(customer, "Revoke the access").isVisible()));
  await other.close();
});

flow("broken trust policy is shown with its remedy, which works", {}, async (context) => {
  const { registration } = await newRegistration();
  const account = newAwsAccount();
  await createStack(registration.quick_create_url, account);
  const { account_id: id } = await api("GET", `/v1/registrations/${registration.registration_id}`);
  const { role_arn: arn } = await api("GET", `/v1/accounts/${id}`);
  const role = arn.split("/").pop();
  const policy = (await aws(account, "iam", "get-role", "--role-name", role)).Role.AssumeRolePolicyDocument;
  for (const statement of policy.Statement) delete statement.Condition?.StringEquals;
  await aws(account, "iam", "update-assume-role-policy", "--role-name", role, "--policy-document", JSON.stringify(policy));

  const page = await pageOf(context);
  await signIn(page);
  await page.goto(`${hub.console_url}/accounts/${id}`);
  await page.getByRole("button", { name: "Check now" }).click();
  await page.getByRole("heading", { name: /need attention$/ }).waitFor();
  const command = await page.locator("pre").first().innerText();
  assert.deepEqual(await violations(page), []);
  await follow(account, command);
  // An account can be checked again after half a minute. Until then, the page says when.
  const passes = page.getByRole("heading", { name: /checks pass$/ });
  for (const end = Date.now() + PATIENCE; Date.now() < end && !(await passes.count()); ) {
    await page.goto(`${hub.console_url}/accounts/${id}`);
    await page.getByRole("button", { name: "Check now" }).click();
    await passes.or(heading(page, "Too many requests", 1)).waitFor();
  }
  await passes.waitFor();
});

flow("viewer finds nothing to press", {}, async (context) => {
  const { group } = await newRegistration();
  const page = await pageOf(context);
  await signIn(page, await newPerson({ role: "viewer" }));
  await page.goto(`${hub.console_url}/groups/${group.group_id}`);
  await heading(page, group.name, 1).waitFor();
  assert.equal(await page.getByRole("link", { name: "Add AWS account" }).count(), 0);
  // Actions that are not offered are also refused.
  await page.goto(`${hub.console_url}/groups/${group.group_id}/add`);
  await heading(page, "You don't have permission to do this", 1).waitFor();
});

flow("page works without script", { javaScriptEnabled: false }, async (context) => {
  const page = await pageOf(context);
  await signIn(page);
  await page.getByRole("link", { name: "New group" }).first().click();
  const group = `Plain ${Date.now()}`;
  await page.getByRole("button", { name: "Create group" }).click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Name").fill(group);
  await page.getByRole("button", { name: "Create group" }).click();
  await heading(page, group, 1).waitFor();
});

flow("double click makes one group", {}, async (context) => {
  const page = await pageOf(context);
  await signIn(page);
  await page.goto(`${hub.console_url}/groups/new`);
  const name = `Once ${Date.now()}`;
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Create group" }).dblclick();
  await heading(page, name, 1).waitFor();
  const { items } = await api("GET", "/v1/groups?limit=100");
  assert.equal(items.filter((group) => group.name === name).length, 1);
});

flow("page is gone after signing out, also with the back button", {}, async (context) => {
  const { group } = await newRegistration();
  const page = await pageOf(context);
  await signIn(page);
  await page.goto(`${hub.console_url}/groups/${group.group_id}`);
  await page.locator("details.person summary").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You are signed out.").waitFor();
  await page.goBack();
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).waitFor();
  assert.equal(await heading(page, group.name, 1).count(), 0);
});

flow("person comes back from an issuer on another site and is signed in at once", {}, async (context) => {
  const page = await pageOf(context);
  const visited = [];
  page.on("framenavigated", (frame) => visited.push(new URL(frame.url())));
  const asked = [];
  page.on("request", (request) => request.isNavigationRequest() && asked.push(new URL(request.url())));
  await signIn(page);
  // Another site, not only another port: the browser sends no `SameSite=Strict` cookie back from there.
  const ours = new URL(hub.console_url);
  const issuer = visited.find(({ pathname }) => pathname === "/oauth2/authorize");
  assert.notEqual(issuer.hostname, ours.hostname);
  const callbacks = asked.filter(({ pathname }) => pathname === "/sign-in/callback");
  assert.deepEqual(callbacks.map(({ host }) => host), [ours.host]);
  assert.equal(visited.at(-1).href, `${ours.origin}/`);
  const cookies = await context.cookies(ours.href);
  const session = cookies.find(({ name }) => name === "__Host-rolecall-session");
  assert.deepEqual([session.sameSite, session.secure, session.httpOnly], ["Lax", true, true]);
  // A link on another site finds the person signed in, too.
  await page.goto(issuer.href);
  await page.evaluate((url) => globalThis.location.assign(url), ours.href);
  await heading(page, "Groups", 1).waitFor();
});

flow("person signs out at the issuer, too, and comes back to the console", {}, async (context) => {
  const page = await pageOf(context);
  await signIn(page);
  await page.locator("details.person summary").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You are signed out.").waitFor();
  assert.deepEqual(await violations(page), []);
  const link = page.getByRole("link", { name: "Sign out of the sign-in service" });
  assert.notEqual(new URL(await link.getAttribute("href")).hostname, new URL(hub.console_url).hostname);
  await link.click();
  await page.waitForURL(`${hub.console_url}/`);
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).waitFor();
});

flow("session that was ended elsewhere asks to sign in, and goes on where it was", {}, async (context) => {
  const { group } = await newRegistration();
  const page = await pageOf(context);
  const person = await newPerson();
  await signIn(page, person);
  await page.goto(`${hub.console_url}/groups/${group.group_id}/edit`);
  const other = await browser.newContext({ locale: "en-US" });
  const elsewhere = await pageOf(other);
  elsewhere.setDefaultTimeout(PATIENCE);
  await signIn(elsewhere, person);
  await elsewhere.goto(`${hub.console_url}/sessions`);
  await elsewhere.getByRole("button", { name: "Sign out everywhere" }).click();
  await elsewhere.getByText("You are signed out.").waitFor();
  await other.close();
  await page.getByLabel("Name").fill("Renamed");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText(/Your session has ended/).waitFor();
});

flow("connect page speaks Japanese and works by keyboard", { locale: "ja-JP" }, async (context) => {
  const { registration } = await newRegistration();
  const page = await pageOf(context);
  await page.goto(registration.connect_url);
  assert.equal(await page.locator("html").getAttribute("lang"), "ja");
  await page.getByText("スタックの作成を待っています").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  const text = await page.evaluate(() => document.activeElement.textContent);
  assert.match(text, /AWSコンソールを開く/);
  assert.deepEqual(await violations(page), []);
});

// Most of the time, each waits for the hub.
describe("what people do", { skip, concurrency: 5 }, () => {
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  for (const [name, options, body] of flows) {
    test(name, async () => {
      const context = await browser.newContext({ locale: "en-US", ...options });
      context.setDefaultTimeout(PATIENCE);
      try {
        await body(context);
      } catch (error) {
        throw await withPage(error, [context]);
      } finally {
        await context.close();
      }
    });
  }
});
