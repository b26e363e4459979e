//! Lists of accounts: of all, and of one group.

use super::layout::{Frame, Look, Menu, page};
use super::lists::{listing, order, order_field, pages};
use super::parts::{Text, Tone, badge, chip, digits, maybe_time};
use crate::model::records::{Account, Group};
use crate::model::{Choices, Page};
use maud::{Markup, html};
use rolecall_domain::messages::{GroupPages, Parameter, Status};

/// The filters of a list, as in its URL.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filters<'a> {
    pub search: &'a str,
    pub status: &'a str,
    pub access: &'a str,
}

impl Filters<'_> {
    fn is_any(&self) -> bool {
        !(self.search.is_empty() && self.status.is_empty() && self.access.is_empty())
    }
}

const STATUSES: [(&str, Status); 4] = [
    ("active", Status::Healthy),
    ("unhealthy", Status::NeedsAttention),
    ("disconnected", Status::Disconnected),
    ("deregistered", Status::Deregistered),
];

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
    /// The groups; `None` where all accounts are of one group.
    pub groups: Option<&'a [Group]>,
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
    fn group(look: &Look<'_>, groups: &[Group], id: &str) -> Markup {
        let group = groups.iter().find(|group| group.group_id == id);
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

/// The list of all accounts.
pub fn accounts(
    look: &Look<'_>,
    filters: Filters<'_>,
    names: Names<'_>,
    list: &Page<Account>,
) -> Markup {
    let title = look.say(&GroupPages::AllAccounts);
    let nothing = html! { h2 { (look.say(&GroupPages::NoAccountsAtAll)) } };
    let content = html! {
        div.head.between-row { h1 { (title) } }
        (account_list(look, filters, names, list, &nothing))
        @if !list.items.is_empty() { (exports(look)) }
    };
    page(look, &title, Frame::wide(Menu::Accounts), &content)
}

/// Accounts with their filters. `nothing` is shown where there are none at all.
pub(super) fn account_list(
    look: &Look<'_>,
    filters: Filters<'_>,
    names: Names<'_>,
    list: &Page<Account>,
    nothing: &Markup,
) -> Markup {
    let is_empty = list.items.is_empty();
    html! {
        @if !is_empty || filters.is_any() { (filter_form(look, filters, names)) }
        @if !is_empty {
            (order(look, list))
            (account_table(look, names, &list.items))
        } @else if filters.is_any() {
            section.card.empty {
                h2 { (look.say(&GroupPages::NoneFound)) }
                p { a href=(look.path) { (look.say(&GroupPages::ClearFilters)) } }
            }
        } @else { section.card.empty { (nothing) } }
        (pages(look, list.next_cursor.as_deref()))
    }
}

fn account_table(look: &Look<'_>, names: Names<'_>, accounts: &[Account]) -> Markup {
    let rows = accounts.iter().map(|account| {
        let (tone, status) = account_status(account);
        let mut cells = vec![account_name(account), badge(look, tone, &status)];
        cells.extend(
            names
                .groups
                .map(|groups| Names::group(look, groups, &account.group_id)),
        );
        cells.push(digits(&account.aws_account_id));
        cells.push(names.all_access(look, &account.requested_access));
        cells.push(maybe_time(look, account.last_checked_at));
        cells
    });
    let mut columns: Vec<&dyn Text> = vec![&GroupPages::Account, &GroupPages::StatusColumn];
    columns.extend(names.groups.map(|_| &GroupPages::Group as &dyn Text));
    columns.extend([
        &GroupPages::AwsAccount as &dyn Text,
        &GroupPages::Access,
        &GroupPages::LastCheck,
    ]);
    listing(look, &look.say(&GroupPages::AllAccounts), &columns, rows)
}

fn filter_form(look: &Look<'_>, filters: Filters<'_>, names: Names<'_>) -> Markup {
    html! {
        form.card.filters method="get" action=(look.path) role="search" {
            (order_field(look))
            label for="search" {
                (look.say(&GroupPages::Search))
                input #search type="search" name="search" value=(filters.search)
                    placeholder=(look.say(&GroupPages::SearchHint));
            }
            label for="status" {
                (look.say(&GroupPages::StatusColumn))
                select #status name="status" {
                    option value="" { (look.say(&GroupPages::AnyStatus)) }
                    @for (value, status) in &STATUSES {
                        option value=(value) selected[filters.status == *value] { (look.say(status)) }
                    }
                }
            }
            label for="access" {
                (look.say(&GroupPages::Access))
                select #access name="access" {
                    option value="" { (look.say(&GroupPages::AnyAccess)) }
                    @for (name, title) in access_options(filters, names) {
                        option value=(name) selected[filters.access == name] { (title) }
                    }
                }
            }
            button.button { (look.say(&GroupPages::Filter)) }
        }
    }
}

/// The profiles to choose from, as the API sorts them, and the chosen one if it is no longer published.
fn access_options<'a>(filters: Filters<'a>, names: Names<'a>) -> Vec<(&'a str, &'a str)> {
    let options = names.choices.access.iter();
    let options = options.map(|one| (&*one.access.name, &*one.access.title));
    let mut options = Vec::from_iter(options);
    let chosen = filters.access;
    if !chosen.is_empty() && options.iter().all(|(name, _)| *name != chosen) {
        options.push((chosen, chosen));
    }
    options
}

/// The export formats that most people need.
fn exports(look: &Look<'_>) -> Markup {
    let formats = [
        ("csv", GroupPages::AsCsv),
        ("aws-config", GroupPages::AsAwsConfig),
        ("json", GroupPages::AsJson),
    ];
    html! {
        div.row role="group" aria-labelledby="exports" {
            span.muted.small #exports { (look.say(&GroupPages::Export)) }
            @for (format, title) in formats {
                a.button.small href={"/export?format=" (format)} { (look.say(&title)) }
            }
        }
    }
}
