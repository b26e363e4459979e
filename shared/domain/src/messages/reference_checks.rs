//! What each check is for and what to do when it fails: the text of its reference page.

use super::{Localized, messages};

messages! {
    pub enum CheckReference {
        ArnMismatch => {
            en: "The role and the stack must be in the same AWS account and partition, the role's path must be \
                 under /rolecall/, and the account must be the one that the registration specifies. Sign in to \
                 the right AWS account, and create the stack from the link.",
            ja: "ロールとスタックが同じAWSアカウントおよびパーティションにあり、ロールのパスが /rolecall/ の下にあり、\
                 アカウントが登録で指定されたものと一致している必要があります。正しいAWSアカウントにサインインし、リンクから\
                 スタックを作成してください。",
        }
        ExternalIdMismatch => {
            en: "Each registration has an external ID of its own, which the link sets as a parameter of the \
                 stack. Set the ExternalId parameter back to that value, or create the stack from the link \
                 again.",
            ja: "外部IDは登録ごとに異なり、リンクによってスタックのパラメータに設定されます。ExternalIdパラメータを元の値に\
                 戻すか、リンクからスタックを作成し直してください。",
        }
        RoleUnassumable => {
            en: "The hub must be able to assume the role. AWS does not report why it rejects a role: the role \
                 or its stack may be deleted, its trust policy may be changed, a policy of the AWS organization \
                 (SCP or RCP) may deny it, or the AWS account may be suspended. Look for the role in the AWS \
                 account, and restore its trust policy with the command in the report.",
            ja: "ハブがロールを引き受けられる必要があります。AWSはロールの引き受けを拒否した理由を返しません。考えられる\
                 原因は、ロールまたはスタックの削除、信頼ポリシーの変更、AWS Organizationsのポリシー（SCPまたはRCP）による\
                 拒否、AWSアカウントの停止です。AWSアカウントでロールの有無を確認し、レポートに示されたコマンドで信頼\
                 ポリシーを元に戻してください。",
        }
        RolePropagating => {
            en: "A new role takes up to a minute until it works everywhere in AWS. Wait a minute, and retry.",
            ja: "新しいロールがAWS全体に反映されるまで、1分ほどかかることがあります。1分ほど待ってから、もう一度お試し\
                 ください。",
        }
        ExternalIdNotEnforced => {
            en: "The hub tries to assume the role without an external ID and with a wrong one. AWS must reject \
                 both: otherwise the role could be used on behalf of someone else (the confused deputy \
                 problem). Restore the role's trust policy with the command in the report.",
            ja: "ハブは、外部IDを指定せずに、また誤った外部IDを指定して、ロールの引き受けを試みます。どちらも拒否される必要が\
                 あります。拒否されない場合、第三者のためにロールが使用されるおそれがあります（混乱した代理問題）。レポートに\
                 示されたコマンドで、ロールの信頼ポリシーを元に戻してください。",
        }
        StsRegionDisabled => {
            en: "The hub calls AWS STS in its own Region, so AWS STS must be active in that Region for the AWS \
                 account. Activate it in the IAM console, under Account settings. If it is an opt-in Region, \
                 enable the Region for the account first.",
            ja: "ハブは自身のリージョンのAWS STSを呼び出すため、AWSアカウントでそのリージョンのAWS STSが有効になっている\
                 必要があります。IAMコンソールの「アカウント設定」で有効にしてください。オプトインリージョンの場合は、先に\
                 アカウントでリージョンを有効にしてください。",
        }
        Throttled => {
            en: "AWS throttled a call of the hub, so not everything could be checked. No change is needed. \
                 Retry in a moment.",
            ja: "ハブからのAPI呼び出しがスロットリングされたため、確認できなかった項目があります。変更は必要ありません。\
                 しばらくしてからもう一度お試しください。",
        }
        AccountSuspended => {
            en: "AWS suspends a closed account for 90 days and then deletes its contents. If the account was \
                 closed by mistake, ask AWS Support to reinstate it. Otherwise deregister the account.",
            ja: "閉鎖されたAWSアカウントは90日間停止状態になり、その後コンテンツが削除されます。誤って閉鎖した場合は、\
                 AWSサポートに再開を依頼してください。それ以外の場合は、アカウントの登録を解除してください。",
        }
        RoleRecreated => {
            en: "IAM gives each role a unique ID. A role with another ID than the registered one was created \
                 by someone else under the same name. Find out who re-created it, deregister the account, \
                 delete its stack, and connect the AWS account again.",
            ja: "IAMのロールには一意のIDがあります。登録時とIDが異なるロールは、同じ名前で作成し直されたものです。誰が再作成\
                 したかを確認し、アカウントの登録を解除してスタックを削除したうえで、AWSアカウントを接続し直してください。",
        }
        StackNotFound => {
            en: "The stack that created the role must exist. If it was deleted, deregister the account. To \
                 connect the AWS account again, create the stack from a new registration's link.",
            ja: "ロールを作成したスタックが存在している必要があります。スタックを削除した場合は、アカウントの登録を解除して\
                 ください。AWSアカウントを再度接続するには、新しい登録のリンクからスタックを作成してください。",
        }
        StackUnexpectedState => {
            en: "The hub relies on the role only while its stack is in use. If CloudFormation is still working \
                 on the stack, wait until it is complete. If an update failed and was not rolled back, roll it \
                 back with the command in the report before the next update. If the stack failed or was rolled \
                 back at its creation, delete it, and create it from the link again.",
            ja: "ハブは、スタックが正常に使用されている間だけ、そのロールを使用します。CloudFormationによる処理中の場合は、\
                 完了するまでお待ちください。更新に失敗してロールバックされていない場合は、次に更新する前に、レポートに\
                 示されたコマンドでロールバックしてください。スタックの作成に失敗した場合や作成がロールバックされた場合は、\
                 スタックを削除し、リンクからもう一度作成してください。",
        }
        RoleNotInStack => {
            en: "The role must be a resource of the registered stack, so that deleting the stack ends the \
                 hub's access. Delete the stack, and create it from the link without changing its template.",
            ja: "スタックの削除によってハブのアクセスが終了するように、ロールは登録されたスタックのリソースである必要が\
                 あります。スタックを削除し、テンプレートを変更せずに、リンクから作成してください。",
        }
        TrustTooBroad => {
            en: "The trust policy must allow only the intended principals, with the required conditions: for \
                 the hub's role the hub with the external ID, for a companion role the requested account or \
                 services. Restore the trust policy with the command in the report.",
            ja: "信頼ポリシーで許可するのは、想定されたプリンシパルのみとし、必要な条件を付ける必要があります。ハブが使用する\
                 ロールでは外部IDを指定したハブ、コンパニオンロールでは指定されたアカウントまたはサービスです。レポートに示された\
                 コマンドで、信頼ポリシーを元に戻してください。",
        }
        PermissionsMissing => {
            en: "The role must have the permissions that its template grants. They can be missing because a \
                 policy was changed or detached, or because a permissions boundary, an SCP, or an RCP denies \
                 them. The report names the missing actions and the command that restores them.",
            ja: "ロールには、テンプレートで付与されるアクセス許可が必要です。ポリシーの変更やデタッチのほか、アクセス許可の\
                 境界、SCP、RCPによる拒否が原因で不足することがあります。不足しているアクションと、元に戻すコマンドは、\
                 レポートに示されています。",
        }
        PermissionsExtra => {
            en: "The role has policies or permissions that its stack did not grant, or a policy was changed. \
                 The hub reports this as a warning. Remove them with the command in the report, or add the \
                 policies to the stack's ManagedPolicyArns parameter.",
            ja: "スタックで付与されたものではないポリシーやアクセス許可がロールにあるか、ポリシーが変更されています。ハブは\
                 これを警告として報告します。レポートに示されたコマンドで削除するか、スタックのManagedPolicyArnsパラメータに\
                 ポリシーを追加してください。",
        }
        BoundaryMissing => {
            en: "The stack's PermissionsBoundaryArn parameter specifies a permissions boundary, which its roles \
                 must have. Restore it with the command in the report.",
            ja: "スタックのPermissionsBoundaryArnパラメータで指定されたアクセス許可の境界が、ロールに設定されている必要が\
                 あります。レポートに示されたコマンドで元に戻してください。",
        }
        TemplateOutdated => {
            en: "A newer template is published than the one that created the stack. The account still works. \
                 Update the stack at your convenience, with the link or the command in the report.",
            ja: "スタックの作成後に、新しいテンプレートが公開されています。アカウントは引き続き使用できます。ご都合のよいときに、\
                 レポートに示されたリンクまたはコマンドでスタックを更新してください。",
        }
        RoleMissing => {
            en: "The stack created this companion role, but the role no longer exists, or another role has its \
                 name. CloudFormation does not re-create what was deleted outside the stack: update the stack \
                 once without the role, and then again with it.",
            ja: "スタックが作成したコンパニオンロールが存在しないか、同じ名前の別のロールに置き換わっています。スタックの外で\
                 削除されたリソースは、CloudFormationでは再作成されません。このロールを除いてスタックを一度更新し、その後\
                 ロールを含めてもう一度更新してください。",
        }
        TrustMissing => {
            en: "The companion role's trust policy must allow the requested account or services; without it no \
                 one can use the role. Restore the trust policy with the command in the report.",
            ja: "コンパニオンロールの信頼ポリシーで、指定されたアカウントまたはサービスが許可されている必要があります。許可\
                 されていない場合、ロールは使用できません。レポートに示されたコマンドで、信頼ポリシーを元に戻してください。",
        }
        PolicyMissing => {
            en: "The companion role must have the requested policies. Attach them with the command in the \
                 report.",
            ja: "コンパニオンロールには、指定されたポリシーが必要です。レポートに示されたコマンドでアタッチしてください。",
        }
        PolicyExtra => {
            en: "The companion role has policies that were not requested. Remove them with the command in the \
                 report, or add them to the role's options.",
            ja: "コンパニオンロールに、指定されていないポリシーがあります。レポートに示されたコマンドで削除するか、ロールの\
                 オプションに追加してください。",
        }
        PolicyChanged => {
            en: "A customer managed policy of the role has another default version than when the hub first read \
                 it. Check what it allows now, and set the previous version as the default if the change was \
                 not intended.",
            ja: "ロールのカスタマー管理ポリシーのデフォルトバージョンが、ハブが最初に確認した時点から変更されています。現在\
                 許可されている内容を確認し、意図しない変更の場合は、以前のバージョンをデフォルトに戻してください。",
        }
        InstanceProfile => {
            en: "EC2 uses a role only through an instance profile, which can hold one role. The instance \
                 profile of the stack must exist and contain this role. Correct it with the command in the \
                 report.",
            ja: "EC2でロールを使用するには、インスタンスプロファイルが必要です。インスタンスプロファイルに追加できるロールは\
                 1つです。スタックのインスタンスプロファイルが存在し、このロールが含まれている必要があります。レポートに示された\
                 コマンドで修正してください。",
        }
        SessionLength => {
            en: "The role's maximum session duration must be the requested one. Set it with the command in the \
                 report.",
            ja: "ロールの最大セッション時間が、指定された値である必要があります。レポートに示されたコマンドで設定してください。",
        }
        NotAsChosen => {
            en: "The stack created this role differently from what was requested in the hub, or its parameter \
                 can't be read. Set the companion roles of the account again, and update the stack.",
            ja: "スタックが作成したロールがハブでの指定と異なるか、スタックのパラメータを読み取れません。アカウントの\
                 コンパニオンロールを設定し直し、スタックを更新してください。",
        }
        TrustsOwnAccount => {
            en: "The role trusts the AWS account that it is in. Users who are signed in to that account do not \
                 need to switch roles. Set trusted_account_id to the AWS account that your users sign in to.",
            ja: "ロールの信頼先が、ロールのあるAWSアカウント自身になっています。そのアカウントにサインインしているユーザーは、\
                 ロールを切り替える必要がありません。trusted_account_idに、ユーザーがサインインするAWSアカウントを指定して\
                 ください。",
        }
        TrustsHub => {
            en: "The hub may use only its own role, which requires the external ID. A companion role that \
                 trusts the hub's AWS account would bypass that. Restore the trust policy with the command in \
                 the report, or choose another trusted account.",
            ja: "ハブが使用できるのは、外部IDを必須とする専用のロールのみです。コンパニオンロールがハブのAWSアカウントを信頼して\
                 いると、この制限が回避されてしまいます。レポートに示されたコマンドで信頼ポリシーを元に戻すか、別の信頼先\
                 アカウントを指定してください。",
        }
        PathOfHub => {
            en: "Paths under /rolecall/ are reserved for the roles that the hub assumes. A companion role must \
                 have another path. Set the companion roles of the account again, and update the stack.",
            ja: "/rolecall/ の下のパスは、ハブが引き受けるロール専用です。コンパニオンロールには別のパスが必要です。アカウントの\
                 コンパニオンロールを設定し直し、スタックを更新してください。",
        }
        NotAlone => {
            en: "An AWS account needs only one role of this kind, and several accounts of your tenant have one \
                 in the same AWS account. Keep the role in one of them, and remove it from the others.",
            ja: "この種類のロールはAWSアカウントごとに1つで十分ですが、テナントの複数のアカウントが、同じAWSアカウントに作成\
                 しています。いずれか1つにロールを残し、他のアカウントからは削除してください。",
        }
    }
}

messages! {
    /// The words of a reference page around its text.
    pub enum ReferenceLabel {
        Heading => { en: "Error codes and check codes", ja: "エラーコードとチェックコード" }
        Errors => { en: "Errors", ja: "エラー" }
        Checks => { en: "Checks", ja: "チェック" }
        Status { status: u32 } => { en: "HTTP status: {status}", ja: "HTTPステータス: {status}" }
        Passed { title: Localized } => { en: "Passed: {title}", ja: "成功: {title}" }
        Failed { title: Localized } => { en: "Failed: {title}", ja: "失敗: {title}" }
    }
}
