//! Orphaned stacks, with their evidence as a timeline.

use super::layout::{Frame, Look, Menu, Role, page};
use super::lists::{address, listing, order, pages};
use super::parts::{
    Confirm, Text, Tone, Wrong, badge, confirm, digits, facts, form_token, maybe_time, outside,
    text_field, time,
};
use super::stack_steps::delete_command;
use crate::model::Page;
use crate::model::records::{Evidence, OrphanedStack};
use maud::{Markup, html};
use rolecall_domain::messages::{
    AccountPage, Customer, EvidenceText, GroupPages, OrphanedPages, Status,
};

const STATUSES: [(&str, Status); 4] = [
    ("orphaned", Status::Orphaned),
    ("deleting", Status::Deleting),
    ("gone", Status::Gone),
    ("dismissed", Status::Dismissed),
];

fn status(stack: &OrphanedStack) -> (Tone, Status) {
    match stack.status.as_str() {
        "gone" => (Tone::Good, Status::Gone),
        "dismissed" => (Tone::Quiet, Status::Dismissed),
        "deleting" => (Tone::Wait, Status::Deleting),
        _ => (Tone::Warn, Status::Orphaned),
    }
}

/// The list, optionally filtered by status.
pub fn orphaned_stacks(
    look: &Look<'_>,
    filter: Option<&str>,
    list: &Page<OrphanedStack>,
) -> Markup {
    let title = look.say(&OrphanedPages::Title);
    let content = html! {
        div.head { h1 { (title) } p.muted { (look.say(&OrphanedPages::Lead)) } }
        nav.tabs aria-label=(look.say(&OrphanedPages::Statuses)) {
            a href=(address(look, &[("status", "")])) aria-current=[filter.is_none().then_some("page")] { (look.say(&OrphanedPages::All)) }
            @for (value, status) in &STATUSES {
                a href=(address(look, &[("status", value)])) aria-current=[(filter == Some(value)).then_some("page")] {
                    (look.say(status))
                }
            }
        }
        @if list.items.is_empty() {
            section.card.empty { h2 { (look.say(&OrphanedPages::Empty)) } }
        } @else {
            (order(look, list))
            (stack_table(look, &list.items))
        }
        (pages(look, list.next_cursor.as_deref()))
    };
    let frame = Frame::wide(Menu::OrphanedStacks);
    page(look, &title, frame, &content)
}

fn stack_table(look: &Look<'_>, stacks: &[OrphanedStack]) -> Markup {
    let rows = stacks.iter().map(|stack| {
        let (tone, status) = status(stack);
        [
            html! {
                a href={"/orphaned-stacks/" (stack.orphaned_stack_id)} { (stack.stack_name) }
                span.sub { (stack.region) }
            },
            badge(look, tone, &status),
            digits(&stack.aws_account_id),
            html! {
                (time(stack.opened_at))
                @if stack.stale { span.sub { (look.say(&OrphanedPages::Stale)) } }
            },
            maybe_time(look, stack.last_checked_at),
        ]
    });
    let columns: [&dyn Text; 5] = [
        &OrphanedPages::Stack,
        &GroupPages::StatusColumn,
        &GroupPages::AwsAccount,
        &OrphanedPages::Since,
        &GroupPages::LastCheck,
    ];
    listing(look, &look.say(&OrphanedPages::Title), &columns, rows)
}

/// The name that people gave the account, or the stack's if it never became an account.
fn name(stack: &OrphanedStack) -> &str {
    stack.account_name.as_deref().unwrap_or(&stack.stack_name)
}

pub fn orphaned_stack(look: &Look<'_>, stack: &OrphanedStack) -> Markup {
    let content = html! {
        nav.crumbs { a href="/orphaned-stacks" { (look.say(&OrphanedPages::Title)) } }
        p.unseen role="status" data-announce {}
        (live(look, stack))
    };
    let frame = Frame::wide(Menu::OrphanedStacks);
    page(look, name(stack), frame, &content)
}

/// The part that updates itself.
pub fn live(look: &Look<'_>, stack: &OrphanedStack) -> Markup {
    let (tone, status) = status(stack);
    let is_open = matches!(stack.status.as_str(), "orphaned" | "deleting");
    let path = format!("/orphaned-stacks/{}", stack.orphaned_stack_id);
    let update = is_open.then(|| format!("{path}/status"));
    let state = format!("{} {}", stack.status, stack.evidence.len());
    html! {
        div #live .stack data-state=(state) data-update=[update] {
            div.head.between-row {
                h1 { (name(stack)) }
                (badge(look, tone, &status))
                @if is_open && look.may(Role::Member) { (actions(look, &path)) }
            }
            div.cols.side {
                div.stack {
                    (what_to_do(look, stack, is_open))
                    (evidence(look, &stack.evidence))
                }
                (details(look, stack))
            }
        }
    }
}

