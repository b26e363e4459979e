//! Reads a role's trust policy: who may assume the role, under which conditions, and what is
//! broader than it should be. The hub's own role and companion roles are judged by this one reader.
//!
//! The policy is judged as AWS judges it, but for whole classes of callers ([`class`] has what is
//! known of each). What is not known of a class counts against the policy, so a policy that is found
//! in order is in order.

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

/// One way in which a trust policy admits more than it should.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breadth {
    /// Anybody at all, or anybody but some.
    Anyone,
    /// A principal of an account, a service or an identity provider that is not admitted.
    Another(String),
    /// The hub's roles, without an external ID.
    NoExternalId,
    /// The hub's roles, with an external ID that is not this registration's.
    OtherExternalId,
    /// A user or role of the hub's account that is not one of the hub's own roles.
    AnyHubPrincipal,
    /// A principal of the hub's account, in a role that is not for the hub.
    Hub(AwsAccountId),
    /// The users of an account, without a second factor.
    NoSecondFactor(AwsAccountId),
    /// A service, for something in another account.
    AnySource(String),
}

/// Who should be able to assume a role.
#[derive(Debug, Clone, Copy)]
pub enum Admitted<'a> {
    /// The hub's own roles, with the registration's external ID.
    Hub {
        /// Patterns of the hub's roles that may assume.
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
        /// Only for what the service does in the role's own account.
        for_own_only: bool,
    },
}

/// Everyone who should be able to assume a role, and whose hub asks.
#[derive(Debug, Clone, Copy)]
pub struct Audience<'a> {
    pub hub: &'a AwsAccountId,
    pub admitted: &'a [Admitted<'a>],
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

