//! Evaluates trust policies: who may assume a role, under which conditions, and where the policy is
//! too broad. The same code evaluates the hub's role and companion roles.
//!
//! The policy is evaluated the way AWS does it, but for whole classes of callers ([`class`] defines
//! the known facts of each). Unknown facts count against the policy, so a policy without findings
//! is certainly narrow enough.

mod class;
mod words;

use super::condition::{Given, Truth};
use super::error::PolicyError;
use super::pattern;
use super::policy::{Effect, PolicyDocument, Principal, Scope, Statement};
use crate::aws::{AwsAccountId, ExternalId};
use class::{Class, Facts, Source, account_of, everyone_of, is_unique_id, root_of};
use std::collections::{BTreeMap, BTreeSet};

/// A role's trust policy.
#[derive(Debug, Clone)]
pub struct TrustPolicy {
    statements: Vec<Statement>,
}

/// A way in which a trust policy is too broad.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breadth {
    /// All principals, or all except some.
    Anyone,
    /// A principal of an account, a service or an identity provider that should not be allowed.
    Another(String),
    /// The hub's roles, without an external ID.
    NoExternalId,
    /// The hub's roles, with an external ID other than this registration's.
    OtherExternalId,
    /// Users or roles of the hub's account other than the hub's own roles.
    AnyHubPrincipal,
    /// A principal of the hub's account, in a role that the hub must not assume.
    Hub(AwsAccountId),
    /// The users of an account, without MFA.
    NoSecondFactor(AwsAccountId),
    /// A service, on behalf of resources in another account.
    AnySource(String),
}

/// A principal that should be able to assume a role.
#[derive(Debug, Clone, Copy)]
pub enum Admitted<'a> {
    /// The hub's own roles, with the registration's external ID.
    Hub {
        /// ARN patterns of the hub's roles that may assume the role.
        roles: &'a [String],
        external_id: &'a ExternalId,
    },
    /// The users and roles of an account.
    Account { id: &'a AwsAccountId, mfa: bool },
    /// An AWS service.
    Service {
        name: &'a str,
        /// The role's own account.
        own: &'a AwsAccountId,
        /// Only on behalf of resources in the role's own account.
        for_own_only: bool,
    },
}

/// All principals that should be able to assume a role, and the hub's account.
#[derive(Debug, Clone, Copy)]
pub struct Audience<'a> {
    pub hub: &'a AwsAccountId,
    pub admitted: &'a [Admitted<'a>],
}

/// A caller as AWS identifies it.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The ARN of a user or role; for an assumed role, the session's ARN is also set.
    pub arn: &'a str,
    pub session_arn: Option<&'a str>,
    /// The request context; keys are in lowercase.
    pub context: &'a BTreeMap<String, String>,
}

/// In lowercase, because actions are compared in lowercase.
const ASSUME: &str = "sts:assumerole";
/// All actions that create a session of the role.
const WAYS_IN: [&str; 3] = [
    ASSUME,
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
];
/// The maximum number of named principals to evaluate. Each one requires a pass over the whole
/// policy, so the remaining ones are reported without evaluation.
const MAX_EVALUATED: usize = 64;

impl TrustPolicy {
    /// Parses a document as IAM stores it, or URL-encoded as `GetRole` returns it.
    ///
    /// # Errors
    /// If the document is not a trust policy in IAM's grammar.
    pub fn parse(document: &str) -> Result<Self, PolicyError> {
        let PolicyDocument { statements } = PolicyDocument::parse(document)?;
        if statements.iter().any(|one| one.principals.is_none()) {
            return Err(PolicyError::Malformed);
        }
        Ok(Self { statements })
    }

    /// Whether this policy allows the caller to assume the role.
    pub fn lets_in(&self, caller: &Caller<'_>) -> Truth {
        let named = |principal: &Principal| caller.is(principal).into();
        let given = |key: &str| {
            let value = caller.context.get(key);
            value.map_or(Given::Absent, |value| Given::Is(value))
        };
        let class = Class {
            named: &named,
            given: &given,
        };
        class.may(&self.statements, ASSUME)
    }

    /// All principals that the policy allows beyond the audience.
    pub fn broader_than(&self, audience: &Audience<'_>) -> Vec<Breadth> {
        let mut found = BTreeSet::new();
        for admitted in audience.admitted {
            found.extend(self.beyond_condition(admitted, audience.hub));
        }
        if !audience.admits_hub() && self.admits_account(audience.hub) {
            found.insert(Breadth::Hub(audience.hub.clone()));
        }
        if self.admits_others(audience) {
            found.insert(Breadth::Anyone);
        }
        found.extend(self.others(audience));
        found.into_iter().collect()
    }

