//! Pictures of people, and what they may do in words.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::icon::icon;
use crate::base::text::t;
use crate::domain::ids::AvatarId;
use crate::domain::permission::Role;

/// The roles in words.
pub fn roles_text(roles: &BTreeSet<Role>) -> String {
    roles.iter().map(|role| t(&format!("role-{role}"))).collect::<Vec<_>>().join(", ")
}

/// A person's picture, `side` pixels wide; a sign for a person where there is none. The name stands beside it.
pub fn portrait(avatar: Option<AvatarId>, side: u32) -> Markup {
    html! {
        @if let Some(id) = avatar {
            img.portrait src=(format!("/avatars/{id}")) alt="" width=(side) height=(side) decoding="async";
        } @else if side > 24 {
            span.portrait.none { (icon("user")) }
        } @else { (icon("user")) }
    }
}
