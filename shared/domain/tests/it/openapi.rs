//! The generated part of `infra/openapi.yaml`: every code, and the kinds and options of companion roles.
//! `make generate` writes it.

use crate::common::generated::{assert_generated, read};
use rolecall_domain::aws::Partition;
use rolecall_domain::check::{CheckCode, companion, hub_role_codes};
use rolecall_domain::companion::catalog::KINDS;
use rolecall_domain::companion::spec::{
    AwsPolicy, MOST_IN_A_LIST, MOST_POLICIES, OptionSpec, PATH, RoleKind, Takes,
};
use rolecall_domain::companion::value::LONGEST_PATH;
use rolecall_domain::problem::Code;
use serde_json::{Value, json};
use std::fmt::Write;

const CONTRACT: &str = "infra/openapi.yaml";
const BEGIN: &str = "    # >>> generated from the catalogs\n";
const END: &str = "    # <<< generated from the catalogs\n";

#[test]
fn contract_has_every_code_kind_and_option() {
    let text = read(CONTRACT);
    let (before, rest) = text.split_once(BEGIN).expect("the begin marker");
    let (_, after) = rest.split_once(END).expect("the end marker");
    let mut schemas = codes();
    schemas.extend(roles());
    let schemas = schemas
        .iter()
        .fold(String::new(), |mut text, (name, schema)| {
            // JSON is YAML, so each schema is one line.
            writeln!(text, "    {name}: {schema}").expect("text");
            text
        });
    assert_generated(CONTRACT, &format!("{before}{BEGIN}{schemas}{END}{after}"));
}

#[test]
fn every_check_code_has_a_check() {
    for code in CheckCode::ALL {
        let mut checks = hub_role_codes().chain(companion::codes());
        assert!(
            checks.any(|checked| checked == *code),
            "{} is in no list CHECKS",
            code.as_str()
        );
    }
}

fn codes() -> Vec<(String, Value)> {
    let errors: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let names = |codes: &mut dyn Iterator<Item = CheckCode>| {
        let names: Vec<&str> = codes.map(CheckCode::as_str).collect();
        json!({"type": "string", "enum": names})
    };
    let about = "Codes are stable. `malformed_request` and `invalid_token` only occur for a stack's callback, \
                 in the reason that CloudFormation shows and in `last_attempt`; `stack_rolled_back` only \
                 occurs in `last_attempt`.";
    vec![
        (
            "Code".to_owned(),
            json!({"description": about, "type": "string", "enum": errors}),
        ),
        ("CheckCode".to_owned(), names(&mut hub_role_codes())),
        (
            "CompanionCheckCode".to_owned(),
            names(&mut companion::codes()),
        ),
    ]
}

fn roles() -> Vec<(String, Value)> {
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
    let about = "Each kind can appear at most once. Omitted or null options have their default values. Policies \
                 and the bastion account must be in the hub's partition. The bastion account must not be the \
                 connected account. The options of a role can have up to 4,096 bytes in total.";
    let choices = json!({
        "description": about,
        "type": "array",
        "maxItems": companions.len(),
        "items": {"$ref": "#/components/schemas/RoleChoice"},
    });
    lines.push(("ChosenRoles".to_owned(), choices));
    lines
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
