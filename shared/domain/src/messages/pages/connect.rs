//! The connect page: what a customer's administrator is asked for, and the progress of the connection.

use crate::messages::messages;
use crate::messages::parameter::Span;

messages! {
    /// The connect page. Its reader does not sign in and may not know the product.
    pub enum Connect {
        Title { product: String } => {
            en: "Connect your AWS account to {product}",
            ja: "AWSアカウントを {product} に接続",
        }
        For { name: String } => { en: "For “{name}”", ja: "対象: {name}" }
        ValidFor { left: Span } => {
            en: "This link works for another {left}. You can close this page and come back.",
            ja: "リンクの有効期限まであと{left}です。このページを閉じても手続きは続けられます。",
        }
        Progress => { en: "Progress", ja: "進行状況" }
        StepCreate => { en: "Create the stack", ja: "スタックの作成" }
        StepRole => { en: "Create the role", ja: "ロールの作成" }
        StepVerify => { en: "Verify", ja: "検証" }
        StepConnected => { en: "Connected", ja: "接続完了" }
        StepDone => { en: "done", ja: "完了" }
        StepCurrent => { en: "current step", ja: "現在の手順" }
        StepFailed => { en: "failed", ja: "失敗" }

        CreateHeading => { en: "Create one CloudFormation stack", ja: "CloudFormationスタックを1つ作成します" }
        CreateSignedIn => {
            en: "Open the link in a browser that is signed in to the AWS account that you want to connect.",
            ja: "接続するAWSアカウントにサインインしているブラウザーでリンクを開きます。",
        }
        CreateSignedInTo { aws_account_id: String } => {
            en: "Open the link in a browser that is signed in to AWS account {aws_account_id}. The link connects no other \
                 account.",
            ja: "AWSアカウント {aws_account_id} にサインインしているブラウザーでリンクを開きます。このリンクでは、他の\
                 アカウントは接続できません。",
        }
        CreateAcknowledge => {
            en: "Leave the stack name and the parameters as they are. Select the acknowledgment that IAM \
                 resources will be created, then choose “Create stack”.",
            ja: "スタック名とパラメータは変更せずに、IAMリソースの作成を承認するチェックボックスを選択して、\
                 ［スタックの作成］を選択します。",
        }
        CreateWait => {
            en: "Come back to this page. It takes two to three minutes, and the page updates itself.",
            ja: "このページに戻ります。完了まで2～3分かかります。表示は自動的に更新されます。",
        }
        CreateWaitPaste => {
            en: "When the stack is complete, copy the output RolecallStackInfo from its “Outputs” tab and paste \
                 it below.",
            ja: "スタックの作成が完了したら、［出力］タブの RolecallStackInfo の値をコピーして、下に貼り付けます。",
        }
        OpenConsole => { en: "Open the AWS console", ja: "AWSコンソールを開く" }
        InAccount { aws_account_id: String } => {
            en: "AWS account: {aws_account_id}",
            ja: "AWSアカウント: {aws_account_id}",
        }
        InRegion { region: String } => { en: "Region: {region}", ja: "リージョン: {region}" }
        Waiting => { en: "Waiting for the stack", ja: "スタックの作成を待っています" }
        Started { aws_account_id: String } => {
            en: "The stack is being created in AWS account {aws_account_id}",
            ja: "AWSアカウント {aws_account_id} でスタックを作成しています",
        }
        StartedDetail => {
            en: "CloudFormation is creating the role. This usually takes less than a minute.",
            ja: "CloudFormationがロールを作成しています。通常は1分以内に完了します。",
        }
        Verifying => { en: "Verifying the role", ja: "ロールを検証しています" }
        VerifyingDetail { product: String } => {
            en: "The role has been created. We are checking that {product} can use it, and that no one can use \
                 it without your external ID. A new role can take up to a minute to become usable.",
            ja: "ロールが作成されました。{product} がロールを使用できること、および外部IDなしでは誰も使用できない\
                 ことを確認しています。新しいロールが使用可能になるまで、最大1分かかることがあります。",
        }
        Connected { aws_account_id: String } => {
            en: "AWS account {aws_account_id} is connected",
            ja: "AWSアカウント {aws_account_id} を接続しました",
        }
        ConnectedDetail { product: String } => {
            en: "{product} can use the role. AWS denies access to it without your external ID. The connection \
                 is checked regularly from now on.",
            ja: "{product} はロールを使用できます。外部IDを指定しない場合はロールを引き受けられないことを、AWSで確認しました。今後も接続を定期的に確認します。",
        }
        Continue { product: String } => { en: "Continue to {product}", ja: "{product} に進む" }
        Returning { seconds: u32 } => {
            en: "You will be taken back in {seconds} seconds.",
            ja: "{seconds}秒後に元のページに戻ります。",
        }
        CustomerPage => { en: "See what this connection does", ja: "この接続の内容を確認" }
        CustomerPageDetail => {
            en: "Save this page's address. It shows who used the access, and how to revoke it.",
            ja: "ページのアドレスを保存してください。アクセスの利用状況と、アクセスの取り消し方法を確認できます。",
        }

        Refused { title: String } => { en: "Not connected: {title}", ja: "接続できませんでした: {title}" }
        RefusedStack { aws_account_id: String, stack_name: String } => {
            en: "AWS account {aws_account_id}, stack {stack_name}",
            ja: "AWSアカウント {aws_account_id}、スタック {stack_name}",
        }
        AgainHeading => { en: "Try again", ja: "もう一度お試しください" }
        AgainFix => { en: "Correct what is described above.", ja: "上記の内容を修正します。" }
        AgainDelete { stack_name: String } => {
            en: "Delete the failed stack {stack_name}.",
            ja: "失敗したスタック {stack_name} を削除します。",
        }
        AgainOpenStack => { en: "Open the stack in the AWS console", ja: "AWSコンソールでスタックを開く" }
        AgainCreate => {
            en: "Open the new link below and create the stack without changing its parameters or template.",
            ja: "下の新しいリンクを開き、パラメータとテンプレートを変更せずにスタックを作成します。",
        }
        DeleteCommand => { en: "Delete with the AWS CLI instead", ja: "AWS CLIで削除する場合" }
        Checked => { en: "What was checked", ja: "確認した内容" }

        Share => { en: "Send to a colleague", ja: "別の担当者に依頼" }
        ShareDetail => {
            en: "Anyone with this address can see this page and create the stack. It shows no secret of your \
                 account.",
            ja: "このアドレスを知っている人は、このページを表示してスタックを作成できます。お客様のアカウントの\
                 機密情報は表示されません。",
        }
        ShareAddress => { en: "Address of this page", ja: "このページのアドレス" }
        ShareByMail => { en: "Send by email", ja: "メールで送信" }
        ShareSubject { product: String } => {
            en: "Please connect our AWS account to {product}",
            ja: "{product} へのAWSアカウントの接続をお願いします",
        }
        ShareBody { product: String, url: String } => {
            en: "{product} asks us to create one CloudFormation stack. This page explains what it creates and what \
                 it allows:\n\n{url}\n",
            ja: "{product} から、CloudFormationスタックの作成を依頼されています。作成されるものと許可される内容は、\
                 次のページで確認できます。\n\n{url}\n",
        }

        MayHeading { product: String } => { en: "What {product} may do", ja: "{product} に許可される操作" }
        MayNotHeading => { en: "What it may not do", ja: "許可されない操作" }
        MayNothing => {
            en: "The role can read only itself and its stack.",
            ja: "ロールで読み取れるのは、ロール自身とそのスタックのみです。",
        }
        Dangerous => { en: "Full control", ja: "フルアクセス" }
        SafeHeading => { en: "How the access is protected", ja: "アクセスの保護" }
        SafeTrust { product: String, hub: String } => {
            en: "Only {product} (AWS account {hub}) can use the role, and only with an external ID that is unique \
                 to you.",
            ja: "ロールを使用できるのは {product}（AWSアカウント {hub}）のみです。お客様専用の外部IDも必要です。",
        }
        SafeChecked => {
            en: "We verify now, and regularly afterwards, that the role can't be used without that ID.",
            ja: "外部IDなしではロールを使用できないことを、接続時とその後も定期的に検証します。",
        }
        SafeRevoke => {
            en: "To revoke the access at any time, delete the stack.",
            ja: "スタックを削除すると、いつでもアクセスを取り消せます。",
        }
        MadeHeading => { en: "What is created in your account", ja: "お客様のアカウントに作成されるもの" }
        MadeAssumes => { en: "uses it with your external ID", ja: "外部IDを指定して使用" }
        MadeRole => { en: "One IAM role", ja: "IAMロール 1つ" }
        MadeInAccount => { en: "in your AWS account", ja: "お客様のAWSアカウント内" }
        MadeAlso => { en: "Also created:", ja: "ほかに作成されるもの:" }
        Template => { en: "Read the exact template", ja: "テンプレートの内容を確認" }
        TemplateHash { sha256: String } => { en: "SHA-256: {sha256}", ja: "SHA-256: {sha256}" }
        PermissionsHeading => {
            en: "Permissions that you need to create the stack",
            ja: "スタックの作成に必要なアクセス許可",
        }
        PermissionsDetail => {
            en: "Administrators have these permissions. Otherwise, give this policy to the person who creates \
                 the stack.",
            ja: "管理者には付与されています。管理者以外が作成する場合は、このポリシーをアタッチしてください。",
        }

        PasteHeading => {
            en: "The stack is complete, but nothing happens here",
            ja: "スタックの作成が完了しても表示が変わらない場合",
        }
        PasteHeadingNeeded => { en: "Paste the stack's output", ja: "スタックの出力を貼り付け" }
        PasteWhy => {
            en: "In some Regions and organizations, the stack can't report by itself. Copy the value of \
                 RolecallStackInfo from the stack's “Outputs” tab and paste it here.",
            ja: "リージョンや組織の設定によっては、スタックから自動的に通知されないことがあります。スタックの［出力］\
                 タブで RolecallStackInfo の値をコピーして、ここに貼り付けてください。",
        }
        PasteLabel => { en: "Value of RolecallStackInfo", ja: "RolecallStackInfo の値" }
        PasteButton => { en: "Connect", ja: "接続" }
        PasteEmpty => {
            en: "Paste the value of RolecallStackInfo.",
            ja: "RolecallStackInfo の値を貼り付けてください。",
        }

        ExpiredTitle => { en: "This link has expired", ja: "リンクの有効期限が切れています" }
        ExpiredDetail { product: String } => {
            en: "Nothing was connected with it. Ask your contact at {product} for a new link.",
            ja: "このリンクでは何も接続されていません。{product} の担当者に新しいリンクを依頼してください。",
        }
        RevokedTitle => { en: "This link was revoked", ja: "リンクは取り消されました" }
        InvalidTitle => { en: "This link doesn't work", ja: "リンクを使用できません" }
        InvalidDetail => {
            en: "It may be incomplete, or no longer valid. Ask the person who sent it to you for a new one.",
            ja: "リンクが途中で切れているか、有効ではなくなっています。送信者に新しいリンクを依頼してください。",
        }
        BusyTitle => { en: "Too many requests", ja: "リクエストが多すぎます" }
        BusyDetail => {
            en: "This page was opened very often in a short time. Wait a minute, then reload it.",
            ja: "短時間に何度もページが開かれました。1分ほど待ってから、再読み込みしてください。",
        }
    }
}
