//! Requests that nobody vouches for, and answers that would go astray.

use std::net::TcpListener;

use anyhow::Result;
use serde_json::json;

use rolecall_tests::desk::{Desk, Stack};

#[tokio::test]
async fn without_the_token_nothing_is_done_and_nothing_written_down() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    let silent = desk.silent_stack().await?;
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
                "Delete" => answer.is_yes_to(&request),
                _ => answer.is_no_to(&request, "invalid_token: "),
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
async fn another_registrations_token_moves_nothing_of_this_one() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    let other = desk.silent_stack().await?;
    let mut update = desk.request("Update", &stack);
    update["ResourceProperties"]["RegistrationToken"] = json!(other.token);
    // As about a stack that nobody knows.
    desk.ask(&update).await?.is_yes_to(&update);
    let mut delete = desk.request("Delete", &stack);
    delete["ResourceProperties"]["RegistrationToken"] = json!(other.token);
    desk.ask(&delete).await?.is_yes_to(&delete);
    assert_eq!(desk.account_status(&connected).await?, "active");
    Ok(())
}

#[tokio::test]
async fn a_delete_of_another_stack_or_resource_moves_nothing() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    let mut elsewhere = desk.request("Delete", &stack);
    elsewhere["StackId"] = json!(format!("{}0", stack.stack_id));
    desk.ask(&elsewhere).await?.is_yes_to(&elsewhere);
    let mut other = desk.request("Delete", &stack);
    other["LogicalResourceId"] = json!("AnotherRegistration");
    desk.ask(&other).await?.is_yes_to(&other);
    assert_eq!(desk.account_status(&connected).await?, "active");
    Ok(())
}

#[tokio::test]
async fn a_response_url_that_is_not_cloudformations_is_never_called() -> Result<()> {
    let desk = Desk::open().await?;
    let stack = desk.silent_stack().await?;
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
            // The token is good: an operator has to hear of it.
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
async fn two_stacks_at_one_moment_connect_one_account() -> Result<()> {
    let desk = Desk::open().await?;
    let one = desk.silent_stack().await?;
    let two = desk.silent_stack_of(&one.registration).await?;
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
async fn a_callback_and_a_paste_at_one_moment_connect_one_account() -> Result<()> {
    let desk = Desk::open().await?;
    let group = desk.world.group().await?;
    let registration = desk.world.register(&group).await?;
    let customer = desk.world.customer();
    let (_, line) = desk.world.silent_stack(&customer, &registration).await?;
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
    answer.is_yes_to(&create);
    assert_eq!(
        answer.json["Data"],
        json!({"AccountId": account.account_id})
    );
    let accounts = desk.world.acme.accounts(&group.group_id).await?.items;
    assert_eq!(accounts.len(), 1);
    Ok(())
}
