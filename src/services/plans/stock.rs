//! The stock in the inventory, taken over into a plan: frozen, so that everybody sees the same projection until somebody
//! takes it again.

use std::collections::{BTreeSet, HashMap, HashSet};

use rust_decimal::Decimal;
use serde_json::json;

use super::manage::target;
use super::{PlanReader, find_open, items, lines_seen, must_own};
use crate::domain::column::{Column, ColumnRole};
use crate::domain::ids::PlanId;
use crate::domain::plan::line::LineKey;
use crate::domain::plan::{Plan, Sharing, StockTaken, quantity};
use crate::domain::scope::Scope;
use crate::domain::value::parse_number;
use crate::search::view::{SearchRequest, View};
use crate::services::Services;
use crate::services::authorize::{EditPlans, Grant};
use crate::services::error::ServiceError;
use crate::services::rows::today;
use crate::services::{audit, datasets};
use crate::store::{WriteTxn, plan_lines, plans as store_plans};

/// Takes the stock of each line's item, at its location where it has one, out of what `dataset` shows now. An item that
/// belongs to somebody has what is theirs in stock, whoever takes it. One that is nobody's has all there is of it, for those who
/// plan; in a plan that everybody reads it has what the inventory gives to nobody, because the rest is the affair of its owners.
///
/// # Errors
/// [`ServiceError::NotFound`] for a dataset that is not there; [`ServiceError::Conflict`] for one that does not say which
/// columns are parts and quantities, or holds no data.
pub fn take_stock(
    services: &Services,
    (grant, scope): (&Grant<EditPlans>, &Scope),
    id: PlanId,
    dataset: &str,
) -> Result<Plan, ServiceError> {
    services.store.read(|r| find_open(r, id).and_then(|plan| must_own(r, (grant, scope), &plan)))?;
    let open = datasets::open(services, dataset, scope)?;
    let generation = open.generation.0;
    let columns = open.view.columns();
    let place = |role| columns.iter().position(|column| column.role == Some(role));
    let says = |what: &str| {
        ServiceError::Conflict(format!(
            "“{}” does not say which column is the {what}; choose it where a file of it is imported",
            open.dataset.name
        ))
    };
    let part = place(ColumnRole::Part).ok_or_else(|| says("part"))?;
    let on_hand = place(ColumnRole::Quantity).ok_or_else(|| says("quantity"))?;
    let places =
        Places { part, on_hand, location: place(ColumnRole::Location), owner: place(ColumnRole::Owner) };
    let everything = SearchRequest::everything(today(services));
    let stock = Stock::add_up(&open.view, columns[on_hand], &places, &everything)?;
    let now = services.now();
    services.store.write(|w| {
        let mut plan = find_open(w, id)?;
        must_own(w, (grant, scope), &plan)?;
        let items = items(w)?;
        let (mut found, mut lines) = (0_u64, 0_u64);
        for mut line in plan_lines::list_lines(w, id)? {
            lines += 1;
            let owner = items.get(&line.key.item).and_then(|item| item.owner.as_deref());
            let whose = match owner {
                Some(owner) => Whose::Theirs(owner),
                None if plan.shared_with == Sharing::Everyone => Whose::Nobodys,
                None => Whose::All,
            };
            let amount = stock.of(&line.key, whose);
            found += u64::from(amount.is_some_and(|amount| !amount.is_zero()));
            if line.stock != amount {
                line.stock = amount;
                line.version += 1;
                plan_lines::put_line(w, id, &line)?;
            }
        }
        plan.stock =
            Some(StockTaken { dataset: open.dataset.name.clone(), generation, by: grant.by().user(), at: now });
        plan.opens_with_stock = true;
        plan.note_change(now, grant.by().user());
        store_plans::put_plan(w, &plan)?;
        let details = json!({
            "name": plan.name, "dataset": open.dataset.name, "generation": generation, "lines": lines, "in_stock": found,
        });
        audit::append(w, now, grant.by(), "plan.stock", &target(id), &details)?;
        Ok(plan)
    })
}

/// Lines whose location the inventory that was taken over does not know: they begin without stock, and it may lie elsewhere.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn without_place(services: &Services, reader: &PlanReader, id: PlanId) -> Result<usize, ServiceError> {
    let plan = super::get(services, reader, id)?;
    if plan.stock.is_none() {
        return Ok(0);
    }
    services.store.read(|r| {
        let lines = lines_seen(r, reader, &plan, &items(r)?)?;
        Ok(lines.iter().filter(|line| line.stock.is_none() && !line.key.location.is_empty()).count())
    })
}

