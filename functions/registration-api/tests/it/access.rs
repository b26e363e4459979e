//! Access profiles: which a registration gets, the templates that give them, and updates to others.

use crate::world::{ACME, GLOBEX, Stack, World, hub, text};
use rolecall_domain::aws::RoleArn;
use rolecall_domain::check::Trigger;
use rolecall_domain::link::template::TemplateId;
use rolecall_domain::ports::{
    BucketError, CustomerAccounts, Records, Store, StoreError, TemplateBucket,
};
use rolecall_domain::record::account::{Account, ReportedRole};
use rolecall_domain::template::{Offering, Template, room_for_access};
use rolecall_testing::{FakeCustomers, Gate, InTurn, MemoryBucket, MemoryStore, Moment, Trouble};
use rolecall_testing::{offering, onboarding};
use rolecall_usecases::{check_account, update_role};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A bucket that counts the templates that arrive, and fails at a moment.
#[derive(Clone, Default)]
struct Counting {
    puts: Rc<Cell<u32>>,
    fails: Rc<RefCell<Option<Moment>>>,
}

impl Gate for Counting {
    async fn table(&self, _: &'static str, _: Moment) -> Result<(), StoreError> {
        Ok(())
    }

    async fn customers(&self, _: &'static str, _: Moment) -> Result<(), Trouble> {
        Ok(())
    }

    async fn bucket(&self, _: &'static str, moment: Moment) -> Result<(), BucketError> {
        if moment == Moment::Before {
            self.puts.update(|puts| puts + 1);
        }
        match *self.fails.borrow() == Some(moment) {
            true => Err(BucketError::Unavailable("on purpose".into())),
            false => Ok(()),
        }
    }
}

fn words(en: &str) -> Value {
    json!({"en": en, "ja": "説明"})
}

/// A profile that allows these actions.
fn profile(actions: &[&str]) -> Value {
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    json!({
        "title": words("Some access"),
        "explain": words("Allows some actions."),
        "policy": {"Version": "2012-10-17", "Statement": [statement]},
    })
}

/// Two profiles: `inventory`, which is the default, and `backup`.
fn two_profiles() -> Offering {
    let mut inventory = profile(&["ec2:DescribeInstances"]);
    inventory["managed_policies"] = json!(["arn:aws:iam::aws:policy/SecurityAudit"]);
    let profiles = json!({"inventory": inventory, "backup": profile(&["ec2:CreateSnapshot"])});
    offering(
        &hub(),
        &json!({"profiles": profiles, "default": ["inventory"]}),
    )
}

fn world() -> World {
    let world = World::new();
    world.api.env.store.publish(two_profiles());
    world
}

fn counting_world() -> (
    World<MemoryStore, FakeCustomers, InTurn<MemoryBucket, Counting>>,
    Counting,
) {
    let gate = Counting::default();
    let bucket = InTurn {
        port: Rc::new(MemoryBucket::new()),
        gate: gate.clone(),
    };
    let world = World::with_bucket(MemoryStore::new(), FakeCustomers::new(), bucket);
    world.api.env.store.publish(two_profiles());
    (world, gate)
}

/// The record of the template with this ID.
async fn recorded<S: Store, C: CustomerAccounts, B: TemplateBucket>(
    world: &World<S, C, B>,
    view: &Value,
) -> Template {
    let id = TemplateId::parse(text(view, "template_id")).expect("an ID");
    let template = world.api.env.store.template(&id).await.expect("read");
    template.expect("recorded")
}

/// The template at this URL: the record and the file are the same.
async fn published(world: &World, url: &str) -> Template {
    let bucket = onboarding(&hub()).bucket_url;
    let key = url
        .strip_prefix(&format!("{bucket}/"))
        .expect("in the bucket");
    let file = world.api.bucket.template(key).expect("in the bucket");
    let id = key.split('/').nth(2).expect("an ID");
    let recorded = recorded(world, &json!({"template_id": id})).await;
    assert_eq!((file, key.to_owned()), (recorded.text(), recorded.key()));
    recorded
}

fn names(template: &Template) -> Vec<String> {
    let names = template.access().into_iter();
    names.map(|name| name.to_string()).collect()
}

