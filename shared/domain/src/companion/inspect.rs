//! Compares a companion role as it is with what was chosen about it: who gets in, what it may do,
//! what else has to be there. Every finding names the step that is missing and what does it.

use super::intended::{Intended, Trusted};
use super::{CompanionRole, Kind, MadeRole, remedy, trust};
use crate::aws::RoleArn;
use crate::ids::AccountId;
use crate::policy::PolicyDocument;
use crate::policy::grants::missing_from;
use crate::verification::trust_policy::TrustPolicy;
use crate::verification::{CheckStatus, Read, RoleFacts, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What was seen of the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub role: Read<RoleFacts>,
    /// ARNs.
    pub attached: Read<BTreeSet<String>>,
    /// Documents by name.
    pub inline: Read<BTreeMap<String, String>>,
    /// The names of the roles in it; none where the kind has no instance profile.
    pub instance_profile: Option<Read<BTreeSet<String>>>,
    /// The texts of attached policies that were not chosen, where the hub's role may read them.
    pub further: BTreeMap<String, String>,
}

/// What else is known of the role's account.
#[derive(Debug, Clone, Copy, Default)]
pub struct Around<'a> {
    /// The permissions boundary that the stack gives all its roles.
    pub boundary: Option<&'a str>,
    /// The tenant's other accounts that have such a role in the same AWS account.
    pub alike: &'a [AccountId],
}

/// How an inspection went: a report of its own, which says nothing about the hub's access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    pub kind: Kind,
    pub role_arn: RoleArn,
    pub verdict: Verdict,
    pub checks: Vec<RoleCheck>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleCheck {
    pub code: RoleCheckCode,
    pub status: CheckStatus,
    pub message: String,
    /// The step that is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// What does it, to paste.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub evidence: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleCheckCode {
    RoleMissing,
    TrustMissing,
    TrustTooBroad,
    PolicyMissing,
    PolicyExtra,
    InstanceProfile,
    BoundaryMissing,
    SessionLength,
    NotAsChosen,
    TrustsOwnAccount,
    NotAlone,
}

/// A customer can attach much; a report is kept, and shown with its account.
const MOST_EVIDENCE: usize = 20;
/// In a sentence or a command.
const MOST_NAMED: usize = 5;

impl RoleCheck {
    fn new(code: RoleCheckCode, status: CheckStatus, message: impl Into<String>) -> Self {
        Self {
            code,
            status,
            message: message.into(),
            remedy: None,
            command: None,
            evidence: BTreeMap::new(),
        }
    }

    fn passed(code: RoleCheckCode, message: impl Into<String>) -> Self {
        Self::new(code, CheckStatus::Passed, message)
    }

    fn failed(code: RoleCheckCode, message: impl Into<String>) -> Self {
        Self::new(code, CheckStatus::Failed, message)
    }

    fn step(self, remedy: impl Into<String>, command: Option<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            command,
            ..self
        }
    }

    fn with(mut self, name: &str, values: impl IntoIterator<Item = String>) -> Self {
        let values: Vec<String> = values.into_iter().take(MOST_EVIDENCE).collect();
        if !values.is_empty() {
            self.evidence.insert(name.to_owned(), values);
        }
        self
    }

    /// What stood in the way of looking, if anything did.
    fn unseen<T>(code: RoleCheckCode, read: &Read<T>) -> Option<Self> {
        let inconclusive = |message: String| Self::new(code, CheckStatus::Inconclusive, message);
        match read {
            Read::Seen(_) => None,
            Read::Denied(action) => {
                let message = format!("The hub's role may not call {action} for this role.");
                let step =
                    format!("Update the stack to the current template, or allow {action} for it.");
                Some(inconclusive(message).step(step, None))
            }
            Read::NotFound => Some(Self::new(
                code,
                CheckStatus::Skipped,
                "The role is not there.",
            )),
            Read::Throttled => Some(inconclusive("AWS throttled the hub.".to_owned())),
            Read::Unreachable => Some(inconclusive("AWS gave no usable answer.".to_owned())),
        }
    }
}

/// Compares the role with what its stack's parameter asks for.
pub fn inspect(made: &MadeRole, seen: &Seen, around: &Around<'_>) -> Inspection {
    let mut checks = vec![role_missing(made, seen)];
    match (&seen.role, Intended::of(made)) {
        (Read::Seen(role), Some(intended)) => {
            checks.extend(trust_checks(made, &intended, role));
            checks.push(policy_missing(made, &intended, seen));
            checks.push(policy_extra(made, &intended, seen));
            checks.extend(boundary_missing(made, role, around));
            checks.extend(instance_profile(made, &intended, seen));
            checks.extend(session_length(made, &intended, role));
            checks.extend(trusts_own_account(&intended));
        }
        (Read::Seen(_), None) => checks.push(unreadable(made)),
        _ => {}
    }
    if made.kind.one_per_account {
        checks.push(not_alone(around.alike));
    }
    Inspection {
        kind: made.kind,
        role_arn: made.role_arn.clone(),
        verdict: Verdict::of(checks.iter().map(|check| check.status)),
        checks,
    }
}

