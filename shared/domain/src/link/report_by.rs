//! How a stack reports to the hub: the values of the onboarding template's parameter `ReportBy`.

use crate::messages::{Alternatives, Rule};
use crate::text::FieldError;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportBy {
    /// A message to the hub's SNS topic in the stack's Region.
    #[default]
    Callback,
    /// No message: a person pastes the stack's output.
    Paste,
}

impl ReportBy {
    /// The template's parameter.
    pub const PARAMETER: &str = "ReportBy";

    pub const ALL: [Self; 2] = [Self::Callback, Self::Paste];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Callback => "callback",
            Self::Paste => "paste",
        }
    }

    /// # Errors
    /// If the text is neither of the two values.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let known = Self::ALL.into_iter().find(|one| one.as_str() == text);
        known.ok_or_else(|| {
            FieldError::new(
                "invalid",
                Rule::MustBeOneOf {
                    values: Alternatives::of(["callback", "paste"]),
                },
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_by_round_trips() {
        for way in ReportBy::ALL {
            assert_eq!(ReportBy::parse(way.as_str()), Ok(way));
            let written = serde_json::to_value(way).expect("text");
            assert_eq!(written, way.as_str());
        }
        for wrong in ["", "Paste", "PASTE", "paste ", "email"] {
            assert!(ReportBy::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
