//! The hub template's parameters: CloudFormation accepts only values with which the functions start.

use anyhow::{Context, Result, ensure};
use rolecall_aws::config::{
    ApiConfig, AwsEnvironment, BrokerConfig, CallbackConfig, CleanupConfig, ConsoleConfig,
    HealthConfig, PublisherConfig,
};
use rolecall_local::paths::Tree;
use serde_json::{Value, json};

fn template() -> Result<Value> {
    let text = std::fs::read_to_string(Tree::default().root().join("infra/template.yaml"))?;
    Ok(serde_saphyr::from_str(&text)?)
}

/// As CloudFormation decides: by the parameter's pattern, list or range.
fn accepts(parameter: &Value, value: &str) -> bool {
    if let Some(pattern) = parameter["AllowedPattern"].as_str() {
        let schema = json!({"type": "string", "pattern": pattern});
        return jsonschema::is_valid(&schema, &json!(value));
    }
    if let Some(values) = parameter["AllowedValues"].as_array() {
        return values.iter().any(|it| it == value);
    }
    if parameter["Type"] != "Number" {
        return true;
    }
    let Ok(number) = value.parse::<f64>() else {
        return false;
    };
    let bound = |name: &str| parameter[name].as_f64();
    bound("MinValue").is_none_or(|least| number >= least)
        && bound("MaxValue").is_none_or(|most| number <= most)
}

const TRUSTED: &str = "arn:aws:iam::111111111111:role/rolecall-hub/verifier/*";

/// Reads the configuration of all functions, with one variable replaced.
fn functions_start(variable: &str, value: &str) -> Result<()> {
    let get = |name: &str| {
        let default = match name {
            _ if name == variable => value,
            _ if name.ends_with("_SECONDS") => "900",
            "AWS_REGION" => "eu-central-1",
            "HUB_ACCOUNT_ID" => "111111111111",
            "TRUSTED_PRINCIPALS" => TRUSTED,
            "ALLOW_HUB_ACCOUNT" => "false",
            "DEFAULT_ROLE" => "viewer",
            "AWS_ENDPOINT_URL" | "AWS_CA_BUNDLE" | "RESPONSE_ORIGINS" | "SERVED_REGIONS" => "",
            "JWT_ISSUER" => "https://issuer.example",
            "CONSOLE_URL" => "https://console.example",
            _ => "text",
        };
        Some(default.to_owned())
    };
    AwsEnvironment::read(&get)?;
    ApiConfig::read(&get)?;
    CallbackConfig::read(&get)?;
    CleanupConfig::read(&get)?;
    HealthConfig::read(&get)?;
    PublisherConfig::read(&get)?;
    BrokerConfig::read(&get)?;
    ConsoleConfig::read(&get)?;
    Ok(())
}

const ROLE: &str = "arn:aws:iam::111111111111:role/product-*";
const SESSIONS: &str = "arn:aws-us-gov:sts::111111111111:assumed-role/product/*";
const LONGEST: &str = "31622400";