/// In lower case, as actions are compared.
const ASSUME: &str = "sts:assumerole";
/// All actions that end in a session of the role.
const WAYS_IN: [&str; 3] = [
    ASSUME,
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
];
/// Principals of other accounts that are judged one by one. A policy that names more is reported
/// with the rest unjudged: each costs a walk through the whole policy.
const MOST_JUDGED: usize = 64;

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

    /// Everyone that it admits beyond those who should be.
    pub fn broader_than(&self, audience: &Audience<'_>) -> Vec<Breadth> {
        let mut found = BTreeSet::new();
        for admitted in audience.admitted {
            found.extend(self.beyond_condition(admitted, audience.hub));
        }
        if !audience.admits_hub() && self.admits_anyone_of(audience.hub) {
            found.insert(Breadth::Hub(audience.hub.clone()));
        }
        if self.admits_strangers(audience) {
            found.insert(Breadth::Anyone);
        }
        found.extend(self.others(audience));
        found.into_iter().collect()
    }

    /// Those who should be admitted and are not, whatever they do.
    pub fn left_out<'a>(&self, audience: &Audience<'a>) -> Vec<Admitted<'a>> {
        let outside = |admitted: &&Admitted<'_>| {
            let truth = match admitted {
                Admitted::Hub { roles, external_id } => {
                    let given = Given::Is(external_id.as_str());
                    self.judge_hub_role(audience.hub, roles, given)
                }
                Admitted::Account { id, mfa: true } => self.judge_account(id, Given::Is("true")),
                // Who need not show a second factor must get in without one.
                Admitted::Account { id, mfa: false } => self.judge_account(id, Given::Absent),
                Admitted::Service { name, own, .. } => self.judge_service(name, Source::Own(own)),
            };
            truth == Truth::No
        };
        audience.admitted.iter().filter(outside).copied().collect()
    }

    /// Every statement that admits someone, in words; an external ID is not shown.
    pub fn ways_in(&self) -> Vec<String> {
        let allows = self.statements.iter().filter(|one| {
            one.effect == Effect::Allow && WAYS_IN.iter().any(|way| one.covers_action(way))
        });
        allows.map(words::statement).collect()
    }

    /// Whether one who should be admitted under a condition is admitted without it.
    fn beyond_condition(&self, admitted: &Admitted<'_>, hub: &AwsAccountId) -> Vec<Breadth> {
        let mut found = Vec::new();
        match *admitted {
            Admitted::Hub { roles, external_id } => {
                let with = |given: Given<'_>| self.judge_hub_role(hub, roles, given) != Truth::No;
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
                if each.any(|mfa| self.judge_account(id, mfa) != Truth::No) {
                    found.push(Breadth::NoSecondFactor(id.clone()));
                }
            }
            Admitted::Service {
                name,
                for_own_only: true,
                ..
            } if self.judge_service(name, Source::Another) != Truth::No => {
                found.push(Breadth::AnySource(name.to_owned()));
            }
            Admitted::Account { .. } | Admitted::Service { .. } => {}
        }
        found
    }

    fn judge_hub_role(
        &self,
        hub: &AwsAccountId,
        roles: &[String],
        external_id: Given<'_>,
    ) -> Truth {
        let named = |principal: &Principal| match principal {
            Principal::Aws(name) if root_of(name) == Some(hub.as_str()) => Truth::Yes,
            Principal::Aws(name) if is_one_of(name, roles) => Truth::Maybe,
            // A session's ARN does not tell the path of its role, so it may be a trusted one.
            Principal::Aws(name) if is_session_of(name, hub) => Truth::Maybe,
            principal => (*principal == Principal::Anyone).into(),
        };
        let facts = Facts {
            external_id,
            ..Facts::of_account(hub.as_str(), roles)
        };
        self.judge(&named, &facts, ASSUME)
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
        self.judge(&named, &facts, ASSUME) != Truth::No
    }

    /// Whether anyone of the account may assume the role, in whatever way.
    fn admits_anyone_of(&self, account: &AwsAccountId) -> bool {
        self.judge_account(account, Given::Unknown) != Truth::No
    }

    /// Someone of the account, of whom is known whether a second factor was shown.
    fn judge_account(&self, id: &AwsAccountId, mfa: Given<'_>) -> Truth {
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
        self.judge(&named, &facts, ASSUME)
    }

    fn judge_service(&self, service: &str, source: Source<'_>) -> Truth {
        let named = |principal: &Principal| match principal {
            Principal::Anyone => Truth::Yes,
            Principal::Other { kind, name } => (kind == "Service" && name == service).into(),
            Principal::Aws(_) => Truth::No,
        };
        self.judge(&named, &Facts::of_service(&source), ASSUME)
    }

    /// Someone of an account that the policy does not name, or of any identity provider.
    fn admits_strangers(&self, audience: &Audience<'_>) -> bool {
        let accounts: Vec<String> = audience.accounts().map(ToString::to_string).collect();
        let everyone = accounts.iter().flat_map(|account| everyone_of(account));
        let everyone: Vec<String> = everyone.collect();
        let named = |principal: &Principal| (*principal == Principal::Anyone).into();
        let facts = Facts::of_strangers(&everyone, &accounts);
        self.judge(&named, &facts, ASSUME) != Truth::No || self.admits_federated(&named)
    }

    /// Those whom the policy names and who are of no admitted account or service.
    fn others(&self, audience: &Audience<'_>) -> BTreeSet<Breadth> {
        let named = self.principals().filter(|who| !audience.is_covered(who));
        let named: BTreeSet<&Principal> = named.collect();
        let judged = named.iter().enumerate();
        let found = judged.filter(|(at, who)| *at >= MOST_JUDGED || self.admits_named(who));
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
        self.judge(&named, &facts, ASSUME) != Truth::No
    }

    /// Everyone whom a statement names that admits someone.
    fn principals(&self) -> impl Iterator<Item = &Principal> {
        let allows = self.statements.iter();
        let allows = allows.filter(|one| one.effect == Effect::Allow);
        allows.flat_map(|one| match &one.principals {
            Some(Scope::These(list)) => list.as_slice(),
            Some(Scope::AllBut(_)) | None => &[],
        })
    }

    /// Whether services or users of an identity provider may get in who are named so, in any way
    /// that there is.
    fn admits_federated(&self, named: &dyn Fn(&Principal) -> Truth) -> bool {
        let facts = Facts::of_federated();
        let mut ways = WAYS_IN.iter();
        ways.any(|way| self.judge(named, &facts, way) != Truth::No)
    }

    fn judge(&self, named: &dyn Fn(&Principal) -> Truth, facts: &Facts<'_>, action: &str) -> Truth {
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

    /// The hub's account and every one that is admitted.
    fn accounts(&self) -> impl Iterator<Item = &AwsAccountId> {
        let admitted = self.admitted.iter().filter_map(|one| match one {
            Admitted::Account { id, .. } => Some(*id),
            Admitted::Hub { .. } | Admitted::Service { .. } => None,
        });
        std::iter::once(self.hub).chain(admitted)
    }

    /// Whether a principal is judged as one of a class: everyone, the hub's account, who is admitted.
    fn is_covered(&self, who: &Principal) -> bool {
        match who {
            Principal::Anyone => true,
            // IAM puts a principal's unique id in the place of one that was deleted.
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
