//! The management API, which the door answers itself.

use serde_json::json;

use super::Route;
use super::route::{nullable, object, string, time};

pub(super) fn routes() -> Vec<Route> {
    let paths = [
        ("/@connections/{connectionId}", ["postToConnection", "getConnection", "deleteConnection"]),
        (
            "/{stage}/@connections/{connectionId}",
            ["postToConnectionOfStage", "getConnectionOfStage", "deleteConnectionOfStage"],
        ),
    ];
    paths.into_iter().flat_map(|(path, names)| at(path, names)).collect()
}

fn at(path: &'static str, [post, get, delete]: [&'static str; 3]) -> [Route; 3] {
    let gone = "The connection is not open";
    [
        Route::post(path, post, "Send a message to an open connection")
            .for_managers()
            .takes_bytes("One message: text where it is UTF-8, else binary")
            .answers_nothing(200, "It is on its way")
            .fails(410, gone),
        Route::get(path, get, "What is known of an open connection")
            .for_managers()
            .answers(200, "The connection", connection())
            .fails(410, gone),
        Route::delete(path, delete, "End a connection").for_managers().fails(410, gone),
    ]
}

fn connection() -> serde_json::Value {
    object(&[
        ("connectedAt", time()),
        ("lastActiveAt", time()),
        ("identity", object(&[("sourceIp", string()), ("userAgent", nullable())])),
    ])
}

/// What a failed call is answered, as API Gateway does; the header `x-amzn-ErrorType` has its kind.
pub(super) fn error() -> serde_json::Value {
    json!({
        "type": "object",
        "required": ["message"],
        "properties": {"message": {"type": "string", "description": "A sentence for people"}},
    })
}
