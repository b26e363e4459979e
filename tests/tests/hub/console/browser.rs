//! A browser without script: it keeps cookies and follows redirects.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use rolecall_client::http::{Http, HttpAnswer};
use rolecall_local::hub::Hub;
use rolecall_tests::tenants::User;

/// The cookies are those of the console; the issuer's are not kept.
#[derive(Clone)]
pub struct Browser {
    http: Http,
    pub url: String,
    pub cookies: BTreeMap<String, String>,
}

pub fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The value of an attribute in the text after a mark.
fn after<'a>(page: &'a str, mark: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(mark)?;
    Some(rest.split_once('"')?.0)
}

/// The value of a hidden field; the first one of this name.
pub fn field(page: &str, name: &str) -> Result<String> {
    let found = after(page, &format!("name=\"{name}\" value=\""));
    Ok(found
        .with_context(|| format!("no {name} in {page}"))?
        .to_owned())
}

/// The link of a page that leads to the issuer.
fn sign_in_link(page: &str) -> Result<String> {
    let link = page.split("href=\"").find(|it| it.starts_with("/sign-in?"));
    let link = link.and_then(|it| it.split_once('"'));
    let (link, _) = link.with_context(|| format!("no link to sign in: {page}"))?;
    Ok(link.replace("&amp;", "&"))
}

impl Browser {
    pub fn new(hub: &Hub) -> Self {
        Self {
            http: Http::new(),
            url: hub.file().console_url.clone(),
            cookies: BTreeMap::new(),
        }
    }

    pub async fn send(
        &mut self,
        method: &str,
        address: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<HttpAnswer> {
        let cookies = self.cookies.iter();
        let cookies: Vec<String> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{address}", self.url));
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self
            .http
            .send(request.body(body.as_bytes().to_vec())?)
            .await?;
        for cookie in answer.headers.get_all("set-cookie") {
            let (name, rest) = cookie.to_str()?.split_once('=').context("a cookie")?;
            let (value, attributes) = rest.split_once(';').context("attributes")?;
            match attributes.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        Ok(answer)
    }

    pub async fn get(&mut self, address: &str) -> Result<HttpAnswer> {
        self.send("GET", address, &[], "").await
    }

    /// Sends a form as a browser does from a page of the console.
    pub async fn post(&mut self, address: &str, fields: &[(&str, &str)]) -> Result<HttpAnswer> {
        let origin = self.url.clone();
        let headers = [("origin", &*origin), ("sec-fetch-site", "same-origin")];
        self.post_from(address, fields, &headers).await
    }

    pub async fn post_from(
        &mut self,
        address: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Result<HttpAnswer> {
        let fields: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let form = ("content-type", "application/x-www-form-urlencoded");
        let headers = [headers, &[form]].concat();
        self.send("POST", address, &headers, &fields.join("&"))
            .await
    }

    /// Where a redirect leads, on the console.
    pub fn location(&self, answer: &HttpAnswer) -> Result<String> {
        let location = answer.header("location");
        let location = location.with_context(|| format!("{}: {}", answer.status, answer.text()))?;
        ensure!([302, 303].contains(&answer.status), "{}", answer.status);
        let ours = location.strip_prefix(&self.url).unwrap_or(location);
        ensure!(ours.starts_with('/'), "it leads to {location}");
        Ok(ours.to_owned())
    }

    /// Starts to sign in at this URL of the console, and signs in at the issuer. Returns the address on the
    /// console that the issuer sends the browser back to.
    pub async fn at_the_issuer(&mut self, address: &str, user: &User) -> Result<String> {
        let answer = self.get(address).await?;
        let link = answer
            .header("location")
            .context("no redirect to the issuer")?;
        let link = link.to_owned();
        let form = self.http.get(&link).await?;
        ensure!(form.status == 200, "{} {}", form.status, form.text());
        let page = form.text();
        let mut fields = Vec::new();
        for input in page.split("<input type=\"hidden\" ").skip(1) {
            let (name, value) = (after(input, "name=\""), after(input, "value=\""));
            if let Some((name, value)) = name.zip(value) {
                fields.push(format!("{name}={}", encoded(&value.replace("&amp;", "&"))));
            }
        }
        fields.push(format!("username={}", encoded(&user.name)));
        fields.push(format!("password={}", encoded(&user.password)));
        let (origin, _) = link.split_once("/oauth2/").context("not at the domain")?;
        let request = http::Request::post(format!("{origin}/login"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(fields.join("&").into_bytes())?;
        let answer = self.http.send(request).await?;
        match answer.header("location") {
            Some(location) if answer.status == 302 => {
                let back = location.strip_prefix(&self.url);
                Ok(back.with_context(|| location.to_owned())?.to_owned())
            }
            _ => bail!("no redirect: {} {}", answer.status, answer.text()),
        }
    }

    /// Signs in from the page at this URL. Returns the final page.
    pub async fn sign_in(&mut self, address: &str, user: &User) -> Result<String> {
        let page = self.get(address).await?;
        ensure!(page.status == 401, "{} {}", page.status, page.text());
        let back = self
            .at_the_issuer(&sign_in_link(&page.text())?, user)
            .await?;
        let answer = self.get(&back).await?;
        self.location(&answer)
    }
}
