//! People sign in at the user pool, use the hub, and sign out.

use anyhow::{Context, Result, ensure};
use rolecall_client::http::Http;
use rolecall_domain::user::Role;
use rolecall_local::hub::Hub;
use rolecall_local::wait::until;
use rolecall_tests::tenants::new_user;
use rolecall_tests::world::{SOON, unique};

use crate::console::browser::{Browser, field};

#[tokio::test]
async fn person_signs_in_and_makes_a_group_without_script() -> Result<()> {
    let hub = Hub::from_env()?;
    let user = new_user(&hub, Some(&unique("people")), Some(Role::Owner)).await?;
    let mut browser = Browser::new(&hub);
    assert_eq!(browser.sign_in("/?cursor=", &user).await?, "/?cursor=");
    let page = browser.get("/groups/new").await?;
    assert_eq!(page.status, 200, "{}", page.text());
    let token = field(&page.text(), "form_token")?;
    let name = unique("グループ");
    let fields = [("form_token", &*token), ("name", &*name)];
    let answer = browser.post("/groups", &fields).await?;
    let place = browser.location(&answer)?;
    assert!(place.starts_with("/groups/grp_"), "{place}");
    // A second click on the same button makes no second group.
    let answer = browser.post("/groups", &fields).await?;
    assert_eq!(browser.location(&answer)?, place);
    let page = browser.get(&place).await?;
    assert!(page.text().contains(&name), "{}", page.text());
    let list = browser.get("/").await?.text();
    assert_eq!(list.matches(&place).count(), 1, "{list}");
    Ok(())
}

#[tokio::test]
async fn tenants_do_not_see_each_other() -> Result<()> {
    let hub = Hub::from_env()?;
    let mut browsers = Vec::new();
    for tenant in ["one", "other"] {
        let user = new_user(&hub, Some(&unique(tenant)), Some(Role::Owner)).await?;
        let mut browser = Browser::new(&hub);
        browser.sign_in("/", &user).await?;
        browsers.push(browser);
    }
    let token = field(&browsers[0].get("/").await?.text(), "form_token")?;
    let fields = [("form_token", &*token), ("name", "mine")];
    let answer = browsers[0].post("/groups", &fields).await?;
    let place = browsers[0].location(&answer)?;
    assert_eq!(browsers[0].get(&place).await?.status, 200);
    assert_eq!(browsers[1].get(&place).await?.status, 404);
    assert!(!browsers[1].get("/").await?.text().contains(&place));
    Ok(())
}

#[tokio::test]
async fn person_signs_out_in_every_copy_of_the_browser() -> Result<()> {
    let hub = Hub::from_env()?;
    let user = new_user(&hub, Some(&unique("people")), Some(Role::Owner)).await?;
    let mut browser = Browser::new(&hub);
    browser.sign_in("/", &user).await?;
    let mut copy = browser.clone();
    let page = browser.get("/").await?.text();
    let token = field(&page, "form_token")?;
    let answer = browser.post("/sign-out", &[("form_token", &token)]).await?;
    assert_eq!(browser.location(&answer)?, "/signed-out");
    assert!(!browser.cookies.contains_key("__Host-rolecall-session"));
    assert_eq!(copy.get("/").await?.status, 401);
    // The page leads to the issuer, which ends its own session and knows where to send the person.
    let page = browser.get("/signed-out").await?.text();
    let link = page.split("href=\"").find(|it| it.contains("/logout?"));
    let link = link
        .and_then(|it| it.split_once('"'))
        .context(page.clone())?
        .0;
    let client = hub.file().output("ConsoleClientId")?;
    ensure!(
        link.contains(&format!("client_id={client}&amp;logout_uri=")),
        "{link}"
    );
    let link = link.replace("&amp;", "&");
    let answer = Http::new().get(&link).await?;
    assert_eq!(answer.status, 302, "{}", answer.text());
    let home = format!("{}/", hub.file().console_url);
    assert_eq!(answer.header("location"), Some(&*home));
    let foreign = link.replace("logout_uri=http", "logout_uri=https");
    assert_eq!(Http::new().get(&foreign).await?.status, 400);
    Ok(())
}

