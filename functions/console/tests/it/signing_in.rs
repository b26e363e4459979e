//! People sign in and out, and come back to where they were.

use crate::world::{World, field, parameter, sign_in_link, text};
use rolecall_domain::SignedDuration;
use serde_json::json;

#[tokio::test]
async fn person_signs_in_and_returns_to_the_page() {
    let world = World::new();
    let mut browser = world.browser();
    let page = browser.get("/groups/grp_1?cursor=a%20b&lang=ja").await;
    assert_eq!(page.status_code, 401);
    assert!(text(&page).contains("<html lang=\"ja\">"));
    let link = browser.led_to_issuer(&sign_in_link(&text(&page))).await;
    let back = browser.at_the_issuer(&link, "olivia", "acme");
    let response = browser.get(&back).await;
    assert_eq!(response.status_code, 303);
    assert_eq!(response.headers["location"], "/groups/grp_1?cursor=a+b");
    assert_eq!(response.headers["cache-control"], "no-store");
    // The API is called with the user's token.
    browser.get("/groups/grp_1").await;
    let asked = world.console.api.asked();
    let session = &world.sessions().all()[0];
    assert_eq!(session.person.display_name(), "olivia@acme.example");
    assert!(
        asked
            .iter()
            .all(|it| it.credential.starts_with("Bearer eyJ"))
    );
}

#[tokio::test]
async fn request_led_to_issuer_asks_for_a_code_with_pkce() {
    let world = World::new();
    let link = world.browser().led_to_issuer("/sign-in").await;
    assert!(link.starts_with(&format!("{}/authorize?", world.issuer().url())));
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", crate::world::CLIENT),
        ("redirect_uri", "https://console.example/sign-in/callback"),
        ("scope", "openid profile"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(parameter(&link, name), value);
    }
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(parameter(&link, name).len(), 43, "{name}");
    }
}

#[tokio::test]
async fn two_tabs_both_arrive() {
    let world = World::new();
    let mut browser = world.browser();
    let first = browser.led_to_issuer("/sign-in?after=%2Faccounts").await;
    let second = browser
        .led_to_issuer("/sign-in?after=%2Forphaned-stacks")
        .await;
    let (first, second) = (
        browser.at_the_issuer(&first, "olivia", "acme"),
        browser.at_the_issuer(&second, "olivia", "acme"),
    );
    let response = browser.get(&first).await;
    assert_eq!(response.headers["location"], "/accounts");
    let response = browser.get(&second).await;
    assert_eq!(response.headers["location"], "/orphaned-stacks");
}

#[tokio::test]
async fn attempt_is_used_once() {
    let world = World::new();
    let mut browser = world.browser();
    let link = browser.led_to_issuer("/sign-in").await;
    let before = browser.clone();
    let back = browser.at_the_issuer(&link, "olivia", "acme");
    assert_eq!(browser.get(&back).await.status_code, 303);
    // Another code for the same attempt, in a copy of the browser that still has the cookie.
    let mut copy = before;
    let again = copy.at_the_issuer(&link, "olivia", "acme");
    let response = copy.get(&again).await;
    assert_eq!(response.status_code, 400);
    assert!(text(&response).contains("started in another browser"));
    assert_eq!(world.sessions().all().len(), 1);
}

#[tokio::test]
async fn person_without_a_tenant_is_told_so() {
    let world = World::new();
    let mut browser = world.browser();
    let response = browser.sign_in("olivia", "").await;
    assert_eq!(response.status_code, 403);
    assert!(text(&response).contains("assigned to an organization"));
    assert!(world.sessions().all().is_empty());
}

#[tokio::test]
async fn session_ends_when_idle_and_in_any_case() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    // Each request within the idle limit extends the session.
    for _ in 0..12 {
        world.after(3540);
        assert_eq!(browser.get("/").await.status_code, 200);
    }
    world.after(720);
    let response = browser.get("/").await;
    assert_eq!(response.status_code, 401, "after twelve hours");
    assert!(text(&response).contains("Your session has ended"));
    assert!(!browser.cookies.contains_key("__Host-rolecall-session"));
    let mut browser = world.signed_in().await;
    world.after(3600);
    assert_eq!(
        browser.get("/").await.status_code,
        401,
        "after an idle hour"
    );
}

#[tokio::test]
async fn signing_out_ends_the_session_everywhere_it_was_copied() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    let mut copy = browser.clone();
    let token = browser.form_token("/").await;
    assert_eq!(browser.get("/sign-out").await.status_code, 405);
    assert_eq!(copy.get("/").await.status_code, 200);
    let response = browser.post("/sign-out", &[("form_token", &token)]).await;
    assert_eq!(response.status_code, 303);
    assert_eq!(response.headers["location"], "/signed-out");
    assert_eq!(response.headers["cache-control"], "no-store");
    assert_eq!(copy.get("/").await.status_code, 401);
    assert_eq!(world.issuer().revoked().len(), 1);
    assert_eq!(browser.get("/signed-out").await.status_code, 200);
}

