//! The stable error codes.

use crate::messages::{ErrorReference, Title};
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($variant:ident = $code:literal, $status:literal;)*) => {
        /// A stable error code. The reasons that CloudFormation shows start with the same codes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Code { $($variant,)* }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $code,)* }
            }

            /// The HTTP status of the API's response.
            pub fn status(self) -> u16 {
                match self { $(Code::$variant => $status,)* }
            }

            /// The code's title, the same for every occurrence (RFC 9457, section 3.1.3).
            pub fn title(self) -> Title {
                match self { $(Code::$variant => Title::$variant,)* }
            }

            /// The code's meaning, and what to do about it.
            pub fn reference(self) -> ErrorReference {
                match self { $(Code::$variant => ErrorReference::$variant,)* }
            }
        }
    };
}

codes! {
    MalformedJson = "malformed_json", 400;
    CursorInvalid = "cursor_invalid", 400;
    TenantMissing = "tenant_missing", 403;
    NotFound = "not_found", 404;
    MethodNotAllowed = "method_not_allowed", 405;
    GroupNotEmpty = "group_not_empty", 409;
    RegistrationCompleted = "registration_completed", 409;
    RegistrationUsed = "registration_used", 409;
    RegistrationExpired = "registration_expired", 409;
    RegistrationExhausted = "registration_exhausted", 409;
    RegistrationRevoked = "registration_revoked", 409;
    RoleAlreadyRegistered = "role_already_registered", 409;
    StackAlreadyRegistered = "stack_already_registered", 409;
    AccountAlreadyConnected = "account_already_connected", 409;
    AccountDeregistered = "account_deregistered", 409;
    AlreadyGone = "already_gone", 409;
    LimitReached = "limit_reached", 409;
    Conflict = "conflict", 409;
    BodyTooLarge = "body_too_large", 413;
    InvalidRequest = "invalid_request", 422;
    IdempotencyKeyReused = "idempotency_key_reused", 422;
    StackInfoInvalid = "stack_info_invalid", 422;
    StackInfoOtherRegistration = "stack_info_other_registration", 422;
    VerificationFailed = "verification_failed", 422;
    TooManyAccounts = "too_many_accounts", 422;
    RateLimited = "rate_limited", 429;
    InternalError = "internal_error", 500;
    VerificationInconclusive = "verification_inconclusive", 503;
    MalformedRequest = "malformed_request", 400;
    InvalidToken = "invalid_token", 403;
    DeadlineExceeded = "deadline_exceeded", 503;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_serializes_as_its_text() {
        for code in Code::ALL {
            let json = serde_json::to_string(code).expect("serializes");
            assert_eq!(json, format!("\"{}\"", code.as_str()));
        }
    }
}
