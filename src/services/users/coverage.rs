//! Who sees the rows of whom, and what falls through: rows that no customer sees, users who see no row, and owner names
//! that differ only in how they are written, of which then one or the other shows nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::listing::sees_nothing;
use super::owners::{owner_rows, owners_of_view};
use crate::domain::fold::spelling_key;
use crate::domain::ids::UserId;
use crate::domain::permission::Role;
use crate::domain::scope::{OwnerScope, Scope};
use crate::domain::user::User;
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::error::ServiceError;
use crate::services::{Services, datasets};
use crate::store::users as store_users;

/// The whole report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Coverage {
    /// A customer who sees every owner sees all of it.
    pub somebody_sees_all: bool,
    /// There may be rows that the one who asks may not see, and then nothing is said of them.
    pub has_unseen: bool,
    /// Each dataset that has been published.
    pub datasets: Vec<DatasetCoverage>,
    /// Owners whose rows no active customer sees, most rows first. The empty name stands for rows without an owner.
    pub unseen: Vec<UnseenOwner>,
    /// Active users who see no row, by name.
    pub blind: Vec<BlindUser>,
    /// Names that read alike and are not the same.
    pub alike: Vec<Alike>,
}

/// One dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DatasetCoverage {
    /// Its name.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// The column that says whose a row is; without one only who sees everything sees its rows.
    pub owner_column: Option<String>,
    /// Its rows.
    pub rows: u64,
    /// Those that no active customer sees.
    pub unseen: u64,
}

/// An owner whose rows no active customer sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnseenOwner {
    /// The name as imported; empty for rows without one.
    pub owner: String,
    /// All their rows.
    pub rows: u64,
    /// Rows by dataset.
    #[schema(value_type = Vec<Vec<serde_json::Value>>)]
    pub datasets: Vec<(String, u64)>,
}

/// A user, as far as a report names them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct NamedUser {
    /// What they are called.
    pub name: String,
    /// Mail address.
    pub email: String,
    /// Id.
    pub id: UserId,
}

impl From<&User> for NamedUser {
    fn from(user: &User) -> Self {
        Self { name: user.shown_name(), email: user.email.to_string(), id: user.id }
    }
}

/// An active user who sees no row, although there are some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BlindUser {
    /// Who.
    pub user: NamedUser,
    /// Their owners, none of which has a row.
    pub owners: BTreeSet<String>,
}

/// Owner names that differ only in spaces, case or Unicode form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Alike {
    /// Each way it is written, most rows first.
    pub spellings: Vec<Spelling>,
}

/// One way a name is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Spelling {
    /// The name, byte for byte.
    pub owner: String,
    /// Rows that have it.
    pub rows: u64,
    /// Users who have it among their owners.
    pub users: Vec<NamedUser>,
}

/// Makes the report. Rows and names of the data are counted as far as `scope` shows them.
///
/// # Errors
/// Where the store cannot be read.
pub fn report(
    services: &Services,
    _grant: &Grant<ManageUsers>,
    scope: &Scope,
) -> Result<Coverage, ServiceError> {
    let users = services.store.read(store_users::list_users)?;
    let is_customer = |user: &&User| user.is_active() && user.roles.contains(&Role::Customer);
    let mut covered: BTreeSet<&str> = BTreeSet::new();
    let mut report = Coverage { has_unseen: scope.owners != OwnerScope::All, ..Coverage::default() };
    for customer in users.iter().filter(is_customer) {
        match &customer.owners {
            OwnerScope::All => report.somebody_sees_all = true,
            OwnerScope::Owners(owners) => covered.extend(owners.iter().map(String::as_str)),
        }
    }
    let mut rows: BTreeMap<String, u64> = BTreeMap::new();
    let mut unseen: BTreeMap<String, UnseenOwner> = BTreeMap::new();
    for dataset in datasets::list(services)? {
        let Ok(open) = datasets::open(services, &dataset.slug, scope) else { continue };
        let mut of_dataset = DatasetCoverage {
            name: dataset.name.clone(),
            slug: dataset.slug.clone(),
            owner_column: dataset.owner_column.clone(),
            rows: open.view.total(),
            unseen: 0,
        };
        let owners = match &dataset.owner_column {
            Some(column) => owners_of_view(services, &open.view, column),
            None => Vec::new(),
        };
        for (owner, count) in owners {
            if !report.somebody_sees_all && (owner.is_empty() || !covered.contains(owner.as_str())) {
                of_dataset.unseen += count;
                let entry = unseen.entry(owner.clone()).or_insert_with(|| UnseenOwner {
                    owner: owner.clone(),
                    rows: 0,
                    datasets: Vec::new(),
                });
                entry.rows += count;
                entry.datasets.push((dataset.name.clone(), count));
            }
            *rows.entry(owner).or_default() += count;
        }
        if dataset.owner_column.is_none() && !report.somebody_sees_all {
            of_dataset.unseen = of_dataset.rows;
        }
        report.datasets.push(of_dataset);
    }
    report.unseen = unseen.into_values().collect();
    report.unseen.sort_by(|a, b| (b.rows, &a.owner).cmp(&(a.rows, &b.owner)));
    report.blind = blind(services, &users)?;
    report.alike = alike(&rows, &users);
    Ok(report)
}

