//! Remedies as text: every sentence is printable in a stack's events, and every command is safe to
//! paste regardless of the customer's role and policy names.

use rolecall_domain::aws::{AwsAccountId, InstanceProfileArn, Region, RoleArn, StackId};
use rolecall_domain::iam::denial::PolicyKind;
use rolecall_domain::messages::Names;
use rolecall_domain::remedy::command::{Command, EXTERNAL_ID, Parameter, Target, line};
use rolecall_domain::remedy::{Reader, Remedy, failed_resources, parameters};
use serde_json::json;
use std::process;

const HOSTILE: [&str; 12] = [
    "a b",
    "$(touch owned)",
    "`touch owned`",
    "';touch owned;'",
    "\";touch owned;\"",
    "a;touch owned",
    "a&&touch owned",
    "a|touch owned",
    "-rf",
    "--query=x",
    "!!",
    "~/*?[a]{b,c}<>\\",
];

fn stack() -> StackId {
    StackId::parse("arn:aws:cloudformation:us-east-1:222222222222:stack/s-1/ab-12").expect("valid")
}

fn role() -> RoleArn {
    RoleArn::parse("arn:aws:iam::222222222222:role/rolecall/R").expect("valid")
}

fn profile() -> InstanceProfileArn {
    let arn = "arn:aws:iam::222222222222:instance-profile/rolecall/P";
    InstanceProfileArn::parse(arn).expect("valid")
}

/// Every command, with this text in every place that a customer controls.
fn commands(text: &str) -> Vec<Command> {
    let (role, name, arn) = (text.to_owned(), text.to_owned(), text.to_owned());
    let document = json!({"Sid": text});
    let in_stack = Target::InStack {
        stack: stack(),
        logical_id: text.to_owned(),
    };
    let all = vec![
        Command::SetTrust {
            role: role.clone(),
            document: document.clone(),
            stack: None,
        },
        Command::AttachPolicy {
            role: role.clone(),
            arn: arn.clone(),
        },
        Command::DetachPolicy {
            role: role.clone(),
            arn: arn.clone(),
        },
        Command::PutInlinePolicy {
            role: role.clone(),
            name: name.clone(),
            document,
        },
        Command::DeleteInlinePolicy {
            role: role.clone(),
            name: name.clone(),
        },
        Command::SetDefaultVersion {
            arn: arn.clone(),
            version: name.clone(),
        },
        Command::SetBoundary {
            role: role.clone(),
            arn,
        },
        Command::RemoveBoundary { role: role.clone() },
        Command::SetSessionLength {
            role: role.clone(),
            seconds: 3600,
        },
        Command::AddToProfile {
            profile: name.clone(),
            role: role.clone(),
        },
        Command::RemoveFromProfile {
            profile: name.clone(),
            role: role.clone(),
        },
        Command::EmptyRole(Target::Named(role.clone())),
        Command::EmptyRole(in_stack.clone()),
        Command::EmptyProfile(Target::Named(name.clone())),
        Command::EmptyProfile(in_stack),
        Command::DeleteRole { role },
        Command::DeleteStack {
            stack: stack(),
            retain: vec![name.clone()],
        },
        Command::RemoveProtection { stack: stack() },
        Command::UpdateStack {
            stack: stack(),
            template: None,
            parameters: parameters([Parameter::Set("Name".to_owned(), name)]),
        },
        Command::AwaitUpdate { stack: stack() },
    ];
    // An exhaustive match, so that a new command does not compile until it is in the list.
    for command in &all {
        match command {
            Command::SetTrust { .. }
            | Command::AttachPolicy { .. }
            | Command::DetachPolicy { .. }
            | Command::PutInlinePolicy { .. }
            | Command::DeleteInlinePolicy { .. }
            | Command::SetDefaultVersion { .. }
            | Command::SetBoundary { .. }
            | Command::RemoveBoundary { .. }
            | Command::SetSessionLength { .. }
            | Command::AddToProfile { .. }
            | Command::RemoveFromProfile { .. }
            | Command::EmptyRole(_)
            | Command::EmptyProfile(_)
            | Command::DeleteRole { .. }
            | Command::DeleteStack { .. }
            | Command::RemoveProtection { .. }
            | Command::UpdateStack { .. }
            | Command::AwaitUpdate { .. } => {}
        }
    }
    all
}

