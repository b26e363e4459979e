//! All user-facing texts, in every language.
//!
//! A message is a value with typed parameters. A missing translation, or a translation that does not use
//! exactly the declared parameters, does not compile. The wording of all messages is in
//! `shared/domain/tests/messages/`, one file for each language, for review.

mod access;
mod brand;
mod check_codes;
mod checks;
mod codes;
mod companion_checks;
mod details;
mod error_codes;
mod exports;
mod fields;
mod labels;
mod language;
mod localized;
mod pages;
mod parameter;
mod permissions;
mod places;
mod policies;
mod reasons;
mod remedies;
mod summary;
mod workload;

pub use access::{AccessChange, AccessRule};
pub use brand::BrandRule;
pub use check_codes::{CheckCode, CheckReference, FailedTitle, PassedTitle};
pub use checks::{CheckMessage, DecidingPolicy, PolicyFault, ReadTarget};
pub use companion_checks::{CompanionMessage, Trusts};
pub use details::Detail;
pub use error_codes::{ErrorCode, ErrorReference, Title};
pub use exports::Omission;
pub use fields::Rule;
pub use labels::{OpenTitle, ReferenceLabel};
pub use language::Language;
use language::without_gaps;
pub use localized::{Localized, in_language};
pub use pages::{
    AccountPage, AddAccount, Chrome, Connect, Customer, EventTitle, EvidenceText, Failure,
    GroupPages, OrphanedPages, PolicyText, Resume, RoleForm, RoleOption, RoleTitle, SignIn, Status,
};
pub use parameter::{
    Alternatives, Hundredths, Names, Optional, Parameter, Quoted, Seconds, Series, Span,
};
pub use permissions::{Because, Decoded, NoAnswer, Party};
pub use places::Place;
pub use policies::PolicyRule;
pub use reasons::Reason;
pub use remedies::Instruction;
pub use summary::{Purpose, Summary};
pub use workload::{TokenFault, WorkloadDifference, WorkloadFileRule};

/// One or more sentences, available in every language.
pub trait Message {
    fn text(&self, language: Language) -> String;

    /// The text in every language, for storage or for readers who are not known yet.
    fn localized(&self) -> Localized {
        Localized::of(self)
    }
}

/// Declares messages: each has its parameters and its text in every language. A text is a format
/// string over the parameters' names.
macro_rules! messages {
    (
        $(#[$about:meta])*
        pub enum $name:ident {
            $(
                $variant:ident $({ $($parameter:ident: $type:ty),+ $(,)? })?
                    => { en: $english:literal, ja: $japanese:literal $(,)? }
            )*
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($variant $({ $($parameter: $type),+ })?,)*
        }

        #[deny(unused_variables)]
        const _: () = {
            use $crate::messages::{Language, Message, Parameter};

            impl Message for $name {
                fn text(&self, language: Language) -> String {
                    match language {
                        Language::English => match self {
                            $(Self::$variant $({ $($parameter),+ })? => {
                                $($(let $parameter = Parameter::shown($parameter, language);)+)?
                                format!($english)
                            })*
                        },
                        Language::Japanese => match self {
                            $(Self::$variant $({ $($parameter),+ })? => {
                                $($(let $parameter = Parameter::shown($parameter, language);)+)?
                                $crate::messages::without_gaps(&format!($japanese))
                            })*
                        },
                    }
                }
            }

            impl Parameter for $name {
                fn shown(&self, language: Language) -> String {
                    self.text(language)
                }

                fn sample(_: &str) -> Self {
                    let mut samples = Self::samples().into_iter();
                    samples.next().expect("a message").1
                }
            }
        };

        impl $name {
            /// One message of each variant by name, with sample parameters, for the snapshots of the wording.
            pub fn samples() -> Vec<(&'static str, Self)> {
                vec![$((
                    stringify!($variant),
                    Self::$variant $({
                        $($parameter: $crate::messages::Parameter::sample(stringify!($parameter))),+
                    })?,
                )),*]
            }
        }
    };
}

use messages;
