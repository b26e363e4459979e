//! A stack's report is validated before STS is called, so that no one who can publish to the topic
//! can make the hub try to assume roles of their choice.

use crate::world::World;
use rolecall_domain::SignedDuration;
use rolecall_domain::aws::AwsAccountId;
use rolecall_domain::record::registration::{Registration, RegistrationState};
use serde_json::{Value, json};

/// Sends a Create of another registration. Returns the reason of the refusal.
async fn refused(of: impl FnOnce(&mut Registration), change: impl FnOnce(&mut Value)) -> String {
    let world = World::new().await;
    let (registration, token) = world.register_another(of).await;
    let mut create = world.request("Create", "create");
    create["ResourceProperties"]["RegistrationToken"] = json!(token);
    create["ResourceProperties"]["ExternalId"] = json!(registration.external_id);
    change(&mut create);
    let answer = world.ask(&create).await;
    assert_eq!(answer["Status"], "FAILED", "{answer}");
    let asked = world.callback.env.customers.calls_to_sts();
    assert_eq!(asked, 0, "STS was called before the refusal: {answer}");
    assert!(world.accounts().await.is_empty());
    answer["Reason"].as_str().unwrap_or_default().to_owned()
}

fn property(name: &'static str, value: Value) -> impl FnOnce(&mut Value) {
    move |create| create["ResourceProperties"][name] = value
}

#[tokio::test]
async fn invalid_properties_are_refused_before_calling_sts() {
    let mismatch = "verification_failed: arn_mismatch: ";
    let malformed = "malformed_request: The property ";
    for (name, value, reason) in [
        (
            "RegistrationToken",
            json!("reg_1.forged"),
            "invalid_token: ",
        ),
        (
            "RegistrationToken",
            json!("x".repeat(100_000)),
            "invalid_token: ",
        ),
        (
            "ExternalId",
            json!("mine"),
            "verification_failed: external_id_mismatch: ",
        ),
        (
            "ExternalId",
            json!(""),
            "verification_failed: external_id_mismatch: ",
        ),
        ("ExternalId", json!({}), malformed),
        ("RoleArn", json!([]), malformed),
        ("RoleArn", json!("x".repeat(5000)), malformed),
        (
            "RoleArn",
            json!("arn:aws:iam::222222222222:user/rolecall/R"),
            malformed,
        ),
        (
            "RoleArn",
            json!("arn:aws:iam::333333333333:role/rolecall/R"),
            mismatch,
        ),
        (
            "RoleArn",
            json!("arn:aws:iam::111111111111:role/rolecall/R"),
            mismatch,
        ),
        (
            "RoleArn",
            json!("arn:aws-cn:iam::222222222222:role/rolecall/R"),
            mismatch,
        ),
        (
            "RoleArn",
            json!("arn:aws:iam::222222222222:role/R"),
            mismatch,
        ),
        (
            "RoleArn",
            json!("arn:aws:iam::222222222222:role/rolecall-hub/verifier/R"),
            mismatch,
        ),
        ("TemplateVersion", json!("newest"), malformed),
        ("TemplateId", json!("newest"), malformed),
        ("TemplateId", json!("A".repeat(64)), malformed),
    ] {
        let got = refused(|_| {}, property(name, value)).await;
        assert!(got.starts_with(reason), "{name}: {got}");
    }
}

#[tokio::test]
async fn hub_account_and_unexpected_account_are_refused_before_calling_sts() {
    let own = |create: &mut Value| {
        create["StackId"] = json!("arn:aws:cloudformation:us-east-1:111111111111:stack/x/1");
        create["ResourceProperties"]["RoleArn"] =
            json!("arn:aws:iam::111111111111:role/rolecall/R");
    };
    let got = refused(|_| {}, own).await;
    assert!(
        got.starts_with("verification_failed: arn_mismatch: "),
        "{got}"
    );
    let pinned = |registration: &mut Registration| {
        registration.aws_account_id = AwsAccountId::parse("444444444444").ok();
    };
    let got = refused(pinned, |_| {}).await;
    assert!(
        got.starts_with("verification_failed: arn_mismatch: "),
        "{got}"
    );
}

#[tokio::test]
async fn ended_registration_is_refused_before_calling_sts() {
    let long_ago = crate::world::start() - SignedDuration::from_hours(1);
    let expired = |registration: &mut Registration| registration.expires_at = long_ago;
    let got = refused(expired, |_| {}).await;
    assert!(got.starts_with("registration_expired: "), "{got}");
    let revoked = |registration: &mut Registration| registration.state = RegistrationState::Revoked;
    let got = refused(revoked, |_| {}).await;
    assert!(got.starts_with("registration_revoked: "), "{got}");
}

#[tokio::test]
async fn forged_token_changes_nothing_in_any_request_type() {
    let world = World::new().await;
    let created = world.ask(&world.request("Create", "create")).await;
    assert_eq!(created["Status"], "SUCCESS");
    let (_, others) = world.register_another(|_| {}).await;
    let before = (
        world.accounts().await,
        world.callback.env.store.trail().len(),
    );
    let asked = world.callback.env.customers.calls_to_sts();

    let id = world.registration.registration_id.to_string();
    let (_, others_secret) = others.split_once('.').expect("two parts");
    let cut = &world.token[..world.token.len() - 1];
    let forged = [
        format!("{id}."),
        format!("{id}.forged"),
        format!("{id}.{others_secret}"),
        format!("{id}.{}", "A".repeat(43)),
        cut.to_owned(),
        format!("{}=", world.token),
        world.token.to_uppercase(),
        others,
    ];
    for (number, token) in forged.iter().enumerate() {
        for (kind, status) in [
            ("Create", "FAILED"),
            ("Update", "FAILED"),
            ("Delete", "SUCCESS"),
        ] {
            let request_id = format!("{kind}-{number}");
            let mut request = world.request_about(kind, &request_id, "rolecall/x");
            if kind == "Create" {
                request["StackId"] = json!(format!("{}0", crate::world::STACK));
            }
            request["ResourceProperties"]["RegistrationToken"] = json!(token);
            let answer = world.ask(&request).await;
            // A valid token of another registration gets SUCCESS, like an unknown stack.
            let is_others = number + 1 == forged.len() && kind == "Update";
            let status = if is_others { "SUCCESS" } else { status };
            assert_eq!(answer["Status"], status, "{kind} {number}");
            // The last token is valid for another registration, so its Create may be processed.
            if kind != "Delete" && number + 1 < forged.len() {
                let reason = answer["Reason"].as_str().unwrap_or_default();
                assert!(
                    reason.starts_with("invalid_token: "),
                    "{kind} {number}: {reason}"
                );
                assert_eq!(world.callback.env.customers.calls_to_sts(), asked);
                assert_eq!(world.callback.env.store.trail().len(), before.1);
            }
            assert_eq!(world.accounts().await, before.0, "{kind} {number}");
        }
    }
}
