//! The table's layout. Only this file constructs keys.
//!
//! | pk | sk | content |
//! |---|---|---|
//! | `TENANT#<t>` | `GROUP#<id>`, `REGISTRATION#<id>`, `ACCOUNT#<id>`, `STACK#<id>` | the records, one attribute per field; `version` is the optimistic lock |
//! | `TENANT#<t>` | `IN#<group>#ACCOUNT#<id>`, `IN#<group>#REGISTRATION#<id>` | members of a group, without deregistered accounts; keys only |
//! | `TENANT#<t>` | `ATTENTION#<group>#<account>` | accounts that failed a check or whose stack is being deleted; keys only |
//! | `TENANT#<t>` | `PENDING#<group>#<registration>` | registrations that are not recorded as ended; keys only |
//! | `TENANT#<t>` | `ORPHAN#<status>#<orphaned stack>` | orphaned stacks by status; keys only |
//! | `TENANT#<t>` | `UNPROVEN#<orphaned stack>` | open orphaned stacks that nothing has proven; keys only |
//! | `TENANT#<t>` | `AUDIT#<record>#<sequence>` | the audit trail, which is also the outbox; the sequence has ten digits, so that it sorts |
//! | `TENANT#<t>` | `SCHEDULE#<subject>` | the check schedule; `due_shard` and `due_at` put it on the index `due` while a check is due |
//! | `TENANT#<t>` | `REPORT#<subject>` | the last full check's report, separate from the schedule, which every check writes |
//! | `TENANT#<t>` | `PACE#<what>` | a rate limit: when the bucket is full again; `ttl` |
//! | `TENANT#<t>` | `CONNECTED#<AWS account>` | the set `holders`: the accounts that connect the AWS account |
//! | `TENANT#<t>` | `IDEMPOTENCY#<route>#<key>` | the ID of the record that a request created; `ttl` |
//! | `TENANT#<t>` | `COUNT#<shard>` | counters of the tenant's records by kind and status |
//! | `TENANT#<t>` | `USAGE#<month>#<shard>` | counters of the tenant's usage in the month |
//! | `TENANTS#<shard>` | `TENANT#<t>` | the tenants that have ever had a group |
//! | `ACCOUNT#<id>` | `OWNER` | the account's tenant |
//! | `AWS_ACCOUNT#<AWS account>` | `WATCHED#<t>#<record>` | registered accounts and open orphaned stacks in the AWS account; keys only |
//! | `AWS_ACCOUNT#<AWS account>` | `SEEN#<t>#<record>` | every record that was ever about the AWS account; keys only, permanent |
//! | `REGISTRATION#<id>` | `REGISTRATION` | a copy of the registration for callbacks, which have no tenant |
//! | `REGISTRATION#<id>` | `DELIVERIES#<day>` | the number of requests with its token on that day; `ttl` |
//! | `REGISTRATION#<id>` | `PASTE` | the last pasted stack, and when it was first pasted; `ttl` |
//! | `REGISTRATION#<id>` | `VERIFICATION` | the last stack whose verification began; `ttl` |
//! | `GUARD#<kind>#<value>` | `GUARD` | the owner of a unique key |
//! | `ORPHAN#<StackId>` | `REGISTRATION#<id>` | the registration's orphaned stack for this StackId |
//! | `ORPHAN#<StackId>` | `WATCHED#<t>#<orphaned stack>` | proven orphaned stacks that never became an account; keys only |
//! | `DELETED#<registration>` | `<StackId>#<logical id>` | a custom resource that was deleted before its Create finished; `ttl` |
//! | `REQUEST#<registration>` | `<StackId>#<RequestId>` | a CloudFormation request: its lease and its response; `ttl` |
//! | `HUB` | `OFFERING` | what the operator published for customers |
//! | `HUB` | `LOGO` | the logo of the published brand |
//! | `HUB` | `WORKLOADS` | the issuers and rules of workloads that the operator published |
//! | `TEMPLATE#<template_id>` | `TEMPLATE` | an onboarding template that was put into the bucket |
//!
//! The table of receipts:
//!
//! | pk | sk | content |
//! |---|---|---|
//! | `ACCOUNT#<id>` | `RECEIPT#<receipt>` | a receipt of issued credentials; `ttl` |
//! | `ACCOUNT#<id>` | `PROOF` | the broker's own last proof of the account; `ttl` |
//! | `TENANT#<t>` | `AUDIT#<account>/<profile>/<service>#<hour>` | the event for the first credentials in an
//! hour, and `issued`, their number; `ttl` |
//! | `TENANT#<t>` | `PACE#<what>` | a rate limit, as above |
//! | `USAGE#<month>` | `TENANT#<t>#<shard>` | the number of times that credentials were issued, for a part of
//! the tenant's accounts; `ttl` |
//!
//! Identifiers, tenants and ARNs contain no `#`, and free text comes last in a key, so keys are
//! unambiguous. Accounts, registrations and orphaned stacks are on the index `changes`, by kind and
//! shard (`changes_shard`) and by the time of the last commit (`changes_at`, which only grows), with
//! `tenant` and `listed_status` for filters. Numbers in conditions are epoch milliseconds and their names end in `_ms` (except
//! `due_at`); `ttl` is in seconds. Times for people are RFC 3339.

