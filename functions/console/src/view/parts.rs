//! Pieces that several pages share.

use super::layout::Look;
use maud::{Markup, html};
use rolecall_domain::Timestamp;
use rolecall_domain::messages::{Chrome, Connect, Message, Status};

/// The color of a status. A symbol is shown next to it, so that the color is never the only indication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Warn,
    Bad,
    Wait,
    Quiet,
}

impl Tone {
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Wait => "wait",
            Self::Quiet => "quiet",
        }
    }
}

pub fn badge(look: &Look<'_>, tone: Tone, status: &Status) -> Markup {
    html! { span class={"badge " (tone.class())} { (look.say(status)) } }
}

/// A point in time. Without script, as UTC; the script shows it relative to now, and in local time on hover.
pub fn time(at: Timestamp) -> Markup {
    let exact = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let shown = at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    html! { time datetime=(exact) data-relative { (shown) } }
}

pub fn maybe_time(look: &Look<'_>, at: Option<Timestamp>) -> Markup {
    html! {
        @match at {
            Some(at) => (time(at)),
            None => span.muted { (look.say(&Chrome::Never)) },
        }
    }
}

/// An AWS account ID in groups of four digits, which is copied without gaps.
pub fn digits(id: &str) -> Markup {
    let is_id = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
    let groups = [id.get(..4), id.get(4..8), id.get(8..)];
    html! {
        @if is_id {
            span.digits { @for group in groups.into_iter().flatten() { span { (group) } } }
        } @else { (id) }
    }
}

/// A link to another site, which opens in a new tab.
pub fn outside(look: &Look<'_>, url: &str, class: &str, text: &str) -> Markup {
    html! {
        a class=[(!class.is_empty()).then_some(class)] href=(url) target="_blank" rel="noopener noreferrer" {
            (text) span.arrow aria-hidden="true" { "↗" }
            span.unseen { " (" (look.say(&Chrome::NewTab)) ")" }
        }
    }
}

/// A button that copies the text of the element with this ID. Shown only if scripts run.
pub fn copy_button(look: &Look<'_>, target: &str) -> Markup {
    html! {
        button.button.small type="button" data-copy=(target) data-copied=(look.say(&Chrome::Copied)) hidden {
            (look.say(&Chrome::Copy))
        }
    }
}

/// A name or an ID in a line, with a button that copies it.
pub fn copyable(look: &Look<'_>, id: &str, text: &str) -> Markup {
    html! { span.copyable { span.mono.wrap id=(id) { (text) } " " (copy_button(look, id)) } }
}

/// Text to copy verbatim.
pub fn code_block(look: &Look<'_>, id: &str, text: &str) -> Markup {
    html! {
        div.code {
            pre id=(id) tabindex="0" { (text) }
            (copy_button(look, id))
        }
    }
}

/// A list of names and values.
pub fn facts(look: &Look<'_>, facts: &[(&dyn Text, Markup)]) -> Markup {
    html! {
        dl.facts {
            @for (name, value) in facts {
                div { dt { (name.text(look)) } dd { (value) } }
            }
        }
    }
}

