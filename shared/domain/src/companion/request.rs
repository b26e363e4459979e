//! Companion roles as a request asks for them.

use super::kind::Kind;
use super::options::Options;
use super::role::CompanionRole;
use super::spec::RoleKind;
use super::value::{Asked, Wrong};
use serde_json::{Map, Value};

/// Each kind once at most, in the catalogue's order.
///
/// # Errors
/// Everything that is wrong, by field.
pub fn read_all(list: &Value, asked: &Asked<'_>) -> Result<Vec<CompanionRole>, Vec<Wrong>> {
    const FIELD: &str = "companion_roles";
    let Value::Array(items) = list else {
        return Err(vec![Wrong::new(FIELD, "invalid", "must be a list")]);
    };
    let (mut roles, mut wrong): (Vec<CompanionRole>, Vec<Wrong>) = (Vec::new(), Vec::new());
    for (at, item) in items.iter().enumerate() {
        let parent = format!("{FIELD}[{at}]");
        match read_one(item, asked) {
            Ok(role) if roles.iter().any(|known| known.kind == role.kind) => {
                let message = "is there twice; a stack makes one role of a kind";
                wrong.push(Wrong::new("kind", "duplicate", message).within(&parent));
            }
            Ok(role) => roles.push(role),
            Err(errors) => wrong.extend(errors.into_iter().map(|one| one.within(&parent))),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let place = |role: &CompanionRole| Kind::companions().position(|kind| kind == role.kind);
    roles.sort_by_key(place);
    Ok(roles)
}

fn read_one(item: &Value, asked: &Asked<'_>) -> Result<CompanionRole, Vec<Wrong>> {
    let Value::Object(fields) = item else {
        return Err(vec![Wrong::new("", "invalid", "must be an object")]);
    };
    let mut wrong: Vec<Wrong> = fields
        .keys()
        .filter(|field| !["kind", "options"].contains(&field.as_str()))
        .map(|field| Wrong::new(field, "unknown_field", "is not a field of a companion role"))
        .collect();
    let kind = match read_kind(fields.get("kind")) {
        Ok(kind) => kind,
        Err(error) => {
            wrong.push(error);
            return Err(wrong);
        }
    };
    let none = Map::new();
    let options = match fields.get("options") {
        None | Some(Value::Null) => &none,
        Some(Value::Object(options)) => options,
        Some(_) => {
            wrong.push(Wrong::new("options", "invalid", "must be an object"));
            return Err(wrong);
        }
    };
    match Options::read(kind, options, asked) {
        Ok(options) if wrong.is_empty() => Ok(CompanionRole { kind, options }),
        Ok(_) => Err(wrong),
        Err(errors) => {
            wrong.extend(errors.into_iter().map(|error| error.within("options")));
            Err(wrong)
        }
    }
}

fn read_kind(value: Option<&Value>) -> Result<Kind, Wrong> {
    let name = match value {
        None | Some(Value::Null) => return Err(Wrong::new("kind", "required", "is required")),
        Some(value) => value.as_str().unwrap_or_default(),
    };
    match Kind::parse(name) {
        Some(kind) if kind.always => Err(Wrong::new(
            "kind",
            "always_there",
            "is made by every stack; leave it out",
        )),
        Some(kind) => Ok(kind),
        None => {
            let known: Vec<&str> = RoleKind::companions().map(|kind| kind.name).collect();
            let message = format!("must be one of {}", known.join(", "));
            Err(Wrong::new("kind", "unknown_kind", message))
        }
    }
}
