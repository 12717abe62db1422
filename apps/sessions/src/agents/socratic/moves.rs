//! The moves: questions with places for the user's words.
//!
//! `{t}` and `{u}` are terms, `{c}` a clause, `{p}` something said earlier, `{q}` the agent's last
//! question, `{w}` a single word, `{f}` a function and `{x}` its parameter.

/// What in a message calls for a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cue {
    /// It gives a reason, `{c}`.
    Reason,
    /// It says something holds without exception, `{w}`.
    Absolute,
    /// It plans or proposes something, `{c}`.
    Plan,
    /// It doubts.
    Doubt,
    /// It compares.
    Comparison,
    /// It asks how.
    How,
    /// It asks why.
    Why,
    /// It asks something else.
    What,
    /// Something goes wrong.
    Trouble,
    /// Its author does not know on.
    Stuck,
    /// It demands an answer instead of questions.
    Demand,
    /// It only greets.
    Greeting,
    /// It agrees, and no more.
    Nod,
    /// It is a short yes or no, `{w}`.
    Verdict,
    /// It holds a figure, `{w}`.
    Figure,
    /// It holds code.
    Code,
    /// It says something, `{c}`.
    Claim,
    /// Whatever it says.
    Any,
}

/// A question to be filled.
#[derive(Debug)]
pub(super) struct Move {
    pub(super) cue: Cue,
    /// Said before it.
    pub(super) lead: &'static str,
    pub(super) ask: &'static str,
}

impl Move {
    /// Whether a question is one of this move's.
    pub(super) fn made(&self, question: &str) -> bool {
        let mut rest = question;
        for (index, part) in self.fixed().enumerate() {
            let found = match index {
                0 => rest.strip_prefix(part),
                _ => rest.find(part).map(|at| &rest[at + part.len()..]),
            };
            let Some(after) = found else { return false };
            rest = after;
        }
        true
    }

    /// The parts between the places.
    fn fixed(&self) -> impl Iterator<Item = &'static str> {
        let mut rest = Some(self.ask);
        std::iter::from_fn(move || {
            let text = rest?;
            match text.split_once('{') {
                Some((part, after)) => {
                    rest = after.split_once('}').map(|(_, after)| after);
                    Some(part)
                }
                None => {
                    rest = None;
                    Some(text)
                }
            }
        })
    }
}

const fn ask(cue: Cue, ask: &'static str) -> Move {
    Move { cue, lead: "", ask }
}

const fn led(cue: Cue, lead: &'static str, ask: &'static str) -> Move {
    Move { cue, lead, ask }
}

