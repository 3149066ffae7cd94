//! The places of the scenario that choose a memory ordering, and running as if they had chosen another.

use core::sync::atomic::Ordering;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::execution::Place;
use super::failure::Location;
use super::timeline::Operation;

/// One place of the source that chooses a memory ordering.
///
/// A compare-exchange chooses two: one as [`Operation::CompareExchange`], for when it exchanges, and one as
/// [`Operation::CompareExchangeFailed`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Site {
    pub(crate) location: Location,
    pub(crate) operation: Operation,
    #[serde(with = "names")]
    pub(crate) ordering: Ordering,
}

impl Site {
    /// Where it stands.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// What is done there.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// The ordering that the source asks for there; the strongest, if it has several.
    #[must_use]
    pub fn ordering(&self) -> Ordering {
        self.ordering
    }

    /// The orderings that such an operation may have, the weakest first. For a fence `Relaxed` means that
    /// there is none.
    #[must_use]
    pub fn possible(&self) -> &'static [Ordering] {
        use Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
        match self.operation {
            Operation::Load | Operation::CompareExchangeFailed => &[Relaxed, Acquire, SeqCst],
            Operation::Store => &[Relaxed, Release, SeqCst],
            _ => &[Relaxed, Acquire, Release, AcqRel, SeqCst],
        }
    }

    /// In which order sites are listed.
    pub(crate) fn key(&self) -> (String, u32, u32, usize) {
        let Location { file, line, column } = &self.location;
        (file.clone(), *line, *column, self.operation as usize)
    }

    fn is_at(&self, operation: Operation, place: Place) -> bool {
        self.operation == operation
            && self.location.line == place.line()
            && self.location.column == place.column()
            && self.location.file == place.file()
    }
}

fn strength(ordering: Ordering) -> u8 {
    match ordering {
        Ordering::Relaxed => 0,
        Ordering::Acquire => 1,
        Ordering::Release => 2,
        Ordering::AcqRel => 3,
        _ => 4,
    }
}

/// The sites that a search has met, and what it takes them for.
#[derive(Debug, Default)]
pub(crate) struct Sites {
    instead: Vec<(Site, Ordering)>,
    met: RefCell<HashMap<(usize, Operation), Met>>,
    /// The latest that were asked for.
    recent: [Cell<Option<Recent>>; RECENT],
}

const RECENT: usize = 32;

/// A site by the address of its place, its operation, the ordering asked for, and the one given.
type Recent = (usize, Operation, Ordering, Ordering);

/// A place that chose an ordering.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Met {
    operation: Operation,
    place: Place,
    ordering: Ordering,
}

impl Sites {
    pub(crate) fn new(instead: &[(Site, Ordering)]) -> Self {
        Self {
            instead: instead.to_vec(),
            ..Self::default()
        }
    }

    /// The ordering that the operation is to have.
    #[inline]
    pub(crate) fn ordering(
        &self,
        operation: Operation,
        ordering: Ordering,
        place: Place,
    ) -> Ordering {
        let address = core::ptr::from_ref(place).addr();
        let recent = &self.recent[(address / 8 + operation as usize * 7) % RECENT];
        match recent.get() {
            Some((a, o, asked, instead)) if a == address && o == operation && asked == ordering => {
                instead
            }
            _ => {
                let instead = self.meet(operation, ordering, place);
                recent.set(Some((address, operation, ordering, instead)));
                instead
            }
        }
    }

    #[cold]
    fn meet(&self, operation: Operation, ordering: Ordering, place: Place) -> Ordering {
        let instead = self
            .instead
            .iter()
            .find(|(site, _)| site.is_at(operation, place));
        let instead = instead.map_or(ordering, |(_, instead)| *instead);
        self.note(Met {
            operation,
            place,
            ordering,
        });
        instead
    }

    /// The orderings that are taken instead.
    pub(crate) fn instead(&self) -> &[(Site, Ordering)] {
        &self.instead
    }

    /// All that were met, as they are.
    pub(crate) fn met(&self) -> Vec<Met> {
        self.met.borrow().values().copied().collect()
    }

    /// Adds what another search has met.
    pub(crate) fn absorb(&self, met: Vec<Met>) {
        met.into_iter().for_each(|met| self.note(met));
    }

    /// Where the ordering is chosen anew each time, the strongest counts, so that it does not matter which came last.
    fn note(&self, met: Met) {
        let key = (core::ptr::from_ref(met.place).addr(), met.operation);
        let mut all = self.met.borrow_mut();
        let known = all.entry(key).or_insert(met);
        if strength(met.ordering) > strength(known.ordering) {
            *known = met;
        }
    }

    /// All that were met, by file, line and column.
    pub(crate) fn list(&self) -> Vec<Site> {
        let met = self.met.borrow();
        let mut sites: Vec<Site> = met
            .values()
            .map(|met| Site {
                location: Location {
                    file: met.place.file().to_owned(),
                    line: met.place.line(),
                    column: met.place.column(),
                },
                operation: met.operation,
                ordering: met.ordering,
            })
            .collect();
        sites.sort_by_key(Site::key);
        sites.dedup();
        sites
    }
}

/// Orderings in JSON, by their names.
pub(crate) mod names {
    use core::sync::atomic::Ordering;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(ordering: &Ordering, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{ordering:?}"))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Ordering, D::Error> {
        match String::deserialize(from)?.as_str() {
            "Relaxed" => Ok(Ordering::Relaxed),
            "Acquire" => Ok(Ordering::Acquire),
            "Release" => Ok(Ordering::Release),
            "AcqRel" => Ok(Ordering::AcqRel),
            "SeqCst" => Ok(Ordering::SeqCst),
            other => Err(serde::de::Error::custom(format!(
                "no memory ordering: {other}"
            ))),
        }
    }
}
