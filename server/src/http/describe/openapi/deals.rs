//! The routes of deals: for producers, and for people about what is theirs.

use serde_json::{Value, json};

use super::Route;
use super::route::{count, name, object, string, time};

/// Who may not.
const NO_PRODUCER: &str = "Neither an administrator nor a publisher";

pub(super) fn routes() -> Vec<Route> {
    let mut routes = deals();
    routes.extend(alerts());
    routes.extend(notifications());
    routes.extend(tasks());
    routes.extend(rooms());
    routes
}

fn deals() -> Vec<Route> {
    let none = "No such deal";
    vec![
        filtered(Route::get("/api/deals", "listDeals", "Deals by what is wanted of them"))
            .query(
                "updatedAfter",
                "Changed after this time, in ISO 8601 or in whole seconds since 1970; the list is \
                 then oldest first",
            )
            .pages("Newest first; a page may be short and yet not be the last", &deal()),
        Route::post("/api/deals:batch", "putDeals", "Put up to 1,000 deals, 8 MiB in all")
            .takes(batch())
            .answers(200, "What became of each, in order", batch_report())
            .fails(403, NO_PRODUCER)
            .fails(503, "Too many changes wait; nothing was stored"),
        Route::get("/api/deals/{dealId}", "showDeal", "One deal")
            .answers(200, "The deal", deal())
            .fails(404, none),
        Route::put("/api/deals/{dealId}", "putDeal", "Create or change a deal")
            .takes(offer())
            .answers(200, "The deal; 201 where it is new", deal())
            .fails(403, NO_PRODUCER)
            .fails(503, "Too many changes wait; nothing was stored"),
        Route::delete("/api/deals/{dealId}", "deleteDeal", "Remove a deal, its prices and alerts")
            .fails(403, NO_PRODUCER)
            .fails(404, none),
        Route::get("/api/deals/{dealId}/prices", "listPrices", "What a deal cost")
            .pages("The newest 1,000 prices, newest first", &price())
            .fails(404, none),
    ]
}

/// A list that takes the filters of subscriptions.
fn filtered(route: Route) -> Route {
    route
        .query("category", "The category; may be repeated for any of several")
        .query("merchant", "Who offers it; likewise")
        .query("keywords", "Words of the title, any of several; repeated or between commas")
        .query("currency", "The currency")
        .query("minPrice", "What it costs at least")
        .query("maxPrice", "What it costs at most")
        .query("minDiscount", "Percent off at least")
}

fn amount() -> Value {
    json!({"type": "number", "minimum": 0, "maximum": 1e12})
}

fn percent() -> Value {
    json!({"type": "number", "minimum": 0, "maximum": 100})
}

fn currency() -> Value {
    json!({"type": "string", "pattern": "^[A-Za-z]{3}$"})
}

fn offer() -> Value {
    json!({
        "type": "object",
        "required": ["title", "category", "merchant", "price", "currency", "url"],
        "properties": {
            "title": {"type": "string", "minLength": 1, "maxLength": 500},
            "category": name(),
            "merchant": name(),
            "price": amount(),
            "originalPrice": {"type": "number", "description": "The price where it is missing"},
            "currency": currency(),
            "url": {"type": "string", "format": "uri", "maxLength": 2_048},
        },
    })
}

fn batch() -> Value {
    let mut deal = offer();
    deal["properties"]["dealId"] = name();
    if let Some(required) = deal["required"].as_array_mut() {
        required.push(json!("dealId"));
    }
    object(&[("deals", json!({"type": "array", "maxItems": 1_000, "items": deal}))])
}

fn batch_report() -> Value {
    let item = json!({
        "type": "object",
        "required": ["result"],
        "properties": {
            "dealId": name(),
            "result": {"enum": ["created", "updated", "unchanged", "failed"]},
            "error": {"type": "string", "description": "Of one that failed, as in Error"},
            "message": string(),
            "statusCode": count(),
            "field": {"type": "string", "description": "Such as deals[3].price"},
        },
    });
    object(&[
        ("created", count()),
        ("updated", count()),
        ("unchanged", count()),
        ("failed", count()),
        ("items", json!({"type": "array", "items": item})),
    ])
}

fn deal() -> Value {
    object(&[
        ("dealId", name()),
        ("title", string()),
        ("category", string()),
        ("merchant", string()),
        ("price", amount()),
        ("originalPrice", amount()),
        ("discount", percent()),
        ("currency", currency()),
        ("url", string()),
        ("updatedAt", time()),
    ])
}

