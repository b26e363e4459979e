//! What permission policies allow, action by action, and how two sets of them differ.

use super::{Effect, PolicyDocument, PolicyError, Scope, Statement, in_any_case, pattern};
use std::collections::BTreeSet;

/// One action on one resource, both perhaps with wildcards.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    pub action: String,
    pub resource: String,
}

/// Names that are compared, and differences that are told. A role's inline policies hold ten
/// thousand characters in all, but every action counts for every resource.
pub const MOST_NAMES: usize = 600;
const MOST_TOLD: usize = 100;

/// What `wanted` allows and `given` does not: what no statement gives, and what a denial takes away
/// that is not in `wanted` too. A statement that both have is no difference, whatever it says. A
/// denial under a condition is left to the condition.
///
/// # Errors
/// When there is more to compare than is worth the time.
pub fn missing_from(
    given: &[PolicyDocument],
    wanted: &[PolicyDocument],
) -> Result<BTreeSet<Grant>, PolicyError> {
    let has = |policies: &[PolicyDocument], one: &Statement| all(policies).any(|it| it == one);
    let lost: Vec<&Statement> = allows(wanted).filter(|one| !has(given, one)).collect();
    let denials = |one: &&Statement| one.effect == Effect::Deny && one.conditions.is_empty();
    let denials = all(given).filter(denials).filter(|one| !has(wanted, one));
    let denials: Vec<&Statement> = denials.collect();
    if lost.is_empty() && denials.is_empty() {
        return Ok(BTreeSet::new());
    }
    if all(given).chain(all(wanted)).map(names).sum::<usize>() > MOST_NAMES {
        return Err(PolicyError::TooLarge);
    }
    let mut missing = BTreeSet::new();
    for statement in allows(wanted) {
        let is_lost = lost.contains(&statement);
        for grant in grants(statement) {
            let given = !is_lost || allows(given).any(|one| gives(one, &grant, statement));
            let denied = denials.iter().any(|one| touches(one, &grant));
            if (!given || denied) && missing.len() < MOST_TOLD {
                missing.insert(grant.told());
            }
        }
    }
    Ok(missing)
}

/// Whether the document allows all that is wanted.
pub fn says_as_much(document: Option<&str>, wanted: &serde_json::Value) -> bool {
    let Some(document) = document else {
        return false;
    };
    let read = (
        PolicyDocument::parse(document),
        PolicyDocument::parse(&wanted.to_string()),
    );
    let (Ok(document), Ok(wanted)) = read else {
        return false;
    };
    missing_from(&[document], &[wanted]).is_ok_and(|missing| missing.is_empty())
}

fn all(policies: &[PolicyDocument]) -> impl Iterator<Item = &Statement> {
    policies.iter().flat_map(|policy| &policy.statements)
}

fn allows(policies: &[PolicyDocument]) -> impl Iterator<Item = &Statement> {
    all(policies).filter(|statement| statement.effect == Effect::Allow)
}

fn names(statement: &Statement) -> usize {
    let count = |scope: &Scope<String>| match scope {
        Scope::These(names) | Scope::AllBut(names) => names.len(),
    };
    let conditions = statement.conditions.iter();
    count(&statement.actions)
        + statement.resources.as_ref().map_or(0, count)
        + conditions.map(|one| 1 + one.values.len()).sum::<usize>()
}

#[derive(Clone, Copy)]
struct Pair<'a> {
    action: &'a str,
    resource: &'a str,
}

impl Pair<'_> {
    fn told(self) -> Grant {
        Grant {
            action: self.action.to_owned(),
            resource: self.resource.to_owned(),
        }
    }
}

/// What a statement speaks of. "All but some" counts as all: nobody can say how much that is.
fn grants(statement: &Statement) -> impl Iterator<Item = Pair<'_>> {
    let resources = named(statement.resources.as_ref());
    let actions = named(Some(&statement.actions)).into_iter();
    actions.flat_map(move |action| {
        let on = |resource| Pair { action, resource };
        resources.clone().into_iter().map(on)
    })
}

fn named(scope: Option<&Scope<String>>) -> Vec<&str> {
    match scope {
        Some(Scope::These(names)) => names.iter().map(String::as_str).collect(),
        Some(Scope::AllBut(_)) | None => vec!["*"],
    }
}

type Compare = fn(&str, &str) -> bool;

/// Whether the statement speaks of all of the grant, under no more conditions than the wanted one.
fn gives(statement: &Statement, grant: &Pair<'_>, wanted: &Statement) -> bool {
    let mut conditions = statement.conditions.iter();
    speaks_of(statement, grant, pattern::covers, pattern::overlap)
        && conditions.all(|one| wanted.conditions.contains(one))
}

