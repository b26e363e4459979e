//! Access profiles, from the operator's file to a role in a customer's account. The hub has one
//! offering, so only this test publishes one. Links of other tests give no access, which stays the
//! default.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use http::Method;
use rolecall_client::{Check, Registration};
use rolecall_local::paths::Tree;
use rolecall_tests::roles::name_of;
use rolecall_tests::world::World;
use serde_json::{Value, json};

use crate::companions::bench::{BASTION, Bench, post};
use crate::refusals::stacks::refused_stack;
use crate::remedies::bench::TestAccount;

/// An access file with these actions for the profile `backup`.
fn access(actions: &[&str]) -> String {
    let words = |en: &str| json!({"en": en, "ja": "説明"});
    json!({"profiles": {
        "inventory": {
            "title": words("Read your inventory"),
            "explain": words("Lists resources."),
            "managed_policies": ["arn:aws:iam::aws:policy/SecurityAudit"],
        },
        "backup": {
            "title": words("Back up volumes"),
            "explain": words("Creates snapshots."),
            "policy": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": actions, "Resource": "*"},
            ]},
        },
    }})
    .to_string()
}

/// Publishes the file as the operator does, and returns what the program prints.
fn publish(world: &World, text: &str) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("access.json");
    std::fs::write(&path, text)?;
    run_publish(world, &["--access", path.to_str().context("a path")?])
}

fn run_publish(world: &World, arguments: &[&str]) -> Result<String> {
    let file = world.hub.file();
    let output = Command::new(Tree::default().root().join("target/rolecall-admin"))
        .arg("publish")
        .args(arguments)
        .env_clear()
        .env("AWS_ENDPOINT_URL", &file.endpoint_url)
        .env("AWS_REGION", &file.region)
        .env("AWS_ACCESS_KEY_ID", &file.hub_account_id)
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .output()?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{error}");
    Ok(printed)
}

/// The names of the role's inline policies and the ARNs of its managed ones.
async fn policies(bench: &Bench) -> Result<(Vec<String>, Vec<String>)> {
    let iam = bench
        .world
        .aws(bench.connected.customer.account_id())?
        .iam();
    let account = bench.account().await?;
    let role = name_of(account["role_arn"].as_str().context("no role")?).to_owned();
    let inline = iam.list_role_policies().role_name(&role).send().await?;
    let attached = iam
        .list_attached_role_policies()
        .role_name(&role)
        .send()
        .await?;
    let attached = attached.attached_policies().iter();
    let mut inline = inline.policy_names().to_vec();
    inline.sort();
    Ok((
        inline,
        attached
            .filter_map(|policy| policy.policy_arn().map(str::to_owned))
            .collect(),
    ))
}

async fn outdated(tested: &TestAccount) -> Result<Check> {
    let report = tested.report().await?;
    report
        .check("template_outdated")
        .cloned()
        .context("no check")
}

