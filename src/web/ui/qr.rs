//! A QR code as a drawing: elements and presentation attributes alone, which the content policy lets pass.

use std::fmt::Write;

use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};

/// Modules of white around it that readers need (ISO/IEC 18004 §6.3.8).
const QUIET: usize = 4;

/// The code of `text` with `label` for those who do not see it; nothing where it is too long for one. Dark on light in
/// every theme: many readers take no other.
pub fn qr_code(text: &str, label: &str) -> Markup {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else { return html! {} };
    let side = code.width() + 2 * QUIET;
    html! {
        svg.qr-code viewBox=(format!("0 0 {side} {side}")) width="232" height="232" role="img" aria-label=(label)
            shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path fill="#000" d=(path(&code)) {}
        }
    }
}

/// Each stretch of dark modules of a row as one rectangle.
fn path(code: &QrCode) -> String {
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        while x < width {
            let run = row[x..].iter().take_while(|module| **module == Color::Dark).count();
            if run > 0 {
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run.max(1);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::qr_code;

    #[test]
    fn it_is_a_drawing_without_styles_or_scripts() {
        let drawn = qr_code("otpauth://totp/A:b?secret=GEZDGNBVGY3TQOJQ", "the code").into_string();
        assert!(
            drawn.starts_with("<svg class=\"qr-code\" viewBox=\"0 0 ")
                && drawn.contains("<path fill=\"#000\" d=\"M4 4h7v1h-7z")
        );
        assert!(!drawn.contains("style") && !drawn.contains("GEZD"));
        assert_eq!(qr_code(&"x".repeat(10_000), "too long").into_string(), "");
    }
}
