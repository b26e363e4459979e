//! The frame of every page.

use crate::brand::JOINED_LINKS;
use crate::model::Brand;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use rolecall_domain::Timestamp;
use rolecall_domain::messages::{Chrome, Language, Message};
pub use rolecall_domain::user::Role;

/// The data that every page needs.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    pub language: Language,
    pub brand: &'a Brand,
    pub assets: Assets<'a>,
    /// The scheme and host of the console, without a trailing slash.
    pub origin: &'a str,
    /// The path of this page.
    pub path: &'a str,
    /// The query of this page without `lang`, already encoded.
    pub query: &'a str,
    /// The person who is signed in.
    pub person: Option<&'a Person>,
    /// Proves that a form was sent from a page of the console.
    pub form_token: &'a str,
    pub now: Timestamp,
}

/// The URLs of the files that every page needs.
#[derive(Debug, Clone, Copy)]
pub struct Assets<'a> {
    pub style: &'a str,
    pub script: &'a str,
    /// The style sheet with the brand's accent color.
    pub accent: &'a str,
    /// The icon of browser tabs in the brand's accent color.
    pub icon: &'a str,
}

#[derive(Debug, Clone)]
pub struct Person {
    pub name: String,
    pub tenant: String,
    pub role: Role,
}

/// The name of a role.
fn role_title(role: Role) -> Chrome {
    match role {
        Role::Viewer => Chrome::Viewer,
        Role::Member => Chrome::Member,
        Role::Owner => Chrome::Owner,
    }
}

/// An item of the main menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Menu {
    Groups,
    Accounts,
    OrphanedStacks,
}

impl Look<'_> {
    pub fn say(&self, message: &impl Message) -> String {
        message.text(self.language)
    }

    pub fn product(&self) -> String {
        self.brand.product_name.clone()
    }

    /// The address of this page in another language.
    fn in_language(&self, language: Language) -> String {
        let tag = language.tag();
        match self.query {
            "" => format!("{}?lang={tag}", self.path),
            query => format!("{}?{query}&lang={tag}", self.path),
        }
    }

    /// Whether the user has this role or a higher one.
    pub fn may(&self, least: Role) -> bool {
        self.person.is_some_and(|person| person.role >= least)
    }
}

/// The layout of a page.
#[derive(Debug, Clone, Copy, Default)]
pub struct Frame {
    /// The full width, for tables. Other pages have the width of text.
    pub wide: bool,
    pub menu: Option<Menu>,
    /// Reload without script, in seconds.
    pub reload: Option<u32>,
}

impl Frame {
    /// A page with text, under an item of the menu.
    pub fn of(menu: Menu) -> Self {
        Self {
            menu: Some(menu),
            ..Self::default()
        }
    }

    /// A page with tables, under an item of the menu.
    pub fn wide(menu: Menu) -> Self {
        Self {
            wide: true,
            ..Self::of(menu)
        }
    }
}

/// A whole page.
pub fn page(look: &Look<'_>, title: &str, frame: Frame, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(look.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="robots" content="noindex,nofollow";
                meta name="color-scheme" content="light dark";
                title { (title) " · " (look.brand.product_name) }
                link rel="icon" href=(icon(look));
                link rel="stylesheet" href=(look.assets.style);
                link rel="stylesheet" href=(look.assets.accent);
                script type="module" src=(look.assets.script) {}
                @if let Some(seconds) = frame.reload {
                    noscript { meta http-equiv="refresh" content=(seconds); }
                }
            }
            body {
                a.skip href="#content" { (look.say(&Chrome::SkipToContent)) }
                (header(look, frame.menu))
                main #content .wide[frame.wide] tabindex="-1" { (content) }
                (footer(look))
            }
        }
    }
}

fn header(look: &Look<'_>, menu: Option<Menu>) -> Markup {
    html! {
        header.bar {
            (brand(look))
            @if look.person.is_some() { (main_menu(look, menu)) }
            div.push {
                @if let Some(person) = look.person { (account_menu(look, person)) }
                (languages(look))
            }
        }
    }
}

/// The logo and the product's name. A logo may have no words, so the name is always there as text.
fn brand(look: &Look<'_>) -> Markup {
    let content = html! {
        @match logo(look) {
            Some(logo) => (logo.image()),
            None => (mark()),
        }
        span.name { (look.brand.product_name) }
    };
    html! {
        @match look.person {
            Some(_) => a.brand href="/" { (content) },
            None => span.brand { (content) },
        }
    }
}

/// The icon of browser tabs: the brand's logo if it is about as wide as high, or the mark in the brand's color.
fn icon<'a>(look: &Look<'a>) -> &'a str {
    let logo = logo(look).filter(Logo::is_square);
    logo.map_or(look.assets.icon, |logo| logo.path)
}

/// The most pixels of a logo on a page.
const LOGO_BOX: (u32, u32) = (160, 32);

/// A logo, with the size of its file.
struct Logo<'a> {
    path: &'a str,
    width: u32,
    height: u32,
}