/// Parameter, variable, accepted values, rejected values.
type Row<'a> = (&'a str, &'a str, &'a [&'a str], &'a [&'a str]);

fn rows<'a>(principals: &'a [&'a str]) -> Vec<Row<'a>> {
    let seconds: (&[&str], &[&str]) = (
        &["1", "900", "900.0", "1.5", "9e2", LONGEST],
        &["0", "-1", "0.5", "31622401", "1e9", "15m"],
    );
    let mut rows: Vec<Row<'_>> = vec![
        (
            "ExtraTrustedPrincipals",
            "TRUSTED_PRINCIPALS",
            principals,
            &[
                "111111111111",
                "*",
                "role/console",
                "arn:",
                "arn:aws:iam::111111111111:",
                "arn:aws:iam::*:role/x",
                "arn:aws-moon:iam::111111111111:role/x",
                "arn:aws:s3:::bucket",
                "arn:aws:iam::111111111111:role/a\\b",
            ],
        ),
        (
            "ResponseOrigins",
            "RESPONSE_ORIGINS",
            &[
                "",
                "https://s3.example.com",
                "https://s3.example.com/",
                "http://127.0.0.1:4566,https://a-b.example",
            ],
            &[
                "s3.example.com",
                "127.0.0.1:4566",
                "https://s3.example.com/bucket",
                "https://s3.example.com?x=1",
                "https://user@s3.example.com",
                "ftp://s3.example.com",
                "https://",
                "https://a.example;https://b.example",
            ],
        ),
        (
            "AllowHubAccount",
            "ALLOW_HUB_ACCOUNT",
            &["true", "false"],
            &["yes", "True"],
        ),
        (
            "DefaultRole",
            "DEFAULT_ROLE",
            &["viewer", "member", "owner"],
            &["Owner", "admin", "none"],
        ),
    ];
    for (parameter, variable) in SECONDS {
        rows.push((parameter, variable, seconds.0, seconds.1));
    }
    rows
}

const SECONDS: [(&str, &str); 9] = [
    ("ConsoleIdleSeconds", "CONSOLE_IDLE_SECONDS"),
    ("ConsoleSessionSeconds", "CONSOLE_SESSION_SECONDS"),
    ("ProofMaxAgeSeconds", "PROOF_MAX_AGE_SECONDS"),
    ("RegistrationTtlSeconds", "REGISTRATION_TTL_SECONDS"),
    ("QuietPeriodSeconds", "QUIET_PERIOD_SECONDS"),
    ("DeletingRecheckSeconds", "DELETING_RECHECK_SECONDS"),
    ("CheckIntervalSeconds", "CHECK_INTERVAL_SECONDS"),
    ("FullCheckIntervalSeconds", "FULL_CHECK_INTERVAL_SECONDS"),
    ("OrphanCheckSeconds", "ORPHAN_CHECK_SECONDS"),
];

/// The template can't tell whether a Region or a file exists. The functions log an error and start.
const LOGGED: [(&str, &str, &[&str]); 2] = [
    (
        "ServedRegions",
        "SERVED_REGIONS",
        &[
            "",
            "eu-west-1",
            "eu-west-1,us-gov-west-1",
            "eu-west-9",
            "cn-north-1",
        ],
    ),
    (
        "CaBundle",
        "AWS_CA_BUNDLE",
        &["", "/no/such.pem", "/dev/null"],
    ),
];

/// Any text is valid for the functions.
const UNPARSED: [&str; 9] = [
    "TenantClaim",
    "RoleClaim",
    "CustomDomainName",
    "JwtIssuer",
    "JwtAudience",
    "CliClientId",
    "ConsoleClientId",
    "ConsoleClientSecretArn",
    "LogLevel",
];

#[test]
fn template_and_functions_accept_the_same_values() -> Result<()> {
    let template = template()?;
    let several = format!("{ROLE},{SESSIONS}");
    let principals = [ROLE, SESSIONS, &several];
    for (name, variable, accepted, rejected) in rows(&principals) {
        let parameter = &template["Parameters"][name];
        ensure!(parameter.is_object(), "no parameter {name}");
        for value in accepted {
            ensure!(
                accepts(parameter, value),
                "the template rejects {name}={value}"
            );
            let started = functions_start(variable, value);
            started.with_context(|| format!("a function rejects {name}={value}"))?;
        }
        for value in rejected {
            ensure!(
                !accepts(parameter, value),
                "the template accepts {name}={value}"
            );
            let started = functions_start(variable, value);
            ensure!(started.is_err(), "the functions accept {name}={value}");
        }
    }
    Ok(())
}

#[test]
fn functions_start_with_an_unknown_region_and_without_the_bundle() -> Result<()> {
    let template = template()?;
    for (name, variable, values) in LOGGED {
        for value in values {
            let parameter = &template["Parameters"][name];
            ensure!(
                accepts(parameter, value),
                "the template rejects {name}={value}"
            );
            functions_start(variable, value).with_context(|| format!("{name}={value}"))?;
        }
    }
    for value in ["EU-WEST-1", "eu-west-1;eu-west-2", "eu-west-1,", "europe"] {
        let parameter = &template["Parameters"]["ServedRegions"];
        ensure!(!accepts(parameter, value), "the template accepts {value}");
    }
    Ok(())
}

#[test]
fn every_parameter_of_a_function_is_tested_here() -> Result<()> {
    let template = template()?;
    let parameters = template["Parameters"].as_object().context("parameters")?;
    let functions = template["Resources"].as_object().context("resources")?;
    let environments: Vec<String> = functions
        .values()
        .filter(|it| it["Type"] == "AWS::Serverless::Function")
        .map(|it| it["Properties"]["Environment"]["Variables"].to_string())
        .collect();
    let principals = [ROLE];
    let tested = rows(&principals);
    let tested = tested.iter().map(|(name, ..)| *name);
    let tested = tested.chain(LOGGED.map(|(name, ..)| name)).chain(UNPARSED);
    let tested: Vec<&str> = tested.chain(["TemplateBucketName"]).collect();
    let mut used = 0;
    for name in parameters.keys() {
        // A reference is the name alone, or `${name}` in a text.
        let plain = format!("\"{name}\"");
        let inside = format!("${{{name}}}");
        let in_use = |text: &String| text.contains(&plain) || text.contains(&inside);
        if environments.iter().any(in_use) {
            used += 1;
            ensure!(tested.contains(&name.as_str()), "{name} is not tested");
        }
    }
    ensure!(used >= 12, "only {used} parameters found");
    Ok(())
}

/// AWS Lambda requires it of a queue's maximum concurrency and the function's reserved concurrency.
#[test]
fn reserved_concurrency_covers_the_queue_concurrency() -> Result<()> {
    let template = template()?;
    let events = &template["Resources"]["AccountHealth"]["Properties"]["Events"];
    let most = &events["Checks"]["Properties"]["ScalingConfig"]["MaximumConcurrency"];
    let most = most.as_u64().context("a maximum")?;
    let parameter = &template["Parameters"]["HealthConcurrency"];
    for value in 0..=200 {
        let expected = value == 0 || value >= most;
        assert_eq!(accepts(parameter, &value.to_string()), expected, "{value}");
    }
    Ok(())
}

/// Otherwise links that customers already have stop working once TemplateBucketName is set.
#[test]
fn published_templates_stay_readable_without_their_bucket_in_the_stack() -> Result<()> {
    let template = template()?;
    let resources = template["Resources"].as_object().context("resources")?;
    let conditional = resources
        .iter()
        .filter(|(_, it)| it["Condition"] == "MakeTemplateBucket");
    let mut found = Vec::new();
    for (name, resource) in conditional {
        assert_eq!(resource["DeletionPolicy"], "RetainExceptOnCreate", "{name}");
        assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{name}");
        found.push(name.as_str());
    }
    assert_eq!(found, ["OnboardingBucket", "OnboardingBucketPolicy"]);
    Ok(())
}
