//! Verifies signatures with ring.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use rolecall_domain::workload::{Curve, PublicKey, Token};

/// Whether the key created the token's signature. The key determines the kind of signature.
pub(super) fn is_signed_by(key: &PublicKey, token: &Token) -> bool {
    let (text, signature) = (token.signed.as_bytes(), token.signature.as_slice());
    let verified = match key {
        PublicKey::Rsa { n, e } => {
            let key = RsaPublicKeyComponents { n, e };
            key.verify(&RSA_PKCS1_2048_8192_SHA256, text, signature)
        }
        PublicKey::Ec { curve, point } => {
            let kind = match curve {
                Curve::P256 => &ECDSA_P256_SHA256_FIXED,
                Curve::P384 => &ECDSA_P384_SHA384_FIXED,
            };
            UnparsedPublicKey::new(kind, point).verify(text, signature)
        }
    };
    verified.is_ok()
}
