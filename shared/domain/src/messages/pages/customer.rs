//! The customer's own page of a connected account.

use crate::messages::messages;

messages! {
    /// What the connection is, who used it, and how to end it.
    pub enum Customer {
        Title { product: String } => {
            en: "Your connection to {product}",
            ja: "{product} との接続",
        }
        Connected => { en: "Connected", ja: "接続中" }
        ConnectedDetail { product: String } => {
            en: "{product} can use the role, and nobody can use it without your external ID.",
            ja: "{product} はロールを使用できます。外部IDなしでは誰も使用できません。",
        }
        Attention => { en: "Connected, but a check fails", ja: "接続中（要確認の項目があります）" }
        AttentionDetail { product: String } => {
            en: "{product} gets no credentials until the check passes again.",
            ja: "チェックが成功するまで、{product} に認証情報は発行されません。",
        }
        Disconnected => { en: "Disconnected", ja: "切断されています" }
        DisconnectedDetail => {
            en: "The stack is being deleted, or has been deleted. We are waiting for the proof.",
            ja: "スタックが削除中か、すでに削除されています。削除の確認を待っています。",
        }
        Deregistered => { en: "The connection has ended", ja: "接続は終了しました" }
        DeregisteredDetail { product: String } => {
            en: "{product} gets no credentials for this account any more. The stack and its role are still in your \
                 account: delete the stack.",
            ja: "{product} に、このアカウントの認証情報は発行されません。スタックとロールはお客様のアカウントに残って\
                 いるため、スタックを削除してください。",
        }
        SessionsUntil => {
            en: "Sessions that were issued earlier end by",
            ja: "発行済みのセッションがすべて終了する日時",
        }
        Gone => { en: "The connection has ended, and nothing is left", ja: "接続は終了し、何も残っていません" }
        GoneDetail => {
            en: "It is proven that the stack and its role no longer exist.",
            ja: "スタックとロールが存在しないことを確認しました。",
        }
        Details => { en: "Details", ja: "詳細" }
        AwsAccount => { en: "AWS account", ja: "AWSアカウント" }
        Region => { en: "Region", ja: "リージョン" }
        Stack => { en: "Stack", ja: "スタック" }
        ConnectedAt => { en: "Connected", ja: "接続日時" }
        LastChecked => { en: "Last check", ja: "最終確認" }
        FailedChecks => { en: "What has to be corrected", ja: "修正が必要な項目" }
        Granted { product: String } => { en: "What {product} may do", ja: "{product} に許可されている操作" }
        Receipts => { en: "Who used the access", ja: "アクセスの利用状況" }
        ReceiptsDetail { product: String } => {
            en: "Each time a service of {product} got credentials for your account. Kept for 90 days.",
            ja: "{product} のサービスに、お客様のアカウントの認証情報が発行された記録です。90日間保存されます。",
        }
        NoReceipts => {
            en: "No credentials have been issued yet.",
            ja: "認証情報はまだ発行されていません。",
        }
        Service => { en: "Service", ja: "サービス" }
        Profile => { en: "Access", ja: "アクセス" }
        IssuedAt => { en: "Issued", ja: "発行日時" }
        ValidUntil => { en: "Valid until", ja: "有効期限" }
        EndHeading => { en: "Take the access back", ja: "アクセスの取り消し" }
        EndDetail => {
            en: "Delete the stack. CloudFormation removes the role with it, and the access ends at once for new \
                 sessions.",
            ja: "スタックを削除してください。ロールも削除され、新しいセッションは直ちに開始できなくなります。",
        }
        OpenStack => { en: "Open the stack in the AWS console", ja: "AWSコンソールでスタックを開く" }
        LeftHeading => { en: "What is left to do", ja: "残りの作業" }
        LeftDelete { stack_name: String } => {
            en: "Delete the stack {stack_name}.",
            ja: "スタック {stack_name} を削除します。",
        }
        LeftWait => {
            en: "Wait for the proof. It usually takes about 15 minutes after the deletion.",
            ja: "削除の確認を待ちます。通常は削除してから約15分かかります。",
        }
        Unprovable => {
            en: "The deletion can't be proven from outside. Tell your contact when the stack is deleted.",
            ja: "削除を外部から確認できません。スタックを削除したら、担当者に連絡してください。",
        }
        Older => { en: "Older entries", ja: "以前の記録" }
    }
}
