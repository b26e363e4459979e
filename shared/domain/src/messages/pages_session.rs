//! Pages about signing in and out, one's sessions, and what could not be shown.

use super::messages;

messages! {
    /// Titles, labels and buttons.
    pub enum SessionLabel {
        SignIn => { en: "Sign in", ja: "サインイン" }
        SignOut => { en: "Sign out", ja: "サインアウト" }
        SignedOut => { en: "You have signed out", ja: "サインアウトしました" }
        NotSignedIn => { en: "You are not signed in", ja: "サインインしていません" }
        SignInAgain => { en: "Sign in again", ja: "もう一度サインイン" }
        Sessions => { en: "Your sessions", ja: "セッション" }
        ThisSession => { en: "This session", ja: "このセッション" }
        Browser => { en: "Browser", ja: "ブラウザー" }
        UnknownBrowser => { en: "Unknown browser", ja: "不明なブラウザー" }
        Since => { en: "Signed in", ja: "サインイン日時" }
        LastUsed => { en: "Last used", ja: "最終使用日時" }
        End => { en: "End session", ja: "セッションを終了" }
        EndOthers => { en: "End all other sessions", ja: "他のセッションをすべて終了" }
        EndedSession => { en: "Session ended", ja: "セッションを終了しました" }
        EndAtIssuer => { en: "Sign out of the sign-in service too", ja: "サインインサービスからもサインアウト" }
        SendAgain => { en: "Send what you entered", ja: "入力内容の送信" }
        Send => { en: "Send", ja: "送信" }
        Discard => { en: "Discard", ja: "破棄" }
        NotFound => { en: "Page not found", ja: "ページが見つかりません" }
        NotAllowed => { en: "The form was not accepted", ja: "フォームを受け付けられませんでした" }
        NotPossible => { en: "This did not work", ja: "実行できませんでした" }
        NotNow => { en: "Not available right now", ja: "現在利用できません" }
        Reload => { en: "Reload the page", ja: "ページを再読み込み" }
        Home => { en: "Go to your groups", ja: "グループの一覧へ" }
    }
}

messages! {
    /// Sentences.
    pub enum SessionText {
        SignInAtService => {
            en: "You sign in on a page of your sign-in service, and then return here.",
            ja: "サインインサービスのページでサインインした後、この画面に戻ります。",
        }
        Ended => {
            en: "Your session has ended. Sign in again to continue where you were.",
            ja: "セッションが終了しました。続けるには、もう一度サインインしてください。",
        }
        FormKept => {
            en: "What you entered is kept. You can check it and send it after you have signed in.",
            ja: "入力内容は保持されています。サインイン後に、確認して送信できます。",
        }
        FormNotKept => {
            en: "What you entered is too long to be kept. Go back with your browser and copy it before you sign in.",
            ja: "入力内容が長すぎるため、保持できません。サインインする前に、ブラウザーで前の画面に戻ってコピーしてください。",
        }
        NoTenant => {
            en: "This user is not assigned to a tenant. Contact your administrator.",
            ja: "このユーザーはテナントに割り当てられていません。管理者に連絡してください。",
        }
        OtherAttempt => {
            en: "This sign-in was not started in this browser, or it has expired or been used already. Sign in again.",
            ja: "このサインインは、このブラウザーで開始されていないか、期限切れまたは使用済みです。もう一度サインインしてください。",
        }
        SignInRefused { code: String } => {
            en: "The sign-in service did not sign you in ({code}). Try again, or contact your administrator.",
            ja: "サインインサービスでサインインできませんでした（{code}）。もう一度試すか、管理者に連絡してください。",
        }
        TokenRefused { fault: String } => {
            en: "The sign-in service's answer can't be used: {fault} Contact your administrator.",
            ja: "サインインサービスの応答を使用できません。{fault}管理者に連絡してください。",
        }
        ServiceUnavailable => {
            en: "The sign-in service does not respond. Try again in a moment.",
            ja: "サインインサービスが応答しません。しばらくしてから、もう一度お試しください。",
        }
        StillSignedInThere => {
            en: "You may still be signed in at your sign-in service.",
            ja: "サインインサービスには、まだサインインしている可能性があります。",
        }
        CheckAndSend => {
            en: "Your session had ended when you sent this form. Check what you entered, and send it again.",
            ja: "フォームを送信したとき、セッションは終了していました。入力内容を確認して、もう一度送信してください。",
        }
        NothingKept => {
            en: "Nothing that you entered is kept.",
            ja: "保持されている入力内容はありません。",
        }
        FormFromElsewhere => {
            en: "The form was not sent from a page of this console. Open the page again and repeat what you entered.",
            ja: "フォームは、このコンソールのページから送信されていません。ページを開き直して、もう一度入力してください。",
        }
        FormTooLarge => {
            en: "The form is larger than 64 KB. Shorten what you entered.",
            ja: "フォームが64 KBを超えています。入力内容を短くしてください。",
        }
        FormUnreadable => {
            en: "The form can't be read. Open the page again and repeat what you entered.",
            ja: "フォームを読み取れません。ページを開き直して、もう一度入力してください。",
        }
        NoSuchPage => {
            en: "There is no page at this address, or you can't see it.",
            ja: "このアドレスにページがないか、表示する権限がありません。",
        }
        OtherMethod => {
            en: "This address can't be used this way. Open the page again.",
            ja: "このアドレスはこの方法では使用できません。ページを開き直してください。",
        }
        HubUnavailable => {
            en: "The hub does not respond. Nothing is lost; reload the page in a moment.",
            ja: "ハブが応答しません。データは失われていません。しばらくしてからページを再読み込みしてください。",
        }
        MaybeDone => {
            en: "The hub did not respond in time, so it is not known whether the change was made. Reload the page to see.",
            ja: "ハブが時間内に応答しなかったため、変更が行われたか不明です。ページを再読み込みして確認してください。",
        }
        TooMany { seconds: u32 } => {
            en: "There are too many requests at the moment. Reload the page in {seconds} seconds.",
            ja: "現在リクエストが多すぎます。{seconds} 秒後にページを再読み込みしてください。",
        }
        Unexpected => {
            en: "An unexpected error occurred. It has been logged. Try again, and contact us if it happens again.",
            ja: "予期しないエラーが発生し、記録されました。もう一度試し、繰り返す場合はお問い合わせください。",
        }
        InvalidLink => {
            en: "This link is not valid, or no longer valid. Ask the person who sent it for a new one.",
            ja: "このリンクは無効であるか、有効期限が切れています。送信元に新しいリンクを依頼してください。",
        }
        Loopback => {
            en: "Safari does not keep this console's cookies on a computer's own address. Use Chrome, Edge or Firefox for \
                 the local hub.",
            ja: "Safariは、ローカルアドレスではこのコンソールのCookieを保持しません。ローカルハブにはChrome、Edge、\
                 Firefoxのいずれかを使用してください。",
        }
    }
}
