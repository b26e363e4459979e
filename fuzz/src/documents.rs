//! Documents: the stack's output to paste, and policies.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_domain::aws::{AwsAccountId, ExternalId};
use rolecall_domain::iam::PolicyDocument;
use rolecall_domain::iam::condition::Truth;
use rolecall_domain::iam::denial::AccessDenied;
use rolecall_domain::iam::grants::missing_from;
use rolecall_domain::iam::trust::{Admitted, Audience, Caller, TrustPolicy};
use rolecall_domain::iam::work::Work;
use rolecall_domain::link::stack_info::StackInfo;
use serde_json::json;
use std::collections::BTreeSet;

/// The bytes are a pasted value, or the content that such a value encodes.
pub fn stack_info(bytes: &[u8]) -> bool {
    let pasted = super::text(bytes).map(StackInfo::parse);
    let encoded = StackInfo::parse(&STANDARD.encode(bytes));
    let mut accepted = false;
    for info in [pasted, Some(encoded)].into_iter().flatten().flatten() {
        accepted = true;
        let again = json!({
            "v": 2,
            "registration_id": info.registration_id,
            "stack_id": info.stack_id,
            "role_arn": info.role_arn,
            "template_id": info.template_id,
        });
        let line = STANDARD.encode(again.to_string());
        assert_eq!(StackInfo::parse(&line), Ok(info.clone()));
        let (start, rest) = line.split_at(line.len() / 2);
        assert_eq!(
            StackInfo::parse(&format!(" {start}\r\n\t{rest}\n")),
            Ok(info)
        );
    }
    accepted
}

const HUB: &str = "111111111111";
const VERIFIERS: &str = "arn:aws:iam::111111111111:role/rolecall-hub/verifier/*";

/// A document must have the same meaning in plain and in percent-encoded form. A document without
/// findings must not allow any unintended caller.
pub fn trust_policy(bytes: &[u8]) -> bool {
    let Some(document) = super::text(bytes) else {
        return false;
    };
    let (hub, trusted) = (
        AwsAccountId::parse(HUB).expect("valid"),
        [VERIFIERS.to_owned()],
    );
    let external_id = ExternalId::parse("abc").expect("valid");
    let admitted = [Admitted::Hub {
        roles: &trusted,
        external_id: &external_id,
    }];
    let audience = Audience {
        hub: &hub,
        admitted: &admitted,
    };
    let stored = TrustPolicy::parse(document);
    let broader = stored
        .as_ref()
        .map(|policy| policy.broader_than(&audience))
        .ok();
    if let Some(encoded) = encoded(document) {
        let again = TrustPolicy::parse(&encoded);
        assert_eq!(
            again.map(|policy| policy.broader_than(&audience)).ok(),
            broader
        );
    }
    let (Ok(policy), Some(broader)) = (stored, broader) else {
        return false;
    };
    let no_one = Audience {
        hub: &hub,
        admitted: &[],
    };
    if policy.broader_than(&no_one).is_empty() {
        for (account, role) in [(HUB, "rolecall-hub/verifier/Callback"), (HUB, "Admin")] {
            for external_id in [None, Some("abc"), Some("not-abc")] {
                let granted = lets_in(&policy, account, role, external_id);
                assert_ne!(granted, Truth::Yes, "{account} {role} {external_id:?}");
            }
        }
    }
    if broader.is_empty() {
        let verifier = "rolecall-hub/verifier/Callback";
        for (account, role, external_id) in [
            (HUB, verifier, None),
            (HUB, verifier, Some("not-abc")),
            (HUB, "Admin", Some("abc")),
            ("999999999999", verifier, Some("abc")),
            ("999999999999", "Admin", None),
            ("999999999999", ":iam::111111111111:/Admin", Some("abc")),
        ] {
            let granted = lets_in(&policy, account, role, external_id);
            assert_ne!(granted, Truth::Yes, "{account} {role} {external_id:?}");
        }
    }
    assert!(policy.ways_in().iter().all(|way| !way.is_empty()));
    true
}

fn lets_in(policy: &TrustPolicy, account: &str, role: &str, external_id: Option<&str>) -> Truth {
    let arn = format!("arn:aws:iam::{account}:role/{role}");
    let id = external_id.map(|id| ("sts:externalid", id));
    let known = [
        ("aws:principalarn", arn.as_str()),
        ("aws:principalaccount", account),
    ];
    let context = known.into_iter().chain(id);
    let context = context
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    policy.lets_in(&Caller {
        arn: &arn,
        session_arn: None,
        context: &context,
    })
}

/// Escapes every byte, as `GetRole` may return a document. `None` if it already looks escaped.
fn encoded(document: &str) -> Option<String> {
    let document = document.trim();
    let escaped = document.bytes().map(|byte| format!("%{byte:02X}"));
    (!document.starts_with('%')).then(|| escaped.collect())
}

/// A role with a policy must miss none of the policy's permissions.
pub fn permission_policy(bytes: &[u8]) -> bool {
    let Some(document) = super::text(bytes) else {
        return false;
    };
    let read = PolicyDocument::parse(document);
    if let Some(encoded) = encoded(document) {
        assert_eq!(PolicyDocument::parse(&encoded), read);
    }
    let Ok(policy) = read else {
        return false;
    };
    let everything = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let everything = [PolicyDocument::parse(everything).expect("a policy")];
    let policies = [policy];
    assert_eq!(
        missing_from(&policies, &policies, &mut Work::default()),
        Ok(BTreeSet::new())
    );
    if let Ok(missing) = missing_from(&everything, &policies, &mut Work::default()) {
        assert!(missing.is_empty(), "{missing:?}");
    }
    let _ = missing_from(&policies, &everything, &mut Work::default());
    true
}

/// Everything that is read from a message must be a part of it.
pub fn access_denied(bytes: &[u8]) -> bool {
    let Some(message) = super::text(bytes) else {
        return false;
    };
    let read = AccessDenied::read(message);
    let parts = [&read.action, &read.resource, &read.policy];
    for part in parts.into_iter().flatten() {
        assert!(message.contains(part.as_str()), "{part}");
    }
    assert!(read.by.is_some() || (!read.explicit && read.policy.is_none()));
    read.by.is_some()
}