/// Forgets what was taken over of items that belong to somebody else now: it may be of others. Their lines begin with nothing
/// known until stock is taken over again.
pub(in crate::services) fn forget_stock(w: &WriteTxn, items: &BTreeSet<String>) -> Result<(), ServiceError> {
    if items.is_empty() {
        return Ok(());
    }
    for plan in store_plans::list_plans(w)?.iter().filter(|plan| plan.stock.is_some()) {
        for mut line in plan_lines::list_lines(w, plan.id)? {
            if items.contains(&line.key.item) && line.stock.take().is_some() {
                line.version += 1;
                plan_lines::put_line(w, plan.id, &line)?;
            }
        }
    }
    Ok(())
}

/// Forgets what was taken over of items that are nobody's, in a plan that everybody reads from now on: it may be of others.
pub(super) fn forget_of_all(w: &WriteTxn, plan: &Plan) -> Result<(), ServiceError> {
    let items = items(w)?;
    for mut line in plan_lines::list_lines(w, plan.id)? {
        let is_nobodys = items.get(&line.key.item).is_none_or(|item| item.owner.is_none());
        if is_nobodys && line.stock.take().is_some() {
            line.version += 1;
            plan_lines::put_line(w, plan.id, &line)?;
        }
    }
    Ok(())
}

/// Where a row says what.
struct Places {
    part: usize,
    on_hand: usize,
    location: Option<usize>,
    owner: Option<usize>,
}

/// Whose stock counts, where the inventory says whose it is.
#[derive(Debug, Clone, Copy)]
enum Whose<'w> {
    Theirs(&'w str),
    Nobodys,
    All,
}

/// A part, where it lies and whose it is; `None` for all locations and all owners.
type Shelf = (String, Option<String>, Option<String>);

/// What there is of each part.
#[derive(Default)]
struct Stock {
    amounts: HashMap<Shelf, Decimal>,
    /// Locations that hold anything.
    locations: HashSet<String>,
    knows_owners: bool,
}

impl Stock {
    fn add_up(
        view: &View,
        quantity_column: &Column,
        places: &Places,
        everything: &SearchRequest,
    ) -> Result<Self, ServiceError> {
        let mut stock = Self { knows_owners: places.owner.is_some(), ..Self::default() };
        let found = view.search(everything)?;
        view.for_each_row(&found, |row| {
            let Some(amount) = parse_number(row.cell(places.on_hand), quantity_column.number_format) else {
                return Ok(());
            };
            let part = row.cell(places.part).trim();
            let at = places.location.map(|location| row.cell(location).trim().to_owned());
            let of = places.owner.map(|owner| row.cell(owner));
            // Blank is nobody's, however many blanks.
            let of = of.map(|owner| if owner.trim().is_empty() { "" } else { owner }.to_owned());
            stock.locations.extend(at.clone());
            for location in [Some(None), at.map(Some)].into_iter().flatten() {
                for owner in [Some(None), of.clone().map(Some)].into_iter().flatten() {
                    let sum: &mut Decimal =
                        stock.amounts.entry((part.to_owned(), location.clone(), owner)).or_default();
                    *sum = sum.checked_add(amount).unwrap_or(*sum);
                }
            }
            Ok::<_, ServiceError>(())
        })?;
        stock.amounts.retain(|_, amount| quantity::check(*amount).is_ok());
        Ok(stock)
    }

    /// What there is for a line. What the inventory does not have is zero; of a location that the inventory does not know nothing
    /// is known.
    fn of(&self, key: &LineKey, whose: Whose<'_>) -> Option<Decimal> {
        let location = Some(key.location.clone()).filter(|location| !location.is_empty());
        if location.as_ref().is_some_and(|location| !self.locations.contains(location)) {
            return None;
        }
        let owner = match whose {
            Whose::Theirs(owner) if self.knows_owners => Some(owner.to_owned()),
            Whose::Nobodys if self.knows_owners => Some(String::new()),
            _ => None,
        };
        Some(self.amounts.get(&(key.item.clone(), location, owner)).copied().unwrap_or_default())
    }
}
