//! Groups, their accounts and waiting registrations.

use super::layout::{Frame, Look, Menu, Role, page};
use super::parts::{
    Text, Tone, Wrong, badge, chip, digits, form_token, listing, maybe_time, pages, text_field,
    time, wrong_fields,
};
use crate::model::records::{Account, Group, Registration};
use crate::model::{Choices, Page};
use maud::{Markup, html};
use rolecall_domain::messages::{GroupPages, Parameter, Status};

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
            ul.cards {
                @for group in &groups.items {
                    li {
                        a.card.tile-link href={"/groups/" (group.group_id)} {
                            span.between-row { (chip(&group.color)) strong { (group.name) } }
                            span.muted.small { (look.say(&count(group.account_count))) }
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
    Accounts(&'a Page<Account>, Names<'a>),
    Waiting(&'a Page<Registration>),
}

pub fn group(look: &Look<'_>, group: &Group, contents: &Contents<'_>) -> Markup {
    let path = format!("/groups/{}", group.group_id);
    let content = html! {
        div.head {
            div.between-row {
                (chip(&group.color))
                h1 { (group.name) }
                span.muted { (look.say(&count(group.account_count))) }
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
            @let accounts = matches!(contents, Contents::Accounts(..));
            a href=(path) aria-current=[accounts.then_some("page")] { (look.say(&GroupPages::TabAccounts)) }
            a href={(path) "/waiting"} aria-current=[(!accounts).then_some("page")] { (look.say(&GroupPages::TabWaiting)) }
        }
        @match contents {
            Contents::Accounts(list, names) => {
                @if list.items.is_empty() {
                    section.card.empty {
                        h2 { (look.say(&GroupPages::NoAccounts)) }
                        @if look.may(Role::Member) {
                            p { a.button.primary href={(path) "/add"} { (look.say(&GroupPages::AddAccount)) } }
                        } @else { (not_a_member(look)) }
                    }
                } @else { (account_table(look, *names, &list.items)) }
                (pages(look, list.next_cursor.as_deref()))
            }
            Contents::Waiting(list) => {
                @if list.items.is_empty() {
                    section.card.empty { h2 { (look.say(&GroupPages::NoWaiting)) } }
                } @else { (waiting_table(look, &list.items)) }
                (pages(look, list.next_cursor.as_deref()))
            }
        }
    };
    let frame = Frame::wide(Menu::Groups);
    page(look, &group.name, frame, &content)
}

/// The status of an account, with its tone.
pub(super) fn account_status(account: &Account) -> (Tone, Status) {
    match account.status.as_str() {
        "deregistered" => (Tone::Quiet, Status::Deregistered),
        "disconnected" => (Tone::Wait, Status::Disconnected),
        "unhealthy" => (Tone::Bad, Status::NeedsAttention),
        _ if account.template_difference.is_some() => (Tone::Warn, Status::UpdateAvailable),
        _ => (Tone::Good, Status::Healthy),
    }
}

/// Words for the names that accounts have.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The access profiles, in the operator's words.
    pub choices: &'a Choices,
    /// The groups. Empty where all accounts are of one group.
    pub groups: &'a [Group],
}

impl Names<'_> {
    /// The titles, dangerous ones last.
    fn all_access(&self, look: &Look<'_>, names: &[String]) -> Markup {
        let profiles = names.iter().map(|name| self.choices.profile(name));
        let mut profiles = Vec::from_iter(profiles);
        profiles.sort_by_key(|profile| profile.dangerous);
        let titles = profiles.into_iter().map(|profile| profile.title);
        let titles = Vec::from_iter(titles).shown(look.language);
        html! { (titles) }
    }

    /// A group that was created meanwhile has no name here.
    fn group(&self, look: &Look<'_>, id: &str) -> Markup {
        let group = self.groups.iter().find(|group| group.group_id == id);
        html! {
            a.group href={"/groups/" (id)} {
                @match group {
                    Some(group) => { (chip(&group.color)) span { (group.name) } }
                    None => (look.say(&GroupPages::Group)),
                }
            }
        }
    }
}

fn account_name(account: &Account) -> Markup {
    html! {
        a href={"/accounts/" (account.account_id)} { (account.name) }
        span.sub { (account.region) }
    }
}

/// The accounts of one group.
fn account_table(look: &Look<'_>, names: Names<'_>, accounts: &[Account]) -> Markup {
    let rows = accounts.iter().map(|account| {
        let (tone, status) = account_status(account);
        [
            account_name(account),
            badge(look, tone, &status),
            digits(&account.aws_account_id),
            names.all_access(look, &account.requested_access),
            maybe_time(look, account.last_checked_at),
        ]
    });
    let columns: [&dyn Text; 5] = [
        &GroupPages::Account,
        &GroupPages::StatusColumn,
        &GroupPages::AwsAccount,
        &GroupPages::Access,
        &GroupPages::LastCheck,
    ];
    listing(look, &look.say(&GroupPages::AllAccounts), columns, rows)
}

/// The accounts of several groups.
pub(super) fn all_accounts_table(
    look: &Look<'_>,
    names: Names<'_>,
    accounts: &[Account],
) -> Markup {
    let rows = accounts.iter().map(|account| {
        let (tone, status) = account_status(account);
        [
            account_name(account),
            badge(look, tone, &status),
            names.group(look, &account.group_id),
            digits(&account.aws_account_id),
            names.all_access(look, &account.requested_access),
            maybe_time(look, account.last_checked_at),
        ]
    });
    let columns: [&dyn Text; 6] = [
        &GroupPages::Account,
        &GroupPages::StatusColumn,
        &GroupPages::Group,
        &GroupPages::AwsAccount,
        &GroupPages::Access,
        &GroupPages::LastCheck,
    ];
    listing(look, &look.say(&GroupPages::AllAccounts), columns, rows)
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

fn waiting_table(look: &Look<'_>, registrations: &[Registration]) -> Markup {
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
    listing(look, &look.say(&GroupPages::TabWaiting), columns, rows)
}
