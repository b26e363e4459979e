//! What permission policies allow, action by action, and how two sets of them differ.

use super::condition::Condition;
use super::{Effect, PolicyDocument, Scope, Statement, in_any_case, pattern};
use std::collections::BTreeSet;

/// One action on one resource, both perhaps with wildcards, under conditions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    pub action: String,
    pub resource: String,
    pub conditions: Vec<Condition>,
}

/// Everything that the policies allow, before any denial.
pub fn allowed_by(policies: &[PolicyDocument]) -> BTreeSet<Grant> {
    statements(policies, Effect::Allow)
        .flat_map(grants)
        .collect()
}

/// Whether the policies allow all of the grant: one statement does, and none denies any of it.
/// A denial under a condition is left to the condition.
pub fn allow(policies: &[PolicyDocument], grant: &Grant) -> bool {
    let denies =
        |statement: &Statement| statement.conditions.is_empty() && touches(statement, grant);
    statements(policies, Effect::Allow).any(|one| gives(one, grant))
        && !statements(policies, Effect::Deny).any(denies)
}

fn statements(policies: &[PolicyDocument], effect: Effect) -> impl Iterator<Item = &Statement> {
    let all = policies.iter().flat_map(|policy| &policy.statements);
    all.filter(move |statement| statement.effect == effect)
}

/// What a statement speaks of. "All but some" counts as all: nobody can say how much that is.
fn grants(statement: &Statement) -> Vec<Grant> {
    let anything = ["*".to_owned()];
    let actions: &[String] = match &statement.actions {
        Scope::These(actions) => actions,
        Scope::AllBut(_) => &anything,
    };
    let resources: &[String] = match &statement.resources {
        Some(Scope::These(resources)) => resources,
        Some(Scope::AllBut(_)) | None => &anything,
    };
    let grant = |action: &String, resource: &String| Grant {
        action: action.clone(),
        resource: resource.clone(),
        conditions: statement.conditions.clone(),
    };
    let on_each = |action| {
        resources
            .iter()
            .map(move |resource| grant(action, resource))
    };
    actions.iter().flat_map(on_each).collect()
}

type Compare = fn(&str, &str) -> bool;

/// Whether the statement speaks of all of the grant, under no more conditions than it has.
fn gives(statement: &Statement, grant: &Grant) -> bool {
    let mut conditions = statement.conditions.iter();
    speaks_of(statement, grant, pattern::covers, pattern::overlap)
        && conditions.all(|one| grant.conditions.contains(one))
}

/// Whether the statement speaks of any of the grant.
fn touches(statement: &Statement, grant: &Grant) -> bool {
    speaks_of(statement, grant, pattern::overlap, pattern::covers)
}

/// `these` compares with what a statement names, `others` with what it excepts.
fn speaks_of(statement: &Statement, grant: &Grant, these: Compare, others: Compare) -> bool {
    let action = &grant.action;
    let actions = match &statement.actions {
        Scope::These(names) => names.iter().any(|name| in_any_case(these, name, action)),
        Scope::AllBut(names) => !names.iter().any(|name| in_any_case(others, name, action)),
    };
    let resource = &grant.resource;
    let resources = match &statement.resources {
        Some(Scope::These(names)) => names.iter().any(|name| these(name, resource)),
        Some(Scope::AllBut(names)) => !names.iter().any(|name| others(name, resource)),
        None => true,
    };
    actions && resources
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(statements: &str) -> Vec<PolicyDocument> {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        vec![PolicyDocument::parse(&text).expect("a policy")]
    }

    fn grant(action: &str, resource: &str) -> Grant {
        Grant {
            action: action.to_owned(),
            resource: resource.to_owned(),
            conditions: Vec::new(),
        }
    }

    #[test]
    fn one_statement_gives_what_its_patterns_cover() {
        let some =
            policy(r#"{"Effect":"Allow","Action":["s3:Get*"],"Resource":"arn:aws:s3:::a/*"}"#);
        assert!(allow(&some, &grant("S3:GetObject", "arn:aws:s3:::a/b")));
        assert!(!allow(&some, &grant("s3:*", "arn:aws:s3:::a/b")));
        assert!(!allow(&some, &grant("s3:GetObject", "*")));
        let others = policy(r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#);
        assert!(allow(&others, &grant("s3:GetObject", "*")));
        assert!(!allow(&others, &grant("iam:GetRole", "*")));
        assert!(!allow(&others, &grant("*", "*")));
        assert!(allowed_by(&others).contains(&grant("*", "*")));
    }

    #[test]
    fn a_denial_takes_away_what_it_touches() {
        let denied = policy(
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"},
               {"Effect":"Deny","Action":"s3:Put*","Resource":"arn:aws:s3:::a/*"}"#,
        );
        assert!(allow(&denied, &grant("s3:GetObject", "*")));
        assert!(!allow(&denied, &grant("s3:PutObject", "*")));
        assert!(allow(&denied, &grant("s3:PutObject", "arn:aws:s3:::b")));
    }

    #[test]
    fn a_condition_that_was_not_asked_for_narrows() {
        let narrowed = policy(
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*",
                "Condition":{"Bool":{"aws:SecureTransport":true}}}"#,
        );
        assert!(!allow(&narrowed, &grant("s3:GetObject", "*")));
        let same = Grant {
            conditions: narrowed[0].statements[0].conditions.clone(),
            ..grant("s3:GetObject", "*")
        };
        assert!(allow(&narrowed, &same));
        let wide = policy(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#);
        assert!(allow(&wide, &same));
    }
}