/// A message, in the language of the page.
pub trait Text {
    fn text(&self, look: &Look<'_>) -> String;
}

impl<M: Message> Text for M {
    fn text(&self, look: &Look<'_>) -> String {
        look.say(self)
    }
}

/// A heading and a text, in the color of the tone.
pub fn notice(tone: Tone, title: &str, content: &Markup) -> Markup {
    html! {
        section class={"notice " (tone.class())} {
            h2 { (title) }
            (content)
        }
    }
}

/// A problem with one field of a form, by the field's ID.
#[derive(Debug, Clone)]
pub struct Wrong {
    pub field: String,
    pub label: String,
    pub message: String,
}

/// A summary of the errors, which receives the focus.
pub fn wrong_fields(look: &Look<'_>, wrong: &[Wrong]) -> Markup {
    html! {
        @if !wrong.is_empty() {
            section.notice.bad role="alert" tabindex="-1" data-focus {
                h2 {
                    (look.say(&match wrong.len() {
                        1 => Chrome::OneWrong,
                        count => Chrome::Wrong { count },
                    }))
                }
                ul {
                    @for one in wrong {
                        li { a href={"#" (one.field)} { (one.label) } ": " (one.message) }
                    }
                }
            }
        }
    }
}

/// The ID of the error text of a field.
pub fn wrong_id(wrong: &[Wrong], field: &str) -> Option<String> {
    let is_wrong = wrong.iter().any(|one| one.field == field);
    is_wrong.then(|| format!("{field}-wrong"))
}

/// The error text of a field.
pub fn wrong_text(wrong: &[Wrong], field: &str) -> Markup {
    html! {
        @for one in wrong.iter().filter(|one| one.field == field) {
            p.wrong id={(field) "-wrong"} { (one.message) }
        }
    }
}

/// The hidden field that every form of the console has.
pub fn form_token(look: &Look<'_>) -> Markup {
    html! { input type="hidden" name="form_token" value=(look.form_token); }
}

/// Marks an access profile that can take over the account.
pub fn dangerous(look: &Look<'_>) -> Markup {
    html! { span.badge.bad { (look.say(&Connect::Dangerous)) } }
}

/// Access profiles in the operator's words, with the dangerous ones at the end.
pub fn access_list(look: &Look<'_>, access: &[crate::model::Access]) -> Markup {
    let mut sorted = Vec::from_iter(access);
    sorted.sort_by_key(|one| one.dangerous);
    html! {
        ul.plain {
            @for one in sorted {
                li.yes {
                    span {
                        strong { (one.title) }
                        @if one.dangerous { " " (dangerous(look)) }
                        @if !one.explain.is_empty() { span.sub { (one.explain) } }
                    }
                }
            }
            @if access.is_empty() { li.no { span { (look.say(&Connect::MayNothing)) } } }
        }
    }
}

/// Every byte but letters, digits and `-._~` (RFC 3986, section 2.3).
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

pub const SAVE: Chrome = Chrome::Save;
pub const CANCEL: Chrome = Chrome::Cancel;

/// A group's color. An attribute of a drawing, because styles inside the page are forbidden.
pub fn chip(color: &str) -> Markup {
    html! {
        svg.chip viewBox="0 0 14 14" width="14" height="14" aria-hidden="true" focusable="false" {
            rect width="14" height="14" rx="4" fill=(color) {}
        }
    }
}

/// A text field with its label, its hint and its error.
pub fn text_field(
    look: &Look<'_>,
    wrong: &[Wrong],
    name: &str,
    label: &dyn Text,
    hint: Option<&dyn Text>,
    value: &str,
) -> Markup {
    let (is_wrong, described_by, hint_id) = described(wrong, name, hint.is_some());
    html! {
        label for=(name) {
            (label.text(look))
            @if let (Some(hint), Some(id)) = (hint, &hint_id) { span.hint id=(id) { (hint.text(look)) } }
        }
        (wrong_text(wrong, name))
        input id=(name) name=(name) value=(value) autocomplete="off"
            aria-invalid=[is_wrong] aria-describedby=[described_by];
    }
}

/// A field's `aria-invalid` and `aria-describedby`, and the ID of its hint.
pub fn described(
    wrong: &[Wrong],
    name: &str,
    has_hint: bool,
) -> (Option<&'static str>, Option<String>, Option<String>) {
    let wrong = wrong_id(wrong, name);
    let is_wrong = wrong.is_some().then_some("true");
    let hint = has_hint.then(|| format!("{name}-hint"));
    let ids = Vec::from_iter(wrong.into_iter().chain(hint.clone())).join(" ");
    (is_wrong, (!ids.is_empty()).then_some(ids), hint)
}

/// The button that sends a form, and the way back.
pub fn buttons(look: &Look<'_>, send: &dyn Text, back: &str) -> Markup {
    html! {
        div.row {
            button.button.primary { (send.text(look)) }
            a.button href=(back) { (look.say(&CANCEL)) }
        }
    }
}

/// A confirmation before an action that can't be undone. The script shows it as a dialog.
#[derive(Debug)]
pub struct Confirm<'a> {
    pub title: &'a str,
    pub detail: &'a Markup,
    pub action: &'a str,
    pub button: &'a str,
    pub back: &'a str,
    pub fields: &'a Markup,
}

pub fn confirm(look: &Look<'_>, confirm: &Confirm<'_>) -> Markup {
    html! {
        form.card method="post" action=(confirm.action) data-confirm {
            (form_token(look))
            h1 { (confirm.title) }
            (confirm.detail)
            (confirm.fields)
            div.row {
                button.button.danger { (confirm.button) }
                a.button href=(confirm.back) data-cancel { (look.say(&CANCEL)) }
            }
        }
    }
}
