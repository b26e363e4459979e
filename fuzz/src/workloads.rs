//! Workloads' tokens, and the documents of their issuers.

use rolecall_domain::workload::{IssuerUrl, KeySet, Token, jwks_uri};

/// A header's value. Only a token with every part that the hub needs is accepted, and none is shown.
pub fn workload_token(bytes: &[u8]) -> bool {
    let Some(Ok(token)) = super::text(bytes).map(|text| Token::from_header(Some(text))) else {
        return false;
    };
    assert_eq!(token.signed.split('.').count(), 2);
    assert!(!token.key_id.is_empty());
    let shown = format!("{token:?}");
    assert!(!shown.contains(&token.signed), "{shown}");
    true
}

/// A discovery document, or a key set.
pub fn issuer_document(bytes: &[u8]) -> bool {
    let issuer = IssuerUrl::parse("https://issuer.example.com").expect("valid");
    let place = jwks_uri(&issuer, bytes, false);
    if let Ok(place) = &place {
        assert!(place.starts_with("https://"), "{place}");
    }
    place.is_ok() || KeySet::parse(bytes).is_ok()
}
