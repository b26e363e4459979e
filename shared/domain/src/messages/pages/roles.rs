//! Companion roles: their kinds, and the options of each.

use crate::messages::messages;

messages! {
    /// A kind of role, by its use.
    pub enum RoleTitle {
        Hub => { en: "Role of the hub", ja: "ハブのロール" }
        SwitchRole => { en: "Switch role for your users", ja: "ユーザーが切り替えるロール" }
        Ec2Instance => { en: "Instance profile for EC2", ja: "EC2インスタンスプロファイル" }
        SsmHybrid => { en: "Service role for machines outside AWS", ja: "AWS外のマシン用のサービスロール" }
    }
}

messages! {
    /// An option of a role.
    pub enum RoleOption {
        TrustedAccount => { en: "Account of your users (12 digits)", ja: "ユーザーのAWSアカウントID（12桁）" }
        UserPolicies => { en: "What the users may do", ja: "ユーザーに許可する操作" }
        RequireMfa => { en: "Require MFA", ja: "MFAを必須にする" }
        SessionDuration => { en: "Longest session", ja: "セッションの最大時間" }
        Path => { en: "IAM path", ja: "IAMパス" }
        InstancePolicies => { en: "What the instances may do", ja: "インスタンスに許可する操作" }
        TrustSsm => {
            en: "Systems Manager may assume the role, too",
            ja: "Systems Managerにもロールの引き受けを許可する",
        }
        JoinDirectory => { en: "Join a directory", ja: "ディレクトリへの参加" }
        CloudWatchAgent => { en: "Run the CloudWatch agent", ja: "CloudWatchエージェントの使用" }
        Buckets => { en: "S3 buckets of your own", ja: "お客様のS3バケット" }
        PatchBaselines => { en: "Regions of patch baselines", ja: "パッチベースラインのリージョン" }
    }
}

messages! {
    /// What an AWS managed policy allows.
    /// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>
    pub enum PolicyText {
        ViewOnly => {
            en: "See lists of resources and their settings, but not the data in them",
            ja: "リソースの一覧と設定の表示（リソース内のデータは含まない）",
        }
        ReadOnly => {
            en: "Read everything, including data such as objects in S3",
            ja: "すべての読み取り（S3のオブジェクトなどのデータを含む）",
        }
        PowerUser => {
            en: "Change everything except IAM users, groups, roles and the organization",
            ja: "すべての変更（IAMのユーザー、グループ、ロール、組織の管理を除く）",
        }
        Administrator => {
            en: "Everything, without any limit",
            ja: "すべての操作（制限なし）",
        }
        Ec2ReadOnly => { en: "See EC2 instances, volumes and networks", ja: "EC2のインスタンス、ボリューム、ネットワークの表示" }
        SsmCore => { en: "Be managed by Systems Manager", ja: "Systems Managerによる管理" }
        CloudWatchAgent => {
            en: "Send metrics and logs to CloudWatch",
            ja: "CloudWatchへのメトリクスとログの送信",
        }
        S3ReadOnly => { en: "Read all objects in S3", ja: "S3のすべてのオブジェクトの読み取り" }
    }
}

messages! {
    /// The form of companion roles.
    pub enum RoleForm {
        OtherPolicies => {
            en: "Other managed policies, one ARN a line",
            ja: "その他のマネージドポリシー（1行に1つのARN）",
        }
        OneLineEach => { en: "One a line, at most 5", ja: "1行に1つ、5つまで" }
        OneHour => { en: "1 hour", ja: "1時間" }
        Hours { hours: u32 } => { en: "{hours} hours", ja: "{hours}時間" }
        Minutes { minutes: u32 } => { en: "{minutes} minutes", ja: "{minutes}分" }
        MoreOptions => { en: "More options", ja: "その他の設定" }
        OnePerAccount => {
            en: "An AWS account needs only one of these roles.",
            ja: "このロールは、AWSアカウントごとに1つのみ必要です。",
        }
        SourcePolicy => { en: "Policy for the account of your users", ja: "ユーザーのアカウントに設定するポリシー" }
        SourcePolicyDetail => {
            en: "Attach this policy to the users or groups who switch. It allows only the roles that are registered \
                 here.",
            ja: "ロールを切り替えるユーザーまたはグループに、このポリシーをアタッチしてください。登録済みのロールのみが\
                 許可されます。",
        }
        DownloadConfig => { en: "Download the AWS CLI configuration", ja: "AWS CLIの設定をダウンロード" }
        Activation => { en: "Command that registers machines", ja: "マシンを登録するコマンド" }
        NotDeployed => {
            en: "The stack does not have this role yet. Update the stack to create it.",
            ja: "このロールはまだスタックにありません。スタックを更新すると作成されます。",
        }
    }
}
