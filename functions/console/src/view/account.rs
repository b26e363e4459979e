//! The page of an account, with problems first.

use super::account_log::{history, receipts};
use super::account_roles::Tools;
use super::accounts::account_status;
use super::checks::{passed_checks, wrong_checks};
use super::groups::not_a_member;
use super::layout::{Frame, Look, Menu, Role, page};
use super::parts::{
    Confirm, SAVE, Wrong, badge, buttons, chip, code_block, confirm, copyable, digits, facts,
    form_token, maybe_time, outside, text_field, time, wrong_fields,
};
use crate::model::connect::Receipt;
use crate::model::records::{Account, Group, HistoryEntry, Report};
use crate::model::{Check, Choices, Page, Update};
use maud::{Markup, html};
use rolecall_domain::messages::{AccountPage, Customer, GroupPages};

/// The contents of the page.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    pub account: &'a Account,
    pub group: &'a Group,
    /// Newest first.
    pub history: &'a Page<HistoryEntry>,
    pub receipts: &'a Page<Receipt>,
    /// The access profiles with their titles.
    pub choices: &'a Choices,
    /// The address of the reference pages, without the code.
    pub reference_url: &'a str,
    pub tools: Tools<'a>,
}

pub fn account(look: &Look<'_>, shown: Shown<'_>) -> Markup {
    let account = shown.account;
    let content = html! {
        nav.crumbs {
            a href="/" { (look.say(&GroupPages::Title)) } " / "
            (chip(&shown.group.color)) " "
            a href={"/groups/" (shown.group.group_id)} { (shown.group.name) }
        }
        p.unseen role="status" data-announce {}
        (head(look, shown))
        @if let Some(update) = &account.update {
            @let difference = account.template_difference.as_ref().and_then(|text| text.as_str());
            @let detail = html! {
                p { (look.say(&AccountPage::UpdateWaitingDetail)) }
                @if let Some(difference) = difference { p { (difference) } }
            };
            (waiting_update(look, update, &detail))
        }
        div.cols.side {
            div.stack {
                (live(look, account, shown.reference_url))
                (super::account_roles::access(look, account, shown.choices))
                (super::account_roles::roles(look, account, &shown.tools))
                (history(look, account, shown.history))
            }
            div.stack {
                (details(look, account))
                (receipts(look, account, shown.receipts, shown.choices))
            }
        }
    };
    let frame = Frame::wide(Menu::Groups);
    page(look, &account.name, frame, &content)
}

/// How to update the stack: in the AWS console, or with the AWS CLI.
pub(super) fn waiting_update(look: &Look<'_>, update: &Update, detail: &Markup) -> Markup {
    html! {
        section.notice.wait #update {
            h2 { (look.say(&AccountPage::UpdateWaiting)) }
            (detail)
            div.row { (outside(look, &update.console_url, "button primary", &look.say(&AccountPage::UpdateLink))) }
            @if let Some(command) = &update.command {
                details {
                    summary { (look.say(&AccountPage::UpdateCommand)) }
                    (code_block(look, "update-command", command))
                }
            }
        }
    }
}

fn head(look: &Look<'_>, shown: Shown<'_>) -> Markup {
    let account = shown.account;
    let (tone, status) = account_status(account);
    let path = format!("/accounts/{}", account.account_id);
    let is_open = account.status != "deregistered";
    html! {
        div.head {
            div.between-row {
                h1 { (account.name) }
                (badge(look, tone, &status))
                span.muted { (digits(&account.aws_account_id)) " · " (account.region) }
                span.row.end {
                    @if is_open && look.may(Role::Member) {
                        form method="post" action={(path) "/check"} {
                            (form_token(look))
                            button.button { (look.say(&AccountPage::CheckNow)) }
                        }
                    }
                    @if let Some(url) = shown.tools.switch_role_url {
                        (outside(look, url, "button", &look.say(&AccountPage::SwitchRole)))
                    }
                    @if is_open && look.may(Role::Member) {
                        a.button href={(path) "/edit"} { (look.say(&GroupPages::Edit)) }
                    }
                    @if is_open && look.may(Role::Owner) {
                        a.button.danger href={(path) "/deregister"} data-dialog { (look.say(&AccountPage::Deregister)) }
                    }
                }
            }
            @if !look.may(Role::Member) { (not_a_member(look)) }
        }
    }
}

/// The part that updates itself: the checks, or where to follow the stack.
pub fn live(look: &Look<'_>, account: &Account, reference_url: &str) -> Markup {
    let path = format!("/accounts/{}", account.account_id);
    let is_open = account.status != "deregistered";
    let checked = account
        .last_checked_at
        .map(|at| at.to_string())
        .unwrap_or_default();
    html! {
        div #live .stack data-state={(account.status) " " (checked)} data-update=[is_open.then(|| format!("{path}/status"))]
            data-slow[account.status == "active"] {
            @match (&account.last_report, is_open) {
                (_, false) => (deregistered(look, account)),
                (Some(report), true) => (checks(look, account, report, reference_url)),
                (None, true) => section.card { h2 { (look.say(&AccountPage::NotCheckedYet)) } },
            }
        }
    }
}

