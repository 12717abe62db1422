//! Somebody's notes as stories: what stands under one heading, or in one paragraph.
//!
//! **Invariants.** Every line is a part of the notes as they stand. A story has at least a line.
//!
//! **Bounds.** [`LINES_MAX`] lines of the notes are read; the rest is left out.

use super::part::{Part, guessed, labelled, named};

/// Lines of notes that are read.
pub(crate) const LINES_MAX: usize = 2000;

/// What belongs together in the notes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Story<'n> {
    /// Its heading.
    pub(crate) title: Option<&'n str>,
    /// Its sentences, in order.
    pub(crate) lines: Vec<Line<'n>>,
}

/// A sentence of a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'n> {
    /// As it stands in the notes.
    pub(crate) text: &'n str,
    /// Which part of the story it is.
    pub(crate) part: Part,
    /// Whether a label said so.
    pub(crate) is_labelled: bool,
}

impl<'n> Story<'n> {
    /// The sentences of one part.
    pub(crate) fn part(&self, part: Part) -> impl Iterator<Item = &'n str> {
        self.lines.iter().filter(move |line| line.part == part).map(|line| line.text)
    }

    /// How many of the four parts it has.
    pub(crate) fn completeness(&self) -> usize {
        super::part::PARTS.iter().filter(|part| self.part(**part).next().is_some()).count()
    }

    /// Whether it tells of something that was done.
    pub(crate) fn is_told(&self) -> bool {
        self.completeness() > 1 && self.part(Part::Action).next().is_some()
    }

    /// Tells parts by their places, where nobody labelled them: of several things done the first says where
    /// it was and the last what came of it, if nothing else does; what is said behind them too.
    fn place(&mut self) {
        if self.lines.iter().any(|line| line.is_labelled) {
            return;
        }
        let count = |story: &Self, part| story.part(part).count();
        if count(self, Part::Result) == 0
            && count(self, Part::Action) > 0
            && let Some(last) = self.lines.last_mut()
            && last.part == Part::Situation
        {
            last.part = Part::Result;
        }
        if count(self, Part::Situation) == 0
            && count(self, Part::Action) > 1
            && let Some(first) = self.lines.first_mut()
            && first.part == Part::Action
        {
            first.part = Part::Situation;
        }
        if count(self, Part::Result) == 0
            && count(self, Part::Action) > 1
            && let Some(last) = self.lines.last_mut()
            && last.part == Part::Action
        {
            last.part = Part::Result;
        }
    }

    /// All of it, to be searched.
    pub(crate) fn text(&self) -> String {
        let lines = self.lines.iter().map(|line| line.text);
        self.title.into_iter().chain(lines).collect::<Vec<_>>().join(" ")
    }
}

/// The stories of some notes, in order.
pub(crate) fn stories(notes: &str) -> Vec<Story<'_>> {
    let has_headings =
        notes.lines().any(|line| heading(line).is_some_and(|it| named(it).is_none()));
    let mut reader = Reader { has_headings, ..Reader::default() };
    let mut at = 0;
    for line in notes.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if reader.count >= LINES_MAX {
            break;
        }
        reader.line(notes, line.trim(), start, at);
    }
    reader.read(notes);
    reader.end();
    reader.stories
}

/// Reads line by line; sentences that run over several lines are read as one.
#[derive(Default)]
struct Reader<'n> {
    has_headings: bool,
    stories: Vec<Story<'n>>,
    story: Story<'n>,
    /// The part that the last label named.
    part: Option<Part>,
    /// Where lines stand that are still to be read.
    waiting: Option<(usize, usize)>,
    count: usize,
}

impl<'n> Reader<'n> {
    fn line(&mut self, notes: &'n str, line: &'n str, start: usize, end: usize) {
        if line.is_empty() {
            self.read(notes);
            // Under headings, and between labels, a gap ends nothing.
            if !self.has_headings && self.part.is_none() {
                self.end();
            }
        } else if let Some(title) = heading(line) {
            self.read(notes);
            match named(title) {
                Some(part) => self.label(part),
                None => {
                    self.end();
                    self.story.title = Some(title);
                }
            }
        } else if let Some((part, rest)) = labelled(line) {
            self.read(notes);
            self.label(part);
            self.take(rest);
        } else {
            let first = self.waiting.map_or(start, |(first, _)| first);
            self.waiting = Some((first, end));
        }
    }

