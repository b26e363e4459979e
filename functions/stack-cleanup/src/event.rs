//! EventBridge events, decoded to what they mean here. Nothing in a detail is trusted: it only
//! says what to look up.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/eventbridge-events.html>

use rolecall_domain::Timestamp;
use rolecall_domain::aws::{AwsAccountId, StackId};
use rolecall_domain::ids::AccountId;
use rolecall_domain::text::Tenant;
use rolecall_domain::verification::StackStatus;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Look for what is due.
    Schedule,
    /// An account was let go: its stack gets its first check.
    AccountDeregistered {
        tenant: Tenant,
        account_id: AccountId,
    },
    /// AWS tells of a stack in the account that the event comes from.
    StackStatus {
        stack_id: StackId,
        status: StackStatus,
        at: Timestamp,
    },
    /// AWS tells of an account of somebody's organisation.
    Organization { name: String },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    #[error("the event's {0} is missing or malformed")]
    Field(&'static str),
    #[error("the event's source and type are not ones that this function is woken by")]
    Unknown,
    #[error("the event tells of a stack in another account than it comes from")]
    ForeignStack,
}

fn text<'a>(event: &'a Value, pointer: &'static str) -> Result<&'a str, EventError> {
    event
        .pointer(pointer)
        .and_then(Value::as_str)
        .ok_or(EventError::Field(pointer))
}

impl Event {
    /// # Errors
    /// Why the event means nothing here.
    pub fn decode(event: &Value) -> Result<Self, EventError> {
        match (text(event, "/source")?, text(event, "/detail-type")?) {
            ("aws.events", "Scheduled Event") => Ok(Self::Schedule),
            ("rolecall", "Account Deregistered") => Ok(Self::AccountDeregistered {
                tenant: Tenant::parse(text(event, "/detail/tenant")?)
                    .map_err(|_| EventError::Field("/detail/tenant"))?,
                account_id: AccountId::parse(text(event, "/detail/record_id")?)
                    .map_err(|_| EventError::Field("/detail/record_id"))?,
            }),
            ("aws.cloudformation", "CloudFormation Stack Status Change") => stack_status(event),
            ("aws.organizations", _) => Ok(Self::Organization {
                name: text(event, "/detail/eventName")?.to_owned(),
            }),
            _ => Err(EventError::Unknown),
        }
    }
}

/// Anybody may send events of their own account, so only the stack's own account is heard.
fn stack_status(event: &Value) -> Result<Event, EventError> {
    let stack_id = StackId::parse(text(event, "/detail/stack-id")?)
        .map_err(|_| EventError::Field("/detail/stack-id"))?;
    let account =
        AwsAccountId::parse(text(event, "/account")?).map_err(|_| EventError::Field("/account"))?;
    if &account != stack_id.account() {
        return Err(EventError::ForeignStack);
    }
    let at = text(event, "/time")?
        .parse()
        .map_err(|_| EventError::Field("/time"))?;
    let status = StackStatus::parse(text(event, "/detail/status-details/status")?);
    Ok(Event::StackStatus {
        stack_id,
        status,
        at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stack_event(account: &str) -> Value {
        json!({
            "source": "aws.cloudformation",
            "detail-type": "CloudFormation Stack Status Change",
            "account": account,
            "time": "2026-01-01T00:00:00Z",
            "detail": {
                "stack-id": "arn:aws:cloudformation:us-east-1:222222222222:stack/rolecall-1/abc",
                "status-details": { "status": "DELETE_COMPLETE", "status-reason": "" }
            }
        })
    }

    #[test]
    fn a_stack_event_counts_only_from_the_stacks_own_account() {
        let own = Event::decode(&stack_event("222222222222"));
        assert!(matches!(
            own,
            Ok(Event::StackStatus {
                status: StackStatus::DeleteComplete,
                ..
            })
        ));
        assert_eq!(
            Event::decode(&stack_event("333333333333")),
            Err(EventError::ForeignStack)
        );
    }

    #[test]
    fn what_is_malformed_is_named() {
        assert_eq!(Event::decode(&json!({})), Err(EventError::Field("/source")));
        let other = json!({ "source": "aws.ec2", "detail-type": "x" });
        assert_eq!(Event::decode(&other), Err(EventError::Unknown));
        let no_tenant =
            json!({ "source": "rolecall", "detail-type": "Account Deregistered", "detail": {} });
        assert_eq!(
            Event::decode(&no_tenant),
            Err(EventError::Field("/detail/tenant"))
        );
    }
}
