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

const STYLE: &str = "\
:root{color-scheme:light dark;background:#fff;--text:#16191f;--muted:#545b64;--line:#d5dbdb;--shade:#f2f3f3;--link:#0972d3}\
@media(prefers-color-scheme:dark){:root{background:#0f1b2a;--text:#e9ebed;--muted:#9ba7b6;--line:#414d5c;--shade:#232f3e;\
--link:#539fe5}}\
body{font:16px/1.7 system-ui,sans-serif;line-break:strict;max-width:42rem;margin:3rem auto;padding:0 1.25rem;\
color:var(--text)}\
header,footer{color:var(--muted);font-size:.875rem}\
h1{font-size:1.75rem;line-height:1.3;margin:.25rem 0 .5rem;text-wrap:balance;word-break:auto-phrase}\
code{font:.875rem/1.7 ui-monospace,monospace;background:var(--shade);padding:.15rem .4rem;border-radius:4px}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.4rem 1.5rem;margin:2rem 0;padding:1rem 0;\
border:solid var(--line);border-width:1px 0}\
dt{color:var(--muted)}dd{margin:0}a{color:var(--link)}footer{margin-top:3rem}";

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
    let (kind, explanation) = (label(topic.kind()), escaped(&topic.explanation(language)));
    let facts = topic.facts(language).into_iter();
    let facts: String = facts
        .map(|(name, value)| format!("<dt>{}</dt><dd>{}</dd>", label(name), escaped(&value)))
        .collect();
    let languages = Language::ALL.map(|other| {
        let (tag, name) = (other.tag(), other.name());
        match other == language {
            true => format!("<span lang=\"{tag}\">{name}</span>"),
            false => {
                format!("<a href=\"?lang={tag}\" hreflang=\"{tag}\" lang=\"{tag}\">{name}</a>")
            }
        }
    });
    format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} - Rolecall</title><style>{STYLE}</style></head>\
         <body><header>Rolecall · {kind}</header><main><h1>{title}</h1><p><code>{code}</code></p>\
         <p>{explanation}</p><dl>{facts}</dl></main><footer>{}</footer></body></html>\n",
        language.tag(),
        languages.join(" · "),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
