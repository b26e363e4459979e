//! Snapshots of all messages, one file per language, so that changes of the wording are reviewed as
//! text. `make generate` writes the files.

use crate::common::generated::assert_generated;
use rolecall_domain::messages::{
    AccessChange, AccessRule, AccountPage, AddAccount, Because, BrandRule, CheckMessage,
    CheckReference, Chrome, CompanionMessage, Connect, Customer, DecidingPolicy, Decoded, Detail,
    ErrorReference, EventTitle, EvidenceText, FailedTitle, Failure, GroupPages, Instruction,
    Language, Message, NoAnswer, Omission, OpenTitle, OrphanedPages, Party, PassedTitle, Place,
    PolicyFault, PolicyRule, PolicyText, Purpose, ReadTarget, Reason, ReferenceLabel, Resume,
    RoleForm, RoleOption, RoleTitle, Rule, SignIn, Status, Summary, Title, TokenFault, Trusts,
    WorkloadDifference, WorkloadFileRule,
};

/// Messages of these kinds with their names.
macro_rules! named {
    ($language:ident: $($kind:ident)*) => {{
        let mut all = Vec::new();
        $(for (name, message) in $kind::samples() {
            all.push((format!("{}::{name}", stringify!($kind)), message.text($language)));
        })*
        all
    }};
}

/// What the API, checks and stacks say.
fn all(language: Language) -> Vec<(String, String)> {
    named!(language: Title Detail Rule Reason Instruction Place NoAnswer Because Decoded Party
        PassedTitle FailedTitle OpenTitle CheckMessage ReadTarget DecidingPolicy PolicyFault
        Purpose Summary AccessRule AccessChange WorkloadFileRule WorkloadDifference TokenFault
        BrandRule PolicyRule CompanionMessage Trusts ErrorReference CheckReference ReferenceLabel
        Omission)
}

/// What the pages say. The guides of the console are compared with it.
fn pages(language: Language) -> Vec<(String, String)> {
    named!(language: Chrome Status GroupPages AddAccount RoleTitle RoleOption PolicyText RoleForm AccountPage
        EventTitle OrphanedPages EvidenceText Connect Customer SignIn Resume Failure)
}

#[test]
fn messages_match_their_snapshots() {
    for language in Language::ALL {
        let mut wording = String::new();
        for (name, text) in all(language).into_iter().chain(pages(language)) {
            wording.push_str(&format!("{name}\n    {text}\n"));
        }
        let name = format!("shared/domain/tests/messages/{}.txt", language.tag());
        assert_generated(&name, &wording);
    }
}

/// Messages that are parts of a page or of a sentence.
const PARTS: [&str; 11] = [
    "ReferenceLabel",
    "Title",
    "PassedTitle",
    "FailedTitle",
    "OpenTitle",
    "Place",
    "Party",
    "ReadTarget",
    "DecidingPolicy",
    "PolicyFault",
    "Trusts",
];

#[test]
fn messages_are_complete_sentences() {
    for language in Language::ALL {
        for (name, text) in all(language) {
            assert!(
                !text.contains("  ") && text.trim() == text,
                "{name}: {text:?}"
            );
            let kind = name.split("::").next().unwrap_or_default();
            if PARTS.contains(&kind) {
                continue;
            }
            let ends = match language {
                Language::English => text.ends_with('.'),
                Language::Japanese => {
                    let listed = text.contains(": <");
                    text.ends_with('。') || listed
                }
            };
            assert!(ends, "{name}: {text}");
        }
    }
}

/// CloudFormation replaces other characters with question marks.
#[test]
fn english_messages_are_ascii() {
    for (name, text) in all(Language::English) {
        assert!(text.is_ascii(), "{name}: {text}");
    }
}

#[test]
fn japanese_messages_contain_japanese() {
    let is_japanese = |c: char| matches!(c, 'ぁ'..='ん' | 'ァ'..='ヶ' | '一'..='龥');
    for (name, text) in all(Language::Japanese) {
        let is_name = ["Party::Named", "Trusts::Principal"].contains(&name.as_str());
        assert!(text.chars().any(is_japanese) || is_name, "{name}: {text}");
    }
}
