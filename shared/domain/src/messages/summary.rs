//! Describes what a link's stack creates and allows, for the person who is asked to create it.

use super::messages;

messages! {
    /// What a companion role is for. In templates, the English text.
    pub enum Purpose {
        Automation => {
            en: "Gives the hub's own roles access to the account, with the registration's external ID.",
            ja: "登録の外部IDを使用して、ハブのロールにこのアカウントへのアクセスを許可します。",
        }
        SwitchRole => {
            en: "Lets users of another account of yours (the bastion account) work in this account.",
            ja: "お客様の別のアカウント（踏み台アカウント）のユーザーが、このアカウントで作業できるようにします。",
        }
        Ec2Instance => {
            en: "Gives EC2 instances in this account permissions without access keys.",
            ja: "アクセスキーを使用せずに、このアカウントのEC2インスタンスにアクセス許可を付与します。",
        }
        SsmHybrid => {
            en: "Lets AWS Systems Manager manage machines outside AWS that are activated in this account.",
            ja: "このアカウントでアクティベートしたAWS外のマシンを、AWS Systems Managerで管理できるようにします。",
        }
    }
}

messages! {
    /// A sentence of the summary of a link.
    pub enum Summary {
        Role { product: String, hub: String } => {
            en: "One IAM role that only {product} can use, from AWS account {hub}, and only with an external ID \
                 that belongs to this link.",
            ja: "{product} のみが使用できるIAMロール1つ。AWSアカウント {hub} から、このリンク専用の外部IDを\
                 指定した場合にのみ引き受けられます。",
        }
        SelfInspection => {
            en: "A policy with which the role reads itself and its stack, so that the connection can be checked.",
            ja: "接続を確認するために、ロールが自身と自身のスタックを読み取るためのポリシー。",
        }
        Callback { product: String } => {
            en: "Two messages to {product}: one before anything is created, and one with the role's ARN.",
            ja: "{product} への2件の通知。1件目はリソースの作成前に、2件目はロールのARNとともに送信されます。",
        }
        NoAccess => {
            en: "The role can read only itself and its stack. It gives no access to anything else.",
            ja: "ロールで読み取れるのは、ロール自身とそのスタックのみです。それ以外へのアクセスは許可されません。",
        }
        Dangerous => {
            en: "With this access, the role can take over the AWS account.",
            ja: "このアクセスを許可すると、ロールでAWSアカウント全体を制御できるようになります。",
        }
        Removal => {
            en: "To take the access back, delete the stack. Nothing else has to be removed.",
            ja: "アクセスを取り消すには、スタックを削除してください。ほかに削除が必要なものはありません。",
        }
    }
}
