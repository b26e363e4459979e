//! Page tokens, which open the pages that need no sign-in: the connect page of a registration and
//! the customer's page of an account.
//!
//! `<page>.<secret>`, where the secret is base64url(HMAC-SHA256(key, label, page)). The label differs
//! from those of all other uses of the keys, so a page token registers nothing, and a registration token
//! opens no page. It is computed when a link is shown, never stored, and compared in constant time. It
//! is part of a URL, so it must never appear in logs, events or errors.

use super::token::{KeyId, KeyRing};
use crate::ids::{AccountId, RegistrationId};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// Registration IDs never start like the first part, which has its length in front.
const LABEL: &str = "page";

/// A page, as its token names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// The connect page of a registration.
    Connect(RegistrationId),
    /// The customer's page of an account. Only the link with the account's current number is valid.
    Customer { account_id: AccountId, link: u32 },
}

impl Page {
    /// Reads what [`Display`](fmt::Display) writes, and nothing else.
    fn parse(text: &str) -> Option<Self> {
        let Some((account_id, link)) = text.split_once('.') else {
            return RegistrationId::parse(text).ok().map(Self::Connect);
        };
        let account_id = AccountId::parse(account_id).ok()?;
        let page = Self::Customer {
            account_id,
            link: link.parse().ok()?,
        };
        (page.to_string() == text).then_some(page)
    }

    /// The page's address below the console's URL.
    pub fn url(&self, console_url: &str, token: &PageToken) -> String {
        let kind = match self {
            Self::Connect(_) => "connect",
            Self::Customer { .. } => "customer",
        };
        format!("{console_url}/{kind}/{}", token.expose())
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(registration_id) => write!(f, "{registration_id}"),
            Self::Customer { account_id, link } => write!(f, "{account_id}.{link}"),
        }
    }
}

/// A token as a secret: shown only in the page's address.
#[derive(Clone)]
pub struct PageToken(String);

impl PageToken {
    /// The text for the address. The name makes all uses of the secret easy to find.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageToken(..)")
    }
}

/// The page and the HMAC in a token. Malformed tokens are rejected without reading keys.
fn parts(presented: &str) -> Option<(Page, [u8; 32])> {
    let (page, secret) = presented.rsplit_once('.')?;
    let secret = URL_SAFE_NO_PAD.decode(secret).ok()?;
    Some((Page::parse(page)?, secret.try_into().ok()?))
}

/// Whether the text has the format of a page token.
pub fn is_well_formed(presented: &str) -> bool {
    parts(presented).is_some()
}

impl KeyRing {
    /// The token of a page, made with this key; `None` if the key no longer exists.
    pub fn page_token(&self, page: &Page, key_id: &KeyId) -> Option<PageToken> {
        let mac = self.page_mac(page, key_id)?;
        let secret = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        Some(PageToken(format!("{page}.{secret}")))
    }

    /// The page that a presented token opens. Whether its record still allows it is for the caller to
    /// decide.
    pub fn authenticate_page(&self, presented: &str) -> Option<Page> {
        let (page, secret) = parts(presented)?;
        // All keys are tried, so that the response time does not reveal which key matched.
        let mut fits = false;
        for key_id in self.key_ids() {
            let mac = self.page_mac(&page, key_id);
            fits |= mac.is_some_and(|mac| mac.verify_slice(&secret).is_ok());
        }
        fits.then_some(page)
    }

