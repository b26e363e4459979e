//! Brand files: valid files, and each mistake with its position.

mod logos;
mod return_urls;

use proptest::prelude::*;
use rolecall_domain::brand::{
    Accent, AsciiName, Brand, BrandFile, DARK_BACKGROUND, LIGHT_BACKGROUND, LogoFormat,
};
use rolecall_domain::messages::{Language, Message};
use rolecall_domain::text::FieldError;
use serde_json::{Value, json};

const PNG: &[u8] = include_bytes!("../logos/logo.png");

fn file() -> Value {
    json!({
        "product": {"en": "Acme Cloud", "ja": "アクメクラウド"},
        "contact": "support@acme.example",
        "security_page": "https://acme.example/security",
        "logo": "logo.png",
        "accent": "#0972D3",
        "default_language": "ja",
        "return_origins": ["https://b.acme.example:8443", "https://app.acme.example", "http://localhost:3000"],
    })
}

fn read(file: &Value) -> Result<BrandFile, Vec<FieldError>> {
    BrandFile::read(file, |path| match path {
        "logo.png" => Ok(PNG.to_owned()),
        "logo.svg" => Ok(b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()),
        _ => Err("No such file".to_owned()),
    })
}

fn brand(file: &Value) -> Brand {
    read(file).expect("a valid file").brand
}

/// The file with one value replaced.
fn with(pointer: &str, value: Value) -> Value {
    let mut changed = file();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match changed.pointer_mut(parent).expect("a parent") {
        Value::Object(object) => {
            object.insert(key.to_owned(), value);
        }
        Value::Array(list) => list[key.parse::<usize>().expect("an index")] = value,
        _ => panic!("{pointer}"),
    }
    changed
}

/// Each mistake as `place: code`.
fn mistakes(file: &Value) -> Vec<String> {
    let errors = read(file).expect_err(&file.to_string());
    let each = errors.iter();
    each.map(|error| format!("{}: {}", error.field, error.code))
        .collect()
}

/// The sentence of the only mistake.
fn sentence(file: &Value) -> String {
    let errors = read(file).expect_err("a mistake");
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors[0].rule.text(Language::English)
}

#[test]
fn valid_file_keeps_everything_it_declares() {
    let BrandFile { brand, logo } = read(&file()).expect("a valid file");
    assert_eq!(brand.product.name(Language::English), "Acme Cloud");
    assert_eq!(brand.product.name(Language::Japanese), "アクメクラウド");
    assert_eq!(brand.product.ascii.as_str(), "Acme Cloud");
    let contact = brand.contact.clone().expect("a contact");
    assert_eq!(contact.as_str(), "mailto:support@acme.example");
    assert_eq!(contact.shown(), "support@acme.example");
    let page = brand.security_page.clone().expect("a page");
    assert_eq!(page.as_str(), "https://acme.example/security");
    assert_eq!(brand.accent.as_str(), "#0972d3");
    assert_eq!(brand.default_language, Language::Japanese);
    let origins: Vec<&str> = brand
        .return_origins
        .iter()
        .map(|one| one.as_str())
        .collect();
    assert_eq!(
        origins,
        [
            "http://localhost:3000",
            "https://app.acme.example",
            "https://b.acme.example:8443"
        ]
    );
    let facts = brand.logo.clone().expect("a logo");
    assert_eq!((facts.width, facts.height), (48, 24));
    assert_eq!(facts.format, LogoFormat::Png);
    assert_eq!(facts.format.media_type(), "image/png");
    let sha256 = "d494c262fd506df4628522d1ff165517d53a583529194867c1ee16de3f8aec8d";
    assert_eq!(facts.sha256, sha256);
    assert_eq!(logo.as_deref(), Some(PNG));
    let stored = serde_json::to_value(&brand).expect("JSON");
    let restored: Brand = serde_json::from_value(stored).expect("readable");
    assert_eq!(restored, brand);
}

