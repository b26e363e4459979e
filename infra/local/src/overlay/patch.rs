//! One change of a parsed template.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// A change at a position in the template. A position is a JSON pointer, in which the segment `[Sid=X]`
/// is the only item of a list whose member `Sid` is `X`.
#[derive(Debug, Clone, PartialEq)]
pub enum Patch {
    /// Sets an existing value.
    Set { at: String, value: Value },
    /// Replaces an expected value.
    Replace { at: String, old: Value, new: Value },
    /// Adds a member that an object does not have.
    Add {
        at: String,
        name: String,
        value: Value,
    },
    /// Removes a member of an object, or an item of a list.
    Remove { at: String },
}

impl Patch {
    /// # Errors
    /// When the patch does not fit the template.
    pub fn apply(&self, template: &mut Value) -> Result<()> {
        match self {
            Self::Set { at, value } => {
                *find(template, at)? = value.clone();
            }
            Self::Replace { at, old, new } => {
                let place = find(template, at)?;
                ensure!(place == old, "{at} is {place}");
                *place = new.clone();
            }
            Self::Add { at, name, value } => {
                let place = find(template, at)?.as_object_mut();
                let place = place.with_context(|| format!("{at} is not an object"))?;
                ensure!(!place.contains_key(name), "{at} has {name} already");
                place.insert(name.clone(), value.clone());
            }
            Self::Remove { at } => {
                let (parent, last) = at.rsplit_once('/').context("not a position")?;
                let parent = find(template, parent)?;
                let missing = || format!("{at} does not exist");
                match parent {
                    Value::Object(members) => {
                        members.remove(last).with_context(missing)?;
                    }
                    Value::Array(items) => {
                        let index = index(items, last).with_context(missing)?;
                        items.remove(index);
                    }
                    _ => anyhow::bail!("{at} does not exist"),
                }
            }
        }
        Ok(())
    }
}

fn find<'a>(template: &'a mut Value, at: &str) -> Result<&'a mut Value> {
    let mut place = template;
    for segment in at.split('/').skip(1) {
        let next = match place {
            Value::Object(members) => members.get_mut(segment),
            Value::Array(items) => match index(items, segment) {
                Some(index) => items.get_mut(index),
                None => None,
            },
            _ => None,
        };
        place = next.with_context(|| format!("{at} does not exist ({segment})"))?;
    }
    Ok(place)
}

/// The index of an item: a number, or `[Name=value]` if exactly one item has this member.
fn index(items: &[Value], segment: &str) -> Option<usize> {
    if let Ok(number) = segment.parse() {
        return (number < items.len()).then_some(number);
    }
    let (name, value) = segment
        .strip_prefix('[')?
        .strip_suffix(']')?
        .split_once('=')?;
    let mut found = (0..items.len()).filter(|index| items[*index][name] == value);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document() -> Value {
        json!({"A": {"B": "b"}, "List": [{"Sid": "One"}, {"Sid": "Two"}, {"Sid": "Two"}, "text"]})
    }

    fn applied(patch: Patch) -> Result<Value> {
        let mut document = document();
        patch.apply(&mut document)?;
        Ok(document)
    }

    #[test]
    fn patch_changes_only_its_position() -> Result<()> {
        let at = |at: &str| at.to_owned();
        let mut expected = document();
        expected["A"]["B"] = json!(1);
        let set = Patch::Set {
            at: at("/A/B"),
            value: json!(1),
        };
        assert_eq!(applied(set)?, expected);
        let replace = Patch::Replace {
            at: at("/A/B"),
            old: json!("b"),
            new: json!(1),
        };
        assert_eq!(applied(replace)?, expected);
        let mut expected = document();
        expected["List"][0]["New"] = json!([]);
        let name = "New".to_owned();
        let add = Patch::Add {
            at: at("/List/[Sid=One]"),
            name,
            value: json!([]),
        };
        assert_eq!(applied(add)?, expected);
        let mut expected = document();
        expected["List"].as_array_mut().context("a list")?.remove(0);
        assert_eq!(
            applied(Patch::Remove {
                at: at("/List/[Sid=One]")
            })?,
            expected
        );
        let mut expected = document();
        expected["A"] = json!({});
        assert_eq!(applied(Patch::Remove { at: at("/A/B") })?, expected);
        Ok(())
    }

    #[test]
    fn patch_of_a_missing_position_is_an_error() {
        for at in [
            "/A/C",
            "/A/B/C",
            "/List/4",
            "/List/[Sid=Three]",
            "/List/[Sid=Two]",
            "/List/[Sid]",
            "/Nothing/At/All",
        ] {
            let at = at.to_owned();
            for patch in [
                Patch::Remove { at: at.clone() },
                Patch::Set {
                    at: at.clone(),
                    value: json!(1),
                },
                Patch::Replace {
                    at: at.clone(),
                    old: json!("b"),
                    new: json!(1),
                },
                Patch::Add {
                    at,
                    name: "New".to_owned(),
                    value: json!(1),
                },
            ] {
                assert!(applied(patch.clone()).is_err(), "{patch:?}");
            }
        }
    }

    #[test]
    fn patch_of_an_unexpected_value_is_an_error() {
        let replace = Patch::Replace {
            at: "/A/B".to_owned(),
            old: json!("c"),
            new: json!(1),
        };
        assert!(applied(replace).is_err());
        let (at, name) = ("/A".to_owned(), "B".to_owned());
        let add = Patch::Add {
            at,
            name,
            value: json!(1),
        };
        assert!(applied(add).is_err());
    }
}
