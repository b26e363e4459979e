//! Orphaned stacks and their evidence.

use crate::messages::messages;

messages! {
    pub enum OrphanedPages {
        Title => { en: "Orphaned stacks", ja: "残存スタック" }
        Lead => {
            en: "Stacks that remain in AWS accounts. Each is checked until its deletion is proven.",
            ja: "AWSアカウントに残っているスタックです。削除が確認されるまで、定期的に確認します。",
        }
        Empty => { en: "No orphaned stacks", ja: "残存スタックはありません" }
        Stack => { en: "Stack", ja: "スタック" }
        Since => { en: "Since", ja: "検出日時" }
        Stale => { en: "Open for more than 90 days", ja: "90日以上経過" }
        Unprovable => { en: "Can't be proven from outside", ja: "外部から確認できません" }
        WhatToDo => { en: "What to do", ja: "必要な作業" }
        Delete { stack_name: String } => {
            en: "Delete the stack {stack_name} in the AWS account.",
            ja: "AWSアカウントでスタック {stack_name} を削除します。",
        }
        Wait => {
            en: "Wait for proof of the deletion. This usually takes about 15 minutes.",
            ja: "削除の確認を待ちます。通常は約15分かかります。",
        }
        Protected => {
            en: "The stack has termination protection, which must be turned off first.",
            ja: "スタックの削除保護が有効になっています。先に無効にしてください。",
        }
        NothingLeft => { en: "The stack and the role no longer exist", ja: "スタックもロールも残っていません。" }
        Evidence => { en: "Evidence", ja: "確認の記録" }
        NoEvidence => { en: "None yet", ja: "まだありません" }
        CheckNow => { en: "Check now", ja: "今すぐ確認" }
        Dismiss => { en: "Stop tracking", ja: "追跡を終了" }
        DismissTitle { stack_name: String } => {
            en: "Stop tracking {stack_name}?",
            ja: "{stack_name} の追跡を終了しますか？",
        }
        DismissDetail => {
            en: "The stack may still exist. It will no longer be checked.",
            ja: "スタックが残っている可能性があります。終了すると、以後の確認は行われません。",
        }
        DismissReason => { en: "Reason", ja: "理由" }
        All => { en: "All", ja: "すべて" }
        Statuses => { en: "Status of the stacks", ja: "スタックの状態" }
        FormerAccount => { en: "Former account", ja: "元のアカウント" }
    }
}

messages! {
    /// A piece of evidence.
    pub enum EvidenceText {
        Deregistered => { en: "The account was deregistered", ja: "アカウントが登録解除されました" }
        DeleteCallback => {
            en: "CloudFormation is deleting the stack's registration",
            ja: "CloudFormationがスタックの登録リソースを削除しています",
        }
        PreflightDeleted => {
            en: "CloudFormation deleted the stack's preflight resource",
            ja: "CloudFormationがスタックのPreflightリソースを削除しました",
        }
        StackRead { status: String } => {
            en: "The stack was read: {status}",
            ja: "スタックを読み取りました: {status}",
        }
        StackUnreadable => {
            en: "The role still exists, but the stack could not be read",
            ja: "ロールは存在しますが、スタックを読み取れませんでした",
        }
        StackEvent { status: String } => {
            en: "AWS reported the stack as {status}",
            ja: "AWSからスタックのステータスが通知されました: {status}",
        }
        RoleUnassumable => {
            en: "The role can no longer be assumed",
            ja: "ロールを引き受けられなくなりました",
        }
        AccountClosed => { en: "The AWS account was closed", ja: "AWSアカウントが閉鎖されました" }
        DismissedBy { who: String } => { en: "Tracking was stopped by {who}", ja: "{who} が追跡を終了しました" }
        Other { kind: String } => { en: "Observed: {kind}", ja: "検出: {kind}" }
    }
}
