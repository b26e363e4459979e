//! Unauthenticated requests, response URLs outside of CloudFormation, and concurrent registrations.

use std::net::TcpListener;

use anyhow::Result;
use serde_json::json;

use rolecall_tests::desk::{Desk, Stack};

#[tokio::test]
async fn request_without_valid_token_changes_and_stores_nothing() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    let silent = desk.stack_without_callback().await?;
    let (id, _) = stack.token.split_once('.').expect("two parts");
    for token in [
        json!(format!("{id}.forged")),
        json!(
            silent
                .token
                .replace(&silent.registration.registration_id, id)
        ),
        json!(""),
    ] {
        for kind in ["Create", "Update", "Delete"] {
            let mut request = desk.request(kind, &stack);
            request["ResourceProperties"]["RegistrationToken"] = token.clone();
            let answer = desk.ask(&request).await?;
            match kind {
                "Delete" => answer.assert_success(&request),
                _ => answer.assert_failed(&request, "invalid_token: "),
            }
            assert!(!desk.is_on_record(&request).await?, "{kind}");
        }
    }
    assert_eq!(desk.account_status(&connected).await?, "active");
    let history = desk
        .world
        .acme
        .history(&connected.account.account_id)
        .await?;
    assert_eq!(history.items.len(), 1);
    Ok(())
}

#[tokio::test]
async fn token_of_another_registration_changes_nothing() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    let other = desk.stack_without_callback().await?;
    let mut update = desk.request("Update", &stack);
    update["ResourceProperties"]["RegistrationToken"] = json!(other.token);
    // The hub responds as it does for an unknown stack.
    desk.ask(&update).await?.assert_success(&update);
    let mut delete = desk.request("Delete", &stack);
    delete["ResourceProperties"]["RegistrationToken"] = json!(other.token);
    desk.ask(&delete).await?.assert_success(&delete);
    assert_eq!(desk.account_status(&connected).await?, "active");
    Ok(())
}

#[tokio::test]
async fn delete_of_another_stack_or_resource_changes_nothing() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    let mut elsewhere = desk.request("Delete", &stack);
    elsewhere["StackId"] = json!(format!("{}0", stack.stack_id));
    desk.ask(&elsewhere).await?.assert_success(&elsewhere);
    let mut other = desk.request("Delete", &stack);
    other["LogicalResourceId"] = json!("AnotherRegistration");
    desk.ask(&other).await?.assert_success(&other);
    assert_eq!(desk.account_status(&connected).await?, "active");
    Ok(())
}

#[tokio::test]
async fn foreign_response_url_is_never_called_by_the_deployed_function() -> Result<()> {
    let desk = Desk::open().await?;
    let stack = desk.stack_without_callback().await?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    let origin = desk.world.endpoint_url().to_owned();
    let urls = [
        format!("http://127.0.0.1:{port}/x"),
        format!("http://localhost:{port}/x"),
        format!("https://127.0.0.1:{port}/x"),
        format!("{origin}@127.0.0.1:{port}/x"),
        format!("{origin}0/x"),
        format!("{}:{port}/x", origin.replace("http://", "http://user@")),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "file:///etc/passwd".to_owned(),
    ];
    for url in urls {
        for kind in ["Create", "Delete"] {
            let mut request = desk.request(kind, &stack);
            request["ResponseURL"] = json!(url);
            // The token is valid, so the function reports an error to the operator.
            let invoked = desk.world.hub.invoke("stack-callback", &request).await?;
            assert!(invoked.failed, "{url}");
            assert!(!desk.is_on_record(&request).await?, "{url}");
        }
    }
    let called = listener.accept();
    assert!(called.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock));
    let after = desk
        .world
        .acme
        .registration(&stack.registration.registration_id)
        .await?;
    assert_eq!(json!(after), json!(stack.registration));
    Ok(())
}

#[tokio::test]
async fn concurrent_stacks_connect_one_account() -> Result<()> {
    let desk = Desk::open().await?;
    let one = desk.stack_without_callback().await?;
    let two = desk.stack_without_callback_of(&one.registration).await?;
    let requests = [desk.request("Create", &one), desk.request("Create", &two)];
    let answers = tokio::try_join!(desk.ask(&requests[0]), desk.ask(&requests[1]))?;
    let (won, lost) = match answers.0.field("Status") {
        "SUCCESS" => (answers.0, answers.1),
        _ => (answers.1, answers.0),
    };
    assert_eq!(won.field("Status"), "SUCCESS", "{}", won.text);
    assert!(
        lost.field("Reason").starts_with("registration_used: "),
        "{}",
        lost.text
    );
    let group = &one.registration.group_id;
    let accounts = desk.world.acme.accounts(group).await?.items;
    let ids: Vec<_> = accounts.iter().map(|a| &a.account_id).collect();
    assert_eq!(json!(ids), json!([won.json["Data"]["AccountId"]]));
    Ok(())
}

#[tokio::test]
async fn concurrent_callback_and_pasted_stack_info_connect_one_account() -> Result<()> {
    let desk = Desk::open().await?;
    let group = desk.world.group().await?;
    let registration = desk.world.register(&group).await?;
    let customer = desk.world.customer();
    let (_, line) = desk
        .world
        .stack_without_callback(&customer, &registration)
        .await?;
    let stack = Stack::of_line(&line, &registration)?;
    let create = desk.request("Create", &stack);
    let pasting = async {
        Ok(desk
            .world
            .acme
            .complete(&registration.registration_id, &line, None)
            .await?)
    };
    let (answer, account) = tokio::try_join!(desk.ask(&create), pasting)?;
    answer.assert_success(&create);
    assert_eq!(
        answer.json["Data"],
        json!({"AccountId": account.account_id})
    );
    let accounts = desk.world.acme.accounts(&group.group_id).await?.items;
    assert_eq!(accounts.len(), 1);
    Ok(())
}
