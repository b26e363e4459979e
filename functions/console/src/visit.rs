//! A request, and the data that its page needs.

use crate::api::Credential;
use crate::cookies;
use crate::http::{Request, Response};
use crate::model::Brand;
use crate::routes::{Access, Parameters, Target};
use rolecall_domain::Timestamp;
use rolecall_domain::messages::{Language, Message};
use rolecall_domain::ports::Entropy;
use rolecall_domain::session::{self, FormNonce, ReturnPath, SessionId};
use rolecall_usecases::current_session::Current;
use std::sync::{Arc, OnceLock};

/// The field of each form that proves its origin.
pub const FORM_TOKEN: &str = "form_token";

/// A signed-in user.
#[derive(Debug)]
pub struct Signed {
    pub id: SessionId,
    pub current: Current,
}

/// A request.
#[derive(Debug)]
pub struct Visit<'a> {
    pub request: &'a Request,
    /// The language of the page.
    pub language: Language,
    /// The language that the user prefers, if it is known.
    pub preferred: Option<Language>,
    /// Whether the user has just chosen the language.
    chose_language: bool,
    parameters: Parameters<'a>,
    pub is_fragment: bool,
    signed: OnceLock<Signed>,
    /// The nonce of the form that was sent, once its token was accepted.
    form_nonce: OnceLock<FormNonce>,
    pub now: Timestamp,
    pub brand: Arc<Brand>,
}

impl<'a> Visit<'a> {
    pub fn new(request: &'a Request, target: &Target<'a>, now: Timestamp) -> Self {
        let chosen = request.parameter("lang").and_then(Language::parse);
        let kept = request.cookie(cookies::LANGUAGE).and_then(Language::parse);
        let accepted = request.header("accept-language");
        let accepted = accepted.and_then(Language::accepted);
        let preferred = chosen.or(kept).or(accepted);
        // A page that updates itself names its own language, which nobody may have chosen.
        let is_update = request.path.ends_with("/status");
        let (parameters, access) = match target {
            Target::Route(route, parameters) => (parameters.clone(), Some(route.access)),
            Target::OtherMethod | Target::Unknown => (Vec::new(), None),
        };
        Self {
            request,
            language: preferred.unwrap_or_default(),
            preferred,
            chose_language: chosen.is_some() && chosen != kept && !is_update,
            parameters,
            is_fragment: access == Some(Access::Fragment),
            signed: OnceLock::new(),
            form_nonce: OnceLock::new(),
            now,
            brand: Arc::default(),
        }
    }

    /// Sets whose product the page is of. People who prefer no language read the brand's.
    pub fn show(&mut self, brand: Arc<Brand>) {
        self.language = self.preferred.unwrap_or(brand.language);
        self.brand = brand;
    }

    /// Sets who sent the request, and returns it.
    pub fn is_of(&self, signed: Signed) -> &Signed {
        self.signed.get_or_init(|| signed)
    }

    pub fn signed(&self) -> Option<&Signed> {
        self.signed.get()
    }

    /// Accepts the form if its token is valid.
    pub fn accept(&self, form_token: &str) -> bool {
        let nonce = self.accepts(form_token);
        nonce.is_some_and(|nonce| *self.form_nonce.get_or_init(|| nonce) == nonce)
    }

    /// A variable segment of the path.
    pub fn parameter(&self, name: &str) -> &'a str {
        let found = self.parameters.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value)
    }

    pub fn say(&self, message: &impl Message) -> String {
        message.text(self.language)
    }

    /// The token of the user, for calls to the API.
    pub fn credential(&self) -> Credential<'_> {
        let token = self.signed().map(|signed| &*signed.current.tokens.id_token);
        Credential::IdToken(token.unwrap_or_default())
    }

    /// The token of this page's forms. A page of a customer has its own token as the secret.
    pub fn form_token(&self, entropy: &impl Entropy) -> String {
        let mut nonce = FormNonce::default();
        entropy.fill(&mut nonce);
        match self.signed() {
            Some(signed) => signed.id.form_token(nonce),
            None => session::form_token(self.parameter("page_token").as_bytes(), nonce),
        }
    }

    fn accepts(&self, form_token: &str) -> Option<FormNonce> {
        match self.signed() {
            Some(signed) => signed.id.accepts_form(form_token),
            None => session::accepts_form(self.parameter("page_token").as_bytes(), form_token),
        }
    }

    /// The Idempotency-Key of the form that was sent.
    pub fn idempotency_key(&self) -> Option<String> {
        let fields = self.request.form().unwrap_or_default().0;
        let fields: Vec<_> = fields
            .into_iter()
            .filter(|(name, _)| name != FORM_TOKEN)
            .collect();
        let nonce = *self.form_nonce.get()?;
        Some(session::idempotency_key(nonce, &self.request.path, &fields))
    }

    /// The requested page with its query, as the page to return to.
    pub fn place(&self) -> Option<ReturnPath> {
        let query = self.query_without(&["lang"]);
        let text = match query.as_str() {
            "" => self.request.path.clone(),
            query => format!("{}?{query}", self.request.path),
        };
        ReturnPath::parse(&text)
    }

    /// The query without these parameters, encoded.
    pub fn query_without(&self, names: &[&str]) -> String {
        let kept = self
            .request
            .query
            .iter()
            .filter(|(name, _)| !names.contains(&name.as_str()));
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .finish()
    }

    /// Stores the language if the user has just chosen it.
    pub fn with_language(&self, response: Response) -> Response {
        // Files are the same for everyone, and are cached with their headers.
        let is_file = response
            .headers
            .get("cache-control")
            .is_some_and(|it| it.starts_with("public"));
        let response = match self.chose_language && !is_file {
            true => response.cookie(cookies::language(self.language)),
            false => response,
        };
        let has_language = response.headers.contains_key("content-language");
        match is_file || has_language {
            true => response,
            false => response.header("content-language", self.language.tag()),
        }
    }
}
