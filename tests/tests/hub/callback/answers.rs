//! Every request gets a response with a reason, and duplicates get an identical response.

use anyhow::Result;
use rolecall_tests::world::unique;
use serde_json::{Value, json};

use rolecall_tests::desk::{Desk, sns_notification};

#[tokio::test]
async fn create_response_contains_account_id() -> Result<()> {
    let desk = Desk::open().await?;
    let stack = desk.stack_without_callback().await?;
    let create = desk.request("Create", &stack);
    let answer = desk.ask(&create).await?;
    answer.assert_success(&create);
    assert_eq!(answer.field("PhysicalResourceId"), stack.physical_id());
    let after = desk
        .world
        .acme
        .registration(&stack.registration.registration_id)
        .await?;
    assert_eq!(answer.json["Data"], json!({"AccountId": after.account_id}));
    Ok(())
}

#[tokio::test]
async fn request_in_notification_gets_same_response_as_direct_request() -> Result<()> {
    let desk = Desk::open().await?;
    let (one, two) = (
        desk.stack_without_callback().await?,
        desk.stack_without_callback().await?,
    );
    let requests = [desk.request("Create", &one), desk.request("Create", &two)];
    let no_request = json!("this is not JSON");
    let event = sns_notification(&[requests[0].clone(), no_request, requests[1].clone()]);
    desk.send(&event).await?;
    for request in &requests {
        let id = request["RequestId"].as_str().unwrap_or_default();
        desk.answer(id).await?.assert_success(request);
    }
    Ok(())
}

#[tokio::test]
async fn malformed_request_is_dropped_without_retry() -> Result<()> {
    let desk = Desk::open().await?;
    let stack = desk.stack_without_callback().await?;
    for event in [
        json!({}),
        json!({"Records": []}),
        json!({"Records": [{"Sns": {}}]}),
        json!([1]),
    ] {
        desk.send(&event).await?;
    }
    let fields = ["RequestType", "StackId", "RequestId", "LogicalResourceId"];
    let wrong = [
        Value::Null,
        json!(""),
        json!(7),
        json!(["x"]),
        json!("x".repeat(2000)),
    ];
    for (field, value) in fields
        .iter()
        .flat_map(|field| wrong.iter().map(move |v| (field, v)))
    {
        let mut request = desk.request("Create", &stack);
        let id = request["RequestId"].as_str().unwrap_or_default().to_owned();
        request[*field] = value.clone();
        desk.send(&request).await?;
        assert!(desk.is_unanswered(&id).await?, "{field}: {value}");
    }
    let after = desk
        .world
        .acme
        .registration(&stack.registration.registration_id)
        .await?;
    assert_eq!(json!(after), json!(stack.registration));
    Ok(())
}

