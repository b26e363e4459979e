//! A template that differs from the current one is published as an event once, until the difference changes.

use super::world::World;
use rolecall_domain::access::ProfileName;
use rolecall_domain::change::Change;
use rolecall_domain::change::audit::{AuditEntry, Event, Record};
use rolecall_domain::check::Trigger;
use rolecall_domain::ports::Records;
use rolecall_testing::{offering, template};
use rolecall_usecases::check_account;
use serde_json::{Value, json};

/// An account whose stack has a template without access profiles. The operator offers two.
async fn world() -> World {
    let mut world = World::connected().await;
    world.render_templates();
    let env = world.env();
    let template = template(&env.hub, &json!([]));
    env.store.keep_template(&template).await.expect("kept");
    let id = Some(template.id());
    env.customers
        .change_stack(&world.stack, |stack| stack.template_id = id);
    let words = |en: &str| json!({"en": en, "ja": "説明"});
    let profile = |arn: &str| json!({"title": words("A title"), "explain": words("Explained."), "managed_policies": [arn]});
    let file = json!({"profiles": {
        "backup": profile("arn:aws:iam::aws:policy/AWSBackupFullAccess"),
        "inventory": profile("arn:aws:iam::aws:policy/SecurityAudit"),
    }});
    env.store.publish(offering(&env.hub, &file));
    world
}

/// Runs full checks, and returns the new audit entries.
async fn check(world: &World, times: usize) -> Vec<AuditEntry> {
    let before = world.env().store.trail().len();
    for _ in 0..times {
        let checked = check_account(world.env(), world.account().await, Trigger::OnDemand);
        checked.await.expect("checked");
    }
    world.env().store.trail().split_off(before)
}

async fn request_access(world: &World, names: &[&str]) {
    let names = names
        .iter()
        .map(|name| ProfileName::parse(*name).expect("a name"));
    let before = world.account().await;
    let after = before.with_requested_access(&names.collect::<Vec<_>>());
    let (before, after) = (
        Record::Account(before),
        Record::Account(after.expect("news")),
    );
    let occasion = world.occasion();
    let change = Change::new().update(before, after, Event::AccountChanged, &occasion);
    world.commit(&change).await;
}

fn news(entry: &AuditEntry) -> (&str, &str, &str) {
    let words = &entry.record["template_difference"]["en"];
    let words = words.as_str().unwrap_or_default();
    (entry.event.as_str(), entry.cause.as_str(), words)
}

#[tokio::test]
async fn difference_of_template_is_published_once_until_it_changes() {
    let world = world().await;
    let seen = check(&world, 2).await;
    let seen: Vec<_> = seen.iter().map(news).collect();
    assert_eq!(seen, [("Account Changed", "template_seen", "")]);

    let access = [&["backup"][..], &["backup", "inventory"][..]];
    for names in access {
        request_access(&world, names).await;
        let entries = check(&world, 3).await;
        let [entry] = entries.as_slice() else {
            panic!("{entries:#?}");
        };
        let (event, cause, words) = news(entry);
        assert_eq!((event, cause), ("Account Outdated", "template_outdated"));
        for name in names {
            assert!(words.contains(name), "{words}");
        }
        assert_ne!(entry.record["template_difference"]["ja"], Value::Null);
    }

    request_access(&world, &[]).await;
    let resolved = check(&world, 2).await;
    let resolved: Vec<_> = resolved.iter().map(news).collect();
    assert_eq!(resolved, [("Account Changed", "template_current", "")]);
}
