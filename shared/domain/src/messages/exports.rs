//! The accounts that an export omits.

use super::messages;

messages! {
    /// Why an account is not part of an export.
    pub enum Omission {
        Unhealthy => {
            en: "Its checks fail. The account's last report says why.",
            ja: "チェックに失敗しています。原因はアカウントの最新のレポートで確認できます。",
        }
        Disconnected => {
            en: "It is disconnected, because its stack announced its deletion.",
            ja: "スタックの削除が通知されたため、切断されています。",
        }
        NoAccessGranted => {
            en: "It has not granted any access profile.",
            ja: "どのアクセスプロファイルも許可していません。",
        }
        AccessNotGranted { access_name: String } => {
            en: "It has not granted the access profile {access_name}.",
            ja: "アクセスプロファイル {access_name} を許可していません。",
        }
        NoSwitchRole => {
            en: "It has no role to switch to.",
            ja: "切り替え先のロールがありません。",
        }
        SameAwsAccount { other: String } => {
            en: "Its AWS account is already in the file, as {other}.",
            ja: "同じAWSアカウントが {other} としてファイルにすでに含まれています。",
        }
    }
}