    /// Members of the audience that the policy never allows.
    pub fn left_out<'a>(&self, audience: &Audience<'a>) -> Vec<Admitted<'a>> {
        let outside = |admitted: &&Admitted<'_>| {
            let truth = match admitted {
                Admitted::Hub { roles, external_id } => {
                    let given = Given::Is(external_id.as_str());
                    self.evaluate_hub_role(audience.hub, roles, given)
                }
                Admitted::Account { id, mfa: true } => self.evaluate_account(id, Given::Is("true")),
                // Callers that don't need MFA must be allowed without it.
                Admitted::Account { id, mfa: false } => self.evaluate_account(id, Given::Absent),
                Admitted::Service { name, own, .. } => {
                    self.evaluate_service(name, Source::Own(own))
                }
            };
            truth == Truth::No
        };
        audience.admitted.iter().filter(outside).copied().collect()
    }

    /// A description of every statement that allows a caller; external IDs are not shown.
    pub fn ways_in(&self) -> Vec<String> {
        let allows = self.statements.iter().filter(|one| {
            one.effect == Effect::Allow && WAYS_IN.iter().any(|way| one.covers_action(way))
        });
        allows.map(words::statement).collect()
    }

    /// Whether a principal that should be allowed under a condition is allowed without it.
    fn beyond_condition(&self, admitted: &Admitted<'_>, hub: &AwsAccountId) -> Vec<Breadth> {
        let mut found = Vec::new();
        match *admitted {
            Admitted::Hub { roles, external_id } => {
                let with =
                    |given: Given<'_>| self.evaluate_hub_role(hub, roles, given) != Truth::No;
                if with(Given::Absent) {
                    found.push(Breadth::NoExternalId);
                } else if with(Given::other_than(&[external_id.to_string()])) {
                    found.push(Breadth::OtherExternalId);
                }
                if self.admits_other_hub_principals(hub, roles) {
                    found.push(Breadth::AnyHubPrincipal);
                }
            }
            Admitted::Account { id, mfa: true } => {
                let without = [Given::Is("false"), Given::Absent];
                let mut each = without.into_iter();
                if each.any(|mfa| self.evaluate_account(id, mfa) != Truth::No) {
                    found.push(Breadth::NoSecondFactor(id.clone()));
                }
            }
            Admitted::Service {
                name,
                for_own_only: true,
                ..
            } if self.evaluate_service(name, Source::Another) != Truth::No => {
                found.push(Breadth::AnySource(name.to_owned()));
            }
            Admitted::Account { .. } | Admitted::Service { .. } => {}
        }
        found
    }

    fn evaluate_hub_role(
        &self,
        hub: &AwsAccountId,
        roles: &[String],
        external_id: Given<'_>,
    ) -> Truth {
        let named = |principal: &Principal| match principal {
            Principal::Aws(name) if root_of(name) == Some(hub.as_str()) => Truth::Yes,
            Principal::Aws(name) if is_one_of(name, roles) => Truth::Maybe,
            // A session's ARN does not contain its role's path, so it may belong to a trusted role.
            Principal::Aws(name) if is_session_of(name, hub) => Truth::Maybe,
            principal => (*principal == Principal::Anyone).into(),
        };
        let facts = Facts {
            external_id,
            ..Facts::of_account(hub.as_str(), roles)
        };
        self.evaluate(&named, &facts, ASSUME)
    }

    fn admits_other_hub_principals(&self, hub: &AwsAccountId, roles: &[String]) -> bool {
        let everyone = everyone_of(hub.as_str());
        let named = |principal: &Principal| match principal {
            Principal::Aws(name) if root_of(name) == Some(hub.as_str()) => Truth::Yes,
            Principal::Aws(name) if is_one_of(name, roles) => Truth::No,
            Principal::Aws(name) if account_of(name) == hub.as_str() => Truth::Maybe,
            principal => (*principal == Principal::Anyone).into(),
        };
        let facts = Facts {
            principal_arn: Given::Among {
                within: &everyone,
                outside: roles,
            },
            ..Facts::of_account(hub.as_str(), &everyone)
        };
        self.evaluate(&named, &facts, ASSUME) != Truth::No
    }

    /// Whether any principal of the account may assume the role.
    fn admits_account(&self, account: &AwsAccountId) -> bool {
        self.evaluate_account(account, Given::Unknown) != Truth::No
    }

    /// A principal of the account, with or without MFA.
    fn evaluate_account(&self, id: &AwsAccountId, mfa: Given<'_>) -> Truth {
        let everyone = everyone_of(id.as_str());
        let named = |principal: &Principal| match principal {
            Principal::Aws(name) if root_of(name) == Some(id.as_str()) => Truth::Yes,
            Principal::Aws(name) if account_of(name) == id.as_str() => Truth::Maybe,
            principal => (*principal == Principal::Anyone).into(),
        };
        let facts = Facts {
            mfa,
            ..Facts::of_account(id.as_str(), &everyone)
        };
        self.evaluate(&named, &facts, ASSUME)
    }

    fn evaluate_service(&self, service: &str, source: Source<'_>) -> Truth {
        let named = |principal: &Principal| match principal {
            Principal::Anyone => Truth::Yes,
            Principal::Other { kind, name } => (kind == "Service" && name == service).into(),
            Principal::Aws(_) => Truth::No,
        };
        self.evaluate(&named, &Facts::of_service(&source), ASSUME)
    }

    /// Principals of accounts that the policy does not name, or of any identity provider.
    fn admits_others(&self, audience: &Audience<'_>) -> bool {
        let accounts: Vec<String> = audience.accounts().map(ToString::to_string).collect();
        let everyone = accounts.iter().flat_map(|account| everyone_of(account));
        let everyone: Vec<String> = everyone.collect();
        let named = |principal: &Principal| (*principal == Principal::Anyone).into();
        let facts = Facts::of_strangers(&everyone, &accounts);
        self.evaluate(&named, &facts, ASSUME) != Truth::No || self.admits_federated(&named)
    }

    /// Principals that the policy names and that belong to no admitted account or service.
    fn others(&self, audience: &Audience<'_>) -> BTreeSet<Breadth> {
        let named = self.principals().filter(|who| !audience.is_covered(who));
        let named: BTreeSet<&Principal> = named.collect();
        let evaluated = named.iter().enumerate();
        let found = evaluated.filter(|(at, who)| *at >= MAX_EVALUATED || self.admits_named(who));
        found
            .map(|(_, who)| Breadth::Another(words::principal(who)))
            .collect()
    }

    fn admits_named(&self, who: &Principal) -> bool {
        let (Principal::Aws(name) | Principal::Other { name, .. }) = who else {
            return false;
        };
        let account = account_of(name);
        let named = |principal: &Principal| match principal {
            Principal::Anyone => Truth::Yes,
            Principal::Aws(other) if account_of(other) == account && who != principal => {
                Truth::Maybe
            }
            principal => (principal == who).into(),
        };
        if matches!(who, Principal::Other { .. }) {
            return self.admits_federated(&named);
        }
        let everyone = everyone_of(account);
        let mut facts = Facts::of_account(account, &everyone);
        if name.contains(":user/") || name.contains(":role/") {
            facts.principal_arn = Given::Is(name);
        }
        self.evaluate(&named, &facts, ASSUME) != Truth::No
    }

    /// All principals in statements that allow something.
    fn principals(&self) -> impl Iterator<Item = &Principal> {
        let allows = self.statements.iter();
        let allows = allows.filter(|one| one.effect == Effect::Allow);
        allows.flat_map(|one| match &one.principals {
            Some(Scope::These(list)) => list.as_slice(),
            Some(Scope::AllBut(_)) | None => &[],
        })
    }

    /// Whether services or federated users that match may assume the role through any action.
    fn admits_federated(&self, named: &dyn Fn(&Principal) -> Truth) -> bool {
        let facts = Facts::of_federated();
        let mut ways = WAYS_IN.iter();
        ways.any(|way| self.evaluate(named, &facts, way) != Truth::No)
    }

    fn evaluate(
        &self,
        named: &dyn Fn(&Principal) -> Truth,
        facts: &Facts<'_>,
        action: &str,
    ) -> Truth {
        let given = |key: &str| facts.of(key);
        let class = Class {
            named,
            given: &given,
        };
        class.may(&self.statements, action)
    }
}

