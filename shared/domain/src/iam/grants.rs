//! What permission policies allow, action by action, and how two sets of them differ.

use super::error::PolicyError;
use super::pattern::Pattern;
use super::policy::{Action, Effect, PolicyDocument, Scope, Statement};
use super::work::Work;
use std::collections::BTreeSet;

/// One action on one resource, both perhaps with wildcards.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    pub action: String,
    pub resource: String,
}

/// Differences that are told. With so many found, the rest is not looked for.
const MOST_TOLD: usize = 100;

/// What `wanted` allows and `given` does not: what no statement gives, and what a denial takes away
/// that is not in `wanted` too. A statement that both have is no difference, whatever it says. A
/// denial under a condition is left to the condition.
///
/// Each name is held against each other name once, however many actions a statement multiplies with
/// its resources.
///
/// # Errors
/// When there is more to compare than is worth the time.
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
            true => Some(spoken_of(&named, &allows, Relation::Gives, work)?),
            false => None,
        };
        let denied = spoken_of(&named, &denials, Relation::Touches, work)?;
        for (a, action) in named.actions.told.iter().enumerate() {
            for (r, resource) in named.resources.told.iter().enumerate() {
                work.spend(1)?;
                let lost = given.as_ref().is_some_and(|given| !given.has(a, r));
                if lost || denied.has(a, r) {
                    missing.insert(Grant {
                        action: (*action).to_owned(),
                        resource: (*resource).to_owned(),
                    });
                }
                if missing.len() >= MOST_TOLD {
                    return Ok(missing);
                }
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
    missing_from(&[document], &[wanted], &mut Work::default())
        .is_ok_and(|missing| missing.is_empty())
}

/// The actions that a policy's text names, or all where it names those that it does not allow.
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

/// A statement, made ready for many comparisons.
struct Compared<'a> {
    statement: &'a Statement,
    actions: Names<'a>,
    resources: Names<'a>,
}

/// An element's names. Where it is "all but these", what it speaks of counts as everything: nobody
/// can say how much that is.
struct Names<'a> {
    but: bool,
    patterns: Vec<Pattern>,
    /// What the element speaks of, as it is written, and the patterns of that.
    told: Vec<&'a str>,
    spoken: Option<Vec<Pattern>>,
}

impl<'a> Names<'a> {
    fn these(named: Vec<(&'a str, &str)>, but: bool) -> Self {
        let everything = but.then(|| vec![Pattern::new("*")]);
        let told = match but {
            true => vec!["*"],
            false => named.iter().map(|(written, _)| *written).collect(),
        };
        let patterns = named.iter().map(|(_, compared)| Pattern::new(compared));
        Self {
            but,
            patterns: patterns.collect(),
            told,
            spoken: everything,
        }
    }

    fn spoken(&self) -> &[Pattern] {
        self.spoken.as_deref().unwrap_or(&self.patterns)
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
    /// It speaks of all of a grant, under no more conditions than the wanted statement.
    Gives,
    /// It speaks of any of a grant.
    Touches,
}

/// For each action and for each resource of a statement, the other statements that speak of it.
struct Spoken {
    by_action: Vec<Vec<bool>>,
    by_resource: Vec<Vec<bool>>,
}

impl Spoken {
    /// Whether one statement speaks of both.
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

fn spoken_of(
    named: &Compared<'_>,
    others: &[Compared<'_>],
    relation: Relation,
    work: &mut Work,
) -> Result<Spoken, PolicyError> {
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
        let spoken = names(named).spoken().iter();
        let each = spoken.map(|one| {
            let each = others.iter();
            each.map(|other| speaks_of(names(other), one, relation, work))
                .collect()
        });
        each.collect::<Result<Vec<Vec<bool>>, PolicyError>>()
    };
    Ok(Spoken {
        by_action: of(|one| &one.actions)?,
        by_resource: of(|one| &one.resources)?,
    })
}

/// Whether an element speaks of all of a name, or of any of it. What it excepts is compared the
/// other way.
fn speaks_of(
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

    /// As many characters as a role's inline policies may have, white space aside.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    const MOST_CHARACTERS: usize = 10_240;

    fn names(count: usize, name: impl Fn(usize) -> String) -> String {
        let all: Vec<String> = (0..count).map(|n| format!("\"{}\"", name(n))).collect();
        all.join(",")
    }

    fn many(actions: &str, resources: &str) -> Vec<PolicyDocument> {
        policy(&format!(
            r#"{{"Effect":"Allow","Action":[{actions}],"Resource":[{resources}]}}"#
        ))
    }

    /// Actions multiply with resources; the names that are compared do not.
    #[test]
    fn actions_on_resources_are_compared_name_by_name() {
        let side = 560;
        let huge = |from: usize| {
            many(
                &names(side, |n| format!("s3:{}", n + from)),
                &names(side, |n| format!("b{}", n + from)),
            )
        };
        let (one, other) = (huge(1000), huge(5000));
        let length = format!("{one:?}").len();
        assert!(length > MOST_CHARACTERS, "{length}");
        let mut work = Work::default();
        let missing = missing_from(&one, &other, &mut work).expect("comparable");
        assert_eq!(missing.len(), MOST_TOLD);
        let pairs = u64::try_from(side * side).expect("small");
        assert!(work.comparisons() <= 2 * pairs, "{}", work.comparisons());
        assert!(
            work.spent() < super::super::work::MOST / 2,
            "{}",
            work.spent()
        );
        // Where nothing differs, nothing is compared.
        let mut work = Work::default();
        assert_eq!(missing_from(&one, &one, &mut work), Ok(BTreeSet::new()));
        assert_eq!(work.comparisons(), 0);
    }

    /// Patterns whose wildcards have to be tried again at every character, in a statement of their
    /// own each, as many as IAM takes.
    #[test]
    fn the_work_for_the_worst_policy_has_a_bound() {
        let hostile = |text: &str| "*".to_owned() + &text.repeat(1_000) + "b";
        let long = "a".repeat(MOST_CHARACTERS / 2);
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
    fn a_condition_that_was_not_asked_for_narrows() {
        let narrowed = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*",
            "Condition":{"Bool":{"aws:SecureTransport":true}}}"#;
        assert!(!gives(narrowed, "s3:GetObject", "*"));
        let wide = policy(&allow("s3:*", "*"));
        assert_eq!(differ(&wide, &policy(narrowed)), Ok(BTreeSet::new()));
    }
}
