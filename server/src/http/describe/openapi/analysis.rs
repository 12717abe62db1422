//! The routes of analyses and of interviews about them.

use appraisal::{IntelligenceReport, InterviewSimulation, ProjectReview};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::Route;
use super::route::{count, name, object, string, time};

pub(super) fn routes() -> Vec<Route> {
    let mut routes = analyses();
    routes.extend(interviews());
    routes
}

fn analyses() -> Vec<Route> {
    let none = "No such analysis, or not the caller's";
    vec![
        Route::post("/api/analyze", "createAnalysis", "Have a repository analysed")
            .takes(object(&[("repositoryUrl", string())]))
            .answers(
                202,
                "The analysis, which begins when a worker is free",
                object(&[
                    ("analysisId", string()),
                    ("status", json!({"const": "initiated"})),
                    (
                        "estimatedCompletionTime",
                        json!({"type": "integer", "description": "Seconds"}),
                    ),
                ]),
            ),
        Route::get("/api/analyses", "listAnalyses", "Analyses of the caller")
            .pages("The newest first", &summary()),
        Route::get("/api/analysis/{id}", "showAnalysis", "An analysis with what its stages say")
            .answers(200, "The analysis", analysis())
            .fails(404, none),
        Route::delete("/api/analysis/{id}", "deleteAnalysis", "Stop and forget an analysis")
            .fails(404, none),
        Route::get("/api/analysis/{id}/status", "analysisStatus", "How far an analysis is")
            .answers(200, "Where it is", progress())
            .fails(404, none),
        Route::get("/api/analysis/{id}/files", "citedLines", "Lines that an analysis cites")
            .query("path", "A file of the repository at the analysed commit")
            .query("from", "The first line, from 1")
            .query("to", "The last line")
            .answers(200, "The lines", lines())
            .fails(404, "No such analysis, not the caller's, or no such file in it"),
    ]
}

fn interviews() -> Vec<Route> {
    let question = [("questionId", name()), ("answer", answer())];
    vec![
        Route::post(
            "/api/interview/{analysisId}/answer",
            "tryAnswer",
            "Have an answer evaluated outside any interview",
        )
        .takes(object(&question))
        .answers(200, "The evaluation", evaluation())
        .fails(404, "No such analysis or question, or not the caller's")
        .fails(
            409,
            "The questions are not there yet, or an interview with this one is not complete",
        ),
        Route::get("/api/interviews", "listInterviews", "Interviews of the caller")
            .query("analysisId", "Only those about this analysis")
            .pages("The newest first", &listed())
            .fails(404, "No such analysis, or not the caller's"),
        Route::get("/api/interviews/{sessionId}", "showInterview", "What was said in an interview")
            .answers(200, "The interview", interview())
            .fails(404, "No such interview, or not the caller's"),
    ]
}

fn answer() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 20_000})
}

fn score() -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": 100})
}

fn strings() -> Value {
    json!({"type": "array", "items": {"type": "string"}})
}

fn status() -> Value {
    json!({"enum": ["initiated", "processing", "completed", "failed"]})
}

fn stage() -> Value {
    json!({"enum": ["project_review", "intelligence_report", "interview_simulation"]})
}

fn stages() -> Value {
    json!({"type": "array", "items": stage()})
}

fn summary() -> Value {
    object(&[
        ("analysisId", string()),
        ("repositoryUrl", string()),
        ("createdAt", time()),
        ("status", status()),
        ("completedStages", stages()),
        ("progress", score()),
    ])
}

/// `schema` with properties that need not be there.
fn with(mut schema: Value, optional: &[(&str, Value)]) -> Value {
    for (name, property) in optional {
        schema["properties"][name] = property.clone();
    }
    schema
}

/// What stands in an analysis that failed.
fn failure() -> [(&'static str, Value); 3] {
    [("errorMessage", string()), ("errorCode", string()), ("retryable", json!({"type": "boolean"}))]
}

fn progress() -> Value {
    let always = object(&[
        ("analysisId", string()),
        ("status", status()),
        ("completedStages", stages()),
        ("currentStage", json!({"anyOf": [stage(), {"type": "null"}]})),
        ("progress", score()),
    ]);
    with(with(always, &failure()), &[("queuePosition", count())])
}

fn analysis() -> Value {
    let always = object(&[
        ("analysisId", string()),
        ("repositoryUrl", string()),
        ("createdAt", time()),
        ("status", status()),
        ("completedStages", stages()),
    ]);
    let stages = [
        ("projectReview", schema_of::<ProjectReview>()),
        ("intelligenceReport", schema_of::<IntelligenceReport>()),
        ("interviewSimulation", simulation()),
    ];
    with(with(always, &failure()), &stages)
}

fn schema_of<T: JsonSchema>() -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Key points are shown after an interview only.
fn simulation() -> Value {
    let mut schema = schema_of::<InterviewSimulation>();
    let question = &mut schema["properties"]["questions"]["items"];
    if let Some(required) = question["required"].as_array_mut() {
        required.retain(|field| field != "keyPoints");
    }
    schema
}

fn lines() -> Value {
    object(&[
        ("path", string()),
        ("from", count()),
        ("to", count()),
        ("totalLines", count()),
        ("lines", strings()),
        ("hasMore", json!({"type": "boolean"})),
    ])
}

fn evaluation() -> Value {
    let always = object(&[
        ("score", score()),
        ("strengths", strings()),
        ("weaknesses", strings()),
        ("missingPoints", strings()),
        ("feedback", string()),
    ]);
    with(always, &[("exampleAnswer", string())])
}

fn interview() -> Value {
    let exchange = object(&[
        ("questionId", string()),
        ("question", string()),
        ("questionNumber", count()),
        ("answer", string()),
        ("answeredAt", time()),
        ("responseTimeMs", count()),
        ("evaluation", evaluation()),
    ]);
    let mut always = sitting();
    always.push(("transcript", json!({"type": "array", "items": exchange})));
    let nested = || json!({"type": "object"});
    let elapsed = json!({
        "type": "integer", "minimum": 0,
        "description": "What the current question has taken so far, pauses left out",
    });
    let optional = [
        ("endedAt", time()),
        ("summary", nested()),
        ("currentQuestion", nested()),
        ("elapsedTimeMs", elapsed),
    ];
    with(object(&always), &optional)
}

/// What is shown of every interview.
fn sitting() -> Vec<(&'static str, Value)> {
    vec![
        ("sessionId", string()),
        ("analysisId", string()),
        ("sessionType", json!({"enum": ["live", "practice"]})),
        ("status", json!({"enum": ["active", "paused", "complete"]})),
        ("startedAt", time()),
        ("currentQuestionIndex", count()),
        ("totalQuestions", count()),
    ]
}

/// An interview of a list.
fn listed() -> Value {
    let mut always = sitting();
    always.push(("questionsAnswered", count()));
    with(object(&always), &[("endedAt", time()), ("overallScore", score())])
}
