//! Documents generated from the catalog of role kinds: `docs/companion-roles.md`, and the kinds and
//! options in `infra/openapi.yaml`.
//!
//! `ROLECALL_WRITE_DOCS=1 cargo test -p rolecall-domain --test it catalog` regenerates them.

use rolecall_domain::aws::Partition;
use rolecall_domain::companion::catalog::KINDS;
use rolecall_domain::companion::spec::{
    AwsPolicy, Contradiction, MOST_IN_A_LIST, MOST_POLICIES, Managed, OptionSpec, PATH, RoleKind,
    Takes, Trust, service_name,
};
use rolecall_domain::companion::value::LONGEST_PATH;
use rolecall_domain::messages::{Language, Message};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    PathBuf::from(root).join(name)
}

/// Compares the file with the text, or writes it if requested.
fn assert_generated(name: &str, text: &str) {
    if std::env::var_os("ROLECALL_WRITE_DOCS").is_some() {
        std::fs::write(path(name), text).expect("written");
    }
    let found = std::fs::read_to_string(path(name)).unwrap_or_default();
    assert!(
        found == text,
        "{name} is out of date; regenerate it with ROLECALL_WRITE_DOCS=1"
    );
}

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
            kind.purpose
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

const BEGIN: &str = "    # >>> generated from the catalog\n";
const END: &str = "    # <<< generated from the catalog\n";

#[test]
fn openapi_kinds_and_options_match_catalog() {
    let name = "infra/openapi.yaml";
    let text = std::fs::read_to_string(path(name)).expect("the file exists");
    let (before, rest) = text.split_once(BEGIN).expect("the begin marker");
    let (_, after) = rest.split_once(END).expect("the end marker");
    assert_generated(name, &format!("{before}{BEGIN}{}{END}{after}", schemas()));
}

/// JSON is valid YAML, so each schema fits on one line.
fn schemas() -> String {
    let all: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let companions: Vec<&str> = RoleKind::companions().map(|kind| kind.name).collect();
    let mut lines = vec![
        ("RoleKind".to_owned(), json!({"enum": all})),
        ("CompanionKind".to_owned(), json!({"enum": companions})),
    ];
    let name = |kind: &RoleKind| format!("{}Options", kind.logical_id);
    let options = RoleKind::companions().map(|kind| (name(kind), schema(kind)));
    lines.extend(options);
    let each = RoleKind::companions().map(|kind| {
        let schema = format!("#/components/schemas/{}", name(kind));
        json!({"$ref": schema})
    });
    let each: Vec<Value> = each.collect();
    lines.push(("RoleOptions".to_owned(), json!({"oneOf": each})));
    let choice_name = |kind: &RoleKind| format!("{}Choice", kind.logical_id);
    lines.extend(RoleKind::companions().map(|kind| (choice_name(kind), choice(kind))));
    let reference = |kind| format!("#/components/schemas/{}", choice_name(kind));
    let each = RoleKind::companions().map(|kind| json!({"$ref": reference(kind)}));
    let each: Vec<Value> = each.collect();
    let mapping = RoleKind::companions().map(|kind| (kind.name.to_owned(), json!(reference(kind))));
    let mapping: serde_json::Map<String, Value> = mapping.collect();
    let discriminator = json!({"propertyName": "kind", "mapping": mapping});
    let any = json!({"oneOf": each, "discriminator": discriminator});
    lines.push(("RoleChoice".to_owned(), any));
    lines
        .iter()
        .fold(String::new(), |mut text, (name, schema)| {
            writeln!(text, "    {name}: {schema}").expect("text");
            text
        })
}

/// The options of a deployed role, where all are present.
fn schema(kind: &RoleKind) -> Value {
    let names: Vec<&str> = kind.options.iter().map(|option| option.name).collect();
    let properties = kind.options.iter().map(|option| {
        let mut schema = value(&option.takes);
        schema["description"] = json!(option.about);
        (option.name.to_owned(), schema)
    });
    let properties: serde_json::Map<String, Value> = properties.collect();
    json!({
        "type": "object",
        "required": names,
        "additionalProperties": false,
        "properties": properties,
    })
}

/// A role in a request. Options with a default may be omitted or null.
fn choice(kind: &RoleKind) -> Value {
    let is_required = |option: &&OptionSpec| option.takes == Takes::AccountId;
    let properties = kind.options.iter().map(|option| {
        let mut schema = value(&option.takes);
        let mut about = option.about.to_owned();
        if !is_required(&option) {
            schema["type"] = json!([schema["type"], "null"]);
        }
        // Generators treat properties with a default as required, which is true only for responses.
        let fields = schema.as_object_mut().expect("an object");
        if let Some(default) = fields.remove("default") {
            about = format!("{about} Default: {default}.");
        }
        schema["description"] = json!(about);
        (option.name.to_owned(), schema)
    });
    let properties: serde_json::Map<String, Value> = properties.collect();
    let required = kind.options.iter().filter(is_required);
    let required: Vec<&str> = required.map(|option| option.name).collect();
    let mut options = json!({"additionalProperties": false, "properties": properties});
    let mut fields = vec!["kind"];
    if required.is_empty() {
        options["type"] = json!(["object", "null"]);
    } else {
        options["type"] = json!("object");
        options["required"] = json!(required);
        fields.push("options");
    }
    json!({
        "type": "object",
        "required": fields,
        "additionalProperties": false,
        "properties": {"kind": {"type": "string", "enum": [kind.name]}, "options": options},
    })
}

/// The name of an AWS managed policy, or a policy's ARN; the same rule as in the code.
fn policy_pattern(known: &[AwsPolicy]) -> String {
    let known: Vec<&str> = known.iter().map(AwsPolicy::name).collect();
    format!(
        "^({}|arn:({}):iam::(aws|[0-9]{{12}}):policy/([A-Za-z0-9_+.@/-]*/)?[A-Za-z0-9_+.@-]{{1,128}})$",
        known.join("|"),
        Partition::ALL.map(Partition::as_str).join("|"),
    )
}

fn value(takes: &Takes) -> Value {
    let texts = |least: usize, most: usize, items: Value| json!({"type": "array", "minItems": least, "maxItems": most, "items": items});
    match takes {
        Takes::AccountId => json!({"type": "string", "pattern": "^[0-9]{12}$"}),
        Takes::Flag { default } => json!({"type": "boolean", "default": default}),
        Takes::Seconds {
            default,
            least,
            most,
        } => json!({"type": "integer", "minimum": least, "maximum": most, "default": default}),
        Takes::RolePath => json!({
            "type": "string",
            "pattern": format!("^{PATH}([A-Za-z0-9_.-]+/)*$"),
            "maxLength": LONGEST_PATH,
            "default": PATH,
        }),
        Takes::Policies { known, default } => {
            let pattern = policy_pattern(known);
            let items = json!({"type": "string", "maxLength": 640, "pattern": pattern});
            let mut list = texts(1, MOST_POLICIES, items);
            list["default"] = json!([default]);
            list
        }
        Takes::Buckets => {
            let pattern = r"^[a-z0-9](\.?[a-z0-9-])*\.?[a-z0-9]$";
            let items =
                json!({"type": "string", "minLength": 3, "maxLength": 63, "pattern": pattern});
            let mut list = texts(0, MOST_IN_A_LIST, items);
            list["default"] = json!([]);
            list
        }
        Takes::Regions => {
            let items = json!({"$ref": "#/components/schemas/Region"});
            let mut list = texts(0, MOST_IN_A_LIST, items);
            list["default"] = json!([]);
            list
        }
    }
}
