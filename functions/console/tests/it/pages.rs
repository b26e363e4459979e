//! Every page in every state, in both languages.

use crate::samples::{Setting, all};
use console::view::Role;
use rolecall_domain::messages::Language;
use serde_json::{Value, json};

/// One element a line, so that a change is easy to review.
fn lines(html: &str) -> String {
    html.replace("><", ">\n<")
}

#[test]
fn pages_match_their_snapshots() {
    for language in Language::ALL {
        for (name, page) in all(&Setting::of(language)) {
            let name = format!("{name}.{}", language.tag());
            insta::with_settings!({prepend_module_to_snapshot => false, snapshot_path => "../pages"}, {
                insta::assert_snapshot!(name, lines(&page.into_string()));
            });
        }
    }
}

/// The Content-Security-Policy forbids them.
#[test]
fn no_page_has_inline_script_or_style() {
    for language in Language::ALL {
        for (name, page) in all(&Setting::of(language)) {
            let html = page.into_string();
            for forbidden in [" style=", " onclick=", " onload=", "<style", "javascript:"] {
                assert!(!html.contains(forbidden), "{name}: {forbidden}");
            }
            let scripts = html.matches("<script").count();
            assert_eq!(
                scripts,
                html.matches("<script type=\"module\" src=").count(),
                "{name}"
            );
        }
    }
}

#[test]
fn every_form_that_changes_something_has_the_form_token() {
    for (name, page) in all(&Setting::of(Language::English)) {
        let html = page.into_string();
        for form in html.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap_or_default();
            if form.contains("method=\"post\"") {
                assert!(
                    form.contains("name=\"form_token\" value=\"form-token\""),
                    "{name}: {form}"
                );
                assert!(form.contains("action=\"/"), "{name}: {form}");
            }
        }
    }
}

#[test]
fn every_label_and_description_has_its_element() {
    for (name, page) in all(&Setting::of(Language::Japanese)) {
        let html = page.into_string();
        for attribute in ["for", "aria-describedby", "data-copy", "aria-labelledby"] {
            for part in html.split(&format!(" {attribute}=\"")).skip(1) {
                let ids = part.split('"').next().unwrap_or_default();
                for id in ids.split(' ') {
                    assert!(
                        html.contains(&format!(" id=\"{id}\"")),
                        "{name}: {attribute}={id}"
                    );
                }
            }
        }
    }
}

/// Gives the brand of a value this logo.
fn set_logo(value: &mut Value, url: &str) {
    let brand = match value.get("product_name").is_some() {
        true => Some(value),
        false => value.get_mut("brand"),
    };
    let Some(brand) = brand else {
        return;
    };
    brand["logo_url"] = json!(url);
    (brand["logo_width"], brand["logo_height"]) = (json!(300), json!(60));
}

/// The size is in the page, so that nothing moves once the file has arrived.
#[test]
fn every_page_shows_the_logo_with_its_name_and_size() {
    for (language, name) in [
        (Language::English, "Acme Cloud"),
        (Language::Japanese, "アクメクラウド"),
    ] {
        let setting = Setting {
            edit: |value| set_logo(value, "https://hub.example/logo/0"),
            ..Setting::of(language)
        };
        let logo = format!(
            "<img class=\"logo\" src=\"/logo/0\" alt=\"\" width=\"160\" height=\"32\">\
             <span class=\"name\">{name}</span>"
        );
        for (page, markup) in all(&setting) {
            let html = markup.into_string();
            assert_eq!(html.matches(&logo).count(), 1, "{page}: {html}");
            assert!(!html.contains("<svg class=\"logo\""), "{page}");
            assert!(html.contains("rel=\"icon\" href=\"/assets/"), "{page}");
        }
    }
}

/// Such a page would tell another site who looks at it; the Content-Security-Policy forbids it, too.
#[test]
fn logo_of_another_origin_is_not_loaded() {
    let edits: [crate::samples::Edit; 3] = [
        |value| set_logo(value, "https://evil.example/logo/0"),
        |value| set_logo(value, "https://hub.example.evil.example/logo/0"),
        |value| set_logo(value, "//evil.example/logo/0"),
    ];
    for edit in edits {
        let setting = Setting {
            edit,
            ..Setting::of(Language::English)
        };
        for (page, markup) in all(&setting) {
            let html = markup.into_string();
            assert!(
                !html.contains("<img") && !html.contains("evil"),
                "{page}: {html}"
            );
        }
    }
}

/// Input of tenants, customers and the operator is shown as text, never as markup.
#[test]
fn text_of_others_is_escaped() {
    const PAYLOAD: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";
    fn poison(value: &mut Value) {
        /// Words of the API, times, and addresses that the hub makes itself.
        const FIXED: [&str; 9] = [
            "state",
            "status",
            "report_by",
            "verdict",
            "proof",
            "decision",
            "at",
            "kind",
            "next_cursor",
        ];
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    let is_time = name.ends_with("_at") || name.ends_with("_until");
                    if !FIXED.contains(&name.as_str()) && !is_time {
                        poison(field);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(poison),
            Value::String(text) => PAYLOAD.clone_into(text),
            _ => {}
        }
    }
    let setting = Setting {
        edit: poison,
        ..Setting::of(Language::English)
    };
    let mut seen = 0;
    for (name, page) in all(&setting) {
        let html = page.into_string();
        seen += html.matches("&lt;script&gt;").count();
        assert!(!html.contains("<script>"), "{name}: {html}");
        assert!(!html.contains("<img src=x"), "{name}");
        assert!(!html.contains("\"'>"), "{name}");
    }
    assert!(seen > 200, "{seen} texts were shown");
}

/// Actions that a user is not allowed to perform are not offered.
#[test]
fn viewer_sees_nothing_to_press_but_signing_out() {
    let setting = Setting {
        role: Role::Viewer,
        ..Setting::of(Language::English)
    };
    let lists = [
        "groups",
        "group",
        "account-",
        "orphaned-stack-",
        "registration-pending",
    ];
    let asking = [
        "-edit",
        "-delete",
        "-deregister",
        "-dismiss",
        "-access",
        "-roles",
        "-new-wrong",
    ];
    for (name, page) in all(&setting) {
        if !lists.iter().any(|list| name.starts_with(list))
            || asking.iter().any(|one| name.ends_with(one))
        {
            continue;
        }
        let html = page.into_string();
        let forms = html.matches("method=\"post\"").count();
        assert_eq!(forms, 1, "{name}: only signing out");
        assert!(html.contains("action=\"/sign-out\""), "{name}");
        for link in [
            "/edit\"",
            "/deregister\"",
            "/dismiss\"",
            "/add\"",
            "/new\"",
            "/access\"",
            "/companion-roles\"",
        ] {
            assert!(!html.contains(link), "{name}: {link}");
        }
    }
}

#[test]
fn member_can_not_deregister_or_dismiss() {
    let setting = Setting {
        role: Role::Member,
        ..Setting::of(Language::English)
    };
    for (name, page) in all(&setting) {
        let asking = ["-deregister", "-dismiss", "-access", "-roles"];
        if asking.iter().any(|one| name.ends_with(one)) {
            continue;
        }
        let html = page.into_string();
        for link in [
            "/deregister\"",
            "/dismiss\"",
            "/access\"",
            "/companion-roles\"",
            "/customer-link\"",
        ] {
            assert!(!html.contains(link), "{name}: {link}");
        }
    }
}