fn deregistered(look: &Look<'_>, account: &Account) -> Markup {
    html! {
        section.notice.warn {
            h2 { (look.say(&AccountPage::Deregistered)) }
            @if let Some(until) = account.sessions_until.filter(|until| *until > look.now) {
                p { (look.say(&Customer::SessionsUntil)) ": " (time(until)) }
            }
            @if let Some(id) = &account.orphaned_stack_id {
                div.row { a.button.primary href={"/orphaned-stacks/" (id)} { (look.say(&AccountPage::FollowStack)) } }
            }
        }
    }
}

fn checks(look: &Look<'_>, account: &Account, report: &Report, reference_url: &str) -> Markup {
    let needs_attention =
        |check: &&Check| matches!(check.status.as_str(), "failed" | "warning" | "inconclusive");
    let mut wrong: Vec<_> = report.checks.iter().filter(needs_attention).collect();
    // Failed ones first.
    wrong.sort_by_key(|check| check.status != "failed");
    let right: Vec<_> = report
        .checks
        .iter()
        .filter(|check| check.status == "passed")
        .collect();
    let count = wrong.len() + right.len();
    let title = match wrong.len() {
        0 if count == 1 => AccountPage::OnlyOnePasses,
        0 => AccountPage::AllPass { count },
        1 if count == 1 => AccountPage::OnlyOneFails,
        1 => AccountPage::OneFails { count },
        failed => AccountPage::SomeFail { failed, count },
    };
    html! {
        section.card {
            h2 { (look.say(&title)) }
            p.muted.small {
                (look.say(&AccountPage::LastChecked)) " " (maybe_time(look, account.last_checked_at))
                @if let Some(next) = account.next_check_at.filter(|next| *next > look.now) {
                    " · " (look.say(&AccountPage::NextCheck)) " " (time(next))
                }
            }
            @if !wrong.is_empty() {
                (wrong_checks(look, &wrong, Some(reference_url)))
            }
            (passed_checks(look, &right, wrong.is_empty()))
        }
    }
}

fn details(look: &Look<'_>, account: &Account) -> Markup {
    let path = format!("/accounts/{}", account.account_id);
    let external_id = html! {
        details { summary { (look.say(&AccountPage::Show)) } (copyable(look, "external-id", &account.external_id)) }
    };
    let customers_page = html! {
        @if let Some(url) = &account.customer_url {
            (outside(look, url, "", &look.say(&AccountPage::Open)))
            @if look.may(Role::Owner) {
                form method="post" action={(path) "/customer-link"} {
                    (form_token(look))
                    button.link { (look.say(&AccountPage::RenewCustomersPage)) }
                }
            }
        }
    };
    html! {
        section.card {
            h2 { (look.say(&AccountPage::DetailsHeading)) }
            (facts(look, &[
                (&GroupPages::AwsAccount, digits(&account.aws_account_id)),
                (&Customer::Region, html! { (account.region) }),
                (&Customer::Stack, outside(look, &account.console_url, "", &account.stack_name)),
                (&AccountPage::Role, copyable(look, "role-arn", &account.role_arn)),
                (&AccountPage::ExternalId, external_id),
                (&AccountPage::Template, html! { (account.template_version) }),
                (&AccountPage::Connected, time(account.registered_at)),
                (&AccountPage::CustomersPage, customers_page),
            ]))
        }
    }
}

/// The name and the group of an account.
pub fn edit(
    look: &Look<'_>,
    account: &Account,
    groups: &[Group],
    name: &str,
    wrong: &[Wrong],
) -> Markup {
    let title = look.say(&AccountPage::Rename);
    let path = format!("/accounts/{}", account.account_id);
    let content = html! {
        (wrong_fields(look, wrong))
        nav.crumbs { a href=(path) { (account.name) } }
        h1 { (title) }
        form.card method="post" action={(path) "/edit"} {
            (form_token(look))
            (text_field(look, wrong, "name", &GroupPages::Name, Some(&GroupPages::NameHint), name))
            label for="group_id" { (look.say(&AccountPage::MoveTo)) }
            select #group_id name="group_id" {
                @for group in groups {
                    option value=(group.group_id) selected[group.group_id == account.group_id] { (group.name) }
                }
            }
            (buttons(look, &SAVE, &path))
        }
    };
    page(look, &title, Frame::of(Menu::Groups), &content)
}

/// Asks for the account's name before it is deregistered.
pub fn deregister(look: &Look<'_>, account: &Account, typed: &str, wrong: &[Wrong]) -> Markup {
    let title = look.say(&AccountPage::DeregisterTitle {
        name: account.name.clone(),
    });
    let path = format!("/accounts/{}", account.account_id);
    let label = AccountPage::DeregisterType {
        name: account.name.clone(),
    };
    let content = confirm(
        look,
        &Confirm {
            title: &title,
            detail: &html! {
                p { (look.say(&AccountPage::DeregisterDetail { stack_name: account.stack_name.clone() })) }
                p { (look.say(&AccountPage::DeregisterAfter)) }
            },
            action: &format!("{path}/deregister"),
            button: &look.say(&AccountPage::Deregister),
            back: &path,
            fields: &text_field(look, wrong, "name", &label, None, typed),
        },
    );
    page(look, &title, Frame::of(Menu::Groups), &content)
}