use aws_sdk_dynamodb::types::AttributeValue;
use rolecall_domain::aws::{AwsAccountId, StackId};
use rolecall_domain::change::audit::{AuditEntry, Record};
use rolecall_domain::change::{Guard, IdempotencyRecord, Owner, RequestKey};
use rolecall_domain::ids::{AccountId, GroupId, OrphanedStackId, RegistrationId};
use rolecall_domain::link::template::TemplateId;
use rolecall_domain::operator::changes::Kind;
use rolecall_domain::operator::counts::Counters;
use rolecall_domain::record::registration::{Registration, RegistrationState};
use rolecall_domain::schedule::Subject;
use rolecall_domain::schedule::pace::Limited;
use rolecall_domain::text::month::Month;
use rolecall_domain::text::{IdempotencyKey, Tenant};
use std::collections::HashMap;
use std::fmt;

/// An item's attributes by name.
pub(super) type Item = HashMap<String, AttributeValue>;

/// The index of due subjects, and its keys.
pub(super) const DUE_INDEX: &str = "due";
pub(super) const DUE_SHARD: &str = "due_shard";
pub(super) const DUE_AT: &str = "due_at";
/// The index of changes, its keys, and the status that it projects.
pub(super) const CHANGES_INDEX: &str = "changes";
pub(super) const CHANGES_SHARD: &str = "changes_shard";
pub(super) const CHANGES_AT: &str = "changes_at";
pub(super) const LISTED_STATUS: &str = "listed_status";
/// When DynamoDB may delete an item. Deletion can lag by days, so expiration is decided by the
/// clock.
pub(super) const TTL: &str = "ttl";
/// A group's `closing_until`, for conditions.
pub(super) const CLOSING_UNTIL_MS: &str = "closing_until_ms";

