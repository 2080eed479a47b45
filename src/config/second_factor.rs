//! Section `second_factor`: who must have one (ASVS 6.3.3).

use std::collections::BTreeSet;

use super::parse;
use super::reader::Reader;
use super::setting::{Control, Setting};
use crate::domain::permission::Role;

/// Who must have a second factor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecondFactorConfig {
    /// Users with one of these roles; they can do nothing else before they have one.
    pub required_roles: BTreeSet<Role>,
}

/// What can be set.
pub const SETTINGS: &[Setting] = &[Setting::new(
    "second_factor.required_roles",
    "Roles whose users must have a second factor, such as admin, operator (default: none)",
)
.on_page(Control::Choices(&["customer", "planner", "operator", "auditor", "admin"]))];

impl SecondFactorConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let role = parse::from_str("a role; expected customer, planner, operator, auditor or admin");
        let roles = reader.get("second_factor.required_roles", Vec::new(), parse::list(role));
        Self { required_roles: roles.into_iter().collect() }
    }
}
