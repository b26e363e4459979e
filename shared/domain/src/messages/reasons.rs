//! Why an attempt to connect an account, or another step, is refused. What to do about it is a
//! remedy.

use super::{Rule, messages};

messages! {
    /// English is ASCII, because stacks show it.
    pub enum Reason {
        // The registration.
        RegistrationExhausted { attempts: u32 } => {
            en: "This registration was refused {attempts} times and accepts no more stacks.",
            ja: "この登録では{attempts}回の試行が拒否されたため、これ以上スタックを受け付けられません。",
        }
        RegistrationUsed => {
            en: "This registration has already connected another stack.",
            ja: "この登録では、すでに別のスタックが接続されています。",
        }
        RegistrationRevoked => {
            en: "This registration was revoked.",
            ja: "この登録は取り消されています。",
        }
        RegistrationExpired => {
            en: "This registration has expired.",
            ja: "この登録の有効期限が切れています。",
        }
        RegistrationCompleted => {
            en: "This registration is completed and can't be revoked.",
            ja: "この登録は完了しているため、取り消せません。",
        }
        RegistrationChanged => {
            en: "Another request changed this registration at the same time.",
            ja: "この登録は、別のリクエストによって同時に変更されました。",
        }
        TooManyCallbacks { requests: u32 } => {
            en: "This registration sent more than {requests} requests today. Requests are accepted again \
                 from 00:00 UTC.",
            ja: "この登録からのリクエストが、1日の上限である{requests}回を超えました。00:00 (UTC) 以降に再び受け付けます。",
        }
        StackRolledBack => {
            en: "The stack was rolled back or deleted before it reported its role. The first failed event in \
                 the stack's events shows why.",
            ja: "スタックが、ロールを報告する前にロールバックまたは削除されました。理由は、スタックのイベントのうち、\
                 最初に失敗したイベントに示されています。",
        }
        GroupDeleted => {
            en: "The group of this registration no longer exists.",
            ja: "この登録のグループはすでに削除されています。",
        }

        // What was connected before.
        AccountConnected => {
            en: "This AWS account is already connected.",
            ja: "このAWSアカウントはすでに接続されています。",
        }
        RoleRegistered => {
            en: "This role is already registered. A role can be registered only once.",
            ja: "このロールはすでに登録されています。同じロールを再度登録することはできません。",
        }
        StackRegistered => {
            en: "This stack is already registered. A stack can be registered only once.",
            ja: "このスタックはすでに登録されています。同じスタックを再度登録することはできません。",
        }
        StackDeleted => {
            en: "This stack was deleted before it could be registered.",
            ja: "このスタックは、登録される前に削除されました。",
        }

        // What was pasted.
        StackInfoUnreadable => {
            en: "This is not a RolecallStackInfo, or only part of one.",
            ja: "RolecallStackInfo の値ではないか、値の一部しか貼り付けられていません。",
        }
        StackInfoFormat => {
            en: "This RolecallStackInfo has a format that this hub does not support.",
            ja: "この RolecallStackInfo の形式には、このハブが対応していません。",
        }
        StackInfoRegistrationId => {
            en: "The registration id in this RolecallStackInfo is not valid.",
            ja: "この RolecallStackInfo に含まれる登録IDが正しくありません。",
        }
        StackInfoStackId => {
            en: "The stack id in this RolecallStackInfo is not valid.",
            ja: "この RolecallStackInfo に含まれるスタックIDが正しくありません。",
        }
        StackInfoRoleArn => {
            en: "The role ARN in this RolecallStackInfo is not valid.",
            ja: "この RolecallStackInfo に含まれるロールのARNが正しくありません。",
        }
        StackInfoOtherRegistration => {
            en: "This RolecallStackInfo belongs to a stack of another registration.",
            ja: "この RolecallStackInfo は、別の登録のスタックのものです。",
        }

        // What a stack sent.
        InvalidToken => {
            en: "The registration token is missing or not valid.",
            ja: "登録トークンがないか、無効です。",
        }
        MissingProperty { property: String } => {
            en: "The property {property} is missing.",
            ja: "プロパティ {property} がありません。",
        }
        InvalidProperty { property: String, rule: Rule } => {
            en: "The property {property} is not valid: {rule}",
            ja: "プロパティ {property} が正しくありません。{rule}",
        }
        UnexpectedProperty { property: String } => {
            en: "The property {property} does not have the value that the template sends.",
            ja: "プロパティ {property} が、テンプレートで送信される値と異なります。",
        }
        OtherExternalId => {
            en: "external_id_mismatch: The stack's external ID is not the one of its registration.",
            ja: "external_id_mismatch: スタックの外部IDが、登録の外部IDと異なります。",
        }

        // The hub.
        HubFailed => {
            en: "The hub could not complete the request.",
            ja: "ハブでリクエストを処理できませんでした。",
        }
        HubTimedOut => {
            en: "The hub timed out processing the request.",
            ja: "ハブでの処理がタイムアウトしました。",
        }
        NotVerified => {
            en: "The verification did not pass.",
            ja: "検証に失敗しました。",
        }
    }
}
