//! Random messages from two connections, against a model of what an interview is.

use std::collections::HashMap;

use model::{CloseReason, ConnectionId};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Play, QUESTIONS, VOID, questions, strong, text};

/// What somebody does; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Deed {
    Start { by: usize, is_practice: bool },
    Answer { by: usize, session: usize, question: Asks, is_strong: bool },
    Pause { by: usize, session: usize },
    Resume { by: usize, session: usize },
    Lose { by: usize },
    Repeat { by: usize, number: usize },
    Wait { seconds: u64 },
    Crash,
}

/// Which question is answered.
#[derive(Clone, Debug)]
enum Asks {
    Current,
    Number(usize),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let (by, session) = (0..2_usize, 0..3_usize);
    let asks = prop_oneof![8 => Just(Asks::Current), 1 => (0..QUESTIONS).prop_map(Asks::Number)];
    let deed = prop_oneof![
        2 => (by.clone(), any::<bool>()).prop_map(|(by, is_practice)| Deed::Start { by, is_practice }),
        14 => (by.clone(), session.clone(), asks, any::<bool>()).prop_map(
            |(by, session, question, is_strong)| Deed::Answer { by, session, question, is_strong }
        ),
        2 => (by.clone(), session.clone()).prop_map(|(by, session)| Deed::Pause { by, session }),
        3 => (by.clone(), session).prop_map(|(by, session)| Deed::Resume { by, session }),
        1 => by.clone().prop_map(|by| Deed::Lose { by }),
        2 => (by, 0..100_usize).prop_map(|(by, number)| Deed::Repeat { by, number }),
        2 => (1..70_u64).prop_map(|seconds| Deed::Wait { seconds }),
        1 => Just(Deed::Crash),
    ];
    prop::collection::vec(deed, 1..50)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Active,
    Paused,
    Complete,
}

/// What an interview should be.
struct Sitting {
    id: String,
    state: State,
    index: usize,
    follow_up: Option<String>,
    /// Milliseconds of the current question so far, and of the answers that were given.
    spent: u64,
    taken: Vec<u64>,
    /// Who hears of it; if they were lost, how long ago.
    listener: Option<usize>,
    lost_for: u64,
}

/// Everything, as it should be.
struct World {
    play: Play,
    people: [ConnectionId; 2],
    sittings: Vec<Sitting>,
    /// Answers that were taken: the message, and the evaluation that was told.
    given: Vec<(String, Value, Value)>,
    next_id: usize,
}

impl World {
    fn new() -> Self {
        let mut play = Play::new();
        play.analysis("a", "ada", 3);
        let people = [play.enter("ada"), play.enter("ada")];
        Self { play, people, sittings: Vec::new(), given: Vec::new(), next_id: 0 }
    }

    fn id(&mut self) -> String {
        self.next_id += 1;
        format!("r{}", self.next_id)
    }

    fn pause_others(&mut self, except: usize) {
        for (at, sitting) in self.sittings.iter_mut().enumerate() {
            if at != except && sitting.state == State::Active {
                sitting.state = State::Paused;
            }
        }
    }

    /// The id of a sitting, or one that nobody has.
    fn session(&self, chosen: usize) -> (Option<usize>, String) {
        let at = chosen.checked_rem(self.sittings.len());
        (at, at.map_or("nothing".into(), |at| self.sittings[at].id.clone()))
    }

    fn refused(&mut self, by: usize, code: &str) {
        self.play.refused(self.people[by], code);
    }

    fn start(&mut self, by: usize, is_practice: bool) {
        let session_type = if is_practice { "practice" } else { "live" };
        let id = self.play.start(self.people[by], "a", session_type);
        let sitting = Sitting {
            id,
            state: State::Active,
            index: 0,
            follow_up: None,
            spent: 0,
            taken: Vec::new(),
            listener: Some(by),
            lost_for: 0,
        };
        self.sittings.push(sitting);
        self.pause_others(self.sittings.len() - 1);
    }

