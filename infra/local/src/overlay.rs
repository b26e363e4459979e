//! The local hub's changes to `infra/template.yaml`. The template itself contains nothing for the
//! emulator.
//!
//! Each change is a [`Patch`] of the parsed template. A patch that no longer fits the template is an
//! error, so that none becomes outdated unnoticed.

pub mod document;
mod patch;

use anyhow::{Context, Result};
use serde_json::{Value, json};

pub use document::parse;
pub use patch::Patch;

use crate::paths::FUNCTIONS;

/// The endpoints of the emulator.
#[derive(Debug, Clone)]
pub struct Overlay {
    pub endpoint_url: String,
    /// The endpoint for the functions, if different. A test can insert a faulty network.
    pub functions_endpoint_url: Option<String>,
    /// Where the console is, without a trailing slash.
    pub console_url: String,
}

impl Overlay {
    /// The patches of the hub's template.
    pub fn patches(&self) -> Vec<Patch> {
        let endpoint = &self.endpoint_url;
        let for_functions = self.functions_endpoint_url.as_ref().unwrap_or(endpoint);
        let api_url = json!({
            "Fn::Sub": format!("{endpoint}/_aws/execute-api/${{HttpApi}}/$default")
        });
        let bucket_url = format!("{endpoint}/${{Bucket}}");
        let mut patches: Vec<Patch> = FUNCTIONS
            .iter()
            .map(|function| Patch::Add {
                // The emulator sets no endpoint in a function's environment.
                at: format!("{}/Environment/Variables", properties(function)),
                name: "AWS_ENDPOINT_URL".to_owned(),
                value: json!(for_functions),
            })
            .collect();
        patches.extend([
            // The emulator uses plain HTTP.
            Patch::Remove {
                at: "/Resources/OnboardingBucketPolicy/Properties/PolicyDocument/Statement\
                     /[Sid=NothingWithoutTls]"
                    .to_owned(),
            },
            Patch::Remove {
                at: "/Resources/RegistrationTopicPolicy/Properties/PolicyDocument/Statement\
                     /[Sid=AnyoneMayPublish]/Condition/Bool"
                    .to_owned(),
            },
            // The emulator checks for SendMessageBatch, which is not a separate action on AWS.
            Patch::Replace {
                at: "/Resources/VerifierCleanupRole/Properties/Policies/0/PolicyDocument/Statement\
                     /[Sid=QueueChecksAndFailures]/Action"
                    .to_owned(),
                old: json!("sqs:SendMessage"),
                new: json!("sqs:SendMessage*"),
            },
            Patch::Replace {
                at: "/Resources/BrokerRole/Properties/Policies/0/PolicyDocument/Statement\
                     /[Sid=QueueChecks]/Action"
                    .to_owned(),
                old: json!("sqs:SendMessage"),
                new: json!("sqs:SendMessage*"),
            },
            // The emulator has no managed login, but has its own sign-in pages.
            Patch::Remove {
                at: "/Resources/CliLoginBranding".to_owned(),
            },
            Patch::Remove {
                at: "/Resources/ConsoleLoginBranding".to_owned(),
            },
            // The emulator does not have AWS's host names.
            Patch::Set {
                at: "/Outputs/ApiUrl/Value".to_owned(),
                value: api_url.clone(),
            },
            Patch::Set {
                at: "/Resources/ConsoleClient/Properties/CallbackURLs".to_owned(),
                value: json!([format!("{}/sign-in/callback", self.console_url)]),
            },
            Patch::Set {
                at: "/Resources/ConsoleClient/Properties/LogoutURLs".to_owned(),
                value: json!([format!("{}/", self.console_url)]),
            },
            Patch::Set {
                at: "/Outputs/ConsoleUrl/Value".to_owned(),
                value: json!(self.console_url),
            },
            Patch::Set {
                at: "/Outputs/LoginUrl/Value".to_owned(),
                value: json!(endpoint),
            },
            Patch::Set {
                at: "/Outputs/OnboardingBucketUrl/Value/Fn::Sub/0".to_owned(),
                value: json!(bucket_url),
            },
        ]);
        patches.extend(
            ["registration-api", "credential-broker", "console"].map(|function| Patch::Set {
                at: format!("{}/Environment/Variables/API_URL", properties(function)),
                value: api_url.clone(),
            }),
        );
        patches.extend(["registration-api", "console"].map(|function| Patch::Set {
            at: format!("{}/Environment/Variables/CONSOLE_URL", properties(function)),
            value: json!(self.console_url),
        }));
        patches.extend(["registration-api", "console"].map(|function| Patch::Set {
            at: format!(
                "{}/Environment/Variables/OPENID_CONFIGURATION/Fn::If/2",
                properties(function)
            ),
            value: json!({
                "Fn::Sub": format!("{endpoint}/${{UserPool}}/.well-known/openid-configuration")
            }),
        }));
        // Customers read templates from the emulator, not through a proxy of the functions.
        patches.extend(
            ["registration-api", "account-health"].map(|function| Patch::Set {
                at: format!(
                    "{}/Environment/Variables/ONBOARDING_URL/Fn::Sub/0",
                    properties(function)
                ),
                value: json!(bucket_url),
            }),
        );
        patches
    }
}

