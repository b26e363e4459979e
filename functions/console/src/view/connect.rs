//! The connect page. Its states differ only in the part that updates itself.

use super::checks::mark;
use super::layout::{Frame, Look, page};
use super::parts::{Tone, code_block, time, wrong_fields};
use super::stack_steps::{Pasted, QUIET, console_button, create_steps, delete_step, paste_form};
use crate::model::connect::{Attempt, ConnectPage as Registration};
use maud::{Markup, html};
use rolecall_domain::messages::{Chrome, Connect, Span};
use rolecall_domain::pages::ConnectState;

/// Seconds before the customer is taken back to the operator's product.
const BEFORE_RETURN: u32 = 5;

/// The whole page.
pub fn connect(look: &Look<'_>, registration: &Registration, pasted: &Pasted<'_>) -> Markup {
    let product = look.product();
    let title = look.say(&Connect::Title { product });
    let is_open = is_open(registration.state);
    let content = html! {
        (wrong_fields(look, &pasted.wrong))
        div.head {
            h1 { (title) }
            p.muted {
                @if let Some(name) = &registration.account_name {
                    (look.say(&Connect::For { name: name.clone() }))
                }
                @if is_open {
                    @let left = registration.expires_at.duration_since(look.now);
                    span.while-open {
                        @if registration.account_name.is_some() { " · " }
                        (look.say(&Connect::ValidFor { left: Span(left) }))
                    }
                }
            }
        }
        p.unseen role="status" data-announce {}
        (live(look, registration))
        @if is_open {
            div.stack.while-open {
                (paste(look, registration, pasted))
                (super::connect_request::request(look, registration))
            }
        }
    };
    let waits = matches!(
        registration.state,
        ConnectState::StackStarted | ConnectState::Verifying
    );
    let frame = Frame {
        reload: waits.then_some(10),
        ..Frame::default()
    };
    page(look, &title, frame, &content)
}

/// Whether a stack can still be created with the link, or is being created.
fn is_open(state: ConnectState) -> bool {
    match state {
        ConnectState::Waiting
        | ConnectState::StackStarted
        | ConnectState::Verifying
        | ConnectState::Refused => true,
        ConnectState::Connected | ConnectState::Expired | ConnectState::Revoked => false,
    }
}

/// The part that updates itself. The script replaces it, and announces its first heading.
pub fn live(look: &Look<'_>, registration: &Registration) -> Markup {
    let state = registration.state;
    let update =
        is_open(state).then(|| format!("{}/status?lang={}", look.path, look.language.tag()));
    html! {
        div #live .stack data-state=(state.as_str()) data-ended[update.is_none()] data-update=[update] {
            (rail(look, registration))
            @match state {
                ConnectState::Waiting => (create(look, registration)),
                ConnectState::StackStarted => (started(look, registration)),
                ConnectState::Verifying => (verifying(look)),
                ConnectState::Connected => (connected(look, registration)),
                ConnectState::Refused => (refused(look, registration)),
                ConnectState::Expired => (ended(look, &Connect::ExpiredTitle)),
                ConnectState::Revoked => (ended(look, &Connect::RevokedTitle)),
            }
        }
    }
}

/// The four steps. Each also states in text whether it is done, current or failed.
fn rail(look: &Look<'_>, registration: &Registration) -> Markup {
    let state = registration.state;
    // Without a check, the stack was refused before it was verified: mostly before it created a role.
    let was_verified = || {
        let attempt = registration.last_attempt.as_ref();
        attempt.is_some_and(|attempt| !attempt.checks.is_empty())
    };
    let steps = [
        Connect::StepCreate,
        Connect::StepRole,
        Connect::StepVerify,
        Connect::StepConnected,
    ];
    let current = match state {
        ConnectState::Waiting => 0,
        ConnectState::Refused if !was_verified() => 1,
        ConnectState::StackStarted => 1,
        ConnectState::Verifying | ConnectState::Refused => 2,
        ConnectState::Connected => steps.len(),
        ConnectState::Expired | ConnectState::Revoked => return html! {},
    };
    html! {
        ol.rail aria-label=(look.say(&Connect::Progress)) {
            @for (at, step) in steps.iter().enumerate() {
                @let (class, said) = match at.cmp(&current) {
                    std::cmp::Ordering::Less => ("done", Some(Connect::StepDone)),
                    std::cmp::Ordering::Equal if state == ConnectState::Refused => {
                        ("failed", Some(Connect::StepFailed))
                    }
                    std::cmp::Ordering::Equal => ("now", Some(Connect::StepCurrent)),
                    std::cmp::Ordering::Greater => ("", None),
                };
                li class=(class) aria-current=[(class == "now").then_some("step")] {
                    span.dot aria-hidden="true" {}
                    span { (look.say(step)) }
                    @if let Some(said) = said { span.unseen { " (" (look.say(&said)) ")" } }
                }
            }
        }
    }
}

fn create(look: &Look<'_>, registration: &Registration) -> Markup {
    html! {
        section.card {
            h2 { (look.say(&Connect::CreateHeading)) }
            (create_steps(look, &registration.report_by, registration.aws_account_id.as_deref()))
            (open_console(look, registration))
            p.live { (look.say(&Connect::Waiting)) }
            (without_script(look))
        }
    }
}

