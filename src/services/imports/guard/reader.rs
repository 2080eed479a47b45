//! What of a finding a reader may see: every count, and no owner's name and no live cell of others.

use super::EXAMPLES;
use crate::domain::guard::{Example, Finding, Rule};
use crate::domain::scope::OwnerScope;

/// A finding as a reader sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenFinding {
    /// With the examples that are for them.
    pub finding: Finding,
    /// Owners that it counts and does not name to them.
    pub others: u64,
}

/// A finding for whoever sees the rows of `owners`, and `sees_cells` of the file.
pub fn for_reader(finding: &Finding, sees_cells: bool, owners: &OwnerScope) -> SeenFinding {
    let mut finding = finding.clone();
    let names_owners = matches!(finding.rule, Rule::OwnersGone | Rule::OwnersNew);
    if let OwnerScope::Owners(own) = owners
        && finding.shows_cells
    {
        let is_own = |name: &Option<String>| name.as_ref().is_some_and(|name| own.contains(name));
        // What the file holds is known to who sent it; what is live is known to its owners.
        let is_of_file = |example: &Example| example.before.is_none() && sees_cells;
        finding.examples.retain(|example| {
            is_of_file(example) || names_owners && (is_own(&example.before) || is_own(&example.after))
        });
    }
    finding.examples.truncate(EXAMPLES);
    let named = finding.examples.len() as u64;
    let others = if names_owners { finding.after.saturating_sub(named) } else { 0 };
    SeenFinding { finding, others }
}

#[cfg(test)]
mod tests {
    use super::for_reader;
    use crate::domain::guard::{Example, Finding, Rule, Severity};
    use crate::domain::scope::OwnerScope;

    fn finding(rule: Rule, examples: &[(Option<&str>, Option<&str>)]) -> Finding {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let example = |(before, after): &_| Example { before: text(*before), after: text(*after), rows: 1 };
        Finding {
            rule,
            severity: Severity::Stop,
            subject: None,
            before: 40,
            after: 9,
            limit: None,
            examples: examples.iter().map(example).collect(),
            shows_cells: true,
        }
    }

    #[test]
    fn only_own_names_and_cells_of_the_own_file_are_shown() {
        let acme = OwnerScope::Owners(["Acme".to_owned()].into());
        let gone = finding(Rule::OwnersGone, &[(Some("Bolt"), None), (Some("Acme"), None)]);
        for sees_cells in [true, false] {
            let seen = for_reader(&gone, sees_cells, &acme);
            assert_eq!((seen.finding.examples, seen.others), (gone.examples[1..].to_vec(), 8));
        }
        let all = for_reader(&gone, true, &OwnerScope::All);
        assert_eq!((all.finding.examples.len(), all.others), (2, 7));
        let lost = finding(Rule::LostZeros, &[(Some("0012"), Some("12")), (None, Some("13"))]);
        assert_eq!(for_reader(&lost, true, &acme).finding.examples, lost.examples[1..]);
        assert!(for_reader(&lost, false, &acme).finding.examples.is_empty());
    }
}
