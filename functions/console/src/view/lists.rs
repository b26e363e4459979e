//! Lists of records: a table, its order and its pages. All of it is in the URL.

use super::layout::Look;
use super::parts::{Text, percent_encoded};
use crate::model::Page;
use maud::{Markup, html};
use rolecall_domain::messages::Chrome;

/// A table of records: the first column names the record, and the second has its status. On a narrow screen, the
/// style sheet makes each row a card. The roles are explicit, because a restyled table could lose its own.
pub fn listing(
    look: &Look<'_>,
    label: &str,
    columns: &[&dyn Text],
    rows: impl IntoIterator<Item = impl AsRef<[Markup]>>,
) -> Markup {
    let columns: Vec<String> = columns.iter().map(|column| column.text(look)).collect();
    html! {
        section.card.table {
            div.scroll tabindex="0" role="region" aria-label=(label) {
                table.listing role="table" aria-label=(label) {
                    thead role="rowgroup" {
                        tr role="row" { @for column in &columns { th role="columnheader" scope="col" { (column) } } }
                    }
                    tbody role="rowgroup" { @for row in rows { tr role="row" { (cells(&columns, row.as_ref())) } } }
                }
            }
        }
    }
}

fn cells(columns: &[String], row: &[Markup]) -> Markup {
    html! {
        @for (number, (column, cell)) in columns.iter().zip(row).enumerate() {
            @match number {
                0 => th role="rowheader" scope="row" { (cell) },
                1 => td role="cell" { (cell) },
                _ => td role="cell" data-label=(column) { (cell) },
            }
        }
    }
}

/// The URL of this list from its beginning, with these parameters and all others that it has. An empty value
/// removes a parameter.
pub fn address(look: &Look<'_>, changed: &[(&str, &str)]) -> String {
    let kept = look.query.split('&').filter(|part| {
        let name = part.split('=').next().unwrap_or_default();
        !part.is_empty() && name != "cursor" && changed.iter().all(|(it, _)| *it != name)
    });
    let added = changed.iter().filter(|(_, value)| !value.is_empty());
    let added = added.map(|(name, value)| format!("{name}={}", percent_encoded(value)));
    let query: Vec<String> = kept.map(str::to_owned).chain(added).collect();
    match query.is_empty() {
        true => look.path.to_owned(),
        false => format!("{}?{}", look.path, query.join("&")),
    }
}

/// A parameter of the URL that no page encodes.
fn parameter<'a>(look: &Look<'a>, name: &str) -> Option<&'a str> {
    let mut parts = look
        .query
        .split('&')
        .filter_map(|part| part.split_once('='));
    parts.find(|(it, _)| *it == name).map(|(_, value)| value)
}

fn is_newest_first(look: &Look<'_>) -> bool {
    parameter(look, "order") == Some(NEWEST)
}

/// Keeps the order of the list when a form with filters is sent.
pub fn order_field(look: &Look<'_>) -> Markup {
    html! {
        @if is_newest_first(look) { input type="hidden" name="order" value=(NEWEST); }
    }
}

const NEWEST: &str = "newest_first";

/// Sorts a list, by creation time.
pub fn order<T>(look: &Look<'_>, list: &Page<T>) -> Markup {
    let is_newest = is_newest_first(look);
    let is_part = list.next_cursor.is_some() || parameter(look, "cursor").is_some();
    let choices = [
        ("", Chrome::OldestFirst, !is_newest),
        (NEWEST, Chrome::NewestFirst, is_newest),
    ];
    html! {
        @if list.items.len() > 1 || is_part {
            nav.order aria-label=(look.say(&Chrome::Order)) {
                @for (value, title, is_chosen) in &choices {
                    a href=(address(look, &[("order", value)])) aria-current=[is_chosen.then_some("true")] { (look.say(title)) }
                }
            }
        }
    }
}

/// A link to the next page of a list, and back to the first.
pub fn pages(look: &Look<'_>, next_cursor: Option<&str>) -> Markup {
    let first = address(look, &[]);
    let is_first = parameter(look, "cursor").is_none();
    html! {
        @if !is_first || next_cursor.is_some() {
            nav.row aria-label=(look.say(&Chrome::Pages)) {
                @if !is_first { a.button.small href=(first) { (look.say(&Chrome::FirstPage)) } }
                @if let Some(cursor) = next_cursor {
                    a.button.small rel="next" href=(address(look, &[("cursor", cursor)])) { (look.say(&Chrome::NextPage)) }
                }
            }
        }
    }
}
