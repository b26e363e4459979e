//! Companion roles must never trust the hub: the API rejects it, and checks find it in a stack that
//! was edited by hand.

use anyhow::{Context, Result};
use http::Method;
use rolecall_client::Registration;
use rolecall_tests::roles::{AssumeResult, assume, name_of};
use rolecall_tests::world::World;
use serde_json::{Value, json};

use crate::companions::bench::{BASTION, Bench, post};

const KIND: &str = "switch-role";

fn switch_role(trusted: &str) -> Value {
    let options = json!({
        "trusted_account_id": trusted,
        "require_mfa": false,
        "policies": ["AdministratorAccess"],
    });
    json!([{"kind": KIND, "options": options}])
}

#[tokio::test]
async fn api_rejects_companion_role_that_trusts_the_hub() -> Result<()> {
    let bench = Bench::set(switch_role(BASTION)).await?;
    let hub = bench.world.hub_account_id();
    let group = &bench.connected.group.group_id;
    let account = &bench.connected.account.account_id;
    let body = json!({"companion_roles": switch_role(hub)});
    for (method, path) in [
        (Method::POST, format!("/v1/groups/{group}/registrations")),
        (
            Method::PUT,
            format!("/v1/accounts/{account}/companion-roles"),
        ),
    ] {
        let problem = post(&bench.world, method, &path, &body, 422).await?;
        let error = &problem["errors"][0];
        assert_eq!(
            error["field"],
            "companion_roles[0].options.trusted_account_id"
        );
        assert_eq!(error["code"], "hub_account", "{problem}");
    }
    Ok(())
}

/// The account is written in the template, which the customer can edit.
#[tokio::test]
async fn edited_stack_whose_role_trusts_the_hub_is_found_and_hub_cannot_assume_it() -> Result<()> {
    let world = World::find().await?;
    let hub = world.hub_account_id().to_owned();
    let (customer, group) = (world.customer(), world.group().await?);
    let path = format!("/v1/groups/{}/registrations", group.group_id);
    let body = json!({"companion_roles": switch_role(BASTION)});
    let made = post(&world, Method::POST, &path, &body, 201).await?;
    let registration: Registration = serde_json::from_value(made)?;
    let link = registration.link()?;
    let template = customer.fetch_template(&link.template_url).await?;
    let edited = template.replace(BASTION, &hub);
    assert_ne!(edited, template);
    let stack_id = customer.create_from(&link, &edited).await?;
    let stack = customer.settled(&stack_id).await?;
    let account_id = world.acme.registration(&registration.registration_id);
    let account_id = account_id.await?.account_id.context("not connected")?;
    let account = world.acme.account(&account_id).await?;
    let found = account.rest["companion_roles"][0].clone();
    assert_eq!(found["state"], "failed", "{found:#}");
    let checks = found["checks"].as_array().context("no checks")?;
    let odd = checks.iter().filter(|check| check["status"] == "failed");
    let odd: Vec<&str> = odd.filter_map(|check| check["code"].as_str()).collect();
    assert!(odd.contains(&"trusts_hub"), "{found:#}");

    // The trust policy allows all principals in the hub's account, but the policy of the hub's
    // roles does not cover this role.
    let role = stack.output("SwitchRoleRoleArn")?;
    assert!(role.contains(":role/companion/"), "{role}");
    let verifier = world.verifier().await?;
    assert_eq!(assume(&verifier, role, None).await, AssumeResult::denied());
    let with_any_policy = world.aws(&hub)?;
    assert_eq!(
        assume(&with_any_policy, role, None).await,
        AssumeResult::Granted
    );
    // The hub generates no policy for assuming it.
    let path = format!("/v1/source-policy?trusted_account_id={hub}");
    let policies = post(&world, Method::GET, &path, &json!({}), 200).await?;
    assert_eq!(policies, json!({"policies": []}));
    Ok(())
}

/// The trust policy is edited in IAM, outside of the stack, with every form of principal; the
/// finding's command repairs it.
#[tokio::test]
async fn companion_role_that_starts_to_trust_the_hub_is_found_and_repaired() -> Result<()> {
    let bench = Bench::set(switch_role(BASTION)).await?;
    bench.assert_healthy(KIND).await?;
    let hub = bench.world.hub_account_id().to_owned();
    let (own, role) = (
        bench.connected.customer.account_id(),
        bench.role(KIND).await?,
    );
    let role = role["role_arn"].as_str().context("no role")?.to_owned();
    let trust = bench.world.trust_policy(own, &role).await?;
    let verifier = format!("arn:aws:iam::{hub}:role/rolecall-hub/verifier/x");
    for principal in [format!("arn:aws:iam::{hub}:root"), hub.clone(), verifier] {
        let mut wider = trust.clone();
        let id = json!({"StringEquals": {"sts:ExternalId": "any"}});
        let more = json!({"Effect": "Allow", "Principal": {"AWS": principal},
            "Action": "sts:AssumeRole", "Condition": id});
        let statements = wider["Statement"].as_array_mut().context("no list")?;
        statements.push(more);
        bench.world.set_trust_policy(own, &role, &wider).await?;
        let command = bench.finds(KIND, "trusts_hub").await?;
        assert!(command.contains(name_of(&role)), "{command}");
        bench.shell(&command).await?;
        bench.assert_healthy(KIND).await?;
    }
    Ok(())
}
