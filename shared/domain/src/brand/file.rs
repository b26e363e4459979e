//! The operator's brand file. It is validated completely, and every mistake is reported with its position.

use super::{Accent, AsciiName, Brand, Contact, HttpsLink, Logo, MAX_NAME, Origin, Product};
use crate::messages::{Alternatives, BrandRule, Language, Quoted, Rule};
use crate::text::{FieldError, check_line, legible, unknown};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const MAX_ORIGINS: usize = 20;
const KEYS: [&str; 7] = [
    "product",
    "contact",
    "security_page",
    "logo",
    "accent",
    "default_language",
    "return_origins",
];

/// The contents of a brand file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandFile {
    pub brand: Brand,
    /// The content of the logo's file.
    pub logo: Option<Vec<u8>>,
}

impl BrandFile {
    /// Reads the file. `read_logo` returns the content of the file at a path relative to the brand file, or the
    /// reason why it can't be read.
    ///
    /// # Errors
    /// Every mistake, with its position.
    pub fn read(
        file: &Value,
        read_logo: impl FnOnce(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Self, Vec<FieldError>> {
        let Some(object) = file.as_object() else {
            return Err(vec![FieldError::new("invalid_type", Rule::MustBeObject)]);
        };
        let mut reader = Reader {
            object,
            wrong: unknown(object, &KEYS),
        };
        let product = reader.product();
        let contact = reader.parsed("contact", Contact::parse, true);
        let security_page = reader.parsed("security_page", HttpsLink::parse, false);
        let logo = reader.logo(read_logo);
        let accent = reader.accent();
        let default_language = reader.default_language();
        let return_origins = reader.return_origins();
        match product {
            Some(product) if reader.wrong.is_empty() => {
                let (logo, content) = logo.unzip();
                let brand = Brand {
                    product,
                    contact,
                    security_page,
                    logo,
                    accent,
                    default_language,
                    return_origins,
                };
                Ok(Self {
                    brand,
                    logo: content,
                })
            }
            _ => Err(reader.wrong),
        }
    }
}

/// Reads the values, and collects their errors.
struct Reader<'a> {
    object: &'a Map<String, Value>,
    wrong: Vec<FieldError>,
}

impl<'a> Reader<'a> {
    /// The value of a key. Null counts as absent.
    fn value(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    fn report(&mut self, place: &str, code: &'static str, rule: Rule) {
        self.wrong.push(FieldError::of(place, code, rule));
    }

    fn product(&mut self) -> Option<Product> {
        match self.value("product") {
            None => {
                self.report("product", "required", Rule::Required);
                None
            }
            Some(Value::String(name)) => {
                let name = self.name("product", name)?;
                let ascii = self.ascii("product", &name)?;
                let (en, ja) = (name.clone(), name);
                Some(Product { en, ja, ascii })
            }
            Some(Value::Object(names)) => self.product_names(names),
            Some(_) => {
                let rule = BrandRule::NotAProduct;
                self.report("product", "invalid_type", Rule::Brand { rule });
                None
            }
        }
    }

    fn product_names(&mut self, names: &Map<String, Value>) -> Option<Product> {
        let others = unknown(names, &["en", "ja", "ascii"]).into_iter();
        self.wrong
            .extend(others.map(|error| error.within("product")));
        let mut text = |key: &str, required: bool| {
            let place = format!("product.{key}");
            match names.get(key) {
                None | Some(Value::Null) if !required => None,
                None | Some(Value::Null) => {
                    self.report(&place, "required", Rule::Required);
                    None
                }
                Some(Value::String(name)) => self.name(&place, name),
                Some(_) => {
                    self.report(&place, "invalid_type", Rule::MustBeString);
                    None
                }
            }
        };
        let (en, ja, ascii) = (text("en", true), text("ja", true), text("ascii", false));
        let ascii = match (&en, ascii) {
            (_, Some(ascii)) => match AsciiName::parse(ascii) {
                Ok(ascii) => Some(ascii),
                Err(error) => {
                    self.wrong.push(error.within("product.ascii"));
                    None
                }
            },
            // An invalid `ascii` was already reported.
            (Some(_), None) if names.get("ascii").is_some_and(|ascii| !ascii.is_null()) => None,
            (Some(en), None) if en.is_ascii() => self.ascii("product.en", en),
            (Some(en), None) => self.ascii("product.ascii", en),
            (None, None) => None,
        };
        Some(Product {
            en: en?,
            ja: ja?,
            ascii: ascii?,
        })
    }

    /// A name that people read.
    fn name(&mut self, place: &str, name: &str) -> Option<String> {
        let name = legible::composed(name.trim());
        match check_line(&name, MAX_NAME) {
            Ok(()) => Some(name),
            Err(error) => {
                self.wrong.push(error.within(place));
                None
            }
        }
    }

    /// The name for templates, if the file specifies no other.
    fn ascii(&mut self, place: &str, name: &str) -> Option<AsciiName> {
        if !name.is_ascii() {
            let rule = BrandRule::NeedsAscii;
            self.report(place, "required", Rule::Brand { rule });
            return None;
        }
        match AsciiName::parse(name) {
            Ok(name) => Some(name),
            Err(error) => {
                self.wrong.push(error.within(place));
                None
            }
        }
    }

    /// A text that is parsed into a type.
    fn parsed<T>(
        &mut self,
        key: &str,
        parse: impl FnOnce(String) -> Result<T, FieldError>,
        required: bool,
    ) -> Option<T> {
        match self.value(key) {
            None => {
                if required {
                    self.report(key, "required", Rule::Required);
                }
                None
            }
            Some(Value::String(text)) => match parse(text.clone()) {
                Ok(value) => Some(value),
                Err(error) => {
                    self.wrong.push(error.within(key));
                    None
                }
            },
            Some(_) => {
                self.report(key, "invalid_type", Rule::MustBeString);
                None
            }
        }
    }

    fn logo(
        &mut self,
        read: impl FnOnce(&str) -> Result<Vec<u8>, String>,
    ) -> Option<(Logo, Vec<u8>)> {
        let content = |path: String| {
            read(&path).map_err(|reason| {
                let path = Quoted::new(&path);
                let rule = BrandRule::LogoUnreadable { path, reason };
                FieldError::new("invalid", Rule::Brand { rule })
            })
        };
        let checked = |path| {
            let content = content(path)?;
            Logo::of_file(&content).map(|logo| (logo, content))
        };
        self.parsed("logo", checked, false)
    }

    fn accent(&mut self) -> Accent {
        if self.object.get("accent").is_some_and(Value::is_null) {
            let rule = BrandRule::ColorIsComment;
            self.report("accent", "invalid", Rule::Brand { rule });
        }
        let accent = self.parsed("accent", Accent::parse, false);
        accent.unwrap_or_default()
    }

    fn default_language(&mut self) -> Language {
        let parse = |tag: String| {
            Language::parse(&tag).ok_or_else(|| {
                let values = Alternatives::of(Language::ALL.map(Language::tag));
                FieldError::new("invalid", Rule::MustBeOneOf { values })
            })
        };
        let language = self.parsed("default_language", parse, false);
        language.unwrap_or_default()
    }

    fn return_origins(&mut self) -> Vec<Origin> {
        let list = match self.value("return_origins") {
            None => return Vec::new(),
            Some(Value::Array(list)) => list,
            Some(_) => {
                let rule = Rule::MustBeArrayOfStrings;
                self.report("return_origins", "invalid_type", rule);
                return Vec::new();
            }
        };
        if list.len() > MAX_ORIGINS {
            let (least, most) = (0, MAX_ORIGINS);
            let rule = Rule::EntryCount { least, most };
            self.report("return_origins", "too_long", rule);
        }
        let mut origins = BTreeSet::new();
        for (index, value) in list.iter().enumerate() {
            match Origin::parse(value.as_str().unwrap_or_default()) {
                Ok(origin) => {
                    origins.insert(origin);
                }
                Err(error) => {
                    let place = format!("return_origins[{index}]");
                    self.wrong.push(error.within(&place));
                }
            }
        }
        origins.into_iter().collect()
    }
}
