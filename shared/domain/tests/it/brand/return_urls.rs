//! Return URLs: the whole origin counts, as browsers parse it.

use super::{brand, mistakes, sentence, with};
use rolecall_domain::brand::Brand;
use serde_json::json;

fn allowing(origins: &[&str]) -> Brand {
    brand(&with("/return_origins", json!(origins)))
}

#[test]
fn url_of_an_allowed_origin_is_allowed() {
    let brand = allowing(&[
        "https://app.acme.example",
        "https://b.acme.example:8443",
        "https://例え.example",
        "http://localhost:3000",
        "http://[::1]:3000",
    ]);
    for url in [
        "https://app.acme.example",
        "https://app.acme.example/",
        "https://app.acme.example/done?account=1&x=%2F#end",
        "https://app.acme.example:443/",
        "https://app.acme.example?x",
        "HTTPS://App.Acme.Example/done",
        "https://b.acme.example:8443/done",
        "https://xn--r8jz45g.example/",
        "https://例え.example/完了",
        "http://localhost:3000/done",
        "http://[::1]:3000/done",
        "https://app.acme.example/?next=https://evil.example/@x",
    ] {
        assert!(brand.allows_return_url(url), "{url}");
    }
}

#[test]
fn url_that_only_looks_allowed_is_refused() {
    let brand = allowing(&["https://app.acme.example", "http://localhost:3000"]);
    for url in [
        // Another host, scheme or port.
        "",
        "https://evil.example/",
        "https://app.acme.example.evil.example/",
        "https://evil-app.acme.example/",
        "https://evilapp.acme.example/",
        "https://x.app.acme.example/",
        "https://acme.example/",
        "https://app.acme.example./",
        "https://app.acme.example:8443/",
        "https://app.acme.exampl/",
        "https://evil.example/app.acme.example",
        "https://evil.example/https://app.acme.example",
        "https://evil.example#https://app.acme.example",
        "http://app.acme.example/",
        "http://localhost/",
        "http://localhost:3001/",
        "https://localhost:3000/",
        "http://127.0.0.1:3000/",
        // A user name.
        "https://app.acme.example@evil.example/",
        "https://app.acme.example:443@evil.example/",
        "https://user@app.acme.example/",
        "https://@app.acme.example/",
        "https://user:password@app.acme.example/",
        // Backslashes and white space, which browsers read as slashes or drop.
        "https:\\\\app.acme.example/",
        "https:/\\app.acme.example/",
        "https://app.acme.example\\@evil.example/",
        "https://evil.example\\@app.acme.example/",
        "https://app.acme.example/\\evil.example",
        "/\\evil.example",
        "https:/ /app.acme.example/",
        "https:/\t/app.acme.example/",
        "https://\napp.acme.example/",
        "https://app.acme.example/a\r\nb",
        " https://app.acme.example/",
        "https://app.acme.example/ ",
        "\u{0}https://app.acme.example/",
        "\u{feff}https://app.acme.example/",
        "https://app.acme.example/a\u{0}b",
        "https://app.acme.example/a\u{1b}b",
        "https://app.acme.example/a\u{7f}b",
        "https://app.acme.example/a\u{85}b",
        "https://app.acme.example/a\u{2028}b",
        // Not a whole URL: a page would complete it with its own origin.
        "//app.acme.example/",
        "https:app.acme.example/",
        "https:/app.acme.example/",
        "https:///app.acme.example/",
        "https:////app.acme.example/",
        "app.acme.example",
        "/done",
        // Another scheme, including one whose origin is that of the URL inside it.
        "javascript://app.acme.example/%0aalert(1)",
        "blob:https://app.acme.example/0b5c",
        "data:text/html,https://app.acme.example/",
        "view-source:https://app.acme.example/",
        "ftp://app.acme.example/",
        // Not parsed at all.
        "https://app.acme.example:port/",
        "https://app.acme.example:99999/",
        "https://[app.acme.example]/",
        "https://%00app.acme.example/",
    ] {
        assert!(!brand.allows_return_url(url), "{url:?}");
    }
    let long = format!("https://app.acme.example/{}", "a".repeat(2048));
    assert!(!brand.allows_return_url(&long));
}

#[test]
fn hosts_that_browsers_read_alike_are_the_same_origin() {
    let brand = allowing(&["https://app.acme.example", "http://127.0.0.1:3000"]);
    for url in [
        "https://app。acme。example/",
        "https://app%2eacme.example/",
        "http://127.1:3000/",
        "http://0x7f000001:3000/",
    ] {
        assert!(brand.allows_return_url(url), "{url}");
    }
}

#[test]
fn value_that_is_no_origin_is_refused() {
    for bad in [
        "",
        "*",
        "https://*",
        "https://*.acme.example",
        "https://app_1.acme.example",
        "app.acme.example",
        "//app.acme.example",
        "https://",
        "https://user@app.acme.example",
        "https://app.acme.example\\",
        "https://app.acme.example ",
        "https://app.acme.example/",
        "https://app.acme.example/done",
        "https://app.acme.example?x",
        "https://app.acme.example#x",
        "https://app.acme.example/?",
        "https://app.acme.example/.",
        "https://app.acme.example#",
        "http://app.acme.example",
        "http://app.acme.example:3000",
        "http://localhost",
        "http://localhost:80",
        "http://127.0.0.1",
        "http://localhost.evil.example:3000",
        "http://192.168.0.1:3000",
        "ftp://app.acme.example",
        "null",
        "file:///",
    ] {
        let file = with("/return_origins", json!(["https://ok.example", bad]));
        assert_eq!(mistakes(&file), ["return_origins[1]: invalid"], "{bad:?}");
    }
}

#[test]
fn refused_origin_says_what_to_write() {
    for (bad, says) in [
        (
            "https://App.acme.example:443/done",
            "Specify the origin https://app.acme.example only, without anything after it.",
        ),
        (
            "http://app.acme.example",
            "Must start with https://. Only localhost and loopback addresses with a port, such as \
             http://localhost:3000, can use http.",
        ),
        (
            "https://*.acme.example",
            "Must be an origin such as https://app.example.com, without a user name or wildcards.",
        ),
    ] {
        assert_eq!(sentence(&with("/return_origins", json!([bad]))), says);
    }
}

#[test]
fn equal_origins_are_one() {
    let brand = allowing(&[
        "https://a.example",
        "https://A.example:443",
        "https://a.example",
    ]);
    assert_eq!(brand.return_origins.len(), 1);
}
