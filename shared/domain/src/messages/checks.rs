//! The results of the checks of the hub's own role. Companion roles have separate messages.

use super::messages;

messages! {
    /// English is ASCII, because stacks show it.
    pub enum CheckMessage {
        // Any check.
        EarlierCheckFailed => {
            en: "Not checked, because an earlier check failed.",
            ja: "先行するチェックに失敗したため、確認していません。",
        }
        HubRoleNotAssumed => {
            en: "Not checked, because the hub could not assume the role.",
            ja: "ハブがロールを引き受けられなかったため、確認していません。",
        }
        SeeOtherChecks => {
            en: "Could not be determined. See the checks sts_region_disabled and throttled.",
            ja: "確認できませんでした。チェック sts_region_disabled と throttled を参照してください。",
        }
        CanNotRead { what: ReadTarget, action: &'static str } => {
            en: "{what} can't be read: the role does not allow {action}.",
            ja: "ロールで {action} が許可されていないため、{what}を読み取れません。",
        }
        ReadThrottled { what: ReadTarget } => {
            en: "{what} could not be read, because AWS throttled the call.",
            ja: "API呼び出しがスロットリングされたため、{what}を読み取れませんでした。",
        }
        ReadNotFound { what: ReadTarget } => {
            en: "{what} was not found.",
            ja: "{what}が見つかりませんでした。",
        }
        ReadUnanswered { what: ReadTarget } => {
            en: "{what} could not be read, because AWS gave no usable response.",
            ja: "AWSから有効な応答がなかったため、{what}を読み取れませんでした。",
        }
        NothingToCompare { what: ReadTarget } => {
            en: "{what} was read, but there is nothing to compare it with.",
            ja: "{what}を読み取りましたが、比較の対象がありません。",
        }

        // arn_mismatch
        SameAccount => {
            en: "The role and the stack are in the same AWS account.",
            ja: "ロールとスタックは同じAWSアカウントにあります。",
        }
        DifferentAccounts => {
            en: "The role and the stack are not in the same AWS account.",
            ja: "ロールとスタックのAWSアカウントが異なります。",
        }
        WrongPath => {
            en: "The role's path is not under /rolecall/, so the hub is not allowed to assume the role.",
            ja: "ロールのパスが /rolecall/ で始まっていないため、ハブはこのロールを引き受けられません。",
        }
        InHubAccount => {
            en: "The stack was created in the hub's own AWS account.",
            ja: "スタックがハブ自身のAWSアカウントに作成されています。",
        }
        InOtherAccount => {
            en: "The stack was not created in the AWS account that this registration specifies.",
            ja: "スタックが、この登録で指定されたものとは別のAWSアカウントに作成されています。",
        }
        AssumedInOtherAccount => {
            en: "AssumeRole returned a session in a different AWS account than the role's ARN specifies.",
            ja: "AssumeRoleで得られたセッションのAWSアカウントが、ロールのARNのアカウントと異なります。",
        }

        // external_id_mismatch
        ExternalIdMatches => {
            en: "The stack has this registration's external ID.",
            ja: "スタックの外部IDは、この登録の外部IDと一致しています。",
        }
        ExternalIdDiffers => {
            en: "The stack's external ID is not the external ID of this registration.",
            ja: "スタックの外部IDが、この登録の外部IDと異なります。",
        }
        ExternalIdUnread => {
            en: "The stack's external ID could not be read.",
            ja: "スタックの外部IDを読み取れませんでした。",
        }

        // role_unassumable, role_propagating
        Assumable => {
            en: "The hub can assume the role with this registration's external ID.",
            ja: "ハブは、この登録の外部IDを使用してロールを引き受けられます。",
        }
        RejectedWhileNew => {
            en: "AWS is rejecting the role, but the stack is too new to determine the cause.",
            ja: "ロールの引き受けが拒否されていますが、スタックの作成直後のため、原因を判断できません。",
        }
        RejectedAsSuspended => {
            en: "AWS is rejecting the role. See the check account_suspended.",
            ja: "ロールの引き受けが拒否されています。チェック account_suspended を参照してください。",
        }
        RejectedWithoutReason => {
            en: "AWS is rejecting the role without giving a reason.",
            ja: "ロールの引き受けが拒否されていますが、理由は示されていません。",
        }
        Unassumable => {
            en: "The hub can't assume the role. AWS does not report the cause. Possible causes, most likely \
                 first: the role or its stack was deleted; the role's trust policy was changed; an SCP or RCP \
                 of the AWS organization denies it; the AWS account is suspended.",
            ja: "ハブがロールを引き受けられません。AWSからは原因が返されません。考えられる原因は、可能性の高い\
                 順に、ロールまたはスタックの削除、ロールの信頼ポリシーの変更、AWS OrganizationsのSCPまたは\
                 RCPによる拒否、AWSアカウントの停止です。",
        }
        DeniedByPolicy { policy: DecidingPolicy, actions: Vec<String> } => {
            en: "The hub can't assume the role: {policy} explicitly denies {actions}.",
            ja: "{policy}で {actions} が明示的に拒否されているため、ハブがロールを引き受けられません。",
        }
        NotAllowedByPolicy { policy: DecidingPolicy, actions: Vec<String> } => {
            en: "The hub can't assume the role: {policy} does not allow {actions}.",
            ja: "{policy}で {actions} が許可されていないため、ハブがロールを引き受けられません。",
        }
        HubDenied { policy: DecidingPolicy, actions: Vec<String> } => {
            en: "The hub can't call {actions}: {policy} in the hub's own AWS account does not allow it.",
            ja: "ハブ自身のAWSアカウントに適用される{policy}で許可されていないため、ハブが {actions} を呼び出せません。",
        }
        StsUnanswered => {
            en: "AWS STS gave no usable response.",
            ja: "AWS STSから有効な応答がありませんでした。",
        }
        Propagated => {
            en: "The role is not waiting for propagation in IAM.",
            ja: "ロールはIAMでの反映待ちの状態ではありません。",
        }
        Propagating => {
            en: "AWS is still rejecting the role. New roles can take up to a minute to propagate.",
            ja: "ロールの引き受けがまだ拒否されています。新しいロールの反映には、1分ほどかかることがあります。",
        }

        // external_id_not_enforced
        ExternalIdEnforced => {
            en: "AWS rejects the role without an external ID and with a wrong external ID.",
            ja: "外部IDを指定しない場合も、誤った外部IDを指定した場合も、ロールの引き受けは拒否されます。",
        }
        ExternalIdNotEnforced => {
            en: "The role can be assumed without the correct external ID, so anyone who can make the hub use \
                 this role's ARN could gain access to the account.",
            ja: "正しい外部IDを指定しなくてもロールを引き受けられます。このロールのARNをハブに使用させることの\
                 できる第三者が、アカウントにアクセスするおそれがあります。",
        }
        ExternalIdNotConfirmed => {
            en: "The hub could not confirm that AWS rejects the role without the correct external ID: a test \
                 call was throttled, got no response, or was rejected for another reason.",
            ja: "正しい外部IDを指定しない場合にロールの引き受けが拒否されることを確認できませんでした。確認のための\
                 呼び出しがスロットリングされたか、応答がなかったか、別の理由で拒否されました。",
        }

        // sts_region_disabled, throttled
        StsActive => {
            en: "AWS STS is active for the AWS account.",
            ja: "AWSアカウントでAWS STSが有効になっています。",
        }
        StsInactive { region: String } => {
            en: "AWS STS is not active in {region} for the AWS account. The hub calls AWS STS in that Region.",
            ja: "AWSアカウントで、リージョン {region} のAWS STSが有効になっていません。ハブはこのリージョンのAWS STSを\
                 呼び出します。",
        }
        NotThrottled => {
            en: "No calls were throttled.",
            ja: "スロットリングされたAPI呼び出しはありません。",
        }
        Throttled => {
            en: "AWS throttled a call, so not everything could be checked.",
            ja: "API呼び出しがスロットリングされたため、確認できなかった項目があります。",
        }

        // account_suspended
        NotReportedClosed => {
            en: "The AWS organization has not reported this AWS account as closed.",
            ja: "AWS Organizationsから、このAWSアカウントの閉鎖は通知されていません。",
        }
        AccountClosed => {
            en: "The AWS organization reported that the AWS account was closed, and AWS is rejecting its role. \
                 AWS suspends a closed account for 90 days and then deletes its contents.",
            ja: "AWS OrganizationsからAWSアカウントの閉鎖が通知され、ロールの引き受けも拒否されています。閉鎖された\
                 アカウントは90日間停止状態になり、その後コンテンツが削除されます。",
        }
        ClosedButAssumable => {
            en: "The AWS organization reported that the AWS account was closed, but its role can still be \
                 assumed.",
            ja: "AWS OrganizationsからAWSアカウントの閉鎖が通知されていますが、ロールはまだ引き受けられます。",
        }

        // role_recreated
        SameRole => {
            en: "The role is the one that was registered.",
            ja: "登録時と同じロールです。",
        }
        RoleRecorded => {
            en: "The role is now recorded.",
            ja: "ロールを記録しました。",
        }
        RoleRecreated => {
            en: "The role was deleted and re-created after it was registered.",
            ja: "ロールが登録後に削除され、再作成されています。",
        }

        // stack_not_found, stack_unexpected_state, role_not_in_stack
        StackExists => {
            en: "The stack exists.",
            ja: "スタックは存在します。",
        }
        NoStack => {
            en: "The stack does not exist in the AWS account.",
            ja: "AWSアカウントにスタックが存在しません。",
        }
        StackStatusExpected => {
            en: "The stack's status is as expected.",
            ja: "スタックのステータスは正常です。",
        }
        StackInProgress => {
            en: "CloudFormation is still working on the stack.",
            ja: "CloudFormationがスタックを処理しています。",
        }
        StackStatusUnknown => {
            en: "CloudFormation reports a status of the stack that the hub does not know.",
            ja: "CloudFormationから、ハブが認識できないスタックのステータスが返されました。",
        }
        StackUpdateFailed { status: &'static str } => {
            en: "The stack's status is {status}: the role works, but the stack can't be updated.",
            ja: "スタックのステータスが {status} です。ロールは使用できますが、スタックを更新できません。",
        }
        StackStatusUnexpected { status: &'static str } => {
            en: "The stack's status is {status}, in which the hub can't rely on its role.",
            ja: "スタックのステータスが {status} のため、ハブはこのスタックのロールを使用しません。",
        }
        RoleInStack => {
            en: "The stack created the role.",
            ja: "ロールは、このスタックで作成されたものです。",
        }
        RoleNotInStack => {
            en: "The stack did not create the role.",
            ja: "ロールは、このスタックで作成されたものではありません。",
        }

        // trust_too_broad
        TrustsOnlyHub => {
            en: "The trust policy allows only the hub, with the correct external ID.",
            ja: "信頼ポリシーは、正しい外部IDを指定したハブのみを許可しています。",
        }
        TrustsMore => {
            en: "The trust policy allows more than the hub with the correct external ID.",
            ja: "信頼ポリシーが、正しい外部IDを指定したハブ以外も許可しています。",
        }
        TrustUnreadable => {
            en: "The role's trust policy can't be parsed, so it is not the one from the template.",
            ja: "ロールの信頼ポリシーを解析できません。テンプレートの信頼ポリシーから変更されています。",
        }

        // permissions_missing, permissions_extra, boundary_missing
        AllPermissions => {
            en: "The role has every permission that its template grants.",
            ja: "テンプレートで付与されるアクセス許可が、ロールにすべて揃っています。",
        }
        InspectionAllowed => {
            en: "The role has the permissions that the hub needs to check it. Its template's other permissions \
                 are not on record.",
            ja: "ハブがロールの確認に必要とするアクセス許可は揃っています。テンプレートで付与されるその他の\
                 アクセス許可は記録されていません。",
        }
        InspectionNotAllowed => {
            en: "The role does not have the permissions that the hub needs to check it.",
            ja: "ハブがロールの確認に必要とするアクセス許可が、ロールにありません。",
        }
        InspectionDeniedByPolicy { policy: DecidingPolicy, actions: Vec<String> } => {
            en: "The role can't read what the hub needs to check: {policy} explicitly denies {actions}.",
            ja: "{policy}で {actions} が明示的に拒否されているため、ハブが確認に必要な情報を取得できません。",
        }
        InspectionNotAllowedByPolicy { policy: DecidingPolicy, actions: Vec<String> } => {
            en: "The role can't read what the hub needs to check: {policy} does not allow {actions}.",
            ja: "{policy}で {actions} が許可されていないため、ハブが確認に必要な情報を取得できません。",
        }
        PermissionsMissing => {
            en: "The role does not have all permissions that its template grants.",
            ja: "テンプレートで付与されるアクセス許可の一部が、ロールにありません。",
        }
        PolicyPropagating => {
            en: "The role's policy is not effective yet. New policies can take up to a minute to propagate.",
            ja: "ロールのポリシーがまだ有効になっていません。新しいポリシーの反映には、1分ほどかかることがあります。",
        }
        StackChanging => {
            en: "The stack is being updated, and its role does not match it yet.",
            ja: "スタックの更新中のため、ロールがまだスタックの設定と一致していません。",
        }
        TemplateNotOnRecord => {
            en: "The role's permissions can't be compared: those of its template are not on record.",
            ja: "テンプレートのアクセス許可が記録されていないため、ロールのアクセス許可を比較できません。",
        }
        TemplatePolicyUnreadable { cause: PolicyFault } => {
            en: "The role's permissions can't be compared: a policy from its template was changed, and {cause}.",
            ja: "テンプレートのポリシーが変更されており、ロールのアクセス許可を比較できません（{cause}）。",
        }
        OtherPolicyUnreadable { cause: PolicyFault } => {
            en: "The role's permissions can't be compared: the role has another policy, and {cause}.",
            ja: "ロールに別のポリシーがあり、アクセス許可を比較できません（{cause}）。",
        }
        NoExtraPermissions => {
            en: "The role has no permissions other than those from its stack.",
            ja: "スタックで付与されたもの以外のアクセス許可は、ロールにありません。",
        }
        ExtraPermissions => {
            en: "The role has permissions that its stack did not grant.",
            ja: "スタックで付与されたもの以外のアクセス許可が、ロールにあります。",
        }
        PolicyVersionChanged => {
            en: "A policy that the stack attaches to the role has a different default version than when the hub \
                 first read it.",
            ja: "スタックがロールにアタッチしたポリシーのデフォルトバージョンが、ハブが最初に確認した時点から\
                 変更されています。",
        }
        BoundaryAsInStack => {
            en: "The role's permissions boundary is as specified in its stack.",
            ja: "ロールのアクセス許可の境界は、スタックの指定と一致しています。",
        }
        BoundaryMissing => {
            en: "The role does not have the permissions boundary that is specified in its stack.",
            ja: "スタックで指定されたアクセス許可の境界が、ロールに設定されていません。",
        }

        // template_outdated
        NotAnUpdate => {
            en: "Not compared while the stack is created or updated.",
            ja: "スタックの作成中または更新中は比較されません。",
        }
        TemplateIsCurrent => {
            en: "The stack uses the current template.",
            ja: "スタックは最新のテンプレートを使用しています。",
        }
        TemplateOutdated { version: String, current: String } => {
            en: "The stack uses template {version}. The current template is {current}.",
            ja: "スタックのテンプレートのバージョンは {version} です。最新のバージョンは {current} です。",
        }
        TemplateUnknown { template_id: String } => {
            en: "The stack's template {template_id} is not one that the hub created.",
            ja: "スタックのテンプレート {template_id} は、ハブが作成したテンプレートではありません。",
        }
        AccessChanged => {
            en: "The access that the stack gives differs from the access that is requested now.",
            ja: "スタックで付与されているアクセスが、現在リクエストされているアクセスと異なります。",
        }
    }
}

