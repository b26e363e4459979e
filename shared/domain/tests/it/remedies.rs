//! Remedies as text: every sentence is printable in a stack's events, and every command is safe to
//! paste regardless of the customer's role and policy names.

use rolecall_domain::aws::{
    AwsAccountId, InstanceProfileArn, Nested, Partition, Region, RoleArn, SeenStack, StackId,
};
use rolecall_domain::iam::denial::PolicyKind;
use rolecall_domain::link::template::{PublishedTemplate, TemplateId, TemplateVersion};
use rolecall_domain::messages::Names;
use rolecall_domain::remedy::command::{Command, EXTERNAL_ID, Target, line};
use rolecall_domain::remedy::{
    Reader, Remedy, Room, StackToDelete, continue_rollback, failed_resources, roll_back,
};
use serde_json::json;
use std::process;

fn published() -> PublishedTemplate {
    PublishedTemplate {
        version: TemplateVersion::new(1, 1, 0),
        template_id: TemplateId::of("a template"),
        url: "https://example.com/role.yaml".to_owned(),
    }
}

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

fn nested_in(root: &str) -> Nested {
    let id = |name| format!("arn:aws:cloudformation:us-east-1:222222222222:stack/{name}/ab-12");
    let id = |name| StackId::parse(id(name)).expect("valid");
    Nested {
        root: id(root),
        parent: id("parent"),
    }
}

fn to_delete(protected: bool) -> StackToDelete {
    let nested = None;
    StackToDelete::new(stack(), SeenStack { protected, nested })
}

