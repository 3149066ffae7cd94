//! Relations among at most 64 events, as bit matrices.

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relation(Vec<u64>);

/// The members of a set, lowest first.
fn members(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        if set == 0 {
            return None;
        }
        let lowest = set.trailing_zeros() as usize;
        set &= set - 1;
        Some(lowest)
    })
}

impl Relation {
    pub(crate) fn new(size: usize) -> Self {
        assert!(size <= 64, "{size} events are too many");
        Self(vec![0; size])
    }

    pub(crate) fn identity(size: usize) -> Self {
        let mut identity = Self::new(size);
        for event in 0..size {
            identity.add(event, event);
        }
        identity
    }

    pub(crate) fn add(&mut self, a: usize, b: usize) {
        self.0[a] |= 1 << b;
    }

    pub(crate) fn has(&self, a: usize, b: usize) -> bool {
        self.0[a] >> b & 1 == 1
    }

    /// Its transitive closure.
    pub(crate) fn closed(mut self) -> Self {
        for middle in 0..self.0.len() {
            let row = self.0[middle];
            for other in &mut self.0 {
                if *other >> middle & 1 == 1 {
                    *other |= row;
                }
            }
        }
        self
    }

    /// `self ; next`.
    pub(crate) fn then(&self, next: &Self) -> Self {
        let row = |row: &u64| members(*row).fold(0, |set, middle| set | next.0[middle]);
        Self(self.0.iter().map(row).collect())
    }

    pub(crate) fn or(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a | b).collect())
    }

    /// The pairs that `keep` holds of.
    pub(crate) fn filter(&self, keep: impl Fn(usize, usize) -> bool) -> Self {
        let mut kept = Self::new(self.0.len());
        for (a, &row) in self.0.iter().enumerate() {
            for b in members(row).filter(|&b| keep(a, b)) {
                kept.add(a, b);
            }
        }
        kept
    }

    pub(crate) fn irreflexive(&self) -> bool {
        (0..self.0.len()).all(|event| !self.has(event, event))
    }

    pub(crate) fn acyclic(&self) -> bool {
        self.clone().closed().irreflexive()
    }
}
