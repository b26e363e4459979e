//! The console under measurement: its settings, a signed-in user, and the API that it calls. The stub repeats the
//! responses of the release build of registration-api, which are recorded once, so that only the console's own time
//! is measured.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rolecall_aws::host::SystemHost;
use rolecall_aws::sealer::AeadSealer;
use rolecall_aws::sessions::SessionTable;
use rolecall_aws::table::Table;
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, StoreError, TokenKeys};
use rolecall_domain::record::group::Group;
use rolecall_domain::session::{Person, Session, SessionId, Tokens, UserKey};
use rolecall_domain::text::Tenant;
use rolecall_domain::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::cold::{link, sample};
use crate::fleet::accounts::{Customer, template_with_access};
use crate::fleet::{seed, template_facts};
use crate::lambda::{Function, Launch};
use crate::stub::{Stub, TOKEN_KEYS};
use crate::template::{FunctionSettings, SESSIONS, Template};
use crate::tls;

/// The accounts on the page, as many as a page has by default.
pub const ACCOUNTS: usize = 50;

const TENANT: &str = "acme";
const SUBJECT: &str = "6f1c2a8e-0000-4000-8000-000000000000";
const ISSUER: &str = "https://issuer.example";
const METADATA: &str = "/issuer/openid-configuration";
const SIGN_IN: &str = "/.well-known/rolecall";
const CONNECT: &str = "/connect/v1/registration";
const CHOICES: &str = "/v1/choices";

/// As long as Amazon Cognito's, because tokens are stored and decrypted.
const SIGNATURE_BYTES: usize = 256;
const REFRESH_TOKEN_LENGTH: usize = 1_700;

/// Bodies of responses, by path.
pub type Answers = BTreeMap<String, Vec<u8>>;

/// The responses of the API, and what the pages show.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    pub answers: Answers,
    pub group_id: String,
    /// The token of a registration's connect page.
    pub page_token: String,
}

impl Recorded {
    pub fn group_path(&self) -> String {
        format!("/groups/{}", self.group_id)
    }

    pub fn connect_path(&self) -> String {
        format!("/connect/{}", self.page_token)
    }
}

/// The console's settings from the template, with the API and the issuer at local addresses.
///
/// # Errors
/// If the template has an unexpected form.
pub fn settings(
    template: &Template,
    stub_url: &str,
    api_url: &str,
    console_url: &str,
) -> Result<FunctionSettings> {
    let mut settings = template.function("Console", stub_url)?;
    for (name, value) in &mut settings.environment {
        match name.as_str() {
            "API_URL" => api_url.clone_into(value),
            "CONSOLE_URL" => console_url.clone_into(value),
            "JWT_ISSUER" => ISSUER.clone_into(value),
            "OPENID_CONFIGURATION" => *value = format!("{stub_url}{METADATA}"),
            _ => {}
        }
    }
    Ok(settings)
}

/// Connects the accounts of a page to a new group.
///
/// # Errors
/// If the table rejects a write.
pub async fn group(table: &Table) -> Result<Group> {
    let template = template_with_access().map_err(|errors| anyhow!("{errors:?}"))?;
    let customers = Customer::healthy(ACCOUNTS);
    let (group, _) = seed::group(table, TENANT, &customers, &template).await?;
    Ok(group)
}

