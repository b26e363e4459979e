//! Every check code, with its titles and the text of its reference page.

use super::codes::check_codes;

check_codes! {
    ArnMismatch = "arn_mismatch" => {
        passed: {
            en: "Role and stack are in the expected AWS account",
            ja: "ロールとスタックが想定されたAWSアカウントにある",
        }
        failed: {
            en: "Role and stack are not in the expected AWS account",
            ja: "ロールとスタックが想定されたAWSアカウントにない",
        }
        reference: {
            en: "The role and the stack must be in the same AWS account and partition, the role's path must be \
                 under /rolecall/, and the account must be the one that the registration specifies. Sign in to \
                 the right AWS account, and create the stack from the link.",
            ja: "ロールとスタックは、同じAWSアカウントとパーティションに存在する必要があります。また、ロールの\
                 パスは /rolecall/ で始まり、アカウントは登録で指定されたものと一致する必要があります。正しい\
                 AWSアカウントにサインインし、リンクからスタックを作成してください。",
        }
    }
    ExternalIdMismatch = "external_id_mismatch" => {
        passed: { en: "External ID matches the registration", ja: "外部IDが登録と一致している" }
        failed: { en: "External ID does not match the registration", ja: "外部IDが登録と一致していない" }
        reference: {
            en: "Each registration has its own external ID, which the link sets as a parameter of the stack. Set \
                 the ExternalId parameter back to that value, or create the stack from the link again.",
            ja: "外部IDは登録ごとに異なり、リンクによってスタックのパラメータに設定されます。ExternalId パラメータを元の値に\
                 戻すか、リンクからスタックを作成し直してください。",
        }
    }
    RoleUnassumable = "role_unassumable" => {
        passed: { en: "Role can be assumed", ja: "ロールを引き受けられる" }
        failed: { en: "Role can't be assumed", ja: "ロールを引き受けられない" }
        reference: {
            en: "The hub must be able to assume the role. AWS does not report why it rejects a role: the role \
                 or its stack may be deleted, its trust policy may be changed, a policy of the AWS organization \
                 (SCP or RCP) may deny it, or the AWS account may be suspended. Look for the role in the AWS \
                 account, and restore its trust policy with the command in the report.",
            ja: "ハブは、ロールを引き受けられる必要があります。AWSからは、引き受けが拒否された理由は返されません。\
                 考えられる原因は、ロールまたはスタックの削除、信頼ポリシーの変更、AWS Organizationsの\
                 ポリシー（SCPまたはRCP）による拒否、AWSアカウントの停止です。AWSアカウントでロールの有無を確認し、\
                 レポートに示されたコマンドで信頼ポリシーを元に戻してください。",
        }
    }
    RolePropagating = "role_propagating" => {
        passed: { en: "Role has propagated", ja: "ロールの反映が完了している" }
        failed: { en: "Role has not propagated", ja: "ロールの反映が完了していない" }
        reference: {
            en: "A new role can take up to a minute to propagate in AWS. Wait a minute, and retry.",
            ja: "新しいロールがAWS全体に反映されるまで、1分ほどかかることがあります。1分ほど待ってから、もう一度お試し\
                 ください。",
        }
    }
    ExternalIdNotEnforced = "external_id_not_enforced" => {
        passed: { en: "External ID is enforced", ja: "外部IDが必須になっている" }
        failed: { en: "External ID is not enforced", ja: "外部IDが必須になっていない" }
        reference: {
            en: "The hub tries to assume the role without an external ID and with a wrong one. AWS must reject \
                 both: otherwise the role could be used on behalf of someone else (the confused deputy \
                 problem). Restore the role's trust policy with the command in the report.",
            ja: "ハブは、外部IDを指定せずに、また誤った外部IDを指定して、ロールの引き受けを試みます。どちらも\
                 拒否される必要があります。拒否されない場合、ハブを介して第三者にロールが使用されるおそれがあります\
                 （「混乱した代理」問題）。レポートに示されたコマンドで、ロールの信頼ポリシーを元に\
                 戻してください。",
        }
    }
    StsRegionDisabled = "sts_region_disabled" => {
        passed: { en: "AWS STS is active in the hub's Region", ja: "ハブのリージョンのAWS STSが有効になっている" }
        failed: { en: "AWS STS is not active in the hub's Region", ja: "ハブのリージョンのAWS STSが有効になっていない" }
        reference: {
            en: "The hub calls AWS STS in its own Region, so AWS STS must be active in that Region for the AWS \
                 account. Activate it in the IAM console, under Account settings. If it is an opt-in Region, \
                 enable the Region for the account first.",
            ja: "ハブは自身のリージョンのAWS STSを呼び出すため、AWSアカウントでそのリージョンのAWS STSが有効になっている\
                 必要があります。IAMコンソールの［アカウント設定］で有効にしてください。オプトインリージョンの場合は、先に\
                 アカウントでリージョンを有効にしてください。",
        }
    }
    Throttled = "throttled" => {
        passed: { en: "No call was throttled", ja: "スロットリングされたAPI呼び出しがない" }
        failed: { en: "Calls were throttled", ja: "API呼び出しがスロットリングされた" }
        reference: {
            en: "AWS throttled one of the hub's calls, so not everything could be checked. No change is needed. \
                 Retry in a moment.",
            ja: "ハブからのAPI呼び出しがスロットリングされたため、確認できなかった項目があります。変更は必要ありません。\
                 しばらくしてからもう一度お試しください。",
        }
    }
    AccountSuspended = "account_suspended" => {
        passed: { en: "AWS account is open", ja: "AWSアカウントが有効である" }
        failed: { en: "AWS account is suspended", ja: "AWSアカウントが停止されている" }
        reference: {
            en: "AWS suspends a closed account for 90 days and then deletes its contents. If the account was \
                 closed by mistake, ask AWS Support to reinstate it. Otherwise deregister the account.",
            ja: "閉鎖されたAWSアカウントは90日間停止状態になり、その後コンテンツが削除されます。誤って閉鎖した場合は、\
                 AWSサポートに再開を依頼してください。それ以外の場合は、アカウントの登録を解除してください。",
        }
    }
    RoleRecreated = "role_recreated" => {
        passed: { en: "Role is the registered one", ja: "登録時と同じロールである" }
        failed: { en: "Role was re-created", ja: "ロールが再作成されている" }
        reference: {
            en: "IAM gives each role a unique ID. If the ID differs from the registered one, the role was deleted, \
                 and another role was created with the same name. Find out who created it, deregister the account, \
                 delete its stack, and connect the AWS account again.",
            ja: "IAMのロールには一意のIDがあります。登録時とIDが異なる場合、ロールが削除され、同じ名前で別の\
                 ロールが作成されています。誰が作成したかを確認し、アカウントの登録を解除してスタックを\
                 削除したうえで、AWSアカウントを接続し直してください。",
        }
    }
    StackNotFound = "stack_not_found" => {
        passed: { en: "Stack exists", ja: "スタックが存在する" }
        failed: { en: "Stack does not exist", ja: "スタックが存在しない" }
        reference: {
            en: "The stack that created the role must exist. If it was deleted, deregister the account. To \
                 connect the AWS account again, create the stack from a new registration's link.",
            ja: "ロールを作成したスタックが存在している必要があります。スタックを削除した場合は、アカウントの登録を解除して\
                 ください。AWSアカウントを再度接続するには、新しい登録のリンクからスタックを作成してください。",
        }
    }
    StackUnexpectedState = "stack_unexpected_state" => {
        passed: { en: "Stack status is as expected", ja: "スタックのステータスが正常である" }
        failed: { en: "Stack status is not as expected", ja: "スタックのステータスが正常ではない" }
        reference: {
            en: "The hub relies on the role only while its stack is in use. If CloudFormation is still working \
                 on the stack, wait until it is complete. If the stack failed or was rolled back, delete it, \
                 and create it from the link again.",
            ja: "ハブは、スタックが正常に使用されている間だけ、そのロールを使用します。CloudFormationによる処理中の場合は、\
                 完了するまでお待ちください。スタックの作成に失敗した場合やロールバックされた場合は、スタックを削除し、リンク\
                 からもう一度作成してください。",
        }
    }
    RoleNotInStack = "role_not_in_stack" => {
        passed: { en: "Role belongs to the stack", ja: "ロールがスタックに属している" }
        failed: { en: "Role does not belong to the stack", ja: "ロールがスタックに属していない" }
        reference: {
            en: "The role must be a resource of the registered stack, so that deleting the stack ends the \
                 hub's access. Delete the stack, and create it from the link without changing its template.",
            ja: "スタックの削除によってハブのアクセスが終了するように、ロールは登録されたスタックのリソースである必要が\
                 あります。スタックを削除し、テンプレートを変更せずに、リンクから作成してください。",
        }
    }
    TrustTooBroad = "trust_too_broad" => {
        passed: {
            en: "Trust policy allows only the intended principals",
            ja: "信頼ポリシーが想定されたプリンシパルのみを許可している",
        }
        failed: { en: "Trust policy allows more than intended", ja: "信頼ポリシーの許可範囲が想定より広い" }
        reference: {
            en: "The trust policy must allow only the intended principals, with the required conditions: for \
                 the hub's role the hub with the external ID, for a companion role the requested account or \
                 services. Restore the trust policy with the command in the report.",
            ja: "信頼ポリシーは、想定されたプリンシパルのみを、必要な条件付きで許可する必要があります。ハブが\
                 使用するロールでは外部IDを指定したハブ、コンパニオンロールでは指定されたアカウントまたは\
                 サービスのみです。レポートに示されたコマンドで、信頼ポリシーを元に戻してください。",
        }
    }
    PermissionsMissing = "permissions_missing" => {
        passed: { en: "All permissions are present", ja: "必要なアクセス許可が揃っている" }
        failed: { en: "Permissions are missing", ja: "必要なアクセス許可が不足している" }
        reference: {
            en: "The role must have the permissions that its template grants. They can be missing because a \
                 policy was changed or detached, or because a permissions boundary, an SCP, or an RCP denies \
                 them. The report names the missing actions and the command that restores them.",
            ja: "ロールには、テンプレートで付与されるアクセス許可が必要です。ポリシーの変更やデタッチのほか、アクセス許可の\
                 境界、SCP、RCPによる拒否が原因で不足することがあります。不足しているアクションと、元に戻すコマンドは、\
                 レポートに示されています。",
        }
    }
    PermissionsExtra = "permissions_extra" => {
        passed: { en: "No extra permissions", ja: "余分なアクセス許可がない" }
        failed: { en: "Extra permissions", ja: "余分なアクセス許可がある" }
        reference: {
            en: "The role has policies or permissions that its stack did not grant, or a policy was changed. \
                 The hub reports this as a warning. Remove them with the command in the report, or choose an \
                 access profile that includes them, and update the stack.",
            ja: "スタックで付与されたもの以外のポリシーやアクセス許可がロールにあるか、ポリシーが変更されています。\
                 ハブはこれを警告として報告します。レポートに示されたコマンドで削除するか、それらを含む\
                 アクセスプロファイルを選択し、スタックを更新してください。",
        }
    }
    BoundaryMissing = "boundary_missing" => {
        passed: { en: "Permissions boundary is as specified", ja: "アクセス許可の境界が指定どおりである" }
        failed: { en: "Permissions boundary is not as specified", ja: "アクセス許可の境界が指定と異なる" }
        reference: {
            en: "The stack's PermissionsBoundaryArn parameter specifies a permissions boundary, which its roles \
                 must have. Restore it with the command in the report.",
            ja: "スタックの PermissionsBoundaryArn パラメータで指定されたアクセス許可の境界が、ロールに設定されている必要が\
                 あります。レポートに示されたコマンドで元に戻してください。",
        }
    }
    TemplateOutdated = "template_outdated" => {
        passed: { en: "Template is current", ja: "テンプレートが最新である" }
        failed: { en: "Template is outdated", ja: "テンプレートが最新ではない" }
        reference: {
            en: "The stack was created from a template with other access than the one that is now requested or \
                 published, with an older version, or \
                 from an edited one. The report names the difference. The account still works. \
                 Update the stack at your convenience, with the link or the command in the report.",
            ja: "スタックの作成に使用されたテンプレートは、現在リクエストまたは公開されているアクセスと内容が異なるか、\
                 古いバージョンであるか、編集されています。違いはレポートに示されています。アカウントは引き続き使用できます。ご都合のよいときに、\
                 レポートに示されたリンクまたはコマンドでスタックを更新してください。",
        }
    }
    RoleMissing = "role_missing" => {
        passed: { en: "Role exists", ja: "ロールが存在する" }
        failed: { en: "Role does not exist", ja: "ロールが存在しない" }
        reference: {
            en: "The stack created this companion role, but the role no longer exists, or another role has its \
                 name. CloudFormation does not re-create what was deleted outside the stack: update the stack \
                 once without the role, and then again with it.",
            ja: "スタックが作成したコンパニオンロールが存在しないか、同じ名前の別のロールに置き換わっています。スタックの外で\
                 削除されたリソースは、CloudFormationでは再作成されません。このロールを除いてスタックを一度更新し、その後\
                 ロールを含めてもう一度更新してください。",
        }
    }
    TrustMissing = "trust_missing" => {
        passed: {
            en: "Trust policy allows the requested principals",
            ja: "信頼ポリシーが指定されたプリンシパルを許可している",
        }
        failed: {
            en: "Trust policy does not allow the requested principals",
            ja: "信頼ポリシーが指定されたプリンシパルを許可していない",
        }
        reference: {
            en: "The companion role's trust policy must allow the requested account or services; without it no \
                 one can use the role. Restore the trust policy with the command in the report.",
            ja: "コンパニオンロールの信頼ポリシーは、指定されたアカウントまたはサービスを許可する必要があります。\
                 許可されていない場合、ロールは使用できません。レポートに示されたコマンドで、信頼ポリシーを元に\
                 戻してください。",
        }
    }
    PolicyMissing = "policy_missing" => {
        passed: { en: "All requested policies are attached", ja: "指定されたポリシーがすべてアタッチされている" }
        failed: { en: "Requested policies are missing", ja: "指定されたポリシーが不足している" }
        reference: {
            en: "The companion role must have the requested policies. Attach them with the command in the \
                 report.",
            ja: "コンパニオンロールには、指定されたポリシーが必要です。レポートに示されたコマンドでアタッチしてください。",
        }
    }
    PolicyExtra = "policy_extra" => {
        passed: { en: "No extra policies", ja: "余分なポリシーがない" }
        failed: { en: "Extra policies", ja: "余分なポリシーがある" }
        reference: {
            en: "The companion role has policies that were not requested. Remove them with the command in the \
                 report, or add them to the role's options.",
            ja: "コンパニオンロールに、指定されていないポリシーがあります。レポートに示されたコマンドで削除するか、ロールの\
                 オプションに追加してください。",
        }
    }
    PolicyChanged = "policy_changed" => {
        passed: { en: "Policy versions are unchanged", ja: "ポリシーのバージョンが変更されていない" }
        failed: { en: "Policy versions have changed", ja: "ポリシーのバージョンが変更されている" }
        reference: {
            en: "A customer managed policy of the role has a different default version than when the hub first read \
                 it. Check what it allows now, and set the previous version as the default if the change was not \
                 intended.",
            ja: "ロールのカスタマーマネージドポリシーのデフォルトバージョンが、ハブが最初に確認した時点から\
                 変更されています。現在許可されている内容を確認し、意図しない変更の場合は、以前のバージョンを\
                 デフォルトに戻してください。",
        }
    }
    InstanceProfile = "instance_profile" => {
        passed: { en: "Instance profile contains the role", ja: "インスタンスプロファイルにロールが含まれている" }
        failed: { en: "Instance profile is not as expected", ja: "インスタンスプロファイルが想定と異なる" }
        reference: {
            en: "EC2 uses a role only through an instance profile, which can hold one role. The instance \
                 profile of the stack must exist and contain this role. Correct it with the command in the \
                 report.",
            ja: "EC2でロールを使用するには、インスタンスプロファイルが必要です。インスタンスプロファイルに追加できるロールは\
                 1つです。スタックのインスタンスプロファイルが存在し、このロールが含まれている必要があります。レポートに示された\
                 コマンドで修正してください。",
        }
    }
    SessionLength = "session_length" => {
        passed: { en: "Maximum session duration is as requested", ja: "最大セッション時間が指定どおりである" }
        failed: { en: "Maximum session duration is not as requested", ja: "最大セッション時間が指定と異なる" }
        reference: {
            en: "The role's maximum session duration must be the requested one. Set it with the command in the \
                 report.",
            ja: "ロールの最大セッション時間が、指定された値である必要があります。レポートに示されたコマンドで設定してください。",
        }
    }
    NotAsChosen = "not_as_chosen" => {
        passed: { en: "Role is as requested", ja: "ロールが指定どおりである" }
        failed: { en: "Role is not as requested", ja: "ロールが指定と異なる" }
        reference: {
            en: "The stack created this role differently from what was requested in the hub, or the hub has no \
                 record of its template. Set the companion roles of the account again, and update the stack.",
            ja: "スタックが作成したロールがハブでの指定と異なるか、スタックのテンプレートがハブに記録されていません。\
                 アカウントのコンパニオンロールを設定し直し、スタックを更新してください。",
        }
    }
    TrustsOwnAccount = "trusts_own_account" => {
        passed: { en: "Trusted account is another AWS account", ja: "信頼先が別のAWSアカウントである" }
        failed: { en: "Trusted account is this AWS account", ja: "信頼先がこのAWSアカウント自身である" }
        reference: {
            en: "The role trusts the AWS account that it is in. Users who are signed in to that account do not \
                 need to switch roles. Set trusted_account_id to the AWS account that your users sign in to.",
            ja: "ロールの信頼先が、ロールのあるAWSアカウント自身になっています。そのアカウントにサインインしている\
                 ユーザーは、ロールを切り替える必要がありません。trusted_account_id に、ユーザーがサインインする\
                 AWSアカウントを指定してください。",
        }
    }
    TrustsHub = "trusts_hub" => {
        passed: { en: "Hub can't use the role", ja: "ハブがロールを使用できない" }
        failed: { en: "Hub can use the role", ja: "ハブがロールを使用できる" }
        reference: {
            en: "The hub may use only its own role, which requires the external ID. A companion role that \
                 trusts the hub's AWS account would bypass that. Restore the trust policy with the command in \
                 the report, or choose another trusted account.",
            ja: "ハブが使用できるのは、外部IDを必須とする専用のロールのみです。コンパニオンロールがハブのAWSアカウントを信頼して\
                 いると、この制限が回避されてしまいます。レポートに示されたコマンドで信頼ポリシーを元に戻すか、別の信頼先\
                 アカウントを指定してください。",
        }
    }
    PathOfHub = "path_of_hub" => {
        passed: {
            en: "Role path is outside the hub's permissions",
            ja: "ロールのパスがハブのアクセス許可の範囲外である",
        }
        failed: { en: "Role path is within the hub's permissions", ja: "ロールのパスがハブのアクセス許可の範囲内である" }
        reference: {
            en: "Paths under /rolecall/ are reserved for the roles that the hub assumes. A companion role must \
                 have another path. Set the companion roles of the account again, and update the stack.",
            ja: "/rolecall/ で始まるパスは、ハブが引き受けるロール専用です。コンパニオンロールには別のパスが\
                 必要です。アカウントのコンパニオンロールを設定し直し、スタックを更新してください。",
        }
    }
    NotAlone = "not_alone" => {
        passed: {
            en: "Role is the only one of its kind in the AWS account",
            ja: "同じ種類のロールがAWSアカウント内に1つだけ存在する",
        }
        failed: {
            en: "Several roles of this kind in the AWS account",
            ja: "同じ種類のロールがAWSアカウント内に複数存在する",
        }
        reference: {
            en: "An AWS account needs only one role of this kind, but several accounts of your tenant have one \
                 in the same AWS account. Keep the role in one of them, and remove it from the others.",
            ja: "この種類のロールはAWSアカウントごとに1つで十分ですが、テナントの複数のアカウントが、同じ\
                 AWSアカウントにこのロールを作成しています。いずれか1つのアカウントにロールを残し、他の\
                 アカウントからは削除してください。",
        }
    }
}