/// The issuer is another site, from which browsers send no `SameSite=Strict` cookie. On another port of the same
/// host they would.
#[tokio::test]
async fn cookies_of_a_sign_in_come_back_from_another_site() -> Result<()> {
    let hub = Hub::from_env()?;
    let user = new_user(&hub, Some(&unique("people")), Some(Role::Owner)).await?;
    let mut browser = Browser::new(&hub);
    let begun = browser.get("/sign-in").await?;
    let issuer = begun.header("location").context("no redirect")?;
    let host = |url: &str| Some(url.parse::<http::Uri>().ok()?.host()?.to_owned());
    ensure!(
        host(issuer).is_some() && host(issuer) != host(&browser.url),
        "{issuer}"
    );
    let back = browser.at_the_issuer("/sign-in", &user).await?;
    let signed_in = browser.get(&back).await?;
    assert_eq!(browser.location(&signed_in)?, "/");
    let mut seen = 0;
    for answer in [begun, signed_in] {
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str()?;
            ensure!(cookie.starts_with("__Host-rolecall-"), "{cookie}");
            for attribute in ["SameSite=Lax", "Secure", "HttpOnly", "Path=/"] {
                ensure!(cookie.split("; ").any(|it| it == attribute), "{cookie}");
            }
            seen += 1;
        }
    }
    ensure!(seen >= 3, "{seen} cookies");
    Ok(())
}

#[tokio::test]
async fn person_without_a_tenant_gets_a_page_that_says_so() -> Result<()> {
    let hub = Hub::from_env()?;
    let user = new_user(&hub, None, Some(Role::Owner)).await?;
    let mut browser = Browser::new(&hub);
    let back = browser.at_the_issuer("/sign-in", &user).await?;
    let answer = browser.get(&back).await?;
    assert_eq!(answer.status, 403);
    assert!(
        answer.text().contains("assigned to an organization"),
        "{}",
        answer.text()
    );
    assert!(!browser.cookies.contains_key("__Host-rolecall-session"));
    Ok(())
}

/// The log of a request has its route, and neither its path, its query, nor a cookie.
#[tokio::test]
async fn log_contains_no_code_and_no_session() -> Result<()> {
    let hub = Hub::from_env()?;
    let since = rolecall_local::logs::now_ms();
    let user = new_user(&hub, Some(&unique("people")), Some(Role::Owner)).await?;
    let mut browser = Browser::new(&hub);
    let back = browser.at_the_issuer("/sign-in", &user).await?;
    browser.get(&back).await?;
    let session = browser.cookies["__Host-rolecall-session"].clone();
    let mark = unique("mark");
    browser.get(&format!("/connect/{mark}")).await?;
    let lines = until("the log of the requests", SOON, async || {
        let runs = hub.runs("console", since).await?;
        let lines: Vec<String> = runs.into_iter().flat_map(|run| run.lines).collect();
        let ended = lines
            .iter()
            .any(|line| line.contains("GET /connect/{page_token}"));
        Ok(ended.then_some(lines))
    })
    .await?;
    let query = back
        .split_once('?')
        .map(|(_, query)| query)
        .unwrap_or_default();
    let values = query
        .split('&')
        .filter_map(|pair| Some(pair.split_once('=')?.1));
    let secrets: Vec<&str> = values.chain(session.split('.')).chain([&*mark]).collect();
    assert!(secrets.len() >= 5, "{secrets:?}");
    for line in &lines {
        for secret in &secrets {
            assert!(!line.contains(secret), "{line}");
        }
    }
    // The control: the sign-in is in the log.
    assert!(
        lines
            .iter()
            .any(|line| line.contains("GET /sign-in/callback"))
    );
    Ok(())
}
