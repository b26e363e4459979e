//! The labels of a code's texts, in a report and on its reference page.

use super::{Localized, messages};

messages! {
    /// The title of a check without a result, derived from the title for success.
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

messages! {
    /// The labels on a reference page.
    pub enum ReferenceLabel {
        Heading => { en: "Error codes and check codes", ja: "エラーコードとチェックコード" }
        Errors => { en: "Errors", ja: "エラー" }
        Checks => { en: "Checks", ja: "チェック" }
        Error => { en: "Error code", ja: "エラーコード" }
        Check => { en: "Check code", ja: "チェックコード" }
        Status => { en: "HTTP status", ja: "HTTPステータス" }
        Passed => { en: "Passed", ja: "成功時" }
        Failed => { en: "Failed", ja: "失敗時" }
    }
}