fn nested() -> StackToDelete {
    let nested = Some(nested_in("root"));
    let protected = true;
    StackToDelete::new(stack(), SeenStack { protected, nested })
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
            template: PublishedTemplate {
                url: text.to_owned(),
                ..published()
            },
        },
        Command::RollBack { stack: stack() },
        Command::ContinueRollback {
            stack: stack(),
            skip: vec![text.to_owned()],
        },
        Command::AwaitRollback { stack: stack() },
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
            | Command::RollBack { .. }
            | Command::ContinueRollback { .. }
            | Command::AwaitRollback { .. } => {}
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
            let written =
                line(std::slice::from_ref(&command), Partition::Aws).expect("can be quoted");
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
        assert_eq!(line(&[Command::DeleteRole { role }], Partition::Aws), None);
        let stack = Command::DeleteStack {
            stack: stack(),
            retain: vec![text.to_owned()],
        };
        assert_eq!(
            line(
                &[Command::RemoveBoundary { role: "r".into() }, stack],
                Partition::Aws
            ),
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
    let written = line(&[command], Partition::Aws).expect("can be quoted");
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
    let gone = || Names(vec!["Deleted".to_owned()]);
    let fixed = vec![
        Remedy::TryAgain,
        Remedy::TryAgainInAMinute,
        Remedy::WaitForStack,
        Remedy::AskOperator,
        Remedy::CreateFromLink(to_delete(protected)),
        Remedy::CreateInAccount(None),
        Remedy::CreateInAccount(Some(account)),
        Remedy::ExecuteChangeSet,
        Remedy::ConnectAgain,
        Remedy::RestoreExternalId(Vec::new()),
        Remedy::RestoreExternalId(one.clone()),
        Remedy::RollBack(roll_back(stack())),
        Remedy::ContinueRollback {
            failed: Vec::new(),
            commands: continue_rollback(&stack(), None, &[]),
        },
        Remedy::ContinueRollback {
            failed: vec!["SelfInspection".to_owned()],
            commands: continue_rollback(&stack(), None, &["SelfInspection".to_owned()]),
        },
        Remedy::CreateUnchanged,
        Remedy::CopyStackInfo,
        Remedy::PasteOwnStack,
        Remedy::RestoreTrust(trust.clone()),
        Remedy::FindRole(trust.clone()),
        Remedy::ReplaceRole(to_delete(protected)),
        Remedy::Reconnect(to_delete(protected)),
        Remedy::RestorePermissions {
            commands: one.clone(),
            gone: Names(Vec::new()),
            room: Room::Enough,
        },
        Remedy::RestorePermissions {
            commands: one.clone(),
            gone: gone(),
            room: Room::Lacking,
        },
        Remedy::RestorePermissions {
            commands: Vec::new(),
            gone: gone(),
            room: Room::Enough,
        },
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
        Remedy::UpdateTemplate(vec![trust]),
        Remedy::UpdateParent {
            parent: stack(),
            template: published(),
        },
        Remedy::UpdateTemplate(roll_back(stack())),
        Remedy::MakeRoleAgain,
        Remedy::RewriteParameter,
        Remedy::AttachPolicies {
            named: Names(vec!["ReadOnlyAccess".into()]),
            gone: Names(Vec::new()),
            room: Room::Enough,
            commands: one.clone(),
        },
        Remedy::AttachPolicies {
            named: Names(vec!["ReadOnlyAccess".into()]),
            gone: gone(),
            room: Room::Lacking,
            commands: one.clone(),
        },
        Remedy::AttachPolicies {
            named: Names(Vec::new()),
            gone: gone(),
            room: Room::Enough,
            commands: Vec::new(),
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
        Remedy::FixAndCreate,
        Remedy::DeleteStack(to_delete(protected)),
        Remedy::DeleteStack(to_delete(false)),
        Remedy::DeleteRole(role.clone()),
        Remedy::RevokeSessions {
            role: role.clone(),
            before: rolecall_domain::Timestamp::UNIX_EPOCH,
        },
        Remedy::FinishDeletion {
            stack: to_delete(protected),
            role: Some(role),
            failed: vec![
                "RolecallRole".into(),
                "Ec2InstanceInstanceProfile".into(),
                "X".into(),
            ],
        },
        Remedy::DeleteStack(nested()),
        Remedy::CreateFromLink(nested()),
        Remedy::ReplaceRole(nested()),
        Remedy::Reconnect(nested()),
        Remedy::AwaitDeletion,
    ];
    fixed.into_iter().chain(kinds).collect()
}

#[test]
fn every_instruction_is_an_ascii_sentence_for_each_reader() {
    for remedy in every_remedy() {
        for reader in [Reader::User, Reader::Customer, Reader::ConnectedCustomer] {
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
            Remedy::ReplaceRole(_)
                | Remedy::Reconnect(_)
                | Remedy::ReinstateAccount
                | Remedy::RestoreHubRole
                | Remedy::RewriteParameter
                | Remedy::UpdateOrChoose
                | Remedy::MakeRoleAgain
        );
        let sentence = remedy.sentence(Reader::Customer);
        for word in api.iter().filter(|_| is_refusal) {
            assert!(!sentence.contains(word), "{remedy:?}: {sentence}");
        }
    }
}

/// A connected customer has the AWS account. The link is used up.
#[test]
fn connected_customers_instructions_need_neither_the_api_nor_the_link() {
    let lost = [
        "eregister",
        "allow_duplicate",
        "tart a",
        "ompanion roles of this account",
        "from the link",
        "Open the link",
        "etry",
        "operator",
    ];
    let sentences = every_remedy().into_iter();
    let sentences = sentences.map(|remedy| remedy.sentence(Reader::ConnectedCustomer));
    let wrong = sentences.filter(|sentence| lost.iter().any(|word| sentence.contains(word)));
    assert_eq!(Vec::from_iter(wrong), Vec::<String>::new());
}

#[test]
fn termination_protection_is_disabled_before_deletion() {
    for remedy in every_remedy() {
        let Some(command) = remedy.command(Partition::Aws) else {
            continue;
        };
        let (delete, remove) = (
            command.find("delete-stack"),
            command.find("--no-enable-termination"),
        );
        let protected = matches!(
            &remedy,
            Remedy::CreateFromLink(stack)
                | Remedy::ReplaceRole(stack)
                | Remedy::Reconnect(stack)
                | Remedy::DeleteStack(stack)
                | Remedy::FinishDeletion { stack, .. } if stack.seen.protected
        );
        assert_eq!(remove.is_some(), protected, "{command}");
        if let Some(remove) = remove {
            assert!(delete.is_some_and(|delete| remove < delete), "{command}");
        }
    }
}

/// The parent's template still has the stack, so the parent breaks without it.
#[test]
fn nested_stack_is_removed_through_its_parent() {
    for remedy in [
        Remedy::DeleteStack(nested()),
        Remedy::CreateFromLink(nested()),
        Remedy::ReplaceRole(nested()),
        Remedy::Reconnect(nested()),
    ] {
        assert_eq!(remedy.command(Partition::Aws), None, "{remedy:?}");
        for reader in [Reader::User, Reader::Customer] {
            let sentence = remedy.sentence(reader);
            assert!(sentence.contains("stack parent"), "{sentence}");
        }
    }
    // The parent no longer has a stack that it could not delete. Protection is the root's.
    let finish = Remedy::FinishDeletion {
        stack: nested(),
        role: None,
        failed: Vec::new(),
    };
    let command = finish.command(Partition::Aws).expect("a command");
    let (first, then) = command.split_once(" && ").expect("two commands");
    assert!(first.contains("stack/root/") && first.contains("update-termination-protection"));
    assert!(then.contains("stack/s-1/") && then.contains("delete-stack"));
}

#[test]
fn rollback_of_nested_stack_continues_at_its_root() {
    let failed = ["SelfInspection".to_owned()];
    let command = |nested: Option<&Nested>| {
        let commands = continue_rollback(&stack(), nested, &failed);
        line(&commands, Partition::Aws).expect("can be quoted")
    };
    let alone = command(None);
    assert!(alone.contains("stack/s-1/") && alone.contains("--resources-to-skip SelfInspection"));
    assert!(alone.contains(" && aws cloudformation wait stack-rollback-complete "));
    let nested = command(Some(&nested_in("root")));
    assert!(nested.contains("stack/root/"), "{nested}");
    assert!(
        nested.contains("--resources-to-skip s-1.SelfInspection"),
        "{nested}"
    );
}

#[test]
fn iam_commands_outside_the_aws_partition_have_a_region() {
    for partition in Partition::ALL {
        for command in commands("name") {
            let written = line(std::slice::from_ref(&command), partition).expect("can be quoted");
            let calls = written.split("aws iam ").skip(1);
            for call in calls {
                let end = call.find(['&', '|', ')']).unwrap_or(call.len());
                let region = call[..end].split("--region ").nth(1);
                let region = region.and_then(|rest| rest.split_whitespace().next());
                let region = region.map(|code| Region::parse(code).expect("a Region").partition());
                let wanted = Some(partition).filter(|one| *one != Partition::Aws);
                assert_eq!(region, wanted, "{written}");
            }
        }
    }
}

/// The calls of the line, and whether it succeeded, if the calls that contain `failing` fail.
fn run(shell: &str, line: &str, failing: &str) -> (bool, Vec<String>) {
    let script = format!(
        "aws() {{ echo \"$*\" >&2; case \"$*\" in *{failing}*) return 1;; \
         *list-*|*get-instance-profile*) printf 'a\\tb/*\\n';; esac; }}; {line}"
    );
    let run = process::Command::new(shell).args(["-c", &script]).output();
    let output = run.expect("a shell");
    let calls = String::from_utf8(output.stderr).expect("text");
    let calls = calls.lines().map(str::to_owned).collect();
    (output.status.success(), calls)
}

#[test]
fn failed_list_or_step_stops_the_command() {
    let role = RoleArn::parse("arn:aws:iam::222222222222:role/rolecall/R").expect("valid");
    let delete = Remedy::DeleteRole(role).command(Partition::Aws);
    let delete = delete.expect("a command");
    for shell in ["bash", "sh"] {
        let (succeeds, calls) = run(shell, &delete, "nothing");
        assert!(succeeds, "{calls:?}");
        let detached = calls
            .iter()
            .filter(|call| call.contains("detach-role-policy"));
        let detached: Vec<&String> = detached.collect();
        assert_eq!(detached.len(), 2, "{calls:?}");
        assert!(detached[1].ends_with("--policy-arn=b/*"), "{calls:?}");
        for failing in [
            "list-attached-role-policies",
            "list-role-policies",
            "list-instance-profiles-for-role",
            "detach-role-policy",
            "delete-role-policy",
            "remove-role-from-instance-profile",
        ] {
            let (succeeds, calls) = run(shell, &delete, failing);
            let is_last = calls.last().is_some_and(|call| call.contains(failing));
            assert!(!succeeds && is_last, "{shell} {failing}: {calls:?}");
        }
    }
}