/// A form could not end there: `form-action` stops its redirect.
#[tokio::test]
async fn person_who_signed_out_finds_a_link_to_sign_out_at_the_issuer() {
    let world = World::new();
    world
        .issuer()
        .sign_people_out_at("https://login.example/end?x=1");
    let mut browser = world.signed_in().await;
    let token = browser.form_token("/").await;
    let response = browser.post("/sign-out", &[("form_token", &token)]).await;
    assert_eq!(response.headers["location"], "/signed-out");
    let response = browser.get("/signed-out").await;
    let page = text(&response);
    let link = "https://login.example/end?x=1&amp;client_id=console-client\
                &amp;post_logout_redirect_uri=https%3A%2F%2Fconsole.example%2F";
    assert!(page.contains(&format!("<a href=\"{link}\">")), "{page}");
    assert!(page.contains("You are signed out."), "{page}");
    assert!(!page.contains("<form"), "{page}");
    // It knows no session, so it has no token that it could give away.
    assert!(!page.contains("id_token"), "{page}");
}

#[tokio::test]
async fn person_is_told_where_the_issuer_has_no_page_to_sign_out_or_does_not_answer() {
    for is_down in [false, true] {
        let world = World::new();
        world.issuer().fail(is_down);
        let response = world.browser().get("/signed-out?lang=ja").await;
        assert_eq!(response.status_code, 200);
        let page = text(&response);
        assert!(page.contains("サインインしたままの場合があり"), "{page}");
        assert!(!page.contains("client_id"), "{page}");
        assert!(
            !page.contains("サインインサービスからサインアウト"),
            "{page}"
        );
    }
}

/// It drops secure cookies of plain http without a word, so that people would sign in again and again.
#[tokio::test]
async fn safari_on_a_local_hub_is_told_what_it_needs() {
    const MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
    let mut world = World::new();
    for (url, browser, status) in [
        ("http://127.0.0.1:4000", "Version/18.0 Safari/605.1.15", 400),
        (
            "http://127.0.0.1:4000",
            "Chrome/140.0.0.0 Safari/537.36",
            303,
        ),
        (crate::world::URL, "Version/18.0 Safari/605.1.15", 303),
    ] {
        url.clone_into(&mut world.console.url);
        let headers = json!({"user-agent": format!("{MAC} {browser}")});
        let response = world.browser().send("GET", "/sign-in", headers, "").await;
        assert_eq!(response.status_code, status, "{url} {browser}");
        let says = status == 400;
        let page = text(&response);
        assert_eq!(page.contains("use Chrome or Firefox"), says, "{page}");
    }
}

#[tokio::test]
async fn person_sees_and_ends_other_sessions_of_their_own() {
    let world = World::new();
    let (mut here, mut there) = (world.signed_in().await, world.signed_in().await);
    let mut other = world.browser();
    other.sign_in("mika", "acme").await;
    let page = text(&here.get("/sessions").await);
    let all = world.sessions().all();
    let olivias = all.iter().filter(|it| it.person.subject == "olivia");
    for session in olivias.clone() {
        assert!(page.contains(&session.key.hash), "{page}");
    }
    let token = field(&page, "form_token");
    let id = |browser: &crate::world::Browser<'_>| {
        let cookie = &browser.cookies["__Host-rolecall-session"];
        let id = rolecall_domain::session::SessionId::parse(cookie);
        id.expect("an id").key().hash
    };
    let address = format!("/sessions/{}/end", id(&there));
    let response = here.post(&address, &[("form_token", &token)]).await;
    assert_eq!(response.headers["location"], "/sessions");
    assert_eq!(there.get("/").await.status_code, 401);
    assert_eq!(here.get("/").await.status_code, 200);
    // The session of another user is not among them.
    assert!(!page.contains(&id(&other)));
    let address = format!("/sessions/{}/end", id(&other));
    here.post(&address, &[("form_token", &token)]).await;
    assert_eq!(other.get("/sessions").await.status_code, 200);
    // All of them together, including this one.
    let response = here.post("/sessions/end", &[("form_token", &token)]).await;
    assert_eq!(response.headers["location"], "/signed-out");
    assert_eq!(here.get("/").await.status_code, 401);
    assert_eq!(world.sessions().all().len(), 1);
}

#[tokio::test]
async fn ending_all_sessions_of_a_person_ends_them_now() {
    use rolecall_domain::ports::Sessions;
    let world = World::new();
    let mut browser = world.signed_in().await;
    let session = world.sessions().all()[0].clone();
    let (user, copy) = (session.key.user.clone(), browser.clone());
    world
        .sessions()
        .end_all(&user, world.now())
        .await
        .expect("ended");
    assert_eq!(browser.get("/").await.status_code, 401);
    // A sign-in that began before stores its session only now.
    let until = session.ends_at(crate::world::LIMITS);
    let opened = world.sessions().open(&session, until).await;
    opened.expect("stored");
    let mut late = copy;
    assert_eq!(late.get("/").await.status_code, 401);
    world.after(1);
    let mut again = world.signed_in().await;
    assert_eq!(again.get("/").await.status_code, 200);
}

