//! Input for the fuzz targets: seeds, samples and generated variations.

use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

#[derive(Debug, Clone)]
pub struct Seed {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The samples that a target uses in addition to its own seeds; `fuzz/run` has the same list.
fn samples(target: &str) -> Option<&'static str> {
    match target {
        "api_request" => Some("registration-api"),
        "callback_request" => Some("stack-callback"),
        "console_request" => Some("console"),
        "event" => Some("stack-cleanup"),
        "queue_message" => Some("account-health"),
        "stream_record" => Some("event-publisher"),
        _ => None,
    }
}

pub fn seeds(target: &str) -> Vec<Seed> {
    let own = root().join("fuzz/seeds").join(target);
    let samples = samples(target).map(|folder| root().join("events").join(folder));
    let mut seeds = Vec::new();
    for folder in [Some(own), samples].into_iter().flatten() {
        for file in std::fs::read_dir(folder).expect("a folder of seeds") {
            let path = file.expect("readable").path();
            let bytes = std::fs::read(&path).expect("readable");
            seeds.push(Seed { path, bytes });
        }
    }
    seeds.sort_by(|a, b| a.path.cmp(&b.path));
    seeds
}

/// Bytes of every kind: noise, text, JSON and modified seeds.
pub fn anything(seeds: Vec<Seed>) -> BoxedStrategy<Vec<u8>> {
    let noise = vec(any::<u8>(), 0..300);
    let text = "\\PC{0,300}".prop_map(String::into_bytes);
    let json = value().prop_map(|value| value.to_string().into_bytes());
    prop_oneof![
        1 => noise,
        1 => text,
        1 => json,
        3 => with_other_bytes(seeds.clone()),
        4 => with_other_values(seeds),
        2 => lookalikes().prop_map(String::into_bytes),
    ]
    .boxed()
}

/// Names and ARNs that are valid or almost valid.
fn lookalikes() -> impl Strategy<Value = String> {
    prop_oneof![
        "arn:aws(-cn|-us-gov)?:iam::[0-9]{11,13}:role/(rolecall/)?[A-Za-z0-9_+=,.@/-]{0,66}",
        "arn:aws(-cn|-us-gov)?:cloudformation:(us-east|cn-north|us-gov-west)-[0-9]:[0-9]{12}:stack/[a-z][a-z0-9-]{0,9}/[a-z0-9-]{1,9}",
        "[a-z]{2}-(gov-)?[a-z]{1,9}-[0-9]{1,2}",
        "(grp|reg|acc|stk)_[0-9a-f]{32}",
        "reg_[0-9a-f]{32}\\.[A-Za-z0-9_-]{42,44}",
        "(us-east-1|cn-north-1)\nhttps://cloudformation-custom-resource-response-(useast1|cnnorth1)\\.s3[.-](us-east-1\\.)?amazonaws\\.com(\\.cn)?[/:@?#.]{0,2}\\PC{0,9}",
        "[a-c\\x00]{0,3}\n[a-c\\x00]{0,3}\n[a-c\\x00]{0,3}\n[A-Za-z0-9_-]{0,30}",
    ]
}

/// A seed with replaced, removed or truncated bytes.
fn with_other_bytes(seeds: Vec<Seed>) -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<Index>(), 0..9_usize, vec(any::<u8>(), 0..9));
    (select(seeds), vec(change, 1..4), any::<bool>()).prop_map(|(seed, changes, ends)| {
        let mut bytes = seed.bytes;
        for (at, length, new) in changes {
            let start = at.index(bytes.len() + 1);
            let end = bytes.len().min(start + length);
            bytes.splice(start..end, new);
            if ends {
                bytes.truncate(start);
            }
        }
        bytes
    })
}

/// A seed with one value replaced or removed at any place; seeds that are not JSON stay unchanged.
fn with_other_values(seeds: Vec<Seed>) -> impl Strategy<Value = Vec<u8>> {
    (select(seeds), any::<Index>(), proptest::option::of(value())).prop_map(|(seed, at, new)| {
        let Ok(mut json) = serde_json::from_slice::<Value>(&seed.bytes) else {
            return seed.bytes;
        };
        let mut places = Vec::new();
        find_places(&json, String::new(), &mut places);
        let place = &places[at.index(places.len())];
        match (new, place.rsplit_once('/')) {
            (Some(new), _) => *json.pointer_mut(place).expect("an existing place") = new,
            (None, Some((parent, name))) => {
                if let Some(Value::Object(fields)) = json.pointer_mut(parent) {
                    fields.remove(name);
                }
            }
            (None, None) => {}
        }
        json.to_string().into_bytes()
    })
}

/// JSON pointers to a value and everything in it.
fn find_places(value: &Value, path: String, places: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                find_places(field, format!("{path}/{name}"), places);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_places(item, format!("{path}/{index}"), places);
            }
        }
        _ => {}
    }
    places.push(path);
}

/// Any JSON value of moderate size.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,40}".prop_map(Value::from),
        "[\\x00-\\x1f\"\\\\]{0,1100}".prop_map(Value::from),
        lookalikes().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[A-Za-z_]{0,12}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}