/// Whether the statement speaks of any of the grant.
fn touches(statement: &Statement, grant: &Pair<'_>) -> bool {
    speaks_of(statement, grant, pattern::overlap, pattern::covers)
}

/// `these` compares with what a statement names, `others` with what it excepts.
fn speaks_of(statement: &Statement, grant: &Pair<'_>, these: Compare, others: Compare) -> bool {
    let Pair { action, resource } = *grant;
    let actions = match &statement.actions {
        Scope::These(names) => names.iter().any(|name| in_any_case(these, name, action)),
        Scope::AllBut(names) => !names.iter().any(|name| in_any_case(others, name, action)),
    };
    let resources = || match &statement.resources {
        Some(Scope::These(names)) => names.iter().any(|name| these(name, resource)),
        Some(Scope::AllBut(names)) => !names.iter().any(|name| others(name, resource)),
        None => true,
    };
    actions && resources()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(statements: &str) -> Vec<PolicyDocument> {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        vec![PolicyDocument::parse(&text).expect("a policy")]
    }

    fn allow(action: &str, resource: &str) -> String {
        format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#)
    }

    /// Whether the statements allow all of the action on the resource.
    fn gives(statements: &str, action: &str, resource: &str) -> bool {
        let missing = missing_from(&policy(statements), &policy(&allow(action, resource)));
        missing.expect("comparable").is_empty()
    }

    #[test]
    fn one_statement_gives_what_its_patterns_cover() {
        let some = allow("s3:Get*", "arn:aws:s3:::a/*");
        assert!(gives(&some, "S3:GetObject", "arn:aws:s3:::a/b"));
        assert!(!gives(&some, "s3:*", "arn:aws:s3:::a/b"));
        assert!(!gives(&some, "s3:GetObject", "*"));
        let others = r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#;
        assert!(gives(others, "s3:GetObject", "*"));
        assert!(!gives(others, "iam:GetRole", "*"));
        assert!(!gives(others, "*", "*"));
    }

    #[test]
    fn a_denial_takes_away_what_it_touches() {
        let denied = allow("s3:*", "*")
            + r#",{"Effect":"Deny","Action":"s3:Put*","Resource":"arn:aws:s3:::a/*"}"#;
        assert!(gives(&denied, "s3:GetObject", "*"));
        assert!(!gives(&denied, "s3:PutObject", "*"));
        assert!(gives(&denied, "s3:PutObject", "arn:aws:s3:::b"));
    }

    #[test]
    fn a_policy_lacks_nothing_of_itself() {
        for statements in [
            r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#.to_owned(),
            r#"{"Effect":"Allow","Action":"s3:*","NotResource":["a*","b*"]}"#.to_owned(),
            allow("s3:*", "*") + r#",{"Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}"#,
        ] {
            let own = policy(&statements);
            assert_eq!(
                missing_from(&own, &own),
                Ok(BTreeSet::new()),
                "{statements}"
            );
        }
        let reordered = |list: &str| {
            policy(&format!(
                r#"{{"Effect":"Allow","NotAction":{list},"Resource":"*"}}"#
            ))
        };
        let (one, other) = (reordered(r#"["a:b","c:d"]"#), reordered(r#"["c:d","a:b"]"#));
        assert_eq!(missing_from(&one, &other), Ok(BTreeSet::new()));
    }

    #[test]
    fn what_is_too_much_to_tell_apart_is_not_multiplied_out() {
        let names = |letter: &str| {
            let all: Vec<String> = (0..MOST_NAMES)
                .map(|n| format!("\"{letter}{n}\""))
                .collect();
            all.join(",")
        };
        let huge = policy(&format!(
            r#"{{"Effect":"Allow","Action":[{}],"Resource":[{}]}}"#,
            names("a"),
            names("b")
        ));
        assert_eq!(
            missing_from(&huge, &policy(&allow("c", "d"))),
            Err(PolicyError::TooLarge)
        );
        assert_eq!(missing_from(&huge, &huge), Ok(BTreeSet::new()));
    }

    #[test]
    fn a_condition_that_was_not_asked_for_narrows() {
        let narrowed = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*",
            "Condition":{"Bool":{"aws:SecureTransport":true}}}"#;
        assert!(!gives(narrowed, "s3:GetObject", "*"));
        let wide = policy(&allow("s3:*", "*"));
        assert_eq!(missing_from(&wide, &policy(narrowed)), Ok(BTreeSet::new()));
    }
}
