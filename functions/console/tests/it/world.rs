//! A console with sessions in memory, an issuer without a network, and an API whose responses the test defines.

use console::Console;
use console::api::{Answer, Api, ApiError, Credential};
use console::http::{Body, Response};
use rolecall_client::{Repeat, Request};
use rolecall_domain::messages::Language;
use rolecall_domain::ports::Clock;
use rolecall_domain::session::Limits;
use rolecall_domain::user::ClaimSettings;
use rolecall_domain::workload::{Audience, Issuer, IssuerUrl};
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::{FakeHost, FakeIssuer, MemorySessions, PlainSealer};
use rolecall_usecases::sign_in::{SignInSettings, SignIns};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

pub const URL: &str = "https://console.example";
pub const CLIENT: &str = "console-client";
pub const LIMITS: Limits = Limits {
    idle: SignedDuration::from_hours(1),
    absolute: SignedDuration::from_hours(12),
};

/// The requests to the API.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: &'static str,
    pub target: String,
    pub body: Option<Value>,
    pub key: Option<String>,
    pub credential: String,
    /// `None` if the API chooses.
    pub language: Option<Language>,
}

/// An API that answers by method and path; 404 otherwise.
#[derive(Debug, Default)]
pub struct FakeApi {
    answers: Mutex<BTreeMap<String, Answer>>,
    asked: Mutex<Vec<Asked>>,
    down: Mutex<bool>,
}

impl FakeApi {
    pub fn answers(&self, route: &str, status: u16, body: Value) {
        let answer = Answer {
            status,
            retry_after: None,
            content_type: Some("application/json".to_owned()),
            content_disposition: None,
            body: body.to_string().into_bytes(),
        };
        self.answers
            .lock()
            .expect("a lock")
            .insert(route.to_owned(), answer);
    }

    /// A file with this name, as the header `Content-Disposition` has it.
    pub fn sends_file(&self, route: &str, media_type: &str, disposition: &str, text: &str) {
        let answer = Answer {
            status: 200,
            retry_after: None,
            content_type: Some(media_type.to_owned()),
            content_disposition: Some(disposition.to_owned()),
            body: text.as_bytes().to_vec(),
        };
        self.answers
            .lock()
            .expect("a lock")
            .insert(route.to_owned(), answer);
    }

    pub fn throttles(&self, route: &str, seconds: u32) {
        let answer = Answer {
            status: 429,
            retry_after: Some(seconds),
            content_type: None,
            content_disposition: None,
            body: Vec::new(),
        };
        self.answers
            .lock()
            .expect("a lock")
            .insert(route.to_owned(), answer);
    }

    pub fn is_down(&self) {
        *self.down.lock().expect("a lock") = true;
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("a lock").clone()
    }
}

impl Api for FakeApi {
    async fn send(
        &self,
        request: &Request,
        credential: Credential<'_>,
        language: Option<Language>,
    ) -> Result<Answer, ApiError> {
        let credential = match credential {
            Credential::IdToken(token) => format!("Bearer {token}"),
            Credential::PageToken(token) => format!("page {token}"),
            Credential::Nobody => String::new(),
        };
        let key = match &request.repeat {
            Repeat::WithKey(key) => key.clone(),
            Repeat::Safe | Repeat::Never => None,
        };
        // Each page asks for the brand.
        if !credential.is_empty() {
            self.asked.lock().expect("a lock").push(Asked {
                method: request.method,
                target: request.target(),
                body: request.body.clone(),
                key,
                credential,
                language,
            });
        }
        if *self.down.lock().expect("a lock") {
            return Err(ApiError::Unavailable("down".to_owned()));
        }
        let route = format!("{} {}", request.method, request.path);
        let answers = self.answers.lock().expect("a lock");
        let unknown = Answer {
            status: 404,
            retry_after: None,
            content_type: None,
            content_disposition: None,
            body: json!({
                "type": "x", "title": "Not found", "status": 404, "code": "not_found",
                "detail": "No such record.", "request_id": "r",
            })
            .to_string()
            .into_bytes(),
        };
        Ok(answers.get(&route).cloned().unwrap_or(unknown))
    }
}

pub type TestConsole = Console<MemorySessions, FakeIssuer, PlainSealer, FakeHost, FakeApi>;

/// A console, and the time of its tests.
pub struct World {
    pub console: TestConsole,
}

impl World {
    pub fn new() -> Self {
        let now: Timestamp = "2026-11-29T10:00:00Z".parse().expect("a time");
        let issuer = FakeIssuer::new(CLIENT);
        let url = IssuerUrl::parse(issuer.url()).expect("a URL");
        let audience = Audience::parse(CLIENT).expect("a client");
        Self {
            console: Console {
                sign_ins: SignIns {
                    sessions: MemorySessions::new(),
                    issuer,
                    sealer: PlainSealer,
                    host: FakeHost::new(now, 7),
                    settings: SignInSettings {
                        issuer: Issuer {
                            issuer: url,
                            audience,
                        },
                        claims: ClaimSettings::default(),
                        redirect_uri: format!("{URL}/sign-in/callback"),
                        limits: LIMITS,
                    },
                },
                api: FakeApi::default(),
                url: URL.to_owned(),
                brands: console::Brands::default(),
                signs_in: true,
            },
        }
    }

