//! AWS's decoded authorization failure message, in plain words.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>

use serde_json::Value;

/// What was asked for, and why it was refused. What the message lacks is none.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Refused {
    pub allowed: Option<bool>,
    pub explicit_deny: Option<bool>,
    pub action: Option<String>,
    pub resource: Option<String>,
    /// An ARN.
    pub principal: Option<String>,
    /// The ids of the statements that decided.
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

    pub fn sentence(&self) -> String {
        let part = |value: &Option<String>, otherwise: &str| {
            value.clone().unwrap_or_else(|| otherwise.to_owned())
        };
        let who = part(&self.principal, "The caller");
        let what = part(&self.action, "the action");
        let on = part(&self.resource, "the resource");
        if self.allowed == Some(true) {
            return format!("{who} is allowed {what} on {on}.");
        }
        if self.explicit_deny == Some(true) {
            let by = match self.matched.as_slice() {
                [] => String::new(),
                ids => format!(" ({})", ids.join(", ")),
            };
            return format!(
                "{who} may not call {what} on {on}, because a statement denies it{by}; a denial outweighs every permission."
            );
        }
        format!("{who} may not call {what} on {on}, because no policy allows it.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
    fn a_refusal_is_told_in_a_sentence() {
        assert_eq!(
            Refused::read(&message(false)).sentence(),
            "arn:aws:sts::222222222222:assumed-role/r/i-1 may not call ec2:RunInstances on \
             arn:aws:ec2:us-east-1:222222222222:instance/*, because no policy allows it."
        );
        let denied = Refused::read(&message(true));
        assert_eq!(denied.matched, ["NoInstances"]);
        assert!(
            denied
                .sentence()
                .contains("because a statement denies it (NoInstances)")
        );
    }

    #[test]
    fn what_is_no_message_still_gives_a_sentence() {
        let refused = Refused::read("not JSON");
        assert_eq!(refused, Refused::default());
        assert!(
            refused
                .sentence()
                .starts_with("The caller may not call the action")
        );
    }
}
