//! Registrations that have ended, and accounts that are already connected.

use anyhow::{Context, Result};
use rolecall_client::NewRegistration;
use rolecall_local::wait::until;
use rolecall_tests::accounts::without_preflight;
use rolecall_tests::answers::refused;
use rolecall_tests::world::{SOON, World, twelve_digits};

use crate::refusals::clock::{end_registration, registration_is_due};
use crate::refusals::stacks::{refused_before_anything, refused_stack};

#[tokio::test]
async fn second_stack_of_a_link_is_refused_and_first_stays_connected() -> Result<()> {
    let world = World::find().await?;
    let registration = world.register(&world.group().await?).await?;
    let mut link = registration.link()?;
    let group = world.acme.group(&registration.group_id).await?;
    let connected = world
        .connect_by(&world.customer(), group, &registration)
        .await?;
    link.stack_name.push_str("-again");
    let elsewhere = world.customer();
    for customer in [&connected.customer, &elsewhere] {
        let (stack, reason) = refused_before_anything(&world, customer, &link).await?;
        assert!(reason.starts_with("registration_used: "), "{reason}");
        customer.delete(&stack.stack_id).await?;
    }
    let account = world.acme.account(&connected.account.account_id).await?;
    assert_eq!(account.status, "active");
    assert_eq!(account.stack_id, connected.stack.stack_id);
    let revoked = world.acme.revoke(&registration.registration_id).await;
    refused(revoked, 409, "registration_completed");
    Ok(())
}

#[tokio::test]
async fn revoked_registration_rejects_stack_and_stack_info() -> Result<()> {
    let world = World::find().await?;
    let registration = world.register(&world.group().await?).await?;
    let (link, id) = (registration.link()?, &registration.registration_id);
    let (_, line) = world
        .stack_without_callback(&world.customer(), &registration)
        .await?;
    for _ in 0..2 {
        let revoked = world.acme.revoke(id).await?;
        assert_eq!(revoked.status, "revoked");
        assert_eq!(revoked.quick_create_url, None);
    }
    refused(
        world.acme.complete(id, &line, None).await,
        409,
        "registration_revoked",
    );
    let customer = world.customer();
    let (stack, reason) = refused_before_anything(&world, &customer, &link).await?;
    assert!(reason.starts_with("registration_revoked: "), "{reason}");
    let after = world.acme.registration(id).await?;
    assert_eq!(after.status, "revoked");
    let last = after.last_attempt.context("no attempt")?;
    assert_eq!(last.code, "registration_revoked");
    assert_eq!(last.stack.stack_id, stack.stack_id);
    assert!(last.report.is_none(), "{:?}", last.report);
    Ok(())
}

#[tokio::test]
async fn expired_registration_rejects_stack_info_and_shows_no_link() -> Result<()> {
    let world = World::find().await?;
    let registration = world.register(&world.group().await?).await?;
    let id = &registration.registration_id;
    let (_, line) = world
        .stack_without_callback(&world.customer(), &registration)
        .await?;
    end_registration(&world, id, 1).await?;
    let expired = world.acme.registration(id).await?;
    assert_eq!(
        (expired.status.as_str(), expired.quick_create_url),
        ("expired", None)
    );
    refused(
        world.acme.complete(id, &line, None).await,
        409,
        "registration_expired",
    );
    // An expired registration does not prevent the deletion of its group.
    world.acme.delete_group(&registration.group_id).await?;
    Ok(())
}

#[tokio::test]
async fn callback_without_preflight_is_accepted_up_to_fifteen_minutes_after_expiration()
-> Result<()> {
    let world = World::find().await?;
    let group = world.group().await?;
    let in_time = world.register(&group).await?;
    end_registration(&world, &in_time.registration_id, 10).await?;
    // A stack of a template without a preflight.
    let (customer, link) = (world.customer(), in_time.link()?);
    let template = customer.fetch_template(&link.template_url).await?;
    let template = without_preflight(&template)?;
    let stack_id = customer.create_from(&link, &template).await?;
    assert!(customer.settled(&stack_id).await?.is_complete());

    let late = world.register(&group).await?;
    end_registration(&world, &late.registration_id, 16).await?;
    let customer = world.customer();
    let (_, reason) = refused_stack(&customer, &late.link()?, Some(&template)).await?;
    assert!(reason.starts_with("registration_expired: "), "{reason}");
    Ok(())
}

#[tokio::test]
async fn expired_link_is_refused_before_anything_is_created() -> Result<()> {
    let world = World::find().await?;
    let begun = world.register(&world.group().await?).await?;
    let link = begun.link()?;
    end_registration(&world, &begun.registration_id, 1).await?;
    let (_, reason) = refused_before_anything(&world, &world.customer(), &link).await?;
    assert!(reason.starts_with("registration_expired: "), "{reason}");
    Ok(())
}

#[tokio::test]
async fn schedule_records_registration_expiration() -> Result<()> {
    let world = World::find().await?;
    let mut bus = world.listen().await?;
    let registration = world.register(&world.group().await?).await?;
    let id = &registration.registration_id;
    end_registration(&world, id, 16).await?;
    registration_is_due(&world, id).await?;
    until("the expiration event", SOON, async || {
        world.hub.tick().await?;
        let events = bus.received().await?;
        let told = |event: &&_| is_end_of(event, id);
        Ok(events.iter().find(told).cloned())
    })
    .await?;
    assert_eq!(world.acme.registration(id).await?.status, "expired");
    Ok(())
}

