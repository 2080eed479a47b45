//! Every generation that readers of a dataset ever saw, and the way back to any of them.

use std::collections::HashMap;

use jiff::Timestamp;

use super::authorize::{Grant, ImportData};
use super::error::ServiceError;
use super::{Services, audit, datasets};
use crate::domain::column::ColumnRole;
use crate::domain::dataset::{Dataset, Generation, Import, Publication};
use crate::domain::ids::{GenerationId, UserId};
use crate::domain::profile::Profile;
use crate::domain::scope::Scope;
use crate::store::{
    datasets as store_datasets, imports as store_imports, publications as store_publications,
    users as store_users,
};

/// One time that a generation became what readers see.
pub struct Entry {
    /// When, which, by whom.
    pub publication: Publication,
    /// The generation.
    pub generation: Generation,
    /// The import that it came from, where that is still known.
    pub import: Option<Import>,
    /// It is what readers see now.
    pub is_live: bool,
    /// It can still be shown.
    pub is_kept: bool,
    /// Its file is kept: it can be gone back to.
    pub has_file: bool,
}

/// The history of a dataset.
pub struct History {
    /// Whose.
    pub dataset: Dataset,
    /// The newest first, of the page that was asked for.
    pub entries: Vec<Entry>,
    /// How many there are.
    pub total: usize,
    /// What those who decided are called.
    pub names: HashMap<UserId, String>,
}

/// A page of a dataset's history, newest first.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn of(
    services: &Services,
    _grant: &Grant<ImportData>,
    dataset: &str,
    (skip, limit): (usize, usize),
) -> Result<History, ServiceError> {
    let dataset = datasets::get(services, dataset)?;
    services.store.read(|r| {
        let all = store_publications::list_publications(r, dataset.id, usize::MAX)?;
        let total = all.len();
        let (mut entries, mut names) = (Vec::new(), HashMap::new());
        for (place, publication) in all.into_iter().enumerate().skip(skip).take(limit) {
            let Some(generation) = store_datasets::find_generation(r, dataset.id, publication.generation)?
            else {
                continue;
            };
            let import = store_imports::find_import(r, generation.import_id)?;
            if let Some(id) = publication.by
                && let Some(user) = store_users::find_user(r, id)?
            {
                names.insert(id, user.shown_name());
            }
            let is_kept = datasets::is_kept(services, &generation);
            let has_file = datasets::has_file(services, &generation);
            entries.push(Entry { publication, generation, import, is_live: place == 0, is_kept, has_file });
        }
        Ok(History { dataset, entries, total, names })
    })
}

/// Makes an earlier generation what readers see, at once; undone by going back to the one before. What is hidden from
/// customers now stays hidden in it, and the owner column stays what it is where the generation has it.
///
/// `live` is the generation that was live on the page of whoever decides.
///
/// # Errors
/// [`ServiceError::Conflict`] where another is live meanwhile, it is live already, or its file is no longer kept, from
/// which live data are built again; [`ServiceError::NotFound`] where there is none; [`ServiceError::Busy`] while it is built
/// anew.
pub fn roll_back(
    services: &Services,
    grant: &Grant<ImportData>,
    dataset: &str,
    to: GenerationId,
    live: GenerationId,
) -> Result<Dataset, ServiceError> {
    let dataset = datasets::get(services, dataset)?;
    // The sweep deletes no file between here and the end: from then on it is that of the live data.
    let _files = services.builds.lock_files();
    let known = services.store.read(|r| store_datasets::find_generation(r, dataset.id, to))?;
    if known.is_some_and(|known| !datasets::has_file(services, &known)) {
        return Err(ServiceError::Conflict(format!(
            "generation {to} cannot be gone back to: its file is no longer kept, and live data must have one that \
             they can be built again from"
        )));
    }
    // It has to open before anybody is led to it.
    let view = datasets::view_of(services, &dataset, to, &Scope::everything())?;
    let columns: Vec<String> = view.columns().into_iter().map(|column| column.name.clone()).collect();
    let now = services.now();
    let dataset = services.store.write(|w| {
        let missing = || ServiceError::NotFound(format!("dataset `{}`", dataset.slug));
        let mut dataset = store_datasets::find_dataset(w, dataset.id)?.ok_or_else(missing)?;
        let before = dataset.current_generation;
        if before != Some(live) {
            return Err(ServiceError::Conflict(
                "other data became live since this page was opened; look at the history again".to_owned(),
            ));
        }
        if before == Some(to) {
            return Err(ServiceError::Conflict(format!("generation {to} is live already")));
        }
        let generation = store_datasets::find_generation(w, dataset.id, to)?
            .ok_or_else(|| ServiceError::NotFound(format!("generation {to} of `{}`", dataset.name)))?;
        let (profile, owner) = as_it_is_now(&dataset, &generation, &columns)?;
        let owner_before = std::mem::replace(&mut dataset.owner_column, owner);
        dataset.profile_json = Some(profile);
        dataset.current_generation = Some(to);
        dataset.checked_at = Some(generation.published_at);
        store_datasets::put_dataset(w, &dataset)?;
        let publication = Publication {
            dataset_id: dataset.id,
            at: now,
            generation: to,
            before,
            is_roll_back: true,
            by: grant.by().user(),
        };
        store_publications::add_publication(w, &publication)?;
        let details = serde_json::json!({
            "before": before.map(|before| before.0), "after": to.0, "rows": generation.rows,
            "owner_before": owner_before, "owner": dataset.owner_column,
        });
        let target = format!("dataset:{}", dataset.slug);
        audit::append(w, now, grant.by(), "dataset.rollback", &target, &details)?;
        Ok::<_, ServiceError>(dataset)
    })?;
    Ok(dataset)
}

/// A generation's profile with everything hidden that is hidden now, and its owner column.
fn as_it_is_now(
    dataset: &Dataset,
    generation: &Generation,
    columns: &[String],
) -> Result<(String, Option<String>), ServiceError> {
    let broken = |error: serde_json::Error| ServiceError::Internal(format!("a stored profile: {error}"));
    let mut profile: Profile = serde_json::from_str(&generation.profile_json).map_err(broken)?;
    let own = profile.columns.iter().find(|column| column.role == Some(ColumnRole::Owner));
    let own = own.map(|column| column.name.clone());
    let hidden = datasets::hidden_now(dataset);
    let owner = dataset.owner_column.clone().filter(|owner| columns.contains(owner)).or(own);
    for column in &mut profile.columns {
        column.hidden |= hidden.contains(&column.name);
    }
    profile.hidden_elsewhere = hidden.into_iter().filter(|name| !profile.has_column(name)).collect();
    Ok((serde_json::to_string(&profile).map_err(broken)?, owner))
}

/// What readers of a dataset saw at an instant; `None` before its first publication.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn generation_at(
    services: &Services,
    dataset: &Dataset,
    at: Timestamp,
) -> Result<Option<Publication>, ServiceError> {
    Ok(services.store.read(|r| store_publications::publication_at(r, dataset.id, at))?)
}
