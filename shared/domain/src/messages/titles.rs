//! The title of every error code.

use super::messages;

messages! {
    /// The same for every occurrence of a code (RFC 9457, section 3.1.3).
    pub enum Title {
        MalformedJson => {
            en: "Malformed JSON",
            ja: "JSONの形式が正しくありません",
        }
        CursorInvalid => {
            en: "Invalid cursor",
            ja: "カーソルが無効です",
        }
        TenantMissing => {
            en: "No tenant in the token",
            ja: "トークンにテナントがありません",
        }
        NotFound => {
            en: "Not found",
            ja: "見つかりません",
        }
        MethodNotAllowed => {
            en: "Method not allowed",
            ja: "許可されていないメソッドです",
        }
        GroupNotEmpty => {
            en: "Group not empty",
            ja: "グループが空ではありません",
        }
        RegistrationCompleted => {
            en: "Registration completed",
            ja: "登録は完了しています",
        }
        RegistrationUsed => {
            en: "Registration already used",
            ja: "登録は使用済みです",
        }
        RegistrationExpired => {
            en: "Registration expired",
            ja: "登録の有効期限が切れています",
        }
        RegistrationExhausted => {
            en: "Too many rejected attempts",
            ja: "拒否された試行が上限に達しました",
        }
        RegistrationRevoked => {
            en: "Registration revoked",
            ja: "登録は取り消されています",
        }
        RoleAlreadyRegistered => {
            en: "Role already registered",
            ja: "ロールはすでに登録されています",
        }
        StackAlreadyRegistered => {
            en: "Stack already registered",
            ja: "スタックはすでに登録されています",
        }
        AccountAlreadyConnected => {
            en: "AWS account already connected",
            ja: "AWSアカウントはすでに接続されています",
        }
        AccountDeregistered => {
            en: "Account deregistered",
            ja: "アカウントは登録解除されています",
        }
        AlreadyGone => {
            en: "Stack already deleted",
            ja: "スタックはすでに削除されています",
        }
        LimitReached => {
            en: "Limit reached",
            ja: "上限に達しました",
        }
        Conflict => {
            en: "Conflict with a concurrent change",
            ja: "同時に行われた変更と競合しました",
        }
        BodyTooLarge => {
            en: "Request body too large",
            ja: "リクエスト本文が大きすぎます",
        }
        InvalidRequest => {
            en: "Invalid request",
            ja: "リクエストが無効です",
        }
        IdempotencyKeyReused => {
            en: "Idempotency key reused",
            ja: "べき等性キーが再利用されています",
        }
        StackInfoInvalid => {
            en: "Invalid stack info",
            ja: "スタック情報が無効です",
        }
        StackInfoOtherRegistration => {
            en: "Stack info of another registration",
            ja: "別の登録のスタック情報です",
        }
        VerificationFailed => {
            en: "Verification failed",
            ja: "検証に失敗しました",
        }
        TooManyAccounts => {
            en: "Too many accounts for one response",
            ja: "1回の応答に含めるアカウントが多すぎます",
        }
        RateLimited => {
            en: "Too many requests",
            ja: "リクエストが多すぎます",
        }
        InternalError => {
            en: "Internal error",
            ja: "内部エラー",
        }
        VerificationInconclusive => {
            en: "Verification inconclusive",
            ja: "検証を完了できませんでした",
        }
        MalformedRequest => {
            en: "Malformed callback request",
            ja: "コールバックのリクエストの形式が正しくありません",
        }
        InvalidToken => {
            en: "Invalid registration token",
            ja: "登録トークンが無効です",
        }
        DeadlineExceeded => {
            en: "Timed out",
            ja: "タイムアウトしました",
        }
    }
}
