//! A visitor of a page that needs no sign-in.

use super::Request;
use crate::problem::Problem;
use rolecall_aws::telemetry::RequestLog;
use rolecall_domain::link::page_token::{Page, is_well_formed};
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::messages::Language;
use std::sync::{Arc, OnceLock};

/// The header with the page token.
const PAGE_TOKEN: &str = "rolecall-page-token";

/// A visitor with a valid page token, and the page that the token opens.
#[derive(Debug)]
pub struct Visitor {
    pub page: Page,
    pub keys: Arc<KeyRing>,
    pub log: Arc<RequestLog>,
    locale: Arc<OnceLock<Language>>,
}

impl Visitor {
    /// Sets the language of the response, unless the request has a preference.
    pub fn prefer(&self, locale: Language) {
        self.locale.get_or_init(|| locale);
    }
}

impl<'a> Request<'a> {
    /// A well-formed page token. It is read from this header only, because URLs are logged and bodies differ.
    pub fn page_token(&self) -> Result<&'a str, Problem> {
        let presented = self.header(PAGE_TOKEN).filter(|it| is_well_formed(it));
        presented.ok_or_else(Problem::page_link_invalid)
    }

    pub fn visitor(&self, page: Page, keys: Arc<KeyRing>) -> Visitor {
        Visitor {
            page,
            keys,
            log: Arc::clone(&self.log),
            locale: Arc::clone(&self.locale),
        }
    }
}
