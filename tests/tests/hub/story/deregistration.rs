//! From a connected account to a deleted stack.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use rolecall_client::OrphanedStack;
use rolecall_local::bus::BusEvent;
use rolecall_local::wait::until;
use rolecall_tests::accounts::{Connected, kinds};
use rolecall_tests::answers::refused;
use rolecall_tests::world::{SOON, World};
use serde_json::{Value, json};

/// Checks an orphaned stack until it meets a condition.
async fn checked_until(
    world: &World,
    id: &str,
    what: &str,
    seen: impl Fn(&OrphanedStack) -> bool,
) -> Result<OrphanedStack> {
    until(what, SOON, async || {
        // The API may reject a check because of the rate limit; then the last check's result
        // counts.
        let _ = world.acme.check_orphaned_stack(id).await;
        let entry = world.acme.orphaned_stack(id).await?;
        Ok(seen(&entry).then_some(entry))
    })
    .await
}

fn has(entry: &OrphanedStack, kind: &str) -> bool {
    kinds(&entry.evidence).contains(&kind)
}

#[tokio::test]
async fn deregistration_returns_orphaned_stack_with_delete_command() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let (id, stack) = (&connected.account.account_id, &connected.stack);
    let gone = world.acme.deregister(id).await?;
    assert_eq!(gone.account.status, "deregistered");
    assert_eq!(gone.account.rest["cause"], "requested");

    let orphan = &gone.orphaned_stack;
    assert_eq!(
        (&orphan.stack_id, &orphan.stack_name),
        (&stack.stack_id, &stack.name)
    );
    assert_eq!(orphan.region, connected.account.region);
    assert_eq!(orphan.aws_account_id, connected.customer.account_id());
    assert_eq!(orphan.console_url, connected.account.console_url);
    let command = format!(
        "aws cloudformation delete-stack --stack-name {} --region {}",
        stack.stack_id, connected.account.region
    );
    assert_eq!(orphan.delete_command.as_ref(), Some(&command));
    assert_eq!(orphan.status, "orphaned");
    assert_eq!(orphan.reason.as_deref(), Some("no_longer_needed"));
    assert_eq!(kinds(&orphan.evidence), ["deregistered"]);
    assert_eq!(orphan.rest["proof"], "available");
    assert!(orphan.age_seconds < 60);
    assert!(orphan.next_check_at.is_some());

    let again = world.acme.deregister(id).await?;
    assert_eq!(again.account.status, "deregistered");
    assert_eq!(
        again.orphaned_stack.orphaned_stack_id,
        orphan.orphaned_stack_id
    );
    let members = world.acme.accounts(&connected.group.group_id).await?;
    assert!(members.items.is_empty());
    let listed = world.orphans("orphaned").await?;
    let ids: Vec<_> = listed.iter().map(|o| &o.orphaned_stack_id).collect();
    assert!(ids.contains(&&orphan.orphaned_stack_id));
    let refusal = refused(world.acme.check(id).await, 409, "account_deregistered");
    assert!(refusal.detail.contains("new registration"));
    Ok(())
}

#[tokio::test]
async fn deregistration_event_triggers_first_check_of_orphaned_stack() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let gone = world.acme.deregister(&connected.account.account_id).await?;
    let id = &gone.orphaned_stack.orphaned_stack_id;
    // No user requests this check, and the schedule runs only once a minute.
    let checked = until("the first check", SOON, async || {
        let entry = world.acme.orphaned_stack(id).await?;
        Ok((!entry.rest["last_checked_at"].is_null()).then_some(entry))
    })
    .await?;
    assert_eq!(kinds(&checked.evidence), ["deregistered", "stack_status"]);
    assert_eq!(checked.evidence[1]["status"], "CREATE_COMPLETE");
    assert_eq!(checked.status, "orphaned");
    Ok(())
}

