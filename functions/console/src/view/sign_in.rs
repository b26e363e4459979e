//! Pages for signing in, for sessions, and for errors.

use super::layout::{Frame, Look, page};
use super::parts::{Tone, form_token, notice, percent_encoded, time};
use crate::model::records::Session;
use maud::{Markup, html};
use rolecall_domain::messages::{Chrome, Failure, Resume, SignIn};
use rolecall_domain::session::KeptForm;

/// The page for a user who is not signed in. `after` is the path of the console to return to afterwards.
pub fn sign_in(look: &Look<'_>, after: &str, why: Option<&SignIn>) -> Markup {
    let why = html! {
        @if let Some(why) = why { (notice(Tone::Wait, &look.say(why), &html! {})) }
    };
    entrance(look, after, &why)
}

/// The page of someone who has signed out here. `at_issuer` is where the session at the sign-in service ends:
/// a link, because the Content-Security-Policy stops a form that ends elsewhere.
pub fn signed_out(look: &Look<'_>, at_issuer: Option<&str>) -> Markup {
    let detail = html! {
        p { (look.say(&SignIn::StillSignedInThere)) }
        @if let Some(url) = at_issuer {
            p { a href=(url) { (look.say(&SignIn::SignOutThere)) } }
        }
    };
    let why = notice(Tone::Wait, &look.say(&SignIn::SignedOut), &detail);
    entrance(look, "/", &why)
}

fn entrance(look: &Look<'_>, after: &str, why: &Markup) -> Markup {
    let title = look.say(&SignIn::Title {
        product: look.product(),
    });
    let content = html! {
        (why)
        section.card.empty {
            h1 { (title) }
            p { (look.say(&SignIn::Detail)) }
            p { a.button.primary href={"/sign-in?after=" (percent_encoded(after))} { (look.say(&SignIn::Button)) } }
        }
    };
    page(look, &title, Frame::default(), &content)
}

pub fn sessions(look: &Look<'_>, sessions: &[Session]) -> Markup {
    let title = look.say(&SignIn::Sessions);
    let content = html! {
        div.head { h1 { (title) } p.muted { (look.say(&SignIn::SessionsDetail)) } }
        section.card {
            ul.plain.entries { @for session in sessions { li { (session_entry(look, session)) } } }
        }
        form method="post" action="/sessions/end" {
            (form_token(look))
            button.button.danger { (look.say(&SignIn::EndAll)) }
        }
    };
    page(look, &title, Frame::default(), &content)
}

fn session_entry(look: &Look<'_>, session: &Session) -> Markup {
    html! {
        div.between-row {
            div {
                strong { (session.browser) }
                @if session.is_current { " " span.badge.quiet { (look.say(&SignIn::ThisBrowser)) } }
                span.sub { (look.say(&SignIn::Started)) " " (time(session.started_at)) }
                span.sub { (look.say(&SignIn::LastSeen)) " " (time(session.last_seen_at)) }
            }
            form.end method="post" action={"/sessions/" (session.id) "/end"} {
                (form_token(look))
                button.button.small { (look.say(&SignIn::End)) span.unseen { " " (session.browser) } }
            }
        }
    }
}

/// A form of an earlier session, for the user to check and send again.
pub fn resume(look: &Look<'_>, form: Option<&KeptForm>) -> Markup {
    let title = look.say(&Resume::Title);
    let content = html! {
        h1 { (title) }
        @match form {
            Some(form) => (form_again(look, form)),
            None => p { (look.say(&Resume::Nothing)) },
        }
    };
    page(look, &title, Frame::default(), &content)
}

fn form_again(look: &Look<'_>, form: &KeptForm) -> Markup {
    html! {
        p { (look.say(&Resume::Detail)) }
        form.card method="post" action=(form.path.as_str()) {
            (form_token(look))
            dl.facts {
                @for (name, value) in &form.fields {
                    div {
                        dt { (name) }
                        dd { (value) input type="hidden" name=(name) value=(value); }
                    }
                }
            }
            div.row { button.button.primary { (look.say(&Resume::Send)) } }
        }
        form method="post" action="/resume/discard" {
            (form_token(look))
            button.button { (look.say(&Resume::Discard)) }
        }
    }
}

/// An error page, with a link to continue.
pub fn failure(
    look: &Look<'_>,
    title: &Failure,
    detail: &str,
    again: Option<&str>,
    request_id: &str,
) -> Markup {
    let title = look.say(title);
    let content = html! {
        section.card.empty {
            h1 { (title) }
            p { (detail) }
            @if let Some(again) = again { p { a.button href=(again) { (look.say(&Failure::Again)) } } }
            @if !request_id.is_empty() {
                p.small.muted { (look.say(&Chrome::Reference { id: request_id.to_owned() })) }
            }
        }
    };
    page(look, &title, Frame::default(), &content)
}