fn blind(services: &Services, users: &[User]) -> Result<Vec<BlindUser>, ServiceError> {
    // Whether somebody sees anything does not depend on what the one who asks sees.
    let all = owner_rows(services, &Scope::everything())?;
    let mut blind: Vec<BlindUser> = users
        .iter()
        .filter(|user| sees_nothing(user, &all))
        .map(|user| BlindUser {
            user: NamedUser::from(user),
            owners: match &user.owners {
                OwnerScope::All => BTreeSet::new(),
                OwnerScope::Owners(owners) => owners.clone(),
            },
        })
        .collect();
    blind.sort_by(|a, b| a.user.cmp(&b.user));
    Ok(blind)
}

/// Names of the data and of accounts that are written in more than one way.
fn alike(rows: &BTreeMap<String, u64>, users: &[User]) -> Vec<Alike> {
    let mut all: BTreeMap<&str, Spelling> = BTreeMap::new();
    for (owner, rows) in rows.iter().filter(|(owner, _)| !owner.is_empty()) {
        all.entry(owner).or_default().rows = *rows;
    }
    for user in users {
        let OwnerScope::Owners(owners) = &user.owners else { continue };
        for owner in owners {
            all.entry(owner).or_default().users.push(NamedUser::from(user));
        }
    }
    let mut groups: BTreeMap<String, Vec<Spelling>> = BTreeMap::new();
    for (owner, mut spelling) in all {
        owner.clone_into(&mut spelling.owner);
        spelling.users.sort();
        groups.entry(spelling_key(owner)).or_default().push(spelling);
    }
    let mut groups: Vec<Alike> = groups
        .into_values()
        .filter(|spellings| spellings.len() > 1)
        .map(|mut spellings| {
            spellings.sort_by(|a, b| (b.rows, &a.owner).cmp(&(a.rows, &b.owner)));
            Alike { spellings }
        })
        .collect();
    groups.sort_by_key(|group| {
        std::cmp::Reverse(group.spellings.iter().map(|spelling| spelling.rows).sum::<u64>())
    });
    groups
}

/// The report as a table that spreadsheets open: one line an owner, user or spelling.
///
/// # Errors
/// None that can happen: it is written into memory.
pub fn csv(report: &Coverage) -> Result<Vec<u8>, ServiceError> {
    let failed = |error: &dyn std::fmt::Display| ServiceError::Internal(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut put = |cells: [&str; 6]| {
        let cells = cells.map(crate::services::export::guard_cell);
        writer.write_record(cells.iter().map(|cell| cell.as_bytes())).map_err(|error| failed(&error))
    };
    put(["finding", "dataset", "owner", "rows", "user", "email"])?;
    for dataset in report.datasets.iter().filter(|dataset| dataset.owner_column.is_none()) {
        if dataset.unseen > 0 {
            put(["no owner column", &dataset.name, "", &dataset.unseen.to_string(), "", ""])?;
        }
    }
    for unseen in &report.unseen {
        let finding = if unseen.owner.is_empty() { "rows without an owner" } else { "seen by no customer" };
        for (dataset, rows) in &unseen.datasets {
            put([finding, dataset, &unseen.owner, &rows.to_string(), "", ""])?;
        }
    }
    for blind in &report.blind {
        if blind.owners.is_empty() {
            put(["user sees nothing", "", "", "0", &blind.user.name, &blind.user.email])?;
        }
        for owner in &blind.owners {
            put(["user sees nothing", "", owner, "0", &blind.user.name, &blind.user.email])?;
        }
    }
    for (at, group) in report.alike.iter().enumerate() {
        let finding = format!("written in several ways ({})", at + 1);
        for spelling in &group.spellings {
            let rows = spelling.rows.to_string();
            if spelling.users.is_empty() {
                put([&finding, "", &spelling.owner, &rows, "", ""])?;
            }
            for user in &spelling.users {
                put([&finding, "", &spelling.owner, &rows, &user.name, &user.email])?;
            }
        }
    }
    writer.into_inner().map_err(|error| failed(&error))
}
