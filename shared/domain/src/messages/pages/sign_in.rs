//! Signing in and out, sessions, and error pages.

use crate::messages::messages;
use crate::messages::parameter::Seconds;

messages! {
    pub enum SignIn {
        Title { product: String } => { en: "Sign in to {product}", ja: "{product} にサインイン" }
        Detail => {
            en: "See which AWS accounts are connected, and connect more.",
            ja: "AWSアカウントの接続状況の確認と、新しいアカウントの接続ができます。",
        }
        Button => { en: "Sign in", ja: "サインイン" }
        Expired => {
            en: "Your session has ended. Sign in again to continue where you left off.",
            ja: "セッションの有効期限が切れました。もう一度サインインすると、続きから操作できます。",
        }
        SignedOut => { en: "You are signed out.", ja: "サインアウトしました。" }
        StillSignedInThere => {
            en: "Your browser may still be signed in at the sign-in service, so that the next sign-in needs no password. \
                 If other people use this browser, sign out there, too.",
            ja: "サインインサービスにはサインインしたままの場合があり、次回はパスワードなしでサインインできることがあります。\
                 ほかの人もこのブラウザーを使用する場合は、サインインサービスからもサインアウトしてください。",
        }
        SignOutThere => {
            en: "Sign out of the sign-in service",
            ja: "サインインサービスからサインアウト",
        }
        NoTenant => {
            en: "This user isn't assigned to an organization. Contact your administrator.",
            ja: "このユーザーは組織に割り当てられていません。管理者に連絡してください。",
        }
        FlowExpired => {
            en: "The sign-in took too long, or was started in another browser. Try again.",
            ja: "サインインに時間がかかりすぎたか、別のブラウザーで開始されました。もう一度お試しください。",
        }
        FormKept => {
            en: "Your session has ended. Your input is kept: sign in again, check it, and send it.",
            ja: "セッションの有効期限が切れました。入力内容は保持されています。もう一度サインインし、確認して送信してください。",
        }
        FormNotKept => {
            en: "Your session has ended, and your input can't be kept. Go back in your browser and copy it \
                 before you sign in.",
            ja: "セッションの有効期限が切れました。入力内容は保持できません。サインインする前に、ブラウザーで前の画面に戻って\
                 コピーしてください。",
        }
        BadToken { fault: String } => {
            en: "The sign-in service's response can't be used: {fault}",
            ja: "サインインサービスの応答を使用できません。{fault}",
        }
        Refused => { en: "The sign-in was refused. Try again.", ja: "サインインが拒否されました。もう一度お試しください。" }
        Clocks { token: String, now: String } => {
            en: "The token is not valid at this time. The token says {token}, and our clock says {now}.",
            ja: "トークンは現時点では有効ではありません。トークンの時刻は {token}、サーバーの時刻は {now} です。",
        }
        Unreachable => {
            en: "The sign-in service doesn't respond. Try again in a minute.",
            ja: "サインインサービスから応答がありません。しばらくしてからお試しください。",
        }
        InsecureCookies => {
            en: "This browser did not keep the sign-in cookie. On a local hub, Safari drops it: use Chrome or Firefox.",
            ja: "サインイン用のCookieがブラウザーに保存されませんでした。ローカルハブではSafariを使用できません。\
                 ChromeまたはFirefoxを使用してください。",
        }
        Sessions => { en: "Your sessions", ja: "セッション" }
        SessionsDetail => {
            en: "Browsers in which you are signed in.",
            ja: "サインインしているブラウザーの一覧です。",
        }
        ThisBrowser => { en: "This browser", ja: "このブラウザー" }
        Started => { en: "Signed in", ja: "サインイン日時" }
        LastSeen => { en: "Last used", ja: "最終利用" }
        End => { en: "End", ja: "終了" }
        EndAll => { en: "Sign out everywhere", ja: "すべてのブラウザーからサインアウト" }
    }
}

messages! {
    /// A form that was sent after the session had ended.
    pub enum Resume {
        Title => { en: "Send your input", ja: "入力内容の送信" }
        Detail => {
            en: "Your session had ended when you sent this form. Check what you entered, and send it again.",
            ja: "フォームの送信時に、セッションの有効期限が切れていました。入力内容を確認して、もう一度送信してください。",
        }
        Nothing => { en: "No input is kept.", ja: "保持されている入力内容はありません。" }
        Send => { en: "Send", ja: "送信" }
        Discard => { en: "Discard", ja: "破棄" }
    }
}

messages! {
    /// Error pages.
    pub enum Failure {
        NotFound => { en: "Page not found", ja: "ページが見つかりません" }
        NotFoundDetail => {
            en: "The address may be wrong, or the page no longer exists.",
            ja: "アドレスが正しくないか、対象が存在しません。",
        }
        NotPermitted => { en: "You don't have permission to do this", ja: "この操作は許可されていません" }
        Unavailable => { en: "The service doesn't respond", ja: "サービスから応答がありません" }
        UnavailableDetail => {
            en: "No data was lost. Reload this page in a moment.",
            ja: "データは失われていません。しばらくしてから再読み込みしてください。",
        }
        Unknown => {
            en: "The service did not respond in time, so it is not known whether the change was made. Reload \
                 the page to check.",
            ja: "サービスが時間内に応答しなかったため、変更が反映されたか不明です。ページを再読み込みして確認してください。",
        }
        InternalDetail => {
            en: "The error was logged. Try again, and contact us if it happens again.",
            ja: "エラーは記録されました。もう一度お試しください。繰り返し発生する場合は、お問い合わせください。",
        }
        TooLarge => {
            en: "The form is larger than 64 KB. Shorten what you entered.",
            ja: "フォームが64 KBを超えています。入力内容を短くしてください。",
        }
        Slow => { en: "Too many requests", ja: "リクエストが多すぎます" }
        SlowDetail { wait: Seconds } => {
            en: "Try again in {wait}.",
            ja: "{wait}後にもう一度お試しください。",
        }
        FormRefused => { en: "The form could not be accepted", ja: "フォームを受け付けられませんでした" }
        FormRefusedDetail => {
            en: "It was sent from another site, or the page was open for too long. Go back, reload the page, and send \
                 it again.",
            ja: "別のサイトから送信されたか、ページが長時間開かれたままでした。前のページを再読み込みして、もう一度\
                 送信してください。",
        }
        Internal => { en: "Something went wrong", ja: "エラーが発生しました" }
        Again => { en: "Try again", ja: "もう一度試す" }
    }
}
