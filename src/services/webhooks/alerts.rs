//! What stands wrong for a while is told once, when it begins. What was told is kept until it is over.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::tell;
use crate::domain::webhook::WebhookEvent;
use crate::services::backups::schedule;
use crate::services::datasets::LATE;
use crate::services::error::ServiceError;
use crate::services::{Services, files};
use crate::store::{
    StoreError, datasets as store_datasets, sources as store_sources, webhooks as store_webhooks,
};

/// Less free than this share of the disk is told.
const LITTLE_FREE: f64 = 0.1;

struct Alert {
    event: WebhookEvent,
    data: Value,
    page: String,
}

/// Tells what went wrong since the last look; how much that was. Does nothing where nobody is told anything.
///
/// # Errors
/// Where store or disk cannot be read.
pub fn watch(services: &Services) -> Result<usize, ServiceError> {
    let (listens, told) = services.store.read(|r| {
        let listens = store_webhooks::list_webhooks(r)?.iter().any(|webhook| webhook.is_on);
        Ok::<_, StoreError>((listens, store_webhooks::list_alerts(r)?))
    })?;
    if !listens && told.is_empty() {
        return Ok(0);
    }
    let standing = if listens { look(services)? } else { BTreeMap::new() };
    let fresh: Vec<_> = standing.iter().filter(|(name, _)| !told.contains(name)).collect();
    let over: Vec<_> = told.iter().filter(|name| !standing.contains_key(*name)).collect();
    if fresh.is_empty() && over.is_empty() {
        return Ok(0);
    }
    let now = services.now();
    services.store.write(|w| {
        for name in over {
            store_webhooks::delete_alert(w, name)?;
        }
        for (name, Alert { event, data, page }) in &fresh {
            store_webhooks::put_alert(w, name, now)?;
            tell(services, w, *event, data, page)?;
        }
        Ok::<_, StoreError>(())
    })?;
    services.ring_job_bell();
    Ok(fresh.len())
}

/// What is wrong now, by a name that stays the same as long as it is.
fn look(services: &Services) -> Result<BTreeMap<String, Alert>, ServiceError> {
    let now = services.now();
    let mut alerts = BTreeMap::new();
    services.store.read(|r| {
        for dataset in store_datasets::list_datasets(r)? {
            let Some(current) = dataset.current_generation else { continue };
            let Some(current) = store_datasets::find_generation(r, dataset.id, current)? else { continue };
            let good_at = dataset.checked_at.map_or(current.published_at, |at| at.max(current.published_at));
            if now.duration_since(good_at) > LATE {
                let data = json!({
                    "dataset": dataset.slug, "dataset_name": dataset.name, "current_since": good_at.to_string(),
                });
                let page = format!("/datasets/{}/history", dataset.slug);
                alerts.insert(format!("late:{}", dataset.id), Alert { event: WebhookEvent::FeedLate, data, page });
            }
        }
        for source in store_sources::list_sources(r)? {
            if source.is_enabled && source.runs.error.is_some() {
                let data = json!({ "source": source.id, "source_name": source.name, "dataset": source.dataset });
                let page = format!("/admin/sources/{}", source.id);
                let alert = Alert { event: WebhookEvent::SourceFailed, data, page };
                alerts.insert(format!("source:{}", source.id), alert);
            }
        }
        Ok::<_, StoreError>(())
    })?;
    let page = || "/admin/system".to_owned();
    if let Some((at, _)) = schedule::standing(services)?.failure {
        let data = json!({ "failed_at": at.to_string() });
        alerts.insert("backup".to_owned(), Alert { event: WebhookEvent::BackupFailed, data, page: page() });
    }
    let (free, all) = files::disk_bytes(services.data_dir())?;
    if !files::has_room_to_work(services.data_dir())? || (free as f64) < all as f64 * LITTLE_FREE {
        let data = json!({ "free_bytes": free, "total_bytes": all });
        alerts.insert("disk".to_owned(), Alert { event: WebhookEvent::DiskLow, data, page: page() });
    }
    Ok(alerts)
}
