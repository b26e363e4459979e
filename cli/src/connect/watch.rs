//! Detects the changes of a registration between two responses.

use serde_json::Value;

use crate::error::Error;
use crate::ids;

/// What was reported last.
#[derive(Debug, Default)]
pub(super) struct Watch {
    progress: Value,
    attempt: Value,
    link: Value,
}

#[derive(Debug, PartialEq)]
pub(super) enum Change {
    /// A stack is being created: it passed its preflight.
    Started(Value),
    /// The started stack has registered.
    Verified,
    /// An attempt failed: the `last_attempt`.
    Failed(Value),
    /// The first link, or a new one.
    Link(String),
    /// The stack of the link does not report to the hub by itself.
    Paste,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Status {
    Pending,
    Completed { account_id: String },
    Ended { status: String },
}

impl Watch {
    pub(super) fn update(&mut self, registration: &Value) -> Result<(Vec<Change>, Status), Error> {
        let status = status(registration)?;
        let mut changes = Vec::new();
        if matches!(status, Status::Completed { .. }) && !self.progress.is_null() {
            changes.push(Change::Verified);
        }
        if status != Status::Pending {
            return Ok((changes, status));
        }
        let attempt = &registration["last_attempt"];
        if !attempt.is_null() && *attempt != self.attempt {
            changes.push(Change::Failed(attempt.clone()));
        }
        self.attempt = attempt.clone();
        let progress = &registration["progress"];
        if !progress.is_null() && *progress != self.progress {
            changes.push(Change::Started(progress.clone()));
        }
        self.progress = progress.clone();
        let link = &registration["quick_create_url"];
        if let (Some(url), true) = (link.as_str(), *link != self.link) {
            changes.push(Change::Link(url.to_owned()));
            self.link = link.clone();
            if registration["report_by"] == "paste" {
                changes.push(Change::Paste);
            }
        }
        Ok((changes, status))
    }
}

fn status(registration: &Value) -> Result<Status, Error> {
    let status = registration["status"].as_str();
    match (status, registration["account_id"].as_str()) {
        (Some("pending"), _) => Ok(Status::Pending),
        (Some("completed"), Some(id)) => {
            let account_id = ids::account(id).map_err(Error::InvalidResponse)?;
            Ok(Status::Completed { account_id })
        }
        (Some(status @ ("expired" | "revoked")), _) => Ok(Status::Ended {
            status: status.to_owned(),
        }),
        _ => Err(Error::InvalidResponse("not a registration".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, Status, Watch};
    use serde_json::{Value, json};

    fn update(watch: &mut Watch, registration: Value) -> (Vec<Change>, Status) {
        watch.update(&registration).expect("a registration")
    }

    #[test]
    fn attempt_and_link_are_reported_once() {
        let mut watch = Watch::default();
        let (a, b) = ("https://a", "https://b");
        let first = json!({"status": "pending", "last_attempt": null, "quick_create_url": a});
        let (changes, status) = update(&mut watch, first.clone());
        assert_eq!(changes, [Change::Link(a.into())]);
        assert_eq!(status, Status::Pending);
        assert_eq!(update(&mut watch, first).0, []);
        let attempt = json!({"code": "verification_failed"});
        let failed = json!({"status": "pending", "last_attempt": attempt, "quick_create_url": b});
        let (changes, _) = update(&mut watch, failed.clone());
        assert_eq!(changes, [Change::Failed(attempt), Change::Link(b.into())]);
        assert_eq!(update(&mut watch, failed).0, []);
    }

    #[test]
    fn each_stack_is_reported_when_it_starts_and_when_it_registers() {
        let mut watch = Watch::default();
        let pending = |progress: Value| json!({"status": "pending", "progress": progress});
        let (one, two) = (json!({"stack_id": "1"}), json!({"stack_id": "2"}));
        for (progress, expected) in [
            (Value::Null, vec![]),
            (one.clone(), vec![Change::Started(one.clone())]),
            (one.clone(), vec![]),
            (Value::Null, vec![]),
            (two.clone(), vec![Change::Started(two)]),
        ] {
            assert_eq!(update(&mut watch, pending(progress)).0, expected);
        }
        let id = format!("acc_{:032}", 7);
        let completed = json!({"status": "completed", "account_id": id, "progress": null});
        assert_eq!(update(&mut watch, completed.clone()).0, [Change::Verified]);
        // A pasted stack was never in progress.
        assert_eq!(update(&mut Watch::default(), completed).0, []);
    }

    #[test]
    fn paste_instructions_are_reported_with_the_link() {
        let mut watch = Watch::default();
        let paste =
            json!({"status": "pending", "report_by": "paste", "quick_create_url": "https://a"});
        let (changes, _) = update(&mut watch, paste.clone());
        assert_eq!(changes, [Change::Link("https://a".into()), Change::Paste]);
        assert_eq!(update(&mut watch, paste).0, []);
    }

    #[test]
    fn completed_and_ended_registrations_have_their_status() {
        let id = format!("acc_{:032}", 7);
        let completed = json!({"status": "completed", "account_id": id});
        let (_, status) = update(&mut Watch::default(), completed);
        assert_eq!(status, Status::Completed { account_id: id });
        let revoked = json!({"status": "revoked", "account_id": null});
        let (_, status) = update(&mut Watch::default(), revoked);
        let ended = "revoked".to_owned();
        assert_eq!(status, Status::Ended { status: ended });
        for invalid in [
            json!({}),
            json!({"status": "completed", "account_id": "../x"}),
        ] {
            assert!(Watch::default().update(&invalid).is_err(), "{invalid}");
        }
    }
}