/// Records the API's responses for a group's page and a connect page.
///
/// # Errors
/// If the API fails.
pub async fn recorded(
    stub: &Stub,
    template: &Template,
    program: &Path,
    log: &Path,
) -> Result<Recorded> {
    stub.reset();
    let table = seed::table(&stub.url)?;
    let group = group(&table).await?;
    // The hub's own template comes last, so that the API does not publish it.
    let facts = template_facts();
    let (waiting, _) = seed::group(&table, TENANT, &[], &facts).await?;
    let mut settings = template.function("RegistrationApi", &stub.url)?;
    let ca = tls::ca().to_string_lossy().into_owned();
    settings.environment.push(("AWS_CA_BUNDLE".to_owned(), ca));
    let launch = Launch {
        program,
        arguments: &[],
        environment: settings.environment,
        memory_mb: settings.memory_mb,
        time_out: settings.time_out,
        log,
    };
    let mut api = Function::start(&launch).await?;
    let made = api.invoke(&link(&waiting)?).await?.payload;
    let made: Value = serde_json::from_str(&body(&made, 201)?)?;
    let connect_url = made["connect_url"].as_str().context("no connect page")?;
    let token = connect_url.rsplit('/').next().unwrap_or_default();
    let one = format!("/v1/groups/{}", group.group_id.as_str());
    let list = accounts_path(&group);
    let events = [
        (SIGN_IN, public(SIGN_IN, None)?),
        (CONNECT, public(CONNECT, Some(token))?),
        (CHOICES, read(CHOICES)?),
        (&one, read(&one)?),
        (&list, read(&list)?),
    ];
    let mut answers = Answers::from([(METADATA.to_owned(), metadata().into_bytes())]);
    for (path, event) in events {
        let answer = api.invoke(&event).await?.payload;
        let body = body(&answer, 200).with_context(|| path.to_owned())?;
        answers.insert(path.to_owned(), body.into_bytes());
    }
    api.stop().await?;
    Ok(Recorded {
        answers,
        group_id: group.group_id.as_str().to_owned(),
        page_token: token.to_owned(),
    })
}

fn body(answer: &Value, status: u16) -> Result<String> {
    ensure!(
        answer["statusCode"] == status,
        "unexpected response: {answer}"
    );
    let body = answer["body"].as_str().context("no body")?;
    Ok(body.to_owned())
}

/// The API's path of a group's accounts, with its query.
pub fn accounts_path(group: &Group) -> String {
    format!("/v1/accounts?group_id={}", group.group_id.as_str())
}

/// A user's request to read from the API, with at most one parameter in its query.
///
/// # Errors
/// If the sample does not exist.
pub fn read(path: &str) -> Result<Value> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut event = sample("registration-api/get-accounts.json")?;
    event["pathParameters"]["proxy"] = json!(path.trim_start_matches("/v1/"));
    event["requestContext"]["authorizer"]["jwt"]["claims"]["custom:tenant"] = json!(TENANT);
    let mut event = at(event, path);
    if let Some((name, value)) = query.split_once('=') {
        event["rawQueryString"] = json!(query);
        event["queryStringParameters"] = json!({ name: value });
    }
    Ok(event)
}

/// A request without a user.
fn public(path: &str, page_token: Option<&str>) -> Result<Value> {
    let mut event = sample("registration-api/get-connect-page.json")?;
    let route = format!("GET {path}");
    event["routeKey"] = json!(route);
    event["requestContext"]["routeKey"] = json!(route);
    event["headers"]["rolecall-page-token"] = json!(page_token.unwrap_or_default());
    Ok(at(event, path))
}

/// A request for a page of the console, with the cookie of a session.
///
/// # Errors
/// If the sample does not exist.
pub fn visit(path: &str, cookie: &str) -> Result<Value> {
    let mut event = sample("console/get-groups.json")?;
    event["routeKey"] = json!("ANY /{proxy+}");
    event["headers"]["accept-language"] = json!("en");
    event["cookies"] = json!([cookie]);
    Ok(at(event, path))
}

/// The event with another path and without a query.
fn at(mut event: Value, path: &str) -> Value {
    event["rawPath"] = json!(path);
    event["requestContext"]["http"]["path"] = json!(path);
    event["rawQueryString"] = json!("");
    if let Some(event) = event.as_object_mut() {
        event.remove("queryStringParameters");
    }
    event
}

