//! Stacks that are rejected while they are created: each fails fast, with the reason in its events.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use rolecall_client::QuickCreateLink;
use rolecall_client::{OrphanedStack, Registration};
use rolecall_local::bus::BusEvent;
use rolecall_local::customer::Customer;
use rolecall_local::stacks::StackState;
use rolecall_local::wait::until;
use rolecall_tests::world::{SOON, World};

/// Creates a stack that must fail; returns its final state and the reason in its events.
pub async fn refused_stack(
    customer: &Customer,
    link: &QuickCreateLink,
    template: Option<&str>,
) -> Result<(StackState, String)> {
    let stack_id = match template {
        Some(template) => customer.create_from(link, template).await?,
        None => customer.create(link).await?,
    };
    let stack = customer.settled(&stack_id).await?;
    ensure!(!stack.is_complete(), "the stack completed");
    assert_eq!(stack.status, "ROLLBACK_COMPLETE");
    let reason = match customer.failure_reason(&stack_id, "Preflight").await {
        Ok(reason) => reason,
        Err(_) => customer.failure_reason(&stack_id, "Registration").await?,
    };
    // The emulator adds its own prefix to the reason.
    let reason = reason
        .split_once(": ")
        .map_or(reason.as_str(), |(first, rest)| {
            if first.contains(' ') { rest } else { &reason }
        });
    Ok((stack.clone(), reason.to_owned()))
}

/// Creates a stack that must fail in its preflight: it creates nothing else, not even for a moment.
/// Returns its final state and the reason in its events.
pub async fn refused_before_anything(
    world: &World,
    customer: &Customer,
    link: &QuickCreateLink,
) -> Result<(StackState, String)> {
    let (stack, reason) = refused_stack(customer, link, None).await?;
    let events = customer.events(&stack.stack_id).await?;
    let touched: BTreeSet<&str> = events.iter().map(|it| it.logical_id.as_str()).collect();
    let nothing_else = BTreeSet::from([stack.name.as_str(), "Preflight"]);
    ensure!(touched == nothing_else, "the stack touched {touched:?}");
    let entry = entry_of(world, &stack.stack_id).await?;
    ensure!(entry.is_none(), "an empty stack is tracked: {entry:?}");
    Ok((stack, reason))
}

/// The orphaned stack with this stack ID, if there is one.
pub async fn entry_of(world: &World, stack_id: &str) -> Result<Option<OrphanedStack>> {
    let mut items = Vec::new();
    // `orphaned` is read again at the end, because a stack may return to it in the meantime.
    for status in ["orphaned", "deleting", "gone", "dismissed", "orphaned"] {
        items.extend(world.orphans(status).await?);
    }
    Ok(items.into_iter().find(|entry| entry.stack_id == stack_id))
}

async fn template_of(
    customer: &Customer,
    link: &QuickCreateLink,
    from: &str,
    to: &str,
) -> Result<String> {
    let template = customer.fetch_template(&link.template_url).await?;
    ensure!(template.contains(from), "the template has no {from:?}");
    Ok(template.replace(from, to))
}

async fn begun(world: &World) -> Result<(Customer, Registration)> {
    let registration = world.register(&world.group().await?).await?;
    Ok((world.customer(), registration))
}

/// Checks what the registration shows about the last attempt.
#[track_caller]
fn last_attempt(registration: &Registration, failed_check: &str, stack: &StackState) {
    assert_eq!(registration.status, "pending");
    let last = registration.last_attempt.as_ref().expect("an attempt");
    assert_eq!(last.code, "verification_failed");
    assert_eq!(last.title, "Verification failed");
    let check = last.check(failed_check).expect("a check with this code");
    assert_eq!(check.status, "failed");
    assert!(check.remedy.is_some());
    assert!(last.detail.contains(": "), "{}", last.detail);
    assert_eq!(last.stack.stack_id, stack.stack_id);
    assert_eq!(last.stack.stack_name, stack.name);
    assert!(last.stack.console_url.starts_with("https://"));
    let command = format!(
        "aws cloudformation delete-stack --stack-name {} ",
        stack.stack_id
    );
    let shown = last.stack.delete_command.as_deref();
    assert!(shown.is_some_and(|text| text.starts_with(&command)));
}