#[tokio::test]
async fn profiles_are_published_chosen_changed_and_removed_by_updates() -> Result<()> {
    let world = World::find().await?;
    // A guide that ran on the same hub has published profiles, too.
    run_publish(&world, &["--no-access"])?;
    let printed = publish(&world, &access(&["ec2:CreateSnapshot"]))?;
    ensure!(
        printed.contains("backup is new.\ninventory is new.\n"),
        "{printed}"
    );

    let (customer, group) = (world.customer(), world.group().await?);
    let path = format!("/v1/groups/{}/registrations", group.group_id);
    let unknown = json!({"access": ["inventory", "everything"]});
    let problem = post(&world, Method::POST, &path, &unknown, 422).await?;
    assert_eq!(problem["errors"][0]["field"], "access[1]", "{problem}");
    let body = json!({"access": ["inventory"]});
    let made = post(&world, Method::POST, &path, &body, 201).await?;
    assert_eq!(made["access"], json!(["inventory"]));
    let registration: Registration = serde_json::from_value(made)?;

    // The description of the requested access for the customer.
    let summary = format!(
        "/v1/registrations/{}/summary?lang=ja",
        registration.registration_id
    );
    let words = post(&world, Method::GET, &summary, &json!({}), 200).await?;
    assert_eq!(words["access"][0]["title"], "説明", "{words:#}");
    let creates = words["creates"].to_string();
    ensure!(creates.contains("IAMロール"), "{creates}");

    let connected = world.connect_by(&customer, group, &registration).await?;
    let tested = TestAccount {
        bench: Bench { world, connected },
    };
    let bench = &tested.bench;
    let audit = "arn:aws:iam::aws:policy/SecurityAudit".to_owned();
    let expected = (vec!["SelfInspection".to_owned()], vec![audit.clone()]);
    assert_eq!(policies(bench).await?, expected);
    assert_eq!(outdated(&tested).await?.status, "passed");
    let account = bench.account().await?;
    assert_eq!(account["access"], json!(["inventory"]));
    assert_eq!(account["requested_access"], json!(["inventory"]));

    // A profile and a companion role are added by one update each.
    let role_before = account["role_arn"].clone();
    let answer = bench
        .put("/access", &json!({"access": ["inventory", "backup"]}))
        .await?;
    bench.update(&answer).await?;
    let both = vec!["Access-backup".to_owned(), "SelfInspection".to_owned()];
    assert_eq!(policies(bench).await?, (both.clone(), vec![audit]));
    let options = json!({"trusted_account_id": BASTION});
    bench
        .choose(&json!([{"kind": "switch-role", "options": options}]))
        .await?;
    bench.assert_healthy("switch-role").await?;

    // The operator changes a profile: the account and one event show the difference, and the link works.
    let mut bus = bench.world.listen().await?;
    publish(
        &bench.world,
        &access(&["ec2:CreateSnapshot", "ec2:CreateTags"]),
    )?;
    let check = outdated(&tested).await?;
    assert_eq!(check.status, "warning", "{check:#?}");
    let message = check.message.as_str();
    ensure!(
        message.ends_with("backup now also allows ec2:CreateTags."),
        "{message}"
    );
    let account = bench.account().await?;
    assert_eq!(account["template_difference"], message);
    assert_eq!(outdated(&tested).await?.status, "warning");
    let command = check.command.as_deref().context("a command")?;
    bench.run_update(command).await?;
    assert_eq!(outdated(&tested).await?.status, "passed");
    assert_eq!(bench.account().await?["template_difference"], Value::Null);
    let id = tested.account_id();
    let event = bus.wait_for("Account Outdated", id).await?;
    assert_eq!(event.detail["record"]["template_difference"], message);
    let history = bench.world.acme.history(id).await?;
    let of_template = history.items.iter().map(|entry| entry.cause.as_str());
    let of_template: Vec<&str> = of_template
        .filter(|cause| cause.starts_with("template_"))
        .collect();
    assert_eq!(of_template, ["template_current", "template_outdated"]);

    // Everything is taken away again; the role stays the same.
    let answer = bench.put("/access", &json!({"access": []})).await?;
    bench.update(&answer).await?;
    bench.choose(&json!([])).await?;
    assert_eq!(
        policies(bench).await?,
        (vec!["SelfInspection".to_owned()], Vec::new())
    );
    let account = bench.account().await?;
    assert_eq!(
        (&account["access"], &account["status"]),
        (&json!([]), &json!("active"))
    );
    assert_eq!(account["role_arn"], role_before);
    let again = bench.put("/access", &json!({"access": []})).await?;
    assert_eq!(again["update"], Value::Null, "{again}");
    refusals_name_the_published_contact(&bench.world).await
}

/// A brand can be replaced, but not removed. Later links of this hub have it.
async fn refusals_name_the_published_contact(world: &World) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("brand.json");
    let brand = json!({
        "product": {"en": "Example Cloud", "ja": "Example Cloud"},
        "contact": "support@example.com",
    });
    std::fs::write(&path, brand.to_string())?;
    run_publish(world, &["--brand", path.to_str().context("a path")?])?;
    let registration = world.register(&world.group().await?).await?;
    let mut link = registration.link()?;
    link.parameters.insert("ExternalId".into(), "my-own".into());
    let (_, reason) = refused_stack(&world.customer(), &link, None).await?;
    let id = &registration.registration_id;
    let end = format!(" Reference: {id}. Questions: Example Cloud, support@example.com");
    ensure!(reason.ends_with(&end), "{reason}");
    Ok(())
}