    /// A label: a situation begins a story anew.
    fn label(&mut self, part: Part) {
        let is_new = self.story.lines.iter().any(|line| line.is_labelled && line.part >= part);
        if is_new && part == Part::Situation {
            let title = self.story.title;
            self.end();
            self.story.title = title;
        }
        self.part = Some(part);
    }

    /// Reads the lines that wait.
    fn read(&mut self, notes: &'n str) {
        if let Some((start, end)) = self.waiting.take() {
            self.take(&notes[start..end]);
        }
    }

    fn take(&mut self, text: &'n str) {
        for text in text::sentences(text) {
            if self.count >= LINES_MAX {
                return;
            }
            self.count += 1;
            let part = self.part.unwrap_or_else(|| guessed(text));
            self.story.lines.push(Line { text, part, is_labelled: self.part.is_some() });
        }
    }

    fn end(&mut self) {
        let mut story = std::mem::take(&mut self.story);
        self.part = None;
        story.place();
        if !story.lines.is_empty() {
            self.stories.push(story);
        }
    }
}

/// What a heading says, if a line is one.
fn heading(line: &str) -> Option<&str> {
    let line = line.trim();
    let bare = line.trim_start_matches('#');
    let is_heading = bare.len() < line.len() && bare.starts_with([' ', '\t']);
    let title = bare.trim().trim_end_matches('#').trim();
    (is_heading && title.contains(char::is_alphanumeric)).then_some(title)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(story: &Story<'_>) -> Vec<(Part, String)> {
        story.lines.iter().map(|line| (line.part, line.text.to_owned())).collect()
    }

    #[test]
    fn headings_part_stories_and_labels_their_parts() {
        let notes = "# Outage at Acme\n**Situation:** Payments went down.\n\nTask: Bring them back.\n\
                     ### Action\n- I rolled back.\n- I called the bank.\nResult: Up in 20 minutes.\n\
                     ## Hobbies\nI climb.";
        let told = stories(notes);
        assert_eq!(told.len(), 2);
        assert_eq!(told[0].title, Some("Outage at Acme"));
        let expected = [
            (Part::Situation, "Payments went down."),
            (Part::Task, "Bring them back."),
            (Part::Action, "I rolled back."),
            (Part::Action, "I called the bank."),
            (Part::Result, "Up in 20 minutes."),
        ];
        assert_eq!(parts(&told[0]), expected.map(|(part, text)| (part, text.to_owned())));
        assert!(told[0].is_told() && told[0].completeness() == 4 && !told[1].is_told());
    }

    #[test]
    fn without_headings_paragraphs_are_stories_and_sentences_show_their_parts() {
        let notes = "At Acme the nightly report\ntook six hours. I had to make it faster. I added an \
                     index. It fell to ten minutes.\n\nI like Go.";
        let told = stories(notes);
        assert_eq!(told.len(), 2);
        let kinds: Vec<Part> = told[0].lines.iter().map(|line| line.part).collect();
        assert_eq!(kinds, [Part::Situation, Part::Task, Part::Action, Part::Result]);
        assert_eq!(told[0].lines[0].text, "At Acme the nightly report\ntook six hours.");
    }

    #[test]
    fn a_labelled_situation_begins_a_story_anew() {
        let notes = "S: One.\nA: I did it.\n\nS: Two.\nA: I did that.";
        let told = stories(notes);
        assert_eq!(told.len(), 2);
        assert_eq!(told[1].part(Part::Situation).collect::<Vec<_>>(), ["Two."]);
        assert_eq!(stories(" \n\n"), []);
    }

    proptest! {
        #[test]
        fn every_line_is_a_part_of_the_notes(notes in "[a-zA-Z:.#*\\- \\né]{0,400}") {
            let told = stories(&notes);
            for story in &told {
                prop_assert!(!story.lines.is_empty());
                prop_assert!(story.lines.iter().all(|line| notes.contains(line.text)));
                prop_assert!(story.title.is_none_or(|title| notes.contains(title)));
            }
            prop_assert_eq!(&told, &stories(&notes));
        }
    }
}
