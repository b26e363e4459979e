//! The titles of every check: one that is true when the check passes, one when it does not.

use super::{Localized, messages};

messages! {
    /// True when the check passes.
    pub enum PassedTitle {
        ArnMismatch => {
            en: "Role and stack are in the expected AWS account",
            ja: "ロールとスタックが想定されたAWSアカウントにある",
        }
        ExternalIdMismatch => {
            en: "External ID matches the registration",
            ja: "外部IDが登録と一致している",
        }
        RoleUnassumable => {
            en: "Role can be assumed",
            ja: "ロールを引き受けられる",
        }
        RolePropagating => {
            en: "Role has propagated",
            ja: "ロールの反映が完了している",
        }
        ExternalIdNotEnforced => {
            en: "External ID is enforced",
            ja: "外部IDが必須になっている",
        }
        StsRegionDisabled => {
            en: "AWS STS is active in the hub's Region",
            ja: "ハブのリージョンのAWS STSが有効になっている",
        }
        Throttled => {
            en: "No call was throttled",
            ja: "API呼び出しがスロットリングされていない",
        }
        AccountSuspended => {
            en: "AWS account is open",
            ja: "AWSアカウントが有効である",
        }
        RoleRecreated => {
            en: "Role is the registered one",
            ja: "登録時と同じロールである",
        }
        StackNotFound => {
            en: "Stack exists",
            ja: "スタックが存在する",
        }
        StackUnexpectedState => {
            en: "Stack status is as expected",
            ja: "スタックのステータスが正常である",
        }
        RoleNotInStack => {
            en: "Role belongs to the stack",
            ja: "ロールがスタックに属している",
        }
        TrustTooBroad => {
            en: "Trust policy allows only the intended principals",
            ja: "信頼ポリシーで許可されているのは想定されたプリンシパルのみである",
        }
        PermissionsMissing => {
            en: "All permissions are present",
            ja: "必要なアクセス許可が揃っている",
        }
        PermissionsExtra => {
            en: "No extra permissions",
            ja: "余分なアクセス許可がない",
        }
        BoundaryMissing => {
            en: "Permissions boundary is as specified",
            ja: "アクセス許可の境界が指定どおりである",
        }
        TemplateOutdated => {
            en: "Template is current",
            ja: "テンプレートが最新である",
        }
        RoleMissing => {
            en: "Role exists",
            ja: "ロールが存在する",
        }
        TrustMissing => {
            en: "Trust policy allows the requested principals",
            ja: "信頼ポリシーで指定されたプリンシパルが許可されている",
        }
        PolicyMissing => {
            en: "All requested policies are attached",
            ja: "指定されたポリシーがすべてアタッチされている",
        }
        PolicyExtra => {
            en: "No extra policies",
            ja: "余分なポリシーがない",
        }
        PolicyChanged => {
            en: "Policy versions are unchanged",
            ja: "ポリシーのバージョンが変更されていない",
        }
        InstanceProfile => {
            en: "Instance profile contains the role",
            ja: "インスタンスプロファイルにロールが含まれている",
        }
        SessionLength => {
            en: "Maximum session duration is as requested",
            ja: "最大セッション時間が指定どおりである",
        }
        NotAsChosen => {
            en: "Role is as requested",
            ja: "ロールが指定どおりである",
        }
        TrustsOwnAccount => {
            en: "Trusted account is another AWS account",
            ja: "信頼先が別のAWSアカウントである",
        }
        TrustsHub => {
            en: "Hub can't use the role",
            ja: "ハブがロールを使用できない",
        }
        PathOfHub => {
            en: "Role path is outside the hub's permissions",
            ja: "ロールのパスがハブのアクセス許可の範囲外である",
        }
        NotAlone => {
            en: "Role is the only one of its kind in the AWS account",
            ja: "AWSアカウント内で同じ種類のロールが1つだけである",
        }
    }
}

