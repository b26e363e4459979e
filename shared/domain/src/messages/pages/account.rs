//! The page of an account.

use crate::messages::messages;

messages! {
    /// The page of an account, and its actions.
    pub enum AccountPage {
        CheckNow => { en: "Check now", ja: "今すぐ確認" }
        SwitchRole => { en: "Switch role", ja: "ロールの切り替え" }
        Rename => { en: "Rename", ja: "名前の変更" }
        Move => { en: "Move", ja: "グループの移動" }
        MoveTo => { en: "New group", ja: "移動先のグループ" }
        Deregister => { en: "Deregister", ja: "登録解除" }
        OnlyOnePasses => { en: "The check passes", ja: "チェックが成功" }
        AllPass { count: usize } => { en: "All {count} checks pass", ja: "{count}件のチェックがすべて成功" }
        OnlyOneFails => { en: "The check needs attention", ja: "チェックで要確認" }
        OneFails { count: usize } => {
            en: "1 of {count} checks needs attention",
            ja: "{count}件中1件のチェックで要確認",
        }
        SomeFail { failed: usize, count: usize } => {
            en: "{failed} of {count} checks need attention",
            ja: "{count}件中{failed}件のチェックで要確認",
        }
        NotCheckedYet => { en: "Not checked yet", ja: "まだ確認していません" }
        OneOtherPasses => { en: "1 check passes", ja: "1件のチェックは成功" }
        OthersPass { count: usize } => { en: "{count} checks pass", ja: "{count}件のチェックは成功" }
        ShowChecks => { en: "Show the checks", ja: "チェックを表示" }
        SameCommand => {
            en: "The command above corrects this, too.",
            ja: "上記のコマンドでこの問題も修正されます。",
        }
        LastChecked => { en: "Checked", ja: "最終確認" }
        NextCheck => { en: "next", ja: "次回" }
        Why => { en: "What this check means", ja: "このチェックについて" }
        AccessHeading => { en: "Access", ja: "アクセス" }
        AccessNone => { en: "No access beyond the checks", ja: "接続の確認以外のアクセスはありません" }
        NothingOffered => {
            en: "No access profiles are published.",
            ja: "アクセスプロファイルは公開されていません。",
        }
        ChangeAccess => { en: "Change access", ja: "アクセスの変更" }
        UpdateWaiting => { en: "Update the stack", ja: "スタックの更新が必要です" }
        UpdateWaitingDetail => {
            en: "The stack does not have the requested access and roles yet. Somebody with access to the AWS account has \
                 to update it. The customer sees this link, too.",
            ja: "要求されたアクセスとロールは、まだスタックに反映されていません。AWSアカウントの管理者がスタックを更新する\
                 必要があります。このリンクはお客様のページにも表示されます。",
        }
        UpdateLink => { en: "Open the stack's update page", ja: "スタックの更新ページを開く" }
        UpdateCommand => { en: "Update with the AWS CLI instead", ja: "AWS CLIで更新する場合" }
        UpdateHint => {
            en: "The change takes effect when the stack has been updated in the AWS account.",
            ja: "AWSアカウントでスタックを更新すると、変更が反映されます。",
        }
        RolesHeading => { en: "Additional roles", ja: "追加のロール" }
        RolesNone => { en: "None", ja: "なし" }
        ChangeRoles => { en: "Change additional roles", ja: "追加のロールの変更" }
        HistoryHeading => { en: "History", ja: "履歴" }
        AllHistory => { en: "Show the whole history", ja: "すべての履歴を表示" }
        ByHub => { en: "by the hub", ja: "ハブ" }
        ReceiptsHeading => { en: "Credentials issued", ja: "発行した認証情報" }
        AllReceipts => { en: "Show all credentials issued", ja: "発行した認証情報をすべて表示" }
        ReceiptsNone => { en: "None in the last 90 days", ja: "過去90日間の発行はありません" }
        ReceiptsPaused => {
            en: "Paused: no credentials are issued while a check fails.",
            ja: "停止中: チェックに失敗している間、認証情報は発行されません。",
        }
        DetailsHeading => { en: "Details", ja: "詳細" }
        Role => { en: "Role", ja: "ロール" }
        ExternalId => { en: "External ID", ja: "外部ID" }
        Show => { en: "Show", ja: "表示" }
        Template => { en: "Template", ja: "テンプレート" }
        Connected => { en: "Connected", ja: "接続日時" }
        CustomersPage => { en: "Customer's page", ja: "お客様用ページ" }
        Open => { en: "Open", ja: "開く" }
        RenewCustomersPage => { en: "Renew the link", ja: "リンクを更新" }
        SimulateHeading => { en: "Is this action allowed?", ja: "アクションの許可を確認" }
        SimulateRole => { en: "Role", ja: "ロール" }
        SimulateAction => { en: "Action", ja: "アクション" }
        SimulateButton => { en: "Check the action", ja: "確認" }
        Allowed => { en: "Allowed", ja: "許可" }
        ImplicitDeny => { en: "Denied: no policy allows it", ja: "拒否（許可するポリシーがありません）" }
        Unknown => { en: "Not known", ja: "不明" }
        ExplicitDeny => { en: "Denied explicitly by a policy", ja: "明示的に拒否" }
        DecodeHeading => { en: "Decode an error message", ja: "エラーメッセージのデコード" }
        DecodeLabel => { en: "Encoded authorization failure message", ja: "エンコードされた認可失敗メッセージ" }
        DecodeButton => { en: "Decode", ja: "デコード" }
        DeregisterTitle { name: String } => { en: "Deregister “{name}”?", ja: "「{name}」の登録を解除しますか？" }
        DeregisterDetail { stack_name: String } => {
            en: "No more credentials are issued for the account. The stack {stack_name} and its role stay \
                 in the AWS account until the stack is deleted there.",
            ja: "解除すると、このアカウントの認証情報は発行されなくなります。スタック {stack_name} とIAMロールは、\
                 AWSアカウントでスタックを削除するまで残ります。",
        }
        DeregisterAfter => {
            en: "The stack is then listed under “Orphaned stacks” until its deletion is proven.",
            ja: "スタックは、削除が確認されるまで「残存スタック」に表示されます。",
        }
        DeregisterType { name: String } => {
            en: "To confirm, type the name “{name}”",
            ja: "確認のため、名前「{name}」を入力してください",
        }
        DeregisterMismatch => { en: "The name doesn't match.", ja: "名前が一致しません。" }
        Deregistered => { en: "This account is deregistered", ja: "アカウントは登録解除されています" }
        FollowStack => { en: "Follow the deletion of the stack", ja: "スタックの削除状況を確認" }
    }
}

messages! {
    /// The events in the history of an account.
    pub enum EventTitle {
        Registered => { en: "Connected", ja: "接続しました" }
        Changed => { en: "Changed", ja: "変更されました" }
        Outdated => { en: "A newer template is available", ja: "新しいテンプレートが利用可能になりました" }
        Unhealthy => { en: "A check failed", ja: "チェックに失敗しました" }
        Recovered => { en: "All checks pass again", ja: "チェックがすべて成功しました" }
        Disconnected => { en: "The stack is being deleted", ja: "スタックの削除を検出しました" }
        Deregistered => { en: "Deregistered", ja: "登録解除されました" }
        CredentialsIssued => { en: "Credentials issued", ja: "認証情報を発行しました" }
    }
}
