//! The list of all accounts, with its filters.

use super::groups::{Names, all_accounts_table};
use super::layout::{Frame, Look, Menu, page};
use super::parts::pages;
use crate::model::Page;
use crate::model::records::Account;
use maud::{Markup, html};
use rolecall_domain::messages::{GroupPages, Status};

/// The filters of the list of all accounts, as in its URL.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filters<'a> {
    pub search: &'a str,
    pub status: &'a str,
    pub access: &'a str,
}

const STATUSES: [(&str, Status); 4] = [
    ("active", Status::Healthy),
    ("unhealthy", Status::NeedsAttention),
    ("disconnected", Status::Disconnected),
    ("deregistered", Status::Deregistered),
];

/// The list of all accounts.
pub fn accounts(
    look: &Look<'_>,
    filters: Filters<'_>,
    names: Names<'_>,
    list: &Page<Account>,
) -> Markup {
    let title = look.say(&GroupPages::AllAccounts);
    let is_filtered =
        !(filters.search.is_empty() && filters.status.is_empty() && filters.access.is_empty());
    let content = html! {
        div.head.between-row { h1 { (title) } }
        (filter_form(look, filters, names))
        @if list.items.is_empty() {
            section.card.empty {
                h2 { (look.say(match is_filtered {
                    true => &GroupPages::NoneFound,
                    false => &GroupPages::NoAccountsAtAll,
                })) }
                @if is_filtered { p { a href="/accounts" { (look.say(&GroupPages::ClearFilters)) } } }
            }
        } @else { (all_accounts_table(look, names, &list.items)) }
        (pages(look, list.next_cursor.as_deref()))
        @if !list.items.is_empty() { (exports(look)) }
    };
    page(look, &title, Frame::wide(Menu::Accounts), &content)
}

fn filter_form(look: &Look<'_>, filters: Filters<'_>, names: Names<'_>) -> Markup {
    html! {
        form.card.filters method="get" action="/accounts" role="search" {
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
