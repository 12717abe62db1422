//! Stage 2 as a model writes it. The diagram is drawn by us from the parts it names, so that it can be drawn.
//!
//! **Bounds.** [`EACH_MAX`] decisions, trade-offs and bottlenecks; [`BULLETS_MIN`] to [`BULLETS_MAX`] sentences
//! for a résumé, whose numbers are all among the facts.

use schemars::JsonSchema;
use serde::Deserialize;

use super::diagram::{self, Component, Connection};
use super::sieve::{Sieve, cited, fill, numbers};
use super::{Claim, Desk, Draft, desk};
use crate::{DesignDecision, IntelligenceReport, Material, SystemArchitecture};

/// Decisions, trade-offs, and bottlenecks, that are told.
const EACH_MAX: usize = 8;
/// Sentences for a résumé, at least.
const BULLETS_MIN: usize = 5;
/// Sentences for a résumé, at most.
const BULLETS_MAX: usize = 7;

/// A report on how the repository works.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportDraft {
    /// What it is and how it is built, three to six sentences.
    overview: String,
    /// How data goes from the entry points on, three to six sentences.
    data_flow: String,
    /// Its parts, 3 to 15.
    components: Vec<Component>,
    /// How the parts are connected.
    connections: Vec<Connection>,
    /// 3 to 8 decisions that can be read from the code.
    design_decisions: Vec<DecisionDraft>,
    /// 2 to 6 trade-offs: what was given up for what.
    tradeoffs: Vec<Statement>,
    /// 2 to 6 places that hurt first under load.
    scalability_bottlenecks: Vec<Statement>,
    /// 5 to 7 sentences for a résumé, each beginning with a verb, with numbers of the facts only.
    resume_bullets: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DecisionDraft {
    /// What was decided.
    decision: String,
    /// What speaks for it.
    rationale: String,
    /// Where it shows.
    file_references: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Statement {
    /// One or two sentences, without paths.
    statement: String,
    /// Where it shows.
    file_references: Vec<String>,
}

impl Draft for ReportDraft {
    type Stage = IntelligenceReport;
    const NAME: &'static str = "intelligence_report";
    const TASK: &'static str = "Explain how the repository works, so that its author can explain it: an \
        overview, its parts and how they are connected, how data flows, the decisions that can be read from \
        the code, trade-offs, what will hurt first under load, and 5 to 7 sentences for a résumé.";

    fn by_rules(material: &Material, _seed: &str) -> IntelligenceReport {
        crate::report(&material.facts, &material.name)
    }

    fn claims(&mut self) -> Vec<Claim<'_>> {
        let decisions = self
            .design_decisions
            .iter_mut()
            .map(|it| Claim { text: &it.decision, references: &mut it.file_references });
        let statements = self.tradeoffs.iter_mut().chain(&mut self.scalability_bottlenecks);
        let statements =
            statements.map(|it| Claim { text: &it.statement, references: &mut it.file_references });
        let components = self
            .components
            .iter_mut()
            .map(|it| Claim { text: &it.name, references: &mut it.file_references });
        decisions.chain(statements).chain(components).collect()
    }

    fn finish(
        self,
        desk: &Desk<IntelligenceReport>,
        dropped: &mut usize,
    ) -> Result<IntelligenceReport, &'static str> {
        let rules = &desk.by_rules;
        let mut sieve = Sieve { material: &desk.material, dropped };
        let design_decisions = sieve.cited(self.design_decisions, EACH_MAX, decision);
        if design_decisions.is_empty() {
            return Err("no design decision");
        }
        let tradeoffs = sieve.cited(self.tradeoffs, EACH_MAX, statement);
        let bottlenecks = sieve.cited(self.scalability_bottlenecks, EACH_MAX, statement);
        let facts = desk::numbers(&desk.material);
        let mut bullets = sieve.cited(self.resume_bullets, BULLETS_MAX, |sieve, text| {
            sieve.text(&text).filter(|text| numbers(text).all(|it| facts.contains(&it)))
        });
        fill(&mut bullets, &rules.resume_bullets, BULLETS_MIN, |one, other| one == other);
        let components = sieve.cited(self.components, diagram::COMPONENTS_MAX, |sieve, it| {
            (!it.file_references.is_empty() && sieve.text(&it.name).is_some()).then_some(it)
        });
        let architecture = &rules.system_architecture;
        let diagram = diagram::draw(&components, &self.connections);
        let or_rules = |made: Option<String>, rules: &String| made.unwrap_or_else(|| rules.clone());
        let or_all = |made: Vec<String>, rules: &Vec<String>| {
            if made.is_empty() { rules.clone() } else { made }
        };
        Ok(IntelligenceReport {
            system_architecture: SystemArchitecture {
                overview: or_rules(sieve.passage(&self.overview), &architecture.overview),
                component_diagram: or_rules(diagram, &architecture.component_diagram),
                data_flow: or_rules(sieve.passage(&self.data_flow), &architecture.data_flow),
            },
            design_decisions,
            tradeoffs: or_all(tradeoffs, &rules.tradeoffs),
            scalability_bottlenecks: or_all(bottlenecks, &rules.scalability_bottlenecks),
            resume_bullets: bullets,
        })
    }
}

fn decision(sieve: &Sieve<'_>, draft: DecisionDraft) -> Option<DesignDecision> {
    Some(DesignDecision {
        file_references: cited(draft.file_references)?,
        decision: sieve.text(&draft.decision)?,
        rationale: sieve.text(&draft.rationale)?,
    })
}

/// A statement with its references behind it.
fn statement(sieve: &Sieve<'_>, draft: Statement) -> Option<String> {
    let references = cited(draft.file_references)?.join(", ");
    Some(format!("{} ({references})", sieve.text(&draft.statement)?))
}
