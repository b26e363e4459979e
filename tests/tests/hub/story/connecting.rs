//! From a group to a connected account.

use anyhow::{Context, Result};
use http::Method;
use rolecall_client::http::Http;
use rolecall_client::{NewRegistration, Report};
use rolecall_domain::check::{CheckCode, hub_role_codes};
use rolecall_tests::accounts::UNSERVED_REGION;
use rolecall_tests::answers::refused;
use rolecall_tests::roles::{AssumeResult, assume};
use rolecall_tests::world::{World, twelve_digits};
use serde_json::{Value, json};

/// All checks pass, in report order. Only an event from AWS Organizations can report a closed account,
/// so that check is skipped.
#[track_caller]
fn is_good(report: &Report) {
    let checks = report.checks.iter();
    let found: Vec<_> = checks
        .map(|check| (check.code.as_str(), check.status.as_str()))
        .collect();
    let expected: Vec<_> = hub_role_codes()
        .map(|code| match code {
            CheckCode::AccountSuspended => (code.as_str(), "skipped"),
            _ => (code.as_str(), "passed"),
        })
        .collect();
    assert_eq!(found, expected);
    assert_eq!(report.verdict, "passed");
}

#[tokio::test]
async fn group_has_a_name_in_any_language_and_a_color() -> Result<()> {
    let world = World::find().await?;
    let group = world.acme.create_group("開発チーム", "#2f6fed").await?;
    assert_eq!(
        (group.name.as_str(), group.color.as_str()),
        ("開発チーム", "#2f6fed")
    );
    assert!(group.group_id.starts_with("grp_"));
    assert_eq!(group.rest["account_count"], 0);
    let read = world.acme.group(&group.group_id).await?;
    assert_eq!(json!(read), json!(group));
    let change = json!({"name": "Équipe", "color": "#000000"});
    let changed = world.acme.change_group(&group.group_id, &change).await?;
    assert_eq!(
        (changed.name.as_str(), changed.color.as_str()),
        ("Équipe", "#000000")
    );
    world.acme.delete_group(&group.group_id).await?;
    refused(world.acme.group(&group.group_id).await, 404, "not_found");
    Ok(())
}

#[tokio::test]
async fn link_has_its_own_parameters_and_no_shared_secrets() -> Result<()> {
    let world = World::find().await?;
    let group = world.group().await?;
    let input = NewRegistration::named("Shop");
    let one = world.acme.register(&group.group_id, &input).await?;
    let two = world.register(&group).await?;
    assert_eq!(one.status, "pending");
    assert_eq!(one.account_name.as_deref(), Some("Shop"));
    assert_eq!(one.template_version, world.hub.file().template_version);

    let link = one.link()?;
    assert_eq!(link.region, world.hub.file().region);
    assert_eq!(link.stack_name, one.stack_name);
    assert_eq!(link.template_url, one.template_url);
    let names: Vec<_> = link.parameters.keys().collect();
    assert_eq!(names, ["ExternalId", "RegistrationToken"]);
    assert_eq!(link.parameters["ExternalId"], one.external_id);
    let token = &link.parameters["RegistrationToken"];
    let (id, secret) = token.split_once('.').context("a token has two parts")?;
    assert_eq!(id, one.registration_id);
    assert!(secret.len() >= 43, "256 bits in base64");
    // 128 bits take at least 22 characters of base64.
    assert!(one.external_id.len() >= 22);

    let other = two.link()?;
    assert_ne!(one.external_id, two.external_id);
    assert_ne!(token, &other.parameters["RegistrationToken"]);
    assert_ne!(link.stack_name, other.stack_name);
    Ok(())
}

#[tokio::test]
async fn template_is_public_and_the_rest_of_the_bucket_is_not() -> Result<()> {
    let world = World::find().await?;
    let registration = world.register(&world.group().await?).await?;
    let template = Http::new().get(&registration.template_url).await?;
    assert!(template.is_success());
    assert!(template.text().contains("Custom::RolecallRegistration"));
    let bucket = world.hub.file().output("OnboardingBucketUrl")?;
    assert!(
        registration
            .template_url
            .starts_with(&format!("{bucket}/onboarding/"))
    );
    for path in [
        "",
        "/",
        "/?list-type=2",
        "/elsewhere/role.yaml",
        "/onboarding",
    ] {
        let answer = Http::new().get(&format!("{bucket}{path}")).await?;
        assert!(!answer.is_success(), "{path}: {}", answer.text());
    }
    Ok(())
}

#[tokio::test]
async fn registration_can_be_resumed_by_reading_it() -> Result<()> {
    let world = World::find().await?;
    let group = world.group().await?;
    let begun = world.register(&group).await?;
    let resumed = world.acme.registration(&begun.registration_id).await?;
    assert_eq!(json!(resumed), json!(begun));
    let listed = world.acme.registrations(&group.group_id).await?;
    assert_eq!(json!(listed.items), json!([begun]));
    Ok(())
}