    fn answer(&mut self, by: usize, session: usize, question: &Asks, is_strong: bool) {
        let (at, session) = self.session(session);
        let current = at.map(|at| {
            let sitting = &self.sittings[at];
            let main = format!("a-q{}", sitting.index);
            sitting.follow_up.clone().unwrap_or(main)
        });
        let question_id = match (question, &current) {
            (Asks::Current, Some(current)) => current.clone(),
            (Asks::Current, None) => "a-q0".to_owned(),
            (Asks::Number(number), _) => format!("a-q{number}"),
        };
        let index = at.map_or(0, |at| self.sittings[at].index);
        let answer = if is_strong { strong(&questions("a")[index]) } else { VOID.to_owned() };
        let payload = json!({"sessionId": session, "questionId": question_id, "answer": answer});
        let id = self.id();
        self.play.send_as(self.people[by], &id, "submit_answer", payload.clone());
        let Some(at) = at else { return self.refused(by, "SESSION_NOT_FOUND") };
        if self.sittings[at].state != State::Active {
            return self.refused(by, "SESSION_NOT_ACTIVE");
        }
        self.sittings[at].listener.get_or_insert(by);
        if current.as_deref() != Some(&*question_id) {
            return self.refused(by, "QUESTION_MISMATCH");
        }
        let evaluated = self.play.told(self.people[by], "answer_evaluated");
        assert_eq!(
            (&evaluated["sessionId"], &evaluated["questionId"]),
            (&json!(session), &json!(question_id))
        );
        self.follow(by, at, &evaluated);
        self.given.push((id, payload, evaluated));
    }

    /// What comes after an answer that was taken.
    fn follow(&mut self, by: usize, at: usize, evaluated: &Value) {
        let sitting = &mut self.sittings[at];
        sitting.taken.push(std::mem::take(&mut sitting.spent));
        let hears = self.people[sitting.listener.unwrap_or(by)];
        let is_last = sitting.index + 1 == QUESTIONS;
        match evaluated["nextAction"].as_str().unwrap() {
            "follow_up" => {
                assert!(sitting.follow_up.is_none(), "a question has at most one follow-up");
                let told = self.play.told(hears, "follow_up_question");
                assert_eq!(told["relatedToQuestionId"], format!("a-q{}", sitting.index));
                sitting.follow_up = Some(text(&told["questionId"]));
            }
            "next_question" => {
                assert!(!is_last);
                sitting.follow_up = None;
                sitting.index += 1;
                let told = self.play.told(hears, "next_question");
                assert_eq!(told["questionId"], format!("a-q{}", sitting.index));
                assert_eq!(told["questionNumber"], sitting.index + 1);
            }
            _ => {
                assert!(is_last);
                sitting.follow_up = None;
                sitting.state = State::Complete;
                let told = self.play.told(hears, "interview_complete");
                let (sum, count) = (sitting.taken.iter().sum::<u64>(), sitting.taken.len() as u64);
                let mean = (sum / count + 500) / 1000;
                assert_eq!(told["summary"]["averageResponseTime"], format!("{mean} seconds"));
                assert_eq!(told["summary"]["questionsAnswered"], QUESTIONS);
            }
        }
    }

    fn pause(&mut self, by: usize, session: usize) {
        let (at, session) = self.session(session);
        self.play.send(self.people[by], "pause_interview", json!({"sessionId": session}));
        let Some(at) = at else { return self.refused(by, "SESSION_NOT_FOUND") };
        if self.sittings[at].state != State::Active {
            return self.refused(by, "SESSION_NOT_ACTIVE");
        }
        let told = self.play.told(self.people[by], "interview_paused");
        assert_eq!(told["currentQuestionIndex"], self.sittings[at].index);
        self.sittings[at].state = State::Paused;
    }

    fn resume(&mut self, by: usize, session: usize) {
        let (at, session) = self.session(session);
        self.play.send(self.people[by], "resume_interview", json!({"sessionId": session}));
        let Some(at) = at else { return self.refused(by, "SESSION_NOT_FOUND") };
        if self.sittings[at].state == State::Complete {
            return self.refused(by, "SESSION_NOT_ACTIVE");
        }
        let told = self.play.told(self.people[by], "interview_resumed");
        let sitting = &mut self.sittings[at];
        let main = format!("a-q{}", sitting.index);
        let current = sitting.follow_up.as_ref().unwrap_or(&main);
        assert_eq!(told["currentQuestion"]["questionId"], *current);
        sitting.state = State::Active;
        (sitting.listener, sitting.lost_for) = (Some(by), 0);
        self.pause_others(at);
    }

