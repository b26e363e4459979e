//! Differences between partitions, and values that must not change between template versions.

use serde_json::{Value, json};

use crate::templates::template::{ALL, HUB, Template, texts};

/// Logical IDs of the functions, with their crates.
const FUNCTIONS: [(&str, &str); 7] = [
    ("RegistrationApi", "registration-api"),
    ("StackCallback", "stack-callback"),
    ("StackCleanup", "stack-cleanup"),
    ("AccountHealth", "account-health"),
    ("CredentialBroker", "credential-broker"),
    ("Console", "console"),
    ("EventPublisher", "event-publisher"),
];

/// Where a partition has no JSON logs (GovCloud, China), CloudFormation rejects the whole property.
/// Without it, the function must log to the same group, so that permissions, retention and filters
/// apply.
#[test]
fn function_logs_to_its_own_group_in_every_partition() {
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
fn template_requires_jwt_issuer_in_china() {
    let hub = Template::read(HUB);
    let rule = hub.at("/Rules/ChinaBringsAnIssuer");
    assert_eq!(rule["RuleCondition"], json!(["AWS::Partition", "aws-cn"]));
    assert_eq!(rule["Assertions"][0]["Assert"], json!([["JwtIssuer", ""]]));
    let sentence = rule["Assertions"][0]["AssertDescription"].as_str();
    assert!(sentence.is_some_and(|it| it.contains("China") && it.contains("JwtIssuer")));
    let managed_login = &hub.at("/Conditions/ManagedLogin");
    assert!(managed_login.to_string().contains("MakeUserPool"));
    for (name, resource) in hub.section("Resources") {
        let kind = resource["Type"].as_str().unwrap_or_default();
        if kind.starts_with("AWS::Cognito::") {
            let condition = resource["Condition"].as_str().unwrap_or_default();
            let own = ["MakeUserPool", "ManagedLogin"].contains(&condition);
            assert!(own, "{name}: {condition}");
        }
    }
}

/// Resources with data are retained; everything else is deleted with the stack or by the rollback
/// of its first deployment.
#[test]
fn data_is_retained_unless_the_first_deployment_fails() {
    let hub = Template::read(HUB);
    let mut kept = Vec::new();
    for path in ALL {
        for (name, resource) in Template::read(path).section("Resources") {
            let policy = &resource["DeletionPolicy"];
            assert_ne!(
                *policy, "Retain",
                "{path}: {name} would remain after a failed creation"
            );
            if *policy == "RetainExceptOnCreate" {
                assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{name}");
                kept.push(name.to_owned());
            }
        }
    }
    kept.sort_unstable();
    let data = [
        "OnboardingBucket",
        "OnboardingBucketPolicy",
        "ReceiptsTable",
        "Table",
        "TokenKey",
        "UserPool",
    ];
    assert_eq!(kept, data);
    // Protected resources can't be rolled back, so protection is enabled after the first
    // deployment.
    assert_eq!(hub.at("/Parameters/DeletionProtection")["Default"], "false");
    let protected = json!(["ProtectData", true, false]);
    let table = hub.at("/Resources/Table/Properties/DeletionProtectionEnabled");
    assert_eq!(*table, protected);
}

/// Changing any of these would break deployed hubs, and no test of a single version would notice.
#[test]
fn values_that_later_versions_must_keep_are_pinned() {
    let hub = Template::read(HUB);
    // "When you make a change to this property, a new secret version is created": every customer's
    // token would become invalid, and keys that were rotated in by hand would be lost.
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
    let generator = hub.at("/Resources/TokenKey/Properties/GenerateSecretString");
    let expected = json!({
        "SecretStringTemplate": "{}",
        "GenerateStringKey": "k1",
        "PasswordLength": 64,
        "ExcludePunctuation": true,
    });
    assert_eq!(*generator, expected);
    // Another logical ID or name means another function: topics in further Regions, deployed by
    // separate stacks, would call one that no longer exists.
    let callback = hub.at("/Resources/StackCallback/Properties/FunctionName");
    assert_eq!(*callback, "${AWS::StackName}-stack-callback");
    let output = hub.at("/Outputs/StackCallbackFunctionArn/Value");
    assert_eq!(*output, "StackCallback.Arn");
    // Another logical ID would create a new, empty resource.
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