/// The events of these records, in the order of their sequence numbers.
fn by_record(events: &[BusEvent], records: &[&str]) -> BTreeMap<String, Vec<(u64, String)>> {
    let mut sorted: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for event in events {
        let record = event.record_id().unwrap_or_default();
        if records.contains(&record) {
            let entry = (
                event.sequence().unwrap_or_default(),
                event.detail_type.clone(),
            );
            sorted.entry(record.to_owned()).or_default().push(entry);
        }
    }
    for events in sorted.values_mut() {
        events.sort();
        events.dedup();
    }
    sorted
}

#[tokio::test]
async fn deleted_orphaned_stack_is_gone_after_delete_and_refusal() -> Result<()> {
    let world = World::find().await?;
    let mut bus = world.listen().await?;
    let connected = world.connect().await?;
    let link_token = token_of(&world, &connected).await?;
    let account_id = connected.account.account_id.as_str();
    let gone = world.acme.deregister(account_id).await?;
    let id = gone.orphaned_stack.orphaned_stack_id.as_str();

    let deleted = connected.customer.delete(&connected.stack.stack_id).await?;
    assert_eq!(deleted.status, "DELETE_COMPLETE");
    let orphaned = world.acme.orphaned_stack(id).await?;
    assert!(
        has(&orphaned, "delete_callback"),
        "{:?}",
        kinds(&orphaned.evidence)
    );
    // Another test's tick may have proven the deletion already.
    let proven = checked_until(&world, id, "the proof", |o| o.status == "gone").await?;
    // CloudFormation deletes the preflight last, so one refusal after it is enough.
    let last = |kind: &str| {
        let all = kinds(&proven.evidence);
        all.iter().rposition(|one| *one == kind)
    };
    let (deleted, refused_last) = (last("preflight_deleted"), last("role_unassumable"));
    assert!(
        deleted.is_some() && refused_last > deleted,
        "{:?}",
        kinds(&proven.evidence)
    );
    assert_eq!(kinds(&proven.evidence)[0], "deregistered");
    assert!(has(&proven, "delete_callback"));
    assert_eq!(proven.next_check_at, None);
    let listed = world.orphans("gone").await?;
    assert!(listed.iter().any(|o| o.orphaned_stack_id == id));
    refused(
        world.acme.dismiss(id, "not needed").await,
        409,
        "already_gone",
    );
    assert_eq!(world.acme.account(account_id).await?.status, "deregistered");

    bus.wait_for("Stack Gone", id).await?;
    let registration_id = connected.registration.registration_id.as_str();
    let records = [registration_id, account_id, id];
    let events = bus.received().await?;
    let sequences = by_record(events, &records);
    for events in sequences.values() {
        let numbers: Vec<u64> = events.iter().map(|(number, _)| *number).collect();
        let gapless: Vec<u64> = (1..=events.len() as u64).collect();
        assert_eq!(numbers, gapless, "{events:?}");
    }
    let names = |id: &str| -> Vec<&str> {
        sequences[id]
            .iter()
            .map(|(_, name)| name.as_str())
            .collect()
    };
    assert_eq!(
        names(registration_id),
        [
            "Registration Created",
            "Stack Started",
            "Registration Completed"
        ]
    );
    assert_eq!(
        names(account_id),
        ["Account Registered", "Account Deregistered"]
    );
    let stack = names(id);
    assert_eq!(
        (stack.first(), stack.last()),
        (Some(&"Stack Orphaned"), Some(&"Stack Gone"))
    );
    assert!(stack.contains(&"Stack Deleting"), "{stack:?}");
    let secrets = [
        connected.registration.external_id.as_str(),
        link_token.as_str(),
    ];
    for event in events
        .iter()
        .filter(|e| e.record_id().is_some_and(|r| records.contains(&r)))
    {
        let text = Value::Object(event.detail.clone()).to_string();
        assert!(
            !secrets.iter().any(|secret| text.contains(secret)),
            "{}",
            event.detail_type
        );
        assert_eq!(
            (event.source.as_str(), &event.detail["tenant"]),
            ("rolecall", &json!(world.tenant))
        );
    }
    Ok(())
}

