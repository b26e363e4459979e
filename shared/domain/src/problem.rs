//! The stable codes.

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($variant:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// What went wrong, by its stable name. The same names lead the reason that
        /// CloudFormation shows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Code { $($variant,)* }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $code,)* }
            }

            /// The HTTP status that the API answers with.
            pub fn status(self) -> u16 {
                match self { $(Code::$variant => $status,)* }
            }

            /// The same for every occurrence of the code (RFC 9457, section 3.1.3).
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)* }
            }
        }
    };
}

codes! {
    MalformedJson = "malformed_json", 400, "The body is not JSON";
    CursorInvalid = "cursor_invalid", 400, "The cursor is not valid here";
    TenantMissing = "tenant_missing", 403, "The token names no tenant";
    NotFound = "not_found", 404, "Not found";
    GroupNotEmpty = "group_not_empty", 409, "The group is not empty";
    RegistrationCompleted = "registration_completed", 409, "The registration is completed";
    RegistrationUsed = "registration_used", 409, "The registration was used before";
    RegistrationExpired = "registration_expired", 409, "The registration has expired";
    RegistrationExhausted = "registration_exhausted", 409, "The registration was refused too often";
    RegistrationRevoked = "registration_revoked", 409, "The registration was revoked";
    RoleAlreadyRegistered = "role_already_registered", 409, "The role is registered already";
    StackAlreadyRegistered = "stack_already_registered", 409, "The stack is registered already";
    AccountAlreadyConnected = "account_already_connected", 409, "The AWS account is connected already";
    AccountDeregistered = "account_deregistered", 409, "The account is deregistered";
    AlreadyGone = "already_gone", 409, "The stack is gone already";
    LimitReached = "limit_reached", 409, "A limit is reached";
    Conflict = "conflict", 409, "Something else changed this at the same time";
    BodyTooLarge = "body_too_large", 413, "The body is too large";
    InvalidRequest = "invalid_request", 422, "The request is not valid";
    IdempotencyKeyReused = "idempotency_key_reused", 422, "The idempotency key was used for another request";
    StackInfoInvalid = "stack_info_invalid", 422, "The stack info is not valid";
    StackInfoOtherRegistration = "stack_info_other_registration", 422, "The stack info is of another registration";
    VerificationFailed = "verification_failed", 422, "The verification failed";
    TooManyAccounts = "too_many_accounts", 422, "Too many accounts for one answer";
    RateLimited = "rate_limited", 429, "Too many requests";
    InternalError = "internal_error", 500, "Something went wrong in the hub";
    VerificationInconclusive = "verification_inconclusive", 503, "The verification could not be finished";
    MalformedRequest = "malformed_request", 400, "The callback's request is malformed";
    InvalidToken = "invalid_token", 403, "The registration token is not valid";
    DeadlineExceeded = "deadline_exceeded", 503, "The operation timed out";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_one_name_everywhere() {
        for code in Code::ALL {
            let json = serde_json::to_string(code).expect("serialises");
            assert_eq!(json, format!("\"{}\"", code.as_str()));
        }
    }
}
