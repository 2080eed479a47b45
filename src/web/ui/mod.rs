//! What pages are made of: the shell around them, tokens, texts, icons, forms and how values are written. Knows the
//! domain's words, no services' work. Imports [`super::assets`].

pub mod device;
pub mod form;
pub mod format;
pub mod icon;
pub mod keys;
pub mod owner;
pub mod pager;
pub mod person;
pub mod qr;
pub mod reader;
pub mod shell;
pub mod site_style;
pub mod spark;
pub mod tokens;
pub mod upload_form;

pub use crate::base::text::{t, t_with};
pub use device::device;
pub use icon::icon;
pub use qr::qr;
pub use shell::{Look, NavItem, SearchBar, Shell};