/// Opens a session, and returns its cookie.
///
/// # Errors
/// If the table rejects the write.
pub async fn sign_in(table: &Table) -> Result<String> {
    let now = SystemHost.now();
    let mut secret = [0; 32];
    SystemHost.fill(&mut secret);
    let id = SessionId::new(UserKey::of(ISSUER, SUBJECT), secret);
    let expire_at = now + SignedDuration::from_hours(1);
    let tokens = Tokens {
        id_token: id_token(now, expire_at),
        refresh_token: Some("r".repeat(REFRESH_TOKEN_LENGTH)),
    };
    let keys = Keys(Arc::new(KeyRing::parse(TOKEN_KEYS)?));
    let (key, tokens) = (id.key(), serde_json::to_string(&tokens)?);
    let session = Session {
        tokens: AeadSealer::new(keys, SystemHost)
            .seal(&key.hash, &tokens)
            .await?,
        key,
        person: Person {
            tenant: Tenant::parse(TENANT)?,
            subject: SUBJECT.to_owned(),
            name: Some("Olivia Owner".to_owned()),
            email: Some("olivia@acme.example".to_owned()),
        },
        created_at: now,
        seen_at: now,
        browser: "Firefox, Linux".to_owned(),
        version: 1,
        tokens_expire_at: expire_at,
        renewing_until: None,
    };
    let sessions = SessionTable::new(table.client.clone(), SESSIONS);
    sessions.open(&session, expire_at).await?;
    Ok(format!("__Host-rolecall-session={}", id.cookie()))
}

/// The keys that the console reads from the stub.
struct Keys(Arc<KeyRing>);

impl TokenKeys for Keys {
    async fn ring(&self) -> Result<Arc<KeyRing>, StoreError> {
        Ok(Arc::clone(&self.0))
    }

    async fn newest_ring(&self) -> Result<Arc<KeyRing>, StoreError> {
        self.ring().await
    }
}

/// An ID token with the claims of Amazon Cognito. The stub does not check its signature, and neither does the
/// console, which verified it when it opened the session.
fn id_token(now: Timestamp, expire_at: Timestamp) -> String {
    let header = json!({"alg": "RS256", "kid": "k".repeat(44), "typ": "JWT"});
    let claims = json!({
        "at_hash": "h".repeat(22), "aud": "console", "auth_time": now.as_second(), "cognito:username": SUBJECT,
        "custom:role": "owner", "custom:tenant": TENANT, "email": "olivia@acme.example", "email_verified": true,
        "event_id": SUBJECT, "exp": expire_at.as_second(), "iat": now.as_second(), "iss": ISSUER, "jti": SUBJECT,
        "name": "Olivia Owner", "origin_jti": SUBJECT, "sub": SUBJECT, "token_use": "id",
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signature = URL_SAFE_NO_PAD.encode([7; SIGNATURE_BYTES]);
    format!("{}.{}.{signature}", part(&header), part(&claims))
}

fn metadata() -> String {
    let at = |path: &str| format!("https://login.example/{path}");
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": at("oauth2/authorize"),
        "token_endpoint": at("oauth2/token"),
        "revocation_endpoint": at("oauth2/revoke"),
        "end_session_endpoint": at("logout"),
        "jwks_uri": at("keys"),
        "response_types_supported": ["code", "token"],
        "scopes_supported": ["openid", "email", "phone", "profile"],
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Tree;
    use rolecall_aws::config::ConsoleConfig;
    use rolecall_domain::session::Metadata;
    use rolecall_domain::workload::{IssuerUrl, Token};

    #[test]
    fn console_can_read_its_template_settings() {
        let template = Template::read(&Tree::default()).expect("the template");
        let local = "http://127.0.0.1:1";
        let settings = settings(&template, local, local, local).expect("the function's settings");
        let lookup = |name: &str| {
            let mut all = settings.environment.iter();
            all.find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        };
        let config = ConsoleConfig::read(&lookup).expect("complete");
        assert_eq!(config.sessions_table_name, SESSIONS);
        assert_eq!(
            config.openid_configuration,
            "http://127.0.0.1:1/issuer/openid-configuration"
        );
    }

    #[test]
    fn metadata_and_tokens_can_be_read() {
        let issuer = IssuerUrl::parse(ISSUER).expect("a URL");
        Metadata::parse(metadata().as_bytes(), &issuer, false).expect("metadata");
        let now = SystemHost.now();
        let token = Token::parse(&id_token(now, now)).expect("a token");
        assert_eq!(token.claims()["custom:role"], "owner");
    }
}
