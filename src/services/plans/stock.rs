//! The stock in the inventory, taken over into a plan: frozen, so that everybody sees the same projection until somebody
//! takes it again.

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde_json::json;

use super::manage::target;
use super::{find_open, must_see_everything};
use crate::domain::column::{Column, ColumnRole};
use crate::domain::ids::PlanId;
use crate::domain::plan::{Plan, StockTaken, quantity};
use crate::domain::scope::Scope;
use crate::domain::value::parse_number;
use crate::search::view::SearchRequest;
use crate::services::Services;
use crate::services::authorize::{EditPlans, Grant};
use crate::services::error::ServiceError;
use crate::services::rows::today;
use crate::services::{audit, datasets};
use crate::store::{plan_lines, plans as store_plans};

/// Takes the stock of each line's item, at its location where it has one, out of what `dataset` shows now.
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
    must_see_everything(scope)?;
    services.store.read(|r| find_open(r, id))?;
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
    let location = place(ColumnRole::Location);
    let stock = add_up(
        &open.view,
        columns[on_hand],
        (part, on_hand, location),
        &SearchRequest::everything(today(services)),
    )?;
    let now = services.now();
    services.store.write(|w| {
        let mut plan = find_open(w, id)?;
        let (mut found, mut lines) = (0_u64, 0_u64);
        for mut line in plan_lines::list_lines(w, id)? {
            lines += 1;
            let key = (line.key.item.clone(), Some(line.key.location.clone()).filter(|location| !location.is_empty()));
            let amount = stock.get(&key).copied();
            found += u64::from(amount.is_some());
            // An item that the inventory does not have is not in stock.
            let amount = Some(amount.unwrap_or_default());
            if line.stock != amount {
                line.stock = amount;
                line.version += 1;
                plan_lines::put_line(w, id, &line)?;
            }
        }
        plan.stock =
            Some(StockTaken { dataset: open.dataset.name.clone(), generation, by: grant.by().user(), at: now });
        plan.opens_with_stock = true;
        plan.updated_at = now;
        store_plans::put_plan(w, &plan)?;
        let details = json!({
            "name": plan.name, "dataset": open.dataset.name, "generation": generation, "lines": lines, "in_stock": found,
        });
        audit::append(w, now, grant.by(), "plan.stock", &target(id), &details)?;
        Ok(plan)
    })
}

type Stock = HashMap<(String, Option<String>), Decimal>;

/// What there is of each part, in all and at each location.
fn add_up(
    view: &crate::search::view::View,
    quantity_column: &Column,
    (part, on_hand, location): (usize, usize, Option<usize>),
    everything: &SearchRequest,
) -> Result<Stock, ServiceError> {
    let mut stock = Stock::new();
    let found = view.search(everything)?;
    view.for_each_row(&found, |row| {
        let Some(amount) = parse_number(row.cell(on_hand), quantity_column.number_format) else {
            return Ok(());
        };
        let part = row.cell(part).trim().to_owned();
        let at = location.map(|location| row.cell(location).trim().to_owned());
        for key in [Some((part.clone(), None)), at.map(|at| (part, Some(at)))].into_iter().flatten() {
            let sum: &mut Decimal = stock.entry(key).or_default();
            *sum = sum.checked_add(amount).unwrap_or(*sum);
        }
        Ok::<_, ServiceError>(())
    })?;
    stock.retain(|_, amount| quantity::check(*amount).is_ok());
    Ok(stock)
}
