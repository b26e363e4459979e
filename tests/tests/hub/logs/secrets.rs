//! The secrets that must not appear anywhere, and the search for them.

use std::collections::{BTreeMap, BTreeSet};

/// This many characters of a secret are as sensitive as all of it.
const PART: usize = 16;

/// Secret values that a test received or sent, with descriptions.
#[derive(Debug, Default)]
pub struct Secrets {
    parts: BTreeMap<Vec<u8>, &'static str>,
}

/// The first characters of a JSON Web Token.
const JWT: &str = "eyJ";

/// A remedy's command keeps a stack parameter unchanged. It contains the parameter's name but no
/// value.
const LEFT_AS_IT_IS: &str = r#"{"parameterkey":"registrationtoken","usepreviousvalue":true}"#;

/// Text that appears next to secrets and must never be logged; compared without case.
const SIGNS: [(&str, &str); 8] = [
    ("bearer ", "an authorization header"),
    ("x-amz-signature", "a signed URL"),
    ("x-amz-security-token", "a signed request"),
    ("aws4-hmac-sha256", "a signed request"),
    ("responseurl", "a callback"),
    ("registrationtoken", "a callback"),
    ("secretaccesskey", "credentials"),
    ("sessiontoken", "credentials"),
];

impl Secrets {
    /// Every part of the value with sixteen characters counts as a secret.
    pub fn add(&mut self, what: &'static str, value: &str) {
        assert!(
            value.len() >= PART,
            "the value is too short to be recognized"
        );
        for part in value.as_bytes().windows(PART) {
            self.parts.insert(part.to_vec(), what);
        }
    }

    /// The secret part of a token.
    pub fn add_token(&mut self, token: &str) {
        let (_, secret) = token.split_once('.').expect("a token");
        self.add("a registration token", secret);
    }

    /// All secrets that a text contains.
    pub fn in_text(&self, text: &str) -> BTreeSet<&'static str> {
        let windows = text.as_bytes().windows(PART);
        let mut found: BTreeSet<&'static str> = windows
            .filter_map(|part| self.parts.get(part).copied())
            .collect();
        // The command may be nested in JSON at any depth.
        let lower = text.to_lowercase().replace('\\', "");
        let lower = lower.replace(LEFT_AS_IT_IS, "");
        let signs = SIGNS.iter().filter(|(sign, _)| lower.contains(sign));
        found.extend(signs.map(|(_, what)| *what));
        if text.contains(JWT) {
            found.insert("a JWT");
        }
        if access_key(text) {
            found.insert("an access key");
        }
        found
    }
}

/// Whether the text contains an AWS access key ID: `ASIA` or `AKIA` and sixteen characters.
fn access_key(text: &str) -> bool {
    let key = |start: &str| {
        text.match_indices(start).any(|(at, _)| {
            let rest = text[at + start.len()..].bytes();
            let rest = rest.take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            rest.count() >= PART
        })
    };
    key("ASIA") || key("AKIA")
}

/// The negative control: secrets are found if they are there.
#[test]
fn secret_is_found_whole_or_in_part() {
    let mut secrets = Secrets::default();
    let token = "reg_0198a0b1c2d37e4f8a9b0c1d2e3f4a5b.Zm9vYmFyYmF6cXV4MDEyMzQ1Njc4OWFiY2RlZg";
    secrets.add_token(token);
    secrets.add("an external ID", "0123456789abcdef0123456789abcdef01234567");
    let found = |text: &str| secrets.in_text(text).into_iter().collect::<Vec<_>>();
    assert_eq!(found(token), ["a registration token"]);
    assert_eq!(found("x Zm9vYmFyYmF6cXV4 y"), ["a registration token"]);
    assert_eq!(found("\"456789abcdef0123\""), ["an external ID"]);
    assert_eq!(found("reg_0198a0b1c2d37e4f8a9b0c1d2e3f4a5b"), [""; 0]);
    assert_eq!(found("0123456789abcde"), [""; 0]);
    for (text, what) in [
        ("authorization: Bearer x", "an authorization header"),
        ("eyJhbGciOiJub25lIn0", "a JWT"),
        ("?X-Amz-Signature=1", "a signed URL"),
        ("x-amz-security-token: 1", "a signed request"),
        ("<SessionToken>", "credentials"),
        ("ASIAABCDEFGHIJKLMNOP", "an access key"),
        (r#"{"RegistrationToken":"x"}"#, "a callback"),
        (
            r#"{"ParameterKey":"RegistrationToken","ParameterValue":"x"}"#,
            "a callback",
        ),
    ] {
        assert!(found(text).contains(&what), "{text}");
    }
    let command = r#"[{\"ParameterKey\":\"RegistrationToken\",\"UsePreviousValue\":true}]"#;
    assert_eq!(found(command), [""; 0]);
    assert_eq!(found("the Regions in ASIA are healthy"), [""; 0]);
}
