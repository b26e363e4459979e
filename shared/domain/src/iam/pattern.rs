//! IAM wildcards: `*` matches any sequence of characters, `?` matches one.

use super::error::PolicyError;
use super::work::Work;
use std::convert::Infallible;

/// A pattern, parsed once for many comparisons.
#[derive(Debug, Clone)]
pub struct Pattern {
    symbols: Vec<Symbol>,
    normal: Vec<Symbol>,
}

impl Pattern {
    pub fn new(text: &str) -> Self {
        let symbols = symbols(text);
        let normal = normal(&symbols);
        Self { symbols, normal }
    }

    /// Whether this pattern matches every text that `inner` matches.
    ///
    /// Exact for texts with characters that the patterns don't contain: only a `*` of the outer
    /// pattern can then match a `*` of the inner one.
    ///
    /// # Errors
    /// If the comparison exceeds the work budget.
    pub fn covers(&self, inner: &Self, work: &mut Work) -> Result<bool, PolicyError> {
        work.compare();
        walk(&self.normal, &inner.normal, |steps| work.spend(steps))
    }

    /// Whether both patterns match a common text.
    ///
    /// # Errors
    /// If the comparison exceeds the work budget.
    pub fn overlaps(&self, other: &Self, work: &mut Work) -> Result<bool, PolicyError> {
        work.compare();
        meet(&self.symbols, &other.symbols, |steps| work.spend(steps))
    }
}

/// Whether the pattern matches the text.
pub fn matches(pattern: &str, text: &str) -> bool {
    let text: Vec<Symbol> = text.chars().map(Symbol::Char).collect();
    unbounded(walk(&symbols(pattern), &text, free))
}

/// Like [`Pattern::covers`], for patterns that are compared once.
pub fn covers(outer: &str, inner: &str) -> bool {
    let (outer, inner) = (normal(&symbols(outer)), normal(&symbols(inner)));
    unbounded(walk(&outer, &inner, free))
}

/// Like [`Pattern::overlaps`], for patterns that are compared once.
pub fn overlap(one: &str, other: &str) -> bool {
    unbounded(meet(&symbols(one), &symbols(other), free))
}

fn free(_: usize) -> Result<(), Infallible> {
    Ok(())
}

fn unbounded(result: Result<bool, Infallible>) -> bool {
    match result {
        Ok(matched) => matched,
    }
}

/// Whether both patterns match a common text.
fn meet<E>(
    one: &[Symbol],
    other: &[Symbol],
    mut spend: impl FnMut(usize) -> Result<(), E>,
) -> Result<bool, E> {
    // reachable[j]: the first i symbols of one and j of the other can match the same text.
    let mut reachable = vec![false; other.len() + 1];
    reachable[0] = true;
    extend_by_stars(&mut reachable, other);
    for symbol in one {
        // Most pairs differ in their first characters.
        if !reachable.contains(&true) {
            return Ok(false);
        }
        spend(other.len() + 1)?;
        let mut next = vec![false; other.len() + 1];
        if *symbol == Symbol::Run {
            let mut met = false;
            for (j, slot) in next.iter_mut().enumerate() {
                met |= reachable[j];
                *slot = met;
            }
        } else {
            for (j, facing) in other.iter().enumerate() {
                let together = *facing == Symbol::Run
                    || *facing == Symbol::Any
                    || *symbol == Symbol::Any
                    || facing == symbol;
                let stays = *facing == Symbol::Run;
                next[j + 1] |= together && reachable[j];
                next[j] |= stays && reachable[j];
            }
            extend_by_stars(&mut next, other);
        }
        reachable = next;
    }
    Ok(reachable[other.len()])
}

/// Compares ARNs part by part: a wildcard does not match across the colons between parts.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>
pub fn matches_arn(pattern: &str, arn: &str) -> bool {
    part_by_part(pattern, arn, matches)
}

/// Whether `outer` matches every ARN that `inner` matches.
pub fn covers_arn(outer: &str, inner: &str) -> bool {
    part_by_part(outer, inner, covers)
}

fn part_by_part(pattern: &str, arn: &str, compare: fn(&str, &str) -> bool) -> bool {
    let mut pairs = pattern.splitn(6, ':').zip(arn.splitn(6, ':'));
    is_arn(pattern) && is_arn(arn) && pairs.all(|(one, other)| compare(one, other))
}