#[test]
fn smallest_file_has_a_product_and_a_contact() {
    let smallest = json!({"product": "Acme", "contact": "https://acme.example", "logo": null});
    let brand = brand(&smallest);
    let product = &brand.product;
    assert_eq!(
        (&*product.en, &*product.ja, product.ascii.as_str()),
        ("Acme", "Acme", "Acme")
    );
    assert_eq!(
        brand.contact.expect("a contact").shown(),
        "https://acme.example/"
    );
    assert_eq!(brand.accent, Accent::default());
    assert_eq!(brand.default_language, Language::English);
    assert!(
        brand.logo.is_none() && brand.security_page.is_none() && brand.return_origins.is_empty()
    );
    assert_eq!(
        mistakes(&json!({})),
        ["product: required", "contact: required"]
    );
    assert_eq!(mistakes(&json!(null)), [": invalid_type"]);
}

#[test]
fn default_brand_is_rolecall_without_a_contact() {
    let brand = Brand::default();
    assert_eq!(brand.product.name(Language::Japanese), "Rolecall");
    assert_eq!(brand.product.ascii.as_str(), "Rolecall");
    assert!(brand.contact.is_none());
    assert!(!brand.allows_return_url("https://app.acme.example/"));
    // Its accent passes the check that an operator's does.
    assert_eq!(Accent::parse(brand.accent.as_str()), Ok(Accent::default()));
}

#[test]
fn each_mistake_is_reported_at_its_place() {
    for (pointer, value, expected) in [
        ("/products", json!("x"), "products: unknown_field"),
        ("/product", json!(1999), "product: invalid_type"),
        ("/product", json!("\u{200b}"), "product: required"),
        ("/product", json!("a\u{202e}b"), "product: invalid"),
        ("/product", json!("a\nb"), "product: invalid"),
        ("/product", json!("x".repeat(65)), "product: too_long"),
        ("/product/en", json!(null), "product.en: required"),
        ("/product/ja", json!(null), "product.ja: required"),
        ("/product/ja", json!(5), "product.ja: invalid_type"),
        (
            "/product/ja",
            json!("ア".repeat(65)),
            "product.ja: too_long",
        ),
        ("/product/fr", json!("x"), "product.fr: unknown_field"),
        ("/product/en", json!("Ac<me"), "product.en: invalid"),
        ("/product/ascii", json!("Acmé"), "product.ascii: invalid"),
        ("/product/ascii", json!(7), "product.ascii: invalid_type"),
        (
            "/product/ascii",
            json!("A".repeat(65)),
            "product.ascii: too_long",
        ),
        ("/contact", json!(null), "contact: required"),
        ("/contact", json!(5), "contact: invalid_type"),
        ("/contact", json!("javascript:alert(1)"), "contact: invalid"),
        (
            "/contact",
            json!("http://acme.example/"),
            "contact: invalid",
        ),
        (
            "/security_page",
            json!("mailto:a@b.example"),
            "security_page: invalid",
        ),
        (
            "/security_page",
            json!("http://acme.example/"),
            "security_page: invalid",
        ),
        ("/logo", json!("missing.png"), "logo: invalid"),
        ("/logo", json!("logo.svg"), "logo: invalid"),
        ("/accent", json!(null), "accent: invalid"),
        ("/accent", json!("blue"), "accent: invalid"),
        ("/accent", json!("#ff9900"), "accent: too_little_contrast"),
        (
            "/default_language",
            json!("fr"),
            "default_language: invalid",
        ),
        (
            "/return_origins",
            json!("https://a.example"),
            "return_origins: invalid_type",
        ),
        (
            "/return_origins/1",
            json!("https://a.example/x"),
            "return_origins[1]: invalid",
        ),
        ("/return_origins/2", json!(5), "return_origins[2]: invalid"),
        (
            "/return_origins",
            json!(vec!["https://a.example"; 21]),
            "return_origins: too_long",
        ),
    ] {
        assert_eq!(mistakes(&with(pointer, value)), [expected], "{pointer}");
    }
}

