//! Why a request failed, and what to do about it.

use super::{Quoted, Seconds, messages};

messages! {
    /// The detail of a problem.
    pub enum Detail {
        // The request itself.
        BodyIsNotJson => {
            en: "The request body must be a JSON object.",
            ja: "リクエスト本文はJSONオブジェクトで指定してください。",
        }
        BodyTooLarge { kilobytes: usize } => {
            en: "The request body must not be larger than {kilobytes} KB.",
            ja: "リクエスト本文は{kilobytes} KB以下にしてください。",
        }
        InvalidFields => {
            en: "Some fields of the request are not valid.",
            ja: "リクエストに無効なフィールドがあります。",
        }
        CursorOfAnotherList => {
            en: "The cursor does not belong to this list. Start again without a cursor.",
            ja: "指定されたカーソルは、このリストのものではありません。カーソルを指定せずに、最初から\
                 取得してください。",
        }
        IdempotencyKeyReused => {
            en: "This Idempotency-Key was already used with another request body. Use a new key.",
            ja: "この Idempotency-Key は別の内容のリクエストですでに使用されています。新しいキーを使用してください。",
        }
        NoTenant => {
            en: "Your token does not name a tenant. Ask the operator of this hub to assign you to one.",
            ja: "トークンにテナントが含まれていません。テナントの割り当てをハブの運用者に依頼してください。",
        }

        RoleTooLow { role: &'static str, required: &'static str } => {
            en: "This requires the role {required} in your tenant, and your role is {role}. Ask the operator of \
                 this hub to change your role.",
            ja: "この操作には、テナントの {required} ロールが必要です。現在のロールは {role} です。ロールの変更をハブの\
                 運用者に依頼してください。",
        }

        NoService => {
            en: "The request is not signed by an IAM role or user of the hub's AWS account. Assume a role of \
                 that account, and sign the request with its credentials.",
            ja: "リクエストが、ハブのAWSアカウントのIAMロールまたはIAMユーザーの認証情報で署名されていません。この\
                 アカウントのロールを引き受け、その認証情報で署名してください。",
        }

        // What it names.
        UnknownPath => {
            en: "The API does not have this path.",
            ja: "このパスはAPIに存在しません。",
        }
        UnsupportedMethod => {
            en: "This path does not support the method of the request. The Allow header lists the methods \
                 that it supports.",
            ja: "このパスはリクエストのメソッドに対応していません。対応しているメソッドは Allow ヘッダーで確認\
                 できます。",
        }
        UnknownTenant => {
            en: "No tenant can have this name.",
            ja: "このような名前のテナントは存在しません。",
        }
        UnknownGroup => {
            en: "No group with this id.",
            ja: "このIDのグループは存在しません。",
        }
        UnknownRegistration => {
            en: "No registration with this id.",
            ja: "このIDの登録は存在しません。",
        }
        UnknownAccount => {
            en: "No account with this id.",
            ja: "このIDのアカウントは存在しません。",
        }
        PageLinkInvalid => {
            en: "This link is not valid, or is no longer valid. Ask for a new link from the person who sent it.",
            ja: "このリンクは無効であるか、すでに無効になっています。リンクの送信元に、新しいリンクの発行を依頼して\
                 ください。",
        }
        UnknownOrphanedStack => {
            en: "No orphaned stack with this id.",
            ja: "このIDの残存スタックは存在しません。",
        }
        NoSwitchRole => {
            en: "This account has no role to switch to, or is not connected.",
            ja: "このアカウントには切り替え先のロールがないか、アカウントが接続されていません。",
        }
        RoleTooLongForConsole { most: usize } => {
            en: "The role's path and name together have more than the {most} characters that the console \
                 accepts.",
            ja: "ロールのパスと名前の合計が、コンソールで指定できる{most}文字を超えています。",
        }

        // The state it found.
        Conflict => {
            en: "Another request changed this at the same time. Retry.",
            ja: "別のリクエストによって同時に変更されました。もう一度お試しください。",
        }
        GroupNotEmpty => {
            en: "The group has accounts or pending registrations. Move or deregister its accounts, and \
                 revoke its registrations first.",
            ja: "グループにアカウントまたは保留中の登録が残っています。先にアカウントを移動または登録解除し、\
                 登録を取り消してください。",
        }
        GroupHasExpiredRegistrations { most: usize } => {
            en: "The group has more than {most} registrations that have just expired. The hub closes them \
                 within a few minutes. Retry then.",
            ja: "グループに、期限切れ直後の登録が{most}件を超えて残っています。数分以内にハブが終了処理を行います。\
                 その後、もう一度お試しください。",
        }
        AccountDeregistered => {
            en: "This account is deregistered. Create a new registration to connect it again.",
            ja: "このアカウントは登録解除されています。再度接続するには、新しい登録を作成してください。",
        }
        StackDeleted => {
            en: "The stack's deletion is already confirmed. There is nothing to dismiss.",
            ja: "スタックの削除はすでに確認されているため、追跡を手動で終了する必要はありません。",
        }
        NoTemplate => {
            en: "This hub has no onboarding template yet. Ask its operator to publish one.",
            ja: "このハブでは、オンボーディングテンプレートがまだ公開されていません。ハブの運用者に公開を\
                 依頼してください。",
        }

        // Credentials.
        AccountNotActive { status: String } => {
            en: "The account is {status}, so the hub issues no credentials for it. Read the account to see why.",
            ja: "アカウントの状態が {status} のため、認証情報を発行できません。アカウントを取得して、理由を確認してください。",
        }
        AccountCheckFails { status: String, check: String } => {
            en: "The account is {status} and fails the check {check}, so the hub issues no credentials for it. \
                 Fix what the check names, and check the account again.",
            ja: "アカウント（状態: {status}）がチェック {check} に失敗しているため、認証情報を発行できません。\
                 チェックで示された問題を解消し、アカウントを再チェックしてください。",
        }
        WorkloadNotAllowed { issuer: String, subject: Quoted, profile: String } => {
            en: "No published rule gives the subject {subject} of the issuer {issuer} the access profile {profile}.",
            ja: "発行者 {issuer} のサブジェクト{subject}にアクセスプロファイル {profile} を許可するルールは、公開されて\
                 いません。",
        }
        IssuerUnavailable { issuer: String } => {
            en: "The hub could not read the keys of the token's issuer {issuer}.",
            ja: "トークンの発行者 {issuer} の鍵を読み取れませんでした。",
        }
        AccessNotGranted { profile: String } => {
            en: "The account's stack does not give the access profile {profile}. Choose the profile for the \
                 account, and have the customer update the stack.",
            ja: "アカウントのスタックは、アクセスプロファイル {profile} を許可していません。アカウントでプロファイルを\
                 選択し、スタックの更新をお客様に依頼してください。",
        }
        CredentialsTooOften => {
            en: "This service requests credentials for this account too often. Credentials can be used until \
                 their Expiration: reuse them.",
            ja: "このサービスからの、このアカウントの認証情報のリクエストが多すぎます。認証情報は Expiration の時刻まで\
                 使用できるため、再利用してください。",
        }
        RefusedTooOften => {
            en: "This service's requests for this account were refused too often.",
            ja: "このサービスからの、このアカウントへのリクエストが何度も拒否されています。",
        }
        ProofInconclusive => {
            en: "The hub could not verify the account's role, because AWS returned no usable response.",
            ja: "AWSから有効な応答がなかったため、アカウントのロールを検証できませんでした。",
        }

        // Limits.
        TooManyGroups { groups: usize } => {
            en: "Your tenant has {groups} groups, which is the limit. Delete a group first.",
            ja: "テナントのグループ数が上限の{groups}に達しています。先に既存のグループを削除してください。",
        }
        TooManyPendingRegistrations { registrations: usize } => {
            en: "Your tenant has {registrations} pending registrations, which is the limit. Complete or revoke \
                 some first.",
            ja: "テナントの保留中の登録が上限の{registrations}件に達しています。先に既存の登録を完了するか、\
                 取り消してください。",
        }
        NothingToExport { format: String } => {
            en: "No account can be used now, and the program that reads {format} would misunderstand an empty \
                 list. Check the status of the accounts.",
            ja: "使用できるアカウントがありません。また、空の {format} はプログラムに正しく解釈されません。アカウントの状態を確認してください。",
        }
        TooManyAccountsToExport { most: usize } => {
            en: "The export would have more than {most} accounts or more than 5 MB, which is the limit for one \
                 response. Export one group at a time with group_id.",
            ja: "エクスポートが、1回のレスポンスの上限である{most}アカウントまたは5 MBを超えています。group_id を\
                 指定して、グループごとにエクスポートしてください。",
        }
        TooManyAccounts { most: usize } => {
            en: "There are more than {most} accounts, which is the limit for one response. Request one group \
                 at a time with group_id.",
            ja: "アカウント数が、1回のレスポンスの上限である{most}を超えています。group_id を指定して、\
                 グループごとに取得してください。",
        }

        // Paces. When to retry follows.
        TooManyChanges => {
            en: "Your tenant has sent too many changes.",
            ja: "テナントからの変更リクエストが多すぎます。",
        }
        TooManyRequestsOfKind => {
            en: "Your tenant has sent too many requests of this kind.",
            ja: "テナントからのこの種類のリクエストが多すぎます。",
        }
        TooManyPastes => {
            en: "There were too many attempts to complete this registration.",
            ja: "この登録を完了しようとした回数が多すぎます。",
        }
        StackCheckedRecently { pace: Seconds } => {
            en: "This stack was checked less than {pace} ago.",
            ja: "このスタックは直近{pace}以内にチェック済みです。",
        }
        AccountCheckedRecently { pace: Seconds } => {
            en: "This account was checked less than {pace} ago.",
            ja: "このアカウントは直近{pace}以内にチェック済みです。",
        }
        AccountQueriedRecently { pace: Seconds } => {
            en: "A simulation or decoding was requested for this account less than {pace} ago.",
            ja: "このアカウントのシミュレーションまたはデコードは、直近{pace}以内に実行済みです。",
        }
        CustomerLinkRenewedRecently { pace: Seconds } => {
            en: "The link to the customer's page was replaced less than {pace} ago.",
            ja: "お客様用ページのリンクは、直近{pace}以内に更新されています。",
        }
        PageReadTooOften => {
            en: "This page was opened too often in a short time.",
            ja: "短時間に何度もこのページが開かれました。",
        }
        RolesChangedTooOften => {
            en: "The companion roles of this account were changed too often.",
            ja: "このアカウントのコンパニオンロールの変更回数が多すぎます。",
        }
        RetryIn { wait: Seconds } => {
            en: "Retry in {wait}.",
            ja: "{wait}後にもう一度お試しください。",
        }

        // The hub, and AWS.
        InternalError => {
            en: "The hub could not complete the request. Retry later, and quote the request id if the error \
                 persists.",
            ja: "ハブでリクエストを処理できませんでした。時間をおいてもう一度お試しください。解消しない場合は、\
                 リクエストIDを添えてお問い合わせください。",
        }
        TimedOut => {
            en: "The operation timed out.",
            ja: "処理がタイムアウトしました。",
        }
        AwsTimedOut => {
            en: "AWS did not respond in time.",
            ja: "AWSから時間内に応答がありませんでした。",
        }
    }
}
