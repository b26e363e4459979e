// The guides of the console as their tests read them.
//
// In the numbered steps of a section, bold text is a label of a page (or of the AWS console), code is what is typed
// into the field named before it, and a picture shows the page at that moment.

import { readdirSync, readFileSync } from "node:fs";

export const FOLDER = new URL("../../docs/guides/console/", import.meta.url);
export const IMAGES = new URL("../../docs/images/", import.meta.url);
export const LANGUAGES = ["en", "ja"];

/** What the AWS console calls its buttons and tabs in each language. The emulator has no console. */
export const AWS_WORDS = new Map([
  // CloudFormation
  ["Create stack", "スタックの作成"],
  ["Delete", "削除"],
  ["Outputs", "出力"],
  ["Next", "次へ"],
  ["Submit", "送信"],
  // IAM
  ["Policies", "ポリシー"],
  ["Create policy", "ポリシーの作成"],
  ["JSON", "JSON"],
  ["User groups", "ユーザーグループ"],
  ["Switch Role", "ロールの切り替え"],
  // EC2 and Systems Manager
  ["Instances", "インスタンス"],
  ["Actions", "アクション"],
  ["Security", "セキュリティ"],
  ["Modify IAM role", "IAM ロールを変更"],
  ["Update IAM role", "IAM ロールの更新"],
  ["Fleet Manager", "フリートマネージャー"],
]);

const ITEM = /^\d+\. /;
const TOKEN = /\*\*(.+?)\*\*|`([^`]+)`|!\[([^\]]*)\]\(([^)]+)\)/g;

/** The names of the guides, which exist in every language. */
export function names() {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".md") && !file.endsWith(".ja.md"))
    .map((file) => file.slice(0, -".md".length))
    .sort();
}

export function address(name, language) {
  return new URL(language === "en" ? `${name}.md` : `${name}.${language}.md`, FOLDER);
}

export function read(name, language) {
  return parse(readFileSync(address(name, language), "utf8"));
}

export function parse(written) {
  // A paragraph or a step is one line.
  const text = written.replaceAll(/(?<=\S)\n {0,3}(?=[^\s#!|\d-])/g, " ");
  const sections = [];
  let tokens = [];
  let inItem = false;
  for (const line of text.split("\n")) {
    if (line.startsWith("## ")) {
      tokens = [];
      sections.push({ title: line.slice(3), tokens });
    }
    if (ITEM.test(line)) inItem = true;
    else if (line && !line.startsWith(" ")) inItem = false;
    for (const [, label, code, alt, image] of line.matchAll(TOKEN)) {
      if (image) tokens.push({ kind: "image", text: image, alt });
      else if (inItem) tokens.push(label ? { kind: "label", text: label } : { kind: "code", text: code });
    }
  }
  const all = [...text.matchAll(TOKEN)];
  return {
    text,
    sections,
    labels: all.map(([, label]) => label).filter(Boolean),
    images: all.map(([, , , alt, path]) => path && { alt, path }).filter(Boolean),
    links: [...text.matchAll(/(?<!!)\[[^\]]*\]\(([^)]+)\)/g)].map(([, link]) => link),
  };
}

/** The name of the picture that a guide shows. */
export const nameOf = (path) => path.split("/").pop();
