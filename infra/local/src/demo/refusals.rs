//! Chapters 7, 8 and 13: refused stacks and requests, and how to continue after them.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::connect::{Beginning, Pasted};
use super::stage::Stage;
use crate::customer::Customer;
use crate::logs::now_ms;
use crate::wait::until;
use rolecall_client::QuickCreateLink;
use rolecall_client::{Account, NewRegistration, Registration};

/// Edited stacks fail with the reason, and the registration stays pending.
pub(super) async fn reject_edited_stacks(stage: &mut Stage, begun: &Beginning) -> Result<Account> {
    let customer = stage.hub.customer(2)?;
    stage.chapter(
        "Reject edited stacks",
        "The customer can edit every parameter and the template. A stack that the hub can't verify \
         fails, and its events show the reason. The registration stays pending, so the customer can \
         try again.",
    );
    let new = NewRegistration::named("Sandbox");
    let registration = stage.acme.register(&begun.group.group_id, &new).await?;
    let id = registration.registration_id.clone();

    let mut edited = registration.link()?;
    edited
        .parameters
        .insert("ExternalId".to_owned(), "one-of-my-own".to_owned());
    stage.action("customer", "changes the external ID on the console page");
    let since = now_ms();
    let stack_id = customer.create(&edited).await?;
    refused_stack(stage, &customer, &stack_id, since, "external_id_mismatch").await?;
    let registration = still_pending(stage, &id, "external_id_mismatch", "-2").await?;

    let link = registration.link()?;
    stage.action(
        "customer",
        "removes the external ID from the role's trust policy",
    );
    let since = now_ms();
    let stack_id = create_without_external_id(&customer, &link).await?;
    refused_stack(
        stage,
        &customer,
        &stack_id,
        since,
        "external_id_not_enforced",
    )
    .await?;
    let registration = still_pending(stage, &id, "external_id_not_enforced", "-3").await?;
    let last = registration.last_attempt.as_ref();
    if let Some(report) = last.and_then(|last| last.report.as_ref()) {
        stage.show_probes(report);
    }

    retry(stage, &customer, &registration).await
}

/// The unchanged link still works.
async fn retry(
    stage: &mut Stage,
    customer: &Customer,
    registration: &Registration,
) -> Result<Account> {
    let id = &registration.registration_id;
    stage.action("acme", "reads the registration again");
    let resumed = stage.acme.registration(id).await?;
    let link = resumed.link()?;
    let same_id = resumed.external_id == registration.external_id;
    stage.must(
        same_id,
        "the link is still available, with the same external ID",
    )?;
    stage.action(
        "customer",
        &format!(
            "creates the stack from the unchanged link: {}",
            link.stack_name
        ),
    );
    let stack_id = customer.create(&link).await?;
    let stack = customer.settled(&stack_id).await?;
    stage.must(stack.is_complete(), "the stack is complete")?;
    let completed = stage.acme.registration(id).await?;
    let account_id = completed.account_id.context("no account was recorded")?;
    let account = stage.acme.account(&account_id).await?;
    stage.must(account.status == "active", "Sandbox is connected")?;
    Ok(account)
}

/// Links that were used or revoked, an output of another registration, and another tenant.
pub(super) async fn reject_other_links(
    stage: &mut Stage,
    begun: &Beginning,
    pasted: &Pasted,
) -> Result<()> {
    stage.chapter(
        "Reject used and revoked links, and other tenants",
        "A registration connects exactly one stack with one role. A tenant can't see another tenant's \
         records.",
    );
    let customer = stage.hub.customer(1)?;
    let mut used = begun.registration.link()?;
    used.stack_name.push_str("-again");
    stage.action("customer", "uses Shop's link again in another account");
    let since = now_ms();
    let stack_id = customer.create(&used).await?;
    refused_stack(stage, &customer, &stack_id, since, "registration_used").await?;

    let new = NewRegistration::named("Revoked");
    let revoked = stage.acme.register(&begun.group.group_id, &new).await?;
    let other = stage
        .acme
        .complete(&revoked.registration_id, &pasted.stack_info, None)
        .await;
    stage.action(
        "acme",
        "pastes Data lake's output into another registration",
    );
    stage.must_refuse(other, 422, "stack_info_other_registration")?;

    let state = stage.acme.revoke(&revoked.registration_id).await?;
    stage.action(
        "acme",
        "revokes that registration, and the customer still uses its link",
    );
    stage.must(state.status == "revoked", "the registration is revoked")?;
    let since = now_ms();
    let stack_id = customer.create(&revoked.link()?).await?;
    refused_stack(stage, &customer, &stack_id, since, "registration_revoked").await?;

    stage.action(
        "globex",
        "is another tenant, and requests Acme's registration and account",
    );
    let id = &begun.registration.registration_id;
    let foreign = stage.globex.registration(id).await;
    stage.must_refuse(foreign, 404, "not_found")?;
    let foreign = stage.globex.account(&pasted.account.account_id).await;
    stage.must_refuse(foreign, 404, "not_found")
}

