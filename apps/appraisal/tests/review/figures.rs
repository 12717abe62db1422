//! What holds whatever the repository is.

use appraisal::{ProjectReview, report, review};
use proptest::prelude::{ProptestConfig, Strategy};
use proptest::{prop_assert, prop_assert_eq, proptest};
use repository::{Facts, File, Role};

use crate::drawn::{assert_report, assert_review, facts, finding};

/// All scores, by name.
fn scores(review: &ProjectReview) -> [(&'static str, u8); 9] {
    [
        ("codeQuality.score", review.code_quality.score),
        ("readability", review.code_quality.readability),
        ("maintainability", review.code_quality.maintainability),
        ("bestPractices", review.code_quality.best_practices),
        ("architectureClarity.score", review.architecture_clarity.score),
        ("componentOrganization", review.architecture_clarity.component_organization),
        ("separationOfConcerns", review.architecture_clarity.separation_of_concerns),
        ("employabilitySignal.score", review.employability_signal.score),
        ("productionReadiness", review.employability_signal.production_readiness),
    ]
}

/// The first score that is lower in the second review.
fn lowered(before: &Facts, after: &Facts) -> Option<String> {
    let (before, after) = (scores(&review(before)), scores(&review(after)));
    let pairs = before.into_iter().zip(after);
    let mut lower = pairs.filter(|((_, before), (_, after))| after < before);
    lower.next().map(|((name, before), (_, after))| format!("{name} fell from {before} to {after}"))
}

fn with_file(facts: &Facts, path: &str, role: Role, code: usize) -> Facts {
    let mut facts = facts.clone();
    let file = File { path: path.to_owned(), role, lines: code, code, ..File::default() };
    facts.files.push(file);
    facts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_claim_stands_within_its_bounds_and_cites_what_exists(facts in facts()) {
        assert_review(&facts, &review(&facts));
        assert_report(&facts, &report(&facts, "a`name\n\"]"));
    }

    #[test]
    fn the_same_facts_are_judged_the_same(facts in facts()) {
        prop_assert_eq!(review(&facts), review(&facts));
        prop_assert_eq!(report(&facts, "shelf"), report(&facts, "shelf"));
    }

    #[test]
    fn more_tests_never_lower_a_score(facts in facts(), code in 1..5_000_usize) {
        let more = with_file(&facts, "tests/zz_more.rs", Role::Test, code);
        prop_assert_eq!(lowered(&facts, &more), None);
    }

    #[test]
    fn a_licence_a_readme_checks_and_containers_never_lower_a_score(facts in facts(), lines in 1..200_usize) {
        let mut more = with_file(&facts, "README.md", Role::Documentation, 0);
        more.files.last_mut().expect("it was added").lines = lines;
        more.practices.documentation.insert(0, "README.md".to_owned());
        prop_assert_eq!(lowered(&facts, &more), None);
        for practice in ["licences", "ci", "linters", "containers", "configuration"] {
            let mut more = facts.clone();
            let practices = &mut more.practices;
            match practice {
                "licences" => practices.licences.push("LICENSE".to_owned()),
                "ci" => practices.ci.push("ci.yml".to_owned()),
                "linters" => practices.linters.push("lint.toml".to_owned()),
                "containers" => practices.containers.push("Dockerfile".to_owned()),
                _ => practices.configuration.push(".env.example".to_owned()),
            }
            prop_assert_eq!(lowered(&facts, &more), None, "{}", practice);
        }
    }

    #[test]
    fn a_further_finding_never_raises_a_score(facts in facts(), at in 0..12_usize, found in finding()) {
        let mut worse = facts.clone();
        let at = at % worse.files.len();
        worse.files[at].findings.push(found);
        prop_assert_eq!(lowered(&worse, &facts), None);
    }

    #[test]
    fn a_secret_more_never_raises_a_score(facts in facts()) {
        let mut worse = facts.clone();
        worse.skipped.secrets += 1;
        prop_assert_eq!(lowered(&worse, &facts), None);
    }

    #[test]
    fn a_ring_less_never_lowers_a_score(facts in facts()) {
        let mut better = facts.clone();
        better.cycles.clear();
        prop_assert_eq!(lowered(&facts, &better), None);
    }

    #[test]
    fn shorter_flatter_functions_never_lower_a_score(facts in facts().prop_filter("has source", |facts| {
        facts.files.iter().any(|file| file.role == Role::Source)
    })) {
        let mut better = facts.clone();
        for function in better.files.iter_mut().flat_map(|file| &mut file.functions).filter(|one| !one.is_test) {
            function.last_line = function.first_line + (function.last_line - function.first_line) / 2;
            function.nesting /= 2;
            function.branches /= 2;
            function.parameters.truncate(2);
        }
        // What share of all lines stands in long functions may rise when others get shorter, so maintainability
        // as a whole is not bound by it.
        let (before, after) = (review(&facts), review(&better));
        prop_assert!(after.code_quality.readability >= before.code_quality.readability);
        prop_assert!(
            after.architecture_clarity.separation_of_concerns >= before.architecture_clarity.separation_of_concerns
        );
    }
}