/// The arguments of every `aws` call that bash makes for the line, one per line.
fn arguments(line: &str) -> String {
    let script = format!("aws() {{ printf '%s\\n' \"$@\"; }}; touch() {{ echo OWNED; }}; {line}");
    let run = process::Command::new("bash").args(["-c", &script]).output();
    let output = run.expect("bash");
    assert!(output.status.success(), "{line}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn customer_names_are_never_interpreted_by_the_shell() {
    for text in HOSTILE {
        for command in commands(text) {
            let written = line(std::slice::from_ref(&command)).expect("can be quoted");
            let ran = arguments(&written);
            assert!(!ran.contains("OWNED"), "{written}");
            // As a separate argument, or after an option's equals sign; loops print none.
            let empties = matches!(command, Command::EmptyRole(_) | Command::EmptyProfile(_));
            let whole = |one: &str| one == text || one.ends_with(&format!("={text}"));
            let named = format!("{command:?}").contains("owned") || written.contains(text);
            if named && !empties {
                let json = serde_json::to_string(text).expect("text");
                let found = ran.lines().any(|one| whole(one) || one.contains(&json));
                assert!(found, "{written}: {ran}");
            }
        }
    }
}

#[test]
fn name_with_control_character_yields_no_command() {
    for text in ["a\nb", "a\u{1b}[31m", "\u{0}"] {
        let role = text.to_owned();
        assert_eq!(line(&[Command::DeleteRole { role }]), None);
        let stack = Command::DeleteStack {
            stack: stack(),
            retain: vec![text.to_owned()],
        };
        assert_eq!(
            line(&[Command::RemoveBoundary { role: "r".into() }, stack]),
            None
        );
    }
}

#[test]
fn trust_command_reads_external_id_from_the_stack() {
    let document = json!({"Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}});
    let command = Command::SetTrust {
        role: "R".into(),
        document,
        stack: Some(stack()),
    };
    let written = line(&[command]).expect("can be quoted");
    assert!(!written.contains(EXTERNAL_ID), "{written}");
    let script = written.replace("$(aws cloudformation", "$(echo the-id; : aws");
    let ran = arguments(&script);
    assert!(
        ran.contains(r#"{"Condition":{"StringEquals":{"sts:ExternalId":"the-id"}}}"#),
        "{ran}"
    );
}

#[test]
fn failed_resources_are_parsed_from_cloudformation_reason() {
    let read = |reason| failed_resources(reason);
    assert_eq!(
        read("The following resource(s) failed to delete: [RolecallRole, SelfInspection]. "),
        ["RolecallRole", "SelfInspection"]
    );
    assert_eq!(
        read("The following resource(s) failed to delete: [$(x), Role]."),
        ["Role"]
    );
    assert!(read("Something else").is_empty() && read("").is_empty());
}

/// One of each remedy. `tests/tests/hub/remedies` lists the tests that carry them out.
fn every_remedy() -> Vec<Remedy> {
    let trust = Command::SetTrust {
        role: "R".into(),
        document: json!({}),
        stack: None,
    };
    let one = vec![trust.clone()];
    let kinds = PolicyKind::ALL
        .into_iter()
        .map(|kind| Remedy::AllowInPolicy {
            kind,
            arn: Some("arn:aws:iam::222222222222:policy/P".to_owned()),
            actions: vec!["iam:GetRole".to_owned()],
        });
    let account = AwsAccountId::parse("222222222222").expect("valid");
    let (role, protected) = (role(), true);
    let others = || vec!["other".to_owned()];
    let fixed = vec![
        Remedy::TryAgain,
        Remedy::TryAgainInAMinute,
        Remedy::WaitForStack,
        Remedy::AskOperator,
        Remedy::CreateFromLink {
            stack: stack(),
            protected,
        },
        Remedy::CreateInAccount(None),
        Remedy::CreateInAccount(Some(account)),
        Remedy::ExecuteChangeSet,
        Remedy::ConnectAgain,
        Remedy::RestoreExternalId,
        Remedy::CreateUnchanged,
        Remedy::CopyStackInfo,
        Remedy::PasteOwnStack,
        Remedy::RestoreTrust(trust.clone()),
        Remedy::FindRole(trust.clone()),
        Remedy::ReplaceRole {
            stack: stack(),
            protected,
        },
        Remedy::Reconnect {
            stack: stack(),
            protected,
        },
        Remedy::RestorePermissions(one.clone()),
        Remedy::RestoreHubRole,
        Remedy::RemovePermissions(one.clone()),
        Remedy::ReviewPolicies,
        Remedy::RestoreBoundary {
            role: role.clone(),
            arn: "arn:aws:iam::aws:policy/X".into(),
        },
        Remedy::RemoveBoundary { role: role.clone() },
        Remedy::ActivateSts(Region::parse("eu-central-1").expect("valid")),
        Remedy::ReinstateAccount,
        Remedy::UpdateTemplate(trust),
        Remedy::MakeRoleAgain(one.clone()),
        Remedy::RewriteParameter,
        Remedy::AttachPolicies {
            named: Names(vec!["ReadOnlyAccess".into()]),
            commands: one.clone(),
        },
        Remedy::RemovePolicies(one.clone()),
        Remedy::RestoreVersions(one),
        Remedy::RestoreVersions(Vec::new()),
        Remedy::EmptyProfile {
            profile: profile(),
            others: others(),
        },
        Remedy::FillProfile {
            profile: profile(),
            role: role.clone(),
            others: others(),
        },
        Remedy::FillProfile {
            profile: profile(),
            role: role.clone(),
            others: Vec::new(),
        },
        Remedy::RestoreSessionLength {
            role: role.clone(),
            seconds: 3600,
        },
        Remedy::ChooseBastion,
        Remedy::UpdateOrChoose,
        Remedy::KeepOne,
        Remedy::StartNew,
        Remedy::DeregisterInstead,
        Remedy::NewStack,
        Remedy::AllowDuplicate,
        Remedy::ChooseGroup,
        Remedy::DeleteAndCreate,
        Remedy::DeleteStack {
            stack: stack(),
            protected,
        },
        Remedy::DeleteStack {
            stack: stack(),
            protected: false,
        },
        Remedy::DeleteRole(role.clone()),
        Remedy::FinishDeletion {
            stack: stack(),
            role: Some(role),
            failed: vec![
                "RolecallRole".into(),
                "Ec2InstanceInstanceProfile".into(),
                "X".into(),
            ],
            protected,
        },
        Remedy::AwaitDeletion,
    ];
    fixed.into_iter().chain(kinds).collect()
}

#[test]
fn every_instruction_is_an_ascii_sentence_for_each_reader() {
    for remedy in every_remedy() {
        for reader in [Reader::User, Reader::Customer] {
            let sentence = remedy.sentence(reader);
            assert!(
                sentence.ends_with('.') && sentence.len() > 10,
                "{remedy:?}: {sentence:?}"
            );
            assert!(
                sentence.bytes().all(|b| (b' '..=b'~').contains(&b)),
                "{sentence}"
            );
            assert!(!sentence.contains("  "), "{sentence}");
        }
    }
}

/// The customer has the AWS account and the link, but not the API.
#[test]
fn customer_instructions_never_require_the_api() {
    let api = [
        "eregister",
        "allow_duplicate",
        "tart a",
        "companion roles",
        "check permissions_missing",
    ];
    for remedy in every_remedy() {
        // Remedies for connected accounts, which only users see.
        let is_refusal = !matches!(
            remedy,
            Remedy::ReplaceRole { .. }
                | Remedy::Reconnect { .. }
                | Remedy::ReinstateAccount
                | Remedy::RestoreHubRole
                | Remedy::RewriteParameter
                | Remedy::UpdateOrChoose
        );
        let sentence = remedy.sentence(Reader::Customer);
        for word in api.iter().filter(|_| is_refusal) {
            assert!(!sentence.contains(word), "{remedy:?}: {sentence}");
        }
    }
}

#[test]
fn termination_protection_is_disabled_before_deletion() {
    for remedy in every_remedy() {
        let Some(command) = remedy.command() else {
            continue;
        };
        let (delete, remove) = (
            command.find("delete-stack"),
            command.find("--no-enable-termination"),
        );
        let protected = matches!(
            remedy,
            Remedy::CreateFromLink { protected, .. }
                | Remedy::ReplaceRole { protected, .. }
                | Remedy::Reconnect { protected, .. }
                | Remedy::DeleteStack { protected, .. }
                | Remedy::FinishDeletion { protected, .. } if protected
        );
        assert_eq!(remove.is_some(), protected, "{command}");
        if let Some(remove) = remove {
            assert!(delete.is_some_and(|delete| remove < delete), "{command}");
        }
    }
}
