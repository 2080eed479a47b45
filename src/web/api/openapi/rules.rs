//! What holds for every operation of the description: how one signs in, what addresses name, which problems there are.
//! Said once here, and not at each handler.

use serde_json::{Value, json};

/// What a part of an address names.
const NAMED: &[(&str, &str)] = &[
    ("dataset", "The dataset's slug, as `GET /api/v1/datasets` lists it"),
    ("import", "The import's id"),
    ("source", "The source's id"),
    ("token", "The token's id; not the token itself"),
    ("sku", "The item's SKU"),
    ("user", "The user's id, address or user name"),
    ("session", "The session's id"),
    ("seq", "The event's number"),
    ("file", "The file's id"),
    ("job", "The job's id"),
    ("backup", "The backup's name"),
    ("list", "`locations`, `channels` or `customers`"),
    ("code", "The entry's code"),
    ("plan", "The plan's id, its name, or `leader`"),
    ("line", "The line's number"),
    ("link", "The live link's id; not the token in its address"),
    ("webhook", "The webhook's id"),
    ("message", "The message's id, without `msg_` before it"),
];

/// The areas, in the order in which a newcomer needs them: the first word of an address, its heading, what it is.
const AREAS: &[(&str, &str, &str)] = &[
    ("auth", "Signing in", "Sessions of browsers and programs that sign in as a person."),
    ("tokens", "Tokens", "Tokens with which programs work for a user."),
    ("links", "Live links", "Addresses under which a spreadsheet finds what one search of one user shows."),
    ("datasets", "Stock", "Datasets, their rows, and what changed in them."),
    ("imports", "Imports", "Files on their way to become what is live."),
    ("sources", "Sources", "What is asked for files again and again."),
    ("users", "Users", "Accounts: who they are, what they may do and see."),
    ("approvals", "Users", ""),
    ("sessions", "Sessions", "Who is signed in now."),
    ("files", "Files", "Files that users keep in a folder of their own."),
    ("audit", "Audit", "What was done, by whom, and the proof that nothing of it was changed."),
    ("settings", "Site", "Settings, how the site is, its jobs and backups."),
    ("health", "Site", ""),
    ("jobs", "Site", ""),
    ("backups", "Site", ""),
    ("outbound", "Site", ""),
    (
        "webhooks",
        "Webhooks",
        "Who is told over HTTP what happens, signed after the Standard Webhooks specification.",
    ),
    ("items", "Items", "What plans are about."),
    ("lists", "Lists", "Locations, channels and customers of plans."),
    ("plans", "Plans", "Production, sales and what follows for the stock."),
];

/// Operations that nobody has to sign in for.
const OPEN: &[&str] = &["/api/v1/auth/login", "/auth/login"];