/// The secret part of the stack's registration token.
async fn token_of(_: &World, connected: &Connected) -> Result<String> {
    let token = connected.stack.parameters.get("RegistrationToken");
    let (_, secret) = token
        .and_then(|token| token.split_once('.'))
        .context("no token")?;
    Ok(secret.to_owned())
}

#[tokio::test]
async fn account_with_deleted_stack_is_disconnected_then_deregistered() -> Result<()> {
    let world = World::find().await?;
    let mut bus = world.listen().await?;
    let connected = world.connect().await?;
    let id = connected.account.account_id.as_str();
    connected.customer.delete(&connected.stack.stack_id).await?;
    let account = world.acme.account(id).await?;
    assert_eq!(
        (account.status.as_str(), account.health),
        ("disconnected", None)
    );
    assert_eq!(account.rest["evidence"][0]["kind"], "delete_callback");
    let members = world.acme.accounts(&connected.group.group_id).await?;
    assert_eq!(
        members.items.len(),
        1,
        "a disconnected account stays in its group"
    );

    // The schedule finds the account, the queue delivers the check, and the check confirms the
    // deletion.
    let account = until("the proof", SOON, async || {
        world.hub.tick().await?;
        let account = world.acme.account(id).await?;
        Ok((account.status == "deregistered").then_some(account))
    })
    .await?;
    assert_eq!(account.rest["cause"], "stack_gone");
    let entry = account.rest["orphaned_stack_id"]
        .as_str()
        .context("no orphaned stack")?;
    let entry = world.acme.orphaned_stack(entry).await?;
    assert_eq!(entry.status, "gone");
    assert!(has(&entry, "delete_callback") && has(&entry, "role_unassumable"));
    let event = bus.wait_for("Account Disconnected", id).await?;
    assert_eq!(event.detail["cause"], "delete_callback");
    let event = bus.wait_for("Account Deregistered", id).await?;
    assert_eq!(event.detail["cause"], "stack_gone");
    bus.wait_for("Stack Gone", &entry.orphaned_stack_id).await?;
    Ok(())
}

#[tokio::test]
async fn deregistering_disconnected_account_keeps_its_evidence() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    connected.customer.delete(&connected.stack.stack_id).await?;
    let gone = world.acme.deregister(&connected.account.account_id).await?;
    let kinds = kinds(&gone.orphaned_stack.evidence);
    assert!(
        kinds.contains(&"delete_callback") && kinds.contains(&"deregistered"),
        "{kinds:?}"
    );
    assert!(["deleting", "gone"].contains(&gone.orphaned_stack.status.as_str()));
    Ok(())
}

#[tokio::test]
async fn dismissed_orphaned_stack_stays_dismissed() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let gone = world.acme.deregister(&connected.account.account_id).await?;
    let id = &gone.orphaned_stack.orphaned_stack_id;
    let dismissed = world.acme.dismiss(id, "kept for an audit").await?;
    assert_eq!(dismissed.status, "dismissed");
    let last = dismissed
        .evidence
        .iter()
        .find(|seen| seen["kind"] == "dismissed_by");
    assert_eq!(last.context("no evidence")?["reason"], "kept for an audit");
    connected.customer.delete(&connected.stack.stack_id).await?;
    assert_eq!(world.acme.orphaned_stack(id).await?.status, "dismissed");
    Ok(())
}

#[tokio::test]
async fn deregistered_account_can_be_reconnected() -> Result<()> {
    let world = World::find().await?;
    let first = world.connect().await?;
    world.acme.deregister(&first.account.account_id).await?;
    let registration = world.register(&first.group).await?;
    let second = world
        .connect_by(&first.customer, first.group, &registration)
        .await?;
    assert_ne!(second.account.account_id, first.account.account_id);
    assert_eq!(second.account.status, "active");
    Ok(())
}