impl Audience<'_> {
    fn admits_hub(&self) -> bool {
        let mut admitted = self.admitted.iter();
        admitted.any(|one| matches!(one, Admitted::Hub { .. }))
    }

    /// The hub's account and all admitted accounts.
    fn accounts(&self) -> impl Iterator<Item = &AwsAccountId> {
        let admitted = self.admitted.iter().filter_map(|one| match one {
            Admitted::Account { id, .. } => Some(*id),
            Admitted::Hub { .. } | Admitted::Service { .. } => None,
        });
        std::iter::once(self.hub).chain(admitted)
    }

    /// Whether the principal is already evaluated as part of a class.
    fn is_covered(&self, who: &Principal) -> bool {
        match who {
            Principal::Anyone => true,
            // When a principal is deleted, IAM replaces it with its unique ID.
            Principal::Aws(name) if is_unique_id(name) => true,
            Principal::Aws(name) => self.accounts().any(|id| account_of(name) == id.as_str()),
            Principal::Other { kind, name } => self.admitted.iter().any(|one| {
                let service = matches!(one, Admitted::Service { name: own, .. } if *own == name);
                service && kind == "Service"
            }),
        }
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

fn is_one_of(arn: &str, patterns: &[String]) -> bool {
    let mut patterns = patterns.iter();
    patterns.any(|pattern| pattern::covers_arn(pattern, arn))
}

fn is_session_of(arn: &str, account: &AwsAccountId) -> bool {
    arn.contains(":assumed-role/") && account_of(arn) == account.as_str()
}
