//! Read and write request units, as AWS bills them.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>

use serde::Serialize;
use serde_json::Value;

use super::Item;

const READ_STEP: usize = 4096;
const WRITE_STEP: usize = 1024;

/// Units since they were last taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Units {
    pub read: f64,
    /// All billed units, including those of the index.
    pub write: f64,
    pub index_write: f64,
}

impl Units {
    pub(super) fn read(&mut self, item: Option<&Item>, consistent: bool) {
        self.charge_read(item.map_or(0, size), consistent);
    }

    /// A query is billed for the total size of the items that it reads.
    pub(super) fn read_many(&mut self, items: &[Item], consistent: bool) {
        self.charge_read(items.iter().map(size).sum(), consistent);
    }

    fn charge_read(&mut self, size: usize, consistent: bool) {
        let steps = steps(size, READ_STEP);
        self.read += if consistent { steps } else { steps / 2.0 };
    }

    /// Billed for the larger of the old and the new item, and twice in a transaction. A rejected
    /// write costs the same.
    pub(super) fn write(&mut self, before: Option<&Item>, after: Option<&Item>, transacted: bool) {
        let larger = before.map_or(0, size).max(after.map_or(0, size));
        let times = if transacted { 2.0 } else { 1.0 };
        let index = index_writes(before, after);
        self.write += times * steps(larger, WRITE_STEP) + index;
        self.index_write += index;
    }
}

/// Units are whole steps, at least one.
fn steps(size: usize, step: usize) -> f64 {
    let steps = size.div_ceil(step).max(1);
    u32::try_from(steps).map_or(f64::INFINITY, f64::from)
}

/// The index `due` projects only keys, so an entry takes one unit; a changed entry is deleted and
/// put.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes>
fn index_writes(before: Option<&Item>, after: Option<&Item>) -> f64 {
    let entry = |item: Option<&Item>| {
        let item = item?;
        Some((item.get("due_shard")?.clone(), item.get("due_at")?.clone()))
    };
    match (entry(before), entry(after)) {
        (None, None) => 0.0,
        (Some(before), Some(after)) if before == after => 0.0,
        (Some(_), Some(_)) => 2.0,
        (Some(_), None) | (None, Some(_)) => 1.0,
    }
}

/// The size of names and values in bytes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
pub(super) fn size(item: &Item) -> usize {
    let attributes = item.iter();
    attributes
        .map(|(name, value)| name.len() + size_of(value))
        .sum()
}

/// A number takes one byte for every two digits and one more; a list or map takes three, and one
/// for each of its values.
fn size_of(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|typed| typed.iter().next()) else {
        return 0;
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().len();
    let number = |value: &Value| {
        let digits = value.as_str().unwrap_or_default();
        digits.trim_matches(['-', '0']).len().div_ceil(2) + 1
    };
    let all = |size: &dyn Fn(&Value) -> usize| {
        let values = value.as_array().into_iter().flatten();
        values.map(size).sum::<usize>()
    };
    match kind.as_str() {
        "S" => text(value),
        "N" => number(value),
        "SS" => all(&text),
        "NS" => all(&number),
        "L" => 3 + all(&|value| 1 + size_of(value)),
        "M" => {
            let values = value.as_object();
            3 + values.map_or(0, |values| values.len() + size(values))
        }
        // Base64 is a third longer than the decoded bytes.
        "B" => text(value) * 3 / 4,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn item(value: Value) -> Item {
        value.as_object().cloned().expect("an object")
    }

    fn filled(bytes: usize) -> Item {
        item(json!({"pk": {"S": "p".repeat(bytes - 2)}}))
    }

    #[test]
    fn item_size_counts_names_and_values() {
        let all = json!({
            "s": {"S": "four"}, "n": {"N": "1234567"}, "b": {"BOOL": true}, "x": {"NULL": true},
            "l": {"L": [{"S": "ab"}]}, "m": {"M": {"k": {"S": "v"}}}, "t": {"SS": ["a", "bc"]},
        });
        // One byte for each name, plus the values.
        assert_eq!(
            size(&item(all)),
            7 + 4 + 5 + 1 + 1 + (3 + 1 + 2) + (3 + 1 + 1 + 1) + 3
        );
    }

    #[test]
    fn reads_are_billed_per_four_kib_and_half_if_eventually_consistent() {
        let read = |bytes: usize, consistent| {
            let mut units = Units::default();
            units.read(Some(&filled(bytes)), consistent);
            units.read
        };
        assert_eq!((read(4096, true), read(4097, true)), (1.0, 2.0));
        assert_eq!((read(4096, false), read(4097, false)), (0.5, 1.0));
        let mut units = Units::default();
        units.read(None, true);
        assert_eq!(units.read, 1.0, "a missing item costs one unit, too");
        units.read_many(&[filled(3000), filled(3000)], false);
        assert_eq!(units.read, 2.0, "a query is billed for the sum");
    }

    #[test]
    fn writes_are_billed_per_kib_and_twice_in_a_transaction() {
        let write = |before: Option<usize>, after: Option<usize>, transacted| {
            let mut units = Units::default();
            let (before, after) = (before.map(filled), after.map(filled));
            units.write(before.as_ref(), after.as_ref(), transacted);
            units.write
        };
        assert_eq!(write(None, Some(1024), false), 1.0);
        assert_eq!(write(Some(3000), Some(10), false), 3.0);
        assert_eq!(write(Some(10), Some(1025), true), 4.0);
        assert_eq!(write(Some(2049), None, false), 3.0);
        assert_eq!(write(None, None, true), 2.0);
    }

    #[test]
    fn index_is_billed_when_an_entry_is_added_removed_or_moved() {
        let due = |at: &str| item(json!({"due_shard": {"S": "DUE#1"}, "due_at": {"N": at}}));
        let ended = item(json!({"due_shard": {"S": "DUE#1"}}));
        let index = |before: Option<&Item>, after: &Item| {
            let mut units = Units::default();
            units.write(before, Some(after), false);
            (units.index_write, units.write)
        };
        assert_eq!(index(None, &due("1")), (1.0, 2.0));
        assert_eq!(index(Some(&due("1")), &due("1")), (0.0, 1.0));
        assert_eq!(index(Some(&due("1")), &due("2")), (2.0, 3.0));
        assert_eq!(index(Some(&due("1")), &ended), (1.0, 2.0));
    }
}
