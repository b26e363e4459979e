//! Errors in a brand file.

use super::{Hundredths, Quoted, messages};

messages! {
    /// The rule that a part of a brand file broke.
    pub enum BrandRule {
        // The product's name.
        NotAProduct => {
            en: "Must be a text, or an object with the keys en, ja and ascii. Put a number in quotes.",
            ja: "文字列、またはキー en、ja、ascii を持つオブジェクトで指定してください。数値は引用符で囲んでください。",
        }
        NeedsAscii => {
            en: "The name is not ASCII, and CloudFormation shows other characters as question marks. Write \
                 product as {{en: ..., ja: ..., ascii: ...}}, with an ASCII form of the name in ascii.",
            ja: "名前にASCII以外の文字が含まれており、CloudFormationではその文字が疑問符で表示されます。product を \
                 {{en: ..., ja: ..., ascii: ...}} の形式で記述し、名前のASCII表記を ascii に指定してください。",
        }
        NotAnAsciiName { marks: &'static str } => {
            en: "The name is shown in templates and stacks. It must start with a letter or a digit and have only \
                 ASCII letters, digits, spaces and {marks}.",
            ja: "テンプレートとスタックに表示される名前です。英数字で始まり、ASCIIの英数字、空白、および {marks} \
                 のみを含む名前を指定してください。",
        }

        // Links.
        NotAContact => {
            en: "Must be an email address, or a link that starts with mailto: or https://, with no user name, \
                 spaces, backslashes or braces.",
            ja: "メールアドレス、または mailto: か https:// で始まるリンクを指定してください。リンクにユーザー名、空白、\
                 バックスラッシュ、波括弧は使用できません。",
        }
        NotAnHttpsLink => {
            en: "Must be a link that starts with https:// and has no user name, spaces, backslashes or braces.",
            ja: "https:// で始まり、ユーザー名、空白、バックスラッシュ、波括弧を含まないリンクを指定してください。",
        }
        NotAnOrigin => {
            en: "Must be an origin such as https://app.example.com, without a user name or wildcards.",
            ja: "https://app.example.com のようなオリジンを、ユーザー名やワイルドカードを含めずに指定してください。",
        }
        OriginOnly { origin: String } => {
            en: "Specify the origin {origin} only, without anything after it.",
            ja: "{origin} のように、オリジンのみを指定してください。",
        }
        NotAReturnUrl => {
            en: "Must be a URL that starts with https:// and has no user name, spaces or backslashes.",
            ja: "https:// で始まり、ユーザー名、空白、バックスラッシュを含まないURLを指定してください。",
        }
        ReturnNotAllowed { origin: String } => {
            en: "The operator of this hub does not allow the origin {origin} as the place to which customers \
                 return. Ask the operator to add it to return_origins of the brand.",
            ja: "オリジン {origin} は、お客様の戻り先として許可されていません。ブランドの return_origins への追加をハブの\
                 運用者に依頼してください。",
        }
        OriginNotHttps => {
            en: "Must start with https://. Only localhost and loopback addresses with a port, such as \
                 http://localhost:3000, can use http.",
            ja: "https:// で始まるオリジンを指定してください。httpを使用できるのは、http://localhost:3000 のように\
                 ポートを含むlocalhostとループバックアドレスのみです。",
        }

        // The accent color.
        ColorIsComment => {
            en: "Put the color in quotes, such as \"#1a2b3c\". Without them, YAML reads # as the start of a comment.",
            ja: "色を \"#1a2b3c\" のように引用符で囲んでください。引用符がない場合、YAMLでは # 以降がコメントとして扱われます。",
        }
        TooLittleContrast {
            color: String,
            ratio: Hundredths,
            background: &'static str,
            instead: String,
        } => {
            en: "{color} has a contrast of {ratio}:1 against the background {background}, and buttons need \
                 3:1 (WCAG 2.2, 1.4.11). Use a color such as {instead}.",
            ja: "{color} と背景色 {background} のコントラスト比は {ratio}:1 です。ボタンには 3:1 以上が必要です\
                 （WCAG 2.2、1.4.11）。{instead} のような色を使用してください。",
        }

        // The logo.
        LogoUnreadable { path: Quoted, reason: String } => {
            en: "Could not read the file {path}: {reason}.",
            ja: "ファイル{path}を読み取れません: {reason}。",
        }
        LogoTooLarge { kilobytes: usize } => {
            en: "The logo must have at most {kilobytes} KB.",
            ja: "ロゴのファイルサイズは{kilobytes} KB以下にしてください。",
        }
        NotARaster => {
            en: "The logo must be a PNG or JPEG file, by content. SVG is not accepted, because it can contain \
                 scripts.",
            ja: "ロゴには、内容がPNGまたはJPEGのファイルを指定してください。SVGはスクリプトを含むことができるため、\
                 使用できません。",
        }
        LogoDamaged => {
            en: "The logo's file is damaged or incomplete. Export it again.",
            ja: "ロゴのファイルが破損しているか、不完全です。もう一度エクスポートしてください。",
        }
        LogoTrailing { bytes: usize } => {
            en: "The logo's file has {bytes} bytes after the end of the image. Export it again, without previews \
                 or attachments.",
            ja: "ロゴのファイルの画像データの後に{bytes}バイトの余分なデータがあります。プレビューや添付データを\
                 含めずに、もう一度エクスポートしてください。",
        }
        LogoMarkup { tag: &'static str } => {
            en: "The logo's file contains {tag}, which browsers could run. Export it again, without metadata.",
            ja: "ロゴのファイルに、ブラウザで実行される可能性のある {tag} が含まれています。メタデータを含めずに、\
                 もう一度エクスポートしてください。",
        }
        LogoDimensions { width: u32, height: u32, least: u32, most: u32 } => {
            en: "The logo is {width} x {height} pixels. Each side must have {least} to {most}.",
            ja: "ロゴのサイズが{width} x {height}ピクセルです。縦横ともに{least}～{most}ピクセルにしてください。",
        }
    }
}
