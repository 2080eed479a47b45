//! Icons: symbols of one file.

use maud::{Markup, html};

use crate::web::assets;

/// The icon of this name, for the eye alone: what it means stands beside it as text, or in the control's label.
pub fn icon(name: &str) -> Markup {
    html! {
        svg.icon aria-hidden="true" focusable="false" width="16" height="16" {
            use href=(format!("{}#{name}", assets::href("img/icons.svg"))) {}
        }
    }
}