    fn page_mac(&self, page: &Page, key_id: &KeyId) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key(key_id)?).ok()?;
        for part in [LABEL, &page.to_string()] {
            // Length prefixes make the boundaries between parts unambiguous.
            mac.update(&u64::try_from(part.len()).ok()?.to_be_bytes());
            mac.update(part.as_bytes());
        }
        Some(mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::IdSeed;
    use proptest::prelude::*;

    const RING: &str = r#"{"k1":"0123456789abcdef0123456789abcdef"}"#;
    const ROTATED: &str =
        r#"{"k1":"0123456789abcdef0123456789abcdef","k2":"fedcba9876543210fedcba9876543210"}"#;

    fn ring(secret: &str) -> KeyRing {
        KeyRing::parse(secret).expect("valid")
    }

    fn seed(byte: u8) -> IdSeed {
        IdSeed {
            at: jiff::Timestamp::UNIX_EPOCH,
            random: [byte; 10],
        }
    }

    fn connect(byte: u8) -> Page {
        Page::Connect(RegistrationId::new(seed(byte)))
    }

    fn customer(byte: u8, link: u32) -> Page {
        let account_id = AccountId::new(seed(byte));
        Page::Customer { account_id, link }
    }

    fn token(page: &Page) -> String {
        let ring = ring(RING);
        let token = ring.page_token(page, ring.signer()).expect("a key");
        token.expose().to_owned()
    }

    #[test]
    fn token_opens_its_page_also_after_key_rotation() {
        for page in [connect(1), customer(1, 0), customer(1, u32::MAX)] {
            let token = token(&page);
            assert!(is_well_formed(&token));
            assert_eq!(ring(RING).authenticate_page(&token), Some(page.clone()));
            assert_eq!(ring(ROTATED).authenticate_page(&token), Some(page));
        }
        let removed = ring(r#"{"k2":"fedcba9876543210fedcba9876543210"}"#);
        assert_eq!(removed.authenticate_page(&token(&connect(1))), None);
    }

    #[test]
    fn page_tokens_and_registration_tokens_are_not_interchangeable() {
        let ring = ring(RING);
        let registration_id = RegistrationId::new(seed(1));
        let registration = ring.token(&registration_id, ring.signer()).expect("a key");
        assert_eq!(ring.authenticate_page(registration.expose()), None);
        assert_eq!(ring.authenticate(&token(&connect(1))), None);
    }

    #[test]
    fn secret_of_another_page_or_link_opens_nothing() {
        let pages = [
            connect(1),
            connect(2),
            customer(1, 0),
            customer(1, 1),
            customer(2, 0),
        ];
        for page in &pages {
            for other in pages.iter().filter(|other| *other != page) {
                let other = token(other);
                let (_, secret) = other.rsplit_once('.').expect("two parts");
                let forged = format!("{page}.{secret}");
                assert_eq!(ring(RING).authenticate_page(&forged), None, "{page}");
            }
        }
    }

    #[test]
    fn a_link_number_has_one_spelling() {
        let good = token(&customer(1, 7));
        for bad in [
            ".07.",
            ".+7.",
            ". 7.",
            ".7 .",
            ".4294967296.",
            "..",
            ".7.7.",
        ] {
            let bad = good.replace(".7.", bad);
            assert!(!is_well_formed(&bad), "{bad}");
        }
    }

    #[test]
    fn address_names_the_kind_of_page() {
        let ring = ring(RING);
        let url = |page: &Page| {
            let token = ring.page_token(page, ring.signer()).expect("a key");
            page.url("https://hub.example", &token)
        };
        assert!(url(&connect(1)).starts_with("https://hub.example/connect/reg_"));
        assert!(url(&customer(1, 0)).starts_with("https://hub.example/customer/acc_"));
    }

    #[test]
    fn debug_output_contains_no_token() {
        let ring = ring(RING);
        let token = ring.page_token(&connect(1), ring.signer()).expect("a key");
        assert_eq!(format!("{token:?}"), "PageToken(..)");
    }

    proptest! {
        #[test]
        fn no_other_text_opens_a_page(text in ".{0,200}", flipped in 0..80_usize) {
            let ring = ring(RING);
            prop_assert_eq!(ring.authenticate_page(&text), None);
            let mut changed = token(&connect(1)).into_bytes();
            changed[flipped] ^= 1;
            let changed = String::from_utf8(changed).expect("ASCII");
            prop_assert_eq!(ring.authenticate_page(&changed), None);
        }
    }
}
