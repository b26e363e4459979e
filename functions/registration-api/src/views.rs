//! Views of records, as the API returns them.

use rolecall_domain::Timestamp;
use rolecall_domain::change::audit::AuditEntry;
use rolecall_domain::check::companion::not_as_chosen;
use rolecall_domain::check::{Check, CheckStatus, Report};
use rolecall_domain::companion::{DeployedRole, Kind, RequestedRole};
use rolecall_domain::link::links;
use rolecall_domain::link::page_token::Page;
use rolecall_domain::link::token::{KeyId, KeyRing};
use rolecall_domain::messages::Message;
use rolecall_domain::record::account::{Account, AccountState};
use rolecall_domain::record::attempt::LastAttempt;
use rolecall_domain::record::group::{Group, GroupCounts};
use rolecall_domain::record::orphan::{OrphanedStack, OrphanedStackStatus};
use rolecall_domain::record::registration::Registration;
use rolecall_domain::remedy::{Reader, Remedy};
use rolecall_domain::schedule::CheckSchedule;
use rolecall_http::check;
pub use rolecall_http::report;
use serde_json::{Value, json};

pub fn group(group: &Group, counts: GroupCounts) -> Value {
    json!({
        "group_id": group.group_id,
        "name": group.name,
        "color": group.color,
        "account_count": counts.accounts,
        "attention_count": counts.accounts_needing_attention,
        "pending_registration_count": counts.pending_registrations,
        "created_at": group.created_at,
    })
}

/// Makes the links that contain a token.
#[derive(Debug, Clone, Copy)]
pub struct Links<'a> {
    /// `None` for callers who must not see links.
    pub keys: Option<&'a KeyRing>,
    /// The URL of the pages; `None` if the hub has none.
    pub console_url: Option<&'a str>,
}

impl Links<'_> {
    /// CloudFormation's quick-create page.
    pub fn quick_create(&self, registration: &Registration) -> Option<String> {
        let id = &registration.registration_id;
        let token = self.keys?.token(id, &registration.token_key_id)?;
        Some(registration.quick_create_url(&token))
    }

    /// The page on which the customer reviews and opens the link.
    pub fn connect(&self, registration: &Registration) -> Option<String> {
        let page = Page::Connect(registration.registration_id.clone());
        self.page(&page, &registration.token_key_id)
    }

    /// The customer's view of a connected account.
    pub fn customer(&self, account: &Account) -> Option<String> {
        self.page(&account.page(), self.keys?.signer())
    }

    fn page(&self, page: &Page, key_id: &KeyId) -> Option<String> {
        let token = self.keys?.page_token(page, key_id)?;
        Some(page.url(self.console_url?, &token))
    }
}

/// The links are shown while they can be used, to callers who can connect accounts.
pub fn registration(registration: &Registration, links: Links<'_>, now: Timestamp) -> Value {
    let status = registration.status(now);
    let pending = Some(registration).filter(|_| status == "pending");
    json!({
        "registration_id": registration.registration_id,
        "group_id": registration.group_id,
        "status": status,
        "account_name": registration.account_name,
        "aws_account_id": registration.aws_account_id,
        "region": registration.region,
        "report_by": registration.report_by,
        "locale": registration.locale,
        "external_id": registration.external_id,
        "stack_name": registration.stack_name(),
        "template_url": registration.template.url,
        "template_version": registration.template.version,
        "template_id": registration.template.template_id,
        "access": registration.access,
        "quick_create_url": pending.and_then(|it| links.quick_create(it)),
        "connect_url": pending.and_then(|it| links.connect(it)),
        "return_url": registration.return_url,
        "allow_duplicate": registration.allow_duplicate,
        "companion_roles": registration.companion_roles,
        "expires_at": registration.expires_at,
        "created_at": registration.created_at,
        "account_id": registration.account_id(),
        "progress": registration.progress(),
        "last_attempt": registration.last_attempt.as_ref().map(last_attempt),
    })
}

