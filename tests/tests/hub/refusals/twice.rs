//! A stack and its role that were recorded once are recorded by nobody again.

use anyhow::{Context, Result, ensure};
use aws_sdk_cloudformation::types::Capability;
use rolecall_client::{HubClient, NewRegistration, Registration};
use rolecall_local::aws::LOCAL_REGION;
use rolecall_local::customer::Customer;
use rolecall_local::stacks::StackState;
use rolecall_tests::answers::refused;
use rolecall_tests::world::World;

/// Gives a silent stack another registration's token and external ID, and gives its new line.
async fn retarget(
    customer: &Customer,
    stack: &StackState,
    registration: &Registration,
) -> Result<String> {
    let link = registration.link()?;
    let template = customer.fetch_template(&link.template_url).await?;
    let always = format!("[!Ref AWS::Region, {LOCAL_REGION}]");
    let template = template.replace(&always, "[!Ref AWS::Region, never]");
    let stacks = customer.stacks_in(&link.region);
    let capabilities = [Capability::CapabilityIam];
    stacks
        .update(&stack.stack_id, &template, &link.parameters, &capabilities)
        .await?;
    let stack = customer.settled(&stack.stack_id).await?;
    ensure!(stack.is_complete(), "{}", stack.status);
    Ok(stack.output("RolecallStackInfo")?.to_owned())
}

/// A registration that would take the same AWS account once more.
async fn wish(caller: &HubClient) -> Result<Registration> {
    let group = caller.create_group("Greedy", "#112233").await?;
    let wish = NewRegistration {
        allow_duplicate: Some(true),
        ..NewRegistration::default()
    };
    Ok(caller.register(&group.group_id, &wish).await?)
}

#[tokio::test]
async fn a_recorded_stack_is_taken_by_no_other_registration_of_any_tenant() -> Result<()> {
    let world = World::find().await?;
    let customer = world.customer();
    let first = wish(&world.acme).await?;
    let (stack, line) = world.silent_stack(&customer, &first).await?;
    let account = world
        .acme
        .complete(&first.registration_id, &line, None)
        .await?;

    for deregistered in [false, true] {
        if deregistered {
            world.acme.deregister(&account.account_id).await?;
        }
        for caller in [&world.acme, &world.globex] {
            let second = wish(caller).await?;
            let line = retarget(&customer, &stack, &second).await?;
            let pasted = caller.complete(&second.registration_id, &line, None).await;
            let error = pasted.err().context("it was recorded again")?;
            let code = error.code().unwrap_or_default();
            let named = ["role_already_registered", "stack_already_registered"];
            assert!(named.contains(&code), "{error}");
            // Whose it is, is not told.
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