/// Every move, the more searching ones of a kind first.
pub(super) const MOVES: &[Move] = &[
    led(
        Cue::Reason,
        "So your reason is “{c}”.",
        "If that turned out to be wrong, what would you do about {t} instead?",
    ),
    ask(
        Cue::Reason,
        "You say “{c}”: is that enough of a reason by itself, or does something else have to hold as well?",
    ),
    ask(Cue::Reason, "How could somebody else check that “{c}”, and what would they have to see?"),
    led(
        Cue::Absolute,
        "That is a strong word, “{w}”.",
        "What would be a case of {t} where it does not hold?",
    ),
    ask(
        Cue::Absolute,
        "How did you come to say “{w}” about {t}: by counting, from experience, or because somebody told you?",
    ),
    ask(
        Cue::Plan,
        "What is the smallest step towards “{c}” that would already show you whether it works?",
    ),
    ask(
        Cue::Plan,
        "Suppose you did “{c}” and regretted it a month later: what would most likely be the cause?",
    ),
    ask(
        Cue::Plan,
        "Which other way of dealing with {t} did you consider, and what spoke against it?",
    ),
    ask(Cue::Plan, "What would you have to give up for “{c}”?"),
    ask(Cue::Plan, "By which sign would you notice that “{c}” has done what you hoped for?"),
    led(
        Cue::Doubt,
        "You leave room for doubt.",
        "Which single fact about {t} would settle it for you?",
    ),
    ask(
        Cue::Doubt,
        "How sure are you about “{c}” on a scale from one to ten, and why not one less?",
    ),
    ask(
        Cue::Doubt,
        "What makes you hesitate about {t}: something you have seen, or something you have not looked at yet?",
    ),
    ask(
        Cue::Comparison,
        "By which measure is it better, and would everybody who deals with {t} choose that measure?",
    ),
    ask(
        Cue::Comparison,
        "What would have to change for the other side of “{c}” to come out ahead?",
    ),
    ask(
        Cue::How,
        "Before we look for a way: what do you know about {t} already, and where does that end?",
    ),
    ask(Cue::How, "What have you tried with {t} so far, and what did it show you?"),
    ask(
        Cue::How,
        "If somebody handed you an answer about {t}, how would you find out whether it is right?",
    ),
    ask(
        Cue::How,
        "What would the simplest version of {t} look like, the one that only just works?",
    ),
    ask(Cue::How, "Where have you solved something like {t} before, and what carries over?"),
    led(
        Cue::Why,
        "You want to know the cause.",
        "What is your own first guess about {t}, and what speaks against it?",
    ),
    ask(
        Cue::Why,
        "If your guess about {t} were wrong, what would you see that you do not see now?",
    ),
    ask(Cue::Why, "What would {t} be like if that cause were not there?"),
    ask(Cue::Why, "Which causes of {t} can you rule out already, and by what?"),
    ask(
        Cue::What,
        "How would you put {t} into one sentence for somebody who has never heard of it?",
    ),
    ask(Cue::What, "What is a clear example of {t}, and what comes close to it without being one?"),
    ask(Cue::What, "What would change for you once you had an answer about {t}?"),
    ask(Cue::What, "Into which two smaller questions could you split the one about {t}?"),
    ask(Cue::Trouble, "What did you expect {t} to do, and what did it do instead?"),
    ask(Cue::Trouble, "When was {t} last all right, and what is different since then?"),
    ask(Cue::Trouble, "What is the smallest case in which {t} still goes wrong?"),
    ask(
        Cue::Trouble,
        "What goes into {t} just before it goes wrong, and have you looked at it or do you assume it?",
    ),
    ask(Cue::Trouble, "If you had to prove that {t} is not to blame, how would you do it?"),
    ask(
        Cue::Stuck,
        "Which part of {t} is clear to you already, and what follows from that part alone?",
    ),
    ask(
        Cue::Stuck,
        "What would be an easier question than the one about {t}, one that you can answer?",
    ),
    ask(Cue::Stuck, "What exactly is the first thing about {t} that you cannot explain?"),
    ask(Cue::Stuck, "Who would know about {t}, and what is the one thing you would ask them?"),
    led(
        Cue::Demand,
        "I only ask; the answer is to be yours.",
        "What would you do with an answer, if you had it now?",
    ),
    led(
        Cue::Demand,
        "I only ask; the answer is to be yours.",
        "Which answer would you give if you had to decide within a minute?",
    ),
    led(
        Cue::Demand,
        "I only ask; the answer is to be yours.",
        "Which of my questions helped least, and what should I have asked instead?",
    ),
    led(Cue::Greeting, "Hello.", "What would you like to think through today?"),
    led(Cue::Greeting, "Hello.", "Which question has been on your mind lately, in one sentence?"),
    led(Cue::Greeting, "Hello.", "What would you like to understand better when we are done?"),
    ask(Cue::Nod, "What follows from that for {t}?"),
    ask(Cue::Nod, "What about {t} is still open for you?"),
    ask(Cue::Nod, "What would you try first now, as far as {t} goes?"),
    ask(Cue::Nod, "What follows from that for you?"),
    ask(Cue::Nod, "What is the next question you would put to yourself?"),
    ask(Cue::Verdict, "You say “{w}”: what tips the scales for you?"),
    ask(Cue::Verdict, "What would have made you say the opposite of “{w}”?"),
    ask(
        Cue::Verdict,
        "Is your “{w}” about all of it, or is there a part where you would answer otherwise?",
    ),
    ask(
        Cue::Verdict,
        "I had asked: “{q}” — what in your answer to that is knowledge, and what is a guess?",
    ),
    ask(Cue::Figure, "Where does the {w} come from, and what would happen with half of it?"),
    ask(Cue::Figure, "What would you do differently if it were not {w} but ten times that?"),
    ask(Cue::Code, "What does {f} promise to its callers, in one sentence?"),
    ask(Cue::Code, "What should {f} do when {x} is empty, and what does it do?"),
    ask(Cue::Code, "Which line of {f} would you test first, and with which input?"),
    ask(Cue::Code, "What would surprise somebody who knows only the name of {f}?"),
    ask(Cue::Code, "Which input would make {f} take the path you have looked at least?"),
    ask(
        Cue::Code,
        "If you had to cut {f} in two, where would the cut be, and what would the parts be called?",
    ),
    ask(Cue::Claim, "What do you mean by {t} here, in words that a newcomer would understand?"),
    ask(Cue::Claim, "How do you know that “{c}”?"),
    ask(Cue::Claim, "What do you take for granted about {t} when you say that?"),
    ask(
        Cue::Claim,
        "What would somebody say who sees {t} differently, and where would they be right?",
    ),
    ask(Cue::Claim, "If it is true that “{c}”, what else has to be true?"),
    ask(Cue::Claim, "What would change your mind about {t}?"),
    ask(Cue::Claim, "Who else has to live with {t}, and would they say the same?"),
    ask(Cue::Any, "How do {t} and {u} hang together: does one need the other?"),
    ask(Cue::Any, "Earlier you said “{p}”: how does that fit with {t} now?"),
    ask(Cue::Any, "Does what you say about {t} hold for {u} as well?"),
    ask(Cue::Any, "What would be lost if {t} were simply left out?"),
    ask(Cue::Any, "Between “{p}” and what you say about {t} now, what has become clearer to you?"),
    ask(
        Cue::Any,
        "If you could keep only one of {t} and {u}, which would it be, and what would you lose?",
    ),
    ask(Cue::Any, "Which part of {t} matters most to you, and why that one?"),
    ask(Cue::Any, "What would {t} look like if it went really well?"),
    ask(Cue::Any, "What happens to {t} when there is ten times as much of it?"),
    ask(Cue::Any, "What is the strongest objection to {t} that you can think of?"),
    ask(Cue::Any, "What about {t} have you seen yourself, and what do you only suppose?"),
    ask(Cue::Any, "Where is the line between {t} and {u}, as you use the words?"),
    ask(Cue::Any, "What is the next thing you would have to find out about {t}?"),
    ask(Cue::Any, "When is {t} the wrong thing to think about?"),
    ask(Cue::Any, "What makes this matter to you now?"),
    ask(Cue::Any, "What would count as done, so that you could stop thinking about it?"),
    ask(Cue::Any, "What do you hope I will ask next, and what is your answer to that?"),
    ask(Cue::Any, "Which of your assumptions here is the oldest, and does it still hold?"),
    ask(Cue::Any, "What would you tell a friend who came to you with exactly this?"),
    ask(Cue::Any, "What have you left out so far because it seemed too obvious to mention?"),
];

