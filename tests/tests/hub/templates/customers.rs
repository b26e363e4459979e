//! Stacks of customers whose organizations have their own rules.

use anyhow::{Context, Result};
use rolecall_client::{NewRegistration, Registration};
use rolecall_local::customer::Customer;
use rolecall_local::stacks::StackState;
use rolecall_local::wait::until;
use rolecall_tests::answers::refused;
use rolecall_tests::roles::name_of;
use rolecall_tests::world::{SOON, World};
use serde_json::json;

const BOUNDARY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

/// A stack with additional parameters and without callback.
async fn stack_with(
    world: &World,
    registration: &Registration,
    parameters: &[(&str, &str)],
) -> Result<(String, StackState)> {
    let customer = world.customer();
    let mut link = registration.link()?;
    for (name, value) in parameters {
        link.parameters
            .insert((*name).to_owned(), (*value).to_owned());
    }
    let stack_id = customer.create_unserved(&link).await?;
    let stack = customer.settled(&stack_id).await?;
    Ok((customer.account_id().to_owned(), stack))
}

/// The name of the stack's role.
async fn role_of(world: &World, account_id: &str, stack: &StackState) -> Result<String> {
    let client = world.aws(account_id)?.cloudformation();
    let request = client
        .describe_stack_resources()
        .stack_name(&stack.stack_id);
    let answer = request.send().await?;
    let mut resources = answer.stack_resources().iter();
    let role = resources.find(|it| it.resource_type() == Some("AWS::IAM::Role"));
    let id = role.and_then(|role| role.physical_resource_id());
    Ok(name_of(id.context("no role")?).to_owned())
}

#[tokio::test]
async fn account_connects_with_required_boundary_and_path() -> Result<()> {
    let world = World::find().await?;
    let begun = world.register(&world.group().await?).await?;
    let id = &begun.registration_id;
    let rules = [
        ("RolePath", "/rolecall/security/team-1/"),
        ("PermissionsBoundaryArn", BOUNDARY),
    ];
    let (account_id, stack) = stack_with(&world, &begun, &rules).await?;
    assert!(stack.is_complete(), "{}", stack.status);
    let line = stack.output("RolecallStackInfo")?.to_owned();

    let role = role_of(&world, &account_id, &stack).await?;
    let iam = world.aws(&account_id)?.iam();
    let request = iam.delete_role_permissions_boundary().role_name(&role);
    request.send().await?;
    let problem = refused(
        world.acme.complete(id, &line, None).await,
        422,
        "verification_failed",
    );
    let report = problem.report.context("no report")?;
    let check = report.check("boundary_missing").context("no check")?;
    assert_eq!(check.status, "failed");

    let request = iam.put_role_permissions_boundary();
    let request = request.role_name(role).permissions_boundary(BOUNDARY);
    request.send().await?;
    let account = world.acme.complete(id, &line, None).await?;
    assert_eq!(account.status, "active");
    let role_arn = account.rest["role_arn"].as_str().context("no role")?;
    assert!(
        role_arn.contains(":role/rolecall/security/team-1/"),
        "{role_arn}"
    );
    let report = account.last_report.context("no report")?;
    assert_eq!(report.verdict, "passed");
    let check = report.check("boundary_missing").context("no check")?;
    assert_eq!(check.status, "passed");
    Ok(())
}

