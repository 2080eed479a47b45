//! What datasets and files may be called.

use super::datasets::slug_of;
use crate::domain::dataset::Dataset;
use crate::domain::fold::fold;
use crate::domain::user::turns_text;
use crate::domain::user_file::is_invisible;
use crate::services::error::ServiceError;
use crate::store::{Read, datasets as store_datasets};

/// Longest name of a file, in characters.
const MAX_FILE_NAME: usize = 255;

/// The address of a dataset of this name.
///
/// # Errors
/// [`ServiceError::Invalid`] where no dataset can be called so.
pub fn slug_for(name: &str) -> Result<String, ServiceError> {
    let slug = slug_of(name);
    let strange = |c: char| c.is_control() || matches!(c, '/' | '\\');
    if slug.is_empty() || slug.len() > 100 || name.contains(strange) {
        let message = "needs letters or digits, at most 100, and no slashes or control characters";
        return Err(ServiceError::invalid("dataset", message));
    }
    Ok(slug)
}

/// Whether a person who says `name` means this dataset: its address, or its name in any case.
pub(super) fn means(name: &str, dataset: &Dataset) -> bool {
    name == dataset.slug || plain(name) == plain(&dataset.name)
}

fn plain(text: &str) -> String {
    fold(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Refuses a name for a new dataset that a reader would take for one that is there.
///
/// # Errors
/// [`ServiceError::Invalid`] with field `new_dataset`.
pub(super) fn must_be_new(r: &impl Read, name: &str, slug: &str) -> Result<(), ServiceError> {
    let known = store_datasets::list_datasets(r)?;
    match known.iter().find(|dataset| dataset.slug == slug || means(name, dataset)) {
        None => Ok(()),
        Some(dataset) => {
            let name = &dataset.name;
            let message = format!("There is a dataset “{name}” already; choose it above, or another name.");
            Err(ServiceError::invalid("new_dataset", message))
        }
    }
}

/// The name of a file as it is kept: without what would break a line or turn the text around it.
pub(in crate::services) fn file_name(sent: &str) -> String {
    let is_shown = |c: &char| !c.is_control() && !turns_text(*c) && !is_invisible(*c);
    sent.chars().filter(is_shown).take(MAX_FILE_NAME).collect()
}
