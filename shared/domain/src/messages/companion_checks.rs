//! The results of the checks of companion roles.

use super::{Names, Seconds, Series, messages};

messages! {
    pub enum CompanionMessage {
        // Any check.
        HubRoleNotAllowed { action: &'static str } => {
            en: "The hub's role is not allowed to call {action} for this role.",
            ja: "ハブが使用するロールには、このロールに対して {action} を呼び出すアクセス許可がありません。",
        }
        Throttled => {
            en: "AWS throttled the hub.",
            ja: "AWSのAPIがスロットリングされました。",
        }
        Unanswered => {
            en: "AWS gave no usable response.",
            ja: "AWSから有効な応答がありませんでした。",
        }
        NoRole => {
            en: "The role does not exist.",
            ja: "ロールが存在しません。",
        }

        // role_missing
        RoleExists => {
            en: "The role exists.",
            ja: "ロールは存在します。",
        }
        RoleDeleted { role: String } => {
            en: "The role {role} no longer exists.",
            ja: "ロール {role} が存在しません。",
        }
        NameReused { role: String } => {
            en: "The role {role} was deleted, and another role now has its name.",
            ja: "ロール {role} は削除され、同じ名前の別のロールが作成されています。",
        }
        NotFoundInStack { role: String } => {
            en: "The stack reported the role {role}, but the hub did not find it among the stack's resources \
                 with the options of the stack's template.",
            ja: "スタックはロール {role} を報告しましたが、スタックのテンプレートで指定されたオプションと一致する\
                 ロールが、スタックのリソースに見つかりませんでした。",
        }

        // trusts_hub, path_of_hub, trusts_own_account
        HubNotTrusted => {
            en: "The hub's AWS account can't use this role.",
            ja: "ハブのAWSアカウントは、このロールを使用できません。",
        }
        HubTrusted { account: String } => {
            en: "The trust policy allows the hub's AWS account {account}. The hub has its own role, with an \
                 external ID, and must not be able to use any other role.",
            ja: "信頼ポリシーが、ハブのAWSアカウント {account} を許可しています。ハブには外部IDを設定した専用の\
                 ロールがあり、他のロールを使用できてはなりません。",
        }
        PathOutsideHub => {
            en: "The role's path is not one that the hub is allowed to assume.",
            ja: "ロールのパスは、ハブが引き受けられるパスではありません。",
        }
        PathOfHub => {
            en: "The role's path is under /rolecall/, which is reserved for the roles that the hub assumes.",
            ja: "ロールのパスが /rolecall/ で始まっています。このパスは、ハブが引き受けるロール専用です。",
        }
        SourceAccountDiffers => {
            en: "The trusted account is not this AWS account itself.",
            ja: "信頼先のアカウントは、このAWSアカウント自身ではありません。",
        }
        SourceAccountIsOwn { account: String } => {
            en: "The trusted account {account} is this AWS account itself. Users who are signed in to it do not \
                 need a role to switch to.",
            ja: "信頼先のアカウント {account} は、このAWSアカウント自身です。このアカウントにサインインしている\
                 ユーザーは、ロールを切り替える必要がありません。",
        }

        // trust_missing, trust_too_broad
        TrustUnreadable => {
            en: "The role's trust policy can't be parsed.",
            ja: "ロールの信頼ポリシーを解析できません。",
        }
        TrustAllows { principals: Series<Trusts> } => {
            en: "The trust policy allows {principals}.",
            ja: "信頼ポリシーは {principals} を許可しています。",
        }
        TrustDoesNotAllow { principals: Series<Trusts> } => {
            en: "The trust policy does not allow {principals}. The trust policy controls who can assume a role; \
                 permission policies don't.",
            ja: "信頼ポリシーが {principals} を許可していません。ロールを引き受けられるプリンシパルは、\
                 アクセス許可ポリシーではなく、信頼ポリシーで決まります。",
        }
        TrustAllowsNoOther => {
            en: "The trust policy allows no one else.",
            ja: "信頼ポリシーは、指定されたプリンシパル以外を許可していません。",
        }
        TrustAllowsMore { principals: Series<Trusts> } => {
            en: "The trust policy allows more than requested: {principals}.",
            ja: "信頼ポリシーが、指定されたもの以外も許可しています（{principals}）。",
        }

        // policy_missing, policy_extra, policy_changed
        AllPolicies => {
            en: "All requested policies are attached.",
            ja: "指定されたポリシーはすべてアタッチされています。",
        }
        PolicyMissing { policies: Names } => {
            en: "The role does not have all permissions of {policies}. Permission policies control what a role \
                 can do; the trust policy doesn't.",
            ja: "{policies} のアクセス許可の全部または一部が、ロールにありません。ロールで実行できる操作は、信頼ポリシー\
                 ではなく、アクセス許可ポリシーで決まります。",
        }
        NoExtraPolicies => {
            en: "The role has no other permissions.",
            ja: "指定されたもの以外のアクセス許可は、ロールにありません。",
        }
        PolicyExtra { policies: Names } => {
            en: "The role has more permissions than requested: {policies}.",
            ja: "指定されたもの以外のアクセス許可が、ロールにあります（{policies}）。",
        }
        PolicyVersionsKept => {
            en: "The customer managed policies have the default versions that the hub first read.",
            ja: "カスタマーマネージドポリシーのデフォルトバージョンは、ハブが最初に確認した時点から\
                 変更されていません。",
        }
        PolicyVersionChanged { policies: Names } => {
            en: "The default version changed after the hub first read it: {policies}.",
            ja: "ハブが最初に確認した時点から、ポリシーのデフォルトバージョンが変更されています（{policies}）。",
        }

        // boundary_missing, instance_profile, session_length
        BoundaryAsInStack => {
            en: "The role has the permissions boundary that is specified in its stack.",
            ja: "スタックで指定されたアクセス許可の境界が、ロールに設定されています。",
        }
        BoundaryMissing => {
            en: "The role does not have the permissions boundary that is specified in its stack.",
            ja: "スタックで指定されたアクセス許可の境界が、ロールに設定されていません。",
        }
        ProfileNotReported => {
            en: "The stack reported no instance profile. EC2 uses a role only through an instance profile.",
            ja: "スタックからインスタンスプロファイルが報告されていません。EC2でロールを使用するには、インスタンス\
                 プロファイルが必要です。",
        }
        ProfileDeleted { profile: String } => {
            en: "The instance profile {profile} no longer exists. EC2 uses a role only through an instance \
                 profile.",
            ja: "インスタンスプロファイル {profile} が存在しません。EC2でロールを使用するには、インスタンスプロファイルが\
                 必要です。",
        }
        ProfileHasRole => {
            en: "The instance profile contains only this role.",
            ja: "インスタンスプロファイルに含まれているのは、このロールのみです。",
        }
        ProfileHasOtherRoleToo { profile: String } => {
            en: "The instance profile {profile} contains another role as well.",
            ja: "インスタンスプロファイル {profile} に、別のロールも含まれています。",
        }
        ProfileHasOtherRole { profile: String } => {
            en: "The instance profile {profile} contains another role instead of this one.",
            ja: "インスタンスプロファイル {profile} に、このロールではなく別のロールが含まれています。",
        }
        ProfileEmpty { profile: String } => {
            en: "The instance profile {profile} contains no role, so instances get no credentials from it.",
            ja: "インスタンスプロファイル {profile} にロールが含まれていないため、インスタンスは認証情報を取得できません。",
        }
        SessionLength { seconds: Seconds } => {
            en: "The maximum session duration is {seconds}.",
            ja: "最大セッション時間は{seconds}です。",
        }
        SessionLengthDiffers { seconds: Seconds, requested: Seconds } => {
            en: "The maximum session duration is {seconds}, but {requested} was requested.",
            ja: "最大セッション時間は{seconds}ですが、指定された値は{requested}です。",
        }

        // not_as_chosen, not_alone
        AsRequested => {
            en: "The stack created the role as requested.",
            ja: "ロールは指定どおりに作成されています。",
        }
        NotRequested => {
            en: "The stack created this role, but it was not requested here.",
            ja: "指定されていないロールが、スタックで作成されています。",
        }
        OtherOptions => {
            en: "The stack created this role with options other than those requested here.",
            ja: "ロールが、指定とは異なるオプションで作成されています。",
        }
        OptionsUnknown => {
            en: "The hub has no record of a template with this role that the stack was created from, so the \
                 role can't be compared with it.",
            ja: "スタックの作成に使用された、このロールを含むテンプレートがハブに記録されていないため、ロールと\
                 比較できません。",
        }
        OnlyOne => {
            en: "No other account of your tenant has a role of this kind in this AWS account.",
            ja: "このAWSアカウントには、テナントの他のアカウントが作成した同じ種類のロールはありません。",
        }
        NotOnlyOne => {
            en: "Another account of your tenant has a role of this kind in this AWS account, which needs only \
                 one.",
            ja: "このAWSアカウントには、テナントの別のアカウントが作成した同じ種類のロールがあります。この種類の\
                 ロールは、AWSアカウントごとに1つで十分です。",
        }
    }
}

