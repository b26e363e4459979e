//! Turns AWS's decoded authorization failure message into a sentence.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>

use rolecall_domain::messages::{Decoded, Party};
use serde_json::Value;

/// A denied request and the reason. Fields that the message lacks are `None`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Refused {
    pub allowed: Option<bool>,
    pub explicit_deny: Option<bool>,
    pub action: Option<String>,
    pub resource: Option<String>,
    /// An ARN.
    pub principal: Option<String>,
    /// The ids of the statements that decided the result.
    pub matched: Vec<String>,
}

impl Refused {
    pub fn read(decoded: &str) -> Self {
        let message: Value = serde_json::from_str(decoded).unwrap_or_default();
        let text = |pointer: &str| message.pointer(pointer)?.as_str().map(str::to_owned);
        let statements = message.pointer("/matchedStatements/items");
        let statements = statements.and_then(Value::as_array).into_iter().flatten();
        let ids = statements.filter_map(|one| {
            let id = one.get("statementId").or_else(|| one.get("sourcePolicyId"));
            id?.as_str().filter(|id| !id.is_empty()).map(str::to_owned)
        });
        Self {
            allowed: message.get("allowed").and_then(Value::as_bool),
            explicit_deny: message.get("explicitDeny").and_then(Value::as_bool),
            action: text("/context/action"),
            resource: text("/context/resource"),
            principal: text("/context/principal/arn"),
            matched: ids.collect(),
        }
    }

    pub fn sentence(&self) -> Decoded {
        let part = |value: &Option<String>, otherwise: Party| match value.clone() {
            Some(name) => Party::Named { name },
            None => otherwise,
        };
        let principal = part(&self.principal, Party::Caller);
        let action = part(&self.action, Party::Action);
        let resource = part(&self.resource, Party::Resource);
        let statements = self.matched.clone();
        match (self.allowed, self.explicit_deny) {
            (Some(true), _) => Decoded::Allowed {
                principal,
                action,
                resource,
            },
            (_, Some(true)) if statements.is_empty() => Decoded::Denied {
                principal,
                action,
                resource,
            },
            (_, Some(true)) => Decoded::DeniedBy {
                principal,
                action,
                resource,
                statements,
            },
            _ => Decoded::NotAllowed {
                principal,
                action,
                resource,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rolecall_domain::messages::{Language, Message};
    use serde_json::json;

    fn sentence(decoded: &str) -> String {
        Refused::read(decoded).sentence().text(Language::English)
    }

    fn message(explicit: bool) -> String {
        let statements = json!([{"statementId": "NoInstances", "effect": "DENY"}]);
        json!({
            "allowed": false,
            "explicitDeny": explicit,
            "matchedStatements": {"items": if explicit { statements } else { json!([]) }},
            "failures": {"items": []},
            "context": {
                "principal": {"id": "AROA1:i-1", "arn": "arn:aws:sts::222222222222:assumed-role/r/i-1"},
                "action": "ec2:RunInstances",
                "resource": "arn:aws:ec2:us-east-1:222222222222:instance/*",
                "conditions": {"items": []}
            }
        })
        .to_string()
    }

    #[test]
    fn refusal_becomes_a_sentence() {
        assert_eq!(
            sentence(&message(false)),
            "arn:aws:sts::222222222222:assumed-role/r/i-1 is not allowed to call ec2:RunInstances on \
             arn:aws:ec2:us-east-1:222222222222:instance/*: no policy allows it."
        );
        assert_eq!(Refused::read(&message(true)).matched, ["NoInstances"]);
        assert!(sentence(&message(true)).contains("explicitly denied by NoInstances"));
    }

    #[test]
    fn unreadable_message_becomes_a_generic_sentence() {
        assert_eq!(Refused::read("not JSON"), Refused::default());
        assert!(sentence("not JSON").starts_with("The caller is not allowed to call the action"));
    }
}
