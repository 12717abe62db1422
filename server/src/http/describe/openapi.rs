//! The HTTP routes as an OpenAPI 3.1 document.

mod analysis;
mod analytics;
mod applications;
mod deals;
mod management;
mod operations;
mod route;
mod voice;

use serde_json::{Map, Value, json};

use route::Route;

/// The document.
#[must_use]
pub fn openapi() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in operations::routes()
        .into_iter()
        .chain(management::routes())
        .chain(applications::routes())
        .chain(analysis::routes())
        .chain(analytics::routes())
        .chain(deals::routes())
        .chain(voice::routes())
    {
        let path = paths.entry(route.path()).or_insert_with(|| json!({}));
        path[route.method()] = route.describe();
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Quintet",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The HTTP routes of a Quintet server. Bodies are JSON; times are ISO 8601 \
                in UTC with milliseconds. The WebSocket protocols are described in /asyncapi.json.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "AWS Signature Version 4 with the configured access key, for the \
                        service execute-api in any region",
                    "x-amazon-apigateway-authtype": "awsSigv4",
                },
            },
            "schemas": {"Error": error(), "ManagementError": management::error()},
        },
    })
}

/// What every failed request is answered.
fn error() -> Value {
    json!({
        "type": "object",
        "required": ["error", "message", "statusCode"],
        "properties": {
            "error": {"type": "string", "description": "A stable code, such as NOT_FOUND"},
            "message": {"type": "string", "description": "A sentence for people"},
            "statusCode": {"type": "integer", "description": "The HTTP status"},
            "field": {"type": "string", "description": "The offending field, where there is one"},
        },
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Every `.rs` file below `folder` that is no test.
    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("tests") {
                continue;
            }
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && path.file_stem().is_none_or(|name| name != "tests")
            {
                found.push(path);
            }
        }
    }

    /// The paths of all `.route("…"` in the code of the server and the applications.
    fn routed() -> Vec<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut files = Vec::new();
        for folder in ["server/src", "apps"] {
            sources(&root.join(folder), &mut files);
        }
        let mut paths = Vec::new();
        for file in files {
            let text = fs::read_to_string(file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for piece in code.split(".route(").skip(1) {
                let literal = piece.trim_start().strip_prefix('"');
                paths.extend(literal.and_then(|rest| rest.split('"').next()).map(str::to_owned));
            }
        }
        paths
    }

    /// A path with its parameters' names taken out: they may be called differently.
    fn shape(path: &str) -> String {
        let segments = path.split('/');
        let shapes = segments.map(|segment| if segment.starts_with('{') { "{}" } else { segment });
        shapes.collect::<Vec<_>>().join("/")
    }

    #[test]
    fn the_published_document_is_what_the_server_gives() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/openapi.json");
        let expected = super::super::pretty(&openapi());
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &expected).unwrap();
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == expected,
            "protocol/openapi.json is not up to date: run `UPDATE=1 cargo test -p server published`"
        );
    }

    #[test]
    fn every_route_of_the_code_is_described() {
        let document = openapi();
        let described: Vec<_> =
            document["paths"].as_object().unwrap().keys().map(|path| shape(path)).collect();
        let routed = routed();
        assert!(routed.len() > 10, "{routed:?}");
        for path in routed {
            assert!(described.contains(&shape(&path)), "{path} is not described");
        }
    }

    #[test]
    fn the_management_api_is_described_with_its_own_errors_and_both_ways_to_call() {
        let document = openapi();
        for path in ["/@connections/{connectionId}", "/{stage}/@connections/{connectionId}"] {
            for (method, success) in [("post", "200"), ("get", "200"), ("delete", "204")] {
                let operation = &document["paths"][path][method];
                let responses = operation["responses"].as_object().unwrap();
                assert!(responses.contains_key(success), "{method} {path}");
                let error = &responses["410"]["content"]["application/json"]["schema"]["$ref"];
                assert_eq!(error, "#/components/schemas/ManagementError");
                assert_eq!(operation["security"], json!([{"signature": []}, {"token": []}]));
            }
        }
        let schemes = document["components"]["securitySchemes"].as_object().unwrap();
        assert!(schemes.contains_key("signature") && schemes.contains_key("token"));
    }

    #[test]
    fn every_operation_has_a_name_of_its_own_an_answer_and_its_parameters() {
        let document = openapi();
        let mut names = Vec::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                names.push(operation["operationId"].as_str().unwrap().to_owned());
                assert!(operation["responses"].as_object().unwrap().len() > 1, "{method} {path}");
                let parameters = operation["parameters"].as_array().unwrap();
                let in_path = parameters.iter().filter(|it| it["in"] == "path").count();
                assert_eq!(in_path, path.matches('{').count(), "{method} {path}");
            }
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
