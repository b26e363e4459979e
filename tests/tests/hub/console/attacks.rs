//! Attacks on the console through the gateway.

use anyhow::Result;
use rolecall_domain::user::Role;
use rolecall_local::hub::Hub;
use rolecall_tests::tenants::new_user;
use rolecall_tests::world::unique;

use crate::console::browser::{Browser, field};

#[tokio::test]
async fn form_of_another_site_makes_no_group() -> Result<()> {
    let hub = Hub::from_env()?;
    let user = new_user(&hub, Some(&unique("people")), Some(Role::Owner)).await?;
    let mut browser = Browser::new(&hub);
    browser.sign_in("/", &user).await?;
    let token = field(&browser.get("/").await?.text(), "form_token")?;
    let fields = [("form_token", &*token), ("name", "planted")];
    for headers in [
        [
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
        ],
        [("origin", "null"), ("sec-fetch-site", "cross-site")],
    ] {
        let answer = browser.post_from("/groups", &fields, &headers).await?;
        assert_eq!(answer.status, 403, "{headers:?}");
    }
    let answer = browser
        .post_from("/groups", &[("name", "planted")], &[])
        .await?;
    assert_eq!(answer.status, 403);
    assert!(!browser.get("/").await?.text().contains("planted"));
    Ok(())
}

#[tokio::test]
async fn callback_in_another_browser_signs_nobody_in() -> Result<()> {
    let hub = Hub::from_env()?;
    let user = new_user(&hub, Some(&unique("mallory")), Some(Role::Owner)).await?;
    let mut attacker = Browser::new(&hub);
    let back = attacker.at_the_issuer("/sign-in", &user).await?;
    let mut victim = Browser::new(&hub);
    let answer = victim.get(&back).await?;
    assert_eq!(answer.status, 400);
    assert!(!victim.cookies.contains_key("__Host-rolecall-session"));
    Ok(())
}

/// Headers, errors and files too.
#[tokio::test]
async fn every_answer_has_the_security_headers() -> Result<()> {
    let hub = Hub::from_env()?;
    let mut browser = Browser::new(&hub);
    let page = browser.get("/signed-out").await?.text();
    let style = page
        .split("href=\"")
        .find(|it| it.starts_with("/assets/console."));
    let style = style
        .and_then(|it| it.split_once('"'))
        .expect("a style sheet")
        .0;
    let answers = [
        ("/", "GET", 401),
        ("/signed-out", "GET", 200),
        ("/sign-in", "GET", 303),
        ("/sign-in", "PUT", 405),
        ("/nothing", "GET", 404),
        ("/sign-in/callback?code=x&state=y", "GET", 400),
        ("/groups", "POST", 401),
        (style, "GET", 200),
    ];
    for (address, method, status) in answers {
        let answer = browser.send(method, address, &[], "").await?;
        assert_eq!(answer.status, status, "{method} {address}");
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';"),
            "{address}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{address}");
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{address}"
        );
        assert_eq!(
            answer.header("referrer-policy"),
            Some("same-origin"),
            "{address}"
        );
        let kept = answer.header("cache-control").unwrap_or_default();
        assert_eq!(kept == "no-store", address != style, "{address}: {kept}");
    }
    Ok(())
}

#[tokio::test]
async fn compressed_file_arrives_whole_through_the_gateway() -> Result<()> {
    let hub = Hub::from_env()?;
    let mut browser = Browser::new(&hub);
    let page = browser.get("/signed-out").await?.text();
    let style = page
        .split("href=\"")
        .find(|it| it.starts_with("/assets/console."));
    let style = style
        .and_then(|it| it.split_once('"'))
        .expect("a style sheet")
        .0;
    let plain = browser.get(style).await?;
    assert_eq!(plain.header("content-encoding"), None);
    for (coding, magic) in [("gzip", Some([0x1f, 0x8b])), ("br", None)] {
        let answer = browser
            .send("GET", style, &[("accept-encoding", coding)], "")
            .await?;
        assert_eq!(answer.header("content-encoding"), Some(coding));
        assert_ne!(answer.body, plain.body);
        if let Some(magic) = magic {
            assert!(answer.body.starts_with(&magic), "{:?}", &answer.body[..4]);
        }
        // The gateway sends bytes, not base64 and not text.
        assert!(std::str::from_utf8(&answer.body).is_err());
    }
    let headers = [("accept-encoding", "gzip"), ("sec-fetch-site", "none")];
    let answer = browser.send("GET", "/signed-out", &headers, "").await?;
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert!(answer.body.starts_with(&[0x1f, 0x8b]));
    Ok(())
}
