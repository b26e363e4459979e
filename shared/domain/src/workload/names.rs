//! The names of issuers and workloads.

use crate::messages::{Rule, WorkloadFileRule};
use crate::text::{FieldError, check_line, checked_string};
use url::{Host, Url};

const MAX_URL: usize = 500;
/// The maximum length that OpenID Connect allows for the claim `sub`.
pub(super) const MAX_SUBJECT: usize = 255;
const MAX_AUDIENCE: usize = 255;

const fn broken(rule: WorkloadFileRule) -> FieldError {
    FieldError::new("invalid", Rule::WorkloadFile { rule })
}

checked_string!(
    /// The operator's name for an issuer: 1 to 32 lowercase letters, digits and hyphens. Audit entries
    /// and events show it.
    IssuerName,
    |text| {
        let part = |part: &str| {
            let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
            !part.is_empty() && part.bytes().all(legal)
        };
        if text.len() <= 32 && text.split('-').all(part) {
            Ok(())
        } else {
            Err(broken(WorkloadFileRule::NotAnIssuerName))
        }
    }
);

checked_string!(
    /// The https URL of an issuer, exactly as in its tokens.
    IssuerUrl,
    |text| {
        let plain = text.len() <= MAX_URL && text.bytes().all(|b| b.is_ascii_graphic());
        let url = if plain { Url::parse(text).ok() } else { None };
        match url {
            Some(url) if is_callable(&url) && url.query().is_none() => Ok(()),
            _ => Err(broken(WorkloadFileRule::NotAnIssuerUrl)),
        }
    }
);

/// Whether the hub may fetch keys from this URL.
pub(super) fn is_callable(url: &Url) -> bool {
    let named = url.host_str().is_some_and(|host| !host.is_empty());
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    named && plain && url.scheme() == "https"
}

/// Whether the hub may call this URL: https, or plain http on this machine if that is allowed.
pub fn is_callable_url(text: &str, allow_loopback: bool) -> bool {
    let url = Url::parse(text);
    url.is_ok_and(|url| is_callable(&url) || (allow_loopback && is_plain_loopback(&url)))
}

/// `localhost` never leaves the machine either: <https://www.rfc-editor.org/rfc/rfc6761#section-6.3>.
fn is_plain_loopback(url: &Url) -> bool {
    let is_local = match url.host() {
        Some(Host::Ipv4(host)) => host.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv6(_)) | None => false,
    };
    url.scheme() == "http" && is_local
}

impl IssuerUrl {
    /// The URL of its discovery document.
    /// <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig>
    pub fn discovery_url(&self) -> String {
        format!(
            "{}/.well-known/openid-configuration",
            self.0.trim_end_matches('/')
        )
    }
}

checked_string!(
    /// The audience of an issuer's tokens for this hub.
    Audience,
    |text| {
        if (1..=MAX_AUDIENCE).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(())
        } else {
            Err(broken(WorkloadFileRule::NotAnAudience))
        }
    }
);

checked_string!(
    /// The claim `sub` of a workload. `*` matches any characters.
    Subject,
    |text| {
        check_line(text, MAX_SUBJECT)?;
        // A leading or trailing space is a mistake that is easy to miss.
        if text.trim() == text { Ok(()) } else { Err(broken(WorkloadFileRule::NotASubject)) }
    }
);

impl Subject {
    pub fn has_wildcard(&self) -> bool {
        self.0.contains('*')
    }

    pub fn matches(&self, sub: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(mut rest) = parts.next().and_then(|first| sub.strip_prefix(first)) else {
            return false;
        };
        if !self.has_wildcard() {
            return rest.is_empty();
        }
        let mut parts: Vec<&str> = parts.collect();
        let last = parts.pop().unwrap_or_default();
        for part in parts {
            let Some((_, after)) = rest.split_once(part) else {
                return false;
            };
            rest = after;
        }
        rest.ends_with(last)
    }
}