#[test]
fn file_with_several_mistakes_names_them_all() {
    let mut wrong = with("/accent", json!("#fff"));
    wrong["contact"] = json!("nobody");
    wrong["return_origins"] = json!(["*", "https://ok.example"]);
    let expected = [
        "contact: invalid",
        "accent: invalid",
        "return_origins[0]: invalid",
    ];
    assert_eq!(mistakes(&wrong), expected);
}

#[test]
fn name_that_is_not_ascii_needs_an_ascii_form() {
    let says = "The name is not ASCII, and CloudFormation shows other characters as question marks. Write product \
                as {en: ..., ja: ..., ascii: ...}, with an ASCII form of the name in ascii.";
    let alone = with("/product", json!("アクメ"));
    assert_eq!(mistakes(&alone), ["product: required"]);
    assert_eq!(sentence(&alone), says);
    let both = with("/product", json!({"en": "Café Cloud", "ja": "カフェ"}));
    assert_eq!(mistakes(&both), ["product.ascii: required"]);
    assert_eq!(sentence(&both), says);
    let names = json!({"en": "Café Cloud", "ja": "カフェ", "ascii": "Cafe Cloud"});
    let brand = brand(&with("/product", names));
    assert_eq!(brand.product.name(Language::English), "Café Cloud");
    assert_eq!(brand.product.ascii.as_str(), "Cafe Cloud");
}

#[test]
fn ascii_name_has_no_character_that_ends_a_quoted_text() {
    for bad in [
        "\"", "a\"b", "a\\b", "a<b", "a>b", "${a}", "a$b", "a`b", "a{b", "a}b", "a;b", "a|b",
        "a!b", "a\tb", "-a", "#a", "@a", " a", "", "'a", "a\u{7f}", "a=b", "a*b", "a%b", "a~b",
        "a^b", "[a]",
    ] {
        let names = json!({"en": "Acme", "ja": "Acme", "ascii": bad});
        let found = match bad {
            " a" => continue, // trimmed
            "" => "product.ascii: required",
            _ => "product.ascii: invalid",
        };
        assert_eq!(mistakes(&with("/product", names)), [found], "{bad:?}");
    }
    let long = AsciiName::parse("A".repeat(65)).expect_err("too long");
    assert_eq!(long.code, "too_long");
    for good in [
        "AT&T (Japan)",
        "O'Reilly",
        "C++/CLI",
        "3M: a #1 @ home?",
        "a.b,c-d_e",
    ] {
        assert_eq!(
            brand(&with("/product", json!(good))).product.ascii.as_str(),
            good
        );
    }
}

#[test]
fn contact_is_an_address_or_a_link() {
    for (text, link) in [
        ("a.b+c_d%e-f@mail.acme.example", None),
        (
            "a.b+c_d-f@mail.acme.example",
            Some("mailto:a.b+c_d-f@mail.acme.example"),
        ),
        ("MailTo:help@acme.example", Some("mailto:help@acme.example")),
        (
            "https://acme.example/help?topic=aws#form",
            Some("https://acme.example/help?topic=aws#form"),
        ),
        (
            "HTTPS://例え.example/",
            Some("https://xn--r8jz45g.example/"),
        ),
        ("mailto:help@acme.example?bcc=x@evil.example", None),
        ("mailto:", None),
        ("help@localhost", None),
        ("a@b@c.example", None),
        (".a@acme.example", None),
        ("a b@acme.example", None),
        ("a@-acme.example", None),
        ("a@acme-.example", None),
        ("a@acme..example", None),
        ("help", None),
        ("data:text/html,x", None),
        ("https://user@acme.example/", None),
        ("https://acme.example/\\x", None),
        ("https://acme.example/?q=${AWS::AccountId}", None),
        ("https://acme.example/?q={x}", None),
        (" https://acme.example/", None),
        ("https://acme.example/a\tb", None),
    ] {
        let brand = read(&with("/contact", json!(text))).map(|file| file.brand);
        let contact = brand.ok().and_then(|brand| brand.contact);
        assert_eq!(contact.as_ref().map(|one| one.as_str()), link, "{text}");
    }
    let long = format!("{}@acme.example", "a".repeat(242));
    assert_eq!(
        mistakes(&with("/contact", json!(long))),
        ["contact: invalid"]
    );
}

