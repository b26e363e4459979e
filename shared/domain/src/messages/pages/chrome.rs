//! The texts that all pages share: header, footer, and the names of statuses.

use crate::messages::messages;

messages! {
    /// Header, footer and controls.
    pub enum Chrome {
        SkipToContent => { en: "Skip to content", ja: "本文へ移動" }
        LanguageName => { en: "English", ja: "日本語" }
        ChooseLanguage => { en: "Language", ja: "言語" }
        MainMenu => { en: "Main menu", ja: "メインメニュー" }
        Groups => { en: "Groups", ja: "グループ" }
        Accounts => { en: "Accounts", ja: "アカウント" }
        OrphanedStacks => { en: "Orphaned stacks", ja: "残存スタック" }
        Search => { en: "Search", ja: "検索" }
        Sessions => { en: "Your sessions", ja: "セッション" }
        SignOut => { en: "Sign out", ja: "サインアウト" }
        SignIn => { en: "Sign in", ja: "サインイン" }
        Viewer => { en: "Viewer", ja: "閲覧者" }
        Member => { en: "Member", ja: "メンバー" }
        Owner => { en: "Owner", ja: "オーナー" }
        Copy => { en: "Copy", ja: "コピー" }
        Copied => { en: "Copied", ja: "コピーしました" }
        Download => { en: "Download", ja: "ダウンロード" }
        NewTab => { en: "opens in a new tab", ja: "新しいタブで開きます" }
        Questions => { en: "Questions?", ja: "お問い合わせ:" }
        Security => { en: "Security", ja: "セキュリティについて" }
        MadeWith => { en: "Account connections by Rolecall", ja: "アカウント接続: Rolecall" }
        Reference { id: String } => { en: "Reference: {id}", ja: "お問い合わせ番号: {id}" }
        Reload => { en: "Update this page", ja: "表示を更新" }
        Cancel => { en: "Cancel", ja: "キャンセル" }
        Save => { en: "Save", ja: "保存" }
        Back => { en: "Back", ja: "戻る" }
        NextPage => { en: "Next page", ja: "次のページ" }
        FirstPage => { en: "First page", ja: "最初のページ" }
        Pages => { en: "Pages", ja: "ページ" }
        Order => { en: "Order", ja: "並び順" }
        OldestFirst => { en: "Oldest first", ja: "古い順" }
        NewestFirst => { en: "Newest first", ja: "新しい順" }
        Required => { en: "required", ja: "必須" }
        Optional => { en: "optional", ja: "任意" }
        OneWrong => { en: "Check this field", ja: "次の項目を確認してください" }
        Wrong { count: usize } => {
            en: "Check these fields ({count})",
            ja: "次の項目を確認してください（{count}件）",
        }
        Never => { en: "never", ja: "なし" }
        Utc => { en: "UTC", ja: "UTC" }
    }
}

messages! {
    /// The status of an account, a registration or an orphaned stack, in a word or two.
    pub enum Status {
        Healthy => { en: "Healthy", ja: "正常" }
        NeedsAttention => { en: "Needs attention", ja: "要確認" }
        Disconnected => { en: "Disconnected", ja: "切断" }
        Deregistered => { en: "Deregistered", ja: "登録解除済み" }
        UpdateAvailable => { en: "Update available", ja: "更新あり" }
        Waiting => { en: "Waiting", ja: "接続待ち" }
        InProgress => { en: "In progress", ja: "処理中" }
        Failed => { en: "Failed", ja: "失敗" }
        Connected => { en: "Connected", ja: "接続済み" }
        Expired => { en: "Expired", ja: "期限切れ" }
        Revoked => { en: "Revoked", ja: "取り消し済み" }
        Orphaned => { en: "Waiting for deletion", ja: "削除待ち" }
        Deleting => { en: "Being deleted", ja: "削除中" }
        Gone => { en: "Deletion proven", ja: "削除を確認済み" }
        Dismissed => { en: "Dismissed", ja: "追跡終了" }
        Planned => { en: "Planned", ja: "作成予定" }
        Unchecked => { en: "Not checked yet", ja: "未チェック" }
        Passed => { en: "Passed", ja: "成功" }
        Warning => { en: "Warning", ja: "警告" }
    }
}
