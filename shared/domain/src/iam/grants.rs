//! The actions that permission policies allow, and the differences between two sets of policies.

use super::error::PolicyError;
use super::pattern::Pattern;
use super::policy::{Action, Effect, PolicyDocument, Scope, Statement};
use super::work::Work;
use std::collections::BTreeSet;

/// One action on one resource, both possibly with wildcards.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    pub action: String,
    pub resource: String,
}

/// The maximum number of reported differences. The comparison stops when it is reached.
const MAX_REPORTED: usize = 100;

/// What `wanted` allows and `given` does not: grants without a matching statement, and grants that
/// a denial in `given` (but not in `wanted`) removes. A statement that both contain is never a
/// difference. Conditional denials are ignored.
///
/// Each name is compared once with each other name, regardless of how many action-resource pairs a
/// statement expands to.
///
/// # Errors
/// If the comparison exceeds the work budget.
pub fn missing_from(
    given: &[PolicyDocument],
    wanted: &[PolicyDocument],
    work: &mut Work,
) -> Result<BTreeSet<Grant>, PolicyError> {
    let (had, asked): (BTreeSet<&Statement>, BTreeSet<&Statement>) =
        (all(given).collect(), all(wanted).collect());
    let denials = had.difference(&asked).copied();
    let denials = denials.filter(|one| one.effect == Effect::Deny && one.conditions.is_empty());
    let denials: Vec<Compared<'_>> = denials.map(Compared::new).collect();
    let is_lost = |one: &&Statement| !had.contains(one);
    let affected = asked.iter().copied();
    let affected = affected.filter(|one| one.effect == Effect::Allow);
    let affected: Vec<&Statement> = affected
        .filter(|one| is_lost(one) || !denials.is_empty())
        .collect();
    let mut missing = BTreeSet::new();
    if affected.is_empty() {
        return Ok(missing);
    }
    let allows = had.iter().copied();
    let allows = allows.filter(|one| one.effect == Effect::Allow);
    let allows: Vec<Compared<'_>> = allows.map(Compared::new).collect();
    for statement in affected {
        let named = Compared::new(statement);
        let given = match is_lost(&statement) {
            true => Some(covered_by(&named, &allows, Relation::Gives, work)?),
            false => None,
        };
        let denied = covered_by(&named, &denials, Relation::Touches, work)?;
        for (a, action) in named.actions.written.iter().enumerate() {
            for (r, resource) in named.resources.written.iter().enumerate() {
                work.spend(1)?;
                let lost = given.as_ref().is_some_and(|given| !given.has(a, r));
                if lost || denied.has(a, r) {
                    missing.insert(Grant {
                        action: (*action).to_owned(),
                        resource: (*resource).to_owned(),
                    });
                }
                if missing.len() >= MAX_REPORTED {
                    return Ok(missing);
                }
            }
        }
    }
    Ok(missing)
}

/// Whether the document allows everything in `wanted`.
pub fn grants_at_least(document: Option<&str>, wanted: &serde_json::Value) -> bool {
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
    missing_from(&[document], &[wanted], &mut Work::default())
        .is_ok_and(|missing| missing.is_empty())
}

/// The actions that a policy allows by name; `*` for statements with `NotAction`.
pub fn allowed_actions(text: &str) -> BTreeSet<String> {
    let Ok(policy) = PolicyDocument::parse(text) else {
        return BTreeSet::new();
    };
    let allows = policy.statements.into_iter();
    let allows = allows.filter(|one| one.effect == Effect::Allow);
    let actions = allows.flat_map(|one| match one.actions {
        Scope::These(actions) => actions.iter().map(|one| one.as_str().to_owned()).collect(),
        Scope::AllBut(_) => vec!["*".to_owned()],
    });
    actions.collect()
}

fn all(policies: &[PolicyDocument]) -> impl Iterator<Item = &Statement> {
    policies.iter().flat_map(|policy| &policy.statements)
}

/// A statement, prepared for many comparisons.
struct Compared<'a> {
    statement: &'a Statement,
    actions: Names<'a>,
    resources: Names<'a>,
}

/// The names of an element. `NotAction` and `NotResource` elements are treated as covering
/// everything, because their extent is unknown.
struct Names<'a> {
    but: bool,
    patterns: Vec<Pattern>,
    /// The names that the element covers, as written, and their patterns.
    written: Vec<&'a str>,
    covered: Option<Vec<Pattern>>,
}

