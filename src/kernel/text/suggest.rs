//! Did you mean …? The nearest of the names that would have been right.

/// The candidate nearest to `found`, if one is near enough to be a slip of the fingers.
///
/// Near is an edit distance (insertions, deletions, substitutions, swaps of neighbours; letter case counts nothing) of at
/// most a third of the longer word (2 of 5 letters count as that), or one being an unfinished form of the other (`exp` for `exponential`). Among equals
/// the first candidate wins.
pub fn suggest<'c, I, S>(found: &str, candidates: I) -> Option<&'c str>
where
    I: IntoIterator<Item = &'c S>,
    S: AsRef<str> + ?Sized + 'c,
{
    let found = found.trim().to_lowercase();
    // A very long word is no slip of the fingers, and the distance takes quadratic time.
    if found.is_empty() || found.len() > 100 {
        return None;
    }
    let mut best: Option<(usize, &'c str)> = None;
    for candidate in candidates {
        let candidate = candidate.as_ref();
        let lower = candidate.to_lowercase();
        let distance = strsim::osa_distance(&found, &lower);
        let longer = found.chars().count().max(lower.chars().count());
        let begun = found.len() >= 3 && lower.starts_with(&found) || lower.len() >= 3 && found.starts_with(&lower);
        let near = distance <= ((longer + 1) / 3).max(1) && distance < longer;
        // An unfinished word is as good as one slip.
        let score = if begun { distance.min(1) } else { distance };
        if (near || begun) && best.is_none_or(|(least, _)| score < least) {
            best = Some((score, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 5] = ["exponential", "uniform", "normal", "lognormal", "mean"];

    #[test]
    fn slips_and_unfinished_words_are_recognised() {
        for (found, right) in [
            ("exponental", "exponential"),
            ("exp", "exponential"),
            ("Uniform", "uniform"),
            ("lognornal", "lognormal"),
            ("log-normal", "lognormal"),
            ("maen", "mean"),
            ("nromal", "normal"),
        ] {
            assert_eq!(suggest(found, &NAMES), Some(right), "{found}");
        }
    }

    #[test]
    fn what_is_far_from_everything_gets_no_suggestion() {
        for found in [
            "",
            "x",
            "zipf",
            "constant",
            "a-word-that-is-far-longer-than-any-of-them",
        ] {
            assert_eq!(suggest(found, &NAMES), None, "{found}");
        }
        assert_eq!(suggest("mean", &[] as &[&str]), None);
        assert_eq!(suggest(&"m".repeat(100_000), &NAMES), None);
    }

    #[test]
    fn owned_strings_serve_as_candidates_too() {
        let owned = vec!["runtime_s".to_owned(), "arrival_s".to_owned()];
        assert_eq!(suggest("runtimes", &owned), Some("runtime_s"));
    }
}
