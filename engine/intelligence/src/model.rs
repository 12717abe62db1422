//! The client of a model: calls with a deadline, bounds and retries.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use model::Clock;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::admission::Admission;
use crate::chat::{Piece, Request};
use crate::retry::{self, RETRIES_MAX};
use crate::schema::Schema;
use crate::sse::{Decoder, Event};
use crate::stats::Meters;
use crate::wire::{Body, Wire, is_event_stream};
use crate::{ModelError, OpenaiConfig, PROMPT_BYTES_MAX, Prompt, SetupError, TextStats};

/// Bytes of an answer's text.
pub const ANSWER_BYTES_MAX: usize = 512 * 1024;

/// A model that makes texts.
pub struct TextModel {
    wire: Wire,
    model: String,
    deadline: Duration,
    clock: Arc<dyn Clock>,
    admission: Admission,
    meters: Meters,
}

impl TextModel {
    /// A client; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// What of the configuration can't be used.
    pub fn new(config: &OpenaiConfig, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        Ok(Self {
            wire: Wire::new(config, "chat/completions")?,
            model: config.model.clone(),
            deadline: config.deadline,
            clock,
            admission: Admission::new(),
            meters: Meters::default(),
        })
    }

    /// What was asked so far.
    #[must_use]
    pub fn stats(&self) -> TextStats {
        self.meters.snapshot()
    }

    /// Asks for a text and tells it as it comes: at least one piece, none of them empty, at most
    /// [`ANSWER_BYTES_MAX`] in all. Ends well when the model is done, or when `on_delta` breaks.
    ///
    /// # Errors
    ///
    /// Any [`ModelError`] but `Invalid` and `Schema`; pieces may have been told before.
    pub async fn stream(
        &self,
        prompt: &Prompt,
        mut on_delta: impl FnMut(&str) -> ControlFlow<()> + Send,
    ) -> Result<(), ModelError> {
        let body = Request { stream: true, ..Request::new(&self.model, prompt) }.to_bytes();
        self.call(prompt, async |deadline| {
            let mut retry = 0;
            loop {
                let mut told = Told { bytes: 0, on_delta: &mut on_delta };
                match self.stream_once(body.clone(), &mut told).await {
                    Err(error) if told.bytes == 0 => {
                        self.wait_to_retry(retry, error, deadline).await?;
                    }
                    ended => return ended,
                }
                retry += 1;
            }
        })
        .await
    }

    /// Asks for a value in JSON. An answer that does not fit `T`'s schema is asked for again, and
    /// told so.
    ///
    /// # Errors
    ///
    /// Any [`ModelError`].
    pub async fn complete<T: JsonSchema + DeserializeOwned>(
        &self,
        prompt: &Prompt,
    ) -> Result<T, ModelError> {
        let schema = Schema::of::<T>()?;
        self.call(prompt, async |deadline| {
            let mut question = Question { prompt, schema: &schema, fault: None, is_formal: true };
            let mut retry = 0;
            loop {
                let error = match self.complete_once(&question).await {
                    Ok(value) => return Ok(value),
                    Err(error) => error,
                };
                if retry < RETRIES_MAX && question.learn(&error) {
                    self.meters.retried();
                } else {
                    self.wait_to_retry(retry, error, deadline).await?;
                }
                retry += 1;
            }
        })
        .await
    }

    /// Runs a call with its place, deadline and counts.
    async fn call<T>(
        &self,
        prompt: &Prompt,
        run: impl AsyncFnOnce(Instant) -> Result<T, ModelError>,
    ) -> Result<T, ModelError> {
        let counted = self.meters.begin(self.clock.clone());
        let deadline = Instant::now() + self.deadline;
        let admitted = async {
            if prompt.len() > PROMPT_BYTES_MAX {
                return Err(ModelError::PromptTooLong);
            }
            let _place = self.admission.enter().await?;
            run(deadline).await
        };
        let ended = tokio::time::timeout_at(deadline, admitted).await;
        let result = ended.unwrap_or(Err(ModelError::Deadline));
        counted.end(result.is_err());
        result
    }

    /// Waits before repetition `retry`, or gives the error back: it will not pass, or not in time.
    async fn wait_to_retry(
        &self,
        retry: u32,
        error: ModelError,
        deadline: Instant,
    ) -> Result<(), ModelError> {
        let random = u32::from_le_bytes(model::random_bytes());
        let wait = retry::wait(retry, error.retry_after(), random);
        let left = deadline.saturating_duration_since(Instant::now());
        if retry >= RETRIES_MAX || !error.is_passing() || wait >= left {
            return Err(error);
        }
        tracing::debug!(%error, retry, "asking the model again");
        self.meters.retried();
        tokio::time::sleep(wait).await;
        Ok(())
    }