#[tokio::test]
async fn stack_created_from_the_link_connects_its_account() -> Result<()> {
    let world = World::find().await?;
    let mut bus = world.listen().await?;
    let (customer, group) = (world.customer(), world.group().await?);
    let input = NewRegistration::named("Shop");
    let begun = world.acme.register(&group.group_id, &input).await?;
    let link = begun.link()?;
    let connected = world.connect_by(&customer, group, &begun).await?;
    let (stack, account) = (&connected.stack, &connected.account);

    assert_eq!(stack.status, "CREATE_COMPLETE");
    assert_eq!(stack.name, link.stack_name);
    for (name, value) in &link.parameters {
        assert_eq!(stack.parameters.get(name), Some(value));
    }
    let registration = &connected.registration;
    assert_eq!(registration.status, "completed");
    assert_eq!(registration.quick_create_url, None);
    assert!(registration.last_attempt.is_none());

    assert_eq!(
        (account.name.as_str(), account.status.as_str()),
        ("Shop", "active")
    );
    assert_eq!(account.health.as_deref(), Some("healthy"));
    assert_eq!(account.aws_account_id, customer.account_id());
    assert_eq!(
        (&account.stack_id, &account.stack_name),
        (&stack.stack_id, &stack.name)
    );
    assert_eq!(account.region, link.region);
    let console = format!(
        "https://{region}.console.aws.amazon.com/cloudformation/home?region={region}#/stacks/stackinfo?stackId=arn%3Aaws%3Acloudformation%3A",
        region = link.region
    );
    assert!(
        account.console_url.starts_with(&console),
        "{}",
        account.console_url
    );
    assert_eq!(account.rest["external_id"], begun.external_id);
    assert_eq!(account.rest["registration_id"], begun.registration_id);
    is_good(account.last_report.as_ref().context("no report")?);

    let group = world.acme.group(&connected.group.group_id).await?;
    assert_eq!(group.rest["account_count"], 1);
    let members = world.acme.accounts(&group.group_id).await?;
    let ids: Vec<_> = members.items.iter().map(|a| &a.account_id).collect();
    assert_eq!(ids, [&account.account_id]);

    let event = bus
        .wait_for("Account Registered", &account.account_id)
        .await?;
    assert_eq!(event.sequence(), Some(1));
    assert_eq!(event.detail["record"]["name"], "Shop");
    let made = bus
        .wait_for("Registration Created", &begun.registration_id)
        .await?;
    assert_eq!(made.sequence(), Some(1));
    Ok(())
}