#[tokio::test]
async fn form_is_kept_until_the_person_has_signed_in_again() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    let token = browser.form_token("/").await;
    world.after(3601);
    let fields = [("form_token", &*token), ("name", "Shops <東京>")];
    let page = browser.post("/groups", &fields).await;
    assert_eq!(page.status_code, 401);
    assert!(text(&page).contains("Your input is kept"));
    assert!(
        world
            .console
            .api
            .asked()
            .iter()
            .all(|it| it.method == "GET")
    );
    let start = "/sign-in?after=%2Fresume";
    assert!(text(&page).contains(&format!("href=\"{start}\"")));
    let link = browser.led_to_issuer(start).await;
    let back = browser.at_the_issuer(&link, "olivia", "acme");
    let response = browser.get(&back).await;
    assert_eq!(response.headers["location"], "/resume");
    let page = text(&browser.get("/resume").await);
    assert!(page.contains("Shops &lt;東京&gt;"), "{page}");
    assert!(page.contains("action=\"/groups\""), "{page}");
    let group = json!({"group_id": "grp_1", "name": "x", "color": "#000000"});
    world.console.api.answers("POST /v1/groups", 201, group);
    // The form with the kept value has a token of this session.
    let (_, form) = page.split_once("action=\"/groups\"").expect("the form");
    let token = field(form, "form_token");
    let fields = [("form_token", &*token), ("name", "Shops <東京>")];
    let response = browser.post("/groups", &fields).await;
    assert_eq!(response.headers["location"], "/groups/grp_1");
}

#[tokio::test]
async fn kept_form_of_another_person_is_not_shown() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    let token = browser.form_token("/").await;
    world.after(3601);
    let fields = [("form_token", &*token), ("name", "private")];
    browser.post("/groups", &fields).await;
    let kept = browser.cookies["__Host-rolecall-form"].clone();
    let mut other = world.browser();
    other.sign_in("mika", "acme").await;
    other
        .cookies
        .insert("__Host-rolecall-form".to_owned(), kept);
    let page = text(&other.get("/resume").await);
    assert!(!page.contains("private"), "{page}");
}

#[tokio::test]
async fn long_form_is_not_kept_and_the_page_says_so() {
    let world = World::new();
    for (length, kept) in [(1900, true), (3000, false)] {
        let mut browser = world.signed_in().await;
        world.after(3601);
        let long = "x".repeat(length);
        let page = browser.post("/groups", &[("name", &long)]).await;
        assert_eq!(text(&page).contains("Your input is kept"), kept, "{length}");
        let largest = page.cookies.iter().map(String::len).max();
        assert!(largest.is_some_and(|size| size < 4000), "{largest:?}");
    }
}

#[tokio::test]
async fn issuer_without_an_answer_is_a_page_and_ends_nothing() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    world.issuer().fail(true);
    assert_eq!(world.browser().get("/sign-in").await.status_code, 503);
    // A session whose token is still valid needs no issuer.
    assert_eq!(browser.get("/").await.status_code, 200);
    world.after(3599);
    assert_eq!(browser.get("/").await.status_code, 503);
    world.issuer().fail(false);
    assert_eq!(browser.get("/").await.status_code, 200);
}

#[tokio::test]
async fn clock_of_the_issuer_may_differ_by_a_minute_and_the_page_says_both_times() {
    let world = World::new();
    for (ahead, status) in [(59, 303), (61, 400)] {
        let mut browser = world.browser();
        let link = browser.led_to_issuer("/sign-in").await;
        let later = world.now() + SignedDuration::from_secs(ahead);
        let mut claims = world.issuer().claims("olivia", "acme", later);
        claims["nonce"] = json!(parameter(&link, "nonce"));
        let code = world.issuer().code(claims);
        let state = parameter(&link, "state");
        let response = browser
            .get(&format!("/sign-in/callback?code={code}&state={state}"))
            .await;
        assert_eq!(response.status_code, status, "{ahead}");
        if status == 400 {
            let page = text(&response);
            assert!(page.contains("2026-11-29T10:00:00Z"), "{page}");
            assert!(page.contains("2026-11-29T10:01:01Z"), "{page}");
        }
    }
}

/// Chrome and Safari stop such redirects by `form-action`; the link to the issuer is on a page in between.
#[tokio::test]
async fn no_form_ends_at_another_site() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    let token = browser.form_token("/").await;
    for address in ["/sessions/x/end", "/resume/discard", "/sign-out"] {
        let response = browser.post(address, &[("form_token", &token)]).await;
        let location = &response.headers["location"];
        assert!(
            location.starts_with('/') && !location.starts_with("//"),
            "{address}: {location}"
        );
    }
    let response = browser
        .post("/groups", &[("form_token", &token), ("name", "x")])
        .await;
    assert_eq!(response.status_code, 401);
    assert!(!response.headers.contains_key("location"));
}