/// The brand's logo. Pages load images of their own origin only.
fn logo<'a>(look: &Look<'a>) -> Option<Logo<'a>> {
    let brand = look.brand;
    let path = brand.logo_url.as_ref()?.strip_prefix(look.origin)?;
    let logo = Logo {
        path,
        width: brand.logo_width.filter(|width| *width > 0)?,
        height: brand.logo_height.filter(|height| *height > 0)?,
    };
    path.starts_with('/').then_some(logo)
}

impl Logo<'_> {
    fn is_square(&self) -> bool {
        let (short, long) = (self.width.min(self.height), self.width.max(self.height));
        u64::from(long) * 4 <= u64::from(short) * 5
    }

    /// As large as its box, but not larger than its file. The page knows the size before the file arrives, so
    /// that nothing moves.
    fn size(&self) -> (u32, u32) {
        let (most_width, most_height) = LOGO_BOX;
        let (width, height) = (u64::from(self.width), u64::from(self.height));
        // Whichever side reaches its end first.
        let is_flat = width * u64::from(most_height) > height * u64::from(most_width);
        let scaled = |side: u64, of: u64, to: u32| {
            let rounded = (side * u64::from(to) + of / 2) / of;
            u32::try_from(rounded.max(1)).unwrap_or(to)
        };
        if is_flat {
            let shown = self.width.min(most_width);
            (shown, scaled(height, width, shown))
        } else {
            let shown = self.height.min(most_height);
            (scaled(width, height, shown), shown)
        }
    }

    /// Without a text of its own, because the name follows.
    fn image(&self) -> Markup {
        let (width, height) = self.size();
        html! { img.logo src=(self.path) alt="" width=(width) height=(height); }
    }
}

/// Two joined links, where the operator has no logo.
fn mark() -> Markup {
    PreEscaped(format!(
        r#"<svg class="logo" viewBox="0 0 28 28" width="28" height="28" aria-hidden="true" focusable="false"><rect class="tile" width="28" height="28" rx="8"/><path d="{JOINED_LINKS}" fill="none" stroke-width="2.2" stroke-linecap="round"/></svg>"#
    ))
}

fn main_menu(look: &Look<'_>, menu: Option<Menu>) -> Markup {
    let items = [
        (Menu::Groups, "/", Chrome::Groups),
        (Menu::Accounts, "/accounts", Chrome::Accounts),
        (
            Menu::OrphanedStacks,
            "/orphaned-stacks",
            Chrome::OrphanedStacks,
        ),
    ];
    html! {
        nav.menu aria-label=(look.say(&Chrome::MainMenu)) {
            @for (item, path, title) in items {
                a href=(path) aria-current=[(menu == Some(item)).then_some("page")] { (look.say(&title)) }
            }
        }
    }
}

fn account_menu(look: &Look<'_>, person: &Person) -> Markup {
    html! {
        details.person {
            summary {
                span.name { (person.name) }
                span.muted.role { (look.say(&role_title(person.role))) }
            }
            div.panel {
                p.small.muted { (person.tenant) " · " (look.say(&role_title(person.role))) }
                a href="/sessions" { (look.say(&Chrome::Sessions)) }
                form method="post" action="/sign-out" {
                    input type="hidden" name="form_token" value=(look.form_token);
                    button.link { (look.say(&Chrome::SignOut)) }
                }
            }
        }
    }
}

fn languages(look: &Look<'_>) -> Markup {
    html! {
        nav.languages aria-label=(look.say(&Chrome::ChooseLanguage)) {
            @for language in Language::ALL {
                @let current = language == look.language;
                a href=(look.in_language(language)) lang=(language.tag()) hreflang=(language.tag())
                    aria-current=[current.then_some("true")] { (language.name()) }
            }
        }
    }
}

fn footer(look: &Look<'_>) -> Markup {
    let brand = look.brand;
    html! {
        footer {
            @if let Some(contact) = &brand.contact {
                span {
                    (look.say(&Chrome::Questions)) " "
                    a href=(contact) { (contact.strip_prefix("mailto:").unwrap_or(contact)) }
                }
            }
            @if let Some(url) = &brand.security_url {
                a href=(url) rel="noopener" { (look.say(&Chrome::Security)) }
            }
            span { (look.say(&Chrome::MadeWith)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Logo;

    fn logo(width: u32, height: u32) -> Logo<'static> {
        Logo {
            path: "/logo/0",
            width,
            height,
        }
    }

    #[test]
    fn logo_keeps_its_proportions_and_fits_the_header() {
        for (file, size) in [
            ((64, 64), (32, 32)),
            ((320, 64), (160, 32)),
            ((2048, 16), (160, 1)),
            ((16, 2048), (1, 32)),
            ((1000, 100), (160, 16)),
            ((48, 24), (48, 24)),
            ((16, 16), (16, 16)),
            ((99, 33), (96, 32)),
        ] {
            assert_eq!(logo(file.0, file.1).size(), size, "{file:?}");
        }
    }

    #[test]
    fn logo_of_a_square_is_an_icon() {
        for ((width, height), is_square) in [
            ((64, 64), true),
            ((80, 64), true),
            ((81, 64), false),
            ((64, 80), true),
            ((300, 60), false),
        ] {
            let logo = logo(width, height);
            assert_eq!(logo.is_square(), is_square, "{width} x {height}");
        }
    }
}
