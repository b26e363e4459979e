//! The hub's template where AWS is not the same everywhere, and what must not change between versions.

use serde_json::{Value, json};

use crate::templates::template::{ALL, HUB, Template, texts};

/// A function's crate by its logical id.
const FUNCTIONS: [(&str, &str); 5] = [
    ("RegistrationApi", "registration-api"),
    ("StackCallback", "stack-callback"),
    ("StackCleanup", "stack-cleanup"),
    ("AccountHealth", "account-health"),
    ("EventPublisher", "event-publisher"),
];

/// GovCloud and China have had no JSON logs, and CloudFormation refused the whole property there. The
/// log group is the one that a function has without it, so that rights, retention and filters hold.
#[test]
fn a_function_logs_to_its_own_group_whether_or_not_its_partition_has_log_formats() {
    let hub = Template::read(HUB);
    let json_or_text = json!([
        "SetLogFormat",
        {
            "LogFormat": ["TextLogs", "Text", "JSON"],
            "ApplicationLogLevel": ["TextLogs", "AWS::NoValue", "TRACE"],
        },
        "AWS::NoValue",
    ]);
    for (function, name) in FUNCTIONS {
        let properties = hub.at(&format!("/Resources/{function}/Properties"));
        let name = format!("${{AWS::StackName}}-{name}");
        assert_eq!(properties["FunctionName"], *name, "{function}");
        assert_eq!(properties["LoggingConfig"], json_or_text, "{function}");
        let group = hub.at(&format!(
            "/Resources/{function}Logs/Properties/LogGroupName"
        ));
        assert_eq!(*group, *format!("/aws/lambda/{name}"), "{function}");
        let role = texts(&properties["Role"])[0].strip_suffix(".Arn");
        let role = hub.at(&format!(
            "/Resources/{}/Properties/Policies",
            role.expect("a role")
        ));
        let first = &role[0]["PolicyDocument"]["Statement"][0];
        assert_eq!(
            first["Resource"],
            *format!("{function}Logs.Arn"),
            "{function}"
        );
    }
    let sets = hub.at("/Conditions/SetLogFormat");
    assert_eq!(
        *sets,
        json!([["AWS::Partition", "aws"], [["LogFormat", "auto"]]])
    );
    assert_eq!(hub.at("/Parameters/LogFormat")["Default"], "auto");
}

#[test]
fn in_china_the_template_asks_for_an_issuer_before_it_makes_anything() {
    let hub = Template::read(HUB);
    let rule = hub.at("/Rules/ChinaBringsAnIssuer");
    assert_eq!(rule["RuleCondition"], json!(["AWS::Partition", "aws-cn"]));
    assert_eq!(rule["Assertions"][0]["Assert"], json!([["JwtIssuer", ""]]));
    let sentence = rule["Assertions"][0]["AssertDescription"].as_str();
    assert!(sentence.is_some_and(|it| it.contains("China") && it.contains("JwtIssuer")));
    for (name, resource) in hub.section("Resources") {
        let kind = resource["Type"].as_str().unwrap_or_default();
        if kind.starts_with("AWS::Cognito::") {
            assert_eq!(resource["Condition"], "MakeUserPool", "{name}");
        }
    }
}

/// Deleted with the stack, or by the roll-back of its first deployment, is what nobody would miss.
#[test]
fn data_outlives_the_stack_but_not_a_first_deployment_that_failed() {
    let hub = Template::read(HUB);
    let mut kept = Vec::new();
    for path in ALL {
        for (name, resource) in Template::read(path).section("Resources") {
            let policy = &resource["DeletionPolicy"];
            assert_ne!(
                *policy, "Retain",
                "{path}: {name} would outlive a failed creation"
            );
            if *policy == "RetainExceptOnCreate" {
                assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{name}");
                kept.push(name.to_owned());
            }
        }
    }
    kept.sort_unstable();
    assert_eq!(kept, ["OnboardingBucket", "Table", "TokenKey", "UserPool"]);
    // What is protected can't be rolled back: protection comes once the stack exists.
    assert_eq!(hub.at("/Parameters/DeletionProtection")["Default"], "false");
    let protected = json!(["ProtectData", true, false]);
    let table = hub.at("/Resources/Table/Properties/DeletionProtectionEnabled");
    assert_eq!(*table, protected);
}

/// Each of these would be a disaster that no test of one version sees.
#[test]
fn what_a_later_version_must_not_change_is_pinned() {
    let hub = Template::read(HUB);
    // "When you make a change to this property, a new secret version is created": every token of every
    // customer would be invalid, and the keys that were rotated in by hand would be gone.
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
    let generator = hub.at("/Resources/TokenKey/Properties/GenerateSecretString");
    let expected = json!({
        "SecretStringTemplate": "{}",
        "GenerateStringKey": "k1",
        "PasswordLength": 64,
        "ExcludePunctuation": true,
    });
    assert_eq!(*generator, expected);
    // Another logical id or name is another function: the topics of all further Regions, deployed by
    // stacks of their own, would call one that is gone.
    let callback = hub.at("/Resources/StackCallback/Properties/FunctionName");
    assert_eq!(*callback, "${AWS::StackName}-stack-callback");
    let output = hub.at("/Outputs/StackCallbackFunctionArn/Value");
    assert_eq!(*output, "StackCallback.Arn");
    // Another logical id of these is a new, empty one.
    for (name, kind) in [
        ("Table", "AWS::DynamoDB::Table"),
        ("TokenKey", "AWS::SecretsManager::Secret"),
        ("UserPool", "AWS::Cognito::UserPool"),
        ("HttpApi", "AWS::ApiGatewayV2::Api"),
    ] {
        assert_eq!(
            hub.at(&format!("/Resources/{name}/Type")),
            &Value::from(kind)
        );
    }
}
