//! The operator's credentials and Region: from the environment, or from the AWS CLI. The CLI knows every
//! other source (profiles, IAM Identity Center, other programs, the roles of machines and containers).

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
    /// Replaces AWS's own host names, as in all of AWS's programs.
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
        let mut ask = |arguments: &[&str]| match &hub.profile {
            Some(profile) => aws_cli(&[arguments, &["--profile", profile]].concat()),
            None => aws_cli(arguments),
        };
        let region = hub.region.clone();
        let region = region
            .or_else(|| set("AWS_REGION"))
            .or_else(|| set("AWS_DEFAULT_REGION"))
            .or_else(|| Some(ask(&["configure", "get", "region"]).ok()?.trim().to_owned()))
            .filter(|region| !region.is_empty())
            .ok_or(AdminError::NoRegion)?;
        let keys = (set("AWS_ACCESS_KEY_ID"), set("AWS_SECRET_ACCESS_KEY"));
        let credentials = match keys {
            (Some(id), Some(secret)) if hub.profile.is_none() => {
                Credentials::from_keys(id, secret, set("AWS_SESSION_TOKEN"))
            }
            _ => ask(&["configure", "export-credentials", "--format", "process"])
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
    // What is not JSON could still be a secret: nothing of it is repeated.
    let answer: Value = serde_json::from_str(answer).map_err(|_| "the AWS CLI printed no JSON")?;
    let text = |name: &str| answer[name].as_str().map(str::to_owned);
    let keys = text("AccessKeyId").zip(text("SecretAccessKey"));
    let (id, secret) = keys.ok_or("the AWS CLI printed no keys")?;
    Ok(Credentials::from_keys(id, secret, text("SessionToken")))
}

pub(crate) fn run_aws_cli(arguments: &[&str]) -> Result<String, Cause> {
    let output = Command::new("aws").args(arguments).output();
    let output = output.map_err(|error| format!("the AWS CLI can't be run: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.trim().lines().last().unwrap_or_default();
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

    /// What is found, and what the AWS CLI was asked.
    fn found(
        hub: &HubArgs,
        set: &[(&str, &str)],
        answer: Result<&str, &'static str>,
    ) -> (Result<Found, AdminError>, Vec<String>) {
        let mut asked = Vec::new();
        let mut aws_cli = |arguments: &[&str]| -> Result<String, Cause> {
            asked.push(arguments.join(" "));
            match arguments[1] {
                "get" => Ok("eu-central-1\n".to_owned()),
                _ => Ok(answer?.to_owned()),
            }
        };
        let found = Found::by(hub, &environment(set), &mut aws_cli);
        (found, asked)
    }

    const KEYS: [(&str, &str); 3] = [
        ("AWS_ACCESS_KEY_ID", "ENV"),
        ("AWS_SECRET_ACCESS_KEY", "env-secret"),
        ("AWS_REGION", "us-east-1"),
    ];

    #[test]
    fn the_environment_is_enough() {
        let (found, asked) = found(&args(None, None), &KEYS, Err("not asked"));
        let found = found.expect("found");
        assert_eq!(found.credentials.access_key_id(), "ENV");
        assert_eq!(found.credentials.session_token(), None);
        assert_eq!(
            (found.region.as_str(), found.endpoint_url),
            ("us-east-1", None)
        );
        assert!(asked.is_empty(), "{asked:?}");
    }

    #[test]
    fn the_aws_cli_provides_what_the_environment_lacks() {
        let (found, asked) = found(&args(None, None), &[], Ok(EXPORTED));
        let found = found.expect("found");
        assert_eq!(found.credentials.access_key_id(), "CLI");
        assert_eq!(found.credentials.session_token(), Some("cli-token"));
        assert_eq!(found.region, "eu-central-1");
        let export = "configure export-credentials --format process";
        assert_eq!(asked, ["configure get region", export]);
    }

    #[test]
    fn a_profile_that_is_named_wins_over_the_environment() {
        let hub = args(Some("ap-northeast-1"), Some("hub"));
        let (found, asked) = found(&hub, &KEYS, Ok(EXPORTED));
        let found = found.expect("found");
        assert_eq!(found.credentials.access_key_id(), "CLI");
        assert_eq!(found.region, "ap-northeast-1");
        let export = "configure export-credentials --format process --profile hub";
        assert_eq!(asked, [export]);
    }

    #[test]
    fn without_usable_credentials_the_error_says_why_and_repeats_no_secret() {
        for (answer, why) in [
            (Err("token has expired"), "token has expired"),
            (Ok("secret"), "the AWS CLI printed no JSON"),
            (Ok("{}"), "the AWS CLI printed no keys"),
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
