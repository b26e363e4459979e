//! The operator's brand, which every page shows, from the API's public sign-in information.

use crate::api::{Api, Credential, call};
use crate::http::{Request, Response};
use crate::model::Brand;
use rolecall_domain::brand::{Accent, DARK_BACKGROUND, LIGHT_BACKGROUND};
use rolecall_domain::messages::Language;
use rolecall_domain::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How long a brand is shown before it is read again.
const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// One year.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// The start and the end of the address of a style sheet with an accent color.
const ACCENT: (&str, &str) = ("/assets/accent.", ".css");

/// The start and the end of the address of an icon with an accent color.
const ICON: (&str, &str) = ("/assets/icon.", ".svg");

/// The icon that browsers look for where no page names one.
const FAVICON: &str = "/favicon.ico";

/// The lines of the mark.
pub const JOINED_LINKS: &str = "M11.6 16.4a4 4 0 0 1 0-5.6l2.1-2.1a4 4 0 0 1 5.6 5.6l-1 1M16.4 11.6a4 4 0 0 1 0 5.6l-2.1 2.1\
    a4 4 0 0 1-5.6-5.6l1-1";

/// Brands by language, and when they were read. `None` is the brand's own language.
type Known = BTreeMap<Option<&'static str>, (Arc<Brand>, Timestamp)>;

/// The brands that were read.
#[derive(Debug, Default)]
pub struct Brands {
    known: Mutex<Known>,
}

/// What the console reads of `GET /.well-known/rolecall`.
#[derive(Deserialize)]
struct SignIn {
    brand: Brand,
}

impl Brands {
    /// The brand in this language, or in its own. Without an answer of the API, the one that was read before, or
    /// the default.
    pub async fn get(
        &self,
        api: &impl Api,
        language: Option<Language>,
        now: Timestamp,
    ) -> Arc<Brand> {
        let known = self.known(language);
        if let Some((brand, read_at)) = &known
            && now < *read_at + FRESH
        {
            return Arc::clone(brand);
        }
        let request = rolecall_client::Request::get("/.well-known/rolecall").into();
        let read = call::<SignIn>(api, request, Credential::Nobody, language).await;
        let brand = match (read, known) {
            (Ok(read), _) => Arc::new(read.brand),
            (Err(_), Some((known, _))) => known,
            (Err(_), None) => Arc::new(unbranded()),
        };
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(language.map(Language::tag), (Arc::clone(&brand), now));
        brand
    }

    fn known(&self, language: Option<Language>) -> Option<(Arc<Brand>, Timestamp)> {
        let all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&language.map(Language::tag)).cloned()
    }
}

fn unbranded() -> Brand {
    Brand {
        product_name: "Rolecall".to_owned(),
        ..Brand::default()
    }
}

/// The accent of a brand. Only a published color has enough contrast.
fn accent(color: Option<&str>) -> Accent {
    let accent = color.and_then(|color| Accent::parse(color).ok());
    accent.unwrap_or_default()
}

/// The address of the style sheet with the brand's accent.
pub fn accent_path(brand: &Brand) -> String {
    let accent = accent(brand.accent_color.as_deref());
    let digits = accent.as_str().trim_start_matches('#');
    format!("{}{digits}{}", ACCENT.0, ACCENT.1)
}

/// Whether the path is of a file, which is the same for every brand.
pub fn is_file(path: &str) -> bool {
    path.starts_with("/assets/") || path == FAVICON
}

/// The file with a brand's color at this address.
pub fn file(request: &Request) -> Option<Response> {
    accent_sheet(request)
        .or_else(|| icon(request))
        .or_else(|| default_icon(request))
}

/// The address of the icon in the brand's accent.
pub fn icon_path(brand: &Brand) -> String {
    let accent = accent(brand.accent_color.as_deref());
    let digits = accent.as_str().trim_start_matches('#');
    format!("{}{digits}{}", ICON.0, ICON.1)
}

/// The accent whose color is in this address.
fn named_accent(path: &str, (start, end): (&str, &str)) -> Option<Accent> {
    let digits = path.strip_prefix(start)?.strip_suffix(end)?;
    let is_color = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let accent = Accent::parse(format!("#{digits}")).ok();
    accent.filter(|_| is_color)
}

/// The icon at this address. Its color is in the address, so that it never changes.
fn icon(request: &Request) -> Option<Response> {
    let accent = named_accent(&request.path, ICON)?;
    Some(drawn(&accent).header("cache-control", IMMUTABLE))
}

/// The icon where no page names one, such as for a file.
fn default_icon(request: &Request) -> Option<Response> {
    let is_default = request.path == FAVICON;
    is_default.then(|| drawn(&Accent::default()).header("cache-control", "public, max-age=86400"))
}

/// Two joined links on a tile of the accent's color, as in the header of pages.
fn drawn(accent: &Accent) -> Response {
    let (color, lines) = (accent.as_str(), accent.text());
    let icon = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28"><rect width="28" height="28" rx="8" fill="{color}"/><path d="{JOINED_LINKS}" fill="none" stroke="{lines}" stroke-width="2.2" stroke-linecap="round"/></svg>"#
    );
    Response::text(200, "image/svg+xml", icon)
}

/// The style sheet at this address. Its color is in the address, so that it never changes.
fn accent_sheet(request: &Request) -> Option<Response> {
    let accent = named_accent(&request.path, ACCENT)?;
    let (color, text) = (accent.as_str(), accent.text());
    let (light, dark) = (
        accent.link_on(LIGHT_BACKGROUND),
        accent.link_on(DARK_BACKGROUND),
    );
    let sheet = format!(
        ":root{{--accent:{color};--on-accent:{text};--link:{light}}}\n\
         @media (prefers-color-scheme:dark){{:root{{--accent:{color};--on-accent:{text};--link:{dark}}}}}\n"
    );
    let response = Response::text(200, "text/css; charset=utf-8", sheet);
    Some(response.header("cache-control", IMMUTABLE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sheet(path: &str) -> Option<Response> {
        let request = Request::read(&json!({"rawPath": path})).expect("readable");
        accent_sheet(&request)
    }

    #[test]
    fn sheet_of_a_published_color_is_found_by_its_address() {
        let brand = Brand {
            accent_color: Some("#2f5bea".to_owned()),
            ..unbranded()
        };
        let path = accent_path(&brand);
        assert_eq!(path, "/assets/accent.2f5bea.css");
        assert!(sheet(&path).is_some());
        assert!(sheet(&accent_path(&unbranded())).is_some());
    }

    #[test]
    fn icon_has_the_color_of_its_address() {
        let get = |path: &str| Request::read(&json!({"rawPath": path})).expect("readable");
        let path = icon_path(&unbranded());
        let found = icon(&get(&path)).expect("an icon");
        assert_eq!(found.headers["content-type"], "image/svg+xml");
        for other in ["/assets/icon.svg", "/assets/icon.}.svg", "/favicon.ico"] {
            assert!(icon(&get(other)).is_none(), "{other}");
        }
        let found = default_icon(&get("/favicon.ico")).expect("an icon");
        assert_eq!(found.headers["cache-control"], "public, max-age=86400");
    }

    #[test]
    fn other_addresses_have_no_sheet() {
        for path in [
            "/assets/accent.css",
            "/assets/accent..css",
            "/assets/accent.b3261.css",
            "/assets/accent.}body{.css",
            "/assets/accent.red%20x.css",
            "/assets/accent.ffffff.css",
        ] {
            assert!(sheet(path).is_none(), "{path}");
        }
    }
}
