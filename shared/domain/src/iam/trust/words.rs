//! A trust policy in words.

use super::Breadth;
use crate::iam::condition::Condition;
use crate::iam::policy::{Principal, Scope, Statement};
use std::fmt;

impl fmt::Display for Breadth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => f.write_str("anyone"),
            Self::Another(principal) => f.write_str(principal),
            Self::NoExternalId => f.write_str("the hub's account without an external ID"),
            Self::OtherExternalId => f.write_str("the hub's account with another external ID"),
            Self::AnyHubPrincipal => f.write_str("any user or role of the hub's account"),
            Self::Hub(id) => write!(f, "the hub's AWS account {id}"),
            Self::NoSecondFactor(id) => write!(f, "the AWS account {id} without a second factor"),
            Self::AnySource(service) => write!(f, "{service} on behalf of any account"),
        }
    }
}

pub(super) fn principal(principal: &Principal) -> String {
    match principal {
        Principal::Anyone => "anyone".to_owned(),
        Principal::Aws(name) => name.clone(),
        Principal::Other { kind, name } => format!("{kind}:{name}"),
    }
}

pub(super) fn statement(statement: &Statement) -> String {
    let names = |list: &[Principal]| list.iter().map(principal).collect::<Vec<_>>().join(" or ");
    let who = match &statement.principals {
        Some(Scope::These(list)) => names(list),
        Some(Scope::AllBut(list)) => format!("anyone but {}", names(list)),
        None => String::new(),
    };
    let conditions: Vec<String> = statement.conditions.iter().map(condition).collect();
    if conditions.is_empty() {
        format!("{who}, unconditionally")
    } else {
        format!("{who}, if {}", conditions.join(" and "))
    }
}

fn condition(condition: &Condition) -> String {
    let Condition {
        operator,
        key,
        values,
    } = condition;
    let values = match key.as_str() {
        "sts:externalid" => "(not shown)".to_owned(),
        _ => values.join(" or "),
    };
    format!("{key} {operator} {values}")
}