    fn lose(&mut self, by: usize) {
        self.play.stage.close(self.people[by], &CloseReason::LOST);
        for sitting in &mut self.sittings {
            if sitting.listener == Some(by) {
                (sitting.listener, sitting.lost_for) = (None, 0);
            }
        }
        self.people[by] = self.play.enter("ada");
    }

    fn repeat(&mut self, by: usize, number: usize) {
        let Some(at) = number.checked_rem(self.given.len()) else { return };
        let (id, payload, evaluated) = self.given[at].clone();
        let of = |sitting: &&mut Sitting| payload["sessionId"] == *sitting.id;
        if let Some(sitting) = self.sittings.iter_mut().find(of) {
            sitting.listener.get_or_insert(by);
        }
        self.play.send_as(self.people[by], &id, "submit_answer", payload);
        assert_eq!(self.play.told(self.people[by], "answer_evaluated"), evaluated);
        // What follows may be told again; nothing else may.
        let next = match evaluated["nextAction"].as_str().unwrap() {
            "follow_up" => "follow_up_question",
            "next_question" => "next_question",
            _ => "interview_complete",
        };
        for message in self.play.stage.received(self.people[by]) {
            assert_eq!(message["type"], next);
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.play.advance(seconds);
        for sitting in self.sittings.iter_mut().filter(|sitting| sitting.state == State::Active) {
            sitting.spent += seconds * 1000;
            if sitting.listener.is_none() {
                sitting.lost_for += seconds;
                if sitting.lost_for >= 60 {
                    sitting.spent -= (sitting.lost_for - 60) * 1000;
                    sitting.state = State::Paused;
                    self.play.becomes("ada", &sitting.id, "paused");
                }
            }
        }
    }

    fn crash(self) -> Self {
        let Self { play, mut sittings, given, next_id, .. } = self;
        let mut play = play.crash();
        for sitting in &mut sittings {
            (sitting.listener, sitting.lost_for) = (None, 0);
        }
        // What an active one spent on its question was in memory only.
        let active = sittings.iter_mut().filter(|sitting| sitting.state == State::Active);
        active.for_each(|sitting| {
            let view = play.shown("ada", &sitting.id);
            assert_eq!(view["status"], "active");
            sitting.spent = kept(&play, &sitting.id);
        });
        let people = [play.enter("ada"), play.enter("ada")];
        Self { play, people, sittings, given, next_id }
    }

    /// Everything is as it should be, and nobody heard anything else.
    fn check(&mut self) {
        for person in self.people {
            assert_eq!(self.play.stage.received(person), [] as [Value; 0]);
        }
        let states: HashMap<_, _> =
            [(State::Active, "active"), (State::Paused, "paused"), (State::Complete, "complete")]
                .map(|(state, name)| (format!("{state:?}"), name))
                .into();
        for sitting in &self.sittings {
            let shown = self.play.shown("ada", &sitting.id);
            assert_eq!(shown["status"], states[&format!("{:?}", sitting.state)]);
            assert_eq!(shown["currentQuestionIndex"], sitting.index);
            let transcript = shown["transcript"].as_array().unwrap();
            let times: Vec<_> =
                transcript.iter().map(|it| it["responseTimeMs"].as_u64().unwrap()).collect();
            assert_eq!(times, sitting.taken);
        }
    }
}

/// Milliseconds of the current question that are in the store.
fn kept(play: &Play, session: &str) -> u64 {
    let id = session.to_owned();
    let sql = "SELECT spent_millis FROM analysis_interviews WHERE id = ?1";
    let read = move |db: &storage::rusqlite::Connection| db.query_row(sql, [id], |row| row.get(0));
    play.runtime.block_on(play.store.read(read)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_people_send_an_interview_is_what_the_model_says(deeds in deeds()) {
        let mut world = World::new();
        for deed in deeds {
            match deed {
                Deed::Start { by, is_practice } => world.start(by, is_practice),
                Deed::Answer { by, session, question, is_strong } => {
                    world.answer(by, session, &question, is_strong);
                }
                Deed::Pause { by, session } => world.pause(by, session),
                Deed::Resume { by, session } => world.resume(by, session),
                Deed::Lose { by } => world.lose(by),
                Deed::Repeat { by, number } => world.repeat(by, number),
                Deed::Wait { seconds } => world.wait(seconds),
                Deed::Crash => world = world.crash(),
            }
            world.check();
        }
    }
}
