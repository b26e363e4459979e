//! Groups, their accounts and waiting registrations.

use super::accounts::{Filters, Names, account_list};
use super::layout::{Frame, Look, Menu, Role, page};
use super::lists::{address, listing, order, pages};
use super::parts::{
    Text, Tone, Wrong, badge, chip, form_token, maybe_time, text_field, time, wrong_fields,
};
use crate::model::Page;
use crate::model::records::{Account, Group, Registration};
use maud::{Markup, html};
use rolecall_domain::messages::{GroupPages, Status};

/// The start page.
pub fn groups(look: &Look<'_>, groups: &Page<Group>) -> Markup {
    let title = look.say(&GroupPages::Title);
    let content = html! {
        div.head.between-row {
            h1 { (title) }
            @if look.may(Role::Member) && !groups.items.is_empty() {
                a.button.primary.end href="/groups/new" { (look.say(&GroupPages::New)) }
            }
        }
        @if groups.items.is_empty() {
            section.card.empty {
                h2 { (look.say(&GroupPages::Empty)) }
                p { (look.say(&GroupPages::EmptyDetail)) }
                @if look.may(Role::Member) {
                    p { a.button.primary href="/groups/new" { (look.say(&GroupPages::New)) } }
                } @else { (not_a_member(look)) }
            }
        } @else {
            (order(look, groups))
            ul.cards {
                @for group in &groups.items {
                    li {
                        a.card.tile-link href={"/groups/" (group.group_id)} {
                            span.between-row { (chip(&group.color)) strong { (group.name) } }
                            span.muted.small { (look.say(&count(group.account_count))) }
                            (what_is_open(look, group))
                        }
                    }
                }
            }
            (pages(look, groups.next_cursor.as_deref()))
        }
    };
    page(look, &title, Frame::wide(Menu::Groups), &content)
}

fn count(accounts: usize) -> GroupPages {
    match accounts {
        1 => GroupPages::OneAccount,
        count => GroupPages::Accounts { count },
    }
}

fn needing_attention(accounts: usize) -> GroupPages {
    match accounts {
        1 => GroupPages::NeedsAttention,
        count => GroupPages::NeedAttention { count },
    }
}

/// What someone may have to do something about.
fn what_is_open(look: &Look<'_>, group: &Group) -> Markup {
    let (attention, pending) = (group.attention_count, group.pending_registration_count);
    html! {
        @if attention + pending > 0 {
            span.badges {
                @if attention > 0 { span.badge.bad { (look.say(&needing_attention(attention))) } }
                @if pending > 0 { span.badge.wait { (look.say(&GroupPages::AreWaiting { count: pending })) } }
            }
        }
    }
}

pub(super) fn not_a_member(look: &Look<'_>) -> Markup {
    html! { p.muted.small { (look.say(&GroupPages::MemberOnly)) } }
}

/// The input of the form of a group.
#[derive(Debug, Clone, Default)]
pub struct GroupForm<'a> {
    pub name: &'a str,
    pub color: &'a str,
    pub wrong: Vec<Wrong>,
}

/// The form of a new group, or of the one with this ID.
pub fn group_form(look: &Look<'_>, group_id: Option<&str>, form: &GroupForm<'_>) -> Markup {
    let title = look.say(match group_id {
        Some(_) => &GroupPages::EditTitle,
        None => &GroupPages::New,
    });
    let (action, back) = match group_id {
        Some(id) => (format!("/groups/{id}"), format!("/groups/{id}")),
        None => ("/groups".to_owned(), "/".to_owned()),
    };
    let button = match group_id {
        Some(_) => look.say(&super::parts::SAVE),
        None => look.say(&GroupPages::Create),
    };
    let content = html! {
        (wrong_fields(look, &form.wrong))
        h1 { (title) }
        form.card method="post" action=(action) {
            (form_token(look))
            (text_field(look, &form.wrong, "name", &GroupPages::Name, Some(&GroupPages::NameHint), form.name))
            label for="color" { (look.say(&GroupPages::Color)) }
            input #color type="color" name="color" value=(form.color);
            div.row {
                button.button.primary { (button) }
                a.button href=(back) { (look.say(&super::parts::CANCEL)) }
                @if let (Some(id), true) = (group_id, look.may(Role::Owner)) {
                    a.button.danger.end href={"/groups/" (id) "/delete"} data-dialog { (look.say(&GroupPages::Delete)) }
                }
            }
        }
    };
    page(look, &title, Frame::of(Menu::Groups), &content)
}

/// Asks for confirmation before a group is deleted.
pub fn delete_group(look: &Look<'_>, group: &Group) -> Markup {
    let title = look.say(&GroupPages::DeleteTitle {
        name: group.name.clone(),
    });
    let content = super::parts::confirm(
        look,
        &super::parts::Confirm {
            title: &title,
            detail: &html! { p { (look.say(&GroupPages::DeleteDetail)) } },
            action: &format!("/groups/{}/delete", group.group_id),
            button: &look.say(&GroupPages::Delete),
            back: &format!("/groups/{}", group.group_id),
            fields: &html! {},
        },
    );
    page(look, &title, Frame::of(Menu::Groups), &content)
}

