//! QR codes, drawn here: nothing leaves the site, and nothing needs a script.

use std::fmt::Write;

use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};

/// Light modules around the code, as the standard wants them (ISO/IEC 18004 §5.3.8).
const QUIET: usize = 4;

/// The QR code of a text, dark on light in every theme, because readers want it so. Nothing for a text that is too
/// long for one.
pub fn qr(text: &str, label: &str) -> Markup {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else { return html! {} };
    let (width, modules) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (at, _) in modules.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        // Writing into a text cannot fail.
        let _ = write!(path, "M{} {}h1v1h-1z", at % width + QUIET, at / width + QUIET);
    }
    let size = width + 2 * QUIET;
    html! {
        svg.qr role="img" aria-label=(label) viewBox=(format!("0 0 {size} {size}")) shape-rendering="crispEdges" {
            rect width=(size) height=(size) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::qr;

    #[test]
    fn a_code_is_drawn_and_a_text_too_long_is_not() {
        let drawn = qr("https://stock.example/welcome?token=x", "label").into_string();
        assert!(drawn.contains("<path d=\"M4 4h1v1h-1z") && !drawn.contains("style"), "{drawn}");
        assert_eq!(qr(&"x".repeat(5_000), "label").into_string(), "");
    }
}