/// Sets the location of a function's uploaded binary.
pub fn code_uri(function: &str, place: &str) -> Patch {
    Patch::Replace {
        at: format!("{}/CodeUri", properties(function)),
        old: json!(format!("../functions/{function}")),
        new: json!(place),
    }
}

/// Applies all patches, in order.
///
/// # Errors
/// When one of them does not fit.
pub fn apply(template: &mut Value, patches: &[Patch]) -> Result<()> {
    for patch in patches {
        patch.apply(template).with_context(|| {
            format!("infra/local/src/overlay does not fit the template: {patch:?}")
        })?;
    }
    Ok(())
}

/// A function's resource has its name in Pascal case: `StackCleanup` for `stack-cleanup`.
fn properties(function: &str) -> String {
    format!("/Resources/{}/Properties", pascal_case(function))
}

pub(crate) fn pascal_case(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    name.split('-').map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REAL: &str = include_str!("../../template.yaml");

    fn overlay() -> Overlay {
        Overlay {
            endpoint_url: "http://127.0.0.1:4566".to_owned(),
            functions_endpoint_url: None,
            console_url: "http://127.0.0.1:4567".to_owned(),
        }
    }

    #[test]
    fn function_name_is_converted_to_its_resource_name() {
        assert_eq!(pascal_case("stack-cleanup"), "StackCleanup");
    }

    #[test]
    fn every_patch_changes_the_template() {
        for patch in overlay().patches() {
            let mut template = parse(REAL).expect("readable");
            let before = template.clone();
            apply(&mut template, std::slice::from_ref(&patch)).expect("it fits");
            assert_ne!(template, before, "{patch:?}");
        }
    }

    #[test]
    fn applied_patch_fails_or_changes_nothing_when_applied_again() {
        let mut template = parse(REAL).expect("readable");
        apply(&mut template, &overlay().patches()).expect("it fits");
        for patch in overlay().patches() {
            let before = template.clone();
            let again = apply(&mut template, std::slice::from_ref(&patch));
            assert!(again.is_err() || template == before, "{patch:?}");
        }
    }

    #[test]
    fn functions_can_have_a_separate_endpoint() {
        let mut template = parse(REAL).expect("readable");
        let overlay = Overlay {
            functions_endpoint_url: Some("http://127.0.0.1:1".to_owned()),
            ..overlay()
        };
        apply(&mut template, &overlay.patches()).expect("it fits");
        for function in FUNCTIONS {
            let at = format!("{}/Environment/Variables", properties(function));
            let variables = template.pointer(&at).expect("variables");
            assert_eq!(variables["AWS_ENDPOINT_URL"], "http://127.0.0.1:1");
        }
        let api = template.pointer("/Outputs/ApiUrl/Value/Fn::Sub");
        let api = api.and_then(Value::as_str).expect("a text");
        assert!(api.starts_with("http://127.0.0.1:4566/"), "{api}");
    }

    #[test]
    fn code_uris_point_at_the_uploads() {
        let mut template = parse(REAL).expect("readable");
        for function in FUNCTIONS {
            let patch = code_uri(function, "s3://bucket/key");
            apply(&mut template, &[patch]).expect("it fits");
            let at = format!("{}/CodeUri", properties(function));
            assert_eq!(template.pointer(&at), Some(&json!("s3://bucket/key")));
        }
    }

    /// The template that operators deploy must contain nothing for the emulator.
    #[test]
    fn template_contains_nothing_for_the_emulator() {
        // The command line's callbacks are on the user's computer.
        let callback = |line: &&str| !line.trim_start().starts_with("- http://127.0.0.1:");
        let real: String = REAL.lines().filter(callback).collect();
        for word in [
            "EndpointUrl",
            "AWS_ENDPOINT_URL",
            "OnAws",
            "emulator",
            "127.0.0.1",
            "http:",
        ] {
            assert!(!real.contains(word), "infra/template.yaml has {word}");
        }
    }
}
