//! Checks a token's claims, and determines the access profiles of its subject.

use super::{Issuer, IssuerName, Token, WorkloadRule, Workloads};
use crate::access::ProfileName;
use crate::messages::{Quoted, Series, TokenFault};
use crate::text::service::ServiceName;
use crate::text::{FieldError, Tenant};
use jiff::{SignedDuration, Timestamp};

/// How far the clocks of an issuer and of the hub may differ.
pub const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// An authenticated program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    pub issuer: IssuerName,
    pub subject: String,
    /// The rules for it.
    rules: Vec<WorkloadRule>,
}

impl Workloads {
    /// The issuer of a token. The whole text is compared, and nothing is fetched for other issuers.
    ///
    /// # Errors
    /// If the operator has not published it.
    pub fn issuer_of(&self, token: &Token) -> Result<(&IssuerName, &Issuer), TokenFault> {
        let mut issuers = self.issuers.iter();
        let found = issuers.find(|(_, one)| one.issuer.as_str() == token.issuer);
        found.ok_or_else(|| TokenFault::UnknownIssuer {
            found: Quoted::claim(&token.issuer),
        })
    }

    /// The workload of a token whose signature was verified with the keys of this issuer.
    pub fn workload(&self, issuer: &IssuerName, token: &Token) -> Workload {
        let rules = self
            .rules
            .iter()
            .filter(|rule| rule.issuer == *issuer && rule.subject.matches(&token.subject));
        Workload {
            issuer: issuer.clone(),
            subject: token.subject.clone(),
            rules: rules.cloned().collect(),
        }
    }
}

impl Issuer {
    /// Checks the claims that need no key.
    ///
    /// # Errors
    /// The invalid claim, its value and the expected value.
    pub fn check_claims(&self, token: &Token, now: Timestamp) -> Result<(), TokenFault> {
        let audience = self.audience.as_str();
        if !token.audiences.iter().any(|one| one == audience) {
            let found = token.audiences.iter().take(3);
            let found = found.map(|one| Quoted::claim(one));
            return Err(TokenFault::WrongAudience {
                expected: audience.to_owned(),
                found: Series(found.collect()),
            });
        }
        let (now_text, leeway) = (now.to_string(), LEEWAY);
        if token.expires + leeway <= now {
            return Err(TokenFault::Expired {
                expires: token.expires.to_string(),
                now: now_text,
            });
        }
        let from = [("nbf", token.not_before), ("iat", token.issued)];
        for (claim, time) in from {
            if let Some(time) = time.filter(|time| *time > now + leeway) {
                return Err(TokenFault::NotYetValid {
                    claim,
                    from: time.to_string(),
                    now: now_text,
                });
            }
        }
        Ok(())
    }
}

impl Workload {
    /// Its name in receipts, limits and audit entries.
    ///
    /// # Errors
    /// Never for the subject of a [`Token`], which has a bounded length.
    pub fn service(&self) -> Result<ServiceName, FieldError> {
        ServiceName::of_workload(self.issuer.as_str(), &self.subject)
    }

    /// Whether it gets the profile in the accounts of any tenant.
    pub fn may_use(&self, profile: &ProfileName) -> bool {
        self.rules
            .iter()
            .any(|rule| rule.profiles.contains(profile))
    }

    /// Whether it gets the profile in the accounts of this tenant.
    pub fn may_use_in(&self, profile: &ProfileName, tenant: &Tenant) -> bool {
        let of_tenant = |rule: &WorkloadRule| {
            let tenants = rule.tenants.as_ref();
            tenants.is_none_or(|tenants| tenants.contains(tenant))
        };
        let mut rules = self.rules.iter();
        rules.any(|rule| rule.profiles.contains(profile) && of_tenant(rule))
    }
}