messages! {
    /// The principals that a trust policy allows, or should allow.
    pub enum Trusts {
        Principal { name: String } => { en: "{name}", ja: "{name}" }
        Anyone => { en: "anyone", ja: "すべてのプリンシパル" }
        Account { account: String } => {
            en: "the AWS account {account}",
            ja: "AWSアカウント {account}",
        }
        AccountWithoutMfa { account: String } => {
            en: "the AWS account {account} without MFA",
            ja: "MFAなしのAWSアカウント {account}",
        }
        ServiceForAnyAccount { service: String } => {
            en: "{service} on behalf of any account",
            ja: "任意のアカウントに代わって動作する {service}",
        }
        Hub => { en: "the hub", ja: "ハブ" }
        HubAccount { account: String } => {
            en: "the hub's AWS account {account}",
            ja: "ハブのAWSアカウント {account}",
        }
        HubPrincipals => {
            en: "any user or role of the hub's account",
            ja: "ハブのアカウントの任意のユーザーまたはロール",
        }
        HubWithoutExternalId => {
            en: "the hub's account without an external ID",
            ja: "外部IDなしのハブのアカウント",
        }
        HubWithOtherExternalId => {
            en: "the hub's account with another external ID",
            ja: "別の外部IDを指定したハブのアカウント",
        }
    }
}