fn is_end_of(event: &rolecall_local::bus::BusEvent, id: &str) -> bool {
    event.detail_type == "Registration Expired" && event.record_id() == Some(id)
}

#[tokio::test]
async fn expected_account_that_never_registers_stays_pending_and_expires() -> Result<()> {
    let world = World::find().await?;
    let mut bus = world.listen().await?;
    let group = world.group().await?;
    let awaited = twelve_digits();
    let input = NewRegistration {
        aws_account_id: Some(awaited.clone()),
        ..NewRegistration::default()
    };
    let begun = world.acme.register(&group.group_id, &input).await?;
    let id = &begun.registration_id;
    let listed = async || {
        let page = world.acme.registrations(&group.group_id).await?;
        let found = page.items.into_iter().find(|it| it.registration_id == *id);
        found.context("not in the list")
    };
    let shown = listed().await?;
    assert_eq!(shown.status, "pending");
    assert_eq!(shown.aws_account_id.as_deref(), Some(awaited.as_str()));

    end_registration(&world, id, 16).await?;
    registration_is_due(&world, id).await?;
    let told = until("the expiration event", SOON, async || {
        world.hub.tick().await?;
        let events = bus.received().await?;
        Ok(events.iter().find(|event| is_end_of(event, id)).cloned())
    })
    .await?;
    assert_eq!(told.detail["record"]["aws_account_id"], awaited.as_str());
    let shown = listed().await?;
    assert_eq!(shown.status, "expired");
    assert_eq!(shown.aws_account_id.as_deref(), Some(awaited.as_str()));
    Ok(())
}

#[tokio::test]
async fn only_the_pinned_account_can_register() -> Result<()> {
    let world = World::find().await?;
    let group = world.group().await?;
    let customer = world.customer();
    let pinned = |id: &str| NewRegistration {
        aws_account_id: Some(id.to_owned()),
        ..NewRegistration::default()
    };
    let wrong = world
        .acme
        .register(&group.group_id, &pinned(&twelve_digits()))
        .await?;
    let (_, reason) = refused_before_anything(&world, &customer, &wrong.link()?).await?;
    assert!(
        reason.starts_with("verification_failed: arn_mismatch: "),
        "{reason}"
    );
    let wrong = world.acme.registration(&wrong.registration_id).await?;
    let (_, line) = world.stack_without_callback(&customer, &wrong).await?;
    let pasted = world
        .acme
        .complete(&wrong.registration_id, &line, None)
        .await;
    let problem = refused(pasted, 422, "verification_failed");
    let report = problem.report.context("no report")?;
    assert_eq!(
        report.check("arn_mismatch").context("no check")?.status,
        "failed"
    );

    let right = world
        .acme
        .register(&group.group_id, &pinned(customer.account_id()))
        .await?;
    let connected = world.connect_by(&customer, group, &right).await?;
    assert_eq!(connected.account.aws_account_id, customer.account_id());
    Ok(())
}

#[tokio::test]
async fn duplicate_connection_needs_allow_duplicate() -> Result<()> {
    let world = World::find().await?;
    let first = world.connect().await?;
    let second = world.register(&first.group).await?;
    let (_, reason) = refused_stack(&first.customer, &second.link()?, None).await?;
    assert!(
        reason.starts_with("account_already_connected: "),
        "{reason}"
    );
    let second = world.acme.registration(&second.registration_id).await?;
    assert_eq!(second.status, "pending");
    let (_, line) = world
        .stack_without_callback(&first.customer, &second)
        .await?;
    let pasted = world
        .acme
        .complete(&second.registration_id, &line, None)
        .await;
    refused(pasted, 409, "account_already_connected");

    let input = NewRegistration {
        allow_duplicate: Some(true),
        ..NewRegistration::default()
    };
    let third = world.acme.register(&first.group.group_id, &input).await?;
    let third = world
        .connect_by(&first.customer, first.group.clone(), &third)
        .await?;
    assert_eq!(third.account.aws_account_id, first.account.aws_account_id);
    assert_ne!(third.account.account_id, first.account.account_id);
    Ok(())
}

#[tokio::test]
async fn two_tenants_can_connect_one_account() -> Result<()> {
    let world = World::find().await?;
    let first = world.connect().await?;
    let group = world.globex.create_group("Of globex", "#112233").await?;
    let input = NewRegistration::default();
    let registration = world.globex.register(&group.group_id, &input).await?;
    let stack_id = first.customer.create(&registration.link()?).await?;
    assert!(first.customer.settled(&stack_id).await?.is_complete());
    let registration = world
        .globex
        .registration(&registration.registration_id)
        .await?;
    let account_id = registration.account_id.context("no account")?;
    let theirs = world.globex.account(&account_id).await?;
    assert_eq!(theirs.aws_account_id, first.account.aws_account_id);
    refused(world.acme.account(&account_id).await, 404, "not_found");
    refused(
        world.globex.account(&first.account.account_id).await,
        404,
        "not_found",
    );
    Ok(())
}
