//! The published brand on the pages and in the API, on a hub of its own: everything else that tests see has the
//! default one.

use anyhow::{Context, Result, ensure};
use http::Method;
use rolecall_client::http::HttpAnswer;
use rolecall_domain::brand::Logo;
use rolecall_local::deploy::Options;
use rolecall_local::hub::Hub;
use rolecall_tests::own_hub;
use rolecall_tests::programs::admin;
use serde_json::{Value, json};

use crate::console::browser::Browser;
use crate::openapi::contract::Contract;

const PNG: &[u8] = include_bytes!("../../../../shared/domain/tests/logos/logo.png");
const JPEG: &[u8] = include_bytes!("../../../../shared/domain/tests/logos/logo.jpg");

/// Publishes a brand with this logo, as the operator does. Returns the logo's path.
fn publish(hub: &Hub, logo: Option<&[u8]>) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("brand.json");
    let mut brand = json!({
        "product": {"en": "Example Cloud", "ja": "サンプルクラウド", "ascii": "Example Cloud"},
        "contact": "support@example.com",
        "default_language": "ja",
    });
    let mut address = String::new();
    if let Some(file) = logo {
        std::fs::write(folder.path().join("logo"), file)?;
        brand["logo"] = json!("logo");
        let logo = Logo::of_file(file).map_err(|error| anyhow::anyhow!("{error}"))?;
        address = format!("/logo/{}", logo.sha256);
    }
    std::fs::write(&path, brand.to_string())?;
    let path = path.to_str().context("a path")?;
    let (code, _, error) = admin(hub, &["publish", "--brand", path])?;
    ensure!(code == 0, "{error}");
    Ok(address)
}

/// The brand in the sign-in information.
async fn brand(hub: &Hub, contract: &Contract) -> Result<Value> {
    let caller = hub.caller(None);
    let path = "/.well-known/rolecall";
    let answer = caller.raw(Method::GET, path, &[], Vec::new()).await?;
    agrees(contract, "GET /.well-known/rolecall", &answer)?;
    let said: Value = serde_json::from_slice(&answer.body)?;
    Ok(said["brand"].clone())
}

fn agrees(contract: &Contract, route: &str, answer: &HttpAnswer) -> Result<()> {
    let objection = contract.objection(&contract.public_operations()[route], answer);
    ensure!(objection.is_none(), "{route}: {objection:?}");
    Ok(())
}

async fn is_sent(browser: &mut Browser, path: &str, file: &[u8], media_type: &str) -> Result<()> {
    let contract = Contract::load();
    let answer = browser.get(path).await?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    agrees(&contract, "GET /logo/{sha256}", &answer)?;
    // The gateway sends bytes, not base64 and not text.
    assert_eq!(answer.body, file);
    for (name, value) in [
        ("content-type", media_type),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    let policy = answer.header("content-security-policy").unwrap_or_default();
    ensure!(policy.starts_with("default-src 'none'; "), "{policy}");
    let head = browser.send("HEAD", path, &[], "").await?;
    assert_eq!((head.status, &*head.body), (200, &b""[..]));
    assert_eq!(head.header("content-type"), Some(media_type));
    Ok(())
}

async fn is_unknown(browser: &mut Browser, path: &str) -> Result<()> {
    let answer = browser.get(path).await?;
    assert_eq!(answer.status, 404, "{path}");
    agrees(&Contract::load(), "GET /logo/{sha256}", &answer)?;
    let head = browser.send("HEAD", path, &[], "").await?;
    assert_eq!((head.status, &*head.body), (404, &b""[..]), "{path}");
    Ok(())
}

#[tokio::test]
async fn published_logo_and_default_language_are_on_the_pages() -> Result<()> {
    own_hub::run(&Options::default(), async |hub| {
        let contract = Contract::load();
        assert_eq!(brand(&hub, &contract).await?["logo_url"], Value::Null);
        let mut browser = Browser::new(&hub);
        let other = Logo::of_file(JPEG).map_err(|error| anyhow::anyhow!("{error}"))?;
        is_unknown(&mut browser, &format!("/logo/{}", other.sha256)).await?;

        let png = publish(&hub, Some(PNG))?;
        let shown = brand(&hub, &contract).await?;
        assert_eq!(shown["logo_url"], json!(format!("{}{png}", browser.url)));
        // The request named no language.
        assert_eq!(shown["product_name"], "サンプルクラウド");
        is_sent(&mut browser, &png, PNG, "image/png").await?;
        is_unknown(&mut browser, &format!("/logo/{}", other.sha256)).await?;
        let page = browser.get("/signed-out").await?;
        assert_eq!(page.header("content-language"), Some("ja"));
        let logo = format!(
            "src=\"{png}\" alt=\"\" width=\"48\" height=\"24\">\
             <span class=\"name\">サンプルクラウド</span>"
        );
        ensure!(page.text().contains(&logo), "{}", page.text());
        let headers = [("accept-language", "en-US,en;q=0.9")];
        let page = browser.send("GET", "/signed-out", &headers, "").await?;
        ensure!(
            page.text()
                .contains("<span class=\"name\">Example Cloud</span>"),
            "{}",
            page.text()
        );

        // Another logo has another address, and the former one ends.
        let jpeg = publish(&hub, Some(JPEG))?;
        is_sent(&mut browser, &jpeg, JPEG, "image/jpeg").await?;
        is_unknown(&mut browser, &png).await?;
        publish(&hub, None)?;
        assert_eq!(brand(&hub, &contract).await?["logo_url"], Value::Null);
        is_unknown(&mut browser, &jpeg).await
    })
    .await
}
