//! The text of a template: the frame around its resources.

use super::resources::{HAS_BOUNDARY, REPORTS, resources};
use super::words::{about, description};
use super::yaml::{Entry, Yaml, comment, entry, flow, list, reference};
use super::{ROLE, Template};

/// `Fn::Or` accepts two to ten conditions.
const MAX_IN_AN_OR: usize = 10;

pub(super) fn render(template: &Template) -> String {
    let mut sections = vec![
        entry(
            "AWSTemplateFormatVersion",
            Yaml::Quoted("2010-09-09".to_owned()),
        ),
        entry("Description", Yaml::Quoted(description(template))),
        entry(
            "Metadata",
            [entry("AWS::CloudFormation::Interface", interface())],
        )
        .apart(),
        entry("Parameters", parameters()).apart(),
        entry("Conditions", conditions(template)).apart(),
        entry("Resources", resources(template)).apart(),
        entry("Outputs", outputs(template)).apart(),
    ];
    let body = Yaml::Map(sections.drain(2..).collect()).document();
    let head = Yaml::Map(sections).document();
    let about = comment(&about(template)).join("\n");
    format!("{head}\n{about}\n{body}")
}

fn interface() -> Yaml {
    let group = |label: &str, parameters: &[&str]| {
        Yaml::from([
            entry(
                "Label",
                flow([entry("default", Yaml::Quoted(label.to_owned()))]),
            ),
            entry("Parameters", flow(list(parameters.iter().copied()))),
        ])
    };
    let groups = [
        group(
            "Filled in by the link. Don't change.",
            &["RegistrationToken", "ExternalId"],
        ),
        group(
            "Only if your organization requires it",
            &["RolePath", "PermissionsBoundaryArn", "ReportBy"],
        ),
    ];
    let labels = [
        ("RegistrationToken", "Registration token"),
        ("ExternalId", "External ID"),
        ("RolePath", "Role path"),
        ("PermissionsBoundaryArn", "Permissions boundary"),
        ("ReportBy", "Reporting method"),
    ];
    let label = |(name, label): (&str, &str)| {
        entry(
            name,
            flow([entry("default", Yaml::Quoted(label.to_owned()))]),
        )
    };
    Yaml::from([
        entry("ParameterGroups", list(groups)),
        entry("ParameterLabels", labels.map(label)),
    ])
}

/// A parameter: a string with a description, and the rule for its value.
fn parameter(name: &str, description: &str, rules: Vec<Entry>) -> Entry {
    let mut body = vec![
        entry("Type", "String"),
        entry("Description", Yaml::Quoted(description.to_owned())),
    ];
    body.extend(rules);
    entry(name, body)
}

fn pattern(pattern: &str, rule: &str) -> Vec<Entry> {
    vec![
        entry("AllowedPattern", Yaml::Quoted(pattern.to_owned())),
        entry("ConstraintDescription", Yaml::Quoted(rule.to_owned())),
    ]
}

fn parameters() -> Vec<Entry> {
    let unchanged = "Open the link that you received again, and don't change this value.";
    let default = |value: &str| entry("Default", Yaml::Quoted(value.to_owned()));
    let with = |first: Vec<Entry>, then: Vec<Entry>| first.into_iter().chain(then).collect();
    vec![
        parameter(
            "RegistrationToken",
            "Identifies the registration that this stack belongs to. It works once.",
            pattern("^reg_[0-9A-Za-z]{1,64}\\.[0-9A-Za-z_-]{20,128}$", unchanged),
        ),
        parameter(
            "ExternalId",
            "The hub must provide this value whenever it assumes the role. It is unique to this registration.",
            with(
                vec![
                    entry("MinLength", Yaml::Number(2)),
                    entry("MaxLength", Yaml::Number(1224)),
                ],
                pattern("^[0-9A-Za-z_+=,.@:/-]+$", unchanged),
            ),
        ),
        parameter(
            "RolePath",
            "IAM path of the role. The hub can only assume roles under /rolecall/.",
            with(
                vec![default("/rolecall/"), entry("MaxLength", Yaml::Number(128))],
                pattern(
                    "^/rolecall/([A-Za-z0-9_.-]+/)*$",
                    "Must start with /rolecall/ and end with a slash.",
                ),
            ),
        ),
        parameter(
            "PermissionsBoundaryArn",
            "ARN of the permissions boundary that your organization requires.",
            with(
                vec![default("")],
                pattern(
                    "^(arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9_+=,.@/-]+)?$",
                    "Must be the ARN of a managed policy, or empty.",
                ),
            ),
        ),
        parameter(
            "ReportBy",
            "callback: the stack reports to the hub by itself. paste: the stack sends nothing, and you paste its \
             output RolecallStackInfo. Choose paste if your organization denies messages to other accounts' topics.",
            vec![
                default("callback"),
                entry("AllowedValues", flow(list(["callback", "paste"]))),
            ],
        ),
    ]
}