/// Moves for somebody who needs a smaller step.
pub(super) const STEPS: &[Move] = &[
    ask(
        Cue::Stuck,
        "What is the one word in your question about {t} whose meaning you are least sure of?",
    ),
    ask(Cue::Stuck, "Can you name one thing about {t} that you would bet on?"),
    ask(Cue::Stuck, "What did you last read or see about {t}?"),
    ask(Cue::Stuck, "Which example of {t} comes to your mind first?"),
    ask(Cue::Stuck, "How would you begin if {t} only had to work once?"),
    ask(Cue::Stuck, "What is {t} not?"),
];

/// Eyes to see a matter with.
pub(super) const VIEWERS: &[&str] = &[
    "somebody who joined yesterday",
    "the person who has to maintain it in five years",
    "somebody who has to pay for it",
    "a colleague who is tired at three in the morning",
    "somebody who wants to break it on purpose",
    "a careful sceptic",
    "somebody who tried the same and failed",
    "a teacher preparing a lesson",
    "somebody from another field altogether",
    "the person with the least power in it",
    "a friend who only has two minutes",
    "somebody who disagrees on principle",
    "your own self of a year ago",
    "a judge who wants evidence",
    "somebody who has to explain it to a child",
    "the person who would be blamed if it went wrong",
    "an engineer who counts every second",
    "somebody who has never used a computer",
    "a historian looking back in fifty years",
    "somebody who loves simple things",
    "the most demanding user you can think of",
    "somebody who is only afraid of surprises",
    "an outsider who asks naive questions",
    "the person who will do it after you",
];

/// What such eyes may see; `{v}` is who looks.
pub(super) const VIEWS: &[&str] = &[
    "Think of {v}: what would they ask first about {t}?",
    "What in {t} would {v} call unnecessary?",
    "Where would {v} stop listening if you told them about {t}?",
    "Which word about {t} would {v} want you to define?",
    "What would {v} test about {t} before believing it?",
    "What risk in {t} would {v} see that you have not named?",
    "Which example would convince {v} about {t}?",
    "What would {v} be glad of in {t}?",
    "What would {v} do about {t} in your place?",
    "Which of your reasons for {t} would {v} not accept?",
    "What would {v} say is the real question behind {t}?",
    "How would {v} describe {t} to others?",
    "What would {v} remember of {t} a week later?",
    "Which part of {t} would {v} begin with?",
];
