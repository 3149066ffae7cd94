//! Orderings as sets: what an operation asks for, part by part.
//!
//! The orderings of an operation are a distributive lattice, and such a lattice is that of the closed sets of its
//! parts (Birkhoff, Rings of Sets, 1937): SeqCst is to acquire, to release, and to take part in the one order; a load
//! has no release to give. An assignment of orderings to all sites is then one closed set, a weaker one a subset.

use core::sync::atomic::Ordering;
use std::collections::BTreeSet;

use crate::check::sites::Site;

/// Parts, by their numbers in the lattice. Closed: with a SeqCst also what is below it.
pub(super) type Parts = BTreeSet<u32>;

/// What an ordering may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Acquire,
    Release,
    /// Stands above the others of its site.
    SeqCst,
}

impl Part {
    fn is_in(self, ordering: Ordering) -> bool {
        match self {
            Self::Acquire => crate::check::clock::acquires(ordering),
            Self::Release => crate::check::clock::releases(ordering),
            Self::SeqCst => ordering == Ordering::SeqCst,
        }
    }
}

/// The sites of a scenario, and what each may ask for.
#[derive(Debug, Default)]
pub(super) struct Lattice {
    sites: Vec<Site>,
    /// The part with each number, and the place of its site among the sites.
    parts: Vec<(usize, Part)>,
}

impl Lattice {
    pub(super) fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// Adds a site that may have each of these orderings and whatever is weaker. False: it is known already.
    pub(super) fn add(&mut self, site: &Site, strongest: Ordering) -> bool {
        let known =
            |other: &Site| other.location == site.location && other.operation == site.operation;
        if self.sites.iter().any(known) {
            return false;
        }
        let place = self.sites.len();
        self.sites.push(site.clone());
        let possible = |part: Part| {
            let weaker = site.possible().iter().filter(|o| **o != Ordering::SeqCst);
            part == Part::SeqCst || weaker.into_iter().any(|ordering| part.is_in(*ordering))
        };
        let asked = [Part::Acquire, Part::Release, Part::SeqCst].into_iter();
        let asked = asked.filter(|part| part.is_in(strongest) && possible(*part));
        self.parts.extend(asked.map(|part| (place, part)));
        true
    }

    /// All parts.
    pub(super) fn top(&self) -> Parts {
        (0..self.parts.len() as u32).collect()
    }

    /// The parts of a site that an ordering asks for.
    pub(super) fn of(&self, site: usize, ordering: Ordering) -> Parts {
        let parts = self.parts.iter().enumerate();
        parts
            .filter(|(_, (place, part))| *place == site && part.is_in(ordering))
            .map(|(number, _)| number as u32)
            .collect()
    }

    /// The ordering of a site in an assignment.
    pub(super) fn ordering(&self, site: usize, parts: &Parts) -> Ordering {
        let has = |part: Part| {
            let mut own = self.parts.iter().enumerate();
            own.any(|(number, own)| *own == (site, part) && parts.contains(&(number as u32)))
        };
        match (has(Part::SeqCst), has(Part::Acquire), has(Part::Release)) {
            (true, ..) => Ordering::SeqCst,
            (_, true, true) => Ordering::AcqRel,
            (_, true, false) => Ordering::Acquire,
            (_, false, true) => Ordering::Release,
            _ => Ordering::Relaxed,
        }
    }

    pub(super) fn is_top_of_site(&self, part: u32) -> bool {
        self.parts[part as usize].1 == Part::SeqCst
    }

    fn is_below(&self, lower: u32, upper: u32) -> bool {
        let ((site, _), (other, part)) = (self.parts[lower as usize], self.parts[upper as usize]);
        lower == upper || site == other && part == Part::SeqCst
    }

    /// The part, and whatever it needs.
    pub(super) fn down(&self, part: u32) -> Parts {
        let all = 0..self.parts.len() as u32;
        all.filter(|other| self.is_below(*other, part)).collect()
    }

    /// The part, and whatever needs it.
    pub(super) fn up(&self, part: u32) -> Parts {
        let all = 0..self.parts.len() as u32;
        all.filter(|other| self.is_below(part, *other)).collect()
    }

    /// Those below which there is no other of these.
    pub(super) fn lowest(&self, parts: &Parts) -> Parts {
        let below = |part: u32| {
            parts
                .iter()
                .any(|other| *other != part && self.is_below(*other, part))
        };
        parts.iter().copied().filter(|part| !below(*part)).collect()
    }

    /// The assignments directly below one.
    pub(super) fn directly_below(&self, parts: &Parts) -> Vec<Parts> {
        let needed = |part: u32| {
            parts
                .iter()
                .any(|other| *other != part && self.is_below(part, *other))
        };
        let highest = parts.iter().copied().filter(|part| !needed(*part));
        highest
            .map(|part| {
                let mut below = parts.clone();
                below.remove(&part);
                below
            })
            .collect()
    }
}
