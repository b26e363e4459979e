//! Errors in a field of a request.

use super::{
    AccessRule, Alternatives, BrandRule, PolicyRule, Quoted, Series, WorkloadFileRule, messages,
};

messages! {
    /// The rule that a field's value broke.
    pub enum Rule {
        // Its presence and its JSON type.
        Required => {
            en: "This field is required.",
            ja: "必須項目です。",
        }
        UnknownField => {
            en: "This request has no such field.",
            ja: "このリクエストでは使用できないフィールドです。",
        }
        UnknownParameter => {
            en: "This route has no such query parameter.",
            ja: "このルートでは使用できないクエリパラメータです。",
        }
        UnknownKey { known: Alternatives } => {
            en: "Unknown key. Use {known}.",
            ja: "使用できないキーです。この位置で使用できるキー: {known}",
        }
        MustBeString => {
            en: "Must be a string.",
            ja: "文字列を指定してください。",
        }
        MustBeBoolean => {
            en: "Must be true or false.",
            ja: "true または false を指定してください。",
        }
        MustBeObject => {
            en: "Must be a JSON object.",
            ja: "JSONオブジェクトを指定してください。",
        }
        MustBeArray => {
            en: "Must be an array.",
            ja: "配列を指定してください。",
        }
        MustBeArrayOfStrings => {
            en: "Must be an array of strings.",
            ja: "文字列の配列を指定してください。",
        }
        MustBeWholeNumber { least: u32, most: u32 } => {
            en: "Must be a whole number from {least} to {most}.",
            ja: "{least}から{most}までの整数を指定してください。",
        }
        EntryCount { least: usize, most: usize } => {
            en: "Must have {least} to {most} entries.",
            ja: "{least}～{most}個の要素を指定してください。",
        }
        MustBeOneOf { values: Alternatives } => {
            en: "Must be {values}.",
            ja: "次のいずれかを指定してください: {values}",
        }

        // Text that people write.
        NothingVisible => {
            en: "Must have at least one visible character.",
            ja: "表示される文字を1文字以上含めてください。",
        }
        TooLong { most: usize } => {
            en: "Must have at most {most} characters.",
            ja: "{most}文字以内で指定してください。",
        }
        ChangesDirection => {
            en: "Must not contain characters that change the direction of the text.",
            ja: "文字の表示方向を変える制御文字は使用できません。",
        }
        ControlCharacters => {
            en: "Must not contain control characters.",
            ja: "制御文字は使用できません。",
        }
        NotAColor => {
            en: "Must be a color such as #1a2b3c.",
            ja: "色を #1a2b3c のような形式で指定してください。",
        }
        NotAnIdempotencyKey => {
            en: "Must be 1 to 255 printable ASCII characters without spaces.",
            ja: "空白を含まない、1～255文字の印字可能なASCII文字で指定してください。",
        }

        NotAnEmailAddress => {
            en: "Must be an email address of at most 254 ASCII characters.",
            ja: "254文字以内のASCII文字のメールアドレスを指定してください。",
        }

        // Names and ids.
        NotAnId { prefix: &'static str } => {
            en: "Must be {prefix} followed by 32 hexadecimal digits.",
            ja: "{prefix} の後に32桁の16進数が続くIDを指定してください。",
        }
        NotAnAwsAccountId => {
            en: "Must be a 12-digit AWS account ID.",
            ja: "12桁のAWSアカウントIDを指定してください。",
        }
        NotAnExternalId => {
            en: "Must be an external ID.",
            ja: "有効な外部IDを指定してください。",
        }
        NotARoleArn => {
            en: "Must be the ARN of an IAM role.",
            ja: "IAMロールのARNを指定してください。",
        }
        NotARoleUniqueId => {
            en: "Must be the unique ID of an IAM role.",
            ja: "IAMロールの一意のIDを指定してください。",
        }
        NotAnInstanceProfileArn => {
            en: "Must be the ARN of an instance profile.",
            ja: "インスタンスプロファイルのARNを指定してください。",
        }
        NotAManagedPolicyArn => {
            en: "Must be the ARN of a managed policy.",
            ja: "マネージドポリシーのARNを指定してください。",
        }
        NotAStackArn => {
            en: "Must be the ARN of a CloudFormation stack.",
            ja: "CloudFormationスタックのARNを指定してください。",
        }
        NotARegionCode => {
            en: "Must be the code of an AWS Region, such as eu-central-1.",
            ja: "AWSリージョンのコード（ap-northeast-1 など）を指定してください。",
        }
        NotAMonth => {
            en: "Must be a month in UTC, such as 2027-01.",
            ja: "UTCの月を 2027-01 の形式で指定してください。",
        }
        NotATime => {
            en: "Must be a time with a UTC offset, such as 2027-01-15T08:00:00Z.",
            ja: "UTCオフセット付きの日時を指定してください（2027-01-15T08:00:00Z など）。",
        }
        UnknownCheckCode => {
            en: "No check has this code.",
            ja: "このコードのチェックは存在しません。",
        }
        NotATenant => {
            en: "Must be 1 to 64 characters of A-Z, a-z, 0-9, _ and -.",
            ja: "1～64文字で指定してください。使用できる文字は、A-Z、a-z、0-9、_、- です。",
        }
        NotAnActor => {
            en: "Must be user:<subject>, service:<role name>, stack, customer, or hub.",
            ja: "user:<subject>、service:<role name>、stack、customer、hub のいずれかを指定してください。",
        }
        NotAVersion => {
            en: "Must be three numbers of at most five digits each, such as 1.2.3.",
            ja: "5桁以内の数字を3つ、ピリオドで区切って指定してください（1.2.3 など）。",
        }
        NotAKeyId => {
            en: "Must be the letter k and a number, such as k2.",
            ja: "文字 k と数字を続けて指定してください（k2 など）。",
        }
        NotAProfileName => {
            en: "Must be a profile name: letters, digits, _-/.%@:+,=~() and spaces between them.",
            ja: "プロファイル名を指定してください。使用できる文字は、英数字、_-/.%@:+,=~()、および途中の空白です。",
        }
        NotAProfileTemplate => {
            en: "Must be 1 to 120 characters with at least one of {{tenant}}, {{group}}, {{name}}, \
                 {{aws_account_id}}, {{account_id}}, {{id}}, {{region}} or {{access}}. Between them, use letters, \
                 digits and _-./@:+ only.",
            ja: "{{tenant}}、{{group}}、{{name}}、{{aws_account_id}}、{{account_id}}、{{id}}、{{region}}、{{access}} の\
                 いずれかを含む、1～120文字で指定してください。それ以外に使用できる文字は、英数字と _-./@:+ です。",
        }
        ProfileNameTaken { name: Quoted } => {
            en: "The profile name {name} is reserved, empty, or would occur twice. Add {{id}} to the template.",
            ja: "プロファイル名 {name} は予約されているか、空であるか、重複します。テンプレートに {{id}} を追加してください。",
        }
        NotACredentialCommand => {
            en: "Must be a program and options such as --context=prod, with letters, digits and _-./:@+,= only. \
                 Programs split this line in different ways, so it can't have spaces in a path, quotes or \
                 backslashes. Use a directory without them, or put the program on the PATH.",
            ja: "プログラムと、--context=prod のようなオプションを指定してください。使用できる文字は、英数字と \
                 _-./:@+,= だけです。この行の分割方法はプログラムによって異なるため、空白を含むパス、引用符、\
                 バックスラッシュは使用できません。これらを含まないディレクトリを使用するか、プログラムをPATHに\
                 追加してください。",
        }
        NotForThisExport => {
            en: "This parameter does not apply to this export.",
            ja: "このエクスポートでは使用できないパラメータです。",
        }
        NotAnMfaDevice => {
            en: "Must be the name of an MFA device, such as your user name.",
            ja: "MFAデバイスの名前（ユーザー名など）を指定してください。",
        }
        NoEncodedMessage => {
            en: "Must contain a complete encoded authorization failure message.",
            ja: "エンコードされた認可失敗メッセージの全体を含めてください。",
        }

        // Values that conflict with the account, the hub or other fields.
        UnknownGroup => {
            en: "No group with this id.",
            ja: "このIDのグループは存在しません。",
        }
        HubsOwnAccount { account: String } => {
            en: "{account} is this hub's own AWS account, which the hub does not connect. Specify the \
                 customer's account, or omit the field.",
            ja: "{account} はこのハブ自身のAWSアカウントのため、接続できません。接続するAWSアカウントを指定するか、\
                 このフィールドを省略してください。",
        }
        UnknownRegion { region: Quoted, partition: &'static str, served: Series } => {
            en: "{region} is not the code of an AWS Region. This hub works in the partition {partition}; \
                 stacks can call it back from {served}.",
            ja: "{region}はAWSリージョンのコードではありません。このハブはパーティション {partition} で\
                 動作しており、スタックからのコールバックを受け付けるリージョンは {served} です。",
        }
        OtherPartitionsRegion {
            region: String,
            its_partition: &'static str,
            partition: &'static str,
            served: Series,
        } => {
            en: "{region} is in the partition {its_partition}. This hub works in the partition {partition}; \
                 stacks can call it back from {served}.",
            ja: "{region} はパーティション {its_partition} のリージョンです。このハブはパーティション \
                 {partition} で動作しており、スタックからのコールバックを受け付けるリージョンは {served} です。",
        }
        NoCallback { region: String, served: Series } => {
            en: "Stacks in {region} can't call this hub back; it receives callbacks from {served}. Omit the \
                 field or set it to paste, and paste the stack's output RolecallStackInfo.",
            ja: "{region} のスタックからはこのハブにコールバックできません。コールバックを受け付けるリージョンは \
                 {served} です。このフィールドを省略するか paste を指定し、スタックの出力 RolecallStackInfo を貼り\
                 付けてください。",
        }
        NotInAccount => {
            en: "This account's stack has no role of this kind.",
            ja: "このアカウントのスタックには、この種類のロールがありません。",
        }
        NotThisAccountsMessage => {
            en: "Not a complete encoded message of this account.",
            ja: "このアカウントのエンコードされた認可失敗メッセージではないか、一部が欠けています。",
        }

        // Companion roles.
        UnknownRoleKind { kinds: Alternatives } => {
            en: "Unknown role kind. Must be {kinds}.",
            ja: "ロールの種類が正しくありません。次のいずれかを指定してください: {kinds}",
        }
        HubRoleIsAlwaysThere => {
            en: "Every stack has this role. Omit it.",
            ja: "このロールはすべてのスタックで作成されます。指定から除いてください。",
        }
        DuplicateRoleKind => {
            en: "This role kind is specified more than once. A stack has one role of each kind.",
            ja: "同じ種類のロールが複数回指定されています。1つのスタックに作成できるロールは、種類ごとに1つです。",
        }
        UnknownOption { kind: &'static str } => {
            en: "The role kind {kind} has no such option.",
            ja: "ロールの種類 {kind} では使用できないオプションです。",
        }
        SameAccount => {
            en: "Must not be the account that is being connected. Specify the account that your users sign \
                 in to.",
            ja: "接続するアカウント自身は指定できません。ユーザーがサインインするアカウントを指定してください。",
        }
        HubAccount => {
            en: "Must not be the hub's own account, which no companion role may trust. Specify the account \
                 that your users sign in to.",
            ja: "ハブ自身のアカウントは、コンパニオンロールの信頼先に指定できません。ユーザーがサインインする\
                 アカウントを指定してください。",
        }
        NotARolePath { prefix: &'static str, most: usize } => {
            en: "Must start with {prefix}, end with a slash, and have at most {most} characters.",
            ja: "{prefix} で始まり、スラッシュで終わる、{most}文字以内のパスを指定してください。",
        }
        NotABucketName => {
            en: "Must be the name of an S3 bucket.",
            ja: "S3バケットの名前を指定してください。",
        }
        OtherPartition => {
            en: "Must be in the hub's own partition.",
            ja: "ハブと同じパーティションのものを指定してください。",
        }
        NotAPolicy { names: Alternatives } => {
            en: "Must be the ARN of a managed policy, or {names}.",
            ja: "マネージドポリシーのARN、または次のいずれかを指定してください: {names}",
        }
        OtherAccountsPolicy => {
            en: "The policy belongs to another account. Only AWS managed policies and the account's own \
                 policies can be attached to a role.",
            ja: "別のアカウントのポリシーです。ロールにアタッチできるのは、AWSマネージドポリシーと、ロールと同じ\
                 アカウントのポリシーだけです。",
        }
        AdministratorAlone => {
            en: "AdministratorAccess allows every action, so no other policy can be combined with it.",
            ja: "AdministratorAccess はすべてのアクションを許可するため、他のポリシーと組み合わせることはできません。",
        }
        SsmNeedsCore => {
            en: "Systems Manager requires the policy AmazonSSMManagedInstanceCore on this role.",
            ja: "Systems Managerを使用するには、このロールにポリシー AmazonSSMManagedInstanceCore が必要です。",
        }
        SetByTheRegistration => {
            en: "Must be omitted together with registration_id, which determines it.",
            ja: "registration_id を指定する場合は省略してください。登録の設定が使用されます。",
        }
        NotATemplateId => {
            en: "Must be 64 lowercase hexadecimal digits.",
            ja: "64桁の16進数（英字は小文字）で指定してください。",
        }
        NotAServiceName => {
            en: "Must be 1 to 128 letters, digits or characters of _+=,.@/-.",
            ja: "1～128文字の英数字または _+=,.@/- で指定してください。",
        }
        NotASessionName => {
            en: "Must be 1 to 32 letters, digits or characters of _+=,.-.",
            ja: "1～32文字の英数字または _+=,.- で指定してください。",
        }
        NotAnAccessProfileName => {
            en: "Must be 1 to 32 lowercase letters, digits and hyphens. It must start with a letter, and each \
                 hyphen must be followed by a letter.",
            ja: "1～32文字の英小文字、数字、ハイフンで指定してください。先頭とハイフンの直後は英小文字にしてください。",
        }
        Access { rule: AccessRule } => {
            en: "{rule}",
            ja: "{rule}",
        }
        WorkloadFile { rule: WorkloadFileRule } => {
            en: "{rule}",
            ja: "{rule}",
        }
        NotActions { most: usize } => {
            en: "Must be an array of 1 to {most} actions such as s3:GetObject, without wildcards.",
            ja: "s3:GetObject のような、ワイルドカードを含まないアクションの配列（1～{most}個）を\
                 指定してください。",
        }
        Policy { rule: PolicyRule } => {
            en: "{rule}",
            ja: "{rule}",
        }
        Brand { rule: BrandRule } => {
            en: "{rule}",
            ja: "{rule}",
        }
        NotResources { most: usize } => {
            en: "Must be an array of 1 to {most} ARNs, or *.",
            ja: "ARNまたは * の配列（1～{most}個）を指定してください。",
        }
    }
}
