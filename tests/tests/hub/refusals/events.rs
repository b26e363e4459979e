//! Events that AWS forwards, and forged ones.

use anyhow::Result;
use rolecall_tests::world::{World, twelve_digits};
use serde_json::{Value, json};

use crate::refusals::clock::minutes_ago;

/// EventBridge's event for a stack that is being deleted.
fn deletion(account_id: &str, stack_id: &str) -> Result<Value> {
    Ok(json!({
        "version": "0",
        "id": "53dc4d37-0000-4000-8000-000000000001",
        "detail-type": "CloudFormation Stack Status Change",
        "source": "aws.cloudformation",
        "account": account_id,
        // One minute in the future, so that no passed check is newer.
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
async fn stack_event_counts_only_from_the_recorded_stacks_account() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let (account, owner) = (&connected.account, connected.customer.account_id());
    let stack_id = &account.stack_id;
    let status = async || world.acme.account(&account.account_id).await;

    // Anyone can send events from their own account, about any stack.
    let foreign = deletion(&twelve_digits(), stack_id)?;
    let answer = world.hub.invoke("stack-cleanup", &foreign).await?;
    assert_eq!(answer.payload["failed"], 1, "{}", answer.payload);
    assert_eq!(status().await?.status, "active");

    // A stack in the customer's account that was never connected.
    let (head, _) = stack_id.rsplit_once('/').expect("a stack's ARN");
    let other = format!("{head}/00000000-0000-4000-8000-000000000000");
    let unknown = deletion(owner, &other)?;
    let answer = world.hub.invoke("stack-cleanup", &unknown).await?;
    assert_eq!(answer.payload["failed"], 0, "{}", answer.payload);
    assert_eq!(status().await?.status, "active");
    let history = world.acme.history(&account.account_id).await?;
    assert_eq!(history.items.len(), 1, "an audit entry was written");

    let own = deletion(owner, stack_id)?;
    world.hub.invoke("stack-cleanup", &own).await?;
    assert_eq!(status().await?.status, "disconnected");
    Ok(())
}
