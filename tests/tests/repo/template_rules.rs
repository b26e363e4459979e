//! The rules and conditions of the hub's template, evaluated as CloudFormation does. The emulator ignores
//! rules, and runs in one partition only.

use anyhow::{Context, Result, bail, ensure};
use rolecall_local::overlay::document;
use rolecall_local::paths::Tree;
use serde_json::{Value, json};
use std::collections::BTreeMap;

struct Template {
    document: Value,
    /// Parameters and pseudo parameters.
    values: BTreeMap<String, Value>,
}

impl Template {
    /// The template in a partition, with its defaults.
    fn in_partition(partition: &str, parameters: &[(&str, &str)]) -> Result<Self> {
        let text = std::fs::read_to_string(Tree::default().root().join("infra/template.yaml"))?;
        let document = document::parse(&text)?;
        let declared = document["Parameters"]
            .as_object()
            .context("no parameters")?;
        let defaults = declared.iter();
        let defaults = defaults.map(|(name, one)| (name.clone(), one["Default"].clone()));
        let mut values: BTreeMap<_, _> = defaults.collect();
        values.insert("AWS::Partition".to_owned(), json!(partition));
        for (name, value) in parameters {
            ensure!(values.contains_key(*name), "there is no parameter {name}");
            values.insert((*name).to_owned(), json!(value));
        }
        Ok(Self { document, values })
    }

    fn holds(&self, expression: &Value) -> Result<bool> {
        let expression = expression.as_object().context("not a function")?;
        let (name, argument) = expression.iter().next().context("no function")?;
        let each = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(match (name.as_str(), each) {
            ("Fn::Equals", [left, right]) => self.value(left)? == self.value(right)?,
            ("Fn::Not", [one]) => !self.holds(one)?,
            ("Fn::And", some) => some.iter().try_fold(true, |all, one| {
                Ok::<_, anyhow::Error>(self.holds(one)? && all)
            })?,
            ("Fn::Or", some) => some.iter().try_fold(false, |any, one| {
                Ok::<_, anyhow::Error>(self.holds(one)? || any)
            })?,
            ("Condition", _) => self.condition(argument.as_str().context("not a name")?)?,
            _ => bail!("unknown function {name}"),
        })
    }

    fn condition(&self, name: &str) -> Result<bool> {
        let condition = self.document["Conditions"].get(name);
        self.holds(condition.with_context(|| format!("no condition {name}"))?)
    }

    /// Parameters are strings when CloudFormation compares them.
    fn value(&self, value: &Value) -> Result<String> {
        if let Some(name) = value.get("Ref").and_then(Value::as_str) {
            let value = self.values.get(name);
            return self.value(value.with_context(|| format!("no value of {name}"))?);
        }
        Ok(value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned))
    }

    /// The sentences of the rules that reject the parameters.
    fn rejections(&self) -> Result<Vec<&str>> {
        let mut rejections = Vec::new();
        for rule in self.document["Rules"]
            .as_object()
            .context("no rules")?
            .values()
        {
            if let Some(condition) = rule.get("RuleCondition")
                && !self.holds(condition)?
            {
                continue;
            }
            for assertion in rule["Assertions"].as_array().context("no assertions")? {
                if !self.holds(&assertion["Assert"])? {
                    let sentence = assertion["AssertDescription"].as_str();
                    rejections.push(sentence.context("no sentence")?);
                }
            }
        }
        Ok(rejections)
    }
}

const ISSUER: (&str, &str) = ("JwtIssuer", "https://id.example.com");
const AUDIENCE: (&str, &str) = ("JwtAudience", "hub");
const TOGETHER: &str = "Set both JwtIssuer and JwtAudience, or neither.";

#[test]
fn issuer_and_audience_are_accepted_together_only() -> Result<()> {
    for partition in ["aws", "aws-us-gov"] {
        for (parameters, expected) in [
            (&[][..], &[][..]),
            (&[ISSUER, AUDIENCE], &[]),
            (&[ISSUER], &[TOGETHER]),
            (&[AUDIENCE], &[TOGETHER]),
        ] {
            let template = Template::in_partition(partition, parameters)?;
            assert_eq!(
                template.rejections()?,
                expected,
                "{partition} {parameters:?}"
            );
        }
    }
    Ok(())
}

#[test]
fn china_requires_an_issuer() -> Result<()> {
    let rejections = Template::in_partition("aws-cn", &[])?;
    let rejections = rejections.rejections()?;
    ensure!(
        matches!(rejections[..], [sentence] if sentence.contains("not available in China")),
        "{rejections:?}"
    );
    let own = Template::in_partition("aws-cn", &[ISSUER, AUDIENCE])?;
    assert_eq!(own.rejections()?, [""; 0]);
    ensure!(!own.condition("MakeUserPool")?, "a user pool in China");
    Ok(())
}

#[test]
fn log_format_is_set_in_the_aws_partition_or_on_request() -> Result<()> {
    for (partition, format, expected) in [
        ("aws", "auto", true),
        ("aws", "JSON", true),
        ("aws-us-gov", "auto", false),
        ("aws-us-gov", "JSON", true),
        ("aws-cn", "auto", false),
        ("aws-cn", "Text", true),
    ] {
        let template = Template::in_partition(partition, &[("LogFormat", format)])?;
        let is_set = template.condition("SetLogFormat")?;
        assert_eq!(is_set, expected, "{partition} {format}");
    }
    Ok(())
}

#[test]
fn optional_resources_follow_their_parameters() -> Result<()> {
    for (condition, parameter, off, on) in [
        ("OwnIssuer", "JwtIssuer", "", "https://id.example.com"),
        ("NoCaBundle", "CaBundle", "/etc/roots.pem", ""),
        ("DenyHubAccount", "AllowHubAccount", "true", "false"),
        ("MakeTemplateBucket", "TemplateBucketName", "templates", ""),
        ("ProtectData", "DeletionProtection", "false", "true"),
        ("FurtherRegions", "ServedRegions", "", "eu-west-1"),
        ("OneOrganization", "OrganizationId", "", "o-a1b2c3d4e5"),
        ("ReserveCallback", "CallbackConcurrency", "0", "50"),
        ("ReserveHealth", "HealthConcurrency", "0", "50"),
        ("ReserveApi", "ApiConcurrency", "0", "50"),
        (
            "NotifyAlarms",
            "AlarmTopicArn",
            "",
            "arn:aws:sns:eu-west-1:111111111111:ops",
        ),
    ] {
        for (value, expected) in [(off, false), (on, true)] {
            let template = Template::in_partition("aws", &[(parameter, value)])?;
            let holds = template.condition(condition)?;
            assert_eq!(holds, expected, "{condition} with {parameter}={value:?}");
        }
    }
    Ok(())
}
