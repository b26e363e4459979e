//! An OIDC issuer on this machine, over https, with RS256 and ES256 keys that can be rotated.

mod server;

use crate::lock;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

/// Keys of tests only: ring can't generate RSA keys.
const RSA_KEYS: [&[u8]; 2] = [include_bytes!("first.pk8"), include_bytes!("second.pk8")];

/// The file with the root of the issuer's certificate, for `AWS_CA_BUNDLE`.
pub const ROOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/issuer/root.pem");

/// Listens on its own port until the process ends.
pub struct TestIssuer {
    url: String,
    state: Arc<Mutex<State>>,
}

/// The documents that the issuer serves, and its requests.
#[derive(Debug, Default)]
struct State {
    /// By path.
    documents: BTreeMap<String, String>,
    /// A status instead of every document.
    failing: Option<u16>,
    /// How often each path was fetched.
    fetched: BTreeMap<String, usize>,
    /// The header `Authorization` that forms need, if any.
    required: Option<String>,
    /// The forms that were sent, in order.
    forms: Vec<SentForm>,
    rotations: usize,
}

/// A form that the issuer received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentForm {
    pub path: String,
    pub authorization: Option<String>,
    pub body: String,
}

enum Signer {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

/// These are test keys, but the output of tests shows no keys.
impl fmt::Debug for TestIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestIssuer")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

pub const DISCOVERY: &str = "/.well-known/openid-configuration";
pub const KEYS: &str = "/keys";

impl TestIssuer {
    /// # Panics
    /// If there is no free port.
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let url = server::start(Arc::clone(&state));
        let issuer = Self { url, state };
        issuer.serve(
            DISCOVERY,
            &json!({
                "issuer": issuer.url,
                "jwks_uri": format!("{}{KEYS}", issuer.url),
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
            }),
        );
        issuer.publish_keys();
        issuer
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Replaces a document.
    pub fn serve(&self, path: &str, document: &Value) {
        let mut state = lock(&self.state);
        state
            .documents
            .insert(path.to_owned(), document.to_string());
    }

    /// A document as it is served.
    pub fn served(&self, path: &str) -> Value {
        let state = lock(&self.state);
        let document = state.documents.get(path).map(String::as_str);
        serde_json::from_str(document.unwrap_or_default()).unwrap_or_default()
    }

    /// Answers everything with this status, or normally again.
    pub fn fail(&self, status: Option<u16>) {
        lock(&self.state).failing = status;
    }

    pub fn is_failing(&self) -> bool {
        lock(&self.state).failing.is_some()
    }

    /// Whether this is the current RSA key's signature. Such signatures have no random part.
    pub fn has_signed(&self, text: &str, signature: &[u8]) -> bool {
        self.signature("RS256", text) == signature
    }

    /// Accepts forms with this header `Authorization` only.
    pub fn require(&self, authorization: &str) {
        lock(&self.state).required = Some(authorization.to_owned());
    }

    /// The forms that were sent since the last call.
    pub fn forms(&self) -> Vec<SentForm> {
        std::mem::take(&mut lock(&self.state).forms)
    }

    /// How often a path was fetched.
    pub fn fetched(&self, path: &str) -> usize {
        lock(&self.state)
            .fetched
            .get(path)
            .copied()
            .unwrap_or_default()
    }

    /// Signs with another key from now on, and publishes only that one.
    pub fn rotate(&self) {
        lock(&self.state).rotations += 1;
        self.publish_keys();
    }

    /// The name of the current RSA key.
    pub fn key_id(&self) -> String {
        format!("rsa-{}", lock(&self.state).rotations)
    }

    /// Claims of a token that is valid for five minutes.
    pub fn claims(&self, subject: &str, audience: &str) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map(|now| now.as_secs()).unwrap_or_default();
        json!({
            "iss": self.url, "sub": subject, "aud": audience,
            "iat": now, "nbf": now, "exp": now + 300,
        })
    }

    /// A valid token.
    pub fn token(&self, subject: &str, audience: &str) -> String {
        self.sign(&self.claims(subject, audience))
    }

    /// A token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": self.key_id()});
        self.sign_with(&header, claims)
    }

    /// A token with this header, signed with the current key. An algorithm that starts with ES
    /// selects an EC key, whose name is the algorithm.
    ///
    /// # Panics
    /// If the key can't sign.
    pub fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", encoded(header), encoded(claims));
        let signature = self.signature(header["alg"].as_str().unwrap_or_default(), &text);
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn signature(&self, algorithm: &str, text: &str) -> Vec<u8> {
        match self.signer(algorithm) {
            Signer::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    text.as_bytes(),
                    &mut signature,
                )
                .expect("a signature");
                signature
            }
            Signer::Ec(key) => {
                let signature = key.sign(&SystemRandom::new(), text.as_bytes());
                signature.expect("a signature").as_ref().to_vec()
            }
        }
    }

    fn signer(&self, algorithm: &str) -> Signer {
        let ec = |kind, bytes: &[u8]| {
            let key = EcdsaKeyPair::from_pkcs8(kind, bytes, &SystemRandom::new());
            Signer::Ec(key.expect("an EC key"))
        };
        match algorithm {
            "ES256" => ec(&ECDSA_P256_SHA256_FIXED_SIGNING, include_bytes!("p256.pk8")),
            "ES384" => ec(&ECDSA_P384_SHA384_FIXED_SIGNING, include_bytes!("p384.pk8")),
            _ => {
                let index = lock(&self.state).rotations % RSA_KEYS.len();
                Signer::Rsa(RsaKeyPair::from_pkcs8(RSA_KEYS[index]).expect("an RSA key"))
            }
        }
    }

    fn publish_keys(&self) {
        let key_id = self.key_id();
        let keys = ["RS256", "ES256", "ES384"].map(|algorithm| match self.signer(algorithm) {
            Signer::Rsa(key) => {
                let public = RsaPublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({
                    "kty": "RSA", "use": "sig", "alg": algorithm, "kid": key_id,
                    "n": URL_SAFE_NO_PAD.encode(public.n), "e": URL_SAFE_NO_PAD.encode(public.e),
                })
            }
            Signer::Ec(key) => {
                let point = key.public_key().as_ref();
                let (x, y) = point[1..].split_at(point.len() / 2);
                let curve = if algorithm == "ES256" {
                    "P-256"
                } else {
                    "P-384"
                };
                json!({
                    "kty": "EC", "use": "sig", "alg": algorithm, "kid": algorithm, "crv": curve,
                    "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
                })
            }
        });
        self.serve(KEYS, &json!({"keys": keys}));
    }
}