pub fn account(
    account: &Account,
    schedule: Option<&CheckSchedule>,
    report: Option<&Report>,
    sessions_until: Option<Timestamp>,
    links: Links<'_>,
) -> Value {
    let mut view = account_item(account, schedule, report);
    view["customer_url"] = json!(links.customer(account));
    view["sessions_until"] = json!(sessions_until);
    view["last_report"] = json!(report.map(self::report));
    view["access"] = json!(report.and_then(|report| report.access.as_ref()));
    view["companion_roles"] = json!(companion_roles(account, report));
    view
}

/// The sessions of a deregistered account that are still valid, and how to end them sooner.
pub fn sessions(account: &Account, until: Timestamp, now: Timestamp) -> Value {
    let role = account.role.arn.clone();
    let partition = role.partition();
    let remedy = Remedy::RevokeSessions { role, before: now };
    json!({
        "until": until,
        "remedy": remedy.instruction(Reader::User),
        "command": remedy.command(partition),
    })
}

fn last_attempt(attempt: &LastAttempt) -> Value {
    let mut view = json!(attempt);
    if let Some(view) = view.as_object_mut() {
        view.remove("for_customer");
    }
    view["title"] = json!(attempt.code.title().localized());
    view["report"] = json!(attempt.report.as_ref().map(report));
    view
}

/// The view of an account in a list, with the findings of its last full check instead of the report.
pub fn account_item(
    account: &Account,
    schedule: Option<&CheckSchedule>,
    report: Option<&Report>,
) -> Value {
    let findings = findings(report).map(|check| check.code);
    let roles = each_companion(account);
    let mut view = json!({
        "account_id": account.account_id,
        "group_id": account.group_id,
        "registration_id": account.registration_id,
        "name": account.name,
        "status": account.state().as_str(),
        "health": health(account),
        "aws_account_id": account.aws_account_id,
        "role_arn": account.role.arn,
        "external_id": account.external_id,
        "stack_name": account.stack_id.name(),
        "stack_id": account.stack_id,
        "region": account.stack_id.region(),
        "console_url": links::stack_page(&account.stack_id),
        "template_version": account.template_version,
        "template_id": account.template_id,
        "requested_access": account.requested_access,
        "template_difference": account.template_difference(),
        "registered_at": account.registered_at,
        "last_checked_at": schedule.and_then(|schedule| schedule.last_checked_at),
        "next_check_at": schedule.and_then(|schedule| schedule.next_check_at),
        "companion_roles": roles.map(|(_, _, role)| role).collect::<Vec<_>>(),
        "verdict": report.map(|report| report.verdict),
        "findings": findings.collect::<Vec<_>>(),
    });
    match account.state() {
        AccountState::Disconnected { since, evidence } => {
            view["disconnected_at"] = json!(since);
            view["evidence"] = json!(evidence.iter().collect::<Vec<_>>());
        }
        AccountState::Deregistered {
            at,
            cause,
            orphaned_stack_id,
        } => {
            view["deregistered_at"] = json!(at);
            view["cause"] = json!(cause);
            view["orphaned_stack_id"] = json!(orphaned_stack_id);
        }
        AccountState::Active | AccountState::Unhealthy => {}
    }
    view
}

/// The requested and the deployed companion roles, each kind once.
fn each_companion(
    account: &Account,
) -> impl Iterator<Item = (Option<&RequestedRole>, Option<&DeployedRole>, Value)> {
    Kind::companions().filter_map(|kind| {
        let mut chosen = account.companion_roles.iter();
        let chosen = chosen.find(|role| role.kind == kind);
        let made = account.seen_roles().find(|made| made.kind == kind);
        let view = json!({
            "kind": kind,
            "requested_options": chosen.map(|role| &role.options),
            "options": made.and_then(|made| made.options.as_ref()),
            "role_arn": made.map(|made| &made.role_arn),
            "instance_profile_arn": made.and_then(|made| made.instance_profile_arn.as_ref()),
        });
        (chosen.is_some() || made.is_some()).then_some((chosen, made, view))
    })
}