fn first_error(problem: &Value) -> (String, String) {
    let errors = problem["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 1, "{problem}");
    (text(&errors[0], "field"), text(&errors[0], "code"))
}

fn pair(field: &str, code: &str) -> (String, String) {
    (field.to_owned(), code.to_owned())
}

#[tokio::test]
async fn registration_gets_the_profiles_that_it_names_or_the_default() {
    let world = world();
    let group = world.group(ACME).await;
    for (body, access) in [
        (json!({}), json!(["inventory"])),
        (json!({"access": null}), json!(["inventory"])),
        (json!({"access": ["backup"]}), json!(["backup"])),
        (
            json!({"access": ["inventory", "backup", "inventory"]}),
            json!(["backup", "inventory"]),
        ),
        (json!({"access": []}), json!([])),
    ] {
        let registration = world.registration(ACME, &group, body.clone()).await;
        assert_eq!(registration["access"], access, "{body}");
        let template = published(&world, &text(&registration, "template_url")).await;
        assert_eq!(json!(names(&template)), access, "{body}");
        assert_eq!(registration["template_id"], json!(template.id()));
        assert_eq!(registration["template_version"], json!(template.version));
        let link = text(&registration, "quick_create_url");
        assert!(link.contains(&template.id().to_string()), "{link}");
        let id = text(&registration, "registration_id");
        let read = format!("GET /v1/registrations/{id}");
        let read = world.expect(ACME, &read, Value::Null, 200).await;
        assert_eq!(read, registration);
    }
}

#[tokio::test]
async fn hub_without_an_offering_gives_no_access() {
    let world = World::new();
    let group = world.group(ACME).await;
    let registration = world.registration(ACME, &group, json!({})).await;
    assert_eq!(registration["access"], json!([]));
    let template = published(&world, &text(&registration, "template_url")).await;
    assert_eq!(
        template,
        Offering::default().template(&onboarding(&hub()).facts, &[], &[])
    );
    let asked = format!("POST /v1/groups/{group}/registrations");
    let body = json!({"access": ["inventory"]});
    let problem = world.expect(ACME, &asked, body, 422).await;
    assert_eq!(first_error(&problem), pair("access[0]", "unknown_profile"));
}

#[tokio::test]
async fn unknown_profile_is_rejected_at_its_place_and_nothing_is_published() {
    let world = world();
    let (account, _) = connect(&world).await;
    let files = world.api.bucket.keys();
    let registrations = format!("POST /v1/groups/{}/registrations", account.group_id);
    let choice = format!("PUT /v1/accounts/{}/access", account.account_id);
    for asked in [&registrations, &choice] {
        for (access, expected) in [
            (
                json!(["inventory", "no-such"]),
                pair("access[1]", "unknown_profile"),
            ),
            (json!(["Inventory"]), pair("access[0]", "unknown_profile")),
            (json!("inventory"), pair("access", "invalid")),
            (json!([1]), pair("access", "invalid")),
            (json!(vec!["inventory"; 21]), pair("access", "invalid")),
        ] {
            let body = json!({"access": access});
            let problem = world.expect(ACME, asked, body.clone(), 422).await;
            assert_eq!(first_error(&problem), expected, "{asked} {body}");
        }
    }
    let problem = world.expect(ACME, &choice, json!({}), 422).await;
    assert_eq!(first_error(&problem), pair("access", "required"));
    let body = json!({"access": ["no-such"]});
    let problem = world.expect(ACME, &registrations, body, 422).await;
    let message = text(&problem["errors"][0], "message");
    for word in ["no-such", "backup", "inventory"] {
        assert!(message.contains(word), "{message}");
    }
    assert_eq!(world.api.bucket.keys(), files);
}

/// An operator's file leaves room for the default options of all companion roles. A customer's own
/// policies, which the role must be able to read, may need more.
#[tokio::test]
async fn choice_that_exceeds_a_role_is_rejected() {
    let world = World::new();
    let room = room_for_access(&onboarding(&hub()).facts);
    let number = (room - 200) / "\"s3:Action000\",".len();
    let actions: Vec<String> = (0..number).map(|it| format!("s3:Action{it:03}")).collect();
    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
    let file = json!({"profiles": {"wide": profile(&actions)}, "default": ["wide"]});
    world.api.env.store.publish(offering(&hub(), &file));
    let policies = |count: usize| {
        let path = "p".repeat(200);
        let arn = |it| format!("arn:aws:iam::222222222222:policy/{path}/Policy{it}");
        let policies: Vec<String> = (0..count).map(arn).collect();
        let options = json!({"trusted_account_id": "333333333333", "policies": policies});
        json!([{"kind": "switch-role", "options": options}])
    };
    let group = world.group(ACME).await;
    let asked = format!("POST /v1/groups/{group}/registrations");
    let body = json!({"companion_roles": policies(10)});
    let problem = world.expect(ACME, &asked, body.clone(), 422).await;
    assert_eq!(first_error(&problem), pair("access", "too_long"));
    assert_eq!(world.api.bucket.keys(), [""; 0]);
    for body in [
        json!({"access": [], "companion_roles": policies(10)}),
        json!({"companion_roles": policies(1)}),
    ] {
        world.expect(ACME, &asked, body, 201).await;
    }

    let (account, _) = connect(&world).await;
    let path = format!("/v1/accounts/{}", account.account_id);
    let asked = format!("PUT {path}/companion-roles");
    let problem = world.expect(ACME, &asked, body, 422).await;
    assert_eq!(first_error(&problem), pair("access", "too_long"));
    let read = world
        .expect(ACME, &format!("GET {path}"), Value::Null, 200)
        .await;
    assert_eq!(read["companion_roles"], json!([]));
}

#[tokio::test]
async fn same_template_is_put_once() {
    let (world, gate) = counting_world();
    let (group, other) = (world.group(ACME).await, world.group(GLOBEX).await);
    let first = world.registration(ACME, &group, json!({})).await;
    let body = json!({"access": ["inventory"], "account_name": "Second"});
    let second = world.registration(ACME, &group, body).await;
    let of_another_tenant = world.registration(GLOBEX, &other, json!({})).await;
    assert_eq!(gate.puts.get(), 1);
    for view in [&second, &of_another_tenant] {
        assert_eq!(view["template_url"], first["template_url"]);
    }
    let body = json!({"access": ["backup"]});
    let third = world.registration(ACME, &group, body).await;
    assert_eq!(gate.puts.get(), 2);
    assert_ne!(third["template_url"], first["template_url"]);
}

#[tokio::test]
async fn registration_without_a_bucket_fails_and_records_nothing() {
    for moment in [Moment::Before, Moment::After] {
        let (world, gate) = counting_world();
        let group = world.group(ACME).await;
        let before = world.api.env.store.trail().len();
        *gate.fails.borrow_mut() = Some(moment);
        let asked = format!("POST /v1/groups/{group}/registrations");
        let problem = world.expect(ACME, &asked, json!({}), 503).await;
        assert_eq!(problem["code"], "deadline_exceeded", "{problem}");
        let list = format!("GET /v1/groups/{group}/registrations");
        let list = world.expect(ACME, &list, Value::Null, 200).await;
        assert_eq!(list["items"], json!([]));
        let store = &world.api.env.store;
        assert_eq!(store.trail().len(), before);
        let names = &two_profiles().access.default;
        let template = two_profiles().template(&onboarding(&hub()).facts, names, &[]);
        assert_eq!(store.template(&template.id()).await.expect("read"), None);

        *gate.fails.borrow_mut() = None;
        let registration = world.registration(ACME, &group, json!({})).await;
        let recorded = recorded(&world, &registration).await;
        assert_eq!(recorded, template);
        let file = world.api.bucket.port.template(&template.key());
        assert_eq!(file, Some(template.text()));
    }
}

/// Connects an account with the default access.
async fn connect<B: TemplateBucket>(
    world: &World<MemoryStore, FakeCustomers, B>,
) -> (Account, Stack) {
    let group = world.group(ACME).await;
    let registration = world.registration(ACME, &group, json!({})).await;
    let stack = world.stack(&registration, "222222222222");
    world.build(&stack);
    let template = recorded(world, &registration).await;
    give(world, &stack.role_arn, &template);
    let account = world.complete(ACME, &registration, &stack).await;
    (account, stack)
}

fn give<B: TemplateBucket>(
    world: &World<MemoryStore, FakeCustomers, B>,
    role: &RoleArn,
    template: &Template,
) {
    let customers = &world.api.env.customers;
    customers.change_role(role, |role| role.get_access(template));
}

/// Updates the stack to this template; the stack reports it.
async fn deploy(world: &World, account: &Account, template: &Template) -> Account {
    give(world, &account.role.arn, template);
    let customers = &world.api.env.customers;
    customers.change_stack(&account.stack_id, |stack| {
        stack.template_id = Some(template.id());
    });
    let reported = ReportedRole {
        role_arn: account.role.arn.clone(),
        template_version: template.version.clone(),
        template_id: template.id(),
        deployed_roles: account.deployed_roles.clone(),
        reported_at: None,
    };
    let env = &world.api.env;
    let updated = update_role(env, account.clone(), &reported, None, None);
    updated.await.expect("updated")
}

async fn read(world: &World, account: &Account) -> Value {
    let asked = format!("GET /v1/accounts/{}", account.account_id);
    world.expect(ACME, &asked, Value::Null, 200).await
}

#[tokio::test]
async fn choice_of_access_publishes_the_template_of_its_update() {
    let world = world();
    let (account, stack) = connect(&world).await;
    let view = read(&world, &account).await;
    assert_eq!(view["requested_access"], json!(["inventory"]));
    let asked = format!("PUT /v1/accounts/{}/access", account.account_id);
    let body = json!({"access": ["inventory", "backup"]});
    let chosen = world.expect(ACME, &asked, body.clone(), 200).await;
    assert_eq!(
        chosen["account"]["requested_access"],
        json!(["backup", "inventory"])
    );
    assert_eq!(
        chosen["account"]["template_id"], view["template_id"],
        "not updated yet"
    );
    let update = &chosen["update"];
    let url = text(update, "template_url");
    let template = published(&world, &url).await;
    assert_eq!(names(&template), ["backup", "inventory"]);
    let command = text(update, "command");
    for word in ["update-stack", &url, stack.stack_id.as_str()] {
        assert!(command.contains(word), "{command}");
    }
    let id = template.id();
    assert!(
        text(update, "console_url").contains(id.as_str()),
        "{update}"
    );
    // The same choice changes nothing, and shows the update until the stack reports the template.
    let history = format!("GET /v1/accounts/{}/history", account.account_id);
    let before = world.expect(ACME, &history, Value::Null, 200).await;
    let again = world.expect(ACME, &asked, body.clone(), 200).await;
    assert_eq!(again["update"], chosen["update"]);
    let after = world.expect(ACME, &history, Value::Null, 200).await;
    assert_eq!(after, before);
    deploy(&world, &account, &template).await;
    let done = world.expect(ACME, &asked, body, 200).await;
    assert_eq!(done["update"], Value::Null);
    assert_eq!(done["account"]["template_id"], json!(id));
}

#[tokio::test]
async fn failed_choice_of_access_is_shown_with_its_update_once_the_bucket_works() {
    let (world, gate) = counting_world();
    let (account, _) = connect(&world).await;
    *gate.fails.borrow_mut() = Some(Moment::Before);
    let asked = format!("PUT /v1/accounts/{}/access", account.account_id);
    let body = json!({"access": ["backup"]});
    world.expect(ACME, &asked, body.clone(), 503).await;
    *gate.fails.borrow_mut() = None;
    let chosen = world.expect(ACME, &asked, body, 200).await;
    let url = text(&chosen["update"], "template_url");
    let keys = world.api.bucket.port.keys();
    assert!(keys.iter().any(|key| url.ends_with(key.as_str())), "{url}");
}

/// The check of the template in a report.
fn template_check(report: &Value) -> Value {
    let checks = report["checks"].as_array().expect("checks");
    let found = checks.iter().find(|it| it["code"] == "template_outdated");
    found.expect("the check").clone()
}

#[tokio::test]
async fn changed_offering_is_found_by_checks_and_its_update_is_published_when_shown() {
    let world = world();
    let (account, _) = connect(&world).await;
    let names = &account.requested_access;
    let facts = onboarding(&hub()).facts;
    let first = two_profiles().template(&facts, names, &[]);
    let account = deploy(&world, &account, &first).await;
    let path = format!("/v1/accounts/{}", account.account_id);
    let check = format!("POST {path}/checks");
    let report = world.expect(ACME, &check, json!({}), 200).await;
    assert_eq!(template_check(&report)["status"], "passed", "{report}");
    assert_eq!(report["access"], json!(["inventory"]));

    let mut wider = profile(&["ec2:DescribeInstances", "ec2:DescribeVolumes"]);
    wider["managed_policies"] = json!(["arn:aws:iam::aws:policy/SecurityAudit"]);
    let file = json!({"profiles": {"inventory": wider}, "default": ["inventory"]});
    let wider = offering(&hub(), &file);
    world.api.env.store.publish(wider.clone());
    let files = world.api.bucket.keys();
    // A scheduled check, which can't publish.
    let env = &world.api.env;
    let checked = check_account(env, account.clone(), Trigger::Scheduled).await;
    assert!(checked.expect("checked").is_some());
    assert_eq!(world.api.bucket.keys(), files);

    let view = read(&world, &account).await;
    let check = template_check(&view["last_report"]);
    assert_eq!(check["status"], "warning", "{check}");
    let message = text(&check, "message");
    let sentences = "The access that the stack gives differs from the access that is requested now. \
                     inventory now also allows ec2:DescribeVolumes.";
    assert_eq!(message, sentences);
    let template = wider.template(&facts, names, &[]);
    let link = text(&check["values"], "update_url");
    assert!(link.contains(template.id().as_str()), "{link}");
    assert_eq!(
        recorded(&world, &json!({"template_id": template.id()})).await,
        template
    );
    assert_eq!(
        world.api.bucket.template(&template.key()),
        Some(template.text())
    );

    let account = deploy(&world, &account, &template).await;
    let checked = check_account(env, account.clone(), Trigger::Scheduled).await;
    assert!(checked.expect("checked").is_some());
    let view = read(&world, &account).await;
    let check = template_check(&view["last_report"]);
    assert_eq!(check["status"], "passed", "{check}");
}

/// The report's link, its command and its words belong together, until the next check.
#[tokio::test]
async fn link_of_the_last_report_works_after_the_offering_changed_again() {
    for asked in [
        "GET /v1/accounts/{}",
        "DELETE /v1/accounts/{}",
        "PATCH /v1/accounts/{}",
    ] {
        let world = world();
        let (account, _) = connect(&world).await;
        let facts = onboarding(&hub()).facts;
        let offer = |actions: &[&str]| {
            let file = json!({"profiles": {"inventory": profile(actions)}, "default": []});
            let offering = offering(&hub(), &file);
            world.api.env.store.publish(offering.clone());
            offering.template(&facts, &account.requested_access, &[])
        };
        let then = offer(&["ec2:DescribeVolumes"]);
        let env = &world.api.env;
        let checked = check_account(env, account.clone(), Trigger::Scheduled).await;
        assert!(checked.expect("checked").is_some());
        offer(&["ec2:DescribeImages"]);
        let asked = asked.replace("{}", account.account_id.as_str());
        let view = world.expect(ACME, &asked, json!({}), 200).await;
        let account = view.get("account").unwrap_or(&view);
        let report = &account["last_report"];
        assert_eq!(report.get("update"), None, "{report}");
        let check = template_check(report).to_string();
        assert!(check.contains(then.id().as_str()), "{check}");
        let file = world.api.bucket.template(&then.key());
        assert_eq!(file, Some(then.text()), "{asked}");
    }
}

/// Profiles that the operator removed are taken from the stack with its next update.
#[tokio::test]
async fn removed_profile_is_named_and_is_not_in_the_update() {
    let world = world();
    let (account, _) = connect(&world).await;
    let file = json!({"profiles": {"backup": profile(&["ec2:CreateSnapshot"])}, "default": []});
    world.api.env.store.publish(offering(&hub(), &file));
    let asked = format!("POST /v1/accounts/{}/checks", account.account_id);
    world.ask(ACME, &asked, &json!({})).await;
    let view = read(&world, &account).await;
    let check = template_check(&view["last_report"]);
    let message = text(&check, "message");
    assert!(message.ends_with("inventory was removed."), "{message}");
    let asked = format!("PUT /v1/accounts/{}/companion-roles", account.account_id);
    let body = json!({"companion_roles": []});
    let chosen = world.expect(ACME, &asked, body, 200).await;
    let template = published(&world, &text(&chosen["update"], "template_url")).await;
    assert_eq!(names(&template), [""; 0]);
}