#[tokio::test]
async fn edited_external_id_is_refused_and_link_gets_a_new_stack_name() -> Result<()> {
    let world = World::find().await?;
    let (customer, begun) = begun(&world).await?;
    let mut link = begun.link()?;
    link.parameters
        .insert("ExternalId".into(), "one-of-my-own".into());
    let (stack, reason) = refused_before_anything(&world, &customer, &link).await?;
    assert!(
        reason.starts_with("verification_failed: external_id_mismatch: "),
        "{reason}"
    );
    assert!(!reason.contains("one-of-my-own") && !reason.contains(&begun.external_id));

    let after = world.acme.registration(&begun.registration_id).await?;
    last_attempt(&after, "external_id_mismatch", &stack);
    assert_eq!(after.stack_name, format!("{}-2", begun.stack_name));
    assert_eq!(after.link()?.stack_name, after.stack_name);
    assert_eq!(after.external_id, begun.external_id);
    // The same registration can still connect the account.
    let group = world.acme.group(&begun.group_id).await?;
    let connected = world.connect_by(&customer, group, &after).await?;
    assert_eq!(connected.account.rest["external_id"], begun.external_id);
    assert!(connected.registration.last_attempt.is_none());
    Ok(())
}

#[tokio::test]
async fn stack_in_the_hubs_own_account_is_refused_before_anything_is_created() -> Result<()> {
    let world = World::find().await?;
    let begun = world.register(&world.group().await?).await?;
    let file = world.hub.file();
    let hub = Customer::new(&file.hub_account_id, &file.endpoint_url);
    let (_, reason) = refused_before_anything(&world, &hub, &begun.link()?).await?;
    let mismatch = "verification_failed: arn_mismatch: The stack was created in the hub's own";
    assert!(reason.starts_with(mismatch), "{reason}");
    Ok(())
}

#[tokio::test]
async fn stack_is_in_progress_until_it_registers_or_rolls_back() -> Result<()> {
    let world = World::find().await?;
    let mut bus = world.listen().await?;
    let connected = world.connect().await?;
    let id = connected.registration.registration_id.as_str();
    let told = until("the event", SOON, async || {
        let events = bus.received().await?;
        let started = |event: &&BusEvent| {
            event.detail_type == "Stack Started" && event.record_id() == Some(id)
        };
        Ok(events.iter().find(started).cloned())
    })
    .await?;
    let progress = &told.detail["record"]["progress"];
    assert_eq!(progress["stack_id"], connected.stack.stack_id);
    assert_eq!(progress["aws_account_id"], connected.customer.account_id());
    assert_eq!(progress["region"], world.hub.file().region);
    assert!(progress["started_at"].is_string());
    Ok(())
}

#[tokio::test]
async fn every_refused_stack_uses_up_its_name() -> Result<()> {
    let world = World::find().await?;
    let (customer, begun) = begun(&world).await?;
    for number in [2, 3] {
        let mut link = world
            .acme
            .registration(&begun.registration_id)
            .await?
            .link()?;
        link.parameters.insert("ExternalId".into(), "mine".into());
        refused_stack(&customer, &link, None).await?;
        let after = world.acme.registration(&begun.registration_id).await?;
        assert_eq!(after.stack_name, format!("{}-{number}", begun.stack_name));
    }
    let mut link = world
        .acme
        .registration(&begun.registration_id)
        .await?
        .link()?;
    link.parameters.insert("ExternalId".into(), "mine".into());
    link.stack_name = "a-name-of-my-own".to_owned();
    refused_stack(&customer, &link, None).await?;
    let after = world.acme.registration(&begun.registration_id).await?;
    assert_eq!(
        after.stack_name,
        format!("{}-3", begun.stack_name),
        "only names that the link used need a new suffix"
    );
    Ok(())
}

#[tokio::test]
async fn stack_with_a_custom_name_is_connected() -> Result<()> {
    let world = World::find().await?;
    let (customer, begun) = begun(&world).await?;
    let mut link = begun.link()?;
    link.stack_name = "called-by-the-customer".to_owned();
    let stack_id = customer.create(&link).await?;
    assert!(customer.settled(&stack_id).await?.is_complete());
    let after = world.acme.registration(&begun.registration_id).await?;
    let account = world
        .acme
        .account(&after.account_id.context("no account")?)
        .await?;
    assert_eq!(account.stack_name, "called-by-the-customer");
    Ok(())
}