/// The Region is served by the hub; only the customer's ReportBy parameter differs.
#[tokio::test]
async fn stack_that_reports_by_paste_connects_without_callback() -> Result<()> {
    let world = World::find().await?;
    let customer = world.customer();
    let begun = world.register(&world.group().await?).await?;
    let mut link = begun.link()?;
    let by = |channel: &str| ("ReportBy".to_owned(), channel.to_owned());
    link.parameters.extend([by("paste")]);
    let stack_id = customer.create(&link).await?;
    let stack = customer.settled(&stack_id).await?;
    assert!(stack.is_complete(), "{}", stack.status);
    assert_eq!(calls_of(&world, &customer, &stack).await?, 0);
    let pending = world.acme.registration(&begun.registration_id).await?;
    assert_eq!(pending.status, "pending");

    let line = stack.output("RolecallStackInfo")?;
    let id = &begun.registration_id;
    let account = world.acme.complete(id, line, None).await?;
    assert_eq!(account.status, "active");

    // Switching to callback connects the same account again.
    link.parameters.extend([by("callback")]);
    let url = &link.template_url;
    let stack = customer.update(&stack_id, url, &link.parameters).await?;
    assert!(stack.is_complete(), "{}", stack.status);
    assert_eq!(calls_of(&world, &customer, &stack).await?, 1);
    let now = world.acme.account(&account.account_id).await?;
    assert_eq!(now.status, "active");

    // Switching back sends a Delete, but the role still works, so the next check reactivates the
    // account.
    link.parameters.extend([by("paste")]);
    let stack = customer.update(&stack_id, url, &link.parameters).await?;
    assert!(stack.is_complete(), "{}", stack.status);
    assert_eq!(calls_of(&world, &customer, &stack).await?, 0);
    until("the account is active", SOON, async || {
        world.hub.tick().await?;
        let now = world.acme.account(&account.account_id).await?;
        Ok((now.status == "active").then_some(()))
    })
    .await
}

/// The number of custom resources in a stack.
async fn calls_of(world: &World, customer: &Customer, stack: &StackState) -> Result<usize> {
    let client = world.aws(customer.account_id())?.cloudformation();
    let request = client.describe_stack_resources();
    let answer = request.stack_name(&stack.stack_id).send().await?;
    let calls = answer.stack_resources().iter().filter(|it| {
        let status = it.resource_status().map_or("", |status| status.as_str());
        it.resource_type() == Some("Custom::RolecallRegistration") && status != "DELETE_COMPLETE"
    });
    Ok(calls.count())
}

#[tokio::test]
async fn two_stacks_in_one_account_have_separate_roles() -> Result<()> {
    let world = World::find().await?;
    let first = world.connect().await?;
    let input = NewRegistration {
        allow_duplicate: Some(true),
        ..NewRegistration::default()
    };
    let second = world.acme.register(&first.group.group_id, &input).await?;
    let second = world
        .connect_by(&first.customer, first.group.clone(), &second)
        .await?;
    let role = |account: &rolecall_client::Account| account.rest["role_arn"].clone();
    assert_ne!(role(&first.account), role(&second.account));
    assert_ne!(first.stack.stack_id, second.stack.stack_id);
    for connected in [&first, &second] {
        let account = world.acme.account(&connected.account.account_id).await?;
        assert_eq!(account.status, "active");
    }
    Ok(())
}

#[tokio::test]
async fn link_sets_every_parameter_without_default() -> Result<()> {
    let world = World::find().await?;
    let begun = world.register(&world.group().await?).await?;
    let link = begun.link()?;
    let template = world.customer().fetch_template(&link.template_url).await?;
    let template: serde_json::Value = serde_saphyr::from_str(&template)?;
    let parameters = template["Parameters"].as_object().context("parameters")?;
    let required = parameters
        .iter()
        .filter(|(_, it)| it.get("Default").is_none());
    let required: Vec<&String> = required.map(|(name, _)| name).collect();
    assert_eq!(required, link.parameters.keys().collect::<Vec<_>>());
    assert_eq!(required.len(), 2);
    Ok(())
}

/// No stack set is involved that could skip the management account.
#[tokio::test]
async fn organization_management_account_connects_like_any_other() -> Result<()> {
    let world = World::find().await?;
    let customer = world.customer();
    let account = customer.account(&world.hub.file().region);
    let target = "AWSOrganizationsV20161128.DescribeOrganization";
    let answer = account
        .signer()
        .json("organizations", target, &json!({}))
        .await?;
    let organization = &answer["Organization"];
    assert_eq!(organization["MasterAccountId"], customer.account_id());

    let group = world.group().await?;
    let input = NewRegistration {
        aws_account_id: Some(customer.account_id().to_owned()),
        ..NewRegistration::default()
    };
    let begun = world.acme.register(&group.group_id, &input).await?;
    let connected = world.connect_by(&customer, group, &begun).await?;
    assert_eq!(connected.account.aws_account_id, customer.account_id());
    assert_eq!(connected.account.status, "active");
    Ok(())
}
