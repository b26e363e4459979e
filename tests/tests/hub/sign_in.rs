//! People sign in to the hub with the command line, at the forms of the user pool's domain.

use std::collections::BTreeMap;
use std::process::{Output, Stdio};

use anyhow::{Context, Result, bail, ensure};
use rolecall_client::http::{Http, HttpAnswer};
use rolecall_domain::user::Role;
use rolecall_local::hub::Hub;
use rolecall_tests::programs::built;
use rolecall_tests::tenants::{User, new_user};
use rolecall_tests::world::unique;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

/// A user with a separate home directory.
struct Person {
    home: TempDir,
    hub: Hub,
    user: User,
    tenant: String,
}

impl Person {
    async fn new() -> Result<Self> {
        let (hub, tenant) = (Hub::from_env()?, unique("people"));
        Ok(Self {
            home: TempDir::new()?,
            user: new_user(&hub, Some(&tenant), Some(Role::Owner)).await?,
            hub,
            tenant,
        })
    }

    fn command(&self, arguments: &[&str]) -> Result<Command> {
        let program = built("rolecall")?.context("rolecall is not built")?;
        let mut command = Command::new(program);
        command.args(arguments).env_clear();
        command.env("HOME", self.home.path());
        // Another program than a browser: the test is the browser.
        command.env("BROWSER", "true");
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(command)
    }

    async fn run(&self, arguments: &[&str]) -> Result<Output> {
        Ok(self.command(arguments)?.output().await?)
    }

    async fn json(&self, arguments: &[&str]) -> Result<Value> {
        let ran = self.run(&[arguments, &["--json"]].concat()).await?;
        let errors = String::from_utf8_lossy(&ran.stderr);
        ensure!(ran.status.success(), "{arguments:?}: {errors}");
        Ok(serde_json::from_slice(&ran.stdout)?)
    }

    /// Signs in through a browser that follows the forms.
    async fn sign_in(&self) -> Result<()> {
        let api_url = &self.hub.file().api_url;
        let mut child = self.command(&["login", "--api-url", api_url])?.spawn()?;
        let mut stderr = BufReader::new(child.stderr.take().context("piped")?);
        let mut url = String::new();
        while !url.starts_with("http") {
            url.clear();
            let count = stderr.read_line(&mut url).await?;
            ensure!(count > 0, "it ended without an address");
        }
        let callback = fill_in(&Http::new(), url.trim(), &self.user).await?;
        let page = Http::new().get(&callback).await?;
        ensure!(page.status == 200, "{}", page.text());
        let mut said = String::new();
        stderr.read_to_string(&mut said).await?;
        ensure!(child.wait().await?.success(), "{said}");
        let expected = format!("as {}.", self.user.name);
        ensure!(said.contains(&expected), "{said}");
        Ok(())
    }

    /// Changes a value of the session file.
    fn change_session(&self, name: &str, value: Value) -> Result<()> {
        let directory = self.home.path().join(".cache/rolecall/sessions");
        for file in std::fs::read_dir(directory)? {
            let path = file?.path();
            if path.extension().is_some_and(|it| it == "json") {
                let mut session: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
                session[name] = value.clone();
                std::fs::write(&path, session.to_string())?;
            }
        }
        Ok(())
    }
}

/// Fills in the form at the address. Returns the address that the browser is sent to.
async fn fill_in(http: &Http, url: &str, user: &User) -> Result<String> {
    let page = http.get(url).await?;
    let form = page.text();
    let mut fields = hidden_fields(&form);
    fields.insert("username".to_owned(), user.name.clone());
    fields.insert("password".to_owned(), user.password.clone());
    let (origin, _) = url.split_once("/oauth2/").context("not at the domain")?;
    let body: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    let request = http::Request::post(format!("{origin}/login"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.join("&").into_bytes())?;
    location(&http.send(request).await?)
}

fn location(answer: &HttpAnswer) -> Result<String> {
    match answer.header("location") {
        Some(location) if answer.status == 302 => Ok(location.to_owned()),
        _ => bail!("no redirect: {} {}", answer.status, answer.text()),
    }
}

/// The hidden fields of the page's form.
fn hidden_fields(page: &str) -> BTreeMap<String, String> {
    let inputs = page.split("<input type=\"hidden\" ").skip(1);
    let attribute = |text: &str, name: &str| {
        let (_, rest) = text.split_once(&format!("{name}=\""))?;
        Some(rest.split_once('"')?.0.replace("&amp;", "&"))
    };
    inputs
        .filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?)))
        .collect()
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[tokio::test]
async fn person_signs_in_at_the_user_pool_and_uses_the_hub() -> Result<()> {
    let person = Person::new().await?;
    person.sign_in().await?;
    let identity = person.json(&["whoami"]).await?;
    assert_eq!(identity["tenant"], json!(person.tenant));
    assert_eq!(identity["user"], json!(person.user.name));
    assert_eq!(identity["issuer"], person.hub.file().output("JwtIssuer")?);
    let group = person.json(&["groups", "create", "Shops"]).await?;
    let page = person.json(&["groups", "list"]).await?;
    assert_eq!(page["items"][0]["group_id"], group["group_id"]);
    // Another person's tenant is another one.
    let other = Person::new().await?;
    other.sign_in().await?;
    assert_eq!(other.json(&["groups", "list"]).await?["items"], json!([]));
    Ok(())
}

#[tokio::test]
async fn expired_token_is_renewed_until_the_person_signs_out() -> Result<()> {
    let person = Person::new().await?;
    person.sign_in().await?;
    person.change_session("expires_at", json!("2026-01-01T00:00:00Z"))?;
    person.change_session("id_token", json!("e30.e30.expired"))?;
    person.json(&["groups", "list"]).await?;
    assert_eq!(
        person.json(&["whoami"]).await?["tenant"],
        json!(person.tenant)
    );
    let ran = person.run(&["logout"]).await?;
    assert!(ran.status.success(), "{ran:?}");
    let ran = person.run(&["groups", "list"]).await?;
    assert_eq!(ran.status.code(), Some(3), "{ran:?}");
    Ok(())
}

/// Anyone could otherwise sign people in for another address.
#[tokio::test]
async fn issuer_sends_codes_to_the_registered_ports_only() -> Result<()> {
    let hub = Hub::from_env()?;
    let client = hub.file().output("CliClientId")?;
    let origin = hub.file().output("LoginUrl")?;
    let status = async |redirect: &str| -> Result<u16> {
        let redirect = encoded(redirect);
        let url = format!(
            "{origin}/oauth2/authorize?response_type=code&client_id={client}&scope=openid&state=s\
             &code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
             &redirect_uri={redirect}"
        );
        Ok(Http::new().get(&url).await?.status)
    };
    for port in [18_911, 23_911, 28_911] {
        assert_eq!(
            status(&format!("http://127.0.0.1:{port}/callback")).await?,
            200
        );
    }
    for other in [
        "http://127.0.0.1:18912/callback",
        "http://127.0.0.1:18911/other",
        "http://localhost:18911/callback",
        "https://evil.example/callback",
    ] {
        assert_ne!(status(other).await?, 200, "{other}");
    }
    Ok(())
}