fn price() -> Value {
    object(&[
        ("price", amount()),
        ("originalPrice", amount()),
        ("currency", currency()),
        ("changedAt", time()),
    ])
}

fn alerts() -> Vec<Route> {
    vec![
        Route::get("/api/price-alerts", "listPriceAlerts", "Price alerts of the caller")
            .pages("Those on the newest deals first", &alert()),
        Route::put("/api/price-alerts/{dealId}", "setPriceAlert", "Hear of a price below a limit")
            .takes(object(&[("below", json!({"type": "number", "exclusiveMinimum": 0}))]))
            .answers(200, "The alert; 201 where it is new", alert())
            .fails(404, "No such deal")
            .fails(409, "The caller has as many alerts as one may have"),
        Route::delete("/api/price-alerts/{dealId}", "deletePriceAlert", "Remove a price alert")
            .fails(404, "No such alert of the caller"),
    ]
}

fn alert() -> Value {
    object(&[
        ("dealId", name()),
        ("title", string()),
        ("below", amount()),
        ("belowCurrency", currency()),
        ("price", amount()),
        ("currency", currency()),
    ])
}

fn notifications() -> Vec<Route> {
    vec![
        Route::post("/api/users/{userId}/notifications", "notify", "Tell a user something")
            .takes(json!({
                "type": "object",
                "required": ["title", "body"],
                "properties": {
                    "title": {"type": "string", "minLength": 1, "maxLength": 200},
                    "body": {"type": "string", "maxLength": 10_000},
                    "kind": {"type": "string", "minLength": 1, "maxLength": 64, "default": "info"},
                    "data": {"type": "object", "description": "At most 16 KiB"},
                },
            }))
            .answers(201, "The notification, which waits until it is acknowledged", notification())
            .fails(403, NO_PRODUCER),
        Route::get("/api/notifications", "listNotifications", "Notifications of the caller")
            .query("status", "`unread` or `read`; both without it")
            .pages("Newest first", &notification()),
    ]
}

fn notification() -> Value {
    let mut notification = object(&[
        ("notificationId", string()),
        ("title", string()),
        ("body", string()),
        ("kind", string()),
        ("createdAt", time()),
        ("status", json!({"enum": ["unread", "read"]})),
    ]);
    notification["properties"]["data"] = json!({"type": "object"});
    notification
}

fn tasks() -> Vec<Route> {
    vec![
        Route::put("/api/tasks/{taskId}/status", "setTaskStatus", "Say how far a task has come")
            .takes(json!({
                "type": "object",
                "required": ["userId", "status"],
                "properties": {
                    "userId": name(),
                    "status": {"type": "string", "minLength": 1, "maxLength": 64},
                    "progress": percent(),
                    "message": {"type": "string", "maxLength": 2_000},
                },
            }))
            .answers(200, "The task; 201 where it is new", task())
            .fails(403, NO_PRODUCER)
            .fails(409, "The task is another user's"),
        Route::get("/api/tasks/{taskId}", "showTask", "How far a task has come")
            .answers(200, "The task", task())
            .fails(404, "No such task, or not the caller's"),
    ]
}

fn task() -> Value {
    let mut task = object(&[
        ("taskId", name()),
        ("userId", name()),
        ("status", string()),
        ("updatedAt", time()),
    ]);
    task["properties"]["progress"] = percent();
    task["properties"]["message"] = string();
    task
}

fn rooms() -> Vec<Route> {
    let none = "No such room, or not one the caller is a member of";
    vec![
        Route::get("/api/rooms/{roomId}/members", "listRoomMembers", "Who is invited to a room")
            .pages("Members by their ids", &object(&[("userId", name())]))
            .fails(404, none),
        Route::post("/api/rooms/{roomId}/members", "addRoomMember", "Invite a user to a room")
            .takes(object(&[("userId", name())]))
            .answers(
                201,
                "The member; 200 where it was one already",
                object(&[("roomId", name()), ("userId", name())]),
            )
            .fails(404, none)
            .fails(409, "The room has as many members as a room may have"),
        Route::delete(
            "/api/rooms/{roomId}/members/{userId}",
            "removeRoomMember",
            "Take a user out of a room",
        )
        .fails(404, "No such room or member, or not one the caller is a member of"),
    ]
}
