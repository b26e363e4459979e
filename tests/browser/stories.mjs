// One story for each guide: what its reader does, on the pages and in AWS, which the emulator plays.

import assert from "node:assert/strict";
import { aws, createStack, deleteStack, enter, follow as run, hub, newPerson, signIn, stackInfo, updateStack } from "./hub.mjs";
import { Person } from "./person.mjs";
import { withPage } from "./still.mjs";

/** The AWS accounts of each guide, as its pictures show them: the one that is connected, and another one. */
const ACCOUNTS = {
  "connect-an-account": { en: ["111122223333", "888877776666"], ja: ["444455556666", "999988887777"] },
  "switch-role": { en: ["222233334444", "555566667777"], ja: ["333344445555", "666677778888"] },
  "instance-profile": { en: ["333322221111"], ja: ["444433332222"] },
  "hybrid-machines": { en: ["555544443333"], ja: ["666655554444"] },
  "ec2-permissions": { en: ["777766665555"], ja: ["888877779999"] },
};

const NAMES = { en: "Alex Morgan", ja: "佐藤 あかり" };
// Sized so that a picture is as wide as the text of a guide.
const DESK = { width: 1000, height: 760 };
const PHONE = { width: 360, height: 720 };

/** Follows a guide in a browser of its own. */
export async function follow(browser, name, language, album, patience) {
  const open = async (viewport) => {
    const locale = language === "ja" ? "ja-JP" : "en-US";
    const context = await browser.newContext({ locale, viewport, colorScheme: "light", reducedMotion: "reduce" });
    context.setDefaultTimeout(patience);
    opened.push(context);
    const page = await context.newPage();
    page.on("pageerror", (error) => assert.fail(`script failed: ${error}`));
    return page;
  };
  const opened = [];
  try {
    const page = await open(DESK);
    const person = new Person(name, language, page, album);
    const owner = await newPerson({ tenant: `${name}-${language}`, name: NAMES[language] });
    await STORIES[name]({ person, page, owner, accounts: ACCOUNTS[name][language], phone: () => open(PHONE) });
    person.finish();
  } catch (error) {
    throw await withPage(error, opened);
  } finally {
    await Promise.all(opened.map((context) => context.close()));
  }
}

export const STORIES = {
  "connect-an-account": connectAnAccount,
  "switch-role": switchRole,
  "instance-profile": instanceProfile,
  "hybrid-machines": hybridMachines,
  "ec2-permissions": ec2Permissions,
};