impl<'a> Names<'a> {
    fn these(named: Vec<(&'a str, &str)>, but: bool) -> Self {
        let everything = but.then(|| vec![Pattern::new("*")]);
        let written = match but {
            true => vec!["*"],
            false => named.iter().map(|(written, _)| *written).collect(),
        };
        let patterns = named.iter().map(|(_, compared)| Pattern::new(compared));
        Self {
            but,
            patterns: patterns.collect(),
            written,
            covered: everything,
        }
    }

    fn covered(&self) -> &[Pattern] {
        self.covered.as_deref().unwrap_or(&self.patterns)
    }
}

impl<'a> Compared<'a> {
    fn new(statement: &'a Statement) -> Self {
        let actions = |list: &'a [Action]| {
            let names = list.iter();
            names
                .map(|action| (action.as_str(), action.lower()))
                .collect()
        };
        let resources = |list: &'a [String]| {
            list.iter()
                .map(|one| (one.as_str(), one.as_str()))
                .collect()
        };
        Self {
            statement,
            actions: match &statement.actions {
                Scope::These(list) => Names::these(actions(list), false),
                Scope::AllBut(list) => Names::these(actions(list), true),
            },
            resources: match &statement.resources {
                Some(Scope::These(list)) => Names::these(resources(list), false),
                Some(Scope::AllBut(list)) => Names::these(resources(list), true),
                None => Names::these(Vec::new(), true),
            },
        }
    }
}

#[derive(Clone, Copy)]
enum Relation {
    /// The statement covers the whole grant, without conditions that the wanted statement lacks.
    Gives,
    /// The statement covers part of the grant.
    Touches,
}

/// For each action and each resource of a statement, the other statements that cover it.
struct Coverage {
    by_action: Vec<Vec<bool>>,
    by_resource: Vec<Vec<bool>>,
}

impl Coverage {
    /// Whether a single statement covers both.
    fn has(&self, action: usize, resource: usize) -> bool {
        let (Some(actions), Some(resources)) =
            (self.by_action.get(action), self.by_resource.get(resource))
        else {
            return false;
        };
        let mut pairs = actions.iter().zip(resources);
        pairs.any(|(on_action, on_resource)| *on_action && *on_resource)
    }
}

fn covered_by(
    named: &Compared<'_>,
    others: &[Compared<'_>],
    relation: Relation,
    work: &mut Work,
) -> Result<Coverage, PolicyError> {
    let conditions = &named.statement.conditions;
    let meets = |other: &&Compared<'_>| match relation {
        Relation::Gives => {
            let mut asked = other.statement.conditions.iter();
            asked.all(|one| conditions.contains(one))
        }
        Relation::Touches => true,
    };
    let others: Vec<&Compared<'_>> = others.iter().filter(meets).collect();
    let mut of = |names: for<'a> fn(&'a Compared<'_>) -> &'a Names<'a>| {
        let covered = names(named).covered().iter();
        let each = covered.map(|one| {
            let each = others.iter();
            each.map(|other| covers_name(names(other), one, relation, work))
                .collect()
        });
        each.collect::<Result<Vec<Vec<bool>>, PolicyError>>()
    };
    Ok(Coverage {
        by_action: of(|one| &one.actions)?,
        by_resource: of(|one| &one.resources)?,
    })
}

