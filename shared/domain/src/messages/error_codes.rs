//! Every error code, with its HTTP status, its title and the text of its reference page.

use super::codes::error_codes;

error_codes! {
    MalformedJson = "malformed_json", 400 => {
        title: { en: "Malformed JSON", ja: "JSONの形式が正しくありません" }
        reference: {
            en: "The request body is not a JSON object. Send a JSON object encoded as UTF-8, without comments \
                 or trailing commas.",
            ja: "リクエスト本文がJSONオブジェクトではありません。コメントや末尾のカンマを含まない、UTF-8の\
                 JSONオブジェクトを送信してください。",
        }
    }
    CursorInvalid = "cursor_invalid", 400 => {
        title: { en: "Invalid cursor", ja: "カーソルが無効です" }
        reference: {
            en: "The cursor does not belong to this list. It was returned by another list, with other filters, \
                 or to another tenant, or it was changed. Request the list without a cursor, and then pass \
                 each next_cursor unchanged.",
            ja: "カーソルが、このリストで返されたものではありません。別のリスト、別のフィルター、または別の\
                 テナントで返されたカーソルか、変更されたカーソルです。カーソルを指定せずにリストを取得し、以降は \
                 next_cursor の値をそのまま指定してください。",
        }
    }
    TenantMissing = "tenant_missing", 403 => {
        title: { en: "No tenant in the token", ja: "トークンにテナントがありません" }
        reference: {
            en: "The token is valid, but its claim for the tenant is missing or malformed. Ask the operator of \
                 the hub to assign you to a tenant, and sign in again.",
            ja: "トークンは有効ですが、テナントを示すクレームがないか、形式が正しくありません。ハブの運用者にテナントの\
                 割り当てを依頼し、もう一度サインインしてください。",
        }
    }
    NotPermitted = "not_permitted", 403 => {
        title: { en: "Not permitted", ja: "許可されていない操作です" }
        reference: {
            en: "Your role in the tenant does not allow this. A viewer reads. A member also connects, checks and \
                 renames accounts. An owner also deregisters accounts, changes their access, dismisses orphaned \
                 stacks and deletes groups. The detail names the required role. Ask the operator of the hub to \
                 change your role, and sign in again.",
            ja: "テナントでのロールでは、この操作は許可されていません。viewer は閲覧できます。member はさらに、アカウントの\
                 接続、チェック、名前の変更ができます。owner はさらに、アカウントの登録解除、アクセスの変更、残存スタックの\
                 追跡の終了、グループの削除ができます。必要なロールは detail に示されています。ロールの変更をハブの運用者に\
                 依頼し、もう一度サインインしてください。",
        }
    }
    CallerNotAllowed = "caller_not_allowed", 403 => {
        title: { en: "Caller not allowed", ja: "許可されていない呼び出し元です" }
        reference: {
            en: "The operator's API accepts only requests that are signed with the credentials of an IAM role \
                 or user of the hub's AWS account. Assume a role of that account to which the policy \
                 OperatorRead or OperatorAll of the hub is attached, and sign the request with its credentials.",
            ja: "運用者用のAPIは、ハブのAWSアカウントのIAMロールまたはIAMユーザーの認証情報で署名されたリクエストだけを\
                 受け付けます。ハブのポリシー OperatorRead または OperatorAll がアタッチされた、このアカウントの\
                 ロールを引き受け、その認証情報でリクエストに署名してください。",
        }
    }
    NotFound = "not_found", 404 => {
        title: { en: "Not found", ja: "見つかりません" }
        reference: {
            en: "Your tenant has no resource with this id, or the route does not exist. Ids of other tenants \
                 get the same response. Check the id and the path.",
            ja: "このIDのリソースがテナントに存在しないか、ルートが存在しません。他のテナントのIDを指定した場合も、\
                 同じレスポンスになります。IDとパスを確認してください。",
        }
    }
    PageLinkInvalid = "page_link_invalid", 404 => {
        title: { en: "Link not valid", ja: "リンクが無効です" }
        reference: {
            en: "The link to the page is wrong or incomplete, its registration ended some time ago, or it was \
                 replaced by a new link. All of these get the same response. Open the whole link again, or ask for \
                 a new one from the person who sent it.",
            ja: "ページのリンクが間違っているか一部が欠けている、登録が終了してから時間が経過している、または新しいリンクに\
                 更新されています。いずれの場合も同じレスポンスになります。リンク全体をもう一度開くか、リンクの送信元に\
                 新しいリンクの発行を依頼してください。",
        }
    }
    MethodNotAllowed = "method_not_allowed", 405 => {
        title: { en: "Method not allowed", ja: "許可されていないメソッドです" }
        reference: {
            en: "The path exists, but it does not support this method. The Allow header lists the methods that \
                 it supports.",
            ja: "パスは存在しますが、このメソッドには対応していません。対応しているメソッドは、Allow ヘッダーに示されて\
                 います。",
        }
    }
    GroupNotEmpty = "group_not_empty", 409 => {
        title: { en: "Group not empty", ja: "グループが空ではありません" }
        reference: {
            en: "A group can be deleted only while it has no accounts and no pending registrations. Move or \
                 deregister its accounts, and revoke its registrations.",
            ja: "アカウントまたは保留中の登録が残っているグループは削除できません。アカウントを移動または登録解除し、\
                 登録を取り消してください。",
        }
    }
    RegistrationCompleted = "registration_completed", 409 => {
        title: { en: "Registration completed", ja: "登録は完了しています" }
        reference: {
            en: "The registration has connected an account, so it can't be revoked. To end the hub's access, \
                 deregister the account and delete its stack.",
            ja: "登録が完了し、アカウントが接続されているため、取り消すことはできません。ハブのアクセスを終了するには、\
                 アカウントの登録を解除し、スタックを削除してください。",
        }
    }
    RegistrationUsed = "registration_used", 409 => {
        title: { en: "Registration already used", ja: "登録は使用済みです" }
        reference: {
            en: "The registration has already connected another stack. Each registration connects one stack. \
                 Create a new registration for this stack's account, and create the stack from its link.",
            ja: "この登録では、すでに別のスタックが接続されています。1つの登録で接続できるスタックは1つだけです。\
                 新しい登録を作成し、そのリンクからスタックを作成してください。",
        }
    }
    RegistrationExpired = "registration_expired", 409 => {
        title: { en: "Registration expired", ja: "登録の有効期限が切れています" }
        reference: {
            en: "The registration has expired, and its link no longer works. Delete the stack if there is one, \
                 create a new registration, and create the stack from its link.",
            ja: "登録の有効期限が切れたため、リンクは使用できません。作成済みのスタックがあれば削除し、新しい登録を\
                 作成して、そのリンクからスタックを作成してください。",
        }
    }
    RegistrationExhausted = "registration_exhausted", 409 => {
        title: { en: "Too many rejected attempts", ja: "試行の拒否回数が上限に達しました" }
        reference: {
            en: "Too many attempts to connect an account with this registration were rejected. Correct the \
                 cause that the registration's last attempt shows, and create a new registration.",
            ja: "この登録での接続の試行が、上限の回数まで拒否されました。登録の最後の試行に示された原因を解消し、\
                 新しい登録を作成してください。",
        }
    }
    RegistrationRevoked = "registration_revoked", 409 => {
        title: { en: "Registration revoked", ja: "登録は取り消されています" }
        reference: {
            en: "A user of the tenant has revoked the registration. To connect the account anyway, create a new \
                 registration.",
            ja: "テナントのユーザーによって登録が取り消されています。アカウントの接続が必要な場合は、新しい登録を\
                 作成してください。",
        }
    }
    RoleAlreadyRegistered = "role_already_registered", 409 => {
        title: { en: "Role already registered", ja: "ロールはすでに登録されています" }
        reference: {
            en: "The hub has registered this role before. A role can be registered only once, even after its \
                 account was deregistered. Delete the stack, and create a new stack from the link of a new \
                 registration.",
            ja: "このロールは、以前にハブに登録されています。アカウントの登録を解除した後でも、同じロールを再度登録する\
                 ことはできません。スタックを削除し、新しい登録のリンクから新しいスタックを作成してください。",
        }
    }
    StackAlreadyRegistered = "stack_already_registered", 409 => {
        title: { en: "Stack already registered", ja: "スタックはすでに登録されています" }
        reference: {
            en: "The hub has registered this stack before. A stack can be registered only once, even after its \
                 account was deregistered. Delete the stack, and create a new stack from the link of a new \
                 registration.",
            ja: "このスタックは、以前にハブに登録されています。アカウントの登録を解除した後でも、同じスタックを再度登録する\
                 ことはできません。スタックを削除し、新しい登録のリンクから新しいスタックを作成してください。",
        }
    }
    AccountAlreadyConnected = "account_already_connected", 409 => {
        title: { en: "AWS account already connected", ja: "AWSアカウントはすでに接続されています" }
        reference: {
            en: "An account of your tenant is already connected to this AWS account. Deregister that account \
                 first. If you need both, create the registration with allow_duplicate set to true.",
            ja: "このAWSアカウントは、テナントのアカウントとしてすでに接続されています。先にそのアカウントの登録を\
                 解除してください。両方が必要な場合は、allow_duplicate に true を指定して登録を作成してください。",
        }
    }
    AccountDeregistered = "account_deregistered", 409 => {
        title: { en: "Account deregistered", ja: "アカウントは登録解除されています" }
        reference: {
            en: "The account is deregistered, so it can't be checked or changed. To connect the AWS account \
                 again, create a new registration.",
            ja: "アカウントの登録が解除されているため、チェックや変更はできません。AWSアカウントをもう一度接続するには、\
                 新しい登録を作成してください。",
        }
    }
    AccountNotUsable = "account_not_usable", 409 => {
        title: { en: "Account not usable", ja: "アカウントを使用できません" }
        reference: {
            en: "The hub issues credentials only for active accounts whose role was recently proven to be safe \
                 to use. The account is unhealthy, disconnected or deregistered, or the proof that the hub has \
                 just made failed. The response names the account's status in account_status and the failed \
                 check in check. Fix what the check names and check the account again, or connect it again.",
            ja: "認証情報は、状態が active で、ロールを安全に使用できることが最近確認されたアカウントに対してのみ\
                 発行されます。アカウントの状態が unhealthy、disconnected、deregistered のいずれかであるか、直前に\
                 行われた検証が失敗しました。レスポンスの account_status にアカウントの状態、check に失敗したチェックが\
                 示されます。チェックで示された問題を解消してアカウントを再チェックするか、アカウントを再接続してください。",
        }
    }
    InvalidWorkloadToken = "invalid_workload_token", 401 => {
        title: { en: "Workload token not accepted", ja: "ワークロードのトークンを受け付けられません" }
        reference: {
            en: "The token in the header Authorization is missing, has expired, or is not one that the hub accepts. \
                 The hub accepts JSON Web Tokens of the issuers that its operator published, for their audience, \
                 signed with RS256, ES256 or ES384. The response names the invalid claim, its value and the \
                 expected value. Request a token for that audience, or ask the operator of the hub to publish the \
                 issuer.",
            ja: "Authorization ヘッダーのトークンがない、有効期限が切れている、またはハブが受け付けないトークンです。\
                 使用できるのは、ハブの運用者が公開した発行者の、指定されたオーディエンス向けの、RS256、ES256、ES384の\
                 いずれかで署名されたJSON Web Tokenです。レスポンスに、正しくないクレームとその値、想定される値が示されます。\
                 そのオーディエンス向けのトークンを取得するか、ハブの運用者に発行者の公開を依頼してください。",
        }
    }
    WorkloadNotAllowed = "workload_not_allowed", 403 => {
        title: { en: "Workload not allowed", ja: "許可されていないワークロードです" }
        reference: {
            en: "The workload's token is valid, but no published rule gives its subject this access profile. \
                 The response shows the token's issuer and subject (sub). If they are correct, add a rule for \
                 exactly this subject to the file of workloads and publish it with rolecall-admin publish \
                 --workloads.",
            ja: "ワークロードのトークンは有効ですが、このサブジェクトにアクセスプロファイルを許可するルールが公開されて\
                 いません。レスポンスに、トークンの発行者とサブジェクト（sub）が示されます。正しい場合は、ワークロードの\
                 ファイルにこのサブジェクトのルールを追加し、rolecall-admin publish --workloads で公開してください。",
        }
    }
    IssuerUnavailable = "issuer_unavailable", 503 => {
        title: { en: "Token issuer not available", ja: "トークンの発行者を利用できません" }
        reference: {
            en: "The hub could not read the public keys of the token's issuer, and has none that are recent enough. \
                 Retry the request. If it keeps failing, check that the issuer's discovery document \
                 (/.well-known/openid-configuration) can be read from the internet over https, names the same \
                 issuer, and has a jwks_uri.",
            ja: "トークンの発行者の公開鍵を読み取れず、最近取得した鍵もありません。リクエストを再試行してください。解決\
                 しない場合は、発行者のディスカバリードキュメント（/.well-known/openid-configuration）をインターネット\
                 からhttpsで読み取れること、同じ発行者と jwks_uri が記載されていることを確認してください。",
        }
    }
    AccessNotGranted = "access_not_granted", 403 => {
        title: { en: "Access not granted", ja: "アクセスが許可されていません" }
        reference: {
            en: "The account's stack does not give this access profile. Choose the profile for the account, and \
                 have the customer update the stack. The account's access lists the profiles that it gives.",
            ja: "アカウントのスタックは、このアクセスプロファイルを許可していません。アカウントでプロファイルを選択し、\
                 スタックの更新をお客様に依頼してください。許可されているプロファイルは、アカウントの access で確認\
                 できます。",
        }
    }
    AlreadyGone = "already_gone", 409 => {
        title: { en: "Stack already deleted", ja: "スタックはすでに削除されています" }
        reference: {
            en: "The deletion of the stack is already confirmed, so the orphaned stack can't be dismissed. \
                 No action is needed.",
            ja: "スタックの削除はすでに確認されているため、残存スタックの追跡を手動で終了することはできません。\
                 操作は必要ありません。",
        }
    }
    LimitReached = "limit_reached", 409 => {
        title: { en: "Limit reached", ja: "上限に達しました" }
        reference: {
            en: "Your tenant has reached a limit of the hub. The detail names the limit. Delete what you no longer \
                 need, and retry.",
            ja: "テナントがハブの上限に達しています。上限の内容は detail に示されています。不要なものを\
                 削除してから、もう一度お試しください。",
        }
    }
    Conflict = "conflict", 409 => {
        title: { en: "Conflict with a concurrent change", ja: "同時に行われた変更と競合しました" }
        reference: {
            en: "Another request changed the same resource at the same time, so this request changed nothing. \
                 Read the resource again, and retry.",
            ja: "別のリクエストが同じリソースを同時に変更したため、このリクエストによる変更は行われていません。リソースを\
                 取得し直してから、もう一度お試しください。",
        }
    }
    BodyTooLarge = "body_too_large", 413 => {
        title: { en: "Request body too large", ja: "リクエスト本文が大きすぎます" }
        reference: {
            en: "The request body is larger than the hub accepts. The detail gives the maximum size.",
            ja: "リクエスト本文のサイズが上限を超えています。上限は detail に示されています。",
        }
    }
    InvalidRequest = "invalid_request", 422 => {
        title: { en: "Invalid request", ja: "リクエストが無効です" }
        reference: {
            en: "One or more fields of the request are not valid. For each of them, the list errors contains the \
                 name, a code, and the rule that the value violates. Correct the fields, and retry.",
            ja: "リクエストに無効なフィールドがあります。errors に、各フィールドの名前、コード、および違反した\
                 ルールが示されています。フィールドを修正してから、もう一度お試しください。",
        }
    }
    IdempotencyKeyReused = "idempotency_key_reused", 422 => {
        title: { en: "Idempotency key reused", ja: "べき等性キーが再利用されています" }
        reference: {
            en: "The Idempotency-Key was used with another request body in the last 24 hours. Use a new key for \
                 each new request; repeat a key only to repeat the same request.",
            ja: "この Idempotency-Key は、過去24時間以内に別の内容のリクエストで使用されています。リクエストごとに新しい\
                 キーを使用し、同じリクエストを再送する場合に限り、同じキーを使用してください。",
        }
    }
    StackInfoInvalid = "stack_info_invalid", 422 => {
        title: { en: "Invalid stack info", ja: "スタック情報が無効です" }
        reference: {
            en: "The pasted text is not a complete RolecallStackInfo. Open the stack's Outputs tab in the \
                 CloudFormation console, copy the whole value of RolecallStackInfo, and paste it again.",
            ja: "貼り付けられた値が RolecallStackInfo ではないか、一部が欠けています。CloudFormationコンソールでスタックの［出力］タブを開き、\
                 RolecallStackInfo の値全体をコピーして、もう一度貼り付けてください。",
        }
    }
    StackInfoOtherRegistration = "stack_info_other_registration", 422 => {
        title: { en: "Stack info of another registration", ja: "別の登録のスタック情報です" }
        reference: {
            en: "The pasted RolecallStackInfo is from a stack that was created from another registration's \
                 link. Paste the output of the stack that was created from this registration's link.",
            ja: "貼り付けられた RolecallStackInfo は、別の登録のリンクから作成されたスタックのものです。この登録のリンクから\
                 作成したスタックの出力を貼り付けてください。",
        }
    }
    VerificationFailed = "verification_failed", 422 => {
        title: { en: "Verification failed", ja: "検証に失敗しました" }
        reference: {
            en: "The hub verified the stack and its role, and at least one check failed. The report contains \
                 every check, and each failed check says what to do. Correct the cause, and retry.",
            ja: "ハブがスタックとロールを検証した結果、1つ以上のチェックに失敗しました。レポートにはすべてのチェックが\
                 含まれ、失敗したチェックごとに対処方法が示されています。原因を解消してから、もう一度お試しください。",
        }
    }
    NothingToExport = "nothing_to_export", 409 => {
        title: { en: "Nothing to export", ja: "エクスポートできるアカウントがありません" }
        reference: {
            en: "None of the accounts can be used, and an empty file would be misunderstood: CloudQuery and YACE, \
                 for example, would read the AWS account that they run in. Wait until an account passes its \
                 checks, or export other accounts.",
            ja: "使用できるアカウントが1つもありません。また、空のファイルは正しく解釈されません。たとえばCloudQueryと\
                 YACEは、空のリストでは自身が動作しているAWSアカウントを読み取ります。アカウントがチェックに成功する\
                 まで待つか、別のアカウントをエクスポートしてください。",
        }
    }
    TooManyAccounts = "too_many_accounts", 422 => {
        title: { en: "Too many accounts for one response", ja: "1回のレスポンスに含めるアカウントが多すぎます" }
        reference: {
            en: "The response would contain more accounts than the hub returns at once. Request one group at a \
                 time, or move accounts to other groups.",
            ja: "レスポンスに含まれるアカウントの数が上限を超えています。グループごとに取得するか、アカウントを別の\
                 グループに移動してください。",
        }
    }
    RateLimited = "rate_limited", 429 => {
        title: { en: "Too many requests", ja: "リクエストが多すぎます" }
        reference: {
            en: "Your tenant has sent too many requests, or has too many pending registrations. Wait for the \
                 number of seconds in the Retry-After header, and retry.",
            ja: "テナントからのリクエストが多すぎるか、保留中の登録が多すぎます。Retry-After ヘッダーに示された\
                 秒数だけ待ってから、もう一度お試しください。",
        }
    }
    InternalError = "internal_error", 500 => {
        title: { en: "Internal error", ja: "内部エラーが発生しました" }
        reference: {
            en: "The hub could not complete the request because of an internal error. Retry later. If the error \
                 persists, contact the operator of the hub and quote the request id.",
            ja: "ハブの内部エラーにより、リクエストを処理できませんでした。時間をおいてもう一度お試しください。解消しない\
                 場合は、リクエストIDを添えてハブの運用者にお問い合わせください。",
        }
    }
    VerificationInconclusive = "verification_inconclusive", 503 => {
        title: { en: "Verification inconclusive", ja: "検証を完了できませんでした" }
        reference: {
            en: "The hub could neither confirm nor reject the role, because a response from AWS was missing or \
                 was not conclusive yet. Nothing was changed. Wait for the number of seconds in the \
                 Retry-After header, and retry.",
            ja: "AWSからの応答がないか、まだ判断できる応答ではないため、ハブがロールの検証を完了できませんでした。\
                 変更は行われていません。Retry-After ヘッダーに示された秒数だけ待ってから、もう一度お試しください。",
        }
    }
    MalformedRequest = "malformed_request", 400 => {
        title: { en: "Malformed callback request", ja: "コールバックのリクエストの形式が正しくありません" }
        reference: {
            en: "The stack's request to the hub does not have the properties that the template sends. Delete \
                 the stack, and create it from the link without changing the template or its parameters.",
            ja: "スタックからハブへのリクエストのプロパティが、テンプレートで送信される内容と異なります。スタックを削除し、\
                 テンプレートやパラメータを変更せずに、リンクから作成してください。",
        }
    }
    InvalidToken = "invalid_token", 403 => {
        title: { en: "Invalid registration token", ja: "登録トークンが無効です" }
        reference: {
            en: "The stack's registration token is missing or is not valid for this hub. Delete the stack, and \
                 create it from the link without changing the RegistrationToken parameter.",
            ja: "スタックの登録トークンがないか、このハブでは無効です。スタックを削除し、RegistrationToken パラメータを\
                 変更せずに、リンクから作成してください。",
        }
    }
    StackRolledBack = "stack_rolled_back", 409 => {
        title: { en: "Stack rolled back", ja: "スタックがロールバックされました" }
        reference: {
            en: "CloudFormation rolled back or deleted the stack before the stack could report its role. Another \
                 of its resources failed, or a person deleted it. Open the stack's events in the CloudFormation \
                 console: the first failed event shows the reason. Resolve it, delete the stack, and create it \
                 from the link again.",
            ja: "スタックがロールを報告する前に、CloudFormationによってロールバックまたは削除されました。スタックの他の\
                 リソースの作成に失敗したか、ユーザーがスタックを削除しています。CloudFormationコンソールでスタックの\
                 イベントを開き、最初に失敗したイベントで理由を確認してください。原因を解消してからスタックを削除し、\
                 リンクからもう一度作成してください。",
        }
    }
    DeadlineExceeded = "deadline_exceeded", 503 => {
        title: { en: "Timed out", ja: "タイムアウトしました" }
        reference: {
            en: "The hub could not process the request in time. Retry later. If a stack shows this error, \
                 delete the stack, and create it from the link again.",
            ja: "ハブが時間内にリクエストを処理できませんでした。時間をおいてもう一度お試しください。スタックにこのエラーが\
                 表示された場合は、スタックを削除し、リンクからもう一度作成してください。",
        }
    }
}
