//! A stack and its role can be recorded only once.

use anyhow::{Context, Result, ensure};
use aws_sdk_cloudformation::types::Capability;
use rolecall_client::{HubClient, NewRegistration, Registration};
use rolecall_local::customer::{Customer, unserved};
use rolecall_local::stacks::StackState;
use rolecall_tests::answers::refused;
use rolecall_tests::world::World;

/// Gives a stack another registration's token and external ID, and returns its new stack info.
async fn retarget(
    customer: &Customer,
    stack: &StackState,
    registration: &Registration,
) -> Result<String> {
    let link = registration.link()?;
    let template = customer.fetch_template(&link.template_url).await?;
    let template = unserved(&template)?;
    let stacks = customer.stacks_in(&link.region);
    let capabilities = [Capability::CapabilityIam];
    stacks
        .update(&stack.stack_id, &template, &link.parameters, &capabilities)
        .await?;
    let stack = customer.settled(&stack.stack_id).await?;
    ensure!(stack.is_complete(), "{}", stack.status);
    Ok(stack.output("RolecallStackInfo")?.to_owned())
}

/// A registration that allows the AWS account to be connected twice.
async fn input(caller: &HubClient) -> Result<Registration> {
    let group = caller.create_group("Greedy", "#112233").await?;
    let input = NewRegistration {
        allow_duplicate: Some(true),
        ..NewRegistration::default()
    };
    Ok(caller.register(&group.group_id, &input).await?)
}

#[tokio::test]
async fn recorded_stack_is_rejected_for_other_registrations_of_any_tenant() -> Result<()> {
    let world = World::find().await?;
    let customer = world.customer();
    let first = input(&world.acme).await?;
    let (stack, line) = world.stack_without_callback(&customer, &first).await?;
    let account = world
        .acme
        .complete(&first.registration_id, &line, None)
        .await?;

    for deregistered in [false, true] {
        if deregistered {
            world.acme.deregister(&account.account_id).await?;
        }
        for caller in [&world.acme, &world.globex] {
            let second = input(caller).await?;
            let line = retarget(&customer, &stack, &second).await?;
            let pasted = caller.complete(&second.registration_id, &line, None).await;
            let error = pasted.err().context("the stack was recorded again")?;
            let code = error.code().unwrap_or_default();
            let named = ["role_already_registered", "stack_already_registered"];
            assert!(named.contains(&code), "{error}");
            // The error does not reveal the owner.
            assert!(!error.to_string().contains(&account.account_id));
            let after = caller.registration(&second.registration_id).await?;
            assert_eq!((after.status.as_str(), after.account_id), ("pending", None));
        }
    }
    refused(
        world.globex.account(&account.account_id).await,
        404,
        "not_found",
    );
    Ok(())
}