#[tokio::test]
async fn create_with_missing_or_invalid_property_fails_with_reason() -> Result<()> {
    let desk = Desk::open().await?;
    let stack = desk.stack_without_callback().await?;
    let malformed = |name: &str| format!("malformed_request: The property {name} ");
    let mismatch = "verification_failed: external_id_mismatch: ".to_owned();
    let cases = [
        ("RoleArn", Value::Null, malformed("RoleArn")),
        ("RoleArn", json!(7), malformed("RoleArn")),
        ("RoleArn", json!(["arn"]), malformed("RoleArn")),
        ("RoleArn", json!({"Ref": "R"}), malformed("RoleArn")),
        ("RoleArn", json!(""), malformed("RoleArn")),
        (
            "RoleArn",
            json!("arn:aws:iam::222222222222:user/rolecall/x"),
            malformed("RoleArn"),
        ),
        ("RoleArn", json!("x".repeat(5000)), malformed("RoleArn")),
        ("ExternalId", Value::Null, malformed("ExternalId")),
        ("ExternalId", json!(7), malformed("ExternalId")),
        ("ExternalId", json!([]), malformed("ExternalId")),
        ("ExternalId", json!("\u{1}漢"), mismatch.clone()),
        ("ExternalId", json!("x".repeat(5000)), mismatch),
        ("TemplateVersion", json!(1), malformed("TemplateVersion")),
        (
            "TemplateVersion",
            json!("newest"),
            malformed("TemplateVersion"),
        ),
        (
            "RegistrationToken",
            Value::Null,
            "invalid_token: ".to_owned(),
        ),
        ("RegistrationToken", json!(7), "invalid_token: ".to_owned()),
        (
            "RegistrationToken",
            json!([stack.token]),
            "invalid_token: ".to_owned(),
        ),
        (
            "RegistrationToken",
            json!(stack.token.to_uppercase()),
            "invalid_token: ".to_owned(),
        ),
        (
            "RegistrationToken",
            json!("."),
            "invalid_token: ".to_owned(),
        ),
        (
            "RegistrationToken",
            json!("x".repeat(100_000)),
            "invalid_token: ".to_owned(),
        ),
    ];
    for (name, value, reason) in cases {
        let mut create = desk.request("Create", &stack);
        create["ResourceProperties"][name] = value.clone();
        if value.is_null() {
            create["ResourceProperties"]
                .as_object_mut()
                .expect("an object")
                .remove(name);
        }
        desk.ask(&create).await?.assert_failed(&create, &reason);
    }
    for properties in [Value::Null, json!([]), json!("text"), json!(7)] {
        let mut create = desk.request("Create", &stack);
        create["ResourceProperties"] = properties;
        desk.ask(&create)
            .await?
            .assert_failed(&create, "invalid_token: ");
    }
    // After all these failures, a correct request still succeeds.
    let create = desk.request("Create", &stack);
    desk.ask(&create).await?.assert_success(&create);
    Ok(())
}

#[tokio::test]
async fn duplicate_request_gets_identical_response() -> Result<()> {
    let desk = Desk::open().await?;
    let good = desk.stack_without_callback().await?;
    let mut bad = desk.stack_without_callback().await?;
    bad.registration.external_id = "edited".to_owned();
    for stack in [good, bad] {
        let create = desk.request("Create", &stack);
        let first = desk.ask(&create).await?;
        let again = desk.again(&create);
        assert_eq!(desk.ask(&again).await?.text, first.text);
        let wrapped = desk.again(&create);
        desk.send(&sns_notification(std::slice::from_ref(&wrapped)))
            .await?;
        let url = wrapped["ResponseURL"].as_str().unwrap_or_default();
        let key = url.rsplit('/').next().unwrap_or_default();
        assert_eq!(desk.answer(key).await?.text, first.text);
    }
    Ok(())
}

#[tokio::test]
async fn concurrent_duplicates_register_once_with_identical_responses() -> Result<()> {
    let desk = Desk::open().await?;
    let stack = desk.stack_without_callback().await?;
    let create = desk.request("Create", &stack);
    let requests = [
        desk.again(&create),
        desk.again(&create),
        desk.again(&create),
    ];
    let [one, two, three] = &requests;
    let (one, two, three) = tokio::try_join!(desk.ask(one), desk.ask(two), desk.ask(three))?;
    one.assert_success(&create);
    assert_eq!((&one.text, &one.text), (&two.text, &three.text));
    let group = &stack.registration.group_id;
    assert_eq!(desk.world.acme.accounts(group).await?.items.len(), 1);
    Ok(())
}

#[tokio::test]
async fn any_physical_resource_id_is_returned_unchanged() -> Result<()> {
    let desk = Desk::open().await?;
    let stack = desk.stack_without_callback().await?;
    for id in [
        "x",
        "漢字 \"quoted\" \\ \u{7}",
        &"é".repeat(512),
        "rolecall/refused/other",
    ] {
        let mut delete = desk.request("Delete", &stack);
        delete["PhysicalResourceId"] = json!(id);
        delete["ResourceProperties"]["RegistrationToken"] = json!(unique("forged"));
        let answer = desk.ask(&delete).await?;
        answer.assert_success(&delete);
        assert_eq!(answer.field("PhysicalResourceId"), id);
    }
    Ok(())
}
