//! The customer's own page of a connected account.

use crate::messages::messages;

messages! {
    /// Describes the connection, who used it, and how to end it.
    pub enum Customer {
        Title { product: String } => {
            en: "Your connection to {product}",
            ja: "{product} との接続",
        }
        Connected => { en: "Connected", ja: "接続中" }
        ConnectedDetail { product: String } => {
            en: "{product} can use the role, and no one can use it without your external ID.",
            ja: "{product} はロールを使用できます。外部IDなしでは誰も使用できません。",
        }
        Attention => { en: "Connected, but a check fails", ja: "接続中（要確認の項目があります）" }
        AttentionDetail { product: String } => {
            en: "{product} receives no credentials until the check passes again.",
            ja: "チェックが成功するまで、{product} に認証情報は発行されません。",
        }
        Disconnected => { en: "Disconnected", ja: "切断されています" }
        DisconnectedDetail => {
            en: "The stack is being deleted, or has been deleted. We are waiting for proof of the deletion.",
            ja: "スタックが削除中か、すでに削除されています。削除の確認を待っています。",
        }
        Deregistered => { en: "The connection has ended", ja: "接続は終了しました" }
        DeregisteredDetail { product: String } => {
            en: "{product} no longer receives credentials for this account. The stack and its role are still in your \
                 account: delete the stack.",
            ja: "{product} に、このアカウントの認証情報は発行されません。スタックとロールはお客様のアカウントに残って\
                 いるため、スタックを削除してください。",
        }
        SessionsUntil => {
            en: "Sessions that were issued earlier end by",
            ja: "発行済みのセッションがすべて終了する日時",
        }
        Gone => { en: "The connection has ended, and nothing remains", ja: "接続は終了し、何も残っていません" }
        GoneDetail => {
            en: "The deletion of the stack and its role is proven.",
            ja: "スタックとロールが存在しないことを確認しました。",
        }
        UpdateWaitingDetail { product: String } => {
            en: "{product} asks to change what its roles in your account can do. The change takes effect when you update \
                 the stack. CloudFormation shows the changes before you confirm.",
            ja: "{product}が、お客様のアカウントのロールに許可する操作の変更を求めています。変更はスタックを更新すると反映\
                 されます。確定の前に、CloudFormationで変更内容を確認できます。",
        }
        Details => { en: "Details", ja: "詳細" }
        AwsAccount => { en: "AWS account", ja: "AWSアカウント" }
        Region => { en: "Region", ja: "リージョン" }
        Stack => { en: "Stack", ja: "スタック" }
        ConnectedAt => { en: "Connected", ja: "接続日時" }
        LastChecked => { en: "Last check", ja: "最終確認" }
        FailedChecks => { en: "What to correct", ja: "修正が必要な項目" }
        Granted { product: String } => { en: "What {product} may do", ja: "{product} に許可されている操作" }
        Receipts => { en: "Who used the access", ja: "アクセスの利用状況" }
        ReceiptsDetail { product: String } => {
            en: "Lists each time a service of {product} received credentials for your account. Entries are kept \
                 for 90 days.",
            ja: "{product} のサービスに、お客様のアカウントの認証情報が発行された記録です。90日間保存されます。",
        }
        NoReceipts => {
            en: "No credentials have been issued yet.",
            ja: "認証情報はまだ発行されていません。",
        }
        EndHeading => { en: "Revoke the access", ja: "アクセスの取り消し" }
        EndDetail => {
            en: "Delete the stack. CloudFormation deletes the role with it, and no new sessions are possible \
                 from then on.",
            ja: "スタックを削除してください。ロールも削除され、新しいセッションは直ちに開始できなくなります。",
        }
        OpenStack => { en: "Open the stack in the AWS console", ja: "AWSコンソールでスタックを開く" }
        LeftHeading => { en: "Remaining steps", ja: "残りの作業" }
        LeftDelete { stack_name: String } => {
            en: "Delete the stack {stack_name}.",
            ja: "スタック {stack_name} を削除します。",
        }
        LeftWait => {
            en: "Wait for proof of the deletion. This usually takes about 15 minutes after the deletion.",
            ja: "削除の確認を待ちます。通常は削除してから約15分かかります。",
        }
        Unprovable => {
            en: "The deletion can't be proven from outside. Let your contact know when you have deleted the stack.",
            ja: "削除を外部から確認できません。スタックを削除したら、担当者に連絡してください。",
        }
        Older => { en: "Older entries", ja: "以前の記録" }
    }
}
