//! Parses the companion roles of a request.

use super::kind::Kind;
use super::options::Options;
use super::role::RequestedRole;
use super::spec::RoleKind;
use super::value::Asked;
use crate::messages::{Alternatives, Rule};
use crate::text::FieldError;
use serde_json::{Map, Value};

/// Each kind at most once, in the catalog's order.
///
/// # Errors
/// All errors, by field.
pub fn read_all(list: &Value, asked: &Asked<'_>) -> Result<Vec<RequestedRole>, Vec<FieldError>> {
    const FIELD: &str = "companion_roles";
    let Value::Array(items) = list else {
        return Err(vec![FieldError::of(FIELD, "invalid", Rule::MustBeArray)]);
    };
    let (mut roles, mut wrong): (Vec<RequestedRole>, Vec<FieldError>) = (Vec::new(), Vec::new());
    for (at, item) in items.iter().enumerate() {
        let parent = format!("{FIELD}[{at}]");
        match read_one(item, asked) {
            Ok(role) if roles.iter().any(|known| known.kind == role.kind) => {
                let error = FieldError::of("kind", "duplicate", Rule::DuplicateRoleKind);
                wrong.push(error.within(&parent));
            }
            Ok(role) => roles.push(role),
            Err(errors) => wrong.extend(errors.into_iter().map(|one| one.within(&parent))),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let place = |role: &RequestedRole| Kind::companions().position(|kind| kind == role.kind);
    roles.sort_by_key(place);
    Ok(roles)
}

fn read_one(item: &Value, asked: &Asked<'_>) -> Result<RequestedRole, Vec<FieldError>> {
    let Value::Object(fields) = item else {
        return Err(vec![FieldError::of("", "invalid", Rule::MustBeObject)]);
    };
    let mut wrong: Vec<FieldError> = fields
        .keys()
        .filter(|field| !["kind", "options"].contains(&field.as_str()))
        .map(|field| FieldError::of(field, "unknown_field", Rule::UnknownField))
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
            wrong.push(FieldError::of("options", "invalid", Rule::MustBeObject));
            return Err(wrong);
        }
    };
    match Options::read(kind, options, asked) {
        Ok(options) if wrong.is_empty() => Ok(RequestedRole { kind, options }),
        Ok(_) => Err(wrong),
        Err(errors) => {
            wrong.extend(errors.into_iter().map(|error| error.within("options")));
            Err(wrong)
        }
    }
}

fn read_kind(value: Option<&Value>) -> Result<Kind, FieldError> {
    let name = match value {
        None | Some(Value::Null) => return Err(FieldError::of("kind", "required", Rule::Required)),
        Some(value) => value.as_str().unwrap_or_default(),
    };
    match Kind::parse(name) {
        Some(kind) if kind.always => Err(FieldError::of(
            "kind",
            "always_there",
            Rule::HubRoleIsAlwaysThere,
        )),
        Some(kind) => Ok(kind),
        None => {
            let kinds = Alternatives::of(RoleKind::companions().map(|kind| kind.name));
            let rule = Rule::UnknownRoleKind { kinds };
            Err(FieldError::of("kind", "unknown_kind", rule))
        }
    }
}
