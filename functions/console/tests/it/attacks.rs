//! Attacks on users who are signed in or are signing in.

use crate::world::{URL, World, field, parameter, text};
use serde_json::{Value, json};

#[tokio::test]
async fn session_id_that_was_planted_is_never_signed_in() {
    let world = World::new();
    let mut victim = world.browser();
    // The attacker's own session, and one that does not exist.
    let attacker = world.signed_in().await;
    let planted = attacker.cookies["__Host-rolecall-session"].clone();
    victim
        .cookies
        .insert("__Host-rolecall-session".to_owned(), planted.clone());
    let mut fresh = world.browser();
    let link = fresh.led_to_issuer("/sign-in").await;
    victim.cookies.extend(fresh.cookies.clone());
    let back = victim.at_the_issuer(&link, "vera", "globex");
    let response = victim.get(&back).await;
    assert_eq!(response.status_code, 303);
    assert_ne!(victim.cookies["__Host-rolecall-session"], planted);
    // The planted session has ended.
    let mut attacker = attacker;
    assert_eq!(attacker.get("/").await.status_code, 401);
    // The same person gets another id, too.
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..2 {
        attacker.sign_in("olivia", "acme").await;
        ids.insert(attacker.cookies["__Host-rolecall-session"].clone());
        attacker.cookies.clear();
    }
    assert_eq!(ids.len(), 2);
    assert!(!ids.contains(&planted));
}

#[tokio::test]
async fn callback_of_another_browser_signs_nobody_in() {
    let world = World::new();
    let mut attacker = world.browser();
    let link = attacker.led_to_issuer("/sign-in").await;
    let back = attacker.at_the_issuer(&link, "mallory", "evil");
    let mut victim = world.browser();
    victim.get("/sign-in").await;
    let response = victim.get(&back).await;
    assert_eq!(response.status_code, 400);
    assert!(!victim.cookies.contains_key("__Host-rolecall-session"));
    assert!(world.sessions().all().is_empty());
}

#[tokio::test]
async fn callback_with_a_token_of_another_attempt_signs_nobody_in() {
    let world = World::new();
    let mut browser = world.browser();
    let link = browser.led_to_issuer("/sign-in").await;
    let state = parameter(&link, "state");
    let issuer = world.issuer();
    let valid = |nonce: Value| {
        let mut claims = issuer.claims("olivia", "acme", world.now());
        claims["nonce"] = nonce;
        claims
    };
    let nonce = json!(parameter(&link, "nonce"));
    let mut others = vec![valid(json!("x")), valid(Value::Null)];
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("another-client")),
        ("exp", json!(world.now().as_second() - 61)),
        ("token_use", json!("access")),
        ("custom:tenant", json!("acme#x")),
        ("custom:tenant", json!(["acme"])),
    ] {
        let mut claims = valid(nonce.clone());
        claims[name] = value;
        others.push(claims);
    }
    let before = browser.clone();
    for claims in others {
        let mut browser = before.clone();
        let code = issuer.code(claims.clone());
        let response = browser
            .get(&format!("/sign-in/callback?code={code}&state={state}"))
            .await;
        assert!(response.status_code >= 400, "{claims}");
        assert!(world.sessions().all().is_empty(), "{claims}");
    }
    // The control: the same without a mistake.
    let mut browser = before;
    let code = issuer.code(valid(nonce));
    let response = browser
        .get(&format!("/sign-in/callback?code={code}&state={state}"))
        .await;
    assert_eq!(response.status_code, 303);
}

#[tokio::test]
async fn form_of_another_site_changes_nothing() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    let token = browser.form_token("/").await;
    let group = json!({"group_id": "grp_1", "name": "x", "color": "#000000"});
    world.console.api.answers("POST /v1/groups", 201, group);
    let fields = [("form_token", &*token), ("name", "x")];
    for headers in [
        json!({"origin": "https://evil.example", "sec-fetch-site": "cross-site"}),
        json!({"origin": "https://evil.example"}),
        json!({"origin": "https://console.example.evil.example"}),
        json!({"sec-fetch-site": "same-site"}),
        json!({"origin": "null", "sec-fetch-site": "cross-site"}),
    ] {
        // Even with a token that leaked.
        let response = browser.post_from("/groups", &fields, headers.clone()).await;
        assert_eq!(response.status_code, 403, "{headers}");
    }
    for headers in [json!({}), json!({"origin": "null"})] {
        for wrong in ["", "x", &token[1..]] {
            let fields = [("form_token", wrong), ("name", "x")];
            let response = browser.post_from("/groups", &fields, headers.clone()).await;
            assert_eq!(response.status_code, 403, "{headers} {wrong}");
        }
    }
    assert!(
        world
            .console
            .api
            .asked()
            .iter()
            .all(|it| it.method == "GET")
    );
    // The controls: a browser without these headers, and one that hides the origin of its own forms.
    for headers in [
        json!({}),
        json!({"origin": "null", "sec-fetch-site": "same-origin"}),
    ] {
        let response = browser.post_from("/groups", &fields, headers.clone()).await;
        assert_eq!(response.status_code, 303, "{headers}");
    }
}