#[tokio::test]
async fn only_hub_verifiers_with_external_id_can_assume_the_role() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let role = connected.account.rest["role_arn"]
        .as_str()
        .context("no role")?;
    let right = Some(connected.registration.external_id.as_str());
    let verifier = world.verifier().await?;
    assert_eq!(assume(&verifier, role, right).await, AssumeResult::Granted);
    assert_eq!(assume(&verifier, role, None).await, AssumeResult::denied());
    assert_eq!(
        assume(&verifier, role, Some("wrong")).await,
        AssumeResult::denied()
    );
    for other in [world.hub_account_id(), &twelve_digits()] {
        let who = world.aws(other)?;
        for external_id in [right, None] {
            assert_eq!(
                assume(&who, role, external_id).await,
                AssumeResult::denied(),
                "{other}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn stack_has_one_role_and_one_output_without_secrets() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let outputs: Vec<_> = connected.stack.outputs.keys().collect();
    assert_eq!(outputs, ["RolecallStackInfo"]);
    let client = world.aws(connected.customer.account_id())?.cloudformation();
    let request = client.describe_stack_resources();
    let answer = request.stack_name(&connected.stack.stack_id).send().await?;
    let mut types: Vec<_> = answer
        .stack_resources()
        .iter()
        .filter_map(|resource| resource.resource_type())
        .collect();
    types.sort_unstable();
    assert_eq!(
        types,
        [
            "AWS::IAM::Policy",
            "AWS::IAM::Role",
            "Custom::RolecallPreflight",
            "Custom::RolecallRegistration"
        ]
    );
    let ours = answer.stack_resources().iter();
    let ours =
        ours.filter(|resource| resource.resource_type() == Some("Custom::RolecallRegistration"));
    let ids: Vec<_> = ours
        .filter_map(|resource| resource.physical_resource_id())
        .collect();
    assert_eq!(
        ids,
        [format!(
            "rolecall/{}",
            connected.registration.registration_id
        )]
    );
    Ok(())
}

#[tokio::test]
async fn paste_after_callback_returns_the_same_account() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let line = connected.stack.output("RolecallStackInfo")?;
    let id = &connected.registration.registration_id;
    for name in [None, Some("Another name"), None] {
        let account = world.acme.complete(id, line, name).await?;
        assert_eq!(account.account_id, connected.account.account_id);
        assert_eq!(account.name, connected.account.name);
    }
    Ok(())
}

#[tokio::test]
async fn pasted_stack_info_connects_account_with_given_name() -> Result<()> {
    let world = World::find().await?;
    let group = world.group().await?;
    let customer = world.customer();
    let input = NewRegistration {
        region: Some(UNSERVED_REGION.to_owned()),
        ..NewRegistration::named("Typed before")
    };
    let begun = world.acme.register(&group.group_id, &input).await?;
    assert_eq!(begun.link()?.region, UNSERVED_REGION);
    let (stack, line) = world.stack_without_callback(&customer, &begun).await?;
    assert!(stack.is_complete());

    let wrapped = format!("  {}\n{}\r\n", &line[..50], &line[50..]);
    let id = &begun.registration_id;
    let account = world.acme.complete(id, &wrapped, Some("Data lake")).await?;
    assert_eq!(
        (account.name.as_str(), account.status.as_str()),
        ("Data lake", "active")
    );
    assert_eq!(
        (account.region.as_str(), &account.stack_id),
        (UNSERVED_REGION, &stack.stack_id)
    );
    is_good(account.last_report.as_ref().context("no report")?);
    let again = world.acme.complete(id, &line, None).await?;
    assert_eq!(again.account_id, account.account_id);
    assert_eq!(
        world.acme.registration(id).await?.account_id,
        Some(account.account_id)
    );
    Ok(())
}

#[tokio::test]
async fn rename_and_move_of_account_are_in_its_history() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let other = world.group().await?;
    let id = &connected.account.account_id;
    let change = json!({"name": "Moved", "group_id": other.group_id});
    let moved = world.acme.change_account(id, &change).await?;
    assert_eq!(
        (moved.name.as_str(), &moved.group_id),
        ("Moved", &other.group_id)
    );
    let left = world.acme.accounts(&connected.group.group_id).await?;
    assert!(left.items.is_empty());
    let joined = world.acme.accounts(&other.group_id).await?;
    assert_eq!(joined.items.len(), 1);
    let history = world.acme.history(id).await?;
    let events: Vec<_> = history
        .items
        .iter()
        .map(|entry| (entry.sequence, entry.event.as_str()))
        .collect();
    assert_eq!(events, [(2, "Account Changed"), (1, "Account Registered")]);
    assert_eq!(history.items[1].actor, "stack");
    assert!(
        history.items[0]
            .actor
            .as_str()
            .is_some_and(|who| who.starts_with("user:"))
    );
    Ok(())
}

#[tokio::test]
async fn required_permissions_are_returned_as_a_policy() -> Result<()> {
    let world = World::find().await?;
    let policy = world.acme.required_permissions().await?;
    assert_eq!(policy["Version"], "2012-10-17");
    let text = policy.to_string();
    for action in [
        "cloudformation:CreateStack",
        "iam:CreateRole",
        "s3:GetObject",
        "sns:Publish",
    ] {
        assert!(text.contains(action), "{action}");
    }
    let topic = format!(
        "arn:aws:sns:*:{}:rolecall-registration",
        world.hub_account_id()
    );
    assert!(text.contains(&topic));
    // A stack that reports by paste publishes no message.
    let path = "/v1/required-permissions?report_by=paste";
    let answer = world.acme.raw(Method::GET, path, &[], Vec::new()).await?;
    let mut without: Value = serde_json::from_slice(&answer.body)?;
    assert!(!without.to_string().contains("sns:"), "{without}");
    let of_callback = policy["Statement"].as_array().and_then(|all| all.last());
    let rest = without["Statement"].as_array_mut().context("statements")?;
    rest.push(of_callback.context("a statement")?.clone());
    assert_eq!(without, policy);
    // PassRole is limited to the template's roles and to EC2.
    let statements = policy["Statement"].as_array().context("statements")?;
    let of = |sid: &str| statements.iter().find(|one| one["Sid"] == sid);
    let pass = of("RoleForInstances").context("no PassRole")?;
    assert_eq!(pass["Action"], "iam:PassRole");
    assert_eq!(pass["Resource"], "arn:aws:iam::*:role/companion/*");
    let service = json!({"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com"]}});
    assert_eq!(pass["Condition"], service);
    let profile = of("InstanceProfile").context("no instance profile")?;
    let under = "arn:aws:iam::*:instance-profile/companion/*";
    assert_eq!(profile["Resource"], under);
    Ok(())
}
