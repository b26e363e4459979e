//! `docs/reference` contains the pages that the hub serves at `/reference/<code>`.
//! `ROLECALL_WRITE_DOCS=1 cargo test -p rolecall-domain --test it reference` regenerates the files.

use rolecall_domain::messages::{Language, Message, ReferenceLabel};
use rolecall_domain::reference::Topic;
use std::collections::BTreeSet;
use std::path::Path;

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
        let facts = match topic {
            Topic::Error(code) => vec![
                topic.title(language),
                label(ReferenceLabel::Status {
                    status: u32::from(code.status()),
                }),
            ],
            Topic::Check(code) => vec![
                label(ReferenceLabel::Passed {
                    title: code.passed_title(),
                }),
                label(ReferenceLabel::Failed {
                    title: code.failed_title(),
                }),
            ],
        };
        for fact in facts {
            text.push_str(&format!("- {fact}\n"));
        }
        text.push_str(&format!("\n{}\n", topic.explanation(language)));
    }
    text
}

#[test]
fn reference_docs_are_current() {
    for language in Language::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
        let file = folder.join(format!("{}.md", language.tag()));
        let document = document(language);
        if std::env::var_os("ROLECALL_WRITE_DOCS").is_some() {
            std::fs::create_dir_all(&folder).expect("made");
            std::fs::write(&file, &document).expect("written");
        }
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            document == written,
            "{} is out of date; ROLECALL_WRITE_DOCS=1 writes it",
            file.display()
        );
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