messages! {
    /// True when the check fails or warns.
    pub enum FailedTitle {
        ArnMismatch => {
            en: "Role and stack are not in the expected AWS account",
            ja: "ロールとスタックが想定されたAWSアカウントにない",
        }
        ExternalIdMismatch => {
            en: "External ID does not match the registration",
            ja: "外部IDが登録と一致していない",
        }
        RoleUnassumable => {
            en: "Role can't be assumed",
            ja: "ロールを引き受けられない",
        }
        RolePropagating => {
            en: "Role has not propagated",
            ja: "ロールの反映が完了していない",
        }
        ExternalIdNotEnforced => {
            en: "External ID is not enforced",
            ja: "外部IDが必須になっていない",
        }
        StsRegionDisabled => {
            en: "AWS STS is not active in the hub's Region",
            ja: "ハブのリージョンのAWS STSが有効になっていない",
        }
        Throttled => {
            en: "Calls were throttled",
            ja: "API呼び出しがスロットリングされている",
        }
        AccountSuspended => {
            en: "AWS account is suspended",
            ja: "AWSアカウントが停止されている",
        }
        RoleRecreated => {
            en: "Role was re-created",
            ja: "ロールが再作成されている",
        }
        StackNotFound => {
            en: "Stack does not exist",
            ja: "スタックが存在しない",
        }
        StackUnexpectedState => {
            en: "Stack status is not as expected",
            ja: "スタックのステータスが正常でない",
        }
        RoleNotInStack => {
            en: "Role does not belong to the stack",
            ja: "ロールがスタックに属していない",
        }
        TrustTooBroad => {
            en: "Trust policy allows more than intended",
            ja: "信頼ポリシーで想定された以外にも許可されている",
        }
        PermissionsMissing => {
            en: "Permissions are missing",
            ja: "必要なアクセス許可が不足している",
        }
        PermissionsExtra => {
            en: "Extra permissions",
            ja: "余分なアクセス許可がある",
        }
        BoundaryMissing => {
            en: "Permissions boundary is not as specified",
            ja: "アクセス許可の境界が指定どおりでない",
        }
        TemplateOutdated => {
            en: "Template is outdated",
            ja: "テンプレートが最新でない",
        }
        RoleMissing => {
            en: "Role does not exist",
            ja: "ロールが存在しない",
        }
        TrustMissing => {
            en: "Trust policy does not allow the requested principals",
            ja: "信頼ポリシーで指定されたプリンシパルが許可されていない",
        }
        PolicyMissing => {
            en: "Requested policies are missing",
            ja: "指定されたポリシーが不足している",
        }
        PolicyExtra => {
            en: "Extra policies",
            ja: "余分なポリシーがある",
        }
        PolicyChanged => {
            en: "Policy versions have changed",
            ja: "ポリシーのバージョンが変更されている",
        }
        InstanceProfile => {
            en: "Instance profile is not as expected",
            ja: "インスタンスプロファイルが正しくない",
        }
        SessionLength => {
            en: "Maximum session duration is not as requested",
            ja: "最大セッション時間が指定と異なる",
        }
        NotAsChosen => {
            en: "Role is not as requested",
            ja: "ロールが指定と異なる",
        }
        TrustsOwnAccount => {
            en: "Trusted account is this AWS account",
            ja: "信頼先がこのAWSアカウント自身である",
        }
        TrustsHub => {
            en: "Hub can use the role",
            ja: "ハブがロールを使用できる",
        }
        PathOfHub => {
            en: "Role path is within the hub's permissions",
            ja: "ロールのパスがハブのアクセス許可の範囲内である",
        }
        NotAlone => {
            en: "Several roles of this kind in the AWS account",
            ja: "AWSアカウント内に同じ種類のロールが複数ある",
        }
    }
}

messages! {
    /// The title of a check without a result, made from the one that would be true.
    pub enum OpenTitle {
        Inconclusive { title: Localized } => {
            en: "Not confirmed: {title}",
            ja: "未確認: {title}",
        }
        Skipped { title: Localized } => {
            en: "Not checked: {title}",
            ja: "未チェック: {title}",
        }
    }
}
