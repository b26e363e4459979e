//! A table's items, in the order of their keys and of its indexes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use serde_json::Value;

use super::{Item, Key};

/// An index: its name, its keys, and what it projects besides keys.
struct Index {
    name: &'static str,
    shard: &'static str,
    place: &'static str,
    projected: &'static [&'static str],
}

/// The indexes of the hub's table. The table of receipts has none of their attributes.
const INDEXES: [Index; 2] = [
    Index {
        name: "due",
        shard: "due_shard",
        place: "due_at",
        projected: &[],
    },
    Index {
        name: "changes",
        shard: "changes_shard",
        place: "changes_at",
        projected: &["tenant", "listed_status"],
    },
];

/// The place of an item in an index or a table: a number, or a text, and the item's own key.
pub(super) type Place = (i64, String, Key);

/// A part of a partition, in one direction.
pub(super) struct Part<'a> {
    pub(super) index: Option<&'a str>,
    pub(super) partition: String,
    pub(super) after: Option<Place>,
    pub(super) forward: bool,
}

/// Sorts after every sort key.
const LAST: &str = "\u{10ffff}";

fn between<T>(
    first: Bound<T>,
    last: Bound<T>,
    after: Option<T>,
    forward: bool,
) -> (Bound<T>, Bound<T>) {
    match after {
        None => (first, last),
        Some(after) if forward => (Bound::Excluded(after), last),
        Some(after) => (first, Bound::Excluded(after)),
    }
}

fn in_order<'a>(
    items: impl DoubleEndedIterator<Item = Item> + 'a,
    forward: bool,
) -> Box<dyn Iterator<Item = Item> + 'a> {
    if forward {
        Box::new(items)
    } else {
        Box::new(items.rev())
    }
}

/// Items are stored as text, which takes a twentieth of the memory of parsed values.
#[derive(Debug, Default)]
pub(super) struct Table {
    items: BTreeMap<Key, Box<str>>,
    /// The entries of each index by shard.
    entries: BTreeMap<(&'static str, String), BTreeSet<Place>>,
}

pub(super) fn read(text: &str) -> Item {
    serde_json::from_str(text).unwrap_or_default()
}

fn key_of(item: &Item) -> Key {
    let part = |name: &str| item.get(name).and_then(|value| value["S"].as_str());
    let part = |name: &str| part(name).unwrap_or_default().to_owned();
    (part("pk"), part("sk"))
}

fn index(name: &str) -> Option<&'static Index> {
    INDEXES.iter().find(|index| index.name == name)
}

/// The place of an item in the order of an index, or of the table.
pub(super) fn place_in(name: Option<&str>, item: &Item) -> Place {
    let place = name.and_then(index).and_then(|index| item.get(index.place));
    let number = place.and_then(|value| value["N"].as_str()?.parse().ok());
    let text = place.and_then(|value| value["S"].as_str());
    (
        number.unwrap_or_default(),
        text.unwrap_or_default().to_owned(),
        key_of(item),
    )
}

/// Whether an attribute is a part of the key of the table or the index.
pub(super) fn is_key(name: Option<&str>, attribute: &str) -> bool {
    let index = name.and_then(index);
    let own = index.is_some_and(|index| [index.shard, index.place].contains(&attribute));
    own || ["pk", "sk"].contains(&attribute)
}

impl Table {
    pub(super) fn get(&self, key: &Key) -> Option<Item> {
        self.items.get(key).map(|text| read(text))
    }

    pub(super) fn put(&mut self, key: Key, item: &Item) {
        self.remove(&key);
        for (shard, place) in entries(item) {
            self.entries.entry(shard).or_default().insert(place);
        }
        let text = serde_json::to_string(item).unwrap_or_default();
        self.items.insert(key, text.into_boxed_str());
    }

    pub(super) fn remove(&mut self, key: &Key) {
        let Some(before) = self.items.remove(key) else {
            return;
        };
        for (shard, place) in entries(&read(&before)) {
            if let Some(entries) = self.entries.get_mut(&shard) {
                entries.remove(&place);
            }
        }
    }

    /// The items of a partition of the table, or the entries of a shard of an index, in order: those after
    /// a place, or before it if the order is reversed.
    pub(super) fn partition<'a>(&'a self, of: &Part<'a>) -> Box<dyn Iterator<Item = Item> + 'a> {
        let name = of.index;
        let Some(index) = name.and_then(index) else {
            let key = of.after.clone().map(|(_, _, key)| key);
            let whole = |sk: &str| (of.partition.clone(), sk.to_owned());
            let (first, last) = (Bound::Included(whole("")), Bound::Included(whole(LAST)));
            let bounds = between(first, last, key, of.forward);
            let items = self.items.range(bounds).map(|(_, text)| read(text));
            return in_order(items, of.forward);
        };
        let shard = (index.name, of.partition.clone());
        let Some(entries) = self.entries.get(&shard) else {
            return Box::new(std::iter::empty());
        };
        let all = Bound::Unbounded;
        let keys = entries.range(between(all.clone(), all, of.after.clone(), of.forward));
        let entry = move |(_, _, key): &Place| {
            let mut item = self.get(key)?;
            item.retain(|attribute, _| {
                is_key(name, attribute) || index.projected.contains(&attribute.as_str())
            });
            Some(item)
        };
        in_order(keys.filter_map(entry), of.forward)
    }

    /// The items whose key has this text.
    pub(super) fn texts_with(&self, part: &str) -> Vec<String> {
        let items = self.items.iter();
        let own = items.filter(|((pk, sk), _)| pk.contains(part) || sk.contains(part));
        own.map(|(_, text)| text.to_string()).collect()
    }
}

/// The entries of an item in the indexes.
fn entries(item: &Item) -> Vec<((&'static str, String), Place)> {
    let entry = |index: &Index| {
        let shard = item.get(index.shard).map(|value: &Value| &value["S"]);
        let shard = shard.and_then(Value::as_str)?.to_owned();
        item.contains_key(index.place)
            .then(|| ((index.name, shard), place_in(Some(index.name), item)))
    };
    INDEXES.iter().filter_map(entry).collect()
}