fn role_missing(made: &MadeRole, seen: &Seen) -> RoleCheck {
    const CODE: RoleCheckCode = RoleCheckCode::RoleMissing;
    if seen.role == Read::NotFound {
        let message = format!("The role {} is not there any more.", made.role_arn.name());
        let step = "Update the stack without this role, and then with it again: a stack does not make again what was deleted beside it.";
        return RoleCheck::failed(CODE, message).step(step, None);
    }
    RoleCheck::unseen(CODE, &seen.role)
        .unwrap_or_else(|| RoleCheck::passed(CODE, "The role is there."))
}

fn unreadable(made: &MadeRole) -> RoleCheck {
    let message = format!(
        "The stack's parameter {} is not in the form that a link gives it, so nothing can be compared with it.",
        made.kind.logical_id
    );
    let step = "Update the stack with the value that the hub gives.";
    RoleCheck::new(
        RoleCheckCode::NotAsChosen,
        CheckStatus::Inconclusive,
        message,
    )
    .step(step, None)
}

fn trust_checks(made: &MadeRole, intended: &Intended, role: &RoleFacts) -> [RoleCheck; 2] {
    use RoleCheckCode::{TrustMissing, TrustTooBroad};
    let command = || Some(remedy::let_in(&made.role_arn, intended));
    let Ok(policy) = TrustPolicy::parse(&role.trust_policy) else {
        let unread = |code| {
            let message = "The role's trust policy can't be read.";
            let step = "Write the trust policy anew.";
            RoleCheck::new(code, CheckStatus::Inconclusive, message).step(step, command())
        };
        return [unread(TrustMissing), unread(TrustTooBroad)];
    };
    let words = |list: &[&Trusted]| {
        let names: Vec<String> = list.iter().map(|one| one.in_words()).collect();
        names.join(" and ")
    };
    let left_out = trust::left_out(&policy, intended);
    let missing = if left_out.is_empty() {
        let all: Vec<&Trusted> = intended.let_in.iter().collect();
        RoleCheck::passed(
            TrustMissing,
            format!("The trust policy lets in {}.", words(&all)),
        )
    } else {
        let who = words(&left_out);
        let message = format!(
            "The trust policy does not let in {who}: who may use a role is its trust policy's business, not its permissions'."
        );
        RoleCheck::failed(TrustMissing, message)
            .step(format!("Let {who} assume the role."), command())
            .with("missing", left_out.iter().map(|one| one.in_words()))
    };
    let beyond = trust::beyond(&policy, intended);
    let broad = if beyond.is_empty() {
        RoleCheck::passed(TrustTooBroad, "It lets in nobody else.")
    } else {
        let message = format!(
            "The trust policy lets in more than was chosen: {}.",
            beyond.join(", ")
        );
        RoleCheck::failed(TrustTooBroad, message)
            .step("Take the others out of the trust policy.", command())
            .with("beyond", beyond)
    };
    [missing, broad]
}

/// The role's policies, or what stood in the way of reading them.
fn policies(
    code: RoleCheckCode,
    seen: &Seen,
) -> Result<(&BTreeSet<String>, &BTreeMap<String, String>), RoleCheck> {
    match (&seen.attached, &seen.inline) {
        (Read::Seen(attached), Read::Seen(inline)) => Ok((attached, inline)),
        (attached, inline) => {
            let unseen = RoleCheck::unseen(code, attached);
            let unseen = unseen.or_else(|| RoleCheck::unseen(code, inline));
            Err(unseen.unwrap_or_else(|| RoleCheck::passed(code, "There is nothing to compare.")))
        }
    }
}

fn policy_missing(made: &MadeRole, intended: &Intended, seen: &Seen) -> RoleCheck {
    const CODE: RoleCheckCode = RoleCheckCode::PolicyMissing;
    let (attached, inline) = match policies(CODE, seen) {
        Ok(policies) => policies,
        Err(unseen) => return unseen,
    };
    let managed: Vec<&String> = intended.managed.difference(attached).collect();
    let lacks = |name: &&String| !says_as_much(inline.get(*name), intended.inline.get(*name));
    let written: Vec<&String> = intended.inline.keys().filter(lacks).collect();
    if managed.is_empty() && written.is_empty() {
        return RoleCheck::passed(CODE, "Every policy that was chosen is attached.");
    }
    let missing: Vec<&String> = managed.iter().chain(&written).copied().collect();
    let names = named(&missing);
    let command = remedy::both(
        remedy::attach(&made.role_arn, managed),
        remedy::write_inline(&made.role_arn, written, intended),
    );
    let message = format!(
        "The role lacks all or a part of {names}: what a role may do is its permissions' business, not its trust policy's."
    );
    RoleCheck::failed(CODE, message)
        .step(format!("Attach {names}."), command)
        .with("missing", missing.into_iter().cloned())
}

