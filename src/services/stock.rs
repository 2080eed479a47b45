//! What each generation holds, and of whom: noted when it is published, because generations go and figures stay.

use super::error::ServiceError;
use super::{Services, datasets, rows};
use crate::domain::column::Column;
use crate::domain::dataset::Dataset;
use crate::domain::figures::{Amount, Share, Stock};
use crate::domain::scope::{HiddenColumns, OwnerScope, Scope};
use crate::search::totals::ColumnTotals;
use crate::search::view::{SearchRequest, View};
use crate::store::{datasets as store_datasets, figures as store_figures};

/// Owners that are kept of each generation.
const MAX_OWNERS: usize = 500;

/// A dataset over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    /// The dataset's name.
    pub dataset: String,
    /// The dataset as addresses know it.
    pub slug: String,
    /// Its generations in order, with the owners and columns that the reader may know of.
    pub generations: Vec<Stock>,
}

/// All datasets over time, as somebody of this scope may see them: owners beyond it are neither named nor counted, and
/// columns that are hidden from the reader now add up to nothing.
pub(super) fn growth(services: &Services, scope: &Scope) -> Result<Vec<Growth>, ServiceError> {
    let mut all = Vec::new();
    for dataset in datasets::list(services)? {
        let mut generations = services.store.read(|r| store_figures::list_stock(r, dataset.id))?;
        let visible = match scope.hidden_columns {
            HiddenColumns::Shown => None,
            HiddenColumns::Absent => Some(visible_columns(services, &dataset.slug, scope)),
        };
        for stock in &mut generations {
            if let Some(visible) = &visible {
                leave_out_hidden(stock, visible);
            }
            if let OwnerScope::Owners(own) = &scope.owners {
                stock.owners.retain(|(owner, _)| own.contains(owner));
                stock.all = Share::default();
                for (_, share) in &stock.owners {
                    stock.all.add(share);
                }
            }
        }
        all.push(Growth { dataset: dataset.name, slug: dataset.slug, generations });
    }
    Ok(all)
}

/// The headers that somebody has who does not see hidden columns; none of a dataset that is not theirs to open.
fn visible_columns(services: &Services, slug: &str, scope: &Scope) -> Vec<String> {
    let name = |column: &Column| column.name.clone();
    datasets::open(services, slug, scope)
        .map(|open| open.view.columns().into_iter().map(name).collect())
        .unwrap_or_default()
}

fn leave_out_hidden(stock: &mut Stock, visible: &[String]) {
    // Sums of units that one does not see would tell what the units are.
    let no_units = stock.unit_column.as_ref().is_some_and(|column| !visible.contains(column));
    if stock.owner_column.as_ref().is_some_and(|column| !visible.contains(column)) {
        stock.owners.clear();
    }
    for share in stock.owners.iter_mut().map(|(_, share)| share).chain([&mut stock.all]) {
        share.amounts.retain(|amount| !no_units && visible.contains(&amount.column));
    }
}

/// Notes what the generation holds that readers see now. A figure is no reason for an import to fail.
pub(super) fn note_generation(services: &Services, slug: &str) {
    if let Err(error) = try_note_generation(services, slug) {
        tracing::warn!("What the new data holds of whom could not be noted: {error}");
    }
}

fn try_note_generation(services: &Services, slug: &str) -> Result<(), ServiceError> {
    let dataset: Dataset = datasets::get(services, slug)?;
    let Some((generation, view)) = datasets::look_once(services, &dataset)? else { return Ok(()) };
    let record = services.store.read(|r| store_datasets::find_generation(r, dataset.id, generation))?;
    let at = record.map_or_else(|| services.now(), |record| record.published_at);
    let mut owners = Vec::new();
    if let Some(column) = &dataset.owner_column {
        // An owner column that this file does not have is told of elsewhere.
        owners = view.totals_by(column).unwrap_or_default();
    }
    owners.sort_by_key(|owner| (std::cmp::Reverse(owner.rows), owner.value.clone()));
    owners.truncate(MAX_OWNERS);
    let owners = owners.into_iter();
    let owners = owners.map(|of| (of.value, Share { rows: of.rows, amounts: amounts(&of.totals) })).collect();
    let noted = Stock {
        at,
        all: whole(services, &view)?,
        owner_column: dataset.owner_column.clone(),
        unit_column: view.unit_column().map(|column| column.name.clone()),
        owners,
    };
    Ok(services.store.write(|w| store_figures::put_stock(w, dataset.id, generation, &noted))?)
}

fn whole(services: &Services, view: &View) -> Result<Share, ServiceError> {
    let found = view.search(&SearchRequest::everything(rows::today(services)))?;
    Ok(Share { rows: view.total(), amounts: amounts(view.totals(&found)) })
}

fn amounts(totals: &[ColumnTotals]) -> Vec<Amount> {
    let of_column = |totals: &ColumnTotals| {
        let column = totals.column.clone();
        let amount = move |unit: &crate::search::totals::UnitTotal| Amount {
            column: column.clone(),
            unit: unit.uom.clone(),
            sum: unit.sum,
        };
        totals.units.iter().map(amount).collect::<Vec<_>>()
    };
    totals.iter().flat_map(of_column).collect()
}
