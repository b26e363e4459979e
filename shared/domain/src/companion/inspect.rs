//! Compares a companion role as it is with what was chosen about it: who gets in, what it may do,
//! what else has to be there. Every finding names the step that is missing and what does it.

use super::intended::Intended;
use super::options::Options;
use super::trust_checks::{path_of_hub, trust_checks, trusts_hub, trusts_own_account};
use super::{CompanionRole, Kind, MadeRole};
use crate::aws::{AwsAccountId, RoleArn, StackId};
use crate::ids::AccountId;
use crate::policy::PolicyDocument;
use crate::policy::grants::{allowed_actions, missing_from, says_as_much};
use crate::policy::work::Work;
use crate::remedy::command::{Command, Parameter};
use crate::remedy::{Reader, Remedy, parameters};
use crate::verification::given::{changed, restore};
use crate::verification::{CheckStatus, ManagedPolicy, Read, RoleFacts, Verdict};
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
    /// Attached policies of the customer's own that were chosen, by ARN.
    pub given: BTreeMap<String, ManagedPolicy>,
}

/// What else is known of the role's account.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The hub's own account: no companion role is for it.
    pub hub: &'a AwsAccountId,
    /// Which versions of the customer's own policies the hub saw first, by ARN.
    pub known: &'a BTreeMap<String, String>,
    /// The permissions boundary that the stack gives all its roles.
    pub boundary: Option<&'a str>,
    /// The stack that makes the role, where it can be updated.
    pub stack: Option<&'a StackId>,
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
    PolicyChanged,
    InstanceProfile,
    BoundaryMissing,
    SessionLength,
    NotAsChosen,
    TrustsOwnAccount,
    TrustsHub,
    PathOfHub,
    NotAlone,
}

/// A customer can attach much; a report is kept, and shown with its account.
const MOST_EVIDENCE: usize = 20;
/// In a sentence.
const MOST_NAMED: usize = 5;
/// In a line to paste; another check tells of the rest.
const MOST_COMMANDS: usize = 20;

impl RoleCheck {
    pub(super) fn new(
        code: RoleCheckCode,
        status: CheckStatus,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            status,
            message: message.into(),
            remedy: None,
            command: None,
            evidence: BTreeMap::new(),
        }
    }

    pub(super) fn passed(code: RoleCheckCode, message: impl Into<String>) -> Self {
        Self::new(code, CheckStatus::Passed, message)
    }

    pub(super) fn failed(code: RoleCheckCode, message: impl Into<String>) -> Self {
        Self::new(code, CheckStatus::Failed, message)
    }

    pub(super) fn step(self, remedy: &Remedy) -> Self {
        Self {
            remedy: Some(remedy.sentence(Reader::User)),
            command: remedy.command(),
            ..self
        }
    }

    pub(super) fn with(mut self, name: &str, values: impl IntoIterator<Item = String>) -> Self {
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
            Read::Denied(denial) => {
                let action = denial.action;
                let message = format!("The hub's role may not call {action} for this role.");
                Some(inconclusive(message).step(&Remedy::RestoreHubRole))
            }
            Read::NotFound => Some(Self::new(
                code,
                CheckStatus::Skipped,
                "The role is not there.",
            )),
            Read::Throttled => {
                Some(inconclusive("AWS throttled the hub.".to_owned()).step(&Remedy::TryAgain))
            }
            Read::Unreachable => {
                Some(inconclusive("AWS gave no usable answer.".to_owned()).step(&Remedy::TryAgain))
            }
        }
    }
}

