//! The hub's URL.

use std::fmt;
use std::net::IpAddr;

use ureq::http::Uri;

use crate::error::Error;
use crate::http::is_loopback;

/// The hub's URL: https, or http to this machine. It has no user and no query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    pub fn parse(text: &str) -> Result<Self, Error> {
        let given = text.trim().trim_end_matches('/');
        // Documents and generated clients show the URL with the version, which is part of every path.
        let base = given.strip_suffix("/v1").unwrap_or(given);
        let base = base.trim_end_matches('/');
        let invalid = |why: &str| {
            Error::InvalidArguments(format!("The hub URL \"{}\" {why}.", without_user(given)))
        };
        let uri: Uri = base.parse().map_err(|_| invalid("is not a URL"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(invalid("does not begin with https://"));
        };
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(invalid("has a user, a password or a query"));
        }
        if uri.path().split('/').any(|part| part == "v1") {
            return Err(invalid("has a path after /v1"));
        }
        match scheme {
            "https" => {}
            "http" if is_loopback(authority.host()) => {}
            // Anyone on the network path could read the token.
            "http" => return Err(invalid("uses http; only a hub on this machine may")),
            _ => return Err(invalid("does not begin with https://")),
        }
        Ok(Self(base.to_owned()))
    }

    /// A short name of the hub: the first label of its host.
    pub fn host_label(&self) -> String {
        let uri: Option<Uri> = self.0.parse().ok();
        let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
        let label = host.split('.').next().unwrap_or_default();
        match host.parse::<IpAddr>().is_ok() || !label.starts_with(|c: char| c.is_alphanumeric()) {
            true => "local".to_owned(),
            false => label.to_owned(),
        }
    }

    /// The AWS Region in the host of an API Gateway endpoint, `<id>.execute-api.<Region>.amazonaws.com`.
    pub fn region(&self) -> Option<&str> {
        let host = self.0.strip_prefix("https://")?.split(['/', ':']).next()?;
        let mut labels = host.split('.').skip(1);
        (labels.next() == Some("execute-api")).then(|| labels.next())?
    }

    pub fn url(&self, target: &str) -> String {
        format!("{}{target}", self.0)
    }

    /// True only for a hub on this machine.
    pub(super) fn is_plain_http(&self) -> bool {
        self.0.starts_with("http:")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The URL for an error message, without a password.
fn without_user(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://...@{rest}"),
        (None, Some((_, rest))) => format!("...@{rest}"),
        (_, None) => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn plain_http_is_for_loopback_only() {
        let valid = [
            "https://hub.example.com",
            "https://hub.example.com/stage/",
            "http://localhost:4566/_aws/execute-api/abc/$default",
            "http://127.0.0.1:1",
            "http://[::1]:1/",
        ];
        for url in valid {
            assert!(Address::parse(url).is_ok(), "{url}");
        }
        let invalid = [
            "http://hub.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost@example.com",
            "https://me:secret@hub.example.com",
            "https://hub.example.com?x=y",
            "ftp://localhost",
            "hub.example.com",
            "",
        ];
        for url in invalid {
            let error = Address::parse(url).expect_err(url).to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn version_at_the_end_is_ignored() {
        for given in [
            "https://h.example",
            "https://h.example/",
            "https://h.example/v1",
            "https://h.example//v1//",
        ] {
            let address = Address::parse(given).expect(given);
            assert_eq!(
                address.url("/v1/groups"),
                "https://h.example/v1/groups",
                "{given}"
            );
        }
        let stage = Address::parse("https://h.example/prod/v1/").expect("an address");
        assert_eq!(stage.url("/v1/groups"), "https://h.example/prod/v1/groups");
        for invalid in ["https://h.example/v1/groups", "https://h.example/v1/v1"] {
            assert!(Address::parse(invalid).is_err(), "{invalid}");
        }
    }
}
