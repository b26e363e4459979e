//! Errors in a file of workloads or in a workload's token, and the differences between two files.

use super::{Names, Quoted, Series, messages};

messages! {
    /// The rule that a part of a file of workloads broke.
    pub enum WorkloadFileRule {
        NotAnIssuerName => {
            en: "Must have 1 to 32 lowercase letters, digits and hyphens, with a letter or digit at each end.",
            ja: "1～32文字の英小文字、数字、ハイフンで指定してください。先頭と末尾は英小文字または数字にする必要が\
                 あります。",
        }
        NotAnIssuerUrl => {
            en: "Must be the issuer's https URL, exactly as in the claim iss of its tokens, without a query or a \
                 fragment.",
            ja: "トークンの iss クレームと完全に一致するhttpsのURLを指定してください。クエリやフラグメントは使用できません。",
        }
        IssuerTwice { other: String } => {
            en: "The issuer {other} has the same URL. Declare each URL once.",
            ja: "発行者 {other} に同じURLが指定されています。各URLは1回だけ指定してください。",
        }
        NotAnAudience => {
            en: "Must have 1 to 255 printable ASCII characters without spaces.",
            ja: "空白を含まない、1～255文字の印字可能なASCII文字で指定してください。",
        }
        NotASubject => {
            en: "Must not begin or end with a space.",
            ja: "先頭と末尾に空白は使用できません。",
        }
        UnknownIssuerName { name: Quoted, known: Names } => {
            en: "This file has no issuer named {name}. Its issuers are: {known}.",
            ja: "このファイルに発行者{name}は定義されていません。指定できる発行者: {known}",
        }
        Wildcard => {
            en: "With a wildcard, every subject that matches it gets the profiles. Specify the full subject, or set \
                 dangerous to true on this rule.",
            ja: "ワイルドカードを使用すると、一致するすべてのサブジェクトがプロファイルを使用できるようになります。\
                 サブジェクトを省略せずに指定するか、このルールの dangerous を true に設定してください。",
        }
        StillUsed { profiles: Names } => {
            en: "Published rules for workloads name {profiles}, which would be removed. Publish a file of workloads \
                 without them at the same time (--workloads).",
            ja: "公開済みのワークロードのルールで、削除されるプロファイル {profiles} が指定されています。これらを含まない\
                 ワークロードのファイルを同時に公開してください（--workloads）。",
        }
    }
}

messages! {
    /// A difference between the published workloads and the previous ones.
    pub enum WorkloadDifference {
        IssuerAdded { name: String, issuer: String, audience: String } => {
            en: "The issuer {name} is new: {issuer}, audience {audience}.",
            ja: "発行者 {name} が追加されました: {issuer}（オーディエンス: {audience}）",
        }
        IssuerChanged { name: String, issuer: String, audience: String } => {
            en: "The issuer {name} changed: {issuer}, audience {audience}.",
            ja: "発行者 {name} が変更されました: {issuer}（オーディエンス: {audience}）",
        }
        IssuerRemoved { name: String } => {
            en: "The issuer {name} was removed.",
            ja: "発行者 {name} が削除されました。",
        }
        Gets { subject: String, profiles: Names } => {
            en: "{subject} now gets {profiles} in every tenant's accounts.",
            ja: "{subject} が、すべてのテナントのアカウントで使用できるようになるもの: {profiles}",
        }
        GetsIn { subject: String, profiles: Names, tenants: Names } => {
            en: "{subject} now gets {profiles} in the accounts of {tenants}.",
            ja: "{subject} が、テナント {tenants} のアカウントで使用できるようになるもの: {profiles}",
        }
        NoLonger { subject: String, profiles: Names } => {
            en: "A rule was removed: {subject} gets {profiles}.",
            ja: "ルールが削除されました: {subject} に {profiles} を許可",
        }
    }
}

messages! {
    /// Why a workload's token is not accepted.
    pub enum TokenFault {
        NoToken => {
            en: "The request has no token. Send the workload's token in the header Authorization.",
            ja: "リクエストにトークンがありません。ワークロードのトークンを Authorization ヘッダーに指定してください。",
        }
        TooLong { most: usize } => {
            en: "The token has more than {most} characters.",
            ja: "トークンが{most}文字を超えています。",
        }
        NotAToken => {
            en: "The header Authorization has no JSON Web Token (three parts, separated by periods).",
            ja: "Authorization ヘッダーにJSON Web Token（ピリオドで区切られた3つの部分）がありません。",
        }
        WrongAlgorithm { found: Quoted } => {
            en: "The token's header says alg {found}. The hub accepts RS256, ES256 and ES384.",
            ja: "トークンのヘッダーの alg は{found}です。使用できるのはRS256、ES256、ES384です。",
        }
        CriticalHeader => {
            en: "The token's header has crit, which the hub does not support.",
            ja: "トークンのヘッダーに crit がありますが、対応していません。",
        }
        WrongType { found: Quoted } => {
            en: "The token is for another purpose: its type (typ or token_use) is {found}. Use an ID token.",
            ja: "トークンの用途が異なります。タイプ（typ または token_use）は{found}です。IDトークンを使用してください。",
        }
        ClaimMissing { claim: &'static str } => {
            en: "The token has no {claim}.",
            ja: "トークンに {claim} がありません。",
        }
        ClaimInvalid { claim: &'static str } => {
            en: "The token's {claim} is of another type than expected, or too long.",
            ja: "トークンの {claim} の型が正しくないか、長すぎます。",
        }
        UnknownIssuer { found: Quoted } => {
            en: "The hub's operator has not published the token's issuer: iss is {found}.",
            ja: "トークンの発行者は、ハブの運用者によって公開されていません。iss は{found}です。",
        }
        WrongAudience { expected: String, found: Series<Quoted> } => {
            en: "The token is for another audience: aud is {found}, and must have {expected}.",
            ja: "トークンのオーディエンスが異なります。aud は{found}ですが、{expected} を含む必要があります。",
        }
        Expired { expires: String, now: String } => {
            en: "The token has expired: exp is {expires}, and the hub's time is {now}.",
            ja: "トークンの有効期限が切れています。exp は {expires}、ハブの時刻は {now} です。",
        }
        NotYetValid { claim: &'static str, from: String, now: String } => {
            en: "The token is not valid yet: {claim} is {from}, and the hub's time is {now}.",
            ja: "トークンはまだ有効ではありません。{claim} は {from}、ハブの時刻は {now} です。",
        }
        UnknownKey { key_id: Quoted, issuer: String } => {
            en: "The issuer {issuer} does not publish the token's key: kid is {key_id}.",
            ja: "発行者 {issuer} は、トークンの鍵を公開していません。kid は{key_id}です。",
        }
        WrongKey { key_id: Quoted, algorithm: &'static str } => {
            en: "The token's key (kid {key_id}) is of another type than its alg {algorithm}.",
            ja: "トークンの鍵（kid: {key_id}）のタイプが、alg {algorithm} と一致しません。",
        }
        WrongSignature { issuer: String } => {
            en: "The token's signature is not that of the issuer {issuer}.",
            ja: "トークンの署名が、発行者 {issuer} のものではありません。",
        }
    }
}
