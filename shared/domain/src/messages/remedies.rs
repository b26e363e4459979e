//! Instructions to resolve a problem.

use super::{Names, Place, messages};

messages! {
    /// What the reader is asked to do. English is ASCII, because stacks show it.
    pub enum Instruction {
        // For both readers.
        Retry => {
            en: "No change is needed. Retry in a moment.",
            ja: "変更は必要ありません。しばらくしてからもう一度お試しください。",
        }
        RetryInAMinute => {
            en: "Retry in a minute.",
            ja: "1分ほど待ってから、もう一度お試しください。",
        }
        WaitForStack => {
            en: "Wait until the stack is complete, then retry.",
            ja: "スタックの作成または更新が完了してから、もう一度お試しください。",
        }
        AskOperator => {
            en: "The connected AWS account needs no change. Ask the operator of this hub to allow these \
                 actions in the hub's own account.",
            ja: "AWSアカウントでの変更は必要ありません。ハブの運用者に、ハブ自身のアカウントでこれらのアクションを\
                 許可するよう依頼してください。",
        }
        RollBack => {
            en: "Roll back the failed update with this command: until then, CloudFormation accepts no other \
                 update.",
            ja: "次のコマンドで、失敗した更新をロールバックしてください。ロールバックするまで、CloudFormationで他の更新は\
                 できません。",
        }
        ContinueRollback => {
            en: "Fix the cause that the stack's events show, and continue the rollback with this command: until \
                 then, CloudFormation accepts no other update.",
            ja: "スタックのイベントで原因を確認して解消してから、次のコマンドでロールバックを続行してください。\
                 ロールバックが完了するまで、CloudFormationで他の更新はできません。",
        }
        ContinueRollbackWithout { resources: Vec<String> } => {
            en: "CloudFormation could not roll back {resources}. Continue the rollback with this command, which \
                 skips these resources, and then check the account, to find what still differs from the \
                 template. Until the rollback is complete, CloudFormation accepts no other update.",
            ja: "CloudFormationで {resources} をロールバックできませんでした。次のコマンドでは、これらのリソースを\
                 スキップしてロールバックを続行します。その後、アカウントをチェックし、テンプレートとの差異を確認して\
                 ください。ロールバックが完了するまで、CloudFormationで他の更新はできません。",
        }
        Recreate => {
            en: "Delete this stack and create it again from the link, without changing its parameters.",
            ja: "このスタックを削除し、パラメータを変更せずにリンクからもう一度作成してください。",
        }
        RemoveFromParentAndCreate { parent: String } => {
            en: "Remove this stack from the template of its parent stack {parent} and update that stack. Then \
                 create the stack from the link, without changing its parameters.",
            ja: "親スタック {parent} のテンプレートからこのスタックを削除し、親スタックを更新してください。その後、\
                 パラメータを変更せずに、リンクからスタックを作成してください。",
        }
        OpenLinkInAccount { account: String } => {
            en: "Sign in to the AWS account {account}, and open the link there.",
            ja: "AWSアカウント {account} にサインインしてから、リンクを開いてください。",
        }
        OpenLinkInAnyAccount => {
            en: "Sign in to the AWS account that you want to connect, and open the link there.",
            ja: "接続するAWSアカウントにサインインしてから、リンクを開いてください。",
        }
        ExecuteChangeSet => {
            en: "Execute the stack's change set, or create the stack from the link.",
            ja: "スタックの変更セットを実行するか、リンクからスタックを作成してください。",
        }
        CreateUnchanged => {
            en: "Create the stack from the link, without changing its parameters.",
            ja: "パラメータを変更せずに、リンクからスタックを作成してください。",
        }
        CopyStackInfo => {
            en: "Copy the whole value of RolecallStackInfo from the stack's outputs.",
            ja: "スタックの［出力］タブにある RolecallStackInfo の値全体をコピーしてください。",
        }
        PasteOwnStack => {
            en: "Create the stack from this registration's own link, and paste that stack's output.",
            ja: "この登録のリンクからスタックを作成し、そのスタックの出力を貼り付けてください。",
        }
        DeleteAndCreate => {
            en: "Delete the failed stack and create it again from the link.",
            ja: "失敗したスタックを削除し、リンクからもう一度作成してください。",
        }
        FixAndCreate => {
            en: "Fix the cause that the stack's events show, delete the stack, and create it again from the link.",
            ja: "スタックのイベントに示された原因を解消してからスタックを削除し、リンクからもう一度作成してください。",
        }
        ActivateSts { region: String } => {
            en: "Activate AWS STS for the Region {region} in the AWS account: in the IAM console, under \
                 Account settings, Security Token Service (STS). If {region} is an opt-in Region, enable \
                 it for the account first.",
            ja: "AWSアカウントでリージョン {region} のAWS STSを有効にしてください（\
                 IAMコンソールの［アカウント設定］>［Security Token Service (STS)］）。{region} がオプトインリージョンの場合は、\
                 先にアカウントでこのリージョンを有効にしてください。",
        }
        AllowInPolicy { place: Place, actions: Vec<String> } => {
            en: "In {place}, allow {actions}, and remove any statement that denies it.",
            ja: "{place}で {actions} を許可し、拒否しているステートメントがあれば削除してください。",
        }
        AllowHubInPolicy { place: Place } => {
            en: "In {place}, allow what the hub needs, and remove any statement that denies it.",
            ja: "{place}でハブに必要なアクションを許可し、拒否しているステートメントがあれば削除してください。",
        }

        // For the person who creates the stack.
        AskSender => {
            en: "Ask the person who sent you the link.",
            ja: "リンクの送信元にお問い合わせください。",
        }
        AskForNewLink => {
            en: "Ask the person who sent you the link for a new one.",
            ja: "リンクの送信元に、新しいリンクの発行を依頼してください。",
        }
        CheckedAgain => {
            en: "No action is needed. The account is checked again automatically.",
            ja: "対応は不要です。アカウントは自動的に再度チェックされます。",
        }
        RecreateInAMinute => {
            en: "Delete this stack and create it again from the link in a minute.",
            ja: "このスタックを削除し、1分ほど待ってから、リンクからもう一度作成してください。",
        }
        ThenRecreate => {
            en: "Then delete this stack and create it again from the link.",
            ja: "その後、このスタックを削除し、リンクからもう一度作成してください。",
        }
        RestoreExternalIdParameter => {
            en: "Set the ExternalId parameter back to its previous value.",
            ja: "ExternalId パラメータを元の値に戻してください。",
        }
        DeleteThisStack => {
            en: "Delete this stack.",
            ja: "このスタックを削除してください。",
        }
        DisableTerminationProtection => {
            en: "Disable the stack's termination protection.",
            ja: "スタックの削除保護を無効にしてください。",
        }
        RemoveBoundaryFirst => {
            en: "Remove the permissions boundary.",
            ja: "アクセス許可の境界を削除してください。",
        }

        // For a user of the tenant: the hub's role and its stack.
        ConnectAgain => {
            en: "Deregister the account, and connect the AWS account again from a new registration's link.",
            ja: "アカウントの登録を解除し、新しい登録のリンクからAWSアカウントを接続し直してください。",
        }
        RestoreExternalId => {
            en: "Update the stack, with its ExternalId parameter set to the external ID of this account.",
            ja: "ExternalId パラメータにこのアカウントの外部IDを指定して、スタックを更新してください。",
        }
        RestoreExternalIdAfterRollback => {
            en: "Roll back the failed update of the stack with this command. Then update the stack, with its \
                 ExternalId parameter set to the external ID of this account.",
            ja: "次のコマンドで、スタックの失敗した更新をロールバックしてください。その後、ExternalId パラメータに\
                 このアカウントの外部IDを指定して、スタックを更新してください。",
        }
        RestoreTrust => {
            en: "Restore the role's trust policy with this command.",
            ja: "次のコマンドでロールの信頼ポリシーを元に戻してください。",
        }
        FindRole => {
            en: "Look for the stack and its role in the AWS account. If they are gone, deregister the account \
                 and connect it again from a new registration's link. If they exist, restore the role's trust \
                 policy with this command; if the stack's ExternalId parameter was changed, set it to the \
                 external ID of this account first.",
            ja: "AWSアカウントにスタックとロールがあるかどうかを確認してください。削除されている場合は、アカウントの\
                 登録を解除し、新しい登録のリンクから接続し直してください。存在する場合は、次のコマンドでロールの\
                 信頼ポリシーを元に戻してください。スタックの ExternalId パラメータが変更されている場合は、先に\
                 このアカウントの外部IDを設定してください。",
        }
        ReplaceRole => {
            en: "Find out who re-created the role. Then deregister the account, delete its stack with this \
                 command, and connect the AWS account again from a new registration's link.",
            ja: "誰がロールを再作成したかを確認してください。その後、アカウントの登録を解除し、次のコマンドで\
                 スタックを削除して、新しい登録のリンクからAWSアカウントを接続し直してください。",
        }
        ReplaceNestedRole { parent: String } => {
            en: "Find out who re-created the role. Then deregister the account, remove its stack from the \
                 template of the parent stack {parent}, update that stack, and connect the AWS account again \
                 from a new registration's link.",
            ja: "誰がロールを再作成したかを確認してください。その後、アカウントの登録を解除し、親スタック {parent} の\
                 テンプレートからスタックを削除して親スタックを更新してから、新しい登録のリンクからAWSアカウントを\
                 接続し直してください。",
        }
        ReconnectNested { parent: String } => {
            en: "Deregister the account, remove its stack from the template of the parent stack {parent}, update \
                 that stack, and connect the AWS account again from a new registration's link.",
            ja: "アカウントの登録を解除し、親スタック {parent} のテンプレートからスタックを削除して親スタックを更新してから、\
                 新しい登録のリンクからAWSアカウントを接続し直してください。",
        }
        Reconnect => {
            en: "Deregister the account, delete its stack with this command, and connect the AWS account \
                 again from a new registration's link.",
            ja: "アカウントの登録を解除し、次のコマンドでスタックを削除して、新しい登録のリンクからAWSアカウントを\
                 接続し直してください。",
        }
        RestorePermissions => {
            en: "Restore the role's permissions with this command.",
            ja: "次のコマンドでロールのアクセス許可を元に戻してください。",
        }
        RestoreHubRole => {
            en: "See the check permissions_missing of this account, which restores the permissions of the \
                 hub's own role.",
            ja: "ハブが使用するロールのアクセス許可を元に戻す方法については、このアカウントのチェック \
                 permissions_missing を参照してください。",
        }
        RemovePermissions => {
            en: "Remove them with this command, or choose an access profile that includes them, and update the \
                 stack.",
            ja: "次のコマンドで削除するか、それらを含むアクセスプロファイルを選択し、スタックを更新してください。",
        }
        ReviewPolicies => {
            en: "Review the role's inline policies, and remove those that its stack did not create.",
            ja: "ロールのインラインポリシーを確認し、スタックが作成したもの以外を削除してください。",
        }
        RestoreBoundary => {
            en: "Restore the role's permissions boundary with this command.",
            ja: "次のコマンドでロールのアクセス許可の境界を元に戻してください。",
        }
        RemoveBoundary => {
            en: "Remove the permissions boundary with this command: the stack gives its role none. If your \
                 organization requires one, set the stack's PermissionsBoundaryArn parameter to a boundary \
                 that allows these actions.",
            ja: "次のコマンドでアクセス許可の境界を削除してください。スタックでは、ロールにアクセス許可の境界が\
                 指定されていません。組織で境界が必須の場合は、これらのアクションを許可する境界をスタックの \
                 PermissionsBoundaryArn パラメータに指定してください。",
        }
        FindOwnRole => {
            en: "Look for the stack and its role in the AWS account. If they exist, restore the role's trust policy \
                 with this command. If they are gone, ask the person who sent you the link for a new one.",
            ja: "AWSアカウントにスタックとロールがあるかどうかを確認してください。存在する場合は、次のコマンドでロールの\
                 信頼ポリシーを元に戻してください。削除されている場合は、リンクの送信元に、新しいリンクの発行を\
                 依頼してください。",
        }
        AskForReinstatement => {
            en: "If the AWS account was closed by mistake, ask AWS Support within 90 days to reinstate it.",
            ja: "AWSアカウントを誤って閉鎖した場合は、90日以内にAWSサポートに再開を依頼してください。",
        }
        ReinstateAccount => {
            en: "If the AWS account was closed by mistake, ask AWS Support within 90 days to reinstate it. \
                 Otherwise deregister the account.",
            ja: "AWSアカウントを誤って閉鎖した場合は、90日以内にAWSサポートに再開を依頼してください。それ以外の場合は、\
                 アカウントの登録を解除してください。",
        }
        UpdateTemplate => {
            en: "Update the stack at your convenience, with the link or with this command.",
            ja: "ご都合のよいときに、リンクまたは次のコマンドでスタックを更新してください。",
        }
        UpdateParent { parent: String, url: String } => {
            en: "At your convenience, set the TemplateURL of this stack in the template of its parent stack \
                 {parent} to {url}, and update the parent stack.",
            ja: "ご都合のよいときに、親スタック {parent} のテンプレートで、このスタックの TemplateURL に {url} を指定し、\
                 親スタックを更新してください。",
        }
        UpdateTemplateAfterRollback => {
            en: "Update the stack at your convenience with this command, which first rolls back the update that \
                 failed.",
            ja: "ご都合のよいときに、次のコマンドでスタックを更新してください。このコマンドは、失敗した更新を先にロールバックします。",
        }

        // Companion roles.
        RecreateRole => {
            en: "Remove this role from the companion roles of this account, and run the update command in the \
                 response. Then add it again, and run the update command in that response. CloudFormation does \
                 not re-create what was deleted outside the stack.",
            ja: "このアカウントのコンパニオンロールからこのロールを外し、レスポンスに含まれる更新コマンドを\
                 実行してください。その後、ロールを追加し直し、レスポンスに含まれる更新コマンドをもう一度実行して\
                 ください。スタックの外で削除されたリソースは、CloudFormationでは再作成されません。",
        }
        RewriteParameter => {
            en: "Set the companion roles of this account again, and run the update command in the response.",
            ja: "このアカウントのコンパニオンロールを設定し直し、レスポンスに含まれる更新コマンドを\
                 実行してください。",
        }
        AttachPolicies { policies: Names } => {
            en: "Attach {policies}.",
            ja: "{policies} をアタッチしてください。",
        }
        RecreateOrChoosePolicies { policies: Names } => {
            en: "The AWS account has no policy {policies} anymore: create what is missing again, or choose other \
                 policies for the role.",
            ja: "AWSアカウントに {policies} が存在しません。不足しているポリシーをもう一度作成するか、ロールに別の\
                 ポリシーを選択してください。",
        }
        RecreateOrRemovePolicies { policies: Names } => {
            en: "The stack's template attaches {policies}, which does not exist in AWS anymore. Ask the hub's \
                 operator to replace it in the access profiles and to publish them, and then update the stack.",
            ja: "スタックのテンプレートでアタッチされる {policies} は、AWSに存在しなくなっています。ハブの運用者に\
                 アクセスプロファイルの該当ポリシーの差し替えと再公開を依頼し、その後スタックを更新してください。",
        }
        MakeRoom { policies: usize } => {
            en: "A role can have {policies} managed policies, unless its quota was raised: detach policies that \
                 are not needed first.",
            ja: "クォータを引き上げていない場合、ロールにアタッチできるマネージドポリシーは{policies}個までです。\
                 先に、不要なポリシーをデタッチしてください。",
        }
        RemovePolicies => {
            en: "Remove the extra policies, or add them to the role's options.",
            ja: "余分なポリシーを削除するか、ロールのオプションに追加してください。",
        }
        ComparePolicy => {
            en: "Check what the policy allows. If it is right, update the stack without this policy, check \
                 the account, and then update the stack again with it.",
            ja: "ポリシーで許可されている内容が意図したものかどうかを確認してください。問題がなければ、このポリシーを\
                 除いてスタックを更新し、アカウントをチェックしてから、ポリシーを含めてもう一度スタックを更新してください。",
        }
        RestoreVersions => {
            en: "Set the previous version as the default again with this command. If the new version is right, \
                 update the stack without this policy, check the account, and then update the stack again \
                 with it.",
            ja: "次のコマンドで以前のバージョンをデフォルトに戻してください。新しいバージョンで問題がない場合は、\
                 このポリシーを除いてスタックを更新し、アカウントをチェックしてから、ポリシーを含めてもう一度スタックを\
                 更新してください。",
        }
        EmptyProfile { profile: String } => {
            en: "Remove the other role from the instance profile {profile}: it can hold only one.",
            ja: "インスタンスプロファイル {profile} から他のロールを削除してください。追加できるロールは1つだけです。",
        }
        ReplaceInProfile { profile: String } => {
            en: "Replace the role in the instance profile {profile} with this one: it can hold only one.",
            ja: "インスタンスプロファイル {profile} のロールを、このロールに置き換えてください。追加できるロールは1つだけです。",
        }
        FillProfile { profile: String } => {
            en: "Add the role to the instance profile {profile}.",
            ja: "ロールをインスタンスプロファイル {profile} に追加してください。",
        }
        RestoreSessionLength => {
            en: "Set the maximum session duration with this command.",
            ja: "次のコマンドで最大セッション時間を設定してください。",
        }
        ChooseSourceAccount => {
            en: "Set trusted_account_id to the AWS account that your users sign in to.",
            ja: "trusted_account_id に、ユーザーがサインインするAWSアカウントを指定してください。",
        }
        UpdateOrChoose => {
            en: "Set the companion roles of this account again, and run the update command in the response; \
                 or choose the roles that the stack has.",
            ja: "このアカウントのコンパニオンロールを設定し直し、レスポンスに含まれる更新コマンドを\
                 実行してください。または、スタックの現在のロールと同じ設定を選択してください。",
        }
        KeepOne => {
            en: "Keep the role in one of the accounts, and remove it from the others.",
            ja: "いずれか1つのアカウントにロールを残し、他のアカウントからは削除してください。",
        }

        // Registrations.
        StartNew => {
            en: "Create a new registration, and create the stack from its link.",
            ja: "新しい登録を作成し、そのリンクからスタックを作成してください。",
        }
        DeregisterInstead => {
            en: "Deregister its account instead.",
            ja: "代わりに、アカウントの登録を解除してください。",
        }
        NewStack => {
            en: "Create a new registration, and create a new stack from its link.",
            ja: "新しい登録を作成し、そのリンクから新しいスタックを作成してください。",
        }
        AllowDuplicate => {
            en: "Deregister the connected account first, or create a registration with allow_duplicate.",
            ja: "先に接続済みのアカウントの登録を解除するか、allow_duplicate を指定して登録を作成してください。",
        }
        ChooseGroup => {
            en: "Create a new registration in another group.",
            ja: "別のグループに新しい登録を作成してください。",
        }

        // Orphaned stacks.
        DeleteStack => {
            en: "Delete the stack in the AWS console, or with this command.",
            ja: "AWSコンソール、または次のコマンドでスタックを削除してください。",
        }
        DeleteProtectedStack => {
            en: "Delete the stack in the AWS console, or with this command. The stack has termination protection, \
                 which must be disabled first. The command does that.",
            ja: "AWSコンソール、または次のコマンドでスタックを削除してください。スタックの削除保護を、先に無効にする必要が\
                 あります。コマンドを使用する場合は、自動的に無効になります。",
        }
        RemoveFromParent { parent: String } => {
            en: "Remove the stack from the template of its parent stack {parent}, and update that stack. To \
                 delete a nested stack directly would break its parent.",
            ja: "親スタック {parent} のテンプレートからこのスタックを削除し、親スタックを更新してください。ネストされた\
                 スタックを直接削除すると、親スタックが正常に動作しなくなります。",
        }
        RevokeSessions => {
            en: "Sessions that were issued before can be used until they expire. To end them now, delete the \
                 stack, or run this command, which denies them everything.",
            ja: "発行済みのセッションは、有効期限まで使用できます。すぐに終了するには、スタックを削除するか、次の\
                 コマンドを実行して、発行済みのセッションによるすべての操作を拒否してください。",
        }
        DeleteRole => {
            en: "The stack is deleted, but its role was kept. Delete the role with this command, which \
                 removes its policies first.",
            ja: "スタックは削除されましたが、ロールが残っています。次のコマンドでロールを削除してください。この\
                 コマンドは、先にロールのポリシーを削除します。",
        }
        FinishDeletion { resources: Vec<String> } => {
            en: "CloudFormation could not delete {resources}. Policies that were attached outside the stack keep \
                 a role from being deleted. This command removes them and deletes the stack; its events show \
                 any other cause.",
            ja: "CloudFormationで {resources} を削除できませんでした。スタックの外でアタッチされた\
                 ポリシーがあると、ロールを削除できません。次のコマンドでそれらのポリシーをデタッチし、スタックを\
                 削除してください。その他の原因は、スタックのイベントで確認できます。",
        }
        FinishAnyDeletion => {
            en: "CloudFormation could not delete some of the stack's resources. Policies that were attached \
                 outside the stack keep a role from being deleted. This command removes them and deletes the \
                 stack; its events show any other cause.",
            ja: "CloudFormationでスタックの一部のリソースを削除できませんでした。スタックの外でアタッチされた\
                 ポリシーがあると、ロールを削除できません。次のコマンドでそれらのポリシーをデタッチし、スタックを\
                 削除してください。その他の原因は、スタックのイベントで確認できます。",
        }
        AwaitDeletion => {
            en: "CloudFormation is deleting the stack. Nothing needs to be done.",
            ja: "CloudFormationがスタックを削除しています。操作は必要ありません。",
        }
    }
}