/// How long the demo waits for an expiry. On a hub that `up` started, registrations are valid for longer.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// The output of the unused link's stack is pasted after the registration has expired.
pub(super) async fn reject_expired_link(stage: &mut Stage, begun: &Beginning) -> Result<()> {
    stage.chapter(
        "Reject an expired link",
        "The second link of chapter 1 was not used in time. Registrations expire on their own.",
    );
    let lifetime = Duration::from_secs(stage.hub.seconds("RegistrationTtlSeconds")?);
    if lifetime > LONGEST_WAIT {
        let at = &begun.unused.expires_at;
        stage.action(
            "demo",
            &format!("skips this chapter: the registration expires at {at}"),
        );
        return Ok(());
    }
    let customer = stage.hub.customer(2)?;
    let id = &begun.unused.registration_id;
    let link = begun.unused.link()?;
    let stack_id = customer.create_unserved(&link).await?;
    let stack = customer.settled(&stack_id).await?;
    stage.action("customer", "creates a stack from the link");
    let most = lifetime + Duration::from_secs(10);
    until("the registration's expiry", most, async || {
        let registration = stage.acme.registration(id).await?;
        Ok((registration.status == "expired").then_some(()))
    })
    .await?;
    stage.action(
        "acme",
        &format!(
            "pastes the stack's output after the expiry at {}",
            begun.unused.expires_at
        ),
    );
    let late = stage
        .acme
        .complete(id, stack.output("RolecallStackInfo")?, None)
        .await;
    stage.must_refuse(late, 409, "registration_expired")?;
    customer.delete(&stack_id).await?;
    Ok(())
}

/// The stack rolls back, its events show the reason, and the customer deletes it.
async fn refused_stack(
    stage: &mut Stage,
    customer: &Customer,
    stack_id: &str,
    since_ms: u64,
    code: &str,
) -> Result<()> {
    let stack = customer.settled(stack_id).await?;
    let reason = match customer.failure_reason(stack_id, "Preflight").await {
        Ok(reason) => reason,
        Err(_) => customer.failure_reason(stack_id, "Registration").await?,
    };
    stage.ran("stack-callback", since_ms).await?;
    stage.action(
        "aws",
        &format!("reports {} {}: {reason}", stack.name, stack.status),
    );
    let has_code = reason.contains(&format!("{code}: "));
    stage.must(
        has_code && !stack.is_complete(),
        &format!("the stack fails with {code}"),
    )?;
    customer.delete(stack_id).await?;
    Ok(())
}

/// After a refused attempt, the registration is pending and its link has a new stack name.
async fn still_pending(
    stage: &mut Stage,
    id: &str,
    code: &str,
    suffix: &str,
) -> Result<Registration> {
    let registration = stage.acme.registration(id).await?;
    stage.must(
        registration.status == "pending",
        "the registration is still pending",
    )?;
    let last = registration.last_attempt.as_ref();
    let named = last
        .and_then(|last| last.check(code))
        .is_some_and(|check| check.status == "failed");
    stage.must(named, &format!("its last attempt failed with {code}"))?;
    let renamed = registration.stack_name.ends_with(suffix);
    stage.must(
        renamed,
        &format!("the link has a new stack name: {}", registration.stack_name),
    )?;
    Ok(registration)
}

/// Creates the stack without the external ID condition in the role's trust policy.
async fn create_without_external_id(customer: &Customer, link: &QuickCreateLink) -> Result<String> {
    const CONDITION: &str =
        "              StringEquals:\n                sts:ExternalId: !Ref ExternalId\n";
    let template = customer.fetch_template(&link.template_url).await?;
    ensure!(
        template.contains(CONDITION),
        "the template has no such condition"
    );
    let weakened = template.replace(CONDITION, "");
    customer.create_from(link, &weakened).await
}
