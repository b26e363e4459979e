//! Generates the types of the codes, with all their texts, from the catalogs.

macro_rules! error_codes {
    ($(
        $variant:ident = $code:literal, $status:literal => {
            title: { en: $title_en:literal, ja: $title_ja:literal $(,)? }
            reference: { en: $reference_en:literal, ja: $reference_ja:literal $(,)? }
        }
    )*) => {
        use $crate::messages::messages;
        use serde::{Deserialize, Serialize};

        /// An error's stable code. The reason that CloudFormation shows begins with the same code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ErrorCode { $($variant,)* }

        impl ErrorCode {
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status of the API's response.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// The same for every occurrence of the code (RFC 9457, section 3.1.3).
            pub fn title(self) -> Title {
                match self { $(Self::$variant => Title::$variant,)* }
            }

            /// What the code means, and what to do about it.
            pub fn reference(self) -> ErrorReference {
                match self { $(Self::$variant => ErrorReference::$variant,)* }
            }
        }

        messages! {
            /// The same for every occurrence of a code (RFC 9457, section 3.1.3).
            pub enum Title {
                $($variant => { en: $title_en, ja: $title_ja })*
            }
        }

        messages! {
            /// The text of an error's reference page.
            pub enum ErrorReference {
                $($variant => { en: $reference_en, ja: $reference_ja })*
            }
        }
    };
}

macro_rules! check_codes {
    ($(
        $variant:ident = $code:literal => {
            passed: { en: $passed_en:literal, ja: $passed_ja:literal $(,)? }
            failed: { en: $failed_en:literal, ja: $failed_ja:literal $(,)? }
            reference: { en: $reference_en:literal, ja: $reference_ja:literal $(,)? }
        }
    )*) => {
        use $crate::messages::{Localized, Message, messages};
        use serde::{Deserialize, Serialize};

        /// A check's stable code. The hub's role and companion roles share the codes of equivalent checks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum CheckCode { $($variant,)* }

        impl CheckCode {
            pub const ALL: &'static [CheckCode] = &[$(CheckCode::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The title that is true when the check passes.
            pub fn passed_title(self) -> Localized {
                match self { $(Self::$variant => PassedTitle::$variant.localized(),)* }
            }

            /// The title that is true when it fails or warns.
            pub fn failed_title(self) -> Localized {
                match self { $(Self::$variant => FailedTitle::$variant.localized(),)* }
            }

            /// What the check is for, and what to do when it fails.
            pub fn reference(self) -> CheckReference {
                match self { $(Self::$variant => CheckReference::$variant,)* }
            }
        }

        messages! {
            /// True when the check passes.
            pub enum PassedTitle {
                $($variant => { en: $passed_en, ja: $passed_ja })*
            }
        }

        messages! {
            /// True when the check fails or warns.
            pub enum FailedTitle {
                $($variant => { en: $failed_en, ja: $failed_ja })*
            }
        }

        messages! {
            /// The text of a check's reference page.
            pub enum CheckReference {
                $($variant => { en: $reference_en, ja: $reference_ja })*
            }
        }
    };
}

pub(super) use check_codes;
pub(super) use error_codes;

#[cfg(test)]
mod tests {
    use crate::messages::{CheckCode, ErrorCode};
    use serde::Serialize;

    fn json(code: &impl Serialize) -> String {
        serde_json::to_string(code).expect("serializes")
    }

    #[test]
    fn code_is_the_same_in_json() {
        for code in CheckCode::ALL {
            assert_eq!(json(code), format!("\"{}\"", code.as_str()));
        }
        for code in ErrorCode::ALL {
            assert_eq!(json(code), format!("\"{}\"", code.as_str()));
        }
    }
}
