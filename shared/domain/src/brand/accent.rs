//! The accent color, and its contrast with the backgrounds of the pages.
//! <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>

use crate::messages::{BrandRule, Hundredths, Rule};
use crate::text::{Color, FieldError, checked_string};

/// The background of buttons and links in the pages' light theme.
pub const LIGHT_BACKGROUND: &str = "#ffffff";
/// The same in their dark theme.
pub const DARK_BACKGROUND: &str = "#171b22";

/// For parts of the user interface (1.4.11).
const LEAST_FOR_PARTS: f64 = 3.0;
/// For text (1.4.3).
const LEAST_FOR_TEXT: f64 = 4.5;
const STEPS: u32 = 100;

checked_string!(
    /// The color of buttons, as `#rrggbb` in lowercase. It has a contrast of 3:1 against the background of both
    /// themes. Text on it and links need 4.5:1, so they have separate colors.
    Accent,
    |text| {
        Color::parse(text)?;
        let color = Rgb::of(text);
        for background in [LIGHT_BACKGROUND, DARK_BACKGROUND] {
            let ratio = color.contrast(Rgb::of(background));
            if ratio < LEAST_FOR_PARTS {
                let rule = BrandRule::TooLittleContrast {
                    color: text.to_owned(),
                    ratio: hundredths(ratio),
                    background,
                    instead: color.legible_on(background, LEAST_FOR_PARTS).to_string(),
                };
                return Err(FieldError::new("too_little_contrast", Rule::Brand { rule }));
            }
        }
        Ok(())
    },
    |text| text.to_ascii_lowercase()
);

impl Default for Accent {
    fn default() -> Self {
        Self("#2f5bea".to_owned())
    }
}

impl Accent {
    /// The color of text on the accent: black or white, whichever has more contrast. One of them always has
    /// more than 4.5:1.
    pub fn text(&self) -> &'static str {
        let color = Rgb::of(&self.0);
        let contrast = |other: &str| color.contrast(Rgb::of(other));
        match contrast("#ffffff") >= contrast("#000000") {
            true => "#ffffff",
            false => "#000000",
        }
    }

    /// The accent as a color of links on this background: mixed with black or white until it has 4.5:1.
    pub fn link_on(&self, background: &str) -> String {
        let color = Rgb::of(&self.0);
        color.legible_on(background, LEAST_FOR_TEXT).to_string()
    }
}

/// Rounded down, so that 2.999 is not shown as 3. A ratio is at most 21.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 100 to 2,100"
)]
fn hundredths(ratio: f64) -> Hundredths {
    Hundredths((ratio * 100.0).floor() as u32)
}

/// A color as numbers.
#[derive(Clone, Copy)]
struct Rgb([u8; 3]);

impl Rgb {
    /// Of a color as `#rrggbb`, which the caller has checked.
    fn of(text: &str) -> Self {
        let channel = |at: usize| {
            let digits = text.get(at..at + 2);
            digits.and_then(|digits| u8::from_str_radix(digits, 16).ok())
        };
        Self([1, 3, 5].map(|at| channel(at).unwrap_or_default()))
    }

    /// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let channel = f64::from(channel) / 255.0;
            match channel <= 0.04045 {
                true => channel / 12.92,
                false => ((channel + 0.055) / 1.055).powf(2.4),
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// The color nearest to this one that has the contrast against the background, on the way to black on a
    /// light background and to white on a dark one.
    fn legible_on(self, background: &str, least: f64) -> Self {
        let background = Rgb::of(background);
        let end = match background.luminance() > 0.5 {
            true => 0,
            false => 255,
        };
        let mut shades = (0..STEPS).map(|step| self.mixed(end, step));
        let legible = shades.find(|shade| shade.contrast(background) >= least);
        legible.unwrap_or(Self([end; 3]))
    }

    /// Mixed with so many hundredths of black (0) or white (255).
    fn mixed(self, end: u8, step: u32) -> Self {
        let mix = |channel: u8| {
            let sum = u32::from(channel) * (STEPS - step) + u32::from(end) * step;
            u8::try_from(sum / STEPS).unwrap_or(end)
        };
        Self(self.0.map(mix))
    }
}

impl std::fmt::Display for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}