/// Whether an element covers a whole name, or part of it. Exceptions are compared the other way
/// around.
fn covers_name(
    names: &Names<'_>,
    one: &Pattern,
    relation: Relation,
    work: &mut Work,
) -> Result<bool, PolicyError> {
    let covers = matches!(relation, Relation::Gives) != names.but;
    for pattern in &names.patterns {
        let met = match covers {
            true => pattern.covers(one, work)?,
            false => pattern.overlaps(one, work)?,
        };
        if met {
            return Ok(!names.but);
        }
    }
    Ok(names.but)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(statements: &str) -> Vec<PolicyDocument> {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        vec![PolicyDocument::parse(&text).expect("a policy")]
    }

    fn differ(
        given: &[PolicyDocument],
        wanted: &[PolicyDocument],
    ) -> Result<BTreeSet<Grant>, PolicyError> {
        missing_from(given, wanted, &mut Work::default())
    }

    fn allow(action: &str, resource: &str) -> String {
        format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#)
    }

    /// Whether the statements allow all of the action on the resource.
    fn gives(statements: &str, action: &str, resource: &str) -> bool {
        let missing = differ(&policy(statements), &policy(&allow(action, resource)));
        missing.expect("comparable").is_empty()
    }

    #[test]
    fn statement_grants_what_its_patterns_cover() {
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
    fn denial_removes_overlapping_grants() {
        let denied = allow("s3:*", "*")
            + r#",{"Effect":"Deny","Action":"s3:Put*","Resource":"arn:aws:s3:::a/*"}"#;
        assert!(gives(&denied, "s3:GetObject", "*"));
        assert!(!gives(&denied, "s3:PutObject", "*"));
        assert!(gives(&denied, "s3:PutObject", "arn:aws:s3:::b"));
    }

    #[test]
    fn policy_has_no_difference_to_itself() {
        for statements in [
            r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#.to_owned(),
            r#"{"Effect":"Allow","Action":"s3:*","NotResource":["a*","b*"]}"#.to_owned(),
            allow("s3:*", "*") + r#",{"Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}"#,
        ] {
            let own = policy(&statements);
            assert_eq!(differ(&own, &own), Ok(BTreeSet::new()), "{statements}");
        }
        let reordered = |list: &str| {
            policy(&format!(
                r#"{{"Effect":"Allow","NotAction":{list},"Resource":"*"}}"#
            ))
        };
        let (one, other) = (reordered(r#"["a:b","c:d"]"#), reordered(r#"["c:d","a:b"]"#));
        assert_eq!(differ(&one, &other), Ok(BTreeSet::new()));
    }

    /// The maximum number of characters in a role's inline policies, excluding white space.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    const MAX_CHARACTERS: usize = 10_240;

    fn names(count: usize, name: impl Fn(usize) -> String) -> String {
        let all: Vec<String> = (0..count).map(|n| format!("\"{}\"", name(n))).collect();
        all.join(",")
    }

    fn many(actions: &str, resources: &str) -> Vec<PolicyDocument> {
        policy(&format!(
            r#"{{"Effect":"Allow","Action":[{actions}],"Resource":[{resources}]}}"#
        ))
    }

    /// The number of comparisons depends on the number of names, not on the number of
    /// action-resource pairs.
    #[test]
    fn comparisons_grow_with_names_not_pairs() {
        let side = 560;
        let huge = |from: usize| {
            many(
                &names(side, |n| format!("s3:{}", n + from)),
                &names(side, |n| format!("b{}", n + from)),
            )
        };
        let (one, other) = (huge(1000), huge(5000));
        let length = format!("{one:?}").len();
        assert!(length > MAX_CHARACTERS, "{length}");
        let mut work = Work::default();
        let missing = missing_from(&one, &other, &mut work).expect("comparable");
        assert_eq!(missing.len(), MAX_REPORTED);
        let pairs = u64::try_from(side * side).expect("small");
        assert!(work.comparisons() <= 2 * pairs, "{}", work.comparisons());
        assert!(
            work.spent() < super::super::work::MOST / 2,
            "{}",
            work.spent()
        );
        // Equal policies need no comparison.
        let mut work = Work::default();
        assert_eq!(missing_from(&one, &one, &mut work), Ok(BTreeSet::new()));
        assert_eq!(work.comparisons(), 0);
    }

    /// The most expensive wildcard patterns, each in its own statement, up to IAM's size limit.
    #[test]
    fn worst_case_policy_stays_within_work_budget() {
        let hostile = |text: &str| "*".to_owned() + &text.repeat(1_000) + "b";
        let long = "a".repeat(MAX_CHARACTERS / 2);
        for (given, wanted) in [
            (hostile("a*"), long.clone()),
            (hostile("a?*"), long.clone()),
            (hostile("?*"), hostile("a*")),
        ] {
            let each = |name: &str| {
                let statements = (0..5).map(|n| allow(&format!("{name}{n}"), name));
                policy(&statements.collect::<Vec<_>>().join(","))
            };
            let mut work = Work::default();
            let denial = r#",{"Effect":"Deny","Action":"x","Resource":""#.to_owned() + &given;
            let denied = policy(&(allow("y", "z") + &denial + "\"}"));
            for _ in 0..40 {
                let _ = missing_from(&each(&given), &each(&wanted), &mut work);
                let _ = missing_from(&each(&wanted), &each(&given), &mut work);
                let _ = missing_from(&denied, &each(&wanted), &mut work);
            }
            assert!(work.spent() <= super::super::work::MOST);
            let last = missing_from(&each(&given), &each(&wanted), &mut work);
            assert_eq!(last, Err(PolicyError::TooLarge));
        }
    }

    #[test]
    fn condition_missing_from_wanted_statement_narrows_grant() {
        let narrowed = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*",
            "Condition":{"Bool":{"aws:SecureTransport":true}}}"#;
        assert!(!gives(narrowed, "s3:GetObject", "*"));
        let wide = policy(&allow("s3:*", "*"));
        assert_eq!(differ(&wide, &policy(narrowed)), Ok(BTreeSet::new()));
    }
}
