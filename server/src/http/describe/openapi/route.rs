//! How one route is described.

use serde_json::{Map, Value, json};

/// Who may call a route.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Anyone,
    User,
    Admin,
    Manager,
}

/// One method of one path.
pub(super) struct Route {
    method: &'static str,
    path: &'static str,
    name: &'static str,
    summary: &'static str,
    access: Access,
    query: Vec<(&'static str, Value, &'static str)>,
    /// The form, such as `application/json`, and the schema.
    body: Option<(&'static str, Value)>,
    answer: (u16, &'static str, Option<(&'static str, Value)>),
    errors: Vec<(u16, &'static str)>,
}

impl Route {
    fn new(
        method: &'static str,
        path: &'static str,
        name: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            path,
            name,
            summary,
            access: Access::User,
            query: Vec::new(),
            body: None,
            answer: (204, "Done", None),
            errors: Vec::new(),
        }
    }

    pub(super) fn get(path: &'static str, name: &'static str, summary: &'static str) -> Self {
        Self::new("get", path, name, summary)
    }

    pub(super) fn post(path: &'static str, name: &'static str, summary: &'static str) -> Self {
        Self::new("post", path, name, summary)
    }

    pub(super) fn put(path: &'static str, name: &'static str, summary: &'static str) -> Self {
        Self::new("put", path, name, summary)
    }

    pub(super) fn delete(path: &'static str, name: &'static str, summary: &'static str) -> Self {
        Self::new("delete", path, name, summary)
    }

    /// Needs no token.
    pub(super) fn for_anyone(mut self) -> Self {
        self.access = Access::Anyone;
        self
    }

    /// Needs the role `admin`.
    pub(super) fn for_admins(mut self) -> Self {
        self.access = Access::Admin;
        self
    }

    /// Needs a signature or the role `admin`.
    pub(super) fn for_managers(mut self) -> Self {
        self.access = Access::Manager;
        self
    }

    /// Takes a text in the query.
    pub(super) fn query(mut self, name: &'static str, about: &'static str) -> Self {
        self.query.push((name, json!({"type": "string"}), about));
        self
    }

    /// Is cut into pages of `item`.
    pub(super) fn pages(mut self, about: &'static str, item: &Value) -> Self {
        let limit = json!({"type": "integer", "minimum": 1, "maximum": 200, "default": 50});
        self.query.push(("limit", limit, "Items of a page"));
        self.query("cursor", "The `nextCursor` of the page before").answers(
            200,
            about,
            json!({
                "type": "object",
                "required": ["items", "nextCursor"],
                "properties": {
                    "items": {"type": "array", "items": item},
                    "nextCursor": {"type": ["string", "null"]},
                },
            }),
        )
    }

    /// Takes a JSON body.
    pub(super) fn takes(mut self, schema: Value) -> Self {
        self.body = Some(("application/json", schema));
        self
    }

    /// Takes any bytes.
    pub(super) fn takes_bytes(mut self, about: &str) -> Self {
        self.body = Some(("application/octet-stream", json!({"description": about})));
        self
    }

    /// Answers with an empty body.
    pub(super) fn answers_nothing(mut self, status: u16, about: &'static str) -> Self {
        self.answer = (status, about, None);
        self
    }

    /// Answers JSON.
    pub(super) fn answers(self, status: u16, about: &'static str, schema: Value) -> Self {
        self.answers_as("application/json", status, about, schema)
    }

    /// Answers something else than JSON.
    pub(super) fn answers_as(
        mut self,
        form: &'static str,
        status: u16,
        about: &'static str,
        schema: Value,
    ) -> Self {
        self.answer = (status, about, Some((form, schema)));
        self
    }

    /// Becomes a WebSocket.
    pub(super) fn switches_protocols(mut self) -> Self {
        self.answer = (101, "The connection speaks WebSocket; see /asyncapi.json", None);
        self
    }

    /// May fail so, besides what every route may.
    pub(super) fn fails(mut self, status: u16, about: &'static str) -> Self {
        self.errors.push((status, about));
        self
    }

    pub(super) fn path(&self) -> String {
        self.path.to_owned()
    }

    pub(super) fn method(&self) -> &'static str {
        self.method
    }

    pub(super) fn describe(&self) -> Value {
        let mut operation = json!({
            "operationId": self.name,
            "summary": self.summary,
            "parameters": self.parameters(),
            "responses": self.responses(),
            "security": match self.access {
                Access::Anyone => json!([]),
                Access::User | Access::Admin => json!([{"token": []}]),
                Access::Manager => json!([{"signature": []}, {"token": []}]),
            },
        });
        if let Some((form, schema)) = &self.body {
            operation["requestBody"] =
                json!({"required": true, "content": {*form: {"schema": schema}}});
        }
        operation
    }

    fn parameters(&self) -> Vec<Value> {
        let names = self.path.split('/').filter_map(|segment| {
            segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'))
        });
        let in_path = names.map(|name| {
            json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})
        });
        let in_query = self.query.iter().map(|(name, schema, about)| {
            json!({"name": name, "in": "query", "schema": schema, "description": about})
        });
        in_path.chain(in_query).collect()
    }

    fn responses(&self) -> Map<String, Value> {
        let (status, about, content) = &self.answer;
        let mut answer = json!({"description": about});
        if let Some((form, schema)) = content {
            answer["content"] = json!({*form: {"schema": schema}});
        }
        let mut responses = Map::new();
        responses.insert(status.to_string(), answer);
        for (status, about) in self.usual_errors().into_iter().chain(self.errors.iter().copied()) {
            responses.insert(status.to_string(), failure(self.access, about));
        }
        responses
    }

    fn usual_errors(&self) -> Vec<(u16, &'static str)> {
        if self.access == Access::Manager {
            let mut errors = vec![
                (403, "Not signed with the access key, no administrator, or no such stage"),
                (429, "Too many refused requests"),
            ];
            if self.body.is_some() {
                errors.push((413, "The message is larger than the connection takes"));
            }
            return errors;
        }
        let mut errors = vec![(429, "Too many requests")];
        if self.body.is_some() || !self.query.is_empty() {
            errors.push((400, "A field or parameter is wrong; `field` names it"));
        }
        if self.body.is_some() {
            errors.push((413, "The body is too large"));
        }
        if self.access != Access::Anyone {
            errors.push((401, "No valid token"));
        }
        if self.access == Access::Admin {
            errors.push((403, "Not an administrator"));
        }
        errors
    }
}

fn failure(access: Access, about: &str) -> Value {
    let schema = match access {
        Access::Manager => json!({"$ref": "#/components/schemas/ManagementError"}),
        _ => json!({"$ref": "#/components/schemas/Error"}),
    };
    json!({"description": about, "content": {"application/json": {"schema": schema}}})
}

/// An object of these required properties.
pub(super) fn object(properties: &[(&str, Value)]) -> Value {
    let required: Vec<_> = properties.iter().map(|(name, _)| *name).collect();
    let properties: Map<_, _> =
        properties.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({"type": "object", "required": required, "properties": properties})
}

/// A text.
pub(super) fn string() -> Value {
    json!({"type": "string"})
}

/// A text that may be missing.
pub(super) fn nullable() -> Value {
    json!({"type": ["string", "null"]})
}

/// A time.
pub(super) fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

/// An id that a client names.
pub(super) fn name() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 256})
}

/// A whole number from 0.
pub(super) fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}
