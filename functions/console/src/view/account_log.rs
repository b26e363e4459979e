//! What happened to an account, and who had credentials for it: the newest on its page, and all on pages of
//! their own.

use super::layout::{Frame, Look, Menu, page};
use super::lists::pages;
use super::parts::{Text, digits, time};
use crate::model::connect::Receipt;
use crate::model::records::{Account, HistoryEntry};
use crate::model::{Choices, Page};
use maud::{Markup, html};
use rolecall_domain::messages::{AccountPage, EventTitle};

/// The newest entries, on the page of the account.
pub fn history(look: &Look<'_>, account: &Account, newest: &Page<HistoryEntry>) -> Markup {
    html! {
        section.card {
            h2 { (look.say(&AccountPage::HistoryHeading)) }
            (entries(look, &newest.items))
            (all(look, account, "history", &AccountPage::AllHistory, newest.next_cursor.as_deref()))
        }
    }
}

/// The newest receipts, on the page of the account.
pub fn receipts(
    look: &Look<'_>,
    account: &Account,
    newest: &Page<Receipt>,
    choices: &Choices,
) -> Markup {
    html! {
        section.card {
            h2 { (look.say(&AccountPage::ReceiptsHeading)) }
            (issued(look, &newest.items, choices))
            @if account.status == "unhealthy" { p.small.muted { (look.say(&AccountPage::ReceiptsPaused)) } }
            (all(look, account, "receipts", &AccountPage::AllReceipts, newest.next_cursor.as_deref()))
        }
    }
}

pub fn history_page(look: &Look<'_>, account: &Account, list: &Page<HistoryEntry>) -> Markup {
    let entries = entries(look, &list.items);
    log_page(
        look,
        account,
        &AccountPage::HistoryHeading,
        &entries,
        list.next_cursor.as_deref(),
    )
}

pub fn receipts_page(
    look: &Look<'_>,
    account: &Account,
    list: &Page<Receipt>,
    choices: &Choices,
) -> Markup {
    let issued = issued(look, &list.items, choices);
    log_page(
        look,
        account,
        &AccountPage::ReceiptsHeading,
        &issued,
        list.next_cursor.as_deref(),
    )
}

fn log_page(
    look: &Look<'_>,
    account: &Account,
    title: &dyn Text,
    entries: &Markup,
    next_cursor: Option<&str>,
) -> Markup {
    let title = title.text(look);
    let content = html! {
        nav.crumbs { a href={"/accounts/" (account.account_id)} { (account.name) } }
        div.head {
            h1 { (title) }
            p.muted { (account.name) " · " (digits(&account.aws_account_id)) }
        }
        section.card { (entries) }
        (pages(look, next_cursor))
    };
    page(look, &title, Frame::of(Menu::Groups), &content)
}

/// Leads to the whole list, if there is more of it.
fn all(
    look: &Look<'_>,
    account: &Account,
    what: &str,
    text: &dyn Text,
    next_cursor: Option<&str>,
) -> Markup {
    html! {
        @if next_cursor.is_some() {
            p { a href={"/accounts/" (account.account_id) "/" (what)} { (text.text(look)) } }
        }
    }
}

fn entries(look: &Look<'_>, entries: &[HistoryEntry]) -> Markup {
    html! {
        ol.timeline {
            @for entry in entries {
                li {
                    strong { (event(look, &entry.event)) }
                    span.sub {
                        (time(entry.at)) " · "
                        @match entry.who() {
                            Some(who) => (who),
                            None => (look.say(&AccountPage::ByHub)),
                        }
                    }
                }
            }
        }
    }
}

/// An event by its title. A new one is shown by its name.
fn event(look: &Look<'_>, name: &str) -> String {
    let title = match name {
        "Account Registered" => EventTitle::Registered,
        "Account Changed" => EventTitle::Changed,
        "Account Outdated" => EventTitle::Outdated,
        "Account Unhealthy" => EventTitle::Unhealthy,
        "Account Recovered" => EventTitle::Recovered,
        "Account Disconnected" => EventTitle::Disconnected,
        "Account Deregistered" => EventTitle::Deregistered,
        "Credentials Issued" => EventTitle::CredentialsIssued,
        other => return other.to_owned(),
    };
    look.say(&title)
}

fn issued(look: &Look<'_>, receipts: &[Receipt], choices: &Choices) -> Markup {
    let title = |receipt: &Receipt| choices.profile(&receipt.profile).title;
    html! {
        @if receipts.is_empty() { p.muted { (look.say(&AccountPage::ReceiptsNone)) } }
        (receipt_list(receipts, title))
    }
}

/// Who had credentials with which access, from when to when.
pub fn receipt_list(receipts: &[Receipt], title: impl Fn(&Receipt) -> String) -> Markup {
    html! {
        ul.plain.entries {
            @for receipt in receipts {
                li {
                    span { strong { (receipt.service) } " · " (title(receipt)) }
                    span.sub { (time(receipt.issued_at)) " – " (time(receipt.expires_at)) }
                }
            }
        }
    }
}
