//! Errors in an access file, and the differences between two access files.

use super::{Names, Quoted, messages};

messages! {
    /// The rule that a part of an access file broke.
    pub enum AccessRule {
        NotInEachLanguage => {
            en: "Must be an object with the keys en and ja.",
            ja: "キー en と ja を持つオブジェクトで指定してください。",
        }
        NotAscii => {
            en: "Must be ASCII, because CloudFormation shows it in templates and stacks. Put other text into ja.",
            ja: "CloudFormationのテンプレートとスタックに表示されるため、ASCII文字のみで指定してください。日本語は \
                 ja に指定できます。",
        }
        NoPermissions => {
            en: "A profile needs managed_policies or a policy.",
            ja: "プロファイルには managed_policies または policy が必要です。",
        }
        NotAwsManaged { prefix: String } => {
            en: "Must be the ARN of an AWS managed policy, which starts with {prefix}.",
            ja: "{prefix} で始まるAWSマネージドポリシーのARNで指定してください。",
        }
        Dangerous { permission: String } => {
            en: "{permission} lets the role take over the AWS account. Narrow it, or set dangerous to true on \
                 this profile; customers then see a warning.",
            ja: "{permission} を許可すると、ロールがAWSアカウント全体を制御できるようになります。許可の範囲を狭めるか、\
                 このプロファイルの dangerous を true に設定してください。true に設定した場合、お客様に警告が表示されます。",
        }
        UnknownProfile { name: Quoted, known: Names } => {
            en: "No access profile is named {name}. The profiles are: {known}.",
            ja: "アクセスプロファイル{name}は存在しません。指定できるプロファイル: {known}",
        }
        InlineTooLarge { size: usize, left: usize, most: usize } => {
            en: "Together, the policies have {size} characters without whitespace, and {left} are available. IAM \
                 accepts {most} for all inline policies of a role, and a registration can choose every profile. \
                 Shorten them: merge statements, use wildcards in actions, or use managed policies.",
            ja: "ポリシーの合計が空白を除いて{size}文字あり、使用できる{left}文字を超えています。登録ではすべての\
                 プロファイルを選択でき、IAMのインラインポリシーの上限はロールごとに{most}文字です。ステートメントを\
                 まとめる、アクションにワイルドカードを使用する、マネージドポリシーを使用するなどして短くしてください。",
        }
        RoleTooLarge { size: usize, most: usize } => {
            en: "With these access profiles and companion roles, the role's inline policies can have {size} \
                 characters without whitespace. IAM accepts {most}. Choose fewer profiles, or fewer of your own \
                 policies for companion roles.",
            ja: "このアクセスプロファイルとコンパニオンロールの組み合わせでは、ロールのインラインポリシーが空白を除いて\
                 {size}文字になり、IAMの上限である{most}文字を超えます。プロファイルを減らすか、コンパニオンロールに\
                 アタッチするカスタマーマネージドポリシーを減らしてください。",
        }
        RoleTooMany { count: usize, most: usize } => {
            en: "These access profiles have {count} managed policies together. IAM attaches {most} to a role. \
                 Choose fewer profiles.",
            ja: "これらのアクセスプロファイルのマネージドポリシーは合計{count}個で、IAMロールにアタッチできる上限の{most}個を\
                 超えています。プロファイルを減らしてください。",
        }
        SessionTooLarge { size: usize, most: usize } => {
            en: "The policy and the ARNs of the managed policies have {size} characters together. STS accepts \
                 {most} for a session, and the hub narrows each session to one profile. Shorten the policy, or \
                 split the profile.",
            ja: "ポリシーとマネージドポリシーのARNが合計{size}文字あり、STSがセッションに対して受け付ける上限の{most}文字を\
                 超えています。ハブは各セッションの権限を1つのプロファイルに制限します。ポリシーを短くするか、\
                 プロファイルを分割してください。",
        }
        SessionTooMany { count: usize, most: usize } => {
            en: "The profile has {count} managed policies. STS accepts {most} for a session, and the hub narrows \
                 each session to one profile. Split the profile.",
            ja: "プロファイルに{count}個のマネージドポリシーが指定されていますが、STSがセッションに対して受け付ける上限は{most}個\
                 です。ハブは各セッションの権限を1つのプロファイルに制限します。プロファイルを分割してください。",
        }
        SessionRefused { code: String, message: String } => {
            en: "STS refuses a session with this profile: {message} ({code}).",
            ja: "このプロファイルを指定したセッションはSTSに拒否されました: {message}（{code}）。",
        }
        TooManyManaged { count: usize, most: usize } => {
            en: "Together, the profiles have {count} managed policies. IAM attaches {most} to a role, and a \
                 registration can choose every profile.",
            ja: "プロファイル全体で{count}個のマネージドポリシーが指定されています。登録ではすべてのプロファイルを選択でき、IAM\
                 ロールにアタッチできるマネージドポリシーは{most}個までです。",
        }
    }
}

messages! {
    /// How a profile differs from the one that was published before.
    pub enum AccessChange {
        Added { name: String } => {
            en: "{name} is new.",
            ja: "{name} が追加されました。",
        }
        Removed { name: String } => {
            en: "{name} was removed.",
            ja: "{name} が削除されました。",
        }
        Widened { name: String, also: Names } => {
            en: "{name} now also allows {also}.",
            ja: "{name} で新たに許可されるもの: {also}",
        }
        Narrowed { name: String, no_longer: Names } => {
            en: "{name} no longer allows {no_longer}.",
            ja: "{name} で許可されなくなるもの: {no_longer}",
        }
        Changed { name: String, also: Names, no_longer: Names } => {
            en: "{name} now also allows {also}, and no longer allows {no_longer}.",
            ja: "{name} で新たに許可されるもの: {also}。許可されなくなるもの: {no_longer}",
        }
        Rewritten { name: String } => {
            en: "{name} was rewritten, but allows the same.",
            ja: "{name} の記述が変更されましたが、許可される内容は同じです。",
        }
        Words { name: String } => {
            en: "The description of {name} changed, but not what it allows.",
            ja: "{name} の説明が変更されましたが、許可される内容は同じです。",
        }
    }
}
