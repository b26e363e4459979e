//! Pages: pure functions from view models to HTML.

use crate::assets::{SCRIPT, STYLE};
use maud::{DOCTYPE, Markup, html};
use rolecall_domain::messages::Language;

/// A page with a title and paragraphs.
pub fn plain(language: Language, title: &str, paragraphs: &[&str]) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="stylesheet" href=(STYLE.path);
                script type="module" src=(SCRIPT.path) {}
            }
            body {
                main {
                    h1 { (title) }
                    @for text in paragraphs { p { (text) } }
                }
            }
        }
    }
}
