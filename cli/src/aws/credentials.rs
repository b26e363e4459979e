//! The machine's AWS credentials, in the order of AWS's SDKs: environment variables, the AWS CLI (for
//! profiles and IAM Identity Center), containers (Amazon ECS, EKS Pod Identity), and instances (IMDSv2).
//! <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::Command;

use serde::Deserialize;
use ureq::Agent;
use ureq::http::{Request, Uri};

use super::{MAX_BYTES, agent, local_agent};
use crate::error::Error;

/// The addresses of Amazon ECS's and EKS's agents.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>
const ECS: &str = "http://169.254.170.2";
const PLAIN_HOSTS: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

/// Set for the AWS CLI, so that a profile whose `credential_process` is this program does not run it recursively.
const NESTED: &str = "ROLECALL_NESTED";

const INSTANCE: &str = "http://169.254.169.254";

/// Credentials of an AWS account.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    #[serde(alias = "Token", default)]
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    /// Without secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl From<&Credentials> for aws_credential_types::Credentials {
    fn from(found: &Credentials) -> Self {
        Self::from_keys(
            &found.access_key_id,
            &found.secret_access_key,
            found.session_token.clone(),
        )
    }
}

/// Where credentials can come from: environment variables, of which an empty one counts as not set.
#[derive(Debug, Default, Clone)]
pub struct Sources {
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
    pub keys: Option<Credentials>,
    /// `ROLECALL_AWS_PROFILE`, or `AWS_PROFILE`.
    pub profile: Option<String>,
    /// The AWS CLI runs this program as the `credential_process` of a profile that it reads for this
    /// program.
    is_nested: bool,
    /// `AWS_REGION`, or `AWS_DEFAULT_REGION`.
    pub region: Option<String>,
    /// `AWS_ENDPOINT_URL_STS`, or `AWS_ENDPOINT_URL`.
    pub endpoint_url: Option<String>,
    /// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `AWS_CONTAINER_CREDENTIALS_FULL_URI`, as a URL.
    container: Option<String>,
    /// `AWS_CONTAINER_AUTHORIZATION_TOKEN`.
    container_token: Option<String>,
    /// `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`.
    container_token_file: Option<PathBuf>,
    /// `AWS_EC2_METADATA_DISABLED`.
    no_instance: bool,
    /// `AWS_EC2_METADATA_SERVICE_ENDPOINT`.
    instance: Option<String>,
}

impl Sources {
    /// Reads the variables through `lookup`.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let keys = set("AWS_ACCESS_KEY_ID").zip(set("AWS_SECRET_ACCESS_KEY"));
        let relative = set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
        let relative = relative.map(|path| format!("{ECS}{path}"));
        let disabled = set("AWS_EC2_METADATA_DISABLED");
        Self {
            keys: keys.map(|(access_key_id, secret_access_key)| Credentials {
                access_key_id,
                secret_access_key,
                session_token: set("AWS_SESSION_TOKEN"),
            }),
            profile: set("ROLECALL_AWS_PROFILE").or_else(|| set("AWS_PROFILE")),
            is_nested: set(NESTED).is_some(),
            region: set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION")),
            endpoint_url: set("AWS_ENDPOINT_URL_STS").or_else(|| set("AWS_ENDPOINT_URL")),
            container: relative.or_else(|| set("AWS_CONTAINER_CREDENTIALS_FULL_URI")),
            container_token: set("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
            container_token_file: set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").map(PathBuf::from),
            no_instance: disabled.is_some_and(|value| value.eq_ignore_ascii_case("true")),
            instance: set("AWS_EC2_METADATA_SERVICE_ENDPOINT"),
        }
    }

    /// The credentials of the first source that is configured, read again each time: those of machines expire.
    ///
    /// # Errors
    /// If there are none.
    pub fn credentials(&self) -> Result<Credentials, Error> {
        if self.is_nested {
            return Err(none(
                "the profile gets its credentials from rolecall itself; set ROLECALL_AWS_PROFILE to a \
                 profile of the hub's account",
            ));
        }
        if let Some(keys) = &self.keys {
            return Ok(keys.clone());
        }
        if let Some(url) = self.container.as_ref().filter(|_| self.profile.is_none()) {
            return self.of_container(url);
        }
        match of_aws_cli(self.profile.as_deref()) {
            Ok(credentials) => Ok(credentials),
            Err(why) if self.profile.is_some() || self.no_instance => Err(none(&why)),
            Err(_) => self.of_instance(),
        }
    }

