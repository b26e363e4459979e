//! The customer's page for a connection, available while the account is on record.

use super::account::waiting_update;
use super::account_log::receipt_list;
use super::checks::wrong_checks;
use super::layout::{Frame, Look, page};
use super::parts::{Tone, access_list, digits, facts, maybe_time, notice, outside, time};
use super::stack_steps::delete_command;
use crate::model::connect::{Customer as Account, Receipt};
use crate::model::{Check, Page};
use maud::{Markup, html};
use rolecall_domain::messages::Customer;
use rolecall_domain::pages::CustomerState;

pub fn customer(look: &Look<'_>, account: &Account, receipts: &Page<Receipt>) -> Markup {
    let title = look.say(&Customer::Title {
        product: look.product(),
    });
    let has_ended = has_ended(account);
    let content = html! {
        div.head {
            h1 { (title) }
            p.muted { (account.name) " · " (digits(&account.aws_account_id)) }
        }
        p.unseen role="status" data-announce {}
        (live(look, account))
        @if let Some(update) = &account.update {
            @let detail = Customer::UpdateWaitingDetail { product: look.product() };
            div.while-open { (waiting_update(look, update, &html! { p { (look.say(&detail)) } })) }
        }
        div.cols {
            (details(look, account))
            @if !has_ended { (granted(look, account)) }
        }
        (used(look, receipts))
        @if !has_ended { (take_back(look, account)) }
    };
    page(look, &title, Frame::default(), &content)
}

fn has_ended(account: &Account) -> bool {
    matches!(
        account.state,
        CustomerState::Deregistered | CustomerState::Gone
    )
}

/// The part that updates itself.
pub fn live(look: &Look<'_>, account: &Account) -> Markup {
    let update = format!("{}/status?lang={}", look.path, look.language.tag());
    let is_final = account.state == CustomerState::Gone;
    html! {
        div #live .stack data-state=(account.state.as_str()) data-ended[has_ended(account)]
            data-update=[(!is_final).then_some(update)] data-slow {
            (status(look, account))
            @if account.state == CustomerState::Deregistered { (left(look, account)) }
        }
    }
}

fn status(look: &Look<'_>, account: &Account) -> Markup {
    let product = look.product();
    let (tone, title, detail) = match account.state {
        CustomerState::Connected => (
            Tone::Good,
            Customer::Connected,
            Customer::ConnectedDetail { product },
        ),
        CustomerState::Attention => (
            Tone::Bad,
            Customer::Attention,
            Customer::AttentionDetail { product },
        ),
        CustomerState::Disconnected => (
            Tone::Warn,
            Customer::Disconnected,
            Customer::DisconnectedDetail,
        ),
        CustomerState::Deregistered => (
            Tone::Warn,
            Customer::Deregistered,
            Customer::DeregisteredDetail { product },
        ),
        CustomerState::Gone => (Tone::Good, Customer::Gone, Customer::GoneDetail),
    };
    let content = html! {
        p { (look.say(&detail)) }
        @if let Some(until) = account.sessions_until.filter(|until| *until > look.now) {
            p.small { (look.say(&Customer::SessionsUntil)) ": " (time(until)) }
        }
        (failed(look, &account.checks))
    };
    notice(tone, &look.say(&title), &content)
}

fn failed(look: &Look<'_>, checks: &[Check]) -> Markup {
    html! {
        @if !checks.is_empty() {
            h3 { (look.say(&Customer::FailedChecks)) }
            (wrong_checks(look, &Vec::from_iter(checks), None))
        }
    }
}

/// Remaining steps after the deregistration.
fn left(look: &Look<'_>, account: &Account) -> Markup {
    let orphaned = account.orphaned_stack.as_ref();
    let command = orphaned.and_then(|stack| stack.delete_command.as_deref());
    let is_provable = orphaned.is_none_or(|stack| stack.proof == "available");
    html! {
        section.card {
            h2 { (look.say(&Customer::LeftHeading)) }
            ol.steps {
                li {
                    (look.say(&Customer::LeftDelete { stack_name: account.stack_name.clone() })) " "
                    (outside(look, &account.console_url, "", &look.say(&Customer::OpenStack)))
                    (delete_command(look, command))
                }
                li {
                    @match is_provable {
                        true => (look.say(&Customer::LeftWait)),
                        false => (look.say(&Customer::Unprovable)),
                    }
                }
            }
        }
    }
}

fn details(look: &Look<'_>, account: &Account) -> Markup {
    html! {
        section.card {
            h2 { (look.say(&Customer::Details)) }
            (facts(look, &[
                (&Customer::AwsAccount, digits(&account.aws_account_id)),
                (&Customer::Region, html! { (account.region) }),
                (&Customer::Stack, outside(look, &account.console_url, "", &account.stack_name)),
                (&Customer::ConnectedAt, time(account.connected_at)),
                (&Customer::LastChecked, maybe_time(look, account.last_checked_at)),
            ]))
        }
    }
}

fn granted(look: &Look<'_>, account: &Account) -> Markup {
    html! {
        section.card.while-open {
            h2 { (look.say(&Customer::Granted { product: look.product() })) }
            (access_list(look, &account.access))
        }
    }
}

/// The receipts, newest first.
fn used(look: &Look<'_>, receipts: &Page<Receipt>) -> Markup {
    html! {
        section.card {
            h2 { (look.say(&Customer::Receipts)) }
            p.muted.small { (look.say(&Customer::ReceiptsDetail { product: look.product() })) }
            @if receipts.items.is_empty() {
                p { (look.say(&Customer::NoReceipts)) }
            } @else {
                (receipt_list(&receipts.items, |receipt| {
                    receipt.profile_title.as_ref().unwrap_or(&receipt.profile).clone()
                }))
                @if let Some(cursor) = &receipts.next_cursor {
                    p { a href={(look.path) "?cursor=" (super::parts::percent_encoded(cursor))} { (look.say(&Customer::Older)) } }
                }
            }
        }
    }
}

fn take_back(look: &Look<'_>, account: &Account) -> Markup {
    html! {
        section.card.while-open {
            h2 { (look.say(&Customer::EndHeading)) }
            p { (look.say(&Customer::EndDetail)) }
            p { (outside(look, &account.console_url, "", &look.say(&Customer::OpenStack))) }
            (delete_command(look, account.delete_command.as_deref()))
        }
    }
}
