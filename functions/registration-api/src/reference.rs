//! `GET /reference/{code}`: the page of an error code or a check code, for readers without a token.

use crate::problem::Problem;
use crate::request::Request;
use crate::response::Response;
use rolecall_domain::messages::{Language, Message, ReferenceLabel};
use rolecall_domain::reference::Topic;

/// An hour.
const CACHED: &str = "public, max-age=3600";

/// Allows only the page's own style sheet.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

const STYLE: &str = "body{font:16px/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;\
                     color:#16191f;background:#fff}h1{font-size:1.6rem;line-height:1.3}\
                     code{background:#f2f3f3;padding:.1em .3em;border-radius:3px}footer{margin-top:3rem}";

/// # Errors
/// `not_found` if the code does not exist.
pub(crate) fn page(request: &Request<'_>, code: &str) -> Result<Response, Problem> {
    let topic = Topic::find(code).ok_or_else(Problem::unknown_path)?;
    let chosen = request.query("lang").and_then(Language::parse);
    let language = chosen.unwrap_or_else(|| request.language());
    Ok(Response::html(write(topic, language))
        .header("content-language", language.tag().to_owned())
        .header("vary", "accept-language".to_owned())
        .header("cache-control", CACHED.to_owned())
        .header("content-security-policy", POLICY.to_owned())
        .header("x-content-type-options", "nosniff".to_owned()))
}

fn write(topic: Topic, language: Language) -> String {
    let label = |label: ReferenceLabel| escaped(&label.text(language));
    let (title, code) = (escaped(&topic.title(language)), topic.code());
    let facts = match topic {
        Topic::Error(code) => {
            let status = u32::from(code.status());
            vec![label(ReferenceLabel::Status { status })]
        }
        Topic::Check(code) => {
            let (passed, failed) = (code.passed_title(), code.failed_title());
            vec![
                label(ReferenceLabel::Passed { title: passed }),
                label(ReferenceLabel::Failed { title: failed }),
            ]
        }
    };
    let facts: String = facts
        .iter()
        .map(|fact| format!("<li>{fact}</li>"))
        .collect();
    let explanation = escaped(&topic.explanation(language));
    let others = Language::ALL.map(|other| {
        let (tag, name) = (other.tag(), other.name());
        format!("<a href=\"?lang={tag}\" hreflang=\"{tag}\" lang=\"{tag}\">{name}</a>")
    });
    format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} - Rolecall</title><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1><p><code>{code}</code></p><ul>{facts}</ul>\
         <p>{explanation}</p></main><footer>{}</footer></body></html>\n",
        language.tag(),
        others.join(" | "),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
