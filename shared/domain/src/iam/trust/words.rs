//! Text descriptions of trust policies.

use super::{Admitted, Breadth};
use crate::iam::condition::Condition;
use crate::iam::policy::{Principal, Scope, Statement};
use crate::messages::{Language, Message, Trusts};
use std::fmt;

impl From<&Breadth> for Trusts {
    fn from(breadth: &Breadth) -> Self {
        match breadth {
            Breadth::Anyone => Self::Anyone,
            Breadth::Another(principal) => Self::Principal {
                name: principal.clone(),
            },
            Breadth::NoExternalId => Self::HubWithoutExternalId,
            Breadth::OtherExternalId => Self::HubWithOtherExternalId,
            Breadth::AnyHubPrincipal => Self::HubPrincipals,
            Breadth::Hub(id) => Self::HubAccount {
                account: id.to_string(),
            },
            Breadth::NoSecondFactor(id) => Self::AccountWithoutMfa {
                account: id.to_string(),
            },
            Breadth::AnySource(service) => Self::ServiceForAnyAccount {
                service: service.clone(),
            },
        }
    }
}

impl From<&Admitted<'_>> for Trusts {
    fn from(admitted: &Admitted<'_>) -> Self {
        match *admitted {
            Admitted::Service { name, .. } => Self::Principal {
                name: name.to_owned(),
            },
            Admitted::Account { id, .. } => Self::Account {
                account: id.to_string(),
            },
            Admitted::Hub { .. } => Self::Hub,
        }
    }
}

/// For evidence, which is always in English.
impl fmt::Display for Breadth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Trusts::from(self).text(Language::English))
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