#[test]
fn links_are_ascii_without_characters_that_need_quotes() {
    let page = with(
        "/security_page",
        json!("https://acme.example/安全/\"<>`?q='x'"),
    );
    let page = brand(&page).security_page.expect("a page");
    assert_eq!(
        page.as_str(),
        "https://acme.example/%E5%AE%89%E5%85%A8/%22%3C%3E%60?q=%27x%27"
    );
    let long = format!("https://acme.example/{}", "a".repeat(500));
    assert_eq!(
        mistakes(&with("/security_page", json!(long))),
        ["security_page: invalid"]
    );
}

#[test]
fn accent_with_too_little_contrast_is_refused_with_its_ratio() {
    assert_eq!(
        sentence(&with("/accent", json!("#ff9900"))),
        "#ff9900 has a contrast of 2.14:1 against the background #ffffff, and buttons need 3:1 (WCAG 2.2, 1.4.11). \
         Use a color such as #d68000."
    );
    assert!(
        sentence(&with("/accent", json!("#1A2B3C")))
            .starts_with("#1a2b3c has a contrast of 1.19:1 against the background #171b22,")
    );
    assert_eq!(
        sentence(&with("/accent", json!(null))),
        "Put the color in quotes, such as \"#1a2b3c\". Without them, YAML reads # as the start of a comment."
    );
}

/// <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>, written a second time.
fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |color: &str| {
        let channel = |at: usize, weight: f64| {
            let value = f64::from(u8::from_str_radix(&color[at..at + 2], 16).expect("hex")) / 255.0;
            weight
                * if value <= 0.04045 {
                    value / 12.92
                } else {
                    ((value + 0.055) / 1.055).powf(2.4)
                }
        };
        channel(1, 0.2126) + channel(3, 0.7152) + channel(5, 0.0722)
    };
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

proptest! {
    #[test]
    fn accepted_accent_is_legible_everywhere(color in "#[0-9a-f]{6}") {
        let ratio = |background| contrast(&color, background);
        let fits = ratio(LIGHT_BACKGROUND) >= 3.0 && ratio(DARK_BACKGROUND) >= 3.0;
        let accent = Accent::parse(color.clone());
        prop_assert_eq!(accent.is_ok(), fits);
        if let Ok(accent) = accent {
            prop_assert!(contrast(&color, accent.text()) >= 4.5);
            for background in [LIGHT_BACKGROUND, DARK_BACKGROUND] {
                prop_assert!(contrast(&accent.link_on(background), background) >= 4.5);
            }
        }
    }

    #[test]
    fn suggested_accent_is_accepted(color in "#[0-9a-f]{6}") {
        if let Err(error) = Accent::parse(color) {
            let text = error.rule.text(Language::English);
            let suggested = text.split("such as ").nth(1).expect("a color").trim_end_matches('.');
            prop_assert!(Accent::parse(suggested).is_ok(), "{}", text);
        }
    }

    #[test]
    fn any_accepted_name_has_no_character_that_ends_a_quoted_text(name in "[ -~]{1,20}") {
        if let Ok(file) = read(&with("/product", json!(name))) {
            let ascii = file.brand.product.ascii;
            let ends = ['"', '\\', '<', '>', '$', '`', '{', '}', '!', ';', '|'];
            prop_assert!(!ascii.as_str().contains(ends), "{}", ascii);
        }
    }
}
