//! Reads a role's trust policy: who may assume the role, under which conditions, and what is
//! broader than needed.
//!
//! The policy is judged as AWS judges it, but for whole classes of callers: a trusted role of the
//! hub without an external ID, any other principal of the hub's account, a stranger. What is not
//! known of a class counts against the policy, so a policy that is found in order is in order.

use crate::aws::{AwsAccountId, ExternalId};
use crate::policy::condition::{Condition, Given, Truth};
use crate::policy::{Effect, PolicyDocument, PolicyError, Principal, Scope, Statement, pattern};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A role's trust policy.
#[derive(Debug, Clone)]
pub struct TrustPolicy {
    statements: Vec<Statement>,
}

/// One way in which a trust policy lets in more than the hub.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breadth {
    /// Anybody at all, or anybody but some.
    Anyone,
    /// A principal that is not of the hub's account.
    Another(String),
    /// The hub's roles, without an external ID.
    NoExternalId,
    /// The hub's roles, with an external ID that is not this registration's.
    OtherExternalId,
    /// A user or role of the hub's account that is not one of the hub's own roles.
    AnyHubPrincipal,
}

impl fmt::Display for Breadth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anyone => "anyone",
            Self::Another(principal) => principal,
            Self::NoExternalId => "the hub's account without an external ID",
            Self::OtherExternalId => "the hub's account with another external ID",
            Self::AnyHubPrincipal => "any user or role of the hub's account",
        })
    }
}

/// Whom the hub's template lets in.
#[derive(Debug, Clone, Copy)]
pub struct Intended<'a> {
    pub hub: &'a AwsAccountId,
    /// Patterns of the hub's roles that may assume.
    pub trusted: &'a [String],
    pub external_id: &'a ExternalId,
}

/// One caller, as AWS sees it.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// A user's or a role's ARN; an assumed role has its session's ARN as well.
    pub arn: &'a str,
    pub session_arn: Option<&'a str>,
    /// The request's context: keys in lower case.
    pub context: &'a BTreeMap<String, String>,
}

const ASSUME: &str = "sts:AssumeRole";
/// All actions that end in a session of the role.
const WAYS_IN: [&str; 3] = [
    ASSUME,
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
];
const EXTERNAL_ID: &str = "sts:externalid";
const PRINCIPAL_ARN: &str = "aws:principalarn";
const PRINCIPAL_ACCOUNT: &str = "aws:principalaccount";

impl TrustPolicy {
    /// Reads the document as IAM stores it, or percent-encoded as `GetRole` returns it.
    ///
    /// # Errors
    /// When it is not a trust policy in IAM's grammar.
    pub fn parse(document: &str) -> Result<Self, PolicyError> {
        let PolicyDocument { statements } = PolicyDocument::parse(document)?;
        if statements.iter().any(|one| one.principals.is_none()) {
            return Err(PolicyError::Malformed);
        }
        Ok(Self { statements })
    }

    /// Whether the caller may assume the role, as far as this policy decides it.
    pub fn lets_in(&self, caller: &Caller<'_>) -> Truth {
        let class = Class {
            named: &|principal| caller.is(principal).into(),
            given: &|key| {
                caller
                    .context
                    .get(key)
                    .map_or(Given::Absent, |v| Given::Is(v))
            },
        };
        self.decide(&class, ASSUME)
    }

    /// All whom it lets in beyond those who are intended.
    pub fn broader_than(&self, intended: &Intended<'_>) -> Vec<Breadth> {
        let mut found = BTreeSet::new();
        if self.lets_in_hub_role(intended, Given::Absent) {
            found.insert(Breadth::NoExternalId);
        } else if self.lets_in_hub_role(intended, other_than(&[intended.external_id.to_string()])) {
            found.insert(Breadth::OtherExternalId);
        }
        if self.lets_in_another_hub_principal(intended) {
            found.insert(Breadth::AnyHubPrincipal);
        }
        if self.lets_in_strangers(intended) {
            found.insert(Breadth::Anyone);
        }
        let named = self
            .principals()
            .filter(|one| self.lets_in_named(one, intended));
        found.extend(named.map(|one| Breadth::Another(name(one))));
        found.into_iter().collect()
    }

    /// Every statement that lets somebody in, in words; an external ID is not shown.
    pub fn ways_in(&self) -> Vec<String> {
        let allows = self.statements.iter().filter(|one| {
            one.effect == Effect::Allow && WAYS_IN.iter().any(|way| one.covers_action(way))
        });
        allows.map(in_words).collect()
    }