    fn of_container(&self, url: &str) -> Result<Credentials, Error> {
        let uri: Uri = url
            .parse()
            .map_err(|_| none("the container's URL is not valid"))?;
        let is_tls = uri.scheme_str() == Some("https");
        if !is_tls && !uri.host().is_some_and(may_be_plain) {
            return Err(none("the container's URL must start with https"));
        }
        let mut request = Request::get(url);
        let token = match &self.container_token_file {
            Some(file) => {
                let token = std::fs::read_to_string(file);
                Some(token.map_err(|_| none("could not read the container's token file"))?)
            }
            None => self.container_token.clone(),
        };
        if let Some(token) = token {
            request = request.header("authorization", token.trim());
        }
        let agent = if is_tls { agent() } else { local_agent() };
        let answer = exchange(&agent, request);
        let answer = answer.map_err(|why| none(&format!("the container's endpoint: {why}")))?;
        parsed(&answer)
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>
    fn of_instance(&self) -> Result<Credentials, Error> {
        let base = self
            .instance
            .as_deref()
            .unwrap_or(INSTANCE)
            .trim_end_matches('/');
        let agent = local_agent();
        let read = |request| exchange(&agent, request).map_err(|why| none(&why));
        let token = Request::put(format!("{base}/latest/api/token"));
        let token = read(token.header("x-aws-ec2-metadata-token-ttl-seconds", "60"))?;
        let get = |path: &str| {
            let url = format!("{base}/latest/meta-data/iam/security-credentials/{path}");
            read(Request::get(url).header("x-aws-ec2-metadata-token", token.trim()))
        };
        let role = get("")?;
        parsed(&get(role.lines().next().unwrap_or_default().trim())?)
    }
}

/// Whether credentials can be read from this host without TLS.
fn may_be_plain(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = host
        .parse::<IpAddr>()
        .is_ok_and(|address| address.is_loopback());
    is_loopback || host == "localhost" || PLAIN_HOSTS.contains(&host)
}

fn exchange(agent: &Agent, request: ureq::http::request::Builder) -> Result<String, String> {
    let request = request.body(()).map_err(|error| error.to_string())?;
    let answer = agent.run(request).map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    let mut answer = answer;
    let body = answer.body_mut().with_config().limit(MAX_BYTES);
    let body = body.read_to_string().map_err(|error| error.to_string())?;
    match status {
        200 => Ok(body),
        // The body could contain credentials.
        status => Err(format!("status {status}")),
    }
}

/// For profiles and IAM Identity Center.
fn of_aws_cli(profile: Option<&str>) -> Result<Credentials, String> {
    let mut command = Command::new("aws");
    command.args(["configure", "export-credentials", "--format", "process"]);
    if let Some(profile) = profile {
        command.args(["--profile", profile]);
    }
    let output = command.env(NESTED, "1").output();
    let output = output.map_err(|_| "could not run the AWS CLI".to_owned())?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        let last = message.trim().lines().last().unwrap_or_default();
        return Err(format!("the AWS CLI says: {last}"));
    }
    parsed(&String::from_utf8_lossy(&output.stdout)).map_err(|error| error.to_string())
}

fn parsed(answer: &str) -> Result<Credentials, Error> {
    // The answer may contain a secret in any form, so nothing of it is shown.
    serde_json::from_str(answer).map_err(|_| none("the answer has no credentials"))
}

fn none(why: &str) -> Error {
    Error::Aws {
        code: "aws_credentials_missing",
        message: format!("No AWS credentials were found: {why}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(variables: &[(&str, &str)]) -> Sources {
        let found = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Sources::read(&found)
    }

    #[test]
    fn container_credentials_come_over_tls_or_from_the_machine_only() {
        for host in [
            "127.0.0.1",
            "localhost",
            "[::1]",
            "169.254.170.2",
            "169.254.170.23",
            "[fd00:ec2::23]",
        ] {
            assert!(may_be_plain(host), "{host}");
        }
        for host in [
            "169.254.169.254",
            "10.0.0.1",
            "localhost.example.com",
            "example.com",
        ] {
            assert!(!may_be_plain(host), "{host}");
        }
        let url = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/x")];
        let error = sources(&url).credentials().expect_err("refused");
        assert!(
            error.to_string().ends_with("must start with https."),
            "{error}"
        );
    }

    #[test]
    fn keys_in_the_environment_come_first_and_are_never_shown() {
        let all = sources(&[
            ("AWS_ACCESS_KEY_ID", "AKIA"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_SESSION_TOKEN", ""),
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x"),
            ("AWS_DEFAULT_REGION", "eu-central-1"),
        ]);
        let keys = all.credentials().expect("keys");
        assert_eq!(
            (&*keys.access_key_id, keys.session_token.clone()),
            ("AKIA", None)
        );
        assert_eq!(all.region.as_deref(), Some("eu-central-1"));
        assert_eq!(all.container.as_deref(), Some("http://169.254.170.2/v2/x"));
        assert!(!format!("{all:?} {keys:?}").contains("secret"));
    }

    #[test]
    fn profile_that_runs_this_program_is_not_followed_again() {
        let nested = [(NESTED, "1"), ("AWS_PROFILE", "shop")];
        let error = sources(&nested).credentials().expect_err("a cycle");
        assert!(
            error.to_string().contains("ROLECALL_AWS_PROFILE"),
            "{error}"
        );
    }

    #[test]
    fn credentials_are_read_in_both_forms() {
        for name in ["Token", "SessionToken"] {
            let text = format!(r#"{{"AccessKeyId": "A", "SecretAccessKey": "S", "{name}": "T"}}"#);
            assert_eq!(
                parsed(&text).expect("read").session_token.as_deref(),
                Some("T")
            );
        }
        let error = parsed(r#"{"SecretAccessKey": "hidden"}"#).expect_err("incomplete");
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
}
