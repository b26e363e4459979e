//! The operator's brand, as responses show it, and `/logo/{sha256}`: its logo, which every page shows. Both are
//! for anyone.

use crate::Api;
use crate::problem::Problem;
use crate::request::Request;
use crate::response::Response;
use rolecall_domain::brand::{Brand, Logo};
use rolecall_domain::ports::{Records, TemplateBucket, TokenKeys};
use rolecall_usecases::Env;
use serde_json::{Value, json};

/// A year. Another logo has another address.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Whoever opens the file by itself gets an image that can load and run nothing.
const POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    /// Whose product it is. None of it is secret.
    pub(crate) fn show_brand(&self, brand: &Brand) -> Value {
        // The pages load images of their own origin only.
        let pages = self.console_url.as_ref().unwrap_or(&self.api_url);
        let logo = brand.logo.as_ref();
        json!({
            "product_name": {"en": brand.product.en, "ja": brand.product.ja},
            "contact": brand.contact,
            "security_url": brand.security_page,
            "logo_url": logo.map(|logo| format!("{pages}/logo/{}", logo.sha256)),
            "logo_width": logo.map(|logo| logo.width),
            "logo_height": logo.map(|logo| logo.height),
            "accent_color": brand.accent,
            "language": brand.default_language,
        })
    }

    /// The logo of the published brand.
    ///
    /// # Errors
    /// `not_found` for every other hash.
    pub(crate) async fn logo(
        &self,
        request: &Request<'_>,
        sha256: &str,
    ) -> Result<Response, Problem> {
        request.check_query(&[])?;
        // The image is read only for its own hash: anyone can ask for others.
        let published = self.offering().await?.brand.logo;
        if published.is_none_or(|logo| logo.sha256 != sha256) {
            return Err(Problem::unknown_path());
        }
        let content = self.env.store().logo().await?.unwrap_or_default();
        // Another one may have been published in the meantime. Whatever it is, only an image is sent.
        let found = Logo::of_file(&content);
        let found = found.ok().filter(|logo| logo.sha256 == sha256);
        let logo = found.ok_or_else(Problem::unknown_path)?;
        Ok(Response::bytes(&content, logo.format.media_type())
            .header("cache-control", IMMUTABLE)
            .header("content-security-policy", POLICY)
            .header("cross-origin-resource-policy", "cross-origin")
            .header("referrer-policy", "same-origin")
            .header("strict-transport-security", "max-age=63072000")
            .header("x-content-type-options", "nosniff"))
    }
}
