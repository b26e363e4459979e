//! Links of the operator, and the origins to which pages can return customers. All are parsed as
//! browsers parse them: <https://url.spec.whatwg.org/>.

use crate::messages::{BrandRule, Rule};
use crate::text::{FieldError, checked_string};
use url::{Host, Url};

const MAX_LINK: usize = 500;
/// Longer than any URL that a product needs, and short enough for every browser and log.
const MAX_RETURN_URL: usize = 2048;
/// The maximum length of an address according to the email standard.
const MAX_ADDRESS: usize = 254;
const MAILTO: &str = "mailto:";

const fn broken(rule: BrandRule) -> FieldError {
    FieldError::new("invalid", Rule::Brand { rule })
}

checked_string!(
    /// A link that starts with `https://`, as a browser would write it: ASCII, without a user name and
    /// characters that need quotes in a template.
    HttpsLink,
    |text| match parsed(text) {
        Some(url) if url.scheme() == "https" && is_link_text(text) => Ok(()),
        _ => Err(broken(BrandRule::NotAnHttpsLink)),
    },
    |text| match parsed(&text) {
        Some(url) => url.into(),
        None => text,
    }
);

checked_string!(
    /// Where customers ask for help: a link that starts with `https://` or `mailto:`.
    Contact,
    |text| {
        let fits = match text.strip_prefix(MAILTO) {
            Some(address) => is_address(address),
            None => HttpsLink::parse(text).is_ok(),
        };
        if fits { Ok(()) } else { Err(broken(BrandRule::NotAContact)) }
    },
    |text| match text.split_at_checked(MAILTO.len()) {
        Some((scheme, address)) if scheme.eq_ignore_ascii_case(MAILTO) => {
            format!("{MAILTO}{address}")
        }
        _ if is_address(&text) => format!("{MAILTO}{text}"),
        _ => HttpsLink::parse(text.as_str()).map_or(text, String::from),
    }
);

impl Contact {
    /// For display: an email address without `mailto:`.
    pub fn shown(&self) -> &str {
        self.0.strip_prefix(MAILTO).unwrap_or(&self.0)
    }
}

checked_string!(
    /// The origin of a web page: `https://`, a host, and a port unless it is 443. For development also
    /// `http://` with a port on localhost or a loopback address.
    /// <https://html.spec.whatwg.org/multipage/browsers.html#origin>
    Origin,
    |text| {
        let Some(url) = parsed(text) else {
            return Err(broken(BrandRule::NotAnOrigin));
        };
        let origin = url.origin().ascii_serialization();
        if url.scheme() == "http" && !(is_loopback(&url) && url.port().is_some()) {
            return Err(broken(BrandRule::OriginNotHttps));
        }
        if text != origin {
            return Err(broken(BrandRule::OriginOnly { origin }));
        }
        Ok(())
    },
    |text| match parsed(&text) {
        Some(url) if is_bare(&text) => url.origin().ascii_serialization(),
        _ => text,
    }
);

impl Origin {
    /// The origin of a whole URL.
    pub fn of_url(url: &str) -> Option<Self> {
        let url = parsed(url)?;
        Self::parse(url.origin().ascii_serialization()).ok()
    }
}

checked_string!(
    /// The page to which a customer returns afterwards, as a browser would write its address. Whether the
    /// operator allows its origin is a separate question.
    ReturnUrl,
    |text| match Origin::of_url(text) {
        Some(_) => Ok(()),
        None => Err(broken(BrandRule::NotAReturnUrl)),
    },
    |text| match parsed(&text) {
        Some(url) => url.into(),
        None => text,
    }
);

/// Whether the URL ends with its host or port.
fn is_bare(url: &str) -> bool {
    url.split_once("://")
        .is_some_and(|(_, rest)| !rest.contains(['/', '?', '#']))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The URL, if every browser interprets it identically on every page. Browsers drop tabs, line breaks and surrounding
/// spaces, read backslashes as slashes, and complete a URL with fewer than two slashes from the page's own.
fn parsed(text: &str) -> Option<Url> {
    let strange = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    if text.len() > MAX_RETURN_URL || text.contains(strange) {
        return None;
    }
    let (scheme, rest) = text.split_once("://")?;
    let known = ["https", "http"]
        .iter()
        .any(|one| scheme.eq_ignore_ascii_case(one));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A user name before @ makes another host look like the allowed one.
    if !known || authority.is_empty() || authority.contains('@') {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let in_name = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    match url.host()? {
        Host::Domain(name) if !name.bytes().all(in_name) => None,
        _ => Some(url),
    }
}

/// The characters of RFC 3986, which are safe in a template: no quotes, angle brackets, braces or backslashes.
fn is_link_text(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b);
    text.len() <= MAX_LINK && text.bytes().all(legal)
}

/// A common email address. Quoted local parts and addresses in brackets are rejected.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let in_local = |b: u8| b.is_ascii_alphanumeric() || b"._+-".contains(&b);
    let is_label = |label: &str| {
        let inside = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        !label.is_empty()
            && label.bytes().all(inside)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= MAX_ADDRESS
        && local.bytes().all(in_local)
        && local.split('.').all(|part| !part.is_empty())
        && domain.contains('.')
        && domain.split('.').all(is_label)
}
