//! Lines that are added and removed without a file.

use std::ops::ControlFlow;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stockroom::domain::permission::Role;
use stockroom::domain::plan::line::LineKey;
use stockroom::domain::plan::{Line, LineId, MAX_LINES};
use stockroom::store::transaction::Order;
use stockroom::store::{StoreError, audit, plan_lines};

use crate::harness::{Answer, Browser, TestApp};

async fn send(browser: &mut Browser, method: Method, path: &str, body: Value) -> Answer {
    browser.send_json(method, &format!("/api/v1/plans{path}"), &body).await
}

/// A plan “Base”, the items A of Acme, B of Bolt & Co and C of nobody that is not offered any more, and the location N.
async fn base(browser: &mut Browser) -> String {
    for item in [
        json!({"sku": "A", "name": "Bolt", "owner": "Acme"}),
        json!({"sku": "B", "owner": "Bolt & Co"}),
        json!({"sku": "C", "is_active": false}),
    ] {
        assert_eq!(browser.post("/api/v1/items", &item).await.status, StatusCode::CREATED);
    }
    for (list, code) in [("locations", "N"), ("channels", "WEB")] {
        let made = browser.post(&format!("/api/v1/lists/{list}"), &json!({"code": code, "name": "It"})).await;
        assert_eq!(made.status, StatusCode::OK, "{made:?}");
    }
    send(browser, Method::POST, "", json!({"name": "Base"})).await.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_line_is_added_and_removed_on_the_sheet() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let sheet = format!("/plan/{}", base(&mut pia).await);
    let empty = pia.get(&sheet).await.text;
    assert!(empty.contains("or add lines one by one"), "{empty}");
    assert!(
        empty.contains("<option value=\"A\">Bolt</option>") && empty.contains("<option value=\"N\">"),
        "{empty}"
    );
    assert!(!empty.contains("<option value=\"C\">"), "what is not offered for new lines: {empty}");
    let path = format!("{sheet}/lines");
    let odd = [("item", "A"), ("location", "Moon"), ("starting_inventory", "7")];
    let refused = pia.post_form(&path, &odd).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text.contains("“Moon” is not known")
            && refused.text.contains("value=\"Moon\"")
            && refused.text.contains("value=\"7\""),
        "{}",
        refused.text
    );
    let lots = pia.post_form(&path, &[("item", "A"), ("starting_inventory", "lots")]).await;
    assert!(lots.text.contains("“lots” is not a number"), "{}", lots.text);
    let added = pia.post_form(&path, &[("item", "A"), ("location", "N"), ("starting_inventory", "7")]).await;
    assert_eq!(added.header("location"), format!("{sheet}?line_added=1"), "{added:?}");
    // There are no days yet, and the page says what makes them.
    let told = pia.get(added.header("location")).await.text;
    assert!(
        told.contains("The line A · N was added.") && told.contains("first and last day under Settings"),
        "{told}"
    );
    let days = json!({"first": "2026-01-01", "last": "2026-01-02"});
    assert_eq!(send(&mut pia, Method::PATCH, "/Base", days).await.status, StatusCode::OK);
    let panel = pia.get(&format!("{sheet}?cell=1|opening|")).await.text;
    assert!(panel.contains("/lines/1/remove\""), "{panel}");
    let ask = pia.get(&format!("{path}/1/remove")).await.text;
    assert!(ask.contains("Remove the line A · N?") && ask.contains("It has no values"), "{ask}");
    // What came in since the question was read is asked about again.
    let cells = json!({"cells": [{"line": 1, "measure": "sales", "date": "2026-01-01", "value": 4}]});
    send(&mut pia, Method::PATCH, "/Base/cells", cells).await;
    let stale = pia.post_form(&format!("{path}/1/remove"), &[("values", "0")]).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(stale.text.contains("1 value that was imported or typed"), "{}", stale.text);
    let gone = pia.post_form(&format!("{path}/1/remove"), &[("values", "1")]).await;
    assert_eq!(gone.header("location"), format!("{sheet}?line_removed=1"), "{gone:?}");
    assert!(pia.get(gone.header("location")).await.text.contains("The line was removed."));
    assert_eq!(pia.get(&format!("{path}/1/remove")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_line_is_added_and_removed_by_the_api() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let id = base(&mut pia).await;
    let whole = json!({"item": " A ", "location": "N", "channel": "WEB", "starting_inventory": "2.50"});
    let made = send(&mut pia, Method::POST, "/Base/lines", whole.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let line = made.json();
    assert_eq!(
        (&line["id"], &line["item"], &line["location"], &line["channel"], &line["starting_inventory"]),
        (&json!(1), &json!("A"), &json!("N"), &json!("WEB"), &json!(2.5)),
        "{line}"
    );
    assert_eq!(line["opening"], json!({"amount": 2.5, "from": "given"}), "{line}");
    let again = send(&mut pia, Method::POST, "/Base/lines", whole).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.text.contains("“A · N · WEB” already"), "{}", again.text);
    // Another place is another line, and the plan still has no days.
    assert_eq!(send(&mut pia, Method::POST, "/Base/lines", json!({"item": "A"})).await.json()["id"], 2);
    assert_eq!(send(&mut pia, Method::GET, "/Base", json!({})).await.json()["first"], json!(null));
    for (wrong, field, said) in [
        (json!({"item": ""}), "item", "is missing"),
        (json!({"item": "Z"}), "item", "“Z” is not known; look for its SKU under Items"),
        (
            json!({"item": "A", "location": "M"}),
            "location",
            "“M” is not known; look for its code in the list of locations",
        ),
        (json!({"item": "A", "channel": "N"}), "channel", "“N” is not known"),
    ] {
        let refused = send(&mut pia, Method::POST, "/Base/lines", wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        assert!(
            refused.text.contains(said) && refused.text.to_lowercase().contains(&format!("{field}: ")),
            "{said}: {}",
            refused.text
        );
    }
    // Values hold a line, unless it is said that they go with it.
    for day in ["2026-01-01", "2026-01-02"] {
        let cells = json!({"cells": [{"line": 1, "measure": "sales", "date": day, "value": 4}]});
        assert_eq!(send(&mut pia, Method::PATCH, "/Base/cells", cells).await.status, StatusCode::OK);
    }
    let both = json!({"cells": [
        {"line": 1, "measure": "sales", "date": "2026-01-03", "value": 4},
        {"line": 2, "measure": "sales", "date": "2026-01-03", "value": 5},
    ]});
    send(&mut pia, Method::PATCH, "/Base/cells", both).await;
    let held = send(&mut pia, Method::DELETE, "/Base/lines/1", json!({})).await;
    assert_eq!(held.status, StatusCode::CONFLICT);
    assert!(held.text.contains("has 3 values") && held.text.contains("with_values=true"), "{}", held.text);
    for (query, status) in [("?with_values=maybe", 422), ("?colour=red", 422), ("?with_values=false", 409)] {
        let answer = send(&mut pia, Method::DELETE, &format!("/Base/lines/1{query}"), json!({})).await;
        assert_eq!(answer.status.as_u16(), status, "{query}");
    }
    let gone = send(&mut pia, Method::DELETE, "/Base/lines/1?with_values=true", json!({})).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone:?}");
    assert_eq!(
        send(&mut pia, Method::DELETE, "/Base/lines/1?with_values=true", json!({})).await.status,
        StatusCode::NOT_FOUND
    );
    let mut log = String::new();
    let read: Result<_, StoreError> = app.services().store.read(|r| {
        audit::visit_events(r, u64::MAX, Order::Descending, &mut |event| {
            let event = event?;
            if event.action == "plan.line.remove" {
                log += &event.details;
            }
            Ok(ControlFlow::Continue(()))
        })
    });
    read.unwrap();
    for said in ["\"item\":\"A\"", "\"location\":\"N\"", "\"channel\":\"WEB\"", "\"values\":3"] {
        assert!(log.contains(said), "{said}: {log}");
    }
    // What was typed in both is undone in the one that is left; what was typed in the other alone is not in the way.
    assert_eq!(send(&mut pia, Method::POST, "/Base/undo", json!({})).await.status, StatusCode::OK);
    let cells = send(&mut pia, Method::GET, "/Base/cells", json!({})).await.json();
    assert_eq!(cells["cells"], json!([]), "{cells}");
    assert_eq!(send(&mut pia, Method::POST, "/Base/undo", json!({})).await.status, StatusCode::CONFLICT);
    // A line that comes again has a number of its own, and none of what was typed before.
    assert_eq!(
        send(&mut pia, Method::POST, "/Base/lines", json!({"item": "A", "location": "N", "channel": "WEB"}))
            .await
            .json()["id"],
        3
    );
    assert_eq!(
        send(&mut pia, Method::DELETE, "/Base/lines/3", json!({})).await.status,
        StatusCode::NO_CONTENT
    );
    // A planner of one owner: another's item is as unknown as none, and so is its line.
    send(&mut pia, Method::POST, "/Base/lines", json!({"item": "B"})).await;
    let mut tom = app.signed_in(Role::Planner, &["Acme"]).await;
    let foreign = send(&mut tom, Method::POST, "/Base/lines", json!({"item": "B", "location": "N"})).await;
    let unknown = send(&mut tom, Method::POST, "/Base/lines", json!({"item": "Z", "location": "N"})).await;
    assert_eq!(foreign.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(foreign.json()["detail"].as_str().unwrap().replace("“B”", "“Z”"), unknown.json()["detail"]);
    assert_eq!(
        send(&mut tom, Method::DELETE, "/Base/lines/4?with_values=true", json!({})).await.status,
        StatusCode::NOT_FOUND
    );
    // A locked plan takes none and gives none.
    send(&mut pia, Method::POST, "/Base/lock", json!({})).await;
    for (method, path, body) in [
        (Method::POST, "/Base/lines", json!({"item": "A", "location": "N"})),
        (Method::DELETE, "/Base/lines/2", json!({})),
    ] {
        assert_eq!(send(&mut pia, method, path, body).await.status, StatusCode::CONFLICT);
    }
    send(&mut pia, Method::POST, "/Base/unlock", json!({})).await;
    // And a plan has an end.
    let filled: Result<_, StoreError> = app.services().store.write(|w| {
        for number in 10..10 + MAX_LINES as u32 {
            let key = LineKey { item: "A".to_owned(), location: number.to_string(), channel: String::new() };
            let line = Line { id: LineId(number), key, given: None, stock: None, version: 1 };
            plan_lines::put_line(w, id.parse().unwrap(), &line)?;
        }
        Ok(())
    });
    filled.unwrap();
    let full = send(&mut pia, Method::POST, "/Base/lines", json!({"item": "A", "location": "N"})).await;
    assert_eq!(full.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(full.text.contains("at most 20000 lines"), "{}", full.text);
}