#[tokio::test]
async fn forged_token_is_refused_and_nothing_is_stored() -> Result<()> {
    let world = World::find().await?;
    let (customer, begun) = begun(&world).await?;
    let other = world.register(&world.group().await?).await?;
    let (link, other) = (begun.link()?, other.link()?);
    let (_, secret) = other.parameters["RegistrationToken"]
        .split_once('.')
        .context("no secret")?;
    let forged = [
        format!("{}.{secret}", begun.registration_id),
        format!("{}.{}", begun.registration_id, "A".repeat(43)),
        format!("reg_{}.{secret}", "0".repeat(32)),
    ];
    for (number, token) in forged.into_iter().enumerate() {
        let mut link = link.clone();
        link.parameters.insert("RegistrationToken".into(), token);
        link.stack_name = format!("forged-{number}");
        let (_, reason) = refused_before_anything(&world, &customer, &link).await?;
        assert!(reason.starts_with("invalid_token: "), "{reason}");
    }
    let after = world.acme.registration(&begun.registration_id).await?;
    assert!(after.last_attempt.is_none());
    assert_eq!(after.stack_name, begun.stack_name);
    Ok(())
}

#[tokio::test]
async fn role_without_external_id_condition_is_refused() -> Result<()> {
    const CONDITION: &str =
        "              StringEquals:\n                sts:ExternalId: !Ref ExternalId\n";
    let world = World::find().await?;
    let (customer, begun) = begun(&world).await?;
    let link = begun.link()?;
    let template = template_of(&customer, &link, CONDITION, "").await?;
    let (stack, reason) = refused_stack(&customer, &link, Some(&template)).await?;
    assert!(
        reason.starts_with("verification_failed: external_id_not_enforced: "),
        "{reason}"
    );
    let entry = entry_of(&world, &stack.stack_id)
        .await?
        .context("no orphaned stack")?;
    assert_eq!(entry.rest["registration_id"], begun.registration_id);
    assert!(entry.rest["account_id"].is_null());
    let after = world.acme.registration(&begun.registration_id).await?;
    last_attempt(&after, "external_id_not_enforced", &stack);
    last_attempt(&after, "trust_too_broad", &stack);
    assert_eq!(after.account_id, None);
    Ok(())
}

#[tokio::test]
async fn role_that_trusts_the_whole_hub_account_is_refused() -> Result<()> {
    let world = World::find().await?;
    let (customer, begun) = begun(&world).await?;
    let link = begun.link()?;
    let (verifiers, all) = (":role/rolecall-hub/verifier/*", ":role/*");
    let template = template_of(&customer, &link, verifiers, all).await?;
    let (stack, reason) = refused_stack(&customer, &link, Some(&template)).await?;
    assert!(
        reason.starts_with("verification_failed: trust_too_broad: "),
        "{reason}"
    );
    let after = world.acme.registration(&begun.registration_id).await?;
    last_attempt(&after, "trust_too_broad", &stack);
    Ok(())
}

#[tokio::test]
async fn stack_that_reports_a_foreign_role_is_refused() -> Result<()> {
    let world = World::find().await?;
    let (customer, begun) = begun(&world).await?;
    let victim = world.connect().await?;
    let role = victim.account.rest["role_arn"]
        .as_str()
        .context("no role")?;
    let link = begun.link()?;
    let own = "RoleArn: !GetAtt RolecallRole.Arn";
    let template = template_of(&customer, &link, own, &format!("RoleArn: {role}")).await?;
    let (stack, reason) = refused_stack(&customer, &link, Some(&template)).await?;
    assert!(
        reason.starts_with("verification_failed: arn_mismatch: "),
        "{reason}"
    );
    let after = world.acme.registration(&begun.registration_id).await?;
    last_attempt(&after, "arn_mismatch", &stack);
    let victim = world.acme.account(&victim.account.account_id).await?;
    assert_eq!(victim.status, "active");
    Ok(())
}

#[tokio::test]
async fn role_with_another_path_is_refused_without_assuming_it() -> Result<()> {
    let world = World::find().await?;
    let (customer, begun) = begun(&world).await?;
    let link = begun.link()?;
    let template = template_of(&customer, &link, "Path: !Ref RolePath", "Path: /other/").await?;
    let (stack, reason) = refused_stack(&customer, &link, Some(&template)).await?;
    assert!(
        reason.starts_with("verification_failed: arn_mismatch: "),
        "{reason}"
    );
    let after = world.acme.registration(&begun.registration_id).await?;
    last_attempt(&after, "arn_mismatch", &stack);
    let last = after.last_attempt.context("no attempt")?;
    let tried = last.check("role_unassumable").context("no check")?;
    assert_eq!(tried.status, "skipped");
    Ok(())
}
