//! Errors in a permissions policy that an operator wrote.

use super::{Quoted, messages};

messages! {
    /// The rule that a part of a policy document broke.
    pub enum PolicyRule {
        NotTheVersion { version: &'static str } => {
            en: "Must be \"{version}\". IAM doesn't replace policy variables in other versions.",
            ja: "\"{version}\" を指定してください。他のバージョンではポリシー変数が置き換えられません。",
        }
        UnknownElement => {
            en: "A permissions policy has no such element here.",
            ja: "アクセス許可ポリシーのこの位置では使用できない要素です。",
        }
        NotAPolicyDocument => {
            en: "IAM doesn't accept this policy document.",
            ja: "IAMで受け入れられないポリシードキュメントです。",
        }
        CharactersOutsideIam => {
            en: "IAM accepts only the characters U+0020 to U+00FF, tabs and line breaks in a policy.",
            ja: "IAMのポリシーで使用できる文字は、U+0020～U+00FF、タブ、改行のみです。",
        }
        DynamicReference => {
            en: "Must not contain \"{{{{\", which CloudFormation reads as a reference to a value of the account.",
            ja: "\"{{{{\" は使用できません。CloudFormationでアカウント内の値への参照として扱われるためです。",
        }
        NotAConditionKey => {
            en: "Must be a condition key such as aws:SourceIp.",
            ja: "aws:SourceIp のような条件キーで指定してください。",
        }
        PrincipalInPermissions => {
            en: "A permissions policy has no principal. It applies to the role that it is attached to.",
            ja: "アクセス許可ポリシーにプリンシパルは指定できません。ポリシーは、アタッチ先のロールに適用されます。",
        }
        NotAnEffect => {
            en: "Must be Allow or Deny.",
            ja: "Allow または Deny を指定してください。",
        }
        NotASid => {
            en: "Must have only letters and digits.",
            ja: "英数字のみで指定してください。",
        }
        SidTwice { sid: Quoted } => {
            en: "More than one statement has the Sid {sid}.",
            ja: "Sid {sid} が複数のステートメントで使用されています。",
        }
        OneOfTwo { name: &'static str, opposite: &'static str } => {
            en: "A statement needs either {name} or {opposite}, but not both.",
            ja: "ステートメントには {name} または {opposite} のどちらか一方を指定してください。",
        }
        NotAnAction { action: Quoted } => {
            en: "{action} is not an action such as s3:GetObject.",
            ja: "{action} はs3:GetObjectのようなアクションではありません。",
        }
        NotAResource { resource: Quoted, partition: &'static str } => {
            en: "{resource} is neither * nor an ARN of the partition {partition}.",
            ja: "{resource} は * でもパーティション {partition} のARNでもありません。",
        }
        NotConditionValues => {
            en: "Must be a string, a number, true, false, or an array of these.",
            ja: "文字列、数値、true、false、またはそれらの配列で指定してください。",
        }
    }
}
