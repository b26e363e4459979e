//! Policies that allow their holder to take over an AWS account.

use crate::iam::pattern::covers;
use crate::iam::policy::{Action, Effect, PolicyDocument, Scope};

/// The services whose full access is dangerous: each of them allows a role to give itself all other permissions.
const SERVICES: [&str; 3] = ["iam", "sts", "organizations"];

/// AWS managed policies that allow all of one of [`SERVICES`], by name.
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>
const MANAGED: [&str; 4] = [
    "AWSOrganizationsFullAccess",
    "AdministratorAccess",
    "IAMFullAccess",
    "PowerUserAccess",
];

/// What makes a profile dangerous.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Danger {
    /// Every action of every service.
    EveryAction,
    /// Every action of this service.
    Service(&'static str),
    Managed(String),
}

impl Danger {
    /// As the operator would write it in a policy.
    pub fn as_written(&self) -> String {
        match self {
            Self::EveryAction => "*".to_owned(),
            Self::Service(service) => format!("{service}:*"),
            Self::Managed(name) => name.clone(),
        }
    }

    pub fn of_policy(policy: &PolicyDocument) -> Vec<Self> {
        let allowed = policy.statements.iter();
        let allowed = allowed.filter(|statement| statement.effect == Effect::Allow);
        let mut found: Vec<Self> = allowed.flat_map(|one| of_actions(&one.actions)).collect();
        found.sort();
        found.dedup();
        found
    }

    pub fn of_managed(arn: &str) -> Option<Self> {
        let name = arn.rsplit('/').next()?;
        MANAGED
            .contains(&name)
            .then(|| Self::Managed(name.to_owned()))
    }
}

fn of_actions(actions: &Scope<Action>) -> Vec<Danger> {
    let all_of = |service: &str| match actions {
        Scope::These(named) => named
            .iter()
            .any(|action| covers(action.lower(), &format!("{service}:*"))),
        // An exception allows everything else, so only an exception for the whole service removes the danger.
        Scope::AllBut(excepted) => !excepted
            .iter()
            .any(|action| covers(action.lower(), &format!("{service}:*"))),
    };
    let everything = match actions {
        Scope::These(named) => named.iter().any(|action| covers(action.lower(), "*")),
        Scope::AllBut(excepted) => excepted.is_empty(),
    };
    if everything {
        return vec![Danger::EveryAction];
    }
    let services = SERVICES.into_iter().filter(|service| all_of(service));
    services.map(Danger::Service).collect()
}
