//! Events that AWS forwards, and those that somebody makes up.

use anyhow::Result;
use rolecall_tests::world::{World, twelve_digits};
use serde_json::{Value, json};

use crate::refusals::clock::minutes_ago;

/// As EventBridge tells of a stack that is being deleted.
fn deletion(account_id: &str, stack_id: &str) -> Result<Value> {
    Ok(json!({
        "version": "0",
        "id": "53dc4d37-0000-4000-8000-000000000001",
        "detail-type": "CloudFormation Stack Status Change",
        "source": "aws.cloudformation",
        "account": account_id,
        // A minute ahead: no check that passed meanwhile is newer.
        "time": minutes_ago(-1)?.to_string(),
        "region": "us-east-1",
        "resources": [stack_id],
        "detail": {
            "stack-id": stack_id,
            "status-details": {"status": "DELETE_IN_PROGRESS", "status-reason": ""},
            "client-request-token": "",
        },
    }))
}

#[tokio::test]
async fn a_stack_event_counts_only_from_the_account_that_owns_the_stack_on_record() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let (account, owner) = (&connected.account, connected.customer.account_id());
    let stack_id = &account.stack_id;
    let status = async || world.acme.account(&account.account_id).await;

    // Anybody can send events of their own account, about whatever they like.
    let foreign = deletion(&twelve_digits(), stack_id)?;
    let answer = world.hub.invoke("stack-cleanup", &foreign).await?;
    assert_eq!(answer.payload["failed"], 1, "{}", answer.payload);
    assert_eq!(status().await?.status, "active");

    // A stack of the customer's own that was never connected.
    let (head, _) = stack_id.rsplit_once('/').expect("a stack's ARN");
    let other = format!("{head}/00000000-0000-4000-8000-000000000000");
    let unknown = deletion(owner, &other)?;
    let answer = world.hub.invoke("stack-cleanup", &unknown).await?;
    assert_eq!(answer.payload["failed"], 0, "{}", answer.payload);
    assert_eq!(status().await?.status, "active");
    let history = world.acme.history(&account.account_id).await?;
    assert_eq!(history.items.len(), 1, "something was written down");

    let own = deletion(owner, stack_id)?;
    world.hub.invoke("stack-cleanup", &own).await?;
    assert_eq!(status().await?.status, "disconnected");
    Ok(())
}
