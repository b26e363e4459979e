//! Chapters 5 and 6: what is refused, with its reason, and how one goes on from there.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::connect::{Beginning, Pasted};
use super::stage::Stage;
use crate::customer::Customer;
use crate::logs::now_ms;
use crate::wait::until;
use rolecall_client::QuickCreateLink;
use rolecall_client::{Account, NewRegistration, Registration};

/// Wrong stacks fail fast and by name; the registration survives, and so does a closed page.
pub(super) async fn wrong_stacks(stage: &mut Stage, begun: &Beginning) -> Result<Account> {
    let customer = stage.hub.customer(2)?;
    stage.chapter(
        "Wrong stacks, and a closed page",
        "The customer can overwrite everything on the console's page. What no longer proves \
         itself fails with its reason, where the customer looks: in the stack's events.",
    );
    let wish = NewRegistration::named("Sandbox");
    let registration = stage.acme.register(&begun.group.group_id, &wish).await?;
    let id = registration.registration_id.clone();

    let mut edited = registration.link()?;
    edited
        .parameters
        .insert("ExternalId".to_owned(), "one-of-my-own".to_owned());
    stage.says(
        "customer",
        "types an external ID of their own into the page",
    );
    let since = now_ms();
    let stack_id = customer.create(&edited).await?;
    refused_stack(stage, &customer, &stack_id, since, "external_id_mismatch").await?;
    let registration = still_pending(stage, &id, "external_id_mismatch", "-2").await?;

    let link = registration.link()?;
    stage.says(
        "customer",
        "takes the external ID out of the role's trust policy",
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
    if let Some(report) = &registration.last_report {
        stage.show_probes(report);
    }

    a_closed_page(stage, &customer, &registration).await
}

/// Reading the registration again is all it takes to go on.
async fn a_closed_page(
    stage: &mut Stage,
    customer: &Customer,
    registration: &Registration,
) -> Result<Account> {
    let id = &registration.registration_id;
    stage.says(
        "acme",
        "closes the page, comes back, and reads the registration again",
    );
    let resumed = stage.acme.registration(id).await?;
    let link = resumed.link()?;
    let same_id = resumed.external_id == registration.external_id;
    stage.must(
        same_id,
        "nothing is lost: the link is still there, with the same external ID",
    )?;
    stage.says(
        "customer",
        &format!("opens it and changes nothing: {}", link.stack_name),
    );
    let stack_id = customer.create(&link).await?;
    let stack = customer.settled(&stack_id).await?;
    stage.must(stack.is_complete(), "this time the stack completes")?;
    let completed = stage.acme.registration(id).await?;
    let account_id = completed.account_id.context("no account was recorded")?;
    let account = stage.acme.account(&account_id).await?;
    stage.must(account.status == "active", "and Sandbox is connected")?;
    Ok(account)
}

/// Links that were used, revoked, mixed up or left lying, and another tenant.
pub(super) async fn wrong_moments(
    stage: &mut Stage,
    begun: &Beginning,
    pasted: &Pasted,
) -> Result<()> {
    stage.chapter(
        "Used, mixed up, revoked, not yours",
        "One stack, one role, one registration: nothing is used twice, and nobody sees another's.",
    );
    let customer = stage.hub.customer(1)?;
    let mut used = begun.registration.link()?;
    used.stack_name.push_str("-again");
    stage.says(
        "customer",
        "opens Shop's link once more, in another account",
    );
    let since = now_ms();
    let stack_id = customer.create(&used).await?;
    refused_stack(stage, &customer, &stack_id, since, "registration_used").await?;

    let wish = NewRegistration::named("Never mind");
    let revoked = stage.acme.register(&begun.group.group_id, &wish).await?;
    let other = stage
        .acme
        .complete(&revoked.registration_id, &pasted.stack_info, None)
        .await;
    stage.says("acme", "pastes Data lake's line into another registration");
    stage.must_refuse(other, 422, "stack_info_other_registration")?;

    let state = stage.acme.revoke(&revoked.registration_id).await?;
    stage.says(
        "acme",
        "revokes that registration; its link is opened nevertheless",
    );
    stage.must(state.status == "revoked", "the registration is revoked")?;
    let since = now_ms();
    let stack_id = customer.create(&revoked.link()?).await?;
    refused_stack(stage, &customer, &stack_id, since, "registration_revoked").await?;

    stage.says(
        "globex",
        "another tenant, asks for Acme's registration and for its account",
    );
    let id = &begun.registration.registration_id;
    let foreign = stage.globex.registration(id).await;
    stage.must_refuse(foreign, 404, "not_found")?;
    let foreign = stage.globex.account(&pasted.account.account_id).await;
    stage.must_refuse(foreign, 404, "not_found")
}

/// The link from the first chapter: its stack is made, its line pasted too late.
pub(super) async fn a_forgotten_link(stage: &mut Stage, begun: &Beginning) -> Result<()> {
    stage.chapter(
        "The forgotten link",
        "The second link of chapter 1 was left lying. A registration ends by itself.",
    );
    let customer = stage.hub.customer(2)?;
    let id = &begun.left_lying.registration_id;
    let link = begun.left_lying.link()?;
    let stack_id = customer.create_unserved(&link).await?;
    let stack = customer.settled(&stack_id).await?;
    stage.says("customer", "makes a stack from it ...");
    let lifetime = Duration::from_secs(stage.hub.seconds("RegistrationTtlSeconds")? + 10);
    until("the registration's end", lifetime, async || {
        let registration = stage.acme.registration(id).await?;
        Ok((registration.status == "expired").then_some(()))
    })
    .await?;
    stage.says(
        "acme",
        &format!(
            "... and pastes its line after {}",
            begun.left_lying.expires_at
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

/// The stack rolled back, its events say why, and the customer tidies up.
async fn refused_stack(
    stage: &mut Stage,
    customer: &Customer,
    stack_id: &str,
    since_ms: u64,
    code: &str,
) -> Result<()> {
    let stack = customer.settled(stack_id).await?;
    let reason = customer.failure_reason(stack_id, "Registration").await?;
    stage.ran("stack-callback", since_ms).await?;
    stage.says("aws", &format!("{} {}: {reason}", stack.name, stack.status));
    let by_name = reason.contains(&format!("{code}: "));
    stage.must(
        by_name && !stack.is_complete(),
        &format!("the stack fails with {code}"),
    )?;
    customer.delete(stack_id).await?;
    Ok(())
}

/// A refused attempt costs nothing but the stack's name.
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
    let report = registration.last_report.as_ref();
    let named = report
        .and_then(|report| report.check(code))
        .is_some_and(|check| check.status == "failed");
    stage.must(named, &format!("its last report names {code}"))?;
    let renamed = registration.stack_name.ends_with(suffix);
    stage.must(
        renamed,
        &format!(
            "the link offers a new stack name: {}",
            registration.stack_name
        ),
    )?;
    Ok(registration)
}

/// What a customer does who finds the condition a nuisance.
async fn create_without_external_id(customer: &Customer, link: &QuickCreateLink) -> Result<String> {
    const CONDITION: &str =
        "              StringEquals:\n                sts:ExternalId: !Ref ExternalId\n";
    let template = customer.fetch_template(&link.template_url).await?;
    ensure!(
        template.contains(CONDITION),
        "the template has no condition to take out"
    );
    let weakened = template.replace(CONDITION, "");
    customer.create_from(link, &weakened).await
}