/// What a group's page shows below its heading.
#[derive(Debug)]
pub enum Contents<'a> {
    Accounts(Filters<'a>, Names<'a>, &'a Page<Account>),
    /// The registrations in a status.
    Waiting(&'a str, &'a Page<Registration>),
}

pub fn group(look: &Look<'_>, group: &Group, contents: &Contents<'_>) -> Markup {
    let path = format!("/groups/{}", group.group_id);
    let is_accounts = matches!(contents, Contents::Accounts(..));
    let content = html! {
        div.head {
            div.between-row {
                (chip(&group.color))
                h1 { (group.name) }
                span.row.end {
                    @if look.may(Role::Member) {
                        a.button href={(path) "/edit"} { (look.say(&GroupPages::Edit)) }
                    }
                    a.button href={"/export?format=csv&group_id=" (group.group_id)} { (look.say(&GroupPages::ExportCsv)) }
                    @if look.may(Role::Member) {
                        a.button.primary href={(path) "/add"} { (look.say(&GroupPages::AddAccount)) }
                    }
                }
            }
        }
        nav.tabs aria-label=(look.say(&GroupPages::Tabs)) {
            (tab(look, &path, is_accounts, &GroupPages::TabAccounts, group.account_count))
            (tab(look, &format!("{path}/waiting"), !is_accounts, &GroupPages::TabWaiting, group.pending_registration_count))
        }
        @match contents {
            Contents::Accounts(filters, names, list) => (members(look, &path, *filters, *names, list)),
            Contents::Waiting(status, list) => (registrations(look, status, list)),
        }
    };
    let frame = Frame::wide(Menu::Groups);
    page(look, &group.name, frame, &content)
}

fn tab(look: &Look<'_>, path: &str, is_current: bool, title: &GroupPages, count: usize) -> Markup {
    html! {
        a href=(path) aria-current=[is_current.then_some("page")] {
            (look.say(title)) " " span.count { (count) }
        }
    }
}

fn members(
    look: &Look<'_>,
    path: &str,
    filters: Filters<'_>,
    names: Names<'_>,
    list: &Page<Account>,
) -> Markup {
    let nothing = html! {
        h2 { (look.say(&GroupPages::NoAccounts)) }
        @if look.may(Role::Member) {
            p { a.button.primary href={(path) "/add"} { (look.say(&GroupPages::AddAccount)) } }
        } @else { (not_a_member(look)) }
    };
    account_list(look, filters, names, list, &nothing)
}

const REGISTRATION_STATUSES: [(&str, Status); 4] = [
    ("pending", Status::Waiting),
    ("completed", Status::Connected),
    ("expired", Status::Expired),
    ("revoked", Status::Revoked),
];

fn registrations(look: &Look<'_>, chosen: &str, list: &Page<Registration>) -> Markup {
    html! {
        div.between-row {
            nav.order aria-label=(look.say(&GroupPages::StatusColumn)) {
                @for (value, status) in &REGISTRATION_STATUSES {
                    @let query = if *value == "pending" { "" } else { *value };
                    a href=(address(look, &[("status", query)])) aria-current=[(*value == chosen).then_some("true")] {
                        (look.say(status))
                    }
                }
            }
            span.end { (order(look, list)) }
        }
        @if list.items.is_empty() {
            section.card.empty {
                h2 { (look.say(match chosen {
                    "pending" => &GroupPages::NoWaiting,
                    _ => &GroupPages::NoneFound,
                })) }
            }
        } @else { (registration_table(look, &list.items)) }
        (pages(look, list.next_cursor.as_deref()))
    }
}

/// The status of a registration, with its tone.
pub(super) fn registration_status(registration: &Registration) -> (Tone, Status) {
    match registration.status.as_str() {
        "completed" => (Tone::Good, Status::Connected),
        "expired" => (Tone::Quiet, Status::Expired),
        "revoked" => (Tone::Quiet, Status::Revoked),
        _ if registration.progress.is_some() => (Tone::Wait, Status::InProgress),
        _ if registration.last_attempt.is_some() => (Tone::Bad, Status::Failed),
        _ => (Tone::Wait, Status::Waiting),
    }
}

fn registration_table(look: &Look<'_>, registrations: &[Registration]) -> Markup {
    let rows = registrations.iter().map(|one| {
        let (tone, status) = registration_status(one);
        let name = match &one.account_name {
            Some(name) => name.clone(),
            None => look.say(&GroupPages::Unnamed),
        };
        [
            html! {
                a href={"/registrations/" (one.registration_id)} { (name) }
                span.sub { (one.stack_name) }
            },
            badge(look, tone, &status),
            html! {
                @match &one.last_attempt {
                    Some(attempt) => { (attempt.title) span.sub { (time(attempt.attempted_at)) } }
                    None => (maybe_time(look, None)),
                }
            },
            time(one.created_at),
        ]
    });
    let columns: [&dyn Text; 4] = [
        &GroupPages::Account,
        &GroupPages::StatusColumn,
        &GroupPages::LastAttempt,
        &GroupPages::Created,
    ];
    listing(look, &look.say(&GroupPages::TabWaiting), &columns, rows)
}
