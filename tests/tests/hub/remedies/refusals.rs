//! Rejected attempts to connect: the stack's reason contains the remedy for the customer, and the API's detail
//! contains the remedy for the tenant's user.

use anyhow::{Context, Result, ensure};
use http::Method;
use rolecall_client::Registration;
use rolecall_local::customer::Customer;
use rolecall_tests::answers::refused;
use rolecall_tests::world::World;
use serde_json::json;

use crate::refusals::stacks::refused_stack;

/// Words from remedies that only API users can follow.
const API: [&str; 4] = [
    "eregister",
    "allow_duplicate",
    "tart a new registration",
    "API",
];

/// The reason is for the customer: plain ASCII, ending with the registration's ID, and with the contact if
/// another test has published a brand.
#[track_caller]
fn is_for_the_customer(reason: &str, registration: &Registration) {
    let id = &registration.registration_id;
    let (_, end) = reason.rsplit_once(" Reference: ").expect("a reference");
    let rest = end
        .strip_prefix(id.as_str())
        .expect("the registration's ID");
    assert!(
        rest.is_empty() || rest.starts_with(". Questions: "),
        "{reason}"
    );
    assert!(
        reason.bytes().all(|b| (b' '..=b'~').contains(&b)),
        "{reason}"
    );
    for word in API {
        assert!(!reason.contains(word), "{reason}");
    }
}

async fn begun(world: &World) -> Result<(Customer, Registration)> {
    let registration = world.register(&world.group().await?).await?;
    Ok((world.customer(), registration))
}

async fn shell(world: &World, customer: &Customer, command: &str) -> Result<String> {
    crate::companions::bench::run(world, customer.account_id(), command).await
}

#[tokio::test]
async fn refused_stack_is_deleted_and_recreated() -> Result<()> {
    let world = World::find().await?;
    let (customer, begun) = begun(&world).await?;
    let mut link = begun.link()?;
    link.parameters.insert("ExternalId".into(), "my-own".into());
    let (stack, reason) = refused_stack(&customer, &link, None).await?;
    is_for_the_customer(&reason, &begun);
    assert!(
        reason.contains("Delete this stack and create it again from the link"),
        "{reason}"
    );
    let after = world.acme.registration(&begun.registration_id).await?;
    let report = after.last_attempt.clone().context("no report")?;
    let command = report.stack.delete_command.as_deref();
    let command = command.context("no command")?;
    shell(&world, &customer, command).await?;
    assert_eq!(
        customer.settled(&stack.stack_id).await?.status,
        "DELETE_COMPLETE"
    );
    let check = report.check("external_id_mismatch").context("no check")?;
    assert_eq!(check.command.as_deref(), Some(command));
    let group = world.acme.group(&begun.group_id).await?;
    let connected = world.connect_by(&customer, group, &after).await?;
    assert_eq!(connected.account.status, "active");
    Ok(())
}

#[tokio::test]
async fn cause_of_a_rollback_is_fixed_and_stack_is_recreated() -> Result<()> {
    let world = World::find().await?;
    let (customer, begun) = begun(&world).await?;
    let link = begun.link()?;
    let template = customer.fetch_template(&link.template_url).await?;
    let (resources, order) = ("\nResources:\n", "    DependsOn: [SelfInspection]\n");
    ensure!(
        template.contains(resources) && template.contains(order),
        "another template"
    );
    let broken = "  Broken:\n    Type: Custom::Broken\n    DependsOn: RolecallRole\n    Properties:\n      \
                  ServiceToken: !Sub arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:missing\n";
    let template = template
        .replace(resources, &format!("{resources}{broken}"))
        .replace(order, "    DependsOn: [SelfInspection, Broken]\n");
    let stack_id = customer.create_from(&link, &template).await?;
    let stack = customer.settled(&stack_id).await?;
    assert_eq!(stack.status, "ROLLBACK_COMPLETE");
    // The event that the remedy refers to.
    customer.failure_reason(&stack_id, "Broken").await?;
    let after = world.acme.registration(&begun.registration_id).await?;
    let report = after.last_attempt.clone().context("no attempt")?;
    assert_eq!(report.code, "stack_rolled_back");
    let detail = &report.detail;
    let remedy =
        "Fix the cause that the stack's events show, delete the stack, and create it again";
    ensure!(detail.contains(remedy), "{detail}");
    let command = report.stack.delete_command.as_deref();
    shell(&world, &customer, command.context("no command")?).await?;
    let group = world.acme.group(&begun.group_id).await?;
    let connected = world.connect_by(&customer, group, &after).await?;
    assert_eq!(connected.account.status, "active");
    Ok(())
}

