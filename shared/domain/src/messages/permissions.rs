//! Answers to questions about the permissions of a role.

use super::messages;

messages! {
    /// Why there is no answer.
    pub enum NoAnswer {
        RoleDeleted => {
            en: "The role no longer exists.",
            ja: "ロールはすでに存在しません。",
        }
        HubRoleRecreated => {
            en: "The hub's role was re-created after registration.",
            ja: "ハブが使用するロールが、登録後に再作成されています。",
        }
        Throttled => {
            en: "AWS throttled the hub. Retry in a moment.",
            ja: "AWSのAPIがスロットリングされました。しばらくしてからもう一度お試しください。",
        }
        StsInactive => {
            en: "AWS STS is not active in the hub's Region for this account. Check the account.",
            ja: "このアカウントでは、ハブのリージョンのAWS STSが有効になっていません。アカウントのチェックを\
                 実行してください。",
        }
        HubRoleUnassumable => {
            en: "The hub can't assume its role. Check the account.",
            ja: "ハブが使用するロールを引き受けられません。アカウントのチェックを実行してください。",
        }
        HubDenied => {
            en: "A policy of the hub's own AWS account does not let the hub assume its role. Ask the operator \
                 of this hub.",
            ja: "ハブ自身のAWSアカウントのポリシーにより、ハブが使用するロールを引き受けられません。ハブの運用者に\
                 お問い合わせください。",
        }
        NoUsableResponse => {
            en: "AWS gave no usable response. Retry in a moment.",
            ja: "AWSから有効な応答がありませんでした。しばらくしてからもう一度お試しください。",
        }
        HubRoleNotAllowed { action: String } => {
            en: "The hub's role is not allowed to call {action}.",
            ja: "ハブが使用するロールには、{action} を呼び出すアクセス許可がありません。",
        }
        CannotDecode => {
            en: "The hub's role is not allowed to call sts:DecodeAuthorizationMessage. Choose an ec2-instance \
                 role for this account and update its stack, or allow the action.",
            ja: "ハブが使用するロールには、sts:DecodeAuthorizationMessage を呼び出すアクセス許可がありません。この\
                 アカウントに ec2-instance ロールを追加してスタックを更新するか、このアクションを\
                 許可してください。",
        }
    }
}

messages! {
    /// Why an action is allowed or denied.
    pub enum Because {
        AllowedByPolicy => {
            en: "A policy of the role allows it.",
            ja: "ロールのポリシーで許可されています。",
        }
        AllowedBy { policies: Vec<String> } => {
            en: "Allowed by {policies}.",
            ja: "{policies} で許可されています。",
        }
        DeniedByOrganization => {
            en: "The organization's policies deny it.",
            ja: "組織のポリシーで拒否されています。",
        }
        DeniedByPolicy => {
            en: "A policy explicitly denies it, which overrides every permission.",
            ja: "ポリシーで明示的に拒否されています。明示的な拒否は、すべての許可より優先されます。",
        }
        DeniedBy { policies: Vec<String> } => {
            en: "Explicitly denied by {policies}, which overrides every permission.",
            ja: "{policies} で明示的に拒否されています。明示的な拒否は、すべての許可より優先されます。",
        }
        NotAllowedByOrganization => {
            en: "The organization's policies do not allow it.",
            ja: "組織のポリシーで許可されていません。",
        }
        NotAllowedByBoundary => {
            en: "The role's permissions boundary does not allow it.",
            ja: "ロールのアクセス許可の境界で許可されていません。",
        }
        NotAllowed => {
            en: "No policy of the role allows it.",
            ja: "許可するポリシーがロールにありません。",
        }
        UnknownToIam => {
            en: "IAM does not support this action, or not on this resource.",
            ja: "このアクション自体、またはこのリソースに対するこのアクションを、IAMがサポートしていません。",
        }
        MissingContext { keys: Vec<String> } => {
            en: "A condition requires {keys}, which was not given.",
            ja: "条件に必要な {keys} が指定されていません。",
        }
    }
}

messages! {
    /// The meaning of a decoded authorization failure message.
    pub enum Decoded {
        Allowed { principal: Party, action: Party, resource: Party } => {
            en: "{principal} is allowed to call {action} on {resource}.",
            ja: "{principal} は、{resource} に対する {action} を許可されています。",
        }
        Denied { principal: Party, action: Party, resource: Party } => {
            en: "{principal} is not allowed to call {action} on {resource}: a statement explicitly denies it, \
                 which overrides every permission.",
            ja: "{principal} は、{resource} に対する {action} を許可されていません。ステートメントで明示的に\
                 拒否されており、明示的な拒否はすべての許可より優先されます。",
        }
        DeniedBy { principal: Party, action: Party, resource: Party, statements: Vec<String> } => {
            en: "{principal} is not allowed to call {action} on {resource}: it is explicitly denied by \
                 {statements}, which overrides every permission.",
            ja: "{principal} は、{resource} に対する {action} を許可されていません。{statements} で明示的に\
                 拒否されており、明示的な拒否はすべての許可より優先されます。",
        }
        NotAllowed { principal: Party, action: Party, resource: Party } => {
            en: "{principal} is not allowed to call {action} on {resource}: no policy allows it.",
            ja: "{principal} は、{resource} に対する {action} を許可されていません。許可するポリシーがありません。",
        }
    }
}

messages! {
    /// The subject of a message, by its name if it has one.
    pub enum Party {
        Named { name: String } => { en: "{name}", ja: "{name}" }
        Caller => { en: "The caller", ja: "呼び出し元" }
        Action => { en: "the action", ja: "このアクション" }
        Resource => { en: "the resource", ja: "対象のリソース" }
    }
}
