//! Groups, their accounts, and adding an account.

use crate::messages::messages;
use crate::messages::parameter::Span;

messages! {
    /// The pages of groups and the list of all accounts.
    pub enum GroupPages {
        Title => { en: "Groups", ja: "グループ" }
        New => { en: "New group", ja: "グループを作成" }
        Empty => { en: "No groups yet", ja: "グループはまだありません" }
        EmptyDetail => {
            en: "Create a group, then connect your first AWS account.",
            ja: "グループを作成してから、AWSアカウントを接続してください。",
        }
        OneAccount => { en: "1 account", ja: "1アカウント" }
        Accounts { count: usize } => { en: "{count} accounts", ja: "{count}アカウント" }
        NeedAttention { count: usize } => { en: "{count} need attention", ja: "要確認 {count}件" }
        NeedsAttention => { en: "1 needs attention", ja: "要確認 1件" }
        AreWaiting { count: usize } => { en: "{count} waiting", ja: "接続待ち {count}件" }
        Name => { en: "Name", ja: "名前" }
        NameHint => { en: "Up to 64 characters", ja: "64文字まで" }
        Color => { en: "Color", ja: "色" }
        Create => { en: "Create group", ja: "グループを作成" }
        Edit => { en: "Edit", ja: "編集" }
        EditTitle => { en: "Edit group", ja: "グループの編集" }
        Delete => { en: "Delete group", ja: "グループを削除" }
        DeleteTitle { name: String } => { en: "Delete group “{name}”?", ja: "グループ「{name}」を削除しますか？" }
        DeleteDetail => {
            en: "Only an empty group can be deleted. AWS accounts are not affected.",
            ja: "削除できるのは空のグループのみです。AWSアカウントには影響しません。",
        }
        AddAccount => { en: "Add AWS account", ja: "AWSアカウントを追加" }
        Tabs => { en: "Contents of the group", ja: "グループの内容" }
        TabAccounts => { en: "Accounts", ja: "アカウント" }
        TabWaiting => { en: "Waiting", ja: "接続待ち" }
        NoAccounts => { en: "No accounts in this group", ja: "このグループにアカウントはありません" }
        NoAccountsAtAll => { en: "No accounts yet", ja: "アカウントはまだありません" }
        NoneFound => { en: "Nothing matches these filters", ja: "条件に一致する項目はありません" }
        NoWaiting => { en: "No connection is waiting", ja: "接続待ちの登録はありません" }
        Account => { en: "Account", ja: "アカウント" }
        Group => { en: "Group", ja: "グループ" }
        AwsAccount => { en: "AWS account", ja: "AWSアカウント" }
        StatusColumn => { en: "Status", ja: "状態" }
        Access => { en: "Access", ja: "アクセス" }
        LastCheck => { en: "Last check", ja: "最終確認" }
        Created => { en: "Created", ja: "作成日時" }
        LastAttempt => { en: "Last attempt", ja: "最後の試行" }
        Unnamed => { en: "Unnamed", ja: "名前なし" }
        AllAccounts => { en: "Accounts", ja: "アカウント" }
        Search => { en: "Search", ja: "検索" }
        SearchHint => {
            en: "Name, twelve digits, stack name or role ARN",
            ja: "名前、12桁のアカウントID、スタック名、ロールのARN",
        }
        AnyStatus => { en: "Any status", ja: "すべての状態" }
        AnyAccess => { en: "Any access", ja: "すべてのアクセス" }
        Filter => { en: "Filter", ja: "絞り込む" }
        ClearFilters => { en: "Clear filters", ja: "条件をクリア" }
        Export => { en: "Export", ja: "エクスポート" }
        ExportCsv => { en: "Export as CSV", ja: "CSVでエクスポート" }
        AsCsv => { en: "CSV (spreadsheet)", ja: "CSV（表計算ソフト用）" }
        AsAwsConfig => { en: "AWS CLI configuration", ja: "AWS CLIの設定ファイル" }
        AsJson => { en: "JSON", ja: "JSON" }
        OwnerOnly => {
            en: "Only an owner can do this. Ask an owner in your organization.",
            ja: "この操作を実行できるのはオーナーのみです。組織のオーナーに依頼してください。",
        }
        MemberOnly => {
            en: "You have read-only access. Ask an owner to make you a member.",
            ja: "閲覧のみ可能で、変更はできません。メンバー権限が必要な場合は、オーナーに依頼してください。",
        }
    }
}

messages! {
    /// Adding an account, in three steps.
    pub enum AddAccount {
        Title => { en: "Add an AWS account", ja: "AWSアカウントの追加" }
        Step { number: u32 } => { en: "Step {number} of 3", ja: "手順 {number}/3" }
        NameLabel => { en: "Name of the account", ja: "アカウントの名前" }
        NameHint => {
            en: "The name that your team uses. You can change it later.",
            ja: "チームで使用する名前です。後から変更できます。",
        }
        RegionLabel => { en: "Region of the stack", ja: "スタックのリージョン" }
        RegionHint => {
            en: "The role works in every Region. Only the stack is created in this one.",
            ja: "ロールはすべてのリージョンで使用できます。スタックのみがこのリージョンに作成されます。",
        }
        RegionServed => { en: "connects automatically", ja: "自動的に接続" }
        RegionPaste => { en: "needs a pasted output", ja: "出力の貼り付けが必要" }
        AccessLegend => { en: "What we may do in the account", ja: "アカウントで許可する操作" }
        AccountLabel => { en: "AWS account ID", ja: "AWSアカウントID" }
        AccountHint => {
            en: "Optional. With an ID, the link works only in this account.",
            ja: "省略可。指定すると、リンクはこのアカウントでのみ使用できます。",
        }
        RolesLegend => { en: "Additional roles", ja: "追加のロール" }
        RolesHint => {
            en: "The same stack can create them. They can also be added later.",
            ja: "同じスタックで作成できます。後から追加することもできます。",
        }
        Continue => { en: "Create the link", ja: "リンクを作成" }
        LinkTitle { name: String } => { en: "Connect “{name}”", ja: "「{name}」の接続" }
        Yourself => { en: "Create the stack yourself", ja: "自分でスタックを作成" }
        Colleague => {
            en: "Or ask the administrator of the account",
            ja: "または、アカウントの管理者に依頼",
        }
        ColleagueDetail => {
            en: "Send the address of this link's own page. It needs no sign-in, explains what is created, and shows \
                 the progress.",
            ja: "このリンク専用のページのアドレスを送信してください。サインインは不要です。作成される内容と進行状況を\
                 確認できます。",
        }
        PageAddress => { en: "Address of the page", ja: "ページのアドレス" }
        OpenConnectPage => { en: "Open the page", ja: "ページを開く" }
        LeavePage { left: Span } => {
            en: "You can close this page. The link works for another {left}.",
            ja: "このページを閉じても問題ありません。リンクの有効期限まであと{left}です。",
        }
        Revoke => { en: "Revoke the link", ja: "リンクを取り消す" }
        RevokeTitle => { en: "Revoke this link?", ja: "リンクを取り消しますか？" }
        RevokeDetail => {
            en: "The link can then no longer be used to create a stack. You can create another link at any time.",
            ja: "取り消した後は、このリンクでスタックを作成できません。新しいリンクはいつでも作成できます。",
        }
        OpenAccount => { en: "Open the account", ja: "アカウントを開く" }
        AddAnother => { en: "Add another account", ja: "別のアカウントを追加" }
        StartOver => { en: "Create a new link", ja: "新しいリンクを作成" }
    }
}
