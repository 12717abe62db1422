//! Stage 2 by rules: how the repository works.
//!
//! **Invariants.** The same facts give the same report. Every sentence is made from facts, and what it claims of
//! the code it cites as `path`, `path:line` or `path:from-to`. The diagram parses whatever the names in it.
//!
//! **Bounds.** At most 8 decisions, 6 trade-offs, 6 bottlenecks; 5 to 7 résumé bullets; a diagram of at most 25
//! nodes and 60 arrows.

mod bottlenecks;
mod bullets;
mod decisions;
mod diagram;
mod flow;
mod overview;
mod stack;

use repository::Facts;

use crate::review::measures::Measures;
use crate::{IntelligenceReport, SystemArchitecture};

/// Describes a repository called `name`.
#[must_use]
pub fn report(facts: &Facts, name: &str) -> IntelligenceReport {
    let measures = Measures::of(facts);
    let (design_decisions, tradeoffs) = decisions::decisions(&measures);
    IntelligenceReport {
        system_architecture: SystemArchitecture {
            overview: overview::overview(&measures, name),
            component_diagram: diagram::diagram(facts, name),
            data_flow: flow::data_flow(facts),
        },
        design_decisions,
        tradeoffs,
        scalability_bottlenecks: bottlenecks::bottlenecks(&measures),
        resume_bullets: bullets::bullets(&measures, name),
    }
}