/// The one button of the page.
fn open_console(look: &Look<'_>, registration: &Registration) -> Markup {
    let (url, region) = (&registration.quick_create_url, &registration.region);
    console_button(
        look,
        url.as_deref(),
        registration.aws_account_id.as_deref(),
        region.as_deref(),
    )
}

fn without_script(look: &Look<'_>) -> Markup {
    html! {
        noscript {
            p.small { a href={(look.path) "?" (look.query)} { (look.say(&Chrome::Reload)) } }
        }
    }
}

fn started(look: &Look<'_>, registration: &Registration) -> Markup {
    let progress = registration.progress.as_ref();
    let aws_account_id = progress
        .map(|progress| progress.aws_account_id.clone())
        .unwrap_or_default();
    html! {
        section.card {
            h2.live { (look.say(&Connect::Started { aws_account_id })) }
            p { (look.say(&Connect::StartedDetail)) }
            @if let Some(progress) = progress {
                p.muted.small { (progress.region) " · " (time(progress.started_at)) }
            }
        }
    }
}

fn verifying(look: &Look<'_>) -> Markup {
    let product = look.product();
    html! {
        section.card {
            h2.live { (look.say(&Connect::Verifying)) }
            p { (look.say(&Connect::VerifyingDetail { product })) }
        }
    }
}

fn connected(look: &Look<'_>, registration: &Registration) -> Markup {
    let account = registration.account.as_ref();
    let aws_account_id = account
        .map(|account| account.aws_account_id.clone())
        .unwrap_or_default();
    let customer_url = account.and_then(|account| account.customer_url.as_ref());
    let product = look.product();
    html! {
        section.notice.good {
            h2 { (look.say(&Connect::Connected { aws_account_id })) }
            p { (look.say(&Connect::ConnectedDetail { product: product.clone() })) }
            @if let Some(url) = &registration.return_url {
                div.row {
                    a.button.primary href=(url) data-return=(BEFORE_RETURN) {
                        (look.say(&Connect::Continue { product }))
                    }
                    span.small.muted data-return-note hidden {
                        (look.say(&Connect::Returning { seconds: BEFORE_RETURN }))
                    }
                }
            }
        }
        @if let Some(url) = customer_url {
            section.card {
                h2 { a href=(url) { (look.say(&Connect::CustomerPage)) } }
                p.muted { (look.say(&Connect::CustomerPageDetail)) }
            }
        }
    }
}

fn refused(look: &Look<'_>, registration: &Registration) -> Markup {
    let Some(attempt) = &registration.last_attempt else {
        return create(look, registration);
    };
    let title = attempt.title.clone();
    html! {
        section.notice.bad {
            h2 { (look.say(&Connect::Refused { title })) }
            p { (attempt.detail) }
            @if let Some(remedy) = &attempt.remedy { p { (remedy) } }
            @if let Some(command) = &attempt.command { (code_block(look, "remedy", command)) }
            p.small {
                (look.say(&Connect::RefusedStack {
                    aws_account_id: attempt.stack.aws_account_id.clone(),
                    stack_name: attempt.stack.stack_name.clone(),
                }))
                " · " (time(attempt.attempted_at))
            }
        }
        (again(look, registration, attempt))
        @if !attempt.checks.is_empty() {
            section.card {
                h2 { (look.say(&Connect::Checked)) }
                ul.plain {
                    @for check in &attempt.checks {
                        li class=(mark(&check.status)) { span { (check.title) } }
                    }
                }
            }
        }
    }
}

fn again(look: &Look<'_>, registration: &Registration, attempt: &Attempt) -> Markup {
    let stack = &attempt.stack;
    let has_remedy = attempt.remedy.is_some() || attempt.command.is_some();
    html! {
        section.card {
            h2 { (look.say(&Connect::AgainHeading)) }
            ol.steps {
                @if has_remedy { li { (look.say(&Connect::AgainFix)) } }
                (delete_step(look, stack))
                li { (look.say(&Connect::AgainCreate)) }
            }
            (open_console(look, registration))
            (without_script(look))
        }
    }
}

fn ended(look: &Look<'_>, title: &Connect) -> Markup {
    let product = look.product();
    super::parts::notice(
        Tone::Wait,
        &look.say(title),
        &html! { p { (look.say(&Connect::ExpiredDetail { product })) } },
    )
}

/// The paste form, for stacks that don't call back.
fn paste(look: &Look<'_>, registration: &Registration, pasted: &Pasted<'_>) -> Markup {
    let is_needed = registration.report_by == "paste";
    let waited = look.now.duration_since(registration.created_at) > QUIET;
    let is_open = is_needed || (waited && registration.state == ConnectState::Waiting);
    let action = format!("{}/complete", look.path);
    paste_form(look, &action, is_needed, is_open, pasted)
}

/// Wrong, unknown and ended links get the same page.
pub fn invalid(look: &Look<'_>) -> Markup {
    let title = look.say(&Connect::InvalidTitle);
    let content = html! {
        div.head { h1 { (title) } p { (look.say(&Connect::InvalidDetail)) } }
    };
    page(look, &title, Frame::default(), &content)
}

/// The page for a link whose rate limit is exceeded.
pub fn busy(look: &Look<'_>) -> Markup {
    let title = look.say(&Connect::BusyTitle);
    let content = html! {
        div.head { h1 { (title) } p { (look.say(&Connect::BusyDetail)) } }
    };
    page(look, &title, Frame::default(), &content)
}
