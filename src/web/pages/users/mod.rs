//! Customers and everybody else with an account, for those who manage them.

mod action;
mod create;
mod edit;
mod form;
mod form_view;
mod from_directory;
mod import;
mod list;
mod list_view;
mod moved;
mod owners;
mod slip;
mod view;

pub use action::{act, ask};
pub use create::{create, new};
pub use edit::{save, show};
pub use import::{check_import, run_import, show_import};
pub use list::list;
pub use moved::moved;
pub use owners::owners;
pub(super) use view::shown_name;