/// Policies by their names, of very many the first.
fn named(names_or_arns: &[&String]) -> String {
    let names = names_or_arns.iter().map(|one| short(one)).take(MOST_NAMED);
    let names = names.collect::<Vec<_>>().join(", ");
    match names_or_arns.len().saturating_sub(MOST_NAMED) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

/// Whether the document allows all that was intended.
fn says_as_much(document: Option<&String>, intended: Option<&serde_json::Value>) -> bool {
    let (Some(document), Some(intended)) = (document, intended) else {
        return false;
    };
    let read = (
        PolicyDocument::parse(document),
        PolicyDocument::parse(&intended.to_string()),
    );
    let (Ok(document), Ok(intended)) = read else {
        return false;
    };
    missing_from(&[document], &[intended]).is_ok_and(|missing| missing.is_empty())
}

fn policy_extra(made: &MadeRole, intended: &Intended, seen: &Seen) -> RoleCheck {
    const CODE: RoleCheckCode = RoleCheckCode::PolicyExtra;
    let (attached, inline) = match policies(CODE, seen) {
        Ok(policies) => policies,
        Err(unseen) => return unseen,
    };
    // A policy that takes something away is nobody's to remove here.
    let gives = |text: Option<&String>| text.is_none_or(|text| allows_more(text, None));
    let unchosen = attached.difference(&intended.managed);
    let managed: Vec<&String> = unchosen
        .filter(|arn| gives(seen.further.get(*arn)))
        .collect();
    let own = |name: &String| intended.inline.get(name);
    let strange = inline
        .iter()
        .filter(|(name, text)| own(name).is_none() && gives(Some(text)));
    let strange: Vec<&String> = strange.map(|(name, _)| name).collect();
    let wider = inline
        .iter()
        .filter(|(name, text)| own(name).is_some_and(|chosen| allows_more(text, Some(chosen))));
    let wider: Vec<&String> = wider.map(|(name, _)| name).collect();
    let extra: Vec<&String> = managed
        .iter()
        .chain(&strange)
        .chain(&wider)
        .copied()
        .collect();
    if extra.is_empty() {
        return RoleCheck::passed(CODE, "It has no further permissions.");
    }
    // What could not be read may be there to deny something: a person has to look.
    let readable = managed
        .iter()
        .filter(|arn| seen.further.contains_key(**arn));
    let command = remedy::both(
        remedy::detach(&made.role_arn, readable.copied()),
        remedy::both(
            remedy::delete_inline(&made.role_arn, strange),
            remedy::write_inline(&made.role_arn, wider, intended),
        ),
    );
    let message = format!("The role may do more than was chosen: {}.", named(&extra));
    RoleCheck::failed(CODE, message)
        .step("Take away what was not chosen, or choose it.", command)
        .with("extra", extra.into_iter().cloned())
}

/// Whether the document allows anything beyond what was chosen. One that can't be read may.
fn allows_more(document: &str, chosen: Option<&serde_json::Value>) -> bool {
    let chosen = chosen.map(|chosen| PolicyDocument::parse(&chosen.to_string()));
    let (Ok(document), Ok(chosen)) = (PolicyDocument::parse(document), chosen.transpose()) else {
        return true;
    };
    let chosen: Vec<PolicyDocument> = chosen.into_iter().collect();
    missing_from(&chosen, &[document]).map_or(true, |more| !more.is_empty())
}

/// A policy's name.
fn short(name_or_arn: &str) -> &str {
    name_or_arn.rsplit('/').next().unwrap_or(name_or_arn)
}

fn boundary_missing(made: &MadeRole, role: &RoleFacts, around: &Around<'_>) -> Option<RoleCheck> {
    const CODE: RoleCheckCode = RoleCheckCode::BoundaryMissing;
    let boundary = around.boundary?;
    if role.boundary_arn.as_deref() == Some(boundary) {
        return Some(RoleCheck::passed(
            CODE,
            "The role has the stack's permissions boundary.",
        ));
    }
    let message = "The role lacks the permissions boundary that the stack gives its roles.";
    let command = remedy::bound(&made.role_arn, boundary);
    let check = RoleCheck::failed(CODE, message).step("Set the boundary.", command);
    Some(check.with("boundary", [boundary.to_owned()]))
}

fn instance_profile(made: &MadeRole, intended: &Intended, seen: &Seen) -> Option<RoleCheck> {
    const CODE: RoleCheckCode = RoleCheckCode::InstanceProfile;
    if !intended.instance_profile {
        return None;
    }
    let (Some(profile), Some(read)) = (&made.instance_profile_arn, &seen.instance_profile) else {
        let message = "The stack tells of no instance profile: EC2 takes a role only inside one.";
        let step = "Update the stack to the current template.";
        return Some(RoleCheck::failed(CODE, message).step(step, None));
    };
    let name = profile.name();
    if *read == Read::NotFound {
        let message = format!(
            "The instance profile {name} is not there any more: EC2 takes a role only inside one."
        );
        let step = "Update the stack without this role, and then with it again.";
        return Some(RoleCheck::failed(CODE, message).step(step, None));
    }
    let Read::Seen(roles) = read else {
        return RoleCheck::unseen(CODE, read);
    };
    let own = made.role_arn.name();
    let others: Vec<&String> = roles.iter().filter(|role| *role != own).collect();
    let has_own = others.len() < roles.len();
    Some(match (has_own, others.as_slice()) {
        (true, []) => RoleCheck::passed(CODE, "The instance profile has exactly this one role."),
        (true, _) => RoleCheck::failed(CODE, format!("The instance profile {name} has another role as well."))
            .step("Take the other role out: an instance profile holds exactly one.", remedy::take_out_of_profile(profile, others)),
        (false, []) => RoleCheck::failed(CODE, format!("The instance profile {name} has no role, so an instance gets no credentials from it."))
            .step("Put the role into the instance profile.", remedy::put_into_profile(&made.role_arn, profile, others)),
        (false, _) => RoleCheck::failed(CODE, format!("The instance profile {name} has another role than this one."))
            .step("Put this role in the other's place: an instance profile holds exactly one.", remedy::put_into_profile(&made.role_arn, profile, others)),
    })
}

fn session_length(made: &MadeRole, intended: &Intended, role: &RoleFacts) -> Option<RoleCheck> {
    const CODE: RoleCheckCode = RoleCheckCode::SessionLength;
    let (chosen, actual) = (intended.session_seconds?, role.max_session_seconds?);
    if chosen == actual {
        return Some(RoleCheck::passed(
            CODE,
            format!("A session may last {chosen} seconds."),
        ));
    }
    let message = format!("A session may last {actual} seconds; {chosen} were chosen.");
    let command = remedy::session_length(&made.role_arn, chosen);
    Some(RoleCheck::failed(CODE, message).step("Set the longest session.", Some(command)))
}

fn trusts_own_account(intended: &Intended) -> Option<RoleCheck> {
    const CODE: RoleCheckCode = RoleCheckCode::TrustsOwnAccount;
    let mut accounts = intended.let_in.iter().filter_map(|trusted| match trusted {
        Trusted::Account { id, .. } => Some(id),
        Trusted::Service { .. } => None,
    });
    let id = accounts.next()?;
    if id != intended.own_account() {
        return Some(RoleCheck::passed(
            CODE,
            "The bastion is another account than this one.",
        ));
    }
    let message = format!(
        "The bastion {id} is this very account: whoever is in it needs no role to switch to."
    );
    let step = "Choose the account that your people sign in to as trusted_account_id.";
    Some(RoleCheck::failed(CODE, message).step(step, None))
}

/// Compares what the stack has made with what people chose. It needs no look at the role, so it is
/// always told as it is now.
pub fn not_as_chosen(made: &MadeRole, chosen: Option<&CompanionRole>) -> Option<RoleCheck> {
    const CODE: RoleCheckCode = RoleCheckCode::NotAsChosen;
    let options = made.options.as_ref()?;
    let step = "Update the stack with the hub's update link, or choose what it has.";
    let differs =
        |message: &str| Some(RoleCheck::new(CODE, CheckStatus::Warning, message).step(step, None));
    match chosen {
        None => differs("The stack has made this role and nobody chose it here."),
        Some(chosen) if chosen.options != *options => {
            differs("The stack has made this role with other options than were chosen here.")
        }
        Some(_) => Some(RoleCheck::passed(
            CODE,
            "The stack has made it as it was chosen.",
        )),
    }
}

fn not_alone(alike: &[AccountId]) -> RoleCheck {
    const CODE: RoleCheckCode = RoleCheckCode::NotAlone;
    if alike.is_empty() {
        return RoleCheck::passed(
            CODE,
            "No other account of yours has made such a role in this AWS account.",
        );
    }
    let message =
        "Another account of yours has made such a role in this AWS account; it needs only one.";
    RoleCheck::new(CODE, CheckStatus::Warning, message)
        .step(
            "Choose one of them and take the other out of its stack.",
            None,
        )
        .with("accounts", alike.iter().map(ToString::to_string))
}