    async fn stream_once<F: FnMut(&str) -> ControlFlow<()>>(
        &self,
        body: bytes::Bytes,
        told: &mut Told<'_, F>,
    ) -> Result<(), ModelError> {
        let response = self.wire.send(body).await?;
        if !is_event_stream(&response) {
            // Some servers know no streams and answer whole.
            let piece = Piece::read(&Body::new(response).whole().await?)?;
            let _ = told.tell(&piece.text)?;
            return if told.bytes > 0 { Ok(()) } else { Err(ModelError::Empty) };
        }
        let mut body = Body::new(response);
        let mut decoder = Decoder::new();
        let mut events = Vec::new();
        let mut is_done = false;
        while let Some(bytes) = body.next().await? {
            let decoded = decoder.feed(&bytes, &mut events);
            for event in events.drain(..) {
                match told.event(&event)? {
                    Step::More => {}
                    Step::Last => is_done = true,
                    Step::End => return told.end(),
                }
            }
            decoded.map_err(|_| ModelError::TooLong("a line over its bound"))?;
        }
        // The end mark is not everybody's custom; the model's word that it is done will do.
        if is_done { told.end() } else { Err(ModelError::BrokeOff(None)) }
    }

    async fn complete_once<T: DeserializeOwned>(
        &self,
        question: &Question<'_>,
    ) -> Result<T, ModelError> {
        let body = question.body(&self.model);
        let response = self.wire.send(body).await?;
        let piece = Piece::read(&Body::new(response).whole().await?)?;
        if piece.text.len() > ANSWER_BYTES_MAX {
            return Err(ModelError::TooLong("more text than an answer may have"));
        }
        question.schema.read(&piece.text).map_err(ModelError::Invalid)
    }
}

/// What one attempt has told.
struct Told<'a, F> {
    bytes: usize,
    on_delta: &'a mut F,
}

/// Where a stream stands after an event.
enum Step {
    More,
    /// The model is done; the end mark may follow.
    Last,
    End,
}

impl<F: FnMut(&str) -> ControlFlow<()>> Told<'_, F> {
    fn event(&mut self, event: &Event) -> Result<Step, ModelError> {
        if event.data.trim() == "[DONE]" {
            return Ok(Step::End);
        }
        let piece = Piece::read(event.data.as_bytes())?;
        if self.tell(&piece.text)?.is_break() {
            return Ok(Step::End);
        }
        Ok(if piece.is_last { Step::Last } else { Step::More })
    }

    fn tell(&mut self, text: &str) -> Result<ControlFlow<()>, ModelError> {
        if text.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        if self.bytes + text.len() > ANSWER_BYTES_MAX {
            return Err(ModelError::TooLong("more text than an answer may have"));
        }
        self.bytes += text.len();
        Ok((self.on_delta)(text))
    }

    fn end(&self) -> Result<(), ModelError> {
        if self.bytes > 0 { Ok(()) } else { Err(ModelError::Empty) }
    }
}

/// What is asked of [`TextModel::complete`], and what was learnt from refusals.
struct Question<'a> {
    prompt: &'a Prompt,
    schema: &'a Schema,
    /// What was wrong with the last answer.
    fault: Option<String>,
    /// Whether the schema goes with the request as the API has it; not every server takes it.
    is_formal: bool,
}

impl Question<'_> {
    /// Whether asking again in another way may help.
    fn learn(&mut self, error: &ModelError) -> bool {
        match error {
            ModelError::Invalid(fault) => self.fault = Some(fault.clone()),
            ModelError::Refused { status: 400 | 422, .. } if self.is_formal => {
                self.is_formal = false;
            }
            _ => return false,
        }
        true
    }

    fn body(&self, model: &str) -> bytes::Bytes {
        let prompt = self.prompt.clone();
        let prompt = prompt.with_rule(&format!(
            "Answer with one JSON value and nothing else. It must fit this JSON Schema: {}",
            self.schema
        ));
        let prompt = match &self.fault {
            Some(fault) => prompt.with_rule(&format!("Your last answer did not fit: {fault}.")),
            None => prompt,
        };
        let mut request = Request::new(model, &prompt);
        request.response_format = self.is_formal.then(|| self.schema.response_format());
        request.to_bytes()
    }
}