/// What a body may be, by operation; a test sends each of them, in this order, to one site.
pub const EXAMPLES: &[(&str, &str, &str)] = &[
    (
        "post",
        "/api/v1/plans",
        r#"{"name": "Spring", "first": "2027-01-01", "last": "2027-06-30", "bucket": "week"}"#,
    ),
    ("patch", "/api/v1/plans/{plan}", r#"{"description": "First half of the year"}"#),
    ("post", "/api/v1/plans/{plan}/copy", r#"{"name": "Spring, careful"}"#),
    (
        "post",
        "/api/v1/items",
        r#"{"sku": "CM-31578-96", "name": "Folding carton", "unit": "ea", "safety_stock": 500}"#,
    ),
    ("patch", "/api/v1/items/{sku}", r#"{"safety_stock": 750}"#),
    ("post", "/api/v1/lists/{list}", r#"{"code": "VIE", "name": "Vienna"}"#),
    ("patch", "/api/v1/lists/{list}/{code}", r#"{"name": "Vienna, hall 2"}"#),
    (
        "post",
        "/api/v1/plans/{plan}/lines",
        r#"{"item": "CM-31578-96", "location": "VIE", "starting_inventory": 1200}"#,
    ),
    ("patch", "/api/v1/plans/{plan}/lines/{line}", r#"{"starting_inventory": 1500}"#),
    (
        "patch",
        "/api/v1/plans/{plan}/cells",
        r#"{"cells": [{"line": 1, "measure": "sales", "date": "2027-01-04", "value": 80}]}"#,
    ),
    (
        "post",
        "/api/v1/users",
        r#"{"email": "bob@acme.example", "first_name": "Bob", "roles": ["customer"], "owners": ["Acme"], "hand_over": "slip"}"#,
    ),
    ("patch", "/api/v1/users/{user}", r#"{"owners": ["Acme", "Bolt"]}"#),
    ("post", "/api/v1/users/{user}/require-second-factor", r#"{"required": true}"#),
    ("post", "/api/v1/users/{user}/access", r#"{"by": "slip"}"#),
    ("post", "/api/v1/tokens", r#"{"name": "ERP export", "scopes": ["read"], "days": 90}"#),
    ("patch", "/api/v1/settings", r#"{"site.name": {"value": "Depot"}}"#),
];

/// What else may be answered, wherever it applies.
const PROBLEMS: &[(u16, &str)] = &[
    (304, "It is as it was seen"),
    (400, "The request cannot be understood"),
    (401, "Nobody is signed in, or not any more"),
    (403, "The account, or the token, may not do this"),
    (404, "There is no such thing, or the user may not know of it"),
    (408, "The body did not arrive in time"),
    (409, "It collides with what is there"),
    (410, "The code is used up or too old"),
    (412, "Somebody changed it since it was seen; nothing was changed"),
    (413, "The body is larger than allowed"),
    (415, "The body is not of a kind that is read here"),
    (421, "The site does not answer to this host name"),
    (422, "A value is not acceptable; `errors` names the fields"),
    (429, "Too many requests, changes or failed tries; `Retry-After` says when to come back"),
    (500, "A fault of the site; its log has more under the request's id"),
    (
        503,
        "The site is busy, stopping or read-only; `Retry-After` says when to come back, where that is known",
    ),
    (507, "There is no room on the site's disk; nothing was changed"),
];

/// What can be edited and says its version.
const VERSIONED: &[&str] = &[
    "/api/v1/items/{sku}",
    "/api/v1/lists/{list}/{code}",
    "/api/v1/users/{user}",
    "/api/v1/users/{user}/approve",
    "/api/v1/webhooks/{webhook}",
    "/api/v1/plans/{plan}",
    "/api/v1/plans/{plan}/leader",
    "/api/v1/plans/{plan}/lock",
    "/api/v1/plans/{plan}/unlock",
    "/api/v1/plans/{plan}/archive",
    "/api/v1/plans/{plan}/unarchive",
    "/api/v1/plans/{plan}/stock",
];

/// The description with everything that follows from the rules.
pub fn complete(mut document: Value) -> Value {
    for word in ["login", "logout", "me"] {
        let item = document["paths"][format!("/api/v1/auth/{word}")].clone();
        document["paths"][format!("/auth/{word}")] = item;
    }
    let mut used = Vec::new();
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        let area =
            path.trim_start_matches("/api/v1").trim_start_matches('/').split('/').next().unwrap_or_default();
        let tag = AREAS.iter().find(|(word, _, _)| *word == area).map_or(area, |(_, heading, _)| heading);
        used.push(tag.to_owned());
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            complete_operation(path, method, tag, operation);
        }
    }
    document["tags"] = AREAS
        .iter()
        .filter(|(_, heading, about)| !about.is_empty() && used.iter().any(|tag| tag == heading))
        .map(|(_, heading, about)| json!({ "name": heading, "description": about }))
        .collect();
    document["components"]["securitySchemes"] = json!({
        "token": {
            "type": "http", "scheme": "bearer",
            "description": "A token that a user made under Account, with the scopes that were chosen for it",
        },
        "session": {
            "type": "apiKey", "in": "cookie", "name": "sid",
            "description": "The cookie of a session (over HTTPS it is called `__Host-sid`); requests that change something send the cookie `csrf` again as the header `X-CSRF-Token`",
        },
    });
    document["components"]["responses"] =
        PROBLEMS.iter().map(|(status, about)| (status.to_string(), problem(*status, about))).collect();
    document["security"] = json!([{ "token": [] }, { "session": [] }]);
    document
}

fn complete_operation(path: &str, method: &str, tag: &str, operation: &mut Value) {
    operation["tags"] = json!([tag]);
    operation["operationId"] = Value::String(name_of(method, path));
    let changes = method != "get";
    let named: Vec<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
    let has_body = operation.get("requestBody").is_some();
    let mut all: Vec<Value> = named.iter().map(|name| parameter(name)).collect();
    let is_open = OPEN.contains(&path);
    if method == "post" && !is_open {
        all.push(header("Idempotency-Key", "A key of one's own choice, new for each thing that is to be done: sent again within a day, it is answered as the first time and done once"));
    }
    let is_versioned = VERSIONED.contains(&path);
    if is_versioned && changes {
        all.push(header(
            "If-Match",
            "The `ETag` of what was seen; where somebody changed it since, nothing is changed (412)",
        ));
    }
    if is_versioned && !changes {
        all.push(header(
            "If-None-Match",
            "The `ETag` that one has; where it is still that, the answer is 304",
        ));
    }
    all.extend(operation["parameters"].as_array().cloned().unwrap_or_default());
    if !all.is_empty() {
        operation["parameters"] = Value::Array(all);
    }
    if is_open {
        operation["security"] = json!([]);
    }
    let example = EXAMPLES.iter().find(|(of, at, _)| (*of, *at) == (method, path));
    if let Some((_, _, example)) = example {
        let content = &mut operation["requestBody"]["content"]["application/json"];
        content["example"] = serde_json::from_str(example).unwrap_or_default();
    }
    let applies = |status: u16| match status {
        304 => is_versioned && !changes,
        400 => has_body || is_versioned || !named.is_empty(),
        404 => !named.is_empty() || has_body,
        408 | 413 | 415 => has_body,
        409 => changes && !is_open,
        410 => path.ends_with("/auth/password"),
        412 => is_versioned && changes,
        _ => true,
    };
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, _) in PROBLEMS.iter().filter(|(status, _)| applies(*status)) {
        let shared = json!({ "$ref": format!("#/components/responses/{status}") });
        responses.entry(status.to_string()).or_insert(shared);
    }
}

/// `get_plans_plan_lines` of `GET /api/v1/plans/{plan}/lines`: unique, as an address with its method is.
fn name_of(method: &str, path: &str) -> String {
    let (prefix, path) = path.strip_prefix("/api/v1").map_or(("short_", path), |rest| ("", rest));
    let words = path.split('/').filter(|word| !word.is_empty());
    words.fold(format!("{prefix}{method}"), |name, word| {
        let word: String = word.chars().filter(|c| !matches!(c, '{' | '}')).collect();
        format!("{name}_{}", word.replace(['-', '.'], "_"))
    })
}

fn parameter(name: &str) -> Value {
    let about = NAMED.iter().find(|(known, _)| *known == name).map_or("", |(_, about)| about);
    let schema = match name {
        "line" | "seq" => json!({ "type": "integer", "format": "int32", "minimum": 0 }),
        _ => json!({ "type": "string" }),
    };
    json!({ "name": name, "in": "path", "required": true, "description": about, "schema": schema })
}

fn header(name: &str, about: &str) -> Value {
    let schema = match name {
        "Idempotency-Key" => json!({ "type": "string", "pattern": "^[!-~]{1,255}$" }),
        _ => json!({ "type": "string", "pattern": "^(\\*|(W/)?\"[^\"]*\")$" }),
    };
    json!({ "name": name, "in": "header", "required": false, "description": about, "schema": schema })
}

fn problem(status: u16, about: &str) -> Value {
    if status == 304 {
        return json!({ "description": about });
    }
    let schema = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
    json!({ "description": about, "content": { "application/problem+json": schema } })
}