#[tokio::test]
async fn form_token_of_another_session_is_asked_about_and_not_sent() {
    let world = World::new();
    let mut attacker = world.signed_in().await;
    let token = attacker.form_token("/").await;
    let mut victim = world.signed_in().await;
    let fields = [("form_token", &*token), ("name", "x")];
    let response = victim.post("/groups", &fields).await;
    assert_eq!(response.status_code, 409);
    assert!(
        world
            .console
            .api
            .asked()
            .iter()
            .all(|it| it.method == "GET")
    );
    assert_ne!(field(&text(&response), "form_token"), token);
}

#[tokio::test]
async fn signing_in_leads_to_no_other_site() {
    let world = World::new();
    for place in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/%0d%0aset-cookie:%20a=b",
        "/..//evil.example",
    ] {
        let mut browser = world.browser();
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("after", place)
            .finish();
        let link = browser.led_to_issuer(&format!("/sign-in?{query}")).await;
        let back = browser.at_the_issuer(&link, "olivia", "acme");
        let location = browser.get(&back).await.headers["location"].clone();
        let safe = location == "/" || location.starts_with("/%0d%0a");
        assert!(safe, "{place:?}: {location}");
        // The same for users who are already signed in.
        let location = browser.get(&format!("/sign-in?{query}")).await.headers["location"].clone();
        assert!(
            location.starts_with('/') && !location.starts_with("//"),
            "{location}"
        );
    }
}

#[tokio::test]
async fn headers_of_a_response_have_no_line_breaks() {
    let world = World::new();
    let mut browser = world.browser();
    for address in [
        "/groups/%0d%0ax:y",
        "/sign-in?after=%2F%0d%0aset-cookie%3A%20a%3Db&lang=en%0d%0a",
        "/x\r\nset-cookie: a=b",
        "/?a=%0d%0ab",
    ] {
        let response = browser.get(address).await;
        let values = response.headers.values().chain(&response.cookies);
        for value in values {
            assert!(!value.contains(['\r', '\n']), "{address}: {value:?}");
        }
    }
}

#[tokio::test]
async fn pages_of_people_are_not_stored_and_contain_no_token() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    let session = browser.cookies["__Host-rolecall-session"].clone();
    for address in ["/", "/sessions", "/resume", "/nothing", "/groups/grp_1"] {
        let response = browser.get(address).await;
        assert_eq!(response.headers["cache-control"], "no-store", "{address}");
        let page = text(&response);
        assert!(
            !page.contains("eyJ") && !page.contains(&session),
            "{address}"
        );
        assert!(!page.contains("refresh-"), "{address}");
    }
    // The stored value can't be used as a cookie.
    let (_, secret) = session.split_once('.').expect("two parts");
    let stored = format!("{:?}", world.sessions().all());
    assert!(!stored.contains(secret));
}

#[tokio::test]
async fn cookies_are_for_this_host_and_for_requests_only() {
    let world = World::new();
    let mut browser = world.browser();
    let mut cookies = browser.get("/sign-in?lang=ja").await.cookies;
    let link = browser.led_to_issuer("/sign-in").await;
    let back = browser.at_the_issuer(&link, "olivia", "acme");
    cookies.extend(browser.get(&back).await.cookies);
    assert!(cookies.len() >= 4, "{}", cookies.len());
    for cookie in cookies {
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
            assert!(cookie.split("; ").any(|it| it == attribute), "{cookie}");
        }
        assert!(!cookie.to_lowercase().contains("domain"), "{cookie}");
    }
}

#[tokio::test]
async fn strangers_store_nothing() {
    let world = World::new();
    let mut browser = world.browser();
    for address in [
        "/",
        "/sign-in",
        "/sign-in/callback?code=x&state=y",
        "/sign-in/callback?error=access_denied&state=y",
        "/signed-out",
        "/connect/token",
    ] {
        browser.get(address).await;
    }
    browser.post("/groups", &[("name", "x")]).await;
    // Anyone can begin an attempt, and answer it with a code of their own.
    let link = browser.led_to_issuer("/sign-in").await;
    let forged = format!(
        "/sign-in/callback?code=forged&state={}",
        parameter(&link, "state")
    );
    assert_eq!(browser.get(&forged).await.status_code, 400);
    assert!(world.sessions().all().is_empty());
    assert!(world.sessions().attempts().is_empty());
    assert!(
        world
            .console
            .api
            .asked()
            .iter()
            .all(|it| it.credential.starts_with("page "))
    );
}

#[tokio::test]
async fn path_parameters_can_not_name_another_path_of_the_api() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    for address in [
        "/groups/..",
        "/groups/a%2Fb",
        "/accounts/acc_1?x/history",
        "/accounts/a b",
        "/accounts/acc_1#x",
        "/registrations/.",
    ] {
        let before = world.console.api.asked().len();
        browser.get(address).await;
        let asked = world.console.api.asked().split_off(before);
        for one in asked {
            assert!(
                one.target.starts_with("/v1/accounts/acc_1"),
                "{address}: {}",
                one.target
            );
        }
    }
}

#[tokio::test]
async fn text_of_a_tenant_is_escaped() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    let name = "<script>alert(1)</script>\" onmouseover=\"x";
    let item = json!({"group_id": "grp_1", "name": name, "color": "#000000"});
    let page = json!({"items": [item], "next_cursor": null});
    world.console.api.answers("GET /v1/groups", 200, page);
    let page = text(&browser.get("/").await);
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(!page.contains("\" onmouseover"), "{page}");
    assert!(page.contains("&lt;script&gt;"), "{page}");
    assert!(browser.world.console.url == URL);
}
