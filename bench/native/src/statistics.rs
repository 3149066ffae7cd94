//! Medians, quartiles, ratios.

/// Of a sample, in order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

impl Summary {
    /// Median and quartiles, `None` of nothing. Between two numbers that share a place it interpolates.
    pub(crate) fn of(numbers: &[f64]) -> Option<Self> {
        let mut sorted = numbers.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        let at = |share: f64| {
            let place = share * last as f64;
            let below = sorted[place.floor() as usize];
            let above = sorted[place.ceil() as usize];
            below + (above - below) * place.fract()
        };
        Some(Self {
            low: at(0.25),
            median: at(0.5),
            high: at(0.75),
        })
    }
}

/// The median of the ratios round by round, which keeps what the machine did in a round out of it: both were measured
/// within the same second. The shorter of the two says how many rounds there are.
pub(crate) fn ratio(above: &[f64], below: &[f64]) -> Option<f64> {
    let ratios: Vec<f64> = above.iter().zip(below).map(|(a, b)| a / b).collect();
    Some(Summary::of(&ratios)?.median)
}

#[cfg(test)]
mod tests {
    use super::{Summary, ratio};

    #[test]
    fn median_and_quartiles() {
        let of = |numbers: &[f64]| Summary::of(numbers).map(|s| (s.low, s.median, s.high));
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[7.0]), Some((7.0, 7.0, 7.0)));
        assert_eq!(of(&[3.0, 1.0]), Some((1.5, 2.0, 2.5)));
        assert_eq!(of(&[5.0, 1.0, 4.0, 2.0, 3.0]), Some((2.0, 3.0, 4.0)));
    }

    #[test]
    fn a_ratio_is_that_of_the_rounds() {
        assert_eq!(ratio(&[], &[1.0]), None);
        // In the second round all was ten times slower: that changes neither ratio.
        assert_eq!(ratio(&[2.0, 20.0, 2.0], &[1.0, 10.0, 1.0]), Some(2.0));
        assert_eq!(ratio(&[1.0, 2.0, 3.0, 9.0], &[1.0, 1.0, 1.0]), Some(2.0));
    }
}