/// The same, with the result of the last check of each role.
fn companion_roles(account: &Account, report: Option<&Report>) -> Vec<Value> {
    let each = each_companion(account).map(|(chosen, made, mut view)| {
        // An inspection of a role that has since been replaced does not apply to this one.
        let inspection = report.and_then(|report| {
            let mut inspections = report.companion_roles.iter();
            inspections.find(|one| made.is_some_and(|made| made.role_arn == one.role_arn))
        });
        let state = match (made, inspection) {
            (None, _) => json!("planned"),
            (Some(_), None) => json!("unchecked"),
            (Some(_), Some(inspection)) => json!(inspection.verdict),
        };
        // The difference from the request is computed now, not taken from the last check.
        let chosen_check = made.and_then(|made| not_as_chosen(made, chosen));
        let checks = inspection.map_or(&[][..], |inspection| &inspection.checks);
        let checks: Vec<_> = checks.iter().chain(&chosen_check).collect();
        view["state"] = state;
        view["checks"] = checks.into_iter().map(check).collect();
        view["checked_at"] = json!(inspection.and(report).map(|report| report.checked_at));
        view
    });
    each.collect()
}

fn health(account: &Account) -> Option<&'static str> {
    match account.state() {
        AccountState::Active => Some("healthy"),
        AccountState::Unhealthy => Some("unhealthy"),
        AccountState::Disconnected { .. } | AccountState::Deregistered { .. } => None,
    }
}

pub fn orphaned_stack(
    entry: &OrphanedStack,
    schedule: Option<&CheckSchedule>,
    now: Timestamp,
) -> Value {
    let remedy = entry.remedy();
    let stack = &entry.stack_id;
    let reason = match entry.status() {
        OrphanedStackStatus::Orphaned { reason } => Some(reason),
        _ => None,
    };
    let proof = if entry.proof_is_available() {
        "available"
    } else {
        "unavailable"
    };
    json!({
        "orphaned_stack_id": entry.orphaned_stack_id,
        "account_id": entry.account_id,
        "registration_id": entry.registration_id,
        "stack_name": stack.name(),
        "stack_id": stack,
        "region": stack.region(),
        "aws_account_id": stack.account(),
        "role_arn": entry.role_arn,
        "console_url": links::stack_page(stack),
        "remedy": remedy.as_ref().map(|remedy| remedy.instruction(Reader::User)),
        "delete_command": remedy.as_ref().and_then(|it| it.command(stack.partition())),
        "stack_protected": entry.seen().protected,
        "status": entry.status().as_str(),
        "reason": reason,
        "proof": proof,
        "stale": entry.is_stale(now),
        "evidence": entry.evidence().iter().collect::<Vec<_>>(),
        "opened_at": entry.opened_at,
        "age_seconds": now.duration_since(entry.opened_at).as_secs().max(0),
        "last_checked_at": schedule.and_then(|schedule| schedule.last_checked_at),
        "next_check_at": schedule.and_then(|schedule| schedule.next_check_at),
    })
}

pub fn audit_entry(entry: &AuditEntry) -> Value {
    json!({
        "sequence": entry.sequence,
        "event": entry.event,
        "at": entry.at,
        "actor": entry.actor,
        "actor_name": entry.person.name,
        "actor_email": entry.person.email,
        "session_name": entry.session_name,
        "cause": entry.cause,
        "record": entry.record,
    })
}

/// The checks of a report that failed or have a warning, of the hub's role and of companion roles.
pub fn findings(report: Option<&Report>) -> impl Iterator<Item = &Check> {
    let reports = report.into_iter();
    let all = reports.flat_map(|report| {
        let companions = report.companion_roles.iter().flat_map(|role| &role.checks);
        report.checks.iter().chain(companions)
    });
    all.filter(|check| matches!(check.status, CheckStatus::Failed | CheckStatus::Warning))
}
