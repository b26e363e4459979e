//! Deploys every golden template, and updates each to every other.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use rolecall_client::QuickCreateLink;
use rolecall_local::customer::unserved;
use rolecall_local::stacks::StackState;
use rolecall_tests::roles::name_of;
use rolecall_tests::world::{World, unique};
use serde_json::Value;

use crate::templates::template::{Template, onboarding_examples};

/// The template without its calls to the hub of the examples, which does not exist. That of China
/// makes none in the Region of the emulator, which does not distinguish partitions.
fn deployable(template: &Template) -> Result<String> {
    match template.path.ends_with("/china.yaml") {
        true => Ok(template.text.clone()),
        false => unserved(&template.text),
    }
}

/// The names of the inline policies that the template gives the hub's role.
fn inline_policies(template: &Template) -> BTreeSet<String> {
    let policies = template.resources("AWS::IAM::RolePolicy");
    let of_the_hub = policies
        .into_iter()
        .filter(|(_, policy)| policy["Properties"]["RoleName"] == "RolecallRole");
    let names = of_the_hub.filter_map(|(_, policy)| policy["Properties"]["PolicyName"].as_str());
    names.map(str::to_owned).collect()
}

fn managed_policies(template: &Template) -> BTreeSet<String> {
    let role = template.at("/Resources/RolecallRole/Properties");
    let arns = role.get("ManagedPolicyArns").and_then(Value::as_array);
    let arns = arns.into_iter().flatten().filter_map(Value::as_str);
    arns.map(str::to_owned).collect()
}

/// Checks that the hub's role has exactly the template's policies, and returns the role's unique ID.
async fn check(world: &World, stack: &StackState, template: &Template) -> Result<String> {
    ensure!(stack.is_complete(), "{}: {}", template.path, stack.status);
    let account = stack.stack_id.split(':').nth(4).context("an account")?;
    let aws = world.aws(account)?;
    let request = aws.cloudformation().describe_stack_resource();
    let request = request.stack_name(&stack.stack_id);
    let answer = request.logical_resource_id("RolecallRole").send().await?;
    let role = answer.stack_resource_detail().context("no role")?;
    let role = name_of(role.physical_resource_id().context("no role")?).to_owned();
    let iam = aws.iam();
    let inline = iam.list_role_policies().role_name(&role).send().await?;
    let inline: BTreeSet<String> = inline.policy_names().iter().cloned().collect();
    assert_eq!(inline, inline_policies(template), "{}", template.path);
    let attached = iam.list_attached_role_policies().role_name(&role);
    let attached = attached.send().await?;
    let attached = attached.attached_policies().iter();
    let attached: BTreeSet<String> = attached
        .filter_map(|policy| policy.policy_arn().map(str::to_owned))
        .collect();
    assert_eq!(attached, managed_policies(template), "{}", template.path);
    let seen = iam.get_role().role_name(&role).send().await?;
    let seen = seen.role().context("no role")?;
    Ok(seen.role_id().to_owned())
}

#[tokio::test]
async fn every_golden_template_is_deployed() -> Result<()> {
    let world = World::find().await?;
    let customer = world.customer();
    let link = world.register(&world.group().await?).await?.link()?;
    for template in onboarding_examples() {
        let link = QuickCreateLink {
            stack_name: unique("rolecall-example"),
            ..link.clone()
        };
        let text = deployable(&template)?;
        let stack_id = customer.create_from(&link, &text).await?;
        let stack = customer.settled(&stack_id).await?;
        check(&world, &stack, &template).await?;
        let gone = customer.delete(&stack_id).await?;
        assert_eq!(gone.status, "DELETE_COMPLETE", "{}", template.path);
    }
    Ok(())
}

/// A walk from the first element over every ordered pair.
fn every_way<T>(all: &[T]) -> Vec<&T> {
    let mut walk = Vec::new();
    for (index, one) in all.iter().enumerate() {
        let later = &all[index + 1..];
        walk.extend(later.iter().flat_map(|other| [other, one]));
        walk.extend(later.first());
    }
    walk
}

/// The hub's role is never replaced, so there is no moment without it.
#[tokio::test]
async fn every_golden_template_updates_to_every_other_and_keeps_the_hubs_role() -> Result<()> {
    let world = World::find().await?;
    let customer = world.customer();
    let link = world.register(&world.group().await?).await?.link()?;
    let templates = onboarding_examples();
    let first = templates.first().context("no template")?;
    let stack_id = customer.create_from(&link, &deployable(first)?).await?;
    let stack = customer.settled(&stack_id).await?;
    let role = check(&world, &stack, first).await?;
    for template in every_way(&templates) {
        let text = deployable(template)?;
        let updated = customer.update_from(&stack_id, &text, &link.parameters);
        let stack = updated.await?;
        let same = check(&world, &stack, template).await?;
        assert_eq!(same, role, "{}", template.path);
    }
    Ok(())
}
