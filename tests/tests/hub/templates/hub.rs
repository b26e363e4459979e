//! The hub's own template: which roles its functions can assume, and who can publish to its buses.

use rolecall_domain::companion::spec::PATH;
use rolecall_domain::iam::pattern::overlap;
use serde_json::{Value, json};

use crate::templates::template::{ALL, HUB, ONBOARDING, Template, texts};

/// A role's inline statements with an action.
fn statements<'a>(role: &'a Value, action: &str) -> Vec<&'a Value> {
    let policies = role["Properties"]["Policies"].as_array();
    let documents = policies
        .into_iter()
        .flatten()
        .map(|it| &it["PolicyDocument"]["Statement"]);
    let listed = documents.filter_map(Value::as_array).flatten();
    // A conditional statement is a list: the condition, the statement, and no value.
    let flat = listed.map(|it| if it.is_array() { &it[1] } else { it });
    flat.filter(|it| texts(&it["Action"]).contains(&action))
        .collect()
}

#[test]
fn hub_roles_assume_only_customer_roles_without_conditions() {
    let hub = Template::read(HUB);
    let mut assuming = Vec::new();
    for (name, role) in hub.resources("AWS::IAM::Role") {
        let path = role["Properties"]["Path"].as_str().expect("a path");
        assert!(path.starts_with("/rolecall-hub/"), "{name}: {path}");
        let found = statements(role, "sts:AssumeRole");
        let trusted = ["/rolecall-hub/verifier/", "/rolecall-hub/broker/"].contains(&path);
        assert_eq!(trusted, !found.is_empty(), "{name}");
        let [allow, deny] = found.as_slice() else {
            assert!(found.is_empty(), "{name}");
            continue;
        };
        assuming.push(name);
        // Exactly these statements: a condition on sts:ExternalId would make the probe without an
        // external ID meaningless.
        let customers = json!({
            "Sid": "AssumeCustomersRoles",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": "arn:${AWS::Partition}:iam::*:role/rolecall/*",
        });
        let own = json!({
            "Sid": "NeverTheHubsOwnRoles",
            "Effect": "Deny",
            "Action": "sts:AssumeRole",
            "Resource": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*",
        });
        assert_eq!((*allow, *deny), (&customers, &own), "{name}");
    }
    let expected = [
        "BrokerRole",
        "VerifierApiRole",
        "VerifierCallbackRole",
        "VerifierCleanupRole",
        "VerifierHealthRole",
    ];
    assert_eq!(assuming, expected);
}

/// Every Allow statement, at any depth.
fn allowing<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(fields) => {
            if fields.get("Effect").is_some_and(|it| it == "Allow") {
                found.push(value);
            }
            fields.values().for_each(|field| allowing(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| allowing(item, found)),
        _ => {}
    }
}

#[test]
fn no_hub_policy_covers_a_companion_role() {
    let companions = format!("arn:aws:iam::222222222222:role{PATH}*");
    let reaches = |resource: &str| {
        let resource = resource.replace("${AWS::Partition}", "aws");
        // Neither account IDs nor paths of companion roles contain colons.
        let resource = resource.replace("iam::*:", "iam::222222222222:");
        overlap(&resource, &companions)
    };
    // The control: resources that would include a companion role.
    assert!(reaches("arn:${AWS::Partition}:iam::*:role/*") && reaches("*"));
    let hub = Template::read(HUB);
    let mut seen = 0;
    for (name, role) in hub.resources("AWS::IAM::Role") {
        let mut statements = Vec::new();
        allowing(&role["Properties"]["Policies"], &mut statements);
        let of_sts = |action: &&str| {
            let action = action.to_lowercase();
            overlap(&action, "sts:assumerole*") || overlap(&action, "iam:*")
        };
        for statement in statements {
            if !texts(&statement["Action"]).iter().any(of_sts) {
                continue;
            }
            assert!(statement.get("NotResource").is_none(), "{name}");
            let resources = texts(&statement["Resource"]);
            assert!(!resources.is_empty(), "{name}");
            seen += resources.len();
            assert!(
                !resources.iter().any(|it| reaches(it)),
                "{name}: {statement}"
            );
        }
    }
    assert!(seen >= 4, "{seen}");
}

#[test]
fn hub_account_is_denied_unless_the_operator_allows_it() {
    let hub = Template::read(HUB);
    assert_eq!(hub.at("/Parameters/AllowHubAccount/Default"), "false");
    assert_eq!(
        *hub.at("/Conditions/DenyHubAccount"),
        json!(["AllowHubAccount", "false"])
    );
    for (name, role) in hub.resources("AWS::IAM::Role") {
        let policies = role["Properties"]["Policies"].to_string();
        let condition = r#"["DenyHubAccount",{"#;
        let assumes = policies.contains("sts:AssumeRole");
        assert_eq!(policies.contains(condition), assumes, "{name}");
    }
}

/// These items decide which templates customers run. The emulator does not enforce the condition.
#[test]
fn no_function_can_change_what_the_operator_published() {
    let hub = Template::read(HUB);
    for (name, role) in hub.resources("AWS::IAM::Role") {
        for action in [
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
        ] {
            let mut found = statements(role, action);
            // These tables contain nothing that the operator publishes.
            let others = ["ReceiptsTable.Arn", "SessionsTable.Arn"];
            found.retain(|it| !others.iter().any(|other| it["Resource"] == *other));
            let [allow, deny] = found.as_slice() else {
                assert!(found.is_empty(), "{name}: {action}");
                continue;
            };
            assert_eq!(allow["Effect"], "Allow", "{name}");
            assert_eq!(deny["Effect"], "Deny", "{name}");
            assert_eq!(allow["Resource"], deny["Resource"], "{name}");
            // Only the API renders templates.
            let condition = match name {
                "VerifierApiRole" => {
                    json!({"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": ["HUB"]}})
                }
                _ => json!({
                    "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["HUB", "TEMPLATE#*"]}
                }),
            };
            assert_eq!(deny["Condition"], condition, "{name}");
        }
    }
}

#[test]
fn only_the_broker_writes_receipts_and_it_writes_no_record() {
    let hub = Template::read(HUB);
    let writes = [
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
    ];
    let mut writers = Vec::new();
    for (name, role) in hub.resources("AWS::IAM::Role") {
        let found: Vec<&Value> = writes.iter().flat_map(|it| statements(role, it)).collect();
        let tables = found.iter().flat_map(|it| texts(&it["Resource"]));
        let tables: std::collections::BTreeSet<&str> = tables.collect();
        if tables.contains("ReceiptsTable.Arn") {
            assert_eq!(tables.len(), 1, "{name}: {tables:?}");
            writers.push(name);
        }
    }
    assert_eq!(writers, ["BrokerRole"]);
}

/// The console acts as the person who is signed in, by the API.
#[test]
fn console_reaches_sessions_and_their_key_and_nothing_else() {
    let hub = Template::read(HUB);
    let role = hub.at("/Resources/ConsoleRole/Properties");
    assert!(role.get("ManagedPolicyArns").is_none());
    let policies = role["Policies"].as_array().expect("policies");
    assert_eq!(policies.len(), 1);
    let statements = policies[0]["PolicyDocument"]["Statement"].as_array();
    let (conditional, always): (Vec<&Value>, Vec<&Value>) = statements
        .expect("statements")
        .iter()
        .partition(|it| it.is_array());
    let reached = always.iter().map(|it| it["Resource"].as_str());
    let expected = ["ConsoleLogs.Arn", "SessionsTable.Arn", "SessionKey.Id"];
    assert_eq!(reached.collect::<Vec<_>>(), expected.map(Some));
    // A client's secret can be read only if there is one, and no other secret.
    let secret = json!({
        "Sid": "ReadTheClientSecret",
        "Effect": "Allow",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "ConsoleClientSecretArn",
    });
    let statement = json!(["ConfidentialClient", secret, "AWS::NoValue"]);
    assert_eq!(conditional, [&statement]);
    let condition = hub.at("/Conditions/ConfidentialClient");
    assert_eq!(*condition, json!([["ConsoleClientSecretArn", ""]]));
    for (name, role) in hub.resources("AWS::IAM::Role") {
        let policies = role["Properties"]["Policies"].to_string();
        let reaches = policies.contains("Session") && policies.contains("SessionsTable.Arn")
            || policies.contains("SessionKey.Id")
            || policies.contains("ConsoleClientSecretArn");
        assert_eq!(reaches, name == "ConsoleRole", "{name}");
    }
}

#[test]
fn function_roles_have_no_unused_permissions() {
    let hub = Template::read(HUB);
    let with = |action: &str| -> Vec<&str> {
        let roles = hub.resources("AWS::IAM::Role").into_iter();
        let having = roles.filter(|(_, role)| !statements(role, action).is_empty());
        having.map(|(name, _)| name).collect()
    };
    // Only the API lists records through an index.
    assert_eq!(with("dynamodb:BatchGetItem"), ["VerifierApiRole"]);
    // This action supports no resource-level permissions, so it would grant nothing on the stream.
    assert!(with("dynamodb:ListStreams").is_empty());
    assert!(with("dynamodb:Scan").is_empty());
}

#[test]
fn customers_trust_the_paths_of_the_hubs_verifiers_and_broker() {
    let trusted = Template::read(ONBOARDING);
    let trust = "/Resources/RolecallRole/Properties/AssumeRolePolicyDocument/Statement/0";
    let condition = trusted.at(&format!("{trust}/Condition/ArnLike/aws:PrincipalArn"));
    let expected = ["verifier", "broker"]
        .map(|path| format!("arn:aws:iam::111111111111:role/rolecall-hub/{path}/*"));
    assert_eq!(texts(condition), expected);
    let outputs = Template::read(HUB);
    let output = outputs.at("/Outputs/TrustedPrincipals/Value").to_string();
    for path in ["verifier", "broker"] {
        let path = format!("role/rolecall-hub/{path}/*");
        assert!(output.contains(&path), "{output}");
    }
}

#[test]
fn only_the_hub_can_publish_to_its_event_bus() {
    for path in ALL {
        let template = Template::read(path);
        assert!(
            template.resources("AWS::Events::EventBusPolicy").is_empty(),
            "{path}"
        );
    }
    let hub = Template::read(HUB);
    let buses = hub.resources("AWS::Events::EventBus");
    let names: Vec<_> = buses
        .iter()
        .map(|(_, bus)| &bus["Properties"]["Name"])
        .collect();
    assert_eq!(names, ["rolecall-aws-events", "rolecall"]);
    assert!(
        hub.at("/Resources/EventBus/Properties")
            .get("Policy")
            .is_none()
    );
    // The hub's rule matches only events from this account.
    let pattern = hub.at("/Resources/AccountDeregistered/Properties/EventPattern");
    assert_eq!(pattern["account"], json!(["AWS::AccountId"]));
    assert_eq!(pattern["source"], json!(["rolecall"]));
}

#[test]
fn bus_for_aws_events_accepts_only_aws_sources() {
    let hub = Template::read(HUB);
    let policy = hub.at("/Resources/AwsEventBus/Properties/Policy/Statement");
    let bus = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/rolecall-aws-events";
    let sources = json!({
        "events:source": ["aws.cloudformation", "aws.organizations"],
        "events:eventBusInvocation": "true",
    });
    let expected = json!([{
        "Sid": "AnyoneMayForwardTheseSources",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "events:PutEvents",
        "Resource": bus,
        "Condition": {"StringEquals": sources},
    }]);
    assert_eq!(*policy, expected);
    for (name, rule) in hub.resources("AWS::Events::Rule") {
        let rule = &rule["Properties"];
        let listens = texts(&rule["EventBusName"]);
        let source = texts(&rule["EventPattern"]["source"]);
        let expected: &[&str] = match listens.as_slice() {
            ["AwsEventBus"] => &["aws.cloudformation", "aws.organizations"],
            ["EventBus"] => &["rolecall"],
            _ => &[],
        };
        assert!(
            source.iter().all(|it| expected.contains(it)),
            "{name}: {source:?}"
        );
    }
}

/// Small accounts can't reserve concurrency, so the default is none; the emulator ignores it.
#[test]
fn four_functions_have_optional_concurrency_limits() {
    let hub = Template::read(HUB);
    for (function, parameter, condition) in [
        ("StackCallback", "CallbackConcurrency", "ReserveCallback"),
        ("AccountHealth", "HealthConcurrency", "ReserveHealth"),
        ("RegistrationApi", "ApiConcurrency", "ReserveApi"),
        ("CredentialBroker", "BrokerConcurrency", "ReserveBroker"),
    ] {
        let reserved = hub.at(&format!(
            "/Resources/{function}/Properties/ReservedConcurrentExecutions"
        ));
        assert_eq!(*reserved, json!([condition, parameter, "AWS::NoValue"]));
        // A text for the parameter with a pattern, a number for the others.
        let none = hub.at(&format!("/Parameters/{parameter}/Default"));
        assert!(*none == 0 || *none == "0", "{none}");
        let asked = hub.at(&format!("/Conditions/{condition}"));
        assert_eq!(*asked, json!([[parameter, none]]));
    }
}

/// Two retries are enough for a temporary failure; requests that can't succeed are then dropped.
#[test]
fn callback_message_is_delivered_at_most_three_times() {
    let hub = Template::read(HUB);
    let retries =
        hub.at("/Resources/StackCallback/Properties/EventInvokeConfig/MaximumRetryAttempts");
    assert_eq!(*retries, 2);
    let destination = hub.at("/Resources/StackCallback/Properties/EventInvokeConfig");
    assert!(destination.get("DestinationConfig").is_none());
}
