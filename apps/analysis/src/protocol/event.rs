//! What the server tells of identities, subscriptions and stages.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Event, Stage, Status};

/// The token was taken, or renewed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Authenticated<'a> {
    /// Whose it is.
    pub user_id: &'a str,
    /// When the token runs out, ISO 8601.
    pub expires_at: String,
}

/// The connection hears of the analysis from now on.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionConfirmed<'a> {
    /// Which.
    pub analysis_id: &'a str,
    /// How far it is.
    pub current_status: Status,
    /// The stages that are there.
    pub completed_stages: &'a [Stage],
}

/// The connection hears no more of the analysis.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnsubscriptionConfirmed<'a> {
    /// Which.
    pub analysis_id: &'a str,
}

/// The answer to `ping`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Pong {}

/// One stage, or several that came together, were stored.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StageCompleted<'a> {
    /// Of which analysis.
    pub analysis_id: &'a str,
    /// The latest of them.
    pub stage: Stage,
    /// All that are there.
    pub completed_stages: &'static [Stage],
    /// In percent: 33, 67, 100.
    pub progress: u8,
    /// Whether the stage can be fetched; always so.
    pub data_available: bool,
}

impl<'a> StageCompleted<'a> {
    /// The first `number` stages, 1 to 3, are there; `None` for any other number.
    #[must_use]
    pub fn new(analysis_id: &'a str, number: u8) -> Option<Self> {
        let completed_stages = Stage::first(number);
        let stage = *completed_stages.last().filter(|stage| stage.number() == number)?;
        let progress = Stage::progress(number);
        Some(Self { analysis_id, stage, completed_stages, progress, data_available: true })
    }
}

/// The analysis ended without all its stages.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnalysisFailed<'a> {
    /// Which.
    pub analysis_id: &'a str,
    /// The stage it was in.
    pub stage: Stage,
    /// A sentence to show.
    pub error_message: &'a str,
    /// The stable code, such as `REPO_NOT_FOUND`.
    pub error_code: &'a str,
    /// Whether another attempt may succeed.
    pub retryable: bool,
}

macro_rules! events {
    ($($event:ty => $name:literal),+ $(,)?) => {
        $(impl Event for $event {
            const TYPE: &'static str = $name;
        })+
    };
}

events! {
    Authenticated<'_> => "authenticated",
    SubscriptionConfirmed<'_> => "subscription_confirmed",
    UnsubscriptionConfirmed<'_> => "unsubscription_confirmed",
    Pong => "pong",
    StageCompleted<'_> => "stage_completed",
    AnalysisFailed<'_> => "analysis_failed",
}

#[cfg(test)]
mod tests {
    use model::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::protocol::encode;

    #[test]
    fn a_completed_stage_is_told_with_all_before_it_and_its_progress() {
        let told = |number| {
            let event = StageCompleted::new("a", number).unwrap();
            let text = encode(&event, Timestamp::from_millis(0), None);
            serde_json::from_slice::<Value>(&text).unwrap()
        };
        let expected = json!({
            "type": "stage_completed",
            "timestamp": "1970-01-01T00:00:00.000Z",
            "payload": {
                "analysisId": "a", "stage": "intelligence_report", "progress": 67,
                "completedStages": ["project_review", "intelligence_report"],
                "dataAvailable": true,
            },
        });
        assert_eq!(told(2), expected);
        assert_eq!(told(1)["payload"]["progress"], 33);
        assert_eq!(told(3)["payload"]["progress"], 100);
        assert!(StageCompleted::new("a", 0).is_none() && StageCompleted::new("a", 4).is_none());
    }
}