#[tokio::test]
async fn stack_in_wrong_account_is_recreated_in_the_pinned_account() -> Result<()> {
    let world = World::find().await?;
    let (other, meant) = (world.customer(), world.customer());
    let group = world.group().await?;
    let path = format!("/v1/groups/{}/registrations", group.group_id);
    let body = json!({"aws_account_id": meant.account_id()});
    let made = crate::companions::bench::post(&world, Method::POST, &path, &body, 201).await?;
    let registration: Registration = serde_json::from_value(made)?;
    let (_, reason) = refused_stack(&other, &registration.link()?, None).await?;
    is_for_the_customer(&reason, &registration);
    let instruction = format!("Sign in to the AWS account {}", meant.account_id());
    assert!(reason.contains(&instruction), "{reason}");
    let registration = world
        .acme
        .registration(&registration.registration_id)
        .await?;
    let connected = world.connect_by(&meant, group, &registration).await?;
    assert_eq!(connected.account.status, "active");
    Ok(())
}

#[tokio::test]
async fn forged_token_remedy_is_to_use_the_link_unchanged() -> Result<()> {
    let world = World::find().await?;
    let (customer, begun) = begun(&world).await?;
    let mut link = begun.link()?;
    let forged = format!("{}.{}", begun.registration_id, "A".repeat(43));
    link.parameters.insert("RegistrationToken".into(), forged);
    link.stack_name = "forged".to_owned();
    let (_, reason) = refused_stack(&customer, &link, None).await?;
    is_for_the_customer(&reason, &begun);
    assert!(
        reason.contains("without changing its parameters"),
        "{reason}"
    );
    let group = world.acme.group(&begun.group_id).await?;
    let connected = world.connect_by(&customer, group, &begun).await?;
    assert_eq!(connected.account.status, "active");
    Ok(())
}

#[tokio::test]
async fn connected_account_is_deregistered_or_connected_as_duplicate() -> Result<()> {
    let world = World::find().await?;
    let first = world.connect().await?;
    let customer = &first.customer;
    let begun = world.register(&world.group().await?).await?;
    let (_, reason) = refused_stack(customer, &begun.link()?, None).await?;
    assert!(
        reason.starts_with("account_already_connected: "),
        "{reason}"
    );
    is_for_the_customer(&reason, &begun);
    let after = world.acme.registration(&begun.registration_id).await?;
    let report = after.last_attempt.clone().context("no report")?;
    let detail = &report.detail;
    assert!(
        detail.contains("Deregister the connected account first"),
        "{detail}"
    );

    let group = world.acme.group(&begun.group_id).await?;
    let path = format!("/v1/groups/{}/registrations", group.group_id);
    let body = json!({"allow_duplicate": true});
    let made = crate::companions::bench::post(&world, Method::POST, &path, &body, 201).await?;
    let twice: Registration = serde_json::from_value(made)?;
    let twice = world.connect_by(customer, group.clone(), &twice).await?;
    assert_eq!(twice.account.status, "active");

    for account in [&first.account, &twice.account] {
        world.acme.deregister(&account.account_id).await?;
    }
    let connected = world.connect_by(customer, group, &after).await?;
    assert_eq!(connected.account.status, "active");
    Ok(())
}

#[tokio::test]
async fn ended_registration_is_replaced_by_a_new_one() -> Result<()> {
    let world = World::find().await?;
    let (customer, begun) = begun(&world).await?;
    let link = begun.link()?;
    world.acme.revoke(&begun.registration_id).await?;
    let (_, reason) = refused_stack(&customer, &link, None).await?;
    is_for_the_customer(&reason, &begun);
    assert!(
        reason.contains("Ask the person who sent you the link for a new one"),
        "{reason}"
    );
    let connected = {
        let group = world.group().await?;
        let registration = world.register(&group).await?;
        world.connect_by(&customer, group, &registration).await?
    };
    // A completed registration can't be revoked; its account is deregistered instead.
    let id = &connected.registration.registration_id;
    let problem = refused(world.acme.revoke(id).await, 409, "registration_completed");
    assert!(
        problem.detail.contains("Deregister its account instead"),
        "{}",
        problem.detail
    );
    let gone = world.acme.deregister(&connected.account.account_id).await?;
    assert_eq!(gone.account.status, "deregistered");
    Ok(())
}

#[tokio::test]
async fn complete_stack_info_of_own_stack_is_accepted() -> Result<()> {
    let world = World::find().await?;
    let group = world.group().await?;
    let (one, other) = (world.register(&group).await?, world.register(&group).await?);
    let customer = world.customer();
    let (_, line) = world.stack_without_callback(&customer, &one).await?;
    let half = &line[..line.len() / 2];
    let paste = async |registration: &Registration, line: &str| {
        let path = format!(
            "/v1/registrations/{}/complete",
            registration.registration_id
        );
        let body = json!({"stack_info": line}).to_string().into_bytes();
        let answer = world.acme.raw(Method::POST, &path, &[], body).await?;
        anyhow::Ok((answer.status, answer.text()))
    };
    let (status, said) = paste(&one, half).await?;
    ensure!(
        status == 422 && said.contains("Copy the whole value"),
        "{said}"
    );
    let (status, said) = paste(&other, &line).await?;
    ensure!(
        status == 422 && said.contains("paste that stack's output"),
        "{said}"
    );
    let (status, said) = paste(&one, &line).await?;
    ensure!(status == 200, "{said}");
    Ok(())
}
