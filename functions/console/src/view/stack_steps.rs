//! The steps that people take with a stack: create it, paste its output, delete it. The connect page and the
//! console's page of a link share them.

use super::layout::Look;
use super::parts::{Wrong, code_block, form_token, outside, wrong_id, wrong_text};
use crate::model::connect::Stack;
use maud::{Markup, html};
use rolecall_domain::SignedDuration;
use rolecall_domain::messages::Connect;

/// After this time without news of the stack, the paste form opens by itself.
pub const QUIET: SignedDuration = SignedDuration::from_mins(5);

/// How the stack is created on the page of the AWS console.
pub(super) fn create_steps(
    look: &Look<'_>,
    report_by: &str,
    aws_account_id: Option<&str>,
) -> Markup {
    let signed_in = match aws_account_id {
        Some(id) => Connect::CreateSignedInTo {
            aws_account_id: id.to_owned(),
        },
        None => Connect::CreateSignedIn,
    };
    let last = match report_by {
        "paste" => Connect::CreateWaitPaste,
        _ => Connect::CreateWait,
    };
    html! {
        ol.steps {
            li { (look.say(&signed_in)) }
            li { (look.say(&Connect::CreateAcknowledge)) }
            li { (look.say(&last)) }
        }
    }
}

/// Opens the page of the AWS console that creates the stack, and says where it has to be created.
pub(super) fn console_button(
    look: &Look<'_>,
    url: Option<&str>,
    aws_account_id: Option<&str>,
    region: Option<&str>,
) -> Markup {
    html! {
        div.row {
            @if let Some(url) = url {
                (outside(look, url, "button primary", &look.say(&Connect::OpenConsole)))
            }
            span.muted.small {
                @if let Some(id) = aws_account_id {
                    (look.say(&Connect::InAccount { aws_account_id: id.to_owned() }))
                }
                @if aws_account_id.is_some() && region.is_some() { " · " }
                @if let Some(region) = region {
                    (look.say(&Connect::InRegion { region: region.to_owned() }))
                }
            }
        }
    }
}

/// The step in which a failed stack is deleted.
pub(super) fn delete_step(look: &Look<'_>, stack: &Stack) -> Markup {
    html! {
        li {
            (look.say(&Connect::AgainDelete { stack_name: stack.stack_name.clone() })) " "
            (outside(look, &stack.console_url, "", &look.say(&Connect::AgainOpenStack)))
            (delete_command(look, stack.delete_command.as_deref()))
        }
    }
}

/// The command that deletes a stack, folded. Pages show it below their link to the AWS console.
pub(super) fn delete_command(look: &Look<'_>, command: Option<&str>) -> Markup {
    html! {
        @if let Some(command) = command {
            details {
                summary { (look.say(&Connect::DeleteCommand)) }
                (code_block(look, "delete-command", command))
            }
        }
    }
}

/// The pasted text, and its error.
#[derive(Debug, Clone, Default)]
pub struct Pasted<'a> {
    pub text: &'a str,
    pub wrong: Vec<Wrong>,
}

/// The form for the stack's output. It is open if it is needed, or if the pasted text was invalid.
pub(super) fn paste_form(
    look: &Look<'_>,
    action: &str,
    is_needed: bool,
    is_open: bool,
    pasted: &Pasted<'_>,
) -> Markup {
    const FIELD: &str = "stack_info";
    let heading = match is_needed {
        true => Connect::PasteHeadingNeeded,
        false => Connect::PasteHeading,
    };
    let is_wrong = wrong_id(&pasted.wrong, FIELD);
    html! {
        details.card #paste open[is_open || is_wrong.is_some()] data-quiet=(QUIET.as_secs()) {
            summary { h2 { (look.say(&heading)) } }
            p { (look.say(&Connect::PasteWhy)) }
            form method="post" action=(action) {
                (form_token(look))
                label for=(FIELD) { (look.say(&Connect::PasteLabel)) }
                (wrong_text(&pasted.wrong, FIELD))
                textarea #(FIELD) .mono name=(FIELD) rows="3" required spellcheck="false" autocomplete="off"
                    aria-invalid=[is_wrong.as_ref().map(|_| "true")] aria-describedby=[is_wrong] { (pasted.text) }
                div.row { button.button.primary { (look.say(&Connect::PasteButton)) } }
            }
        }
    }
}