    pub fn now(&self) -> Timestamp {
        self.console.sign_ins.host.now()
    }

    pub fn after(&self, seconds: i64) {
        let host = &self.console.sign_ins.host;
        host.advance(SignedDuration::from_secs(seconds));
    }

    pub fn issuer(&self) -> &FakeIssuer {
        &self.console.sign_ins.issuer
    }

    pub fn sessions(&self) -> &MemorySessions {
        &self.console.sign_ins.sessions
    }

    pub fn browser(&self) -> Browser<'_> {
        Browser {
            world: self,
            cookies: BTreeMap::new(),
        }
    }

    /// A browser in which a user has signed in.
    pub async fn signed_in(&self) -> Browser<'_> {
        let mut browser = self.browser();
        browser.sign_in("olivia", "acme").await;
        self.console.api.answers(
            "GET /v1/groups",
            200,
            json!({"items": [], "next_cursor": null}),
        );
        browser
    }
}

/// A browser that keeps cookies.
#[derive(Clone)]
pub struct Browser<'w> {
    pub world: &'w World,
    pub cookies: BTreeMap<String, String>,
}

pub fn text(response: &Response) -> String {
    match &response.body {
        Body::Text(text) => text.clone(),
        Body::Bytes(_) => panic!("bytes"),
    }
}

/// The value of a hidden field; the first one of this name.
pub fn field(page: &str, name: &str) -> String {
    let (_, rest) = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .expect(name);
    rest.split_once('"').expect("an end").0.to_owned()
}

/// The link of a page that leads to the issuer.
pub fn sign_in_link(page: &str) -> String {
    let links = page.split("href=\"").skip(1);
    let links = links.filter_map(|rest| Some(rest.split_once('"')?.0.replace("&amp;", "&")));
    let mut links = links.filter(|link| link.starts_with("/sign-in?"));
    links.next().expect("a link to sign in")
}

pub fn parameter(url: &str, name: &str) -> String {
    let (_, query) = url.split_once('?').expect("a query");
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let found = pairs.find(|(known, _)| known == name);
    found.expect("the parameter").1.into_owned()
}

impl Browser<'_> {
    pub async fn send(
        &mut self,
        method: &str,
        address: &str,
        headers: Value,
        body: &str,
    ) -> Response {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let cookies = self.cookies.iter();
        let cookies: Vec<String> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut event = json!({
            "rawPath": path, "rawQueryString": query, "cookies": cookies, "headers": headers,
            "requestContext": {"http": {"method": method}, "requestId": "r"},
        });
        if !body.is_empty() {
            event["body"] = json!(body);
        }
        let response = self.world.console.handle(&event).await;
        for cookie in &response.cookies {
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            let (value, attributes) = rest.split_once(';').expect("attributes");
            match attributes.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        response
    }

    pub async fn get(&mut self, address: &str) -> Response {
        self.send("GET", address, json!({}), "").await
    }

    /// Sends a form as a browser does from a page of the console.
    pub async fn post(&mut self, address: &str, fields: &[(&str, &str)]) -> Response {
        let headers = json!({"origin": URL, "sec-fetch-site": "same-origin"});
        self.post_from(address, fields, headers).await
    }

    pub async fn post_from(
        &mut self,
        address: &str,
        fields: &[(&str, &str)],
        mut headers: Value,
    ) -> Response {
        headers["content-type"] = json!("application/x-www-form-urlencoded");
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.send("POST", address, headers, &body).await
    }

    /// The token of the forms of a page.
    pub async fn form_token(&mut self, address: &str) -> String {
        field(&text(&self.get(address).await), "form_token")
    }

    /// The address of the issuer to which this address of the console leads.
    pub async fn led_to_issuer(&mut self, address: &str) -> String {
        let response = self.get(address).await;
        assert_eq!(response.status_code, 303, "{address}");
        let location = response.headers["location"].clone();
        assert!(location.contains("code_challenge="), "{location}");
        location
    }

    /// Signs in at the issuer, and returns the address that it sends the browser back to.
    pub fn at_the_issuer(&self, link: &str, subject: &str, tenant: &str) -> String {
        let (issuer, now) = (self.world.issuer(), self.world.now());
        let mut claims = issuer.claims(subject, tenant, now);
        claims["nonce"] = json!(parameter(link, "nonce"));
        let code = issuer.code(claims);
        let state = parameter(link, "state");
        format!("/sign-in/callback?code={code}&state={state}")
    }

    pub async fn sign_in(&mut self, subject: &str, tenant: &str) -> Response {
        let link = self.led_to_issuer("/sign-in").await;
        let back = self.at_the_issuer(&link, subject, tenant);
        self.get(&back).await
    }
}
