//! One connection to the documents: what it may do in them, and what it is told.

use std::sync::Arc;

use hub::Context;

use crate::entrance::{Guest, Lesson, reply};
use crate::protocol::collaboration::{self, Action};
use crate::protocol::{CONTEXT_DEFAULT, Code, Invalid, Refusal, Request};

/// A connection to the documents.
#[derive(Default)]
pub(crate) struct Editing {
    /// The context its activity counts in.
    context_id: Option<Arc<str>>,
}

impl Lesson for Editing {
    type Action = Action;

    const ENDS_WHEN_TOO_FAST: bool = false;

    fn decode(text: &str) -> Result<Request<Action>, Invalid> {
        collaboration::decode(text)
    }

    fn counts(action: &Action) -> bool {
        !matches!(action, Action::Edit(_) | Action::Cursor(_))
    }

    /// Its documents are what a connection is in; a context is where its activity counts. So whoever
    /// names none, and whose token does not open the one meant by that, is in none, and may go on.
    fn enter(
        &mut self,
        name: &str,
        guest: &Guest<'_>,
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        if name == CONTEXT_DEFAULT && !guest.identity.may_enter(name) {
            return Ok(());
        }
        guest.check_context(name, "contextId", context)?;
        self.context_id = Some(name.into());
        Ok(())
    }

    fn context_id(&self) -> Option<Arc<str>> {
        self.context_id.clone()
    }

    fn act(
        &mut self,
        _action: Action,
        id: Option<&str>,
        _guest: &Guest<'_>,
        context: &mut Context<'_>,
    ) {
        let refusal = Refusal::new(Code::Unavailable, "Documents cannot be opened yet");
        reply(&refusal, id, context);
    }
}