fn conditions(template: &Template) -> Vec<Entry> {
    let equals =
        |one: Yaml, value: &str| Yaml::Call("!Equals", vec![one, Yaml::Text(value.to_owned())]);
    let condition = |name: &str| Yaml::Condition(name.to_owned());
    let regions = template.hub.served_regions.iter();
    let regions: Vec<Yaml> = regions
        .map(|region| equals(reference("AWS::Region"), region.as_str()))
        .collect();
    let mut all = Vec::new();
    if regions.len() <= MAX_IN_AN_OR {
        all.push(entry("Served", any_of(regions)));
    } else {
        let mut parts = Vec::new();
        for (at, part) in regions.chunks(MAX_IN_AN_OR).enumerate() {
            let name = format!("Served{}", at + 1);
            parts.push(condition(&name));
            all.push(entry(name, any_of(part.to_vec())));
        }
        all.push(entry("Served", any_of(parts)));
    }
    let callback = equals(reference("ReportBy"), "callback");
    let boundary = equals(reference("PermissionsBoundaryArn"), "");
    all.extend([
        entry(
            REPORTS,
            Yaml::Call("!And", vec![condition("Served"), callback]),
        ),
        entry(HAS_BOUNDARY, Yaml::Call("!Not", vec![boundary])),
    ]);
    all
}

fn any_of(mut conditions: Vec<Yaml>) -> Yaml {
    match conditions.len() {
        1 => conditions.remove(0),
        _ => Yaml::Call("!Or", conditions),
    }
}

fn outputs(template: &Template) -> Vec<Entry> {
    let id = template.id();
    let info = format!(
        "{{\"v\":2,\"registration_id\":\"${{RegistrationId}}\",\"stack_id\":\"${{AWS::StackId}}\",\
         \"role_arn\":\"${{{ROLE}.Arn}}\",\"template_id\":\"{id}\"}}"
    );
    let token = Yaml::Call("!Split", vec![".".into(), reference("RegistrationToken")]);
    let registration = Yaml::Call("!Select", vec![Yaml::Number(0), token]);
    let named = Yaml::from([entry("RegistrationId", registration)]);
    let value = Yaml::Call("!Sub", vec![Yaml::Quoted(info), named]);
    let mut all = vec![entry(
        "RolecallStackInfo",
        [
            entry(
                "Description",
                Yaml::Quoted(
                    "Paste this value into the onboarding page if it asks for it. It is not a secret.".to_owned(),
                ),
            ),
            entry("Value", [entry("Fn::Base64", value)]),
        ],
    )];
    for role in &template.companion_roles {
        let kind = role.kind;
        let mut arns = vec![(kind.role_output(), "The role", kind.role_resource())];
        if kind.instance_profile {
            arns.push((
                kind.profile_output(),
                "The instance profile",
                kind.profile_resource(),
            ));
        }
        all.extend(arns.into_iter().map(|(name, what, resource)| {
            let description = format!("{what} ({})", kind.title);
            entry(
                name,
                [
                    entry("Description", Yaml::Quoted(description)),
                    entry("Value", Yaml::GetAtt(format!("{resource}.Arn"))),
                ],
            )
        }));
    }
    all
}