/// The key of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Key {
    fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        let (pk, sk) = (pk.into(), sk.into());
        Self { pk, sk }
    }

    /// A key in a tenant's partition.
    pub(super) fn of(tenant: &Tenant, sk: impl Into<String>) -> Self {
        Self::new(format!("{TENANTS}{tenant}"), sk)
    }

    pub(super) fn group(tenant: &Tenant, id: &GroupId) -> Self {
        Self::of(tenant, format!("{GROUPS}{id}"))
    }

    pub(super) fn registration(tenant: &Tenant, id: &RegistrationId) -> Self {
        Self::of(tenant, format!("{REGISTRATIONS}{id}"))
    }

    pub(super) fn registration_copy(id: &RegistrationId) -> Self {
        Self::new(format!("{REGISTRATIONS}{id}"), "REGISTRATION")
    }

    pub(super) fn account(tenant: &Tenant, id: &AccountId) -> Self {
        Self::of(tenant, format!("{ACCOUNTS}{id}"))
    }

    pub(super) fn receipt(account_id: &AccountId, receipt_id: &str) -> Self {
        Self::new(
            format!("{ACCOUNTS}{account_id}"),
            format!("{RECEIPTS}{receipt_id}"),
        )
    }

    pub(super) fn broker_proof(account_id: &AccountId) -> Self {
        Self::new(format!("{ACCOUNTS}{account_id}"), "PROOF")
    }

    /// Spread over several items, because concurrent transactions must not write the same one.
    pub(super) fn usage(month: &Month, tenant: &Tenant, account_id: &AccountId) -> Self {
        let shard = Subject::Account(account_id.clone()).shard();
        Self::new(
            format!("USAGE#{month}"),
            format!("{TENANTS}{tenant}#{shard:x}"),
        )
    }

    /// The prefix of the counters of a tenant's month.
    pub(super) fn usages(month: &Month, tenant: &Tenant) -> Self {
        Self::new(format!("USAGE#{month}"), format!("{TENANTS}{tenant}#"))
    }

    pub(super) fn orphaned_stack(tenant: &Tenant, id: &OrphanedStackId) -> Self {
        Self::of(tenant, format!("{STACKS}{id}"))
    }

    pub(super) fn record(record: &Record) -> Self {
        let tenant = record.tenant();
        match record {
            Record::Group(group) => Self::group(tenant, &group.group_id),
            Record::Registration(it) => Self::registration(tenant, &it.registration_id),
            Record::Account(account) => Self::account(tenant, &account.account_id),
            Record::OrphanedStack(orphan) => {
                Self::orphaned_stack(tenant, &orphan.orphaned_stack_id)
            }
        }
    }

    pub(super) fn audit(entry: &AuditEntry) -> Self {
        let position = history_position(entry.sequence);
        let sk = format!("{}{position}", history_of(&entry.record_id));
        Self::of(&entry.tenant, sk)
    }

    pub(super) fn check_schedule(tenant: &Tenant, subject: &Subject) -> Self {
        Self::of(tenant, format!("{SCHEDULES}{}", subject.as_str()))
    }

    pub(super) fn report(tenant: &Tenant, subject: &Subject) -> Self {
        Self::of(tenant, format!("REPORT#{}", subject.as_str()))
    }

    /// A record that depends on an AWS account.
    pub(super) fn watched(aws_account_id: &AwsAccountId, rest: &str) -> Self {
        let pk = format!("AWS_ACCOUNT#{aws_account_id}");
        Self::new(pk, format!("{WATCHED}{rest}"))
    }

    /// A record that was ever about an AWS account.
    pub(super) fn seen(aws_account_id: &AwsAccountId, rest: &str) -> Self {
        Self::new(
            format!("AWS_ACCOUNT#{aws_account_id}"),
            format!("{SEEN}{rest}"),
        )
    }

    pub(super) fn owner(id: &AccountId) -> Self {
        Self::new(format!("{ACCOUNTS}{id}"), "OWNER")
    }

    /// The registry of tenants. The shard is a checksum of the name.
    pub(super) fn tenant(tenant: &Tenant) -> Self {
        let sum = tenant.as_str().bytes().fold(0_u8, u8::wrapping_add);
        Self::tenants(sum % TENANT_SHARDS, tenant.as_str())
    }

    pub(super) fn tenants(shard: u8, rest: &str) -> Self {
        Self::new(format!("TENANTS#{shard:x}"), format!("{TENANTS}{rest}"))
    }

    pub(super) fn counters(counters: &Counters) -> Self {
        match counters {
            Counters::Status { tenant, shard } => Self::of(tenant, format!("{COUNTS}{shard:02x}")),
            Counters::Usage {
                tenant,
                month,
                shard,
            } => Self::of(tenant, format!("{USAGES}{month}#{shard:x}")),
        }
    }

    pub(super) fn pace(tenant: &Tenant, what: &Limited) -> Self {
        Self::of(tenant, format!("PACE#{}", what.name()))
    }

    pub(super) fn connected(tenant: &Tenant, aws_account_id: &AwsAccountId) -> Self {
        Self::of(tenant, format!("CONNECTED#{aws_account_id}"))
    }

    pub(super) fn idempotency(tenant: &Tenant, route: &str, key: &IdempotencyKey) -> Self {
        Self::of(tenant, format!("IDEMPOTENCY#{route}#{key}"))
    }

    pub(super) fn idempotency_record(record: &IdempotencyRecord) -> Self {
        Self::idempotency(&record.tenant, &record.route, &record.key)
    }

    pub(super) fn guard(guard: &Guard) -> Self {
        let name = match guard {
            Guard::RoleArn(arn) => format!("ROLE_ARN#{arn}"),
            Guard::RoleUniqueId(id) => format!("ROLE_UNIQUE_ID#{id}"),
            Guard::Stack(stack) => format!("STACK#{stack}"),
            Guard::ExternalId(id) => format!("{EXTERNAL_ID}{id}"),
            Guard::OrphanedStack {
                registration_id,
                stack_id,
            } => {
                let pk = Self::watched_stack(stack_id, "").pk;
                return Self::new(pk, format!("{REGISTRATIONS}{registration_id}"));
            }
            Guard::Deleted {
                registration_id,
                stack_id,
                logical_resource_id,
            } => {
                let resource = format!("{stack_id}#{logical_resource_id}");
                return Self::new(format!("DELETED#{registration_id}"), resource);
            }
        };
        Self::new(format!("GUARD#{name}"), "GUARD")
    }

    /// A record that depends on a stack.
    pub(super) fn watched_stack(stack_id: &StackId, rest: &str) -> Self {
        Self::new(format!("ORPHAN#{stack_id}"), format!("{WATCHED}{rest}"))
    }

    pub(super) fn request(key: &RequestKey) -> Self {
        let RequestKey {
            registration_id,
            stack_id,
            request_id,
        } = key;
        let request = format!("{stack_id}#{request_id}");
        Self::new(format!("REQUEST#{registration_id}"), request)
    }

    /// The day is counted from the Unix epoch.
    pub(super) fn deliveries(id: &RegistrationId, day: i64) -> Self {
        Self::new(format!("{REGISTRATIONS}{id}"), format!("DELIVERIES#{day}"))
    }

    pub(super) fn paste(id: &RegistrationId) -> Self {
        Self::new(format!("{REGISTRATIONS}{id}"), "PASTE")
    }

    pub(super) fn verification(id: &RegistrationId) -> Self {
        Self::new(format!("{REGISTRATIONS}{id}"), "VERIFICATION")
    }

    pub(super) fn offering() -> Self {
        Self::new("HUB", "OFFERING")
    }

    pub(super) fn logo() -> Self {
        Self::new("HUB", "LOGO")
    }

    pub(super) fn workloads() -> Self {
        Self::new("HUB", "WORKLOADS")
    }

    pub(super) fn template(id: &TemplateId) -> Self {
        Self::new(format!("TEMPLATE#{id}"), "TEMPLATE")
    }

    /// The key of an item that was read.
    pub(super) fn read(item: &Item) -> Self {
        let text = |name: &str| {
            let value = item.get(name).and_then(|value| value.as_s().ok());
            value.cloned().unwrap_or_default()
        };
        Self::new(text("pk"), text("sk"))
    }

    pub(super) fn attributes(&self) -> Item {
        let text = |text: &String| AttributeValue::S(text.clone());
        Item::from([
            ("pk".to_owned(), text(&self.pk)),
            ("sk".to_owned(), text(&self.sk)),
        ])
    }
}

