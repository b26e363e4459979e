//! What is new about a registration. Pure: two looks at it, and what changed.

use serde_json::Value;

use crate::failure::Failure;

/// What was last seen of a registration.
#[derive(Debug, Default)]
pub(super) struct Watch {
    attempt: Value,
    link: Value,
}

/// What a look shows for the first time.
#[derive(Debug, PartialEq)]
pub(super) enum News {
    /// An attempt was refused: its report.
    Refused(Value),
    /// The link, or another one than before.
    Link(String),
    /// The stack of the link reports nothing by itself.
    Paste,
}

/// How it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Pending,
    Completed { account_id: String },
    Over { status: String },
}

impl Watch {
    /// Takes a look.
    pub(super) fn look(&mut self, registration: &Value) -> Result<(Vec<News>, Standing), Failure> {
        let standing = standing(registration)?;
        let mut news = Vec::new();
        if standing != Standing::Pending {
            return Ok((news, standing));
        }
        let attempt = &registration["last_report"];
        if !attempt.is_null() && *attempt != self.attempt {
            self.attempt = attempt.clone();
            news.push(News::Refused(attempt.clone()));
        }
        let link = &registration["quick_create_url"];
        if let (Some(url), true) = (link.as_str(), *link != self.link) {
            news.push(News::Link(url.to_owned()));
            self.link = link.clone();
            if registration["report_by"] == "paste" {
                news.push(News::Paste);
            }
        }
        Ok((news, standing))
    }
}

fn standing(registration: &Value) -> Result<Standing, Failure> {
    let status = registration["status"].as_str();
    match (status, registration["account_id"].as_str()) {
        (Some("pending"), _) => Ok(Standing::Pending),
        (Some("completed"), Some(id)) => {
            let account_id = crate::args::ids::account(id);
            let account_id = account_id.map_err(Failure::Unusable)?;
            Ok(Standing::Completed { account_id })
        }
        (Some(status @ ("expired" | "revoked")), _) => Ok(Standing::Over {
            status: status.to_owned(),
        }),
        _ => Err(Failure::Unusable("it is no registration".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::{News, Standing, Watch};
    use serde_json::{Value, json};

    fn look(watch: &mut Watch, registration: Value) -> (Vec<News>, Standing) {
        watch.look(&registration).expect("a registration")
    }

    #[test]
    fn each_attempt_and_each_link_is_news_once() {
        let mut watch = Watch::default();
        let (a, b) = ("https://a", "https://b");
        let fresh = json!({"status": "pending", "last_report": null, "quick_create_url": a});
        let (news, standing) = look(&mut watch, fresh.clone());
        assert_eq!(
            (news, standing),
            (vec![News::Link(a.into())], Standing::Pending)
        );
        assert_eq!(look(&mut watch, fresh).0, []);
        let report = json!({"code": "verification_failed"});
        let refused = json!({"status": "pending", "last_report": report, "quick_create_url": b});
        let (news, _) = look(&mut watch, refused.clone());
        assert_eq!(news, [News::Refused(report), News::Link(b.into())]);
        assert_eq!(look(&mut watch, refused).0, []);
    }

    #[test]
    fn a_stack_that_reports_nothing_is_told_with_the_link() {
        let mut watch = Watch::default();
        let silent =
            json!({"status": "pending", "report_by": "paste", "quick_create_url": "https://a"});
        let (news, _) = look(&mut watch, silent.clone());
        assert_eq!(news, [News::Link("https://a".into()), News::Paste]);
        assert_eq!(look(&mut watch, silent).0, []);
    }

    #[test]
    fn an_end_is_an_end() {
        let id = format!("acc_{:032}", 7);
        let completed = json!({"status": "completed", "account_id": id});
        let (_, standing) = look(&mut Watch::default(), completed);
        assert_eq!(standing, Standing::Completed { account_id: id });
        let revoked = json!({"status": "revoked", "account_id": null});
        let (_, standing) = look(&mut Watch::default(), revoked);
        let status = "revoked".to_owned();
        assert_eq!(standing, Standing::Over { status });
        for wrong in [
            json!({}),
            json!({"status": "completed", "account_id": "../x"}),
        ] {
            assert!(Watch::default().look(&wrong).is_err(), "{wrong}");
        }
    }
}
