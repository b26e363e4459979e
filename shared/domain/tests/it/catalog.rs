//! `docs/companion-roles.md` is generated from the catalog of role kinds.
//! `make generate` writes it.

use crate::common::generated::assert_generated;
use rolecall_domain::aws::Partition;
use rolecall_domain::companion::catalog::KINDS;
use rolecall_domain::companion::spec::{
    AwsPolicy, Contradiction, MOST_IN_A_LIST, MOST_POLICIES, Managed, OptionSpec, PATH, RoleKind,
    Takes, Trust, service_name,
};
use rolecall_domain::companion::value::LONGEST_PATH;
use rolecall_domain::messages::{Language, Message};
use std::fmt::Write;

#[test]
fn companion_roles_page_matches_catalog() {
    assert_generated("docs/companion-roles.md", &page());
}

fn page() -> String {
    let mut page = String::from(
        "# Companion roles\n\n\
         This page is generated from the catalog (`shared/domain/src/companion/catalog.rs`) by\n\
         `shared/domain/tests/it/catalog.rs`. The onboarding template, the inspector and the API use the\n\
         same entries. The [guides](guides/README.md) show how to use each role.\n",
    );
    for kind in KINDS {
        write!(
            page,
            "\n## `{}`: {}\n\n{}\n",
            kind.name,
            lower(kind.title),
            kind.purpose.text(Language::English)
        )
        .expect("text");
        page.push_str(if kind.always {
            "Every stack creates it. [Security](security.md) describes how it is checked.\n"
        } else {
            "\n"
        });
        facts(&mut page, kind);
        if !kind.options.is_empty() {
            page.push_str("\n| Option | Values | Default | Description |\n|---|---|---|---|\n");
            for option in kind.options {
                let (takes, default) = takes(option);
                let (name, about) = (option.name, option.about);
                writeln!(page, "| `{name}` | {takes} | {default} | {about} |").expect("text");
            }
        }
        for contradiction in kind.contradictions {
            let (Contradiction::FlagNeedsPolicy { why, .. }
            | Contradiction::PolicyStandsAlone { why, .. }) = contradiction;
            writeln!(
                page,
                "\nRejected combination: {}",
                why.text(Language::English)
            )
            .expect("text");
        }
        for source in kind.sources {
            writeln!(page, "\n<{source}>").expect("text");
        }
    }
    page
}

fn lower(title: &str) -> String {
    let mut letters = title.chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    first.chain(letters).collect()
}

fn facts(page: &mut String, kind: &RoleKind) {
    for trust in kind.trust {
        let who = match trust {
            Trust::Hub => "the hub's own roles, with the registration's external ID".to_owned(),
            Trust::Account { option, mfa } => format!(
                "the account in `{option}`; with `{mfa}`, only users who signed in with MFA"
            ),
            Trust::Service {
                name,
                of_partition,
                when,
                source_account,
            } => {
                let name = service_name(name, *of_partition, Partition::Aws);
                let when = when.map_or(String::new(), |flag| format!(", with `{flag}`"));
                let source = match source_account {
                    true => ", for this account's own resources only",
                    false => "",
                };
                format!("`{name}`{when}{source}")
            }
        };
        writeln!(page, "- Trusted: {who}.").expect("text");
    }
    for policy in kind.policies {
        let what = match policy {
            Managed::Always(policy) => format!("`{policy}`, always"),
            Managed::When { flag, policy } => format!("`{policy}`, with `{flag}`"),
            Managed::Chosen(option) => format!("those in `{option}`"),
        };
        writeln!(page, "- Attached policies: {what}.").expect("text");
    }
    for inline in kind.inline {
        let actions = inline.actions.join("`, `");
        writeln!(
            page,
            "- Inline policy `{}`, for the values of `{}`: `{actions}`.",
            inline.name, inline.option
        )
        .expect("text");
    }
    if kind.instance_profile {
        page.push_str("- An instance profile with exactly this role.\n");
    }
    if kind.one_per_account {
        page.push_str("- Each AWS account needs only one.\n");
    }
}

fn takes(option: &OptionSpec) -> (String, String) {
    match &option.takes {
        Takes::AccountId => ("12 digits".into(), "required".into()),
        Takes::Flag { default } => ("true or false".into(), default.to_string()),
        Takes::Seconds {
            default,
            least,
            most,
        } => (format!("{least} to {most}"), default.to_string()),
        Takes::RolePath => {
            let text = format!("a path under `{PATH}`, up to {LONGEST_PATH} characters");
            (text, format!("`{PATH}`"))
        }
        Takes::Policies { known, default } => {
            let known: Vec<&str> = known.iter().map(AwsPolicy::name).collect();
            let known = known.join("`, `");
            let text = format!("1 to {MOST_POLICIES} of `{known}`, or ARNs of managed policies");
            (text, format!("`{default}`"))
        }
        Takes::Buckets => (format!("up to {MOST_IN_A_LIST} names"), "none".into()),
        Takes::Regions => (format!("up to {MOST_IN_A_LIST} Regions"), "none".into()),
    }
}
