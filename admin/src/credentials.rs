//! The operator's credentials and Region, from the environment or from the AWS CLI. The CLI supports every
//! other source: profiles, IAM Identity Center, credential processes, and the roles of machines and
//! containers.

use std::error::Error;
use std::process::Command;

use aws_credential_types::Credentials;
use serde_json::Value;

use crate::args::HubArgs;
use crate::error::AdminError;

type Cause = Box<dyn Error + Send + Sync>;

#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) credentials: Credentials,
    pub(crate) region: String,
    /// Replaces AWS's host names, as `AWS_ENDPOINT_URL` does in AWS's own programs.
    pub(crate) endpoint_url: Option<String>,
}

impl Found {
    /// `aws_cli` runs the AWS CLI with these arguments and returns its standard output.
    pub(crate) fn by(
        hub: &HubArgs,
        get: &impl Fn(&str) -> Option<String>,
        aws_cli: &mut impl FnMut(&[&str]) -> Result<String, Cause>,
    ) -> Result<Self, AdminError> {
        let set = |name: &str| get(name).filter(|value| !value.is_empty());
        let mut run = |arguments: &[&str]| match &hub.profile {
            Some(profile) => aws_cli(&[arguments, &["--profile", profile]].concat()),
            None => aws_cli(arguments),
        };
        let region = hub.region.clone();
        let region = region
            .or_else(|| set("AWS_REGION"))
            .or_else(|| set("AWS_DEFAULT_REGION"))
            .or_else(|| Some(run(&["configure", "get", "region"]).ok()?.trim().to_owned()))
            .filter(|region| !region.is_empty())
            .ok_or(AdminError::NoRegion)?;
        let keys = (set("AWS_ACCESS_KEY_ID"), set("AWS_SECRET_ACCESS_KEY"));
        let credentials = match keys {
            (Some(id), Some(secret)) if hub.profile.is_none() => {
                Credentials::from_keys(id, secret, set("AWS_SESSION_TOKEN"))
            }
            _ => run(&["configure", "export-credentials", "--format", "process"])
                .and_then(|answer| exported(&answer))
                .map_err(AdminError::NoCredentials)?,
        };
        Ok(Self {
            credentials,
            region,
            endpoint_url: set("AWS_ENDPOINT_URL"),
        })
    }
}

/// <https://docs.aws.amazon.com/cli/latest/reference/configure/export-credentials.html>
fn exported(answer: &str) -> Result<Credentials, Cause> {
    // Output that is not JSON may still contain a secret, so none of it is shown.
    let answer: Value =
        serde_json::from_str(answer).map_err(|_| "the output of the AWS CLI is not JSON")?;
    let text = |name: &str| answer[name].as_str().map(str::to_owned);
    let keys = text("AccessKeyId").zip(text("SecretAccessKey"));
    let (id, secret) = keys.ok_or("the output of the AWS CLI contains no keys")?;
    Ok(Credentials::from_keys(id, secret, text("SessionToken")))
}

pub(crate) fn run_aws_cli(arguments: &[&str]) -> Result<String, Cause> {
    let output = Command::new("aws").args(arguments).output();
    let output = output.map_err(|error| format!("could not run the AWS CLI: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let message = String::from_utf8_lossy(&output.stderr);
    let last = message.trim().lines().last().unwrap_or_default();
    Err(format!("aws {}: {last}", arguments.join(" ")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPORTED: &str = r#"{"Version": 1, "AccessKeyId": "CLI", "SecretAccessKey": "cli-secret",
        "SessionToken": "cli-token", "Expiration": "2026-11-29T00:00:00Z"}"#;

    fn args(region: Option<&str>, profile: Option<&str>) -> HubArgs {
        HubArgs {
            stack_name: "rolecall".to_owned(),
            region: region.map(str::to_owned),
            profile: profile.map(str::to_owned),
        }
    }

    fn environment(set: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        let set: Vec<_> = set
            .iter()
            .map(|(n, v)| (n.to_string(), v.to_string()))
            .collect();
        move |name| {
            let found = set.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone())
        }
    }

    /// The result, and the AWS CLI commands that were run.
    fn found(
        hub: &HubArgs,
        set: &[(&str, &str)],
        answer: Result<&str, &'static str>,
    ) -> (Result<Found, AdminError>, Vec<String>) {
        let mut commands = Vec::new();
        let mut aws_cli = |arguments: &[&str]| -> Result<String, Cause> {
            commands.push(arguments.join(" "));
            match arguments[1] {
                "get" => Ok("eu-central-1\n".to_owned()),
                _ => Ok(answer?.to_owned()),
            }
        };
        let found = Found::by(hub, &environment(set), &mut aws_cli);
        (found, commands)
    }

    const KEYS: [(&str, &str); 3] = [
        ("AWS_ACCESS_KEY_ID", "ENV"),
        ("AWS_SECRET_ACCESS_KEY", "env-secret"),
        ("AWS_REGION", "us-east-1"),
    ];

    #[test]
    fn environment_variables_are_used_without_the_aws_cli() {
        let (found, commands) = found(&args(None, None), &KEYS, Err("not run"));
        let found = found.expect("found");
        assert_eq!(found.credentials.access_key_id(), "ENV");
        assert_eq!(found.credentials.session_token(), None);
        assert_eq!(
            (found.region.as_str(), found.endpoint_url),
            ("us-east-1", None)
        );
        assert!(commands.is_empty(), "{commands:?}");
    }

    #[test]
    fn missing_environment_variables_are_read_from_the_aws_cli() {
        let (found, commands) = found(&args(None, None), &[], Ok(EXPORTED));
        let found = found.expect("found");
        assert_eq!(found.credentials.access_key_id(), "CLI");
        assert_eq!(found.credentials.session_token(), Some("cli-token"));
        assert_eq!(found.region, "eu-central-1");
        let export = "configure export-credentials --format process";
        assert_eq!(commands, ["configure get region", export]);
    }

    #[test]
    fn profile_argument_overrides_the_environment() {
        let hub = args(Some("ap-northeast-1"), Some("hub"));
        let (found, commands) = found(&hub, &KEYS, Ok(EXPORTED));
        let found = found.expect("found");
        assert_eq!(found.credentials.access_key_id(), "CLI");
        assert_eq!(found.region, "ap-northeast-1");
        let export = "configure export-credentials --format process --profile hub";
        assert_eq!(commands, [export]);
    }

    #[test]
    fn missing_credentials_error_has_the_cause_and_no_secret() {
        for (answer, why) in [
            (Err("token has expired"), "token has expired"),
            (Ok("secret"), "the output of the AWS CLI is not JSON"),
            (Ok("{}"), "the output of the AWS CLI contains no keys"),
        ] {
            let (found, _) = found(&args(None, None), &[], answer);
            let report = found.expect_err("none").report();
            assert!(
                report.starts_with("error: credentials_missing: "),
                "{report}"
            );
            assert!(report.ends_with(&format!("\n  {why}")), "{report}");
        }
    }
}