impl fmt::Display for Key {
    /// For logs, so without external IDs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pk.split_once(EXTERNAL_ID) {
            Some((start, _)) => write!(f, "{start}{EXTERNAL_ID}/{}", self.sk),
            None => write!(f, "{}/{}", self.pk, self.sk),
        }
    }
}

const EXTERNAL_ID: &str = "EXTERNAL_ID#";

// Prefixes of keys; an ID follows.
const TENANTS: &str = "TENANT#";
pub(super) const RECEIPTS: &str = "RECEIPT#";
pub(super) const GROUPS: &str = "GROUP#";
pub(super) const STACKS: &str = "STACK#";
pub(super) const REGISTRATIONS: &str = "REGISTRATION#";
pub(super) const ACCOUNTS: &str = "ACCOUNT#";
const SCHEDULES: &str = "SCHEDULE#";
const AUDITS: &str = "AUDIT#";
pub(super) const ATTENTION: &str = "ATTENTION#";
pub(super) const PENDING: &str = "PENDING#";
pub(super) const UNPROVEN: &str = "UNPROVEN#";
const WATCHED: &str = "WATCHED#";
const SEEN: &str = "SEEN#";
pub(super) const COUNTS: &str = "COUNT#";
pub(super) const USAGES: &str = "USAGE#";

/// The registry of tenants is spread over this many partitions.
pub(super) const TENANT_SHARDS: u8 = 16;

pub(super) fn changes_shard(kind: Kind, shard: u8) -> String {
    format!("{}#{shard:x}", kind.as_str())
}

pub(super) fn accounts_in(group: &GroupId) -> String {
    format!("IN#{group}#{ACCOUNTS}")
}

pub(super) fn attention_in(group: &GroupId) -> String {
    format!("{ATTENTION}{group}#")
}

pub(super) fn registrations_in(group: &GroupId) -> String {
    format!("IN#{group}#{REGISTRATIONS}")
}

pub(super) fn pending_in(group: &GroupId) -> String {
    format!("{PENDING}{group}#")
}

pub(super) fn orphans_of(status: &str) -> String {
    format!("ORPHAN#{status}#")
}

pub(super) fn history_of(record_id: &str) -> String {
    format!("{AUDITS}{record_id}#")
}

/// The audit entries of one record, or of all.
pub(super) fn audits_of(record_id: Option<&str>) -> String {
    record_id.map_or_else(|| AUDITS.to_owned(), history_of)
}

