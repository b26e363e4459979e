//! Every page in every state, from values as the API returns them.

pub mod api;
mod console;
mod public;

use console_crate::model::Brand;
use console_crate::view::{Assets, Look, Person, Role};
use maud::Markup;
use rolecall_domain::messages::Language;
use serde::de::DeserializeOwned;
use serde_json::Value;

use ::console as console_crate;

/// The time of all pages.
const NOW: &str = "2026-11-29T14:00:00Z";

/// Changes every value of the API before it is shown.
pub type Edit = fn(&mut Value);

pub fn unchanged(_: &mut Value) {}

/// The data of a sample page.
#[derive(Clone, Copy)]
pub struct Setting {
    pub language: Language,
    pub role: Role,
    pub edit: Edit,
}

impl Setting {
    pub fn of(language: Language) -> Self {
        Self {
            language,
            role: Role::Owner,
            edit: unchanged,
        }
    }

    fn read<T: DeserializeOwned>(&self, mut value: Value) -> T {
        (self.edit)(&mut value);
        serde_json::from_value(value).expect("a value of the API")
    }

    /// Text in the language of the page.
    fn either(&self, english: &str, japanese: &str) -> String {
        match self.language {
            Language::English => english.to_owned(),
            Language::Japanese => japanese.to_owned(),
        }
    }

    fn person(&self) -> Person {
        Person {
            name: "admin@acme.example".to_owned(),
            tenant: "acme".to_owned(),
            role: self.role,
        }
    }

    fn look<'a>(&self, brand: &'a Brand, path: &'a str, person: Option<&'a Person>) -> Look<'a> {
        Look {
            language: self.language,
            brand,
            assets: Assets {
                style: "/assets/console.css",
                script: "/assets/console.js",
                accent: "/assets/accent.css",
                icon: "/assets/icon.svg",
            },
            origin: "https://hub.example",
            path,
            query: "",
            person,
            form_token: "form-token",
            now: NOW.parse().expect("a time"),
        }
    }
}

/// A page by its name.
pub type Named = (String, Markup);

pub fn all(setting: &Setting) -> Vec<Named> {
    let mut pages = public::all(setting);
    pages.extend(console::all(setting));
    pages
}