async function connectAnAccount({ person, page, owner, accounts, phone }) {
  const [account, other] = accounts;

  person.section("1. Create a group");
  await page.goto(hub.console_url);
  await person.press("Sign in");
  await enter(page, owner);
  await person.press("New group");
  await person.fill("Name");
  await person.see("Color");
  await person.press("Create group");
  await page.locator(".tabs").waitFor();
  const group = page.url();
  const add = page.locator(".head a.primary");
  await person.picture("group", { of: [page.locator("header.bar"), page.locator("main")], mark: add });

  person.section("2. Create the link");
  await person.press("Add AWS account");
  const name = await person.fill("Name of the account");
  await person.see("Region of the stack");
  assert.equal(await person.fill("AWS account ID"), account);
  await person.see("What we may do in the account");
  assert.ok(await person.box().isChecked());
  await person.see("Additional roles");
  await person.picture("add", { mark: page.locator("form button.primary") });
  await person.press("Create the link");
  await page.locator("#connect-url").waitFor();
  await person.picture("link");
  // The link is found again from the group.
  await page.goto(`${group}/waiting`);
  await page.getByRole("link", { name, exact: true }).click();

  person.section("3. Ask a colleague");
  await person.see("Or ask the administrator of the account");
  await person.see("Copy");
  const customer = await person.open("Open the page");
  person.at(customer);
  await customer.locator("#live").waitFor();
  await person.picture("page");
  const small = await phone();
  await small.goto(customer.url());
  person.at(small);
  await person.picture("phone", { of: [small.locator("main .head"), small.locator("#live")] });
  person.at(customer);
  assert.match(await person.link("Read the exact template"), /\/onboarding\//);
  await person.press("Permissions that you need to create the stack");
  assert.match(await customer.locator("#permissions").innerText(), /cloudformation:CreateStack/);

  person.section("4. Create the stack");
  person.at(page);
  const link = await person.link("Open the AWS console");
  person.aws("Create stack");
  await createStack(link, account);
  await person.see("Connected");
  await person.picture("connected");
  person.at(customer);
  await customer.locator("#live h2 a").click();
  await customer.waitForURL(/\/customer\//);
  await person.picture("customer");

  person.section("5. Review the account");
  person.at(page);
  await person.press("Open the account");
  await person.see("Healthy");
  const accountPage = page.url();
  await person.picture("account", { of: [page.locator("header.bar"), page.locator("main")] });
  await person.see("Edit");

  person.section("6. If the stack fails");
  const refused = await newLink(page, group, { name: "Archive", account });
  await customer.goto(refused.address);
  const wrong = await customer.locator("#live a.primary").getAttribute("href");
  await assert.rejects(createStack(wrong, other), "the stack fails");
  person.at(customer);
  await customer.locator("#live[data-state=refused]").waitFor();
  await person.picture("refused", { of: [customer.locator("#live")] });
  await person.see("Not connected");
  assert.match(await person.link("Open the stack in the AWS console"), /stackinfo/);
  person.aws("Delete");
  assert.notEqual(await person.link("Open the AWS console"), wrong);

  person.section("7. If nothing happens");
  const quiet = await newLink(page, group, { name: "Archive", region: "eu-west-1" });
  await createStack(quiet.link, other);
  const value = await stackInfo(other, "eu-west-1", quiet.stack);
  person.at(page);
  person.aws("Outputs");
  const box = page.locator("#stack_info");
  await person.see("Value of RolecallStackInfo");
  await box.fill(value.slice(0, 40));
  await page.locator("#paste button.primary").click();
  await page.locator("#paste .wrong").waitFor();
  await person.picture("paste", { of: [page.locator("#paste")] });
  await box.fill(value);
  await person.press("Connect");
  await page.waitForURL(/\/accounts\//);

  person.section("8. Disconnect an account");
  await page.goto(accountPage);
  await person.press("Deregister");
  const dialog = page.locator("dialog[open]");
  await dialog.waitFor();
  await person.picture("deregister", { of: [dialog] });
  assert.equal(await person.fill("To confirm, type the name"), name);
  await person.press("Deregister");
  await person.press("Follow the deletion of the stack");
  // The hub has read the stack.
  await page.getByText("CREATE_COMPLETE").waitFor();
  await person.picture("orphaned");
  const orphaned = await person.link("Open the stack in the AWS console");
  person.aws("Delete");
  await deleteStack(orphaned, account);
  await untilGone(page);
  await person.see("The stack and the role no longer exist");
  await page.locator(".badge.good").waitFor();
  await person.picture("gone", { of: ["h1", ".badge", ".notice"].map((part) => page.locator(`#live ${part}`)) });
}

/** Has the hub look again and again, so that the story does not wait for the schedule. */
async function untilGone(page) {
  const stack = page.url();
  while (!(await page.locator(".badge.good").count())) {
    const check = page.locator(`form[action$="/check"] button`);
    if (await check.count()) await check.click();
    await page.waitForTimeout(2_000);
    await page.goto(stack);
  }
}

/** A link like that of the first steps, with other choices. */
async function newLink(page, group, { name, account, region }) {
  await page.goto(`${group}/add`);
  await page.locator("[name=account_name]").fill(name);
  if (account) await page.locator("[name=aws_account_id]").fill(account);
  if (region) await page.locator("[name=region]").selectOption(region);
  await page.locator("form.card button.primary").click();
  const address = await page.locator("#connect-url").inputValue();
  const link = await page.locator("#live a.primary").getAttribute("href");
  return { address, link, stack: /stackName=([^&]+)/.exec(link)[1] };
}

/** What the other guides begin with: a group, and the form of an account. */
async function begin({ person, page, owner }) {
  await signIn(page, owner);
  await page.goto(`${hub.console_url}/groups/new`);
  await page.locator("[name=name]").fill(person.language === "ja" ? "本番環境" : "Production");
  await page.locator("form.card button.primary").click();
  await person.press("Add AWS account");
  await person.fill("Name of the account");
}

/** Creates the link and the stack, and waits for the account. */
async function connect({ person, page, accounts }) {
  await person.press("Create the link");
  const link = await page.locator("#live a.primary").getAttribute("href");
  await createStack(link, accounts[0]);
}

/** Chooses Check now. An account can be checked once in half a minute; until then, a page says so. */
async function checkNow({ person, page }) {
  const account = page.url();
  const wanted = await page.locator("#live").getAttribute("data-state");
  await person.press("Check now");
  for (;;) {
    await page.locator("#live, section.empty").first().waitFor();
    const live = page.locator("#live");
    if ((await live.count()) && (await live.getAttribute("data-state")) !== wanted) return;
    await page.waitForTimeout(2_000);
    await page.goto(account);
    await page.locator(`form[action$="/check"] button`).click();
  }
}

const role = (page) => page.locator("article.role");
// With its heading.
const roleCard = (page) => page.locator("section.card").filter({ has: role(page) });
const roleForm = (page) => page.locator("#role");

async function switchRole(story) {
  const { person, page, accounts } = story;
  const [account, users] = accounts;

  person.section("1. Add the role");
  await begin(story);
  await person.see("Additional roles");
  await person.check("Switch role for your users");
  assert.equal(await person.fill("Account of your users (12 digits)"), users);
  await person.see("What the users may do");
  assert.ok(await person.box().isChecked());
  await person.see("Require MFA");
  await person.picture("add", { of: [roleForm(page)] });
  await connect(story);

  person.section("2. Check the role");
  await person.press("Open the account");
  await checkNow(story);
  await person.see("Additional roles");
  await person.see("Passed", role(page));
  await person.picture("role", { of: [roleCard(page)] });

  person.section("3. Allow your users to switch");
  await person.press("Policy for the account of your users");
  await person.see("Copy", role(page));
  assert.match(await role(page).locator("pre").innerText(), new RegExp(`::${account}:role/`));
  await person.picture("policy", { of: [role(page).locator("details[open]")] });
  for (const word of ["Policies", "Create policy", "JSON", "Next", "Create policy", "User groups"]) person.aws(word);

  person.section("4. Switch");
  const link = new URL(await person.link("Switch role"));
  assert.equal(link.searchParams.get("account"), account);
  person.aws("Switch Role");
}

async function instanceProfile(story) {
  const { person, page, accounts } = story;
  const [account] = accounts;

  person.section("1. Add the role");
  await begin(story);
  await person.see("Additional roles");
  await person.check("Instance profile for EC2");
  await person.see("What the instances may do");
  await person.box().check();
  await person.box().uncheck();
  await person.check("Systems Manager may assume the role, too");
  await person.picture("add", { of: [roleForm(page)] });
  await connect(story);

  person.section("2. Review the checks");
  await person.press("Open the account");
  await checkNow(story);
  await person.see("Additional roles");
  await person.see("Passed", role(page));
  await person.picture("passed", { of: [roleCard(page)] });

  person.section("3. Give it to an instance");
  for (const word of ["Instances", "Actions", "Security", "Modify IAM role"]) person.aws(word);
  await person.see("Instance profile for EC2", role(page));
  const [arn, profile] = await role(page).locator(".copyable .mono").allInnerTexts();
  assert.match(profile, /:instance-profile\//);
  for (const word of ["Update IAM role", "Fleet Manager"]) person.aws(word);

  person.section("4. Find and fix what is missing");
  const policy = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
  await aws(account, "iam", "detach-role-policy", "--role-name", arn.split("/").pop(), "--policy-arn", policy);
  await checkNow(story);
  await role(page).locator(".fail").first().waitFor();
  await person.picture("failed", { of: [roleCard(page)] });
  await person.see("Copy", role(page));
  await run(account, await role(page).locator("pre").innerText());
  await checkNow(story);
  await person.see("Passed", role(page));
}

async function hybridMachines(story) {
  const { person, page, accounts } = story;

  person.section("1. Add the role");
  await begin(story);
  await person.see("Additional roles");
  await person.check("Service role for machines outside AWS");
  await person.see("Join a directory");
  await person.check("Run the CloudWatch agent");
  await person.fill("S3 buckets of your own");
  await person.fill("Regions of patch baselines");
  await person.picture("add", { of: [roleForm(page)] });
  await connect(story);

  person.section("2. Check the role");
  await person.press("Open the account");
  await checkNow(story);
  await person.see("Additional roles");
  await person.see("Passed", role(page));
  await person.picture("role", { of: [roleCard(page)] });

  person.section("3. Register a machine");
  await person.press("Command that registers machines");
  await person.see("Copy", role(page));
  const command = await role(page).locator("pre").innerText();
  assert.match(command, /^aws ssm create-activation --iam-role companion\//);
  await person.picture("command", { of: [role(page).locator("details[open]")] });
  person.aws("Fleet Manager");
  assert.equal(accounts.length, 1);
}

async function ec2Permissions(story) {
  const { person, page, accounts } = story;
  const answer = page.locator("#simulate .notice");
  const ask = () => page.locator("#simulate button").click();

  person.section("1. Start with read-only access");
  await begin(story);
  await person.see("Additional roles");
  await person.check("Instance profile for EC2");
  await person.see("What the instances may do");
  assert.ok(await person.box().isChecked());
  await connect(story);
  await person.press("Open the account");

  person.section("2. Find out what is allowed");
  const account = page.url();
  await person.see("Is this action allowed?");
  await person.fill("Action");
  await person.press("Check the action");
  await person.see("Allowed", answer);
  await person.picture("allowed", { of: [page.locator("#simulate")] });
  await person.fill("Action");
  await person.press("Check the action");
  await person.see("Denied: no policy allows it", answer);
  await person.picture("denied", { of: [page.locator("#simulate")] });

  person.section("3. Allow more");
  await page.goto(account);
  await person.press("Change additional roles");
  await person.see("What the instances may do");
  await person.box().check();
  await person.picture("change", { of: [roleForm(page)] });
  await person.press("Save");
  await page.locator(".notice a.primary").waitFor();
  await person.picture("update", { of: [page.locator(".notice").first()] });
  const link = await person.link("Open the stack's update page");
  for (const word of ["Next", "Submit"]) person.aws(word);
  await updateStack(link, accounts[0]);
  await page.goto(account);
  await person.fill("Action");
  await ask();
  await person.see("Allowed", answer);
  await person.picture("after", { of: [page.locator("#simulate")] });
}