    fn lets_in_hub_role(&self, intended: &Intended<'_>, external_id: Given<'_>) -> bool {
        let named = |principal: &Principal| match principal {
            Principal::Aws(name) if root_of(name) == Some(intended.hub.as_str()) => Truth::Yes,
            Principal::Aws(name) if is_trusted(name, intended) => Truth::Maybe,
            // A session's ARN does not tell the path of its role, so it may be a trusted one.
            Principal::Aws(name) if is_session_of(name, intended.hub) => Truth::Maybe,
            principal => (*principal == Principal::Anyone).into(),
        };
        let given = |key: &str| match key {
            EXTERNAL_ID => external_id,
            PRINCIPAL_ARN => Given::Among {
                within: intended.trusted,
                outside: &[],
            },
            PRINCIPAL_ACCOUNT => Given::Is(intended.hub.as_str()),
            _ => Given::Unknown,
        };
        self.may(&named, &given, ASSUME)
    }

    fn lets_in_another_hub_principal(&self, intended: &Intended<'_>) -> bool {
        let hub = everyone_of(intended.hub.as_str());
        let named = |principal: &Principal| match principal {
            Principal::Aws(name) if root_of(name) == Some(intended.hub.as_str()) => Truth::Yes,
            Principal::Aws(name) if is_trusted(name, intended) => Truth::No,
            Principal::Aws(name) if account_of(name) == intended.hub.as_str() => Truth::Maybe,
            principal => (*principal == Principal::Anyone).into(),
        };
        let given = |key: &str| match key {
            PRINCIPAL_ARN => Given::Among {
                within: &hub,
                outside: intended.trusted,
            },
            PRINCIPAL_ACCOUNT => Given::Is(intended.hub.as_str()),
            _ => Given::Unknown,
        };
        self.may(&named, &given, ASSUME)
    }

    /// Somebody of an account that the policy does not name, or of any identity provider.
    fn lets_in_strangers(&self, intended: &Intended<'_>) -> bool {
        let hub = everyone_of(intended.hub.as_str());
        let account = [intended.hub.to_string()];
        let named = |principal: &Principal| (*principal == Principal::Anyone).into();
        let another_accounts = |key: &str| match key {
            PRINCIPAL_ARN => other_than(&hub),
            PRINCIPAL_ACCOUNT => other_than(&account),
            _ => Given::Unknown,
        };
        self.may(&named, &another_accounts, ASSUME) || self.may_let_in_federated(&named)
    }

    /// Somebody whom the policy itself names, and who is not of the hub's account.
    fn lets_in_named(&self, who: &Principal, intended: &Intended<'_>) -> bool {
        let (Principal::Aws(name) | Principal::Other { name, .. }) = who else {
            return false;
        };
        let account = account_of(name);
        if matches!(who, Principal::Aws(_)) && account == intended.hub.as_str() {
            return false;
        }
        let named = |principal: &Principal| match principal {
            Principal::Anyone => Truth::Yes,
            Principal::Aws(other) if account_of(other) == account && who != principal => {
                Truth::Maybe
            }
            principal => (principal == who).into(),
        };
        if matches!(who, Principal::Other { .. }) {
            return self.may_let_in_federated(&named);
        }
        let everyone = everyone_of(account);
        let given = |key: &str| match key {
            PRINCIPAL_ARN if name.contains(":user/") || name.contains(":role/") => Given::Is(name),
            PRINCIPAL_ARN => Given::Among {
                within: &everyone,
                outside: &[],
            },
            PRINCIPAL_ACCOUNT => Given::Is(account),
            _ => Given::Unknown,
        };
        self.may(&named, &given, ASSUME)
    }

    /// Everybody whom a statement names that lets somebody in.
    pub(crate) fn principals(&self) -> impl Iterator<Item = &Principal> {
        let these = |scope: &Option<Scope<Principal>>| matches!(scope, Some(Scope::These(_)));
        let allows = self
            .statements
            .iter()
            .filter(move |one| one.effect == Effect::Allow && these(&one.principals));
        allows.flat_map(|one| match &one.principals {
            Some(Scope::These(list) | Scope::AllBut(list)) => list.as_slice(),
            None => &[],
        })
    }

    /// Whether callers of whom this much is known may assume the role.
    pub(crate) fn judges<'a>(
        &self,
        named: &dyn Fn(&Principal) -> Truth,
        given: &dyn Fn(&str) -> Given<'a>,
    ) -> Truth {
        self.decide(&Class { named, given }, ASSUME)
    }

    /// Whether users of an identity provider may get in who are named so, on any way there is.
    pub(crate) fn may_let_in_federated(&self, named: &dyn Fn(&Principal) -> Truth) -> bool {
        WAYS_IN.iter().any(|way| self.may(named, &federated, way))
    }

    fn may<'a>(
        &self,
        named: &dyn Fn(&Principal) -> Truth,
        given: &dyn Fn(&str) -> Given<'a>,
        action: &str,
    ) -> bool {
        self.decide(&Class { named, given }, action) != Truth::No
    }

    /// A denial that certainly applies decides; otherwise any statement that may allow does.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
    fn decide(&self, class: &Class<'_, '_>, action: &str) -> Truth {
        let (mut allowed, mut denied) = (Truth::No, Truth::No);
        for statement in self
            .statements
            .iter()
            .filter(|one| one.covers_action(action))
        {
            let side = match statement.effect {
                Effect::Allow => &mut allowed,
                Effect::Deny => &mut denied,
            };
            *side = side.or(class.is_meant_by(statement));
        }
        allowed.and(denied.opposite())
    }
}

