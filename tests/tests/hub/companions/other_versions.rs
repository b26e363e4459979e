//! Customer managed policies that the stack attaches to its roles. Another version becomes the
//! default, but neither the role nor the stack changes.

use anyhow::{Context, Result};
use http::Method;
use rolecall_client::Registration;
use rolecall_local::wait::until;
use rolecall_tests::world::{SOON, World};
use serde_json::{Value, json};

use crate::companions::bench::{BASTION, Bench, post};

fn allowing(action: &str) -> String {
    let statement = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

/// An account where the hub's role and the switch role each have a customer managed policy.
async fn with_own_policies() -> Result<(Bench, [String; 2])> {
    let world = World::find().await?;
    let (customer, group) = (world.customer(), world.group().await?);
    let iam = world.aws(customer.account_id())?.iam();
    let mut arns = Vec::new();
    for name in ["OfTheHub", "OfPeople"] {
        let request = iam.create_policy().policy_name(name);
        let made = request.policy_document(allowing("s3:GetObject"));
        let made = made.send().await?;
        let arn = made.policy().and_then(|policy| policy.arn());
        arns.push(arn.context("no policy")?.to_owned());
    }
    let [of_hub, of_people] = <[String; 2]>::try_from(arns).ok().context("two")?;
    let path = format!("/v1/groups/{}/registrations", group.group_id);
    let options = json!({"trusted_account_id": BASTION, "policies": [of_people]});
    let body = json!({"companion_roles": [{"kind": "switch-role", "options": options}]});
    let made = post(&world, Method::POST, &path, &body, 201).await?;
    let registration: Registration = serde_json::from_value(made)?;
    let mut link = registration.link()?;
    let parameters = &mut link.parameters;
    parameters.insert("ManagedPolicyArns".to_owned(), of_hub.clone());
    let stack = customer.settled(&customer.create(&link).await?).await?;
    let registration = world.acme.registration(&registration.registration_id);
    let registration = registration.await?;
    let account_id = registration.account_id.as_ref().context("not connected")?;
    let account = world.acme.account(account_id).await?;
    let connected = rolecall_tests::accounts::Connected {
        customer,
        group,
        registration,
        stack,
        account,
    };
    Ok((Bench { world, connected }, [of_hub, of_people]))
}

impl Bench {
    /// The `permissions_extra` check of the hub's role after a full check.
    async fn extra(&self) -> Result<Value> {
        let id = &self.connected.account.account_id;
        let before = self.account().await?["last_report"]["checked_at"].clone();
        let account = until("a full check", SOON, async || {
            self.world.scheduled_check(id).await?;
            let account = self.account().await?;
            let is_new = account["last_report"]["checked_at"] != before;
            Ok(is_new.then_some(account))
        });
        let account = account.await?;
        let checks = account["last_report"]["checks"].as_array().cloned();
        let mut checks = checks.context("no checks")?.into_iter();
        checks
            .find(|check| check["code"] == "permissions_extra")
            .context("no check")
    }
}

#[tokio::test]
async fn changed_policy_version_is_reported_with_its_permissions_and_reverted() -> Result<()> {
    let (bench, [of_hub, of_people]) = with_own_policies().await?;
    bench.assert_healthy("switch-role").await?;
    let check = bench.extra().await?;
    assert_eq!(check["status"], "passed", "{check:#}");
    let everything = allowing("*");
    for arn in [&of_hub, &of_people] {
        let switch = format!(
            "aws iam create-policy-version --policy-arn {arn} --policy-document '{everything}' --set-as-default"
        );
        bench.shell(&switch).await?;
    }
    // Every check reports it again: the version that was seen first stays the expected one.
    for _ in 0..2 {
        let check = bench.extra().await?;
        assert_eq!(check["status"], "warning", "{check:#}");
        let evidence = &check["evidence"];
        assert_eq!(evidence["changed_policies"], json!([of_hub]), "{check:#}");
        assert_eq!(evidence["changed_policies_allow"], json!(["*"]));
    }
    let role = bench.role("switch-role").await?;
    let checks = role["checks"].as_array().context("no checks")?;
    let mut checks = checks.iter();
    let found = checks.find(|check| check["code"] == "policy_changed");
    let found = found.context("not found")?;
    assert_eq!(found["status"], "warning", "{found:#}");
    assert_eq!(found["evidence"]["changed"], json!([of_people]));
    assert_eq!(found["evidence"]["allows"], json!(["*"]));

    let check = bench.extra().await?;
    let of_role = check["command"].as_str().context("no command")?;
    bench.shell(of_role).await?;
    let command = found["command"].as_str().context("no command")?;
    bench.shell(command).await?;
    let check = bench.extra().await?;
    assert_eq!(check["status"], "passed", "{check:#}");
    bench.assert_healthy("switch-role").await
}

/// The alternative: the stack is updated without the policy, and then with it again.
#[tokio::test]
async fn changed_policy_version_is_accepted_after_stack_reattaches_the_policy() -> Result<()> {
    let (bench, [of_hub, _]) = with_own_policies().await?;
    let everything = allowing("ec2:*");
    let switch = format!(
        "aws iam create-policy-version --policy-arn {of_hub} --policy-document '{everything}' --set-as-default"
    );
    bench.shell(&switch).await?;
    let check = bench.extra().await?;
    assert_eq!(check["status"], "warning", "{check:#}");
    let connected = &bench.connected;
    let url = &connected.registration.template_url;
    let mut parameters = connected.stack.parameters.clone();
    for value in ["", of_hub.as_str()] {
        parameters.insert("ManagedPolicyArns".to_owned(), value.to_owned());
        let id = &connected.stack.stack_id;
        let updated = connected.customer.update(id, url, &parameters).await?;
        assert_eq!(updated.status, "UPDATE_COMPLETE");
    }
    let check = bench.extra().await?;
    assert_eq!(check["status"], "passed", "{check:#}");
    Ok(())
}
