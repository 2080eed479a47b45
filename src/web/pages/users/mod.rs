//! Customers and everybody else with an account, for those who manage them.

mod action;
mod bulk;
mod bulk_view;
mod coverage;
mod coverage_view;
mod create;
mod edit;
mod facts;
mod form;
mod form_view;
mod from_directory;
mod import;
mod list;
mod list_view;
mod loaded;
mod moved;
mod owners;
mod query;
mod slip;
mod tokens;
mod view;

pub use action::{act, ask};
pub use bulk::{act_bulk, ask_bulk};
pub use coverage::{coverage_csv, show_coverage};
pub use create::{create, new};
pub use edit::{save, show};
pub(super) use form::{UserForm, looks_for_owners, without_rows};
pub(super) use form_view::{FormView, accept_no_rows, roles, scope};
pub use import::{check_import, run_import, show_import};
pub use list::list;
pub use moved::moved;
pub use owners::owners;
pub(super) use owners::{find, saw_owners};
pub(super) use query::address_of_owner;
pub use tokens::revoke_token;
pub(super) use view::shown_name;