/// Callers who can't be told apart from outside.
struct Class<'f, 'a> {
    /// Whether a policy's principal names them.
    named: &'f dyn Fn(&Principal) -> Truth,
    /// What is known of a key (in lower case) of their requests.
    given: &'f dyn Fn(&str) -> Given<'a>,
}

impl Class<'_, '_> {
    fn is_meant_by(&self, statement: &Statement) -> Truth {
        let any_of = |list: &[Principal]| {
            let each = list.iter().map(self.named);
            each.fold(Truth::No, Truth::or)
        };
        let named = match &statement.principals {
            Some(Scope::These(list)) => any_of(list),
            // Whom it spares may be anybody whom this class does not tell apart.
            Some(Scope::AllBut(list)) if statement.effect == Effect::Deny => {
                any_of(list).opposite().and(Truth::Maybe)
            }
            Some(Scope::AllBut(list)) => any_of(list).opposite(),
            None => Truth::No,
        };
        let conditions = statement.conditions.iter();
        let each = conditions.map(|one| one.holds((self.given)(&one.key)));
        each.fold(named, Truth::and)
    }
}

impl Caller<'_> {
    fn is(&self, principal: &Principal) -> bool {
        let account = account_of(self.arn);
        match principal {
            Principal::Anyone => true,
            Principal::Aws(name) => {
                name == self.arn
                    || Some(name.as_str()) == self.session_arn
                    || root_of(name) == Some(account)
            }
            Principal::Other { .. } => false,
        }
    }
}

/// A service or an identity provider's user: it has no principal's ARN.
fn federated<'a>(key: &str) -> Given<'a> {
    match key {
        PRINCIPAL_ARN => Given::Absent,
        _ => Given::Unknown,
    }
}

fn other_than(these: &[String]) -> Given<'_> {
    Given::Among {
        within: &[],
        outside: these,
    }
}

fn everyone_of(account: &str) -> [String; 2] {
    [
        format!("arn:*:iam::{account}:*"),
        format!("arn:*:sts::{account}:*"),
    ]
}

fn is_trusted(arn: &str, intended: &Intended<'_>) -> bool {
    let mut trusted = intended.trusted.iter();
    trusted.any(|pattern| pattern::covers_arn(pattern, arn))
}

fn is_session_of(arn: &str, account: &AwsAccountId) -> bool {
    arn.contains(":assumed-role/") && account_of(arn) == account.as_str()
}

/// The account that a principal's ARN, or the principal itself, names.
pub(crate) fn account_of(principal: &str) -> &str {
    principal.split(':').nth(4).unwrap_or(principal)
}

/// The account, where the principal stands for all of it.
pub(crate) fn root_of(principal: &str) -> Option<&str> {
    let twelve_digits = principal.len() == 12 && principal.bytes().all(|b| b.is_ascii_digit());
    let root = principal.starts_with("arn:") && principal.ends_with(":root");
    (twelve_digits || root).then(|| account_of(principal))
}

pub(crate) fn name(principal: &Principal) -> String {
    match principal {
        Principal::Anyone => "anyone".to_owned(),
        Principal::Aws(name) => name.clone(),
        Principal::Other { kind, name } => format!("{kind}:{name}"),
    }
}

fn in_words(statement: &Statement) -> String {
    let names = |list: &[Principal]| list.iter().map(name).collect::<Vec<_>>().join(" or ");
    let who = match &statement.principals {
        Some(Scope::These(list)) => names(list),
        Some(Scope::AllBut(list)) => format!("anyone but {}", names(list)),
        None => String::new(),
    };
    let conditions: Vec<String> = statement
        .conditions
        .iter()
        .map(condition_in_words)
        .collect();
    if conditions.is_empty() {
        format!("{who}, unconditionally")
    } else {
        format!("{who}, if {}", conditions.join(" and "))
    }
}

fn condition_in_words(condition: &Condition) -> String {
    let Condition {
        operator,
        key,
        values,
    } = condition;
    let values = match key.as_str() {
        EXTERNAL_ID => "(not shown)".to_owned(),
        _ => values.join(" or "),
    };
    format!("{key} {operator} {values}")
}