/// The audit entries of an account's credentials, in the table of receipts.
pub(super) fn issues_of(account_id: &str) -> String {
    format!("{AUDITS}{account_id}/")
}

fn history_position(sequence: u64) -> String {
    format!("{sequence:010}")
}

pub(super) fn is_audit(sk: &str) -> bool {
    sk.starts_with(AUDITS)
}

pub(super) fn due_shard(shard: u8) -> String {
    format!("DUE#{shard:x}")
}

/// The subject of a schedule's key.
pub(super) fn subject_of(key: &Key) -> Option<(Tenant, Subject)> {
    let tenant = Tenant::parse(key.pk.strip_prefix(TENANTS)?).ok()?;
    let subject = Subject::try_from(key.sk.strip_prefix(SCHEDULES)?.to_owned()).ok()?;
    // The key must be the subject's canonical key, so that writes reach this item.
    (Key::check_schedule(&tenant, &subject) == *key).then_some((tenant, subject))
}

/// The record in a `WATCHED` or `SEEN` key.
pub(super) fn watched_owner(key: &Key) -> Option<Owner> {
    let rest = key.sk.strip_prefix(WATCHED);
    let rest = rest.or_else(|| key.sk.strip_prefix(SEEN))?;
    let (tenant, record_id) = rest.split_once('#')?;
    Some(Owner {
        tenant: Tenant::parse(tenant).ok()?,
        record_id: record_id.to_owned(),
    })
}

/// The record whose own key this is.
pub(super) fn record_owner(key: &Key) -> Option<Owner> {
    let (_, record_id) = key.sk.split_once('#')?;
    Some(Owner {
        tenant: Tenant::parse(key.pk.strip_prefix(TENANTS)?).ok()?,
        record_id: record_id.to_owned(),
    })
}

/// The month of an item with usage counters.
pub(super) fn usage_month(key: &Key) -> Option<Month> {
    let (month, _) = key.sk.strip_prefix(USAGES)?.split_once('#')?;
    Month::parse(month).ok()
}

/// Keys that stay when the record no longer has them.
pub(super) fn permanent_keys(record: &Record) -> Vec<Key> {
    let owner = format!("{}#{}", record.tenant(), record.id());
    let seen = record.seen_aws_accounts().into_iter();
    seen.map(|id| Key::seen(id, &owner)).collect()
}

/// The index keys of a record. A commit writes the difference between old and new keys.
pub(super) fn index_keys(record: &Record) -> Vec<Key> {
    let listed = match record {
        Record::Group(_) => Vec::new(),
        Record::Registration(registration) => registration_index(registration),
        Record::Account(account) if account.is_deregistered() => Vec::new(),
        Record::Account(account) => {
            let (group, id) = (&account.group_id, &account.account_id);
            let mut keys = vec![format!("{}{id}", accounts_in(group))];
            if account.needs_attention() {
                keys.push(format!("{}{id}", attention_in(group)));
            }
            keys
        }
        Record::OrphanedStack(orphan) => {
            let id = &orphan.orphaned_stack_id;
            let mut keys = vec![format!("{}{id}", orphans_of(orphan.status().as_str()))];
            if orphan.is_unproven() {
                keys.push(format!("{UNPROVEN}{id}"));
            }
            keys
        }
    };
    let tenant = record.tenant();
    let owner = format!("{tenant}#{}", record.id());
    let account = record.watched_aws_account();
    let account = account.map(|aws_account_id| Key::watched(aws_account_id, &owner));
    let stack = record.watched_stack();
    let stack = stack.map(|stack_id| Key::watched_stack(stack_id, &owner));
    let listed = listed.into_iter().map(|sk| Key::of(tenant, sk));
    listed.chain(account).chain(stack).collect()
}

fn registration_index(registration: &Registration) -> Vec<String> {
    let (group, id) = (&registration.group_id, &registration.registration_id);
    let mut keys = vec![format!("{}{id}", registrations_in(group))];
    if registration.state == RegistrationState::Pending {
        keys.push(format!("{}{id}", pending_in(group)));
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use rolecall_domain::aws::ExternalId;

    #[test]
    fn displayed_key_contains_no_external_id() {
        let id = ExternalId::parse("not-for-the-log").expect("valid");
        let key = Key::guard(&Guard::ExternalId(id));
        assert_eq!(key.to_string(), "GUARD#EXTERNAL_ID#/GUARD");
        assert_eq!(key.pk, "GUARD#EXTERNAL_ID#not-for-the-log");
    }

    #[test]
    fn history_sorts_numerically() {
        assert!(history_position(9) < history_position(10));
    }
}
