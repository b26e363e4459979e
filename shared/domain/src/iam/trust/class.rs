//! Classes of callers: what is known about each condition key of their requests, and whether a
//! policy's statements may allow them.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use crate::aws::AwsAccountId;
use crate::iam::condition::{Given, Truth};
use crate::iam::policy::{Effect, Principal, Scope, Statement};

/// Callers that the policy reader does not distinguish.
pub(super) struct Class<'f, 'a> {
    /// Whether a policy's principal matches them.
    pub named: &'f dyn Fn(&Principal) -> Truth,
    /// What is known about a condition key (in lowercase) of their requests.
    pub given: &'f dyn Fn(&str) -> Given<'a>,
}

impl Class<'_, '_> {
    /// A denial that certainly applies takes precedence; otherwise, any statement that may allow
    /// does.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
    pub fn may(&self, statements: &[Statement], action: &str) -> Truth {
        let (mut allowed, mut denied) = (Truth::No, Truth::No);
        for statement in statements.iter().filter(|one| one.covers_action(action)) {
            let side = match statement.effect {
                Effect::Allow => &mut allowed,
                Effect::Deny => &mut denied,
            };
            *side = side.or(self.is_meant_by(statement));
        }
        allowed.and(denied.opposite())
    }

    fn is_meant_by(&self, statement: &Statement) -> Truth {
        let any_of = |list: &[Principal]| {
            let each = list.iter().map(self.named);
            each.fold(Truth::No, Truth::or)
        };
        let named = match &statement.principals {
            Some(Scope::These(list)) => any_of(list),
            // The exceptions may be callers that this class does not distinguish.
            Some(Scope::AllBut(list)) if statement.effect == Effect::Deny => {
                any_of(list).opposite().and(Truth::Maybe)
            }
            Some(Scope::AllBut(list)) => any_of(list).opposite(),
            None => Truth::No,
        };
        let mut truth = named;
        for condition in &statement.conditions {
            if truth == Truth::No {
                break;
            }
            truth = truth.and(condition.holds((self.given)(&condition.key)));
        }
        truth
    }
}

/// The account on whose behalf a service acts.
pub(super) enum Source<'a> {
    Own(&'a AwsAccountId),
    Another,
}

/// A 12-digit number that no account has.
const NO_ACCOUNT: &str = "000000000000";

/// What is known about the condition keys of a class's requests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    pub principal_arn: Given<'a>,
    pub principal_account: Given<'a>,
    pub is_service: Given<'a>,
    pub external_id: Given<'a>,
    /// Whether MFA was used. Absent for long-term keys.
    pub mfa: Given<'a>,
    pub source_account: Given<'a>,
    pub source_arn: Given<'a>,
}

impl<'a> Facts<'a> {
    const NOTHING: Self = Self {
        principal_arn: Given::Unknown,
        principal_account: Given::Unknown,
        is_service: Given::Unknown,
        external_id: Given::Unknown,
        mfa: Given::Unknown,
        source_account: Given::Unknown,
        source_arn: Given::Unknown,
    };

    /// Users and roles of an account whose ARNs match the patterns. Only service calls have source
    /// keys.
    pub fn of_account(account: &'a str, arns: &'a [String]) -> Self {
        Self {
            principal_arn: Given::Among {
                within: arns,
                outside: &[],
            },
            principal_account: Given::Is(account),
            is_service: Given::Is("false"),
            source_account: Given::Absent,
            source_arn: Given::Absent,
            ..Self::NOTHING
        }
    }

    /// Users and roles of all accounts except the given ones.
    pub fn of_strangers(arns: &'a [String], accounts: &'a [String]) -> Self {
        Self {
            principal_arn: Given::other_than(arns),
            principal_account: Given::other_than(accounts),
            is_service: Given::Is("false"),
            source_account: Given::Absent,
            source_arn: Given::Absent,
            ..Self::NOTHING
        }
    }

    /// A service or a federated user, which has no principal ARN.
    pub fn of_federated() -> Self {
        Self {
            principal_arn: Given::Absent,
            ..Self::NOTHING
        }
    }

    pub fn of_service(source: &Source<'a>) -> Self {
        let (source_account, source_arn) = match source {
            Source::Own(account) => (Given::Is(account.as_str()), Given::Unknown),
            Source::Another => (
                Given::Is(NO_ACCOUNT),
                Given::Is("arn:aws:ssm:us-east-1:000000000000:managed-instance/mi-0"),
            ),
        };
        Self {
            principal_account: Given::Absent,
            is_service: Given::Is("true"),
            source_account,
            source_arn,
            ..Self::of_federated()
        }
    }

    /// The key must be in lowercase.
    pub fn of(&self, key: &str) -> Given<'a> {
        match key {
            "aws:principalarn" => self.principal_arn,
            "aws:principalaccount" => self.principal_account,
            "aws:principalisawsservice" => self.is_service,
            "sts:externalid" => self.external_id,
            "aws:multifactorauthpresent" => self.mfa,
            // Seconds since MFA authentication; absent without MFA.
            "aws:multifactorauthage" => match self.mfa {
                Given::Absent | Given::Is("false") => Given::Absent,
                _ => Given::Unknown,
            },
            "aws:sourceaccount" => self.source_account,
            "aws:sourcearn" => self.source_arn,
            _ => Given::Unknown,
        }
    }
}

pub(super) fn everyone_of(account: &str) -> [String; 2] {
    [
        format!("arn:*:iam::{account}:*"),
        format!("arn:*:sts::{account}:*"),
    ]
}

/// The account in a principal's ARN, or the principal itself if it is an account ID.
pub(super) fn account_of(principal: &str) -> &str {
    principal.split(':').nth(4).unwrap_or(principal)
}

/// The account, if the principal denotes the whole account.
pub(super) fn root_of(principal: &str) -> Option<&str> {
    let twelve_digits = principal.len() == 12 && principal.bytes().all(|b| b.is_ascii_digit());
    let root = principal.starts_with("arn:") && principal.splitn(6, ':').nth(5) == Some("root");
    (twelve_digits || root).then(|| account_of(principal))
}

/// An ID such as `AIDA...` or `AROA...`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
pub(super) fn is_unique_id(name: &str) -> bool {
    let letters = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    name.len() >= 16 && name.starts_with('A') && name.bytes().all(letters)
}