messages! {
    /// What the hub reads through its role.
    pub enum ReadTarget {
        Stack => { en: "The stack", ja: "スタック" }
        StackResources => { en: "The stack's list of resources", ja: "スタックのリソース一覧" }
        TrustPolicy => { en: "The role's trust policy", ja: "ロールの信頼ポリシー" }
        Policies => { en: "The role's list of policies", ja: "ロールのポリシー一覧" }
        AttachedPolicies => {
            en: "The role's list of attached policies",
            ja: "ロールにアタッチされたポリシーの一覧",
        }
        Boundary => { en: "The role's permissions boundary", ja: "ロールのアクセス許可の境界" }
    }
}

messages! {
    /// The kind of policy that decided a request.
    pub enum DecidingPolicy {
        IdentityBased => { en: "an identity-based policy", ja: "アイデンティティベースのポリシー" }
        ResourceBased => { en: "a resource-based policy", ja: "リソースベースのポリシー" }
        PermissionsBoundary => { en: "a permissions boundary", ja: "アクセス許可の境界" }
        ServiceControl => {
            en: "a service control policy (SCP)",
            ja: "サービスコントロールポリシー（SCP）",
        }
        ResourceControl => {
            en: "a resource control policy (RCP)",
            ja: "リソースコントロールポリシー（RCP）",
        }
        Session => { en: "a session policy", ja: "セッションポリシー" }
        VpcEndpoint => { en: "a VPC endpoint policy", ja: "VPCエンドポイントポリシー" }
        RoleTrust => { en: "a role trust policy", ja: "ロールの信頼ポリシー" }
    }
}

messages! {
    /// Why a policy can't be compared.
    pub enum PolicyFault {
        NotJson => { en: "it is not valid JSON", ja: "ポリシーがJSONとして正しくありません" }
        Malformed => {
            en: "it has no statement in the format that IAM accepts",
            ja: "IAMで有効な形式のステートメントがありません",
        }
        TooLarge => { en: "it is too large to compare", ja: "比較できるサイズを超えています" }
    }
}
