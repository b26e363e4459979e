//! `sts:GetWebIdentityToken`: a token that proves this program's AWS role to others.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html>

use std::fmt;
use std::time::SystemTime;

use rolecall_client::signer::Signer;
use ureq::http::Request;

use super::{Credentials, MAX_BYTES, agent};
use crate::error::Error;

/// STS in one Region. The global endpoint does not offer the operation.
#[derive(Debug)]
pub struct Sts {
    region: String,
    url: String,
}

#[derive(Debug)]
pub struct WebIdentityTokenRequest<'a> {
    pub audience: &'a str,
    /// 60 to 3,600.
    pub seconds: u32,
}

/// A token that can be used until it expires.
pub struct WebIdentityToken(String);

impl WebIdentityToken {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for WebIdentityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebIdentityToken(..)")
    }
}

impl Sts {
    /// `endpoint_url` replaces AWS's host name.
    ///
    /// # Errors
    /// If the Region's code can't be part of a host name.
    pub fn new(region: &str, endpoint_url: Option<&str>) -> Result<Self, Error> {
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if region.is_empty() || !region.bytes().all(legal) {
            let message = format!("{region:?} is not the code of an AWS Region.");
            return Err(Error::InvalidArguments(message));
        }
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        let url = match endpoint_url {
            Some(url) => format!("{}/", url.trim_end_matches('/')),
            None => format!("https://sts.{region}.amazonaws.com{suffix}/"),
        };
        Ok(Self {
            region: region.to_owned(),
            url,
        })
    }

    /// # Errors
    /// If AWS rejects the request or can't be reached.
    pub fn web_identity_token(
        &self,
        credentials: &Credentials,
        wanted: &WebIdentityTokenRequest<'_>,
    ) -> Result<WebIdentityToken, Error> {
        let body = form(&[
            ("Action", "GetWebIdentityToken"),
            ("Version", "2011-06-15"),
            ("Audience.member.1", wanted.audience),
            ("SigningAlgorithm", "RS256"),
            ("DurationSeconds", &wanted.seconds.to_string()),
        ]);
        let unsigned = || failed("The request could not be signed.");
        let request = Request::post(&self.url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        let request = request.map_err(|_| unsigned())?;
        let signer = Signer::of_service(credentials.into(), &*self.region, "sts");
        let request = signer.sign(request, SystemTime::now());
        let request = request.map_err(|_| unsigned())?;
        let unreachable =
            |error: ureq::Error| failed(&format!("Could not reach AWS STS: {error}."));
        let mut answer = agent().run(request).map_err(unreachable)?;
        let body = answer.body_mut().with_config().limit(MAX_BYTES);
        let body = body.read_to_string().map_err(unreachable)?;
        let found = (answer.status() == 200).then(|| element(&body, "WebIdentityToken"));
        match found.flatten() {
            Some(token) if is_token(token) => Ok(WebIdentityToken(token.to_owned())),
            _ => Err(refused(answer.status().as_u16(), &body)),
        }
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        let each = text.bytes().map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(b).to_string()
            }
            other => format!("%{other:02X}"),
        });
        each.collect()
    };
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The content of an element of AWS's XML. Neither tokens nor codes contain escaped characters.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (content, _) = rest.split_once(&format!("</{name}>"))?;
    Some(content.trim())
}

/// What a file for `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` can hold: a header's value.
fn is_token(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    text.split('.').count() == 3 && text.bytes().all(legal)
}

fn refused(status: u16, body: &str) -> Error {
    let code = element(body, "Code").unwrap_or("no code");
    let message = element(body, "Message").unwrap_or("no details");
    let visible = |text: &str| -> String { text.chars().filter(|c| !c.is_control()).collect() };
    let (code, message) = (visible(code), visible(message));
    let hint = match code.as_str() {
        "OutboundWebIdentityFederationDisabled"
        | "OutboundWebIdentityFederationDisabledException" => {
            " Enable it with `aws iam enable-outbound-web-identity-federation`."
        }
        _ => "",
    };
    failed(&format!(
        "AWS STS refused with status {status}: {code}: {message}{hint}"
    ))
}

fn failed(message: &str) -> Error {
    Error::Aws {
        code: "aws_sts_failed",
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoint_is_regional() {
        for (region, url) in [
            ("eu-central-1", "https://sts.eu-central-1.amazonaws.com/"),
            ("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/"),
        ] {
            assert_eq!(Sts::new(region, None).expect("valid").url, url);
        }
        let local = Sts::new("us-east-1", Some("http://127.0.0.1:4566")).expect("valid");
        assert_eq!(local.url, "http://127.0.0.1:4566/");
        for bad in ["", "a.b", "eu/central", "EU"] {
            assert!(Sts::new(bad, None).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_a_token_is_taken_from_the_answer() {
        assert!(is_token("eyJh.eyJp.c2ln-_"));
        for bad in ["", "a.b", "a.b.c\n", "a.b.c.d", "a b.c.d", "<a>.b.c"] {
            assert!(!is_token(bad), "{bad:?}");
        }
        assert_eq!(element("<a> x </a>", "a"), Some("x"));
        assert_eq!(element("<a>x", "a"), None);
        assert_eq!(
            form(&[("a", "https://x y"), ("b", "1")]),
            "a=https%3A%2F%2Fx%20y&b=1"
        );
    }
}
