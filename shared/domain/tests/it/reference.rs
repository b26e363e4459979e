//! docs/reference contains the pages that the hub serves at `/reference/<code>`.
//! `make generate` writes the files.

use crate::common::generated::assert_generated;
use rolecall_domain::messages::{Language, Message, ReferenceLabel};
use rolecall_domain::reference::Topic;
use std::collections::BTreeSet;

fn document(language: Language) -> String {
    let label = |label: ReferenceLabel| label.text(language);
    let mut text = format!("# {}\n", label(ReferenceLabel::Heading));
    text.push_str("\n<!-- Generated from shared/domain/src/messages. -->\n");
    let mut section = "";
    for topic in Topic::all() {
        let heading = match topic {
            Topic::Error(_) => ReferenceLabel::Errors,
            Topic::Check(_) => ReferenceLabel::Checks,
        };
        let name = match topic {
            Topic::Error(_) => "errors",
            Topic::Check(_) => "checks",
        };
        if section != name {
            section = name;
            text.push_str(&format!("\n## {}\n", label(heading)));
        }
        text.push_str(&format!("\n### {}\n\n", topic.code()));
        if let Topic::Error(_) = topic {
            text.push_str(&format!("- {}\n", topic.title(language)));
        }
        for (name, value) in topic.facts(language) {
            text.push_str(&format!("- {}: {value}\n", label(name)));
        }
        text.push_str(&format!("\n{}\n", topic.explanation(language)));
    }
    text
}

#[test]
fn reference_docs_are_current() {
    for language in Language::ALL {
        let name = format!("docs/reference/{}.md", language.tag());
        assert_generated(&name, &document(language));
    }
}

#[test]
fn each_code_has_one_page() {
    let codes: Vec<&str> = Topic::all().map(Topic::code).collect();
    let different: BTreeSet<&str> = codes.iter().copied().collect();
    assert_eq!(codes.len(), different.len());
    for topic in Topic::all() {
        assert_eq!(Topic::find(topic.code()), Some(topic));
    }
    assert_eq!(Topic::find("no_such_code"), None);
}