/// Compares the role with what its stack's parameter asks for.
pub fn inspect(made: &MadeRole, seen: &Seen, around: &Around<'_>) -> Inspection {
    if let Some(missing) = not_the_stacks(made, seen, around) {
        return Inspection {
            kind: made.kind,
            role_arn: made.role_arn.clone(),
            verdict: Verdict::of(std::iter::once(missing.status)),
            checks: vec![missing],
        };
    }
    let mut checks = vec![role_missing(made, seen, around)];
    if let Read::Seen(role) = &seen.role {
        checks.push(trusts_hub(made, role, around.hub));
        checks.push(path_of_hub(made));
    }
    match (&seen.role, Intended::of(made)) {
        (Read::Seen(role), Some(intended)) => {
            checks.extend(trust_checks(made, &intended, role, around.hub));
            checks.push(policy_missing(made, &intended, seen));
            checks.push(policy_extra(made, &intended, seen));
            checks.extend(policy_changed(seen, around.known));
            checks.extend(boundary_missing(made, role, around));
            checks.extend(instance_profile(made, &intended, seen, around));
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

/// Another role than the stack's: nothing is said about it that somebody could act on.
fn not_the_stacks(made: &MadeRole, seen: &Seen, around: &Around<'_>) -> Option<RoleCheck> {
    const CODE: RoleCheckCode = RoleCheckCode::RoleMissing;
    seen.role.seen()?;
    let name = made.role_arn.name();
    if made.is_lost {
        let message = format!("The role {name} was deleted, and another role has its name now.");
        return Some(RoleCheck::failed(CODE, message).step(&make_again(made, around)));
    }
    (!made.was_seen()).then(|| {
        let message = format!(
            "The stack reported the role {name}, but the hub has not found it among the stack's resources as the stack's parameters have it."
        );
        RoleCheck::new(CODE, CheckStatus::Inconclusive, message).step(&Remedy::TryAgainInAMinute)
    })
}

fn role_missing(made: &MadeRole, seen: &Seen, around: &Around<'_>) -> RoleCheck {
    const CODE: RoleCheckCode = RoleCheckCode::RoleMissing;
    if seen.role == Read::NotFound {
        let message = format!("The role {} is not there any more.", made.role_arn.name());
        return RoleCheck::failed(CODE, message).step(&make_again(made, around));
    }
    RoleCheck::unseen(CODE, &seen.role)
        .unwrap_or_else(|| RoleCheck::passed(CODE, "The role is there."))
}

/// Updates that leave the stack as it is but for this role.
fn make_again(made: &MadeRole, around: &Around<'_>) -> Remedy {
    let (Some(stack), Some(options)) = (around.stack, &made.options) else {
        return Remedy::RewriteParameter;
    };
    let update = |value: String| {
        let others = Kind::companions().map(|kind| {
            let name = kind.logical_id.to_owned();
            if kind == made.kind {
                Parameter::Set(name, value.clone())
            } else {
                Parameter::Kept(name)
            }
        });
        Command::UpdateStack {
            stack: stack.clone(),
            template: None,
            parameters: parameters(others),
        }
    };
    let with = options.to_parameter(made.kind, made.role_arn.partition());
    Remedy::MakeRoleAgain(vec![
        update(Options::no_role(&made.kind)),
        Command::AwaitUpdate {
            stack: stack.clone(),
        },
        update(with),
        Command::AwaitUpdate {
            stack: stack.clone(),
        },
    ])
}

fn unreadable(made: &MadeRole) -> RoleCheck {
    let message = format!(
        "The stack's parameter {} is not in the form that a link gives it, so nothing can be compared with it.",
        made.kind.logical_id
    );
    RoleCheck::new(
        RoleCheckCode::NotAsChosen,
        CheckStatus::Inconclusive,
        message,
    )
    .step(&Remedy::RewriteParameter)
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
    let text = |name: &String| inline.get(name).map(String::as_str);
    let lacking = intended
        .inline
        .iter()
        .filter(|(name, wanted)| !says_as_much(text(name), wanted));
    let written: Vec<&String> = lacking.map(|(name, _)| name).collect();
    if managed.is_empty() && written.is_empty() {
        return RoleCheck::passed(CODE, "Every policy that was chosen is attached.");
    }
    let missing: Vec<&String> = managed.iter().chain(&written).copied().collect();
    let names = named(&missing);
    let role = || made.role_arn.name().to_owned();
    let attach = managed.iter().map(|arn| Command::AttachPolicy {
        role: role(),
        arn: (*arn).clone(),
    });
    let write = written
        .iter()
        .filter_map(|name| put_inline(made, name, intended));
    let remedy = Remedy::AttachPolicies {
        named: names.clone(),
        commands: attach.chain(write).take(MOST_COMMANDS).collect(),
    };
    let message = format!(
        "The role lacks all or a part of {names}: what a role may do is its permissions' business, not its trust policy's."
    );
    RoleCheck::failed(CODE, message)
        .step(&remedy)
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

/// The command that writes one of the intended inline policies.
fn put_inline(made: &MadeRole, name: &str, intended: &Intended) -> Option<Command> {
    Some(Command::PutInlinePolicy {
        role: made.role_arn.name().to_owned(),
        name: name.to_owned(),
        document: intended.inline.get(name)?.clone(),
    })
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
    let role = || made.role_arn.name().to_owned();
    let detach = readable.map(|arn| Command::DetachPolicy {
        role: role(),
        arn: (*arn).clone(),
    });
    let delete = strange.iter().map(|name| Command::DeleteInlinePolicy {
        role: role(),
        name: (*name).clone(),
    });
    let write = wider
        .iter()
        .filter_map(|name| put_inline(made, name, intended));
    let commands = detach
        .chain(delete)
        .chain(write)
        .take(MOST_COMMANDS)
        .collect();
    let message = format!("The role may do more than was chosen: {}.", named(&extra));
    RoleCheck::failed(CODE, message)
        .step(&Remedy::RemovePolicies(commands))
        .with("extra", extra.into_iter().cloned())
}

/// A policy of the customer's own may have another version in force than when it was chosen. A role
/// with none has nothing to compare.
fn policy_changed(seen: &Seen, known: &BTreeMap<String, String>) -> Option<RoleCheck> {
    const CODE: RoleCheckCode = RoleCheckCode::PolicyChanged;
    if seen.given.is_empty() {
        return None;
    }
    let changed = changed(known, &seen.given);
    if changed.is_empty() {
        let message =
            "The customer's own policies have the versions in force that the hub saw first.";
        return Some(RoleCheck::passed(CODE, message));
    }
    let names: Vec<String> = changed.keys().map(|arn| (*arn).to_owned()).collect();
    let documents = changed.values().map(|policy| policy.document.as_str());
    let actions: BTreeSet<String> = documents.flat_map(allowed_actions).collect();
    let restored = changed.iter().map(|(arn, now)| restore(known, arn, now));
    let restored = restored.collect::<Option<Vec<Command>>>();
    let message = format!(
        "{} has another version in force than when the hub first saw it.",
        named(&names.iter().collect::<Vec<_>>())
    );
    let remedy = Remedy::RestoreVersions(restored.unwrap_or_default());
    Some(
        RoleCheck::new(CODE, CheckStatus::Warning, message)
            .step(&remedy)
            .with("changed", names)
            .with("allows", actions),
    )
}

/// Whether the document allows anything beyond what was chosen. One that can't be read may.
fn allows_more(document: &str, chosen: Option<&serde_json::Value>) -> bool {
    let chosen = chosen.map(|chosen| PolicyDocument::parse(&chosen.to_string()));
    let (Ok(document), Ok(chosen)) = (PolicyDocument::parse(document), chosen.transpose()) else {
        return true;
    };
    let chosen: Vec<PolicyDocument> = chosen.into_iter().collect();
    let more = missing_from(&chosen, &[document], &mut Work::default());
    more.map_or(true, |more| !more.is_empty())
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
    let remedy = Remedy::RestoreBoundary {
        role: made.role_arn.clone(),
        arn: boundary.to_owned(),
    };
    let check = RoleCheck::failed(CODE, message).step(&remedy);
    Some(check.with("boundary", [boundary.to_owned()]))
}

fn instance_profile(
    made: &MadeRole,
    intended: &Intended,
    seen: &Seen,
    around: &Around<'_>,
) -> Option<RoleCheck> {
    const CODE: RoleCheckCode = RoleCheckCode::InstanceProfile;
    if !intended.instance_profile {
        return None;
    }
    let (Some(profile), Some(read)) = (&made.instance_profile_arn, &seen.instance_profile) else {
        let message = "The stack tells of no instance profile: EC2 takes a role only inside one.";
        return Some(RoleCheck::failed(CODE, message).step(&make_again(made, around)));
    };
    let name = profile.name();
    if *read == Read::NotFound {
        let message = format!(
            "The instance profile {name} is not there any more: EC2 takes a role only inside one."
        );
        return Some(RoleCheck::failed(CODE, message).step(&make_again(made, around)));
    }
    let Read::Seen(roles) = read else {
        return RoleCheck::unseen(CODE, read);
    };
    let own = made.role_arn.name();
    let others: Vec<String> = roles.iter().filter(|role| *role != own).cloned().collect();
    let has_own = others.len() < roles.len();
    let fill = Remedy::FillProfile {
        profile: profile.clone(),
        role: made.role_arn.clone(),
        others: others.clone(),
    };
    Some(match (has_own, others.as_slice()) {
        (true, []) => RoleCheck::passed(CODE, "The instance profile has exactly this one role."),
        (true, _) => RoleCheck::failed(CODE, format!("The instance profile {name} has another role as well."))
            .step(&Remedy::EmptyProfile { profile: profile.clone(), others }),
        (false, []) => RoleCheck::failed(CODE, format!("The instance profile {name} has no role, so an instance gets no credentials from it."))
            .step(&fill),
        (false, _) => RoleCheck::failed(CODE, format!("The instance profile {name} has another role than this one."))
            .step(&fill),
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
    let remedy = Remedy::RestoreSessionLength {
        role: made.role_arn.clone(),
        seconds: chosen,
    };
    Some(RoleCheck::failed(CODE, message).step(&remedy))
}

/// Compares what the stack has made with what people chose. It needs no look at the role, so it is
/// always told as it is now.
pub fn not_as_chosen(made: &MadeRole, chosen: Option<&CompanionRole>) -> Option<RoleCheck> {
    const CODE: RoleCheckCode = RoleCheckCode::NotAsChosen;
    let options = made.options.as_ref()?;
    let differs = |message: &str| {
        let check = RoleCheck::new(CODE, CheckStatus::Warning, message);
        Some(check.step(&Remedy::UpdateOrChoose))
    };
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
        .step(&Remedy::KeepOne)
        .with("accounts", alike.iter().map(ToString::to_string))
}
