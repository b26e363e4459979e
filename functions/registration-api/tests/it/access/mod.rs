//! Access profiles: which a registration gets, the templates that give them, and updates to others.

mod registrations;
mod updates;

use crate::world::{ACME, GLOBEX, Stack, World, hub, text};
use rolecall_domain::aws::RoleArn;
use rolecall_domain::check::{StackStatus, Trigger};
use rolecall_domain::link::template::{TemplateId, TemplateVersion};
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
pub(super) struct Counting {
    pub(super) puts: Rc<Cell<u32>>,
    pub(super) fails: Rc<RefCell<Option<Moment>>>,
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

pub(super) fn words(en: &str) -> Value {
    json!({"en": en, "ja": "説明"})
}

/// A profile that allows these actions.
pub(super) fn profile(actions: &[&str]) -> Value {
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    json!({
        "title": words("Some access"),
        "explain": words("Allows some actions."),
        "policy": {"Version": "2012-10-17", "Statement": [statement]},
    })
}

/// Two profiles: `inventory`, which is the default, and `backup`.
pub(super) fn two_profiles() -> Offering {
    let mut inventory = profile(&["ec2:DescribeInstances"]);
    inventory["managed_policies"] = json!(["arn:aws:iam::aws:policy/SecurityAudit"]);
    let profiles = json!({"inventory": inventory, "backup": profile(&["ec2:CreateSnapshot"])});
    offering(
        &hub(),
        &json!({"profiles": profiles, "default": ["inventory"]}),
    )
}

pub fn world() -> World {
    let world = World::new();
    world.api.env.store.publish(two_profiles());
    world
}

pub(super) fn counting_world() -> (
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
pub(super) async fn recorded<S: Store, C: CustomerAccounts, B: TemplateBucket>(
    world: &World<S, C, B>,
    view: &Value,
) -> Template {
    let id = TemplateId::parse(text(view, "template_id")).expect("an ID");
    let template = world.api.env.store.template(&id).await.expect("read");
    template.expect("recorded")
}

/// The template at this URL: the record and the file are the same.
pub(super) async fn published(world: &World, url: &str) -> Template {
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

pub(super) fn names(template: &Template) -> Vec<String> {
    let names = template.access().into_iter();
    names.map(|name| name.to_string()).collect()
}

pub(super) fn first_error(problem: &Value) -> (String, String) {
    let errors = problem["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 1, "{problem}");
    (text(&errors[0], "field"), text(&errors[0], "code"))
}

pub(super) fn pair(field: &str, code: &str) -> (String, String) {
    (field.to_owned(), code.to_owned())
}

/// Connects an account with the default access.
pub async fn connect<B: TemplateBucket>(
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

pub(super) fn give<B: TemplateBucket>(
    world: &World<MemoryStore, FakeCustomers, B>,
    role: &RoleArn,
    template: &Template,
) {
    let customers = &world.api.env.customers;
    customers.change_role(role, |role| role.get_access(template));
}

/// Updates the stack to this template; the stack reports it.
pub(super) async fn deploy(world: &World, account: &Account, template: &Template) -> Account {
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

pub(super) async fn read(world: &World, account: &Account) -> Value {
    let asked = format!("GET /v1/accounts/{}", account.account_id);
    world.expect(ACME, &asked, Value::Null, 200).await
}

/// The check of the template in a report.
pub(super) fn template_check(report: &Value) -> Value {
    let checks = report["checks"].as_array().expect("checks");
    let found = checks.iter().find(|it| it["code"] == "template_outdated");
    found.expect("the check").clone()
}