fn actions(look: &Look<'_>, path: &str) -> Markup {
    html! {
        span.row.end {
            form method="post" action={(path) "/check"} {
                (form_token(look))
                button.button { (look.say(&OrphanedPages::CheckNow)) }
            }
            @if look.may(Role::Owner) {
                a.button href={(path) "/dismiss"} data-dialog { (look.say(&OrphanedPages::Dismiss)) }
            }
        }
    }
}

fn what_to_do(look: &Look<'_>, stack: &OrphanedStack, is_open: bool) -> Markup {
    html! {
        @if stack.status == "gone" {
            section.notice.good { h2 { (look.say(&OrphanedPages::NothingLeft)) } }
        } @else if is_open {
            section.card {
                h2 { (look.say(&OrphanedPages::WhatToDo)) }
                ol.steps {
                    li { (deletion(look, stack)) }
                    li {
                        @match stack.proof.as_str() {
                            "available" => (look.say(&OrphanedPages::Wait)),
                            _ => (look.say(&OrphanedPages::Unprovable)),
                        }
                    }
                }
            }
        }
    }
}

/// How to delete the stack: in the AWS console, or with a command.
fn deletion(look: &Look<'_>, stack: &OrphanedStack) -> Markup {
    let delete = OrphanedPages::Delete {
        stack_name: stack.stack_name.clone(),
    };
    html! {
        @match &stack.remedy {
            Some(remedy) => (remedy),
            None => (look.say(&delete)),
        }
        @if stack.stack_protected && stack.remedy.is_none() { p { (look.say(&OrphanedPages::Protected)) } }
        p { (outside(look, &stack.console_url, "button primary", &look.say(&Customer::OpenStack))) }
        (delete_command(look, stack.delete_command.as_deref()))
    }
}

/// Newest first.
fn evidence(look: &Look<'_>, evidence: &[Evidence]) -> Markup {
    html! {
        section.card {
            h2 { (look.say(&OrphanedPages::Evidence)) }
            @if evidence.is_empty() {
                p.muted { (look.say(&OrphanedPages::NoEvidence)) }
            } @else {
                ol.timeline {
                    @for one in evidence.iter().rev() {
                        li {
                            strong { (look.say(&text(one))) }
                            span.sub { (time(one.at)) }
                            @if let Some(reason) = &one.reason { p.small { (reason) } }
                        }
                    }
                }
            }
        }
    }
}

fn text(evidence: &Evidence) -> EvidenceText {
    match (evidence.kind.as_str(), &evidence.status) {
        ("deregistered", _) => EvidenceText::Deregistered,
        ("delete_callback", _) => EvidenceText::DeleteCallback,
        ("preflight_deleted", _) => EvidenceText::PreflightDeleted,
        ("stack_status", Some(status)) => EvidenceText::StackRead {
            status: status.clone(),
        },
        ("stack_status", None) => EvidenceText::StackUnreadable,
        ("stack_event", Some(status)) => EvidenceText::StackEvent {
            status: status.clone(),
        },
        ("role_unassumable", _) => EvidenceText::RoleUnassumable,
        ("account_closed", _) => EvidenceText::AccountClosed,
        ("dismissed_by", _) => EvidenceText::DismissedBy {
            who: evidence.who.clone().unwrap_or_default(),
        },
        (kind, _) => EvidenceText::Other {
            kind: kind.to_owned(),
        },
    }
}

fn details(look: &Look<'_>, stack: &OrphanedStack) -> Markup {
    let account = stack.account_id.as_ref().map(|id| {
        html! {
            a href={"/accounts/" (id)} {
                @match &stack.account_name {
                    Some(name) => (name),
                    None => (look.say(&AccountPage::Open)),
                }
            }
        }
    });
    html! {
        section.card {
            h2 { (look.say(&AccountPage::DetailsHeading)) }
            (facts(look, &[
                (&GroupPages::AwsAccount, digits(&stack.aws_account_id)),
                (&Customer::Region, html! { (stack.region) }),
                (&Customer::Stack, outside(look, &stack.console_url, "", &stack.stack_name)),
                (&OrphanedPages::Since, time(stack.opened_at)),
                (&GroupPages::LastCheck, maybe_time(look, stack.last_checked_at)),
                (&OrphanedPages::FormerAccount, account.unwrap_or_default()),
            ]))
        }
    }
}

/// Asks for the reason before tracking stops.
pub fn dismiss(look: &Look<'_>, stack: &OrphanedStack, reason: &str, wrong: &[Wrong]) -> Markup {
    let title = look.say(&OrphanedPages::DismissTitle {
        stack_name: stack.stack_name.clone(),
    });
    let path = format!("/orphaned-stacks/{}", stack.orphaned_stack_id);
    let content = confirm(
        look,
        &Confirm {
            title: &title,
            detail: &html! { p { (look.say(&OrphanedPages::DismissDetail)) } },
            action: &format!("{path}/dismiss"),
            button: &look.say(&OrphanedPages::Dismiss),
            back: &path,
            fields: &text_field(
                look,
                wrong,
                "reason",
                &OrphanedPages::DismissReason,
                None,
                reason,
            ),
        },
    );
    page(look, &title, Frame::of(Menu::OrphanedStacks), &content)
}