/// Whether the pattern has the six parts of an ARN.
pub fn is_arn(pattern: &str) -> bool {
    pattern.splitn(6, ':').count() == 6
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Symbol {
    Char(char),
    Any,
    Run,
}

fn symbols(pattern: &str) -> Vec<Symbol> {
    let symbol = |c| match c {
        '*' => Symbol::Run,
        '?' => Symbol::Any,
        other => Symbol::Char(other),
    };
    pattern.chars().map(symbol).collect()
}

/// `*?*` and `?*` are equivalent. The normal form puts single wildcards first.
fn normal(symbols: &[Symbol]) -> Vec<Symbol> {
    let mut sorted = Vec::with_capacity(symbols.len());
    let mut run = false;
    for symbol in symbols {
        match symbol {
            Symbol::Run => run = true,
            Symbol::Any => sorted.push(Symbol::Any),
            Symbol::Char(_) => {
                if run {
                    sorted.push(Symbol::Run);
                    run = false;
                }
                sorted.push(*symbol);
            }
        }
    }
    if run {
        sorted.push(Symbol::Run);
    }
    sorted
}

/// Greedy matching: only the last `*` is ever retried, so the work is bounded by the product of the
/// lengths.
fn walk<E>(
    pattern: &[Symbol],
    text: &[Symbol],
    mut spend: impl FnMut(usize) -> Result<(), E>,
) -> Result<bool, E> {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        spend(1)?;
        match pattern.get(p) {
            Some(Symbol::Run) => {
                star = Some((p, t));
                p += 1;
                continue;
            }
            Some(Symbol::Any) if text[t] != Symbol::Run => {
                p += 1;
                t += 1;
                continue;
            }
            Some(symbol) if *symbol == text[t] => {
                p += 1;
                t += 1;
                continue;
            }
            _ => {}
        }
        let Some((star_p, star_t)) = star else {
            return Ok(false);
        };
        p = star_p + 1;
        t = star_t + 1;
        star = Some((star_p, star_t + 1));
    }
    Ok(pattern[p..].iter().all(|symbol| *symbol == Symbol::Run))
}

fn extend_by_stars(reachable: &mut [bool], other: &[Symbol]) {
    for (j, symbol) in other.iter().enumerate() {
        if reachable[j] && *symbol == Symbol::Run {
            reachable[j + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wildcards_match_like_iam() {
        assert!(matches("sts:*", "sts:AssumeRole"));
        assert!(matches("a*b?d", "axxbcd"));
        assert!(!matches("a?", "a"));
        assert!(!matches("a", "ab"));
        assert!(matches_arn(
            "arn:aws:iam::1:role/*",
            "arn:aws:iam::1:role/a/b"
        ));
        assert!(!matches_arn("arn:*", "arn:aws:iam::1:role/a"));
        assert!(!matches_arn("arn:aws:*:role/a", "arn:aws:iam::1:role/a"));
    }

    #[test]
    fn wider_pattern_covers_narrower_one() {
        assert!(covers("role/hub/*", "role/hub/verifier/*"));
        assert!(covers("role/hub/*", "role/hub/one"));
        assert!(covers("*?", "?*"));
        assert!(!covers("?*", "*"));
        assert!(!covers("role/hub/verifier/*", "role/hub/*"));
        assert!(!covers("a?", "a*"));
    }

    proptest! {
        #[test]
        fn covers_and_overlap_agree_with_matches(
            outer in "[ab*?]{0,6}", inner in "[ab*?]{0,6}", text in "[abz]{0,6}",
        ) {
            let both = matches(&outer, &text) && matches(&inner, &text);
            if covers(&outer, &inner) && matches(&inner, &text) {
                prop_assert!(matches(&outer, &text));
            }
            if both {
                prop_assert!(overlap(&outer, &inner));
            }
            prop_assert_eq!(overlap(&outer, &inner), overlap(&inner, &outer));
            prop_assert!(covers(&outer, &outer));
        }

        #[test]
        fn text_without_wildcards_matches_only_itself(a in "[a-z:/]{0,20}", b in "[a-z:/]{0,20}") {
            prop_assert_eq!(matches(&a, &b), a == b);
            prop_assert_eq!(overlap(&a, &b), a == b);
        }
    }
}
