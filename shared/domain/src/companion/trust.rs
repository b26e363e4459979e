//! Whom a companion role's trust policy lets in, judged as AWS judges it.

use super::intended::{Intended, Trusted};
use crate::aws::AwsAccountId;
use crate::policy::Principal;
use crate::policy::condition::{Given, Truth};
use crate::verification::trust_policy::{TrustPolicy, account_of, name, root_of};

const MFA: &str = "aws:multifactorauthpresent";
/// Seconds since the second factor was shown; absent where none was.
const MFA_AGE: &str = "aws:multifactorauthage";
const SOURCE_ACCOUNT: &str = "aws:sourceaccount";
const SOURCE_ARN: &str = "aws:sourcearn";
const PRINCIPAL_ARN: &str = "aws:principalarn";
const PRINCIPAL_ACCOUNT: &str = "aws:principalaccount";
const PRINCIPAL_SERVICE: &str = "aws:principalisawsservice";

/// Those who should get in and do not, whatever they do.
pub(super) fn left_out<'a>(policy: &TrustPolicy, intended: &'a Intended) -> Vec<&'a Trusted> {
    let outside = |trusted: &&Trusted| match trusted {
        Trusted::Service { name, .. } => {
            service(policy, name, Source::Own(intended.own_account())) == Truth::No
        }
        Trusted::Account { id, mfa: true } => account(policy, id, Given::Is("true")) == Truth::No,
        // Who need not show a second factor must get in without one.
        Trusted::Account { id, mfa: false } => account(policy, id, Given::Absent) == Truth::No,
    };
    intended.let_in.iter().filter(outside).collect()
}

/// Those who may get in beyond those who should, in words.
pub(super) fn beyond(policy: &TrustPolicy, intended: &Intended) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let stranger = |principal: &Principal| (*principal == Principal::Anyone).into();
    let by_name = policy.judges(&stranger, &|_| Given::Unknown) != Truth::No;
    if by_name || policy.may_let_in_federated(&stranger) {
        found.push("anyone".to_owned());
    }
    for trusted in &intended.let_in {
        match trusted {
            Trusted::Service {
                name,
                source_account: true,
            } if service(policy, name, Source::Another) != Truth::No => {
                found.push(format!("{name} on behalf of any account"));
            }
            Trusted::Account { id, mfa: true }
                if account(policy, id, Given::Is("false")) != Truth::No
                    || account(policy, id, Given::Absent) != Truth::No =>
            {
                found.push(format!("the AWS account {id} without a second factor"));
            }
            _ => {}
        }
    }
    let named = policy
        .principals()
        .filter(|who| !is_intended(who, intended));
    let others = named.filter(|who| {
        let is = |principal: &Principal| (principal == *who).into();
        match who {
            Principal::Other { .. } => policy.may_let_in_federated(&is),
            _ => policy.judges(&is, &|_| Given::Unknown) != Truth::No,
        }
    });
    found.extend(others.map(name));
    found.sort();
    found.dedup();
    found
}

fn is_intended(who: &Principal, intended: &Intended) -> bool {
    intended.let_in.iter().any(|trusted| match (who, trusted) {
        // Told as "anyone" already.
        (Principal::Anyone, _) => true,
        // IAM puts a principal's unique id in the place of one that was deleted: nobody any more.
        (Principal::Aws(name), _) if is_unique_id(name) => true,
        // A part of an account that may come as a whole.
        (Principal::Aws(arn), Trusted::Account { id, .. }) => account_of(arn) == id.as_str(),
        (Principal::Other { kind, name }, Trusted::Service { name: service, .. }) => {
            kind == "Service" && name == service
        }
        _ => false,
    })
}

/// As `AIDA...` and `AROA...`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
fn is_unique_id(name: &str) -> bool {
    let letters = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    name.len() >= 16 && name.starts_with('A') && name.bytes().all(letters)
}

/// For whom a service acts.
enum Source<'a> {
    Own(&'a AwsAccountId),
    Another,
}

fn service(policy: &TrustPolicy, service: &str, source: Source<'_>) -> Truth {
    let named = |principal: &Principal| match principal {
        Principal::Anyone => Truth::Yes,
        Principal::Other { kind, name } => (kind == "Service" && name == service).into(),
        Principal::Aws(_) => Truth::No,
    };
    let given = |key: &str| match (key, &source) {
        (SOURCE_ACCOUNT, Source::Own(account)) => Given::Is(account.as_str()),
        // A twelve-digit number that is nobody's.
        (SOURCE_ACCOUNT, Source::Another) => Given::Is("000000000000"),
        (SOURCE_ARN, Source::Another) => {
            Given::Is("arn:aws:ssm:us-east-1:000000000000:managed-instance/mi-0")
        }
        (PRINCIPAL_SERVICE, _) => Given::Is("true"),
        (PRINCIPAL_ARN | PRINCIPAL_ACCOUNT, _) => Given::Absent,
        _ => Given::Unknown,
    };
    policy.judges(&named, &given)
}

/// Somebody of the account, of whom is known whether a second factor was shown.
fn account(policy: &TrustPolicy, id: &AwsAccountId, mfa: Given<'_>) -> Truth {
    let named = |principal: &Principal| match principal {
        Principal::Anyone => Truth::Yes,
        Principal::Aws(arn) if root_of(arn) == Some(id.as_str()) => Truth::Yes,
        Principal::Aws(arn) if account_of(arn) == id.as_str() => Truth::Maybe,
        Principal::Aws(_) | Principal::Other { .. } => Truth::No,
    };
    let given = |key: &str| match key {
        MFA => mfa,
        MFA_AGE if mfa != Given::Is("true") => Given::Absent,
        PRINCIPAL_ACCOUNT => Given::Is(id.as_str()),
        _ => Given::Unknown,
    };
    policy.judges(&named, &given)
}
