//! The values that a message can contain, formatted for each language.

use super::Language;
use jiff::SignedDuration;

/// A value in a message.
pub trait Parameter {
    fn shown(&self, language: Language) -> String;

    /// A sample value for the parameter of this name.
    fn sample(name: &str) -> Self;
}

impl Parameter for String {
    fn shown(&self, _: Language) -> String {
        self.clone()
    }

    fn sample(name: &str) -> Self {
        format!("<{name}>")
    }
}

impl Parameter for &'static str {
    fn shown(&self, _: Language) -> String {
        (*self).to_owned()
    }

    fn sample(_: &str) -> Self {
        "<name>"
    }
}

impl Parameter for usize {
    fn shown(&self, _: Language) -> String {
        self.to_string()
    }

    fn sample(_: &str) -> Self {
        12
    }
}

impl Parameter for u32 {
    fn shown(&self, _: Language) -> String {
        self.to_string()
    }

    fn sample(_: &str) -> Self {
        12
    }
}

/// Names, one after another.
impl Parameter for Vec<String> {
    fn shown(&self, language: Language) -> String {
        match language {
            Language::English => self.join(", "),
            Language::Japanese => self.join("、"),
        }
    }

    fn sample(name: &str) -> Self {
        vec![format!("<{name} 1>"), format!("<{name} 2>")]
    }
}

/// A time, such as `12 seconds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seconds(pub u32);

impl Seconds {
    /// At least one second.
    pub fn rounded_up(wait: SignedDuration) -> Self {
        let seconds = (wait.as_millis().max(1) + 999) / 1000;
        Self(u32::try_from(seconds).unwrap_or(u32::MAX))
    }
}

impl Parameter for Seconds {
    fn shown(&self, language: Language) -> String {
        match (self.0, language) {
            (1, Language::English) => "1 second".to_owned(),
            (many, Language::English) => format!("{many} seconds"),
            (many, Language::Japanese) => format!("{many}秒"),
        }
    }

    fn sample(_: &str) -> Self {
        Self(12)
    }
}

/// A span of time in its largest unit, such as `47 hours`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub SignedDuration);

impl Span {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * Self::MINUTE;
    const DAY: i64 = 24 * Self::HOUR;

    /// The number of whole units, at least one minute.
    fn units(self) -> (i64, [&'static str; 3]) {
        let seconds = self.0.as_secs();
        // Up to two days are shown in hours, and up to two hours in minutes.
        match seconds {
            _ if seconds > 2 * Self::DAY => (seconds / Self::DAY, ["day", "days", "日"]),
            _ if seconds > 2 * Self::HOUR => (seconds / Self::HOUR, ["hour", "hours", "時間"]),
            _ => ((seconds / Self::MINUTE).max(1), ["minute", "minutes", "分"]),
        }
    }
}

impl Parameter for Span {
    fn shown(&self, language: Language) -> String {
        let (many, [one, several, japanese]) = self.units();
        match (many, language) {
            (1, Language::English) => format!("1 {one}"),
            (_, Language::English) => format!("{many} {several}"),
            (_, Language::Japanese) => format!("{many}{japanese}"),
        }
    }

    fn sample(_: &str) -> Self {
        Self(SignedDuration::from_hours(47))
    }
}

/// A number with two decimals, in hundredths: 214 is `2.14`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hundredths(pub u32);

impl Parameter for Hundredths {
    fn shown(&self, _: Language) -> String {
        format!("{}.{:02}", self.0 / 100, self.0 % 100)
    }

    fn sample(_: &str) -> Self {
        Self(214)
    }
}

/// Text from a request, in quotes. Control characters are escaped, and a long text is truncated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted(String);

impl Quoted {
    const LONGEST: usize = 40;

    /// What a claim of a token can have.
    const LONGEST_CLAIM: usize = 255;

    pub fn new(text: &str) -> Self {
        Self(text.chars().take(Self::LONGEST).collect())
    }

    /// A claim, which is never truncated.
    pub fn claim(text: &str) -> Self {
        Self(text.chars().take(Self::LONGEST_CLAIM).collect())
    }
}

impl Parameter for Quoted {
    fn shown(&self, language: Language) -> String {
        match language {
            Language::English => format!("{:?}", self.0),
            Language::Japanese => format!("「{}」", self.0.escape_debug()),
        }
    }

    fn sample(name: &str) -> Self {
        Self(format!("<{name}>"))
    }
}

/// A name that may be unknown. It includes the separator from the preceding words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Optional(pub Option<String>);

impl Parameter for Optional {
    fn shown(&self, language: Language) -> String {
        match (&self.0, language) {
            (None, _) => String::new(),
            (Some(name), Language::English) => format!(" {name}"),
            (Some(name), Language::Japanese) => format!("（{name}）"),
        }
    }

    fn sample(name: &str) -> Self {
        Self(Some(format!("<{name}>")))
    }
}

/// Several that all apply: `a`, `a and b`, `a, b, and c`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series<T = String>(pub Vec<T>);

/// Names of which one applies: `a`, `a or b`, `a, b, or c`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternatives(Vec<String>);

impl Series<String> {
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().map(str::to_owned).collect())
    }
}

impl Alternatives {
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().map(str::to_owned).collect())
    }
}

/// As a list in a sentence. The English conjunction precedes the last name.
fn joined(names: &[String], language: Language, word: &str) -> String {
    if language == Language::Japanese {
        return names.join("、");
    }
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [one, other] => format!("{one} {word} {other}"),
        [front @ .., last] => format!("{}, {word} {last}", front.join(", ")),
    }
}

impl<T: Parameter> Parameter for Series<T> {
    fn shown(&self, language: Language) -> String {
        let each = self.0.iter().map(|one| one.shown(language));
        joined(&each.collect::<Vec<_>>(), language, "and")
    }

    fn sample(name: &str) -> Self {
        let each = [1, 2].map(|number| T::sample(&format!("{name} {number}")));
        Self(each.into())
    }
}

/// Names, of which only the first are shown: `a, b, c, d, e, and 3 more`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(pub Vec<String>);

impl Names {
    const MOST: usize = 5;
}

impl Parameter for Names {
    fn shown(&self, language: Language) -> String {
        let mut names: Vec<String> = self.0.iter().take(Self::MOST).cloned().collect();
        let more = self.0.len() - names.len();
        if more > 0 {
            names.push(match language {
                Language::English => format!("{more} more"),
                Language::Japanese => format!("他{more}件"),
            });
        }
        joined(&names, language, "and")
    }

    fn sample(name: &str) -> Self {
        Self(Vec::sample(name))
    }
}

impl Parameter for Alternatives {
    fn shown(&self, language: Language) -> String {
        joined(&self.0, language, "or")
    }

    fn sample(name: &str) -> Self {
        Self(Vec::sample(name))
    }
}
