//! The filters of lists. A value that can't match anything is an error that names its parameter.

use super::status_at;
use crate::problem::Problem;
use crate::request::Request;
use crate::views::findings;
use rolecall_domain::Timestamp;
use rolecall_domain::access::ProfileName;
use rolecall_domain::aws::AwsAccountId;
use rolecall_domain::change::audit::Record;
use rolecall_domain::check::{CheckCode, Report};
use rolecall_domain::ids::GroupId;
use rolecall_domain::messages::{Alternatives, Rule};
use rolecall_domain::operator::changes::{Filter, Kind};
use rolecall_domain::record::orphan::OrphanedStackStatus;
use rolecall_domain::text::{FieldError, Tenant, search};

pub(crate) const ACCOUNT_STATUSES: [&str; 4] =
    ["active", "unhealthy", "disconnected", "deregistered"];
pub(crate) const REGISTRATION_STATUSES: [&str; 4] = ["pending", "completed", "expired", "revoked"];

/// The statuses of a kind of record, as the API names them.
pub(crate) fn statuses(kind: Kind) -> [&'static str; 4] {
    match kind {
        Kind::Account => ACCOUNT_STATUSES,
        Kind::Registration => REGISTRATION_STATUSES,
        Kind::OrphanedStack => OrphanedStackStatus::NAMES,
    }
}

/// The query parameters of a request.
pub(crate) struct Parameters<'a, 'r>(&'a Request<'r>);

impl<'a, 'r> Parameters<'a, 'r> {
    pub(crate) fn of(request: &'a Request<'r>) -> Self {
        Self(request)
    }

    fn read<T>(
        &self,
        errors: &mut Vec<FieldError>,
        name: &str,
        parse: impl FnOnce(&'r str) -> Result<T, FieldError>,
    ) -> Option<T> {
        match parse(self.0.query(name)?) {
            Ok(value) => Some(value),
            Err(error) => {
                errors.push(error.within(name));
                None
            }
        }
    }
}

/// What a list contains. A filter that is not set matches everything.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    pub(crate) tenant: Option<Tenant>,
    pub(crate) group_id: Option<GroupId>,
    pub(crate) status: Option<&'static str>,
    pub(crate) aws_account_id: Option<AwsAccountId>,
    /// In lowercase.
    search: Option<String>,
    access: Option<ProfileName>,
    finding: Option<CheckCode>,
    /// Whether the last attempt to complete a registration failed.
    attempted: Option<bool>,
    pub(crate) changed_since: Option<Timestamp>,
}

