//! Texts in every language, for readers whose language is not known yet.

use super::{Language, Message, Parameter};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A text in every language. Records store it in this form, and [`in_language`] selects the text for a reader.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Localized {
    en: String,
    ja: String,
}

impl Message for Localized {
    fn text(&self, language: Language) -> String {
        match language {
            Language::English => self.en.clone(),
            Language::Japanese => self.ja.clone(),
        }
    }
}

impl Parameter for Localized {
    fn shown(&self, language: Language) -> String {
        self.text(language)
    }

    fn sample(name: &str) -> Self {
        Self::untranslated(format!("<{name}>"))
    }
}

impl Localized {
    pub(super) fn of(message: &(impl Message + ?Sized)) -> Self {
        Self {
            en: message.text(Language::English),
            ja: message.text(Language::Japanese),
        }
    }

    /// The same text in every language, such as a message from AWS.
    pub fn untranslated(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            en: text.clone(),
            ja: text,
        }
    }

    /// The texts of all languages.
    pub fn each_mut(&mut self) -> [&mut String; 2] {
        [&mut self.en, &mut self.ja]
    }

    /// This text directly before another one.
    #[must_use]
    pub fn joined(&self, next: &impl Message) -> Self {
        let next = Self::of(next);
        Self {
            en: format!("{}{}", self.en, next.en),
            ja: format!("{}{}", self.ja, next.ja),
        }
    }

    /// This text and then another one. English has a space between sentences, Japanese does not.
    #[must_use]
    pub fn then(&self, next: &impl Message) -> Self {
        let next = Self::of(next);
        let space = match self.en.is_empty() || next.en.is_empty() {
            true => "",
            false => " ",
        };
        Self {
            en: format!("{}{space}{}", self.en, next.en),
            ja: format!("{}{}", self.ja, next.ja),
        }
    }
}

/// Puts the text of the language in the place of every [`Localized`] in a document.
pub fn in_language(value: &mut Value, language: Language) {
    match value {
        Value::Object(fields) => {
            let mut texts = Language::ALL.iter().map(|one| fields.get(one.tag()));
            let is_text = fields.len() == Language::ALL.len()
                && texts.all(|text| text.is_some_and(Value::is_string));
            if is_text {
                *value = fields.remove(language.tag()).unwrap_or_default();
            } else {
                let values = fields.values_mut();
                values.for_each(|value| in_language(value, language));
            }
        }
        Value::Array(items) => {
            let items = items.iter_mut();
            items.for_each(|value| in_language(value, language));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::{Detail, Instruction, Seconds};
    use serde_json::json;

    #[test]
    fn sentences_follow_each_other_as_each_language_writes_them() {
        let detail = Detail::TooManyPastes.localized();
        let wait = Seconds(1);
        let both = detail.then(&Detail::RetryIn { wait });
        assert_eq!(
            both.text(Language::English),
            "There were too many attempts to complete this registration. Retry in 1 second."
        );
        assert_eq!(
            both.text(Language::Japanese),
            "この登録を完了しようとした回数が多すぎます。1秒後にもう一度お試しください。"
        );
        let alone = Localized::default().then(&Instruction::Retry);
        assert_eq!(alone, Instruction::Retry.localized());
    }

    #[test]
    fn a_document_gets_the_texts_of_its_readers_language_and_keeps_everything_else() {
        let document = json!({
            "detail": Detail::TimedOut.localized(),
            "list": [{"message": Detail::UnknownGroup.localized(), "en": "kept"}],
            "names": {"en": ["a"], "ja": ["b"]},
            "one": {"en": "x"},
            "more": {"en": "x", "ja": "y", "de": "z"},
        });
        for language in Language::ALL {
            let mut shown = document.clone();
            in_language(&mut shown, language);
            let expected = json!({
                "detail": Detail::TimedOut.text(language),
                "list": [{"message": Detail::UnknownGroup.text(language), "en": "kept"}],
                "names": {"en": ["a"], "ja": ["b"]},
                "one": {"en": "x"},
                "more": {"en": "x", "ja": "y", "de": "z"},
            });
            assert_eq!(shown, expected);
        }
    }
}
