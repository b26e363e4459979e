//! Documents: the stack's line to copy, and trust policies.

use base64::{Engine, engine::general_purpose::STANDARD};
use rolecall_domain::aws::AwsAccountId;
use rolecall_domain::stack_info::StackInfo;
use rolecall_domain::verification::trust_policy::TrustPolicy;
use serde_json::json;

/// The bytes are a line as it is pasted, or else what such a line encodes.
pub fn stack_info(bytes: &[u8]) -> bool {
    let pasted = super::text(bytes).map(StackInfo::parse);
    let encoded = StackInfo::parse(&STANDARD.encode(bytes));
    let mut accepted = false;
    for info in [pasted, Some(encoded)].into_iter().flatten().flatten() {
        accepted = true;
        let again = json!({
            "v": 1,
            "registration_id": info.registration_id,
            "stack_id": info.stack_id,
            "role_arn": info.role_arn,
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

/// A document means the same as it is stored and percent-encoded.
pub fn trust_policy(bytes: &[u8]) -> bool {
    let Some(document) = super::text(bytes) else {
        return false;
    };
    let hub = AwsAccountId::parse("111111111111").expect("valid");
    let trusted = ["arn:aws:iam::111111111111:role/rolecall-hub/verifier/*".to_owned()];
    let stored = TrustPolicy::parse(document);
    let broader = stored
        .as_ref()
        .map(|policy| policy.broader_than(&hub, &trusted));
    if !document.trim_start().starts_with('%') {
        let encoded: String = document
            .trim()
            .bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect();
        let again = TrustPolicy::parse(&encoded);
        assert_eq!(
            again.map(|policy| policy.broader_than(&hub, &trusted)).ok(),
            broader.clone().ok()
        );
    }
    // Breadth is told by name, once each.
    let mut named = broader.unwrap_or_default();
    let count = named.len();
    named.dedup();
    assert_eq!(named.len(), count);
    stored.is_ok()
}