fn one_of(text: &str, names: &[&'static str]) -> Result<&'static str, FieldError> {
    let found = names.iter().find(|name| **name == text).copied();
    found.ok_or_else(|| {
        let values = Alternatives::of(names.iter().copied());
        FieldError::new("invalid", Rule::MustBeOneOf { values })
    })
}

/// Whether what people know a record by contains the text.
fn is_known_by(record: &Record, text: &str) -> bool {
    let known = match record {
        Record::Account(account) => vec![
            account.account_id.to_string(),
            account.name.to_string(),
            account.stack_id.name().to_owned(),
            account.role.arn.to_string(),
        ],
        Record::Registration(it) => {
            let name = it.account_name.as_ref().map(ToString::to_string);
            vec![
                it.registration_id.to_string(),
                it.stack_name(),
                name.unwrap_or_default(),
            ]
        }
        Record::OrphanedStack(_) | Record::Group(_) => Vec::new(),
    };
    known
        .iter()
        .any(|known| known.to_lowercase().contains(text))
}

impl Filters {
    pub(crate) fn read(parameters: &Parameters<'_, '_>, kind: Kind) -> Result<Self, Problem> {
        let mut wrong = Vec::new();
        let errors = &mut wrong;
        let code = |text: &str| {
            let mut codes = CheckCode::ALL.iter().copied();
            let code = codes.find(|code| code.as_str() == text);
            code.ok_or(FieldError::new("invalid", Rule::UnknownCheckCode))
        };
        let time = |text: &str| {
            let time = text.parse::<Timestamp>();
            time.map_err(|_| FieldError::new("invalid", Rule::NotATime))
        };
        let filters = Self {
            tenant: parameters.read(errors, "tenant", Tenant::parse),
            group_id: parameters.read(errors, "group_id", GroupId::parse),
            status: parameters.read(errors, "status", |text| one_of(text, &statuses(kind))),
            aws_account_id: parameters.read(errors, "aws_account_id", AwsAccountId::parse),
            search: parameters.read(errors, "search", search),
            access: parameters.read(errors, "access", ProfileName::parse),
            finding: parameters.read(errors, "finding", code),
            attempted: parameters
                .read(errors, "attempted", |text| one_of(text, &["true", "false"]))
                .map(|text| text == "true"),
            changed_since: parameters.read(errors, "changed_since", time),
        };
        if wrong.is_empty() {
            Ok(filters)
        } else {
            Err(Problem::fields(wrong))
        }
    }

    /// Deregistered accounts are listed only on request, and in a feed, whose readers must be notified of the
    /// deregistration.
    fn hides_deregistered(&self) -> bool {
        self.status.is_none() && self.changed_since.is_none()
    }

    /// Whether few records may pass.
    pub(super) fn is_selective(&self) -> bool {
        self.status.is_some()
            || self.aws_account_id.is_some()
            || self.search.is_some()
            || self.needs_report()
            || self.attempted.is_some()
    }

    /// The group, if its list of members has all accounts that pass: it has no deregistered ones.
    pub(super) fn group_of_members(&self) -> Option<&GroupId> {
        let group = self.group_id.as_ref();
        group.filter(|_| self.status != Some("deregistered"))
    }

    /// The filters that the index of changes can evaluate.
    pub(super) fn of_index(&self, kind: Kind) -> Filter {
        let statuses = match (kind, self.status) {
            // The expiration may not have been recorded yet.
            (Kind::Registration, Some("expired")) => vec!["expired", "pending"],
            (_, Some(status)) => vec![status],
            (Kind::Account, None) if self.hides_deregistered() => {
                vec!["active", "unhealthy", "disconnected"]
            }
            (_, None) => Vec::new(),
        };
        Filter {
            tenant: self.tenant.clone(),
            statuses,
        }
    }

    /// Whether the record's report is needed for the decision.
    pub(super) fn needs_report(&self) -> bool {
        self.access.is_some() || self.finding.is_some()
    }

    /// Whether the record passes the filters that do not depend on its report.
    pub(super) fn admits(&self, record: &Record, now: Timestamp) -> bool {
        let status = status_at(record, now);
        let in_tenant = self.tenant.as_ref().is_none_or(|it| it == record.tenant());
        let hidden = matches!(record, Record::Account(account) if account.is_deregistered())
            && self.hides_deregistered();
        let in_status = self.status.is_none_or(|wanted| status == Some(wanted)) && !hidden;
        let in_account = self
            .aws_account_id
            .as_ref()
            .is_none_or(|wanted| match record {
                Record::Account(account) => account.aws_account_id == *wanted,
                Record::OrphanedStack(stack) => stack.stack_id.account() == wanted,
                record => record.seen_aws_accounts().contains(wanted),
            });
        let in_group = self.group_id.as_ref().is_none_or(|wanted| match record {
            Record::Account(account) => account.group_id == *wanted,
            Record::Registration(registration) => registration.group_id == *wanted,
            Record::OrphanedStack(_) | Record::Group(_) => false,
        });
        let attempted = |wanted: bool| match record {
            Record::Registration(it) => it.last_attempt.is_some() == wanted,
            _ => false,
        };
        let is_found = self
            .search
            .as_ref()
            .is_none_or(|text| is_known_by(record, text));
        let is_there = in_tenant && in_group && in_account;
        is_there && in_status && is_found && self.attempted.is_none_or(attempted)
    }

    /// Whether an account with this report passes.
    pub(super) fn admits_report(&self, report: Option<&Report>) -> bool {
        let granted = |profile: &ProfileName| {
            let access = report.and_then(|report| report.access.as_ref());
            access.is_some_and(|access| access.contains(profile))
        };
        let found = |code: &CheckCode| findings(report).any(|check| check.code == *code);
        self.access.as_ref().is_none_or(granted) && self.finding.as_ref().is_none_or(found)
    }
}
