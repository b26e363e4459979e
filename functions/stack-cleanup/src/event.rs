//! Decodes EventBridge events. Nothing in an event's detail is trusted: it only determines which
//! records to read.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/eventbridge-events.html>

use rolecall_domain::Timestamp;
use rolecall_domain::aws::{AwsAccountId, StackId};
use rolecall_domain::check::StackStatus;
use rolecall_domain::ids::AccountId;
use rolecall_domain::record::evidence::reason_of;
use rolecall_domain::text::Tenant;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The schedule: process what is due.
    Schedule,
    /// An account was deregistered: check its stack for the first time.
    AccountDeregistered {
        tenant: Tenant,
        account_id: AccountId,
    },
    /// AWS reports the status of a stack in the account that the event comes from.
    StackStatus {
        stack_id: StackId,
        status: StackStatus,
        reason: Option<String>,
        at: Timestamp,
    },
    /// An organization reports that one of its AWS accounts was closed.
    AwsAccountClosed {
        aws_account_id: AwsAccountId,
        permanently: bool,
        at: Timestamp,
    },
    /// An AWS account left its organization, so different policies may apply to it now.
    AwsAccountLeft { aws_account_id: AwsAccountId },
    /// An organization event that requires no action.
    Ignored,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    #[error("the event's {0} is missing or malformed")]
    Field(&'static str),
    #[error("this function does not handle events of this source and type")]
    Unknown,
    #[error("the event is about a stack in another account than it comes from")]
    ForeignStack,
}

fn text<'a>(event: &'a Value, pointer: &'static str) -> Result<&'a str, EventError> {
    event
        .pointer(pointer)
        .and_then(Value::as_str)
        .ok_or(EventError::Field(pointer))
}

impl Event {
    /// For the log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::AccountDeregistered { .. } => "first check of a stack",
            Self::StackStatus { .. } => "stack event",
            Self::AwsAccountClosed { .. } => "account closed",
            Self::AwsAccountLeft { .. } => "account left its organization",
            Self::Ignored => "other organization event",
        }
    }

    /// # Errors
    /// When the event is malformed, of an unknown type, or about another account's stack.
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
            ("aws.organizations", _) => organization(event),
            _ => Err(EventError::Unknown),
        }
    }
}

/// CloudTrail delivers these events only to an organization's management account, and AWS sets the
/// source, so no one can report AWS accounts of another organization.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_cloudtrail-integration.html>
fn organization(event: &Value) -> Result<Event, EventError> {
    match text(event, "/detail/eventName")? {
        "CloseAccountResult" => {
            const STATUS: &str = "/detail/serviceEventDetails/closeAccountStatus/state";
            // Any other state: no account was closed.
            if text(event, STATUS)? != "SUCCEEDED" {
                return Ok(Event::Ignored);
            }
            const ACCOUNT: &str = "/detail/serviceEventDetails/closeAccountStatus/accountId";
            Ok(Event::AwsAccountClosed {
                aws_account_id: aws_account(event, ACCOUNT)?,
                permanently: false,
                at: time(event)?,
            })
        }
        "AccountDepartedOrganization" => {
            // AWS documents both spellings.
            let method = ["departedMethod", "departureMethod"]
                .iter()
                .find_map(|name| event.pointer("/detail/serviceEventDetails")?.get(name));
            let method = method.and_then(Value::as_str).unwrap_or_default();
            let aws_account_id = aws_account(event, "/detail/serviceEventDetails/accountId")?;
            // 90 days after an account is closed, AWS deletes it permanently.
            if method.eq_ignore_ascii_case("cleaned") {
                Ok(Event::AwsAccountClosed {
                    aws_account_id,
                    permanently: true,
                    at: time(event)?,
                })
            } else {
                Ok(Event::AwsAccountLeft { aws_account_id })
            }
        }
        _ => Ok(Event::Ignored),
    }
}

fn aws_account(event: &Value, pointer: &'static str) -> Result<AwsAccountId, EventError> {
    AwsAccountId::parse(text(event, pointer)?).map_err(|_| EventError::Field(pointer))
}

fn time(event: &Value) -> Result<Timestamp, EventError> {
    let time = text(event, "/time")?.parse();
    time.map_err(|_| EventError::Field("/time"))
}

/// Anyone can forward events of their own account, so the event must come from the stack's account.
fn stack_status(event: &Value) -> Result<Event, EventError> {
    let stack_id = StackId::parse(text(event, "/detail/stack-id")?)
        .map_err(|_| EventError::Field("/detail/stack-id"))?;
    if &aws_account(event, "/account")? != stack_id.account() {
        return Err(EventError::ForeignStack);
    }
    let at = time(event)?;
    let status = StackStatus::parse(text(event, "/detail/status-details/status")?);
    let reason = text(event, "/detail/status-details/status-reason").ok();
    Ok(Event::StackStatus {
        stack_id,
        status,
        reason: reason.and_then(reason_of),
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
    fn stack_event_from_another_account_is_rejected() {
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

    fn organization_event(name: &str, details: Value) -> Value {
        json!({
            "source": "aws.organizations",
            "detail-type": "AWS Service Event via CloudTrail",
            "account": "999999999999",
            "time": "2026-01-01T00:00:00Z",
            "detail": { "eventName": name, "serviceEventDetails": details }
        })
    }

    #[test]
    fn organization_events_report_closed_and_departed_accounts() {
        let closing = |state: &str| {
            let status = json!({ "accountId": "222222222222", "state": state });
            let details = json!({ "closeAccountStatus": status });
            Event::decode(&organization_event("CloseAccountResult", details))
        };
        let closed = |permanently| Event::AwsAccountClosed {
            aws_account_id: AwsAccountId::parse("222222222222").expect("valid"),
            permanently,
            at: "2026-01-01T00:00:00Z".parse().expect("a time"),
        };
        assert_eq!(closing("SUCCEEDED"), Ok(closed(false)));
        assert_eq!(closing("FAILED"), Ok(Event::Ignored));
        let departing = |spelling: &str, method: &str| {
            let details = json!({ "accountId": "222222222222", spelling: method });
            Event::decode(&organization_event("AccountDepartedOrganization", details))
        };
        assert_eq!(departing("departedMethod", "Cleaned"), Ok(closed(true)));
        assert_eq!(departing("departureMethod", "CLEANED"), Ok(closed(true)));
        let left = departing("departureMethod", "REMOVED");
        assert!(matches!(left, Ok(Event::AwsAccountLeft { .. })), "{left:?}");
        let nameless = organization_event("AccountDepartedOrganization", json!({}));
        assert!(matches!(
            Event::decode(&nameless),
            Err(EventError::Field(_))
        ));
        let other = organization_event("MoveAccount", json!({}));
        assert_eq!(Event::decode(&other), Ok(Event::Ignored));
    }

    #[test]
    fn malformed_event_error_names_the_field() {
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
