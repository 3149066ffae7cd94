//! Parts of a search that can be done apart: disjoint, and together the whole.
//!
//! The graphs of a search are a tree: each leaves others for later. The upper part of the tree, down to where what is
//! below is a small part of the search by Knuth's estimate, is run by every shard; what is below belongs to one of
//! them, in turn. Each graph of the upper part is counted by one, too. The order in which graphs are met there is the
//! same in every shard, on every machine.

use super::revisit::Search;

/// So many parts of the search for each shard, at least, lest one have much more to do than another.
const PARTS: f64 = 256.0;

/// One of several shards.
#[derive(Debug)]
pub(super) struct Shard {
    index: u64,
    of: u64,
    /// Graphs of the upper part, and what is below, that have had their turns.
    numbered: u64,
}

impl Shard {
    pub(super) fn new((index, of): (u32, u32)) -> Self {
        Self {
            index: index.into(),
            of: of.into(),
            numbered: 0,
        }
    }

    /// Whether the next one is this shard's.
    pub(super) fn takes_next(&mut self) -> bool {
        let mine = self.numbered % self.of == self.index;
        self.numbered += 1;
        mine
    }

    /// Whether so small a part of the search is one shard's as a whole.
    pub(super) fn is_whole(&self, weight: f64) -> bool {
        weight * PARTS * self.of as f64 <= 1.0
    }
}

impl Search {
    /// Whether the present graph is counted here, and not by another shard.
    pub(super) fn counts(&self) -> bool {
        !self.skipped
    }

    /// A thread was met that had not been met before.
    pub(super) fn met_thread(&mut self) {
        self.met_late |= self.begun;
    }

    /// Why the search cannot be done in parts, if it cannot: the order of the upper part depends on which threads are
    /// known, and must be the same for all.
    pub(super) fn no_shard(&self) -> Option<String> {
        (self.shard.is_some() && self.met_late).then(|| {
            "this scenario starts a thread in some executions only, so that its search cannot be done in shards; \
             check it without `shard`"
                .to_owned()
        })
    }

    /// Into how many parts the search was cut, if it was: the same number for each of its shards.
    pub(super) fn parts(&self) -> Option<u64> {
        self.shard.as_ref().map(|shard| shard.numbered)
    }
}
