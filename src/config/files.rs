//! Section `files`: the folders of users.

use std::collections::BTreeSet;

use super::parse;
use super::reader::Reader;
use super::setting::{Control, Setting};
use crate::domain::permission::Role;
use crate::domain::user::User;
use crate::domain::user_file::FileClass;

/// What users may keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesConfig {
    /// Bytes of each user, deleted files included as long as they can be brought back.
    pub quota_bytes: u64,
    /// What may be kept.
    pub types: BTreeSet<FileClass>,
    /// Who has a folder.
    pub roles: BTreeSet<Role>,
}

/// What can be set.
pub const SETTINGS: &[Setting] = &[
    Setting::new("files.quota", "Size of all files that one user keeps (default: 1GiB)")
        .on_page(Control::Text),
    Setting::new("files.types", "What users may keep: tables, pdf, images (default: all)")
        .on_page(Control::Choices(&["tables", "pdf", "images"])),
    Setting::new("files.roles", "Roles whose users have a folder of files (default: all)")
        .on_page(Control::Choices(&["customer", "planner", "operator", "auditor", "admin"])),
];

fn class(text: &str) -> Result<FileClass, String> {
    let found = FileClass::ALL.into_iter().find(|class| class.as_str() == text);
    found.ok_or_else(|| format!("`{text}` is not tables, pdf or images"))
}

impl FilesConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let role = parse::from_str("a role; expected customer, planner, operator, auditor or admin");
        let types = reader.get("files.types", Vec::new(), parse::list(class));
        let roles = reader.get("files.roles", Vec::new(), parse::list(role));
        Self {
            quota_bytes: reader.get("files.quota", 1 << 30, parse::bytes(0, 1 << 50)),
            types: if types.is_empty() { FileClass::ALL.into() } else { types.into_iter().collect() },
            roles: if roles.is_empty() { Role::ALL.into() } else { roles.into_iter().collect() },
        }
    }

    /// True where this user has a folder.
    pub fn has_folder(&self, user: &User) -> bool {
        user.roles.iter().any(|role| self.roles.contains(role))
    }
}
