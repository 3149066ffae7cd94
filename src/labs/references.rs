//! Where a class of bug is described, and where it happened.

use std::fmt;

use serde::Serialize;

/// What a [`Reference`] points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReferenceKind {
    /// Common Weakness Enumeration.
    Cwe,
    /// SEI CERT coding standard.
    Cert,
    /// A class of Lu et al., *Learning from Mistakes*, ASPLOS 2008.
    Lu,
    /// A class of Qin et al., *Understanding Memory and Thread Safety Practices and Issues in Real-World Rust
    /// Programs*, PLDI 2020.
    Qin,
    /// A security advisory.
    Advisory,
    /// An issue or pull request of a public project.
    Issue,
    /// A report, a paper, a specification, or a test suite.
    Document,
}

/// One reference of a lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// What it is.
    pub kind: ReferenceKind,
    /// How it is cited: `CWE-362`, `rust-lang/futures-rs #219`.
    pub id: &'static str,
    /// Where it is read.
    pub url: &'static str,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id)
    }
}

const LU_2008: &str = "https://doi.org/10.1145/1346281.1346323";
const QIN_2020: &str = "https://doi.org/10.1145/3385412.3386036";

pub(super) const CWE_362: Reference = of(
    ReferenceKind::Cwe,
    "CWE-362",
    "https://cwe.mitre.org/data/definitions/362.html",
);
pub(super) const CWE_460: Reference = of(
    ReferenceKind::Cwe,
    "CWE-460",
    "https://cwe.mitre.org/data/definitions/460.html",
);
pub(super) const CWE_772: Reference = of(
    ReferenceKind::Cwe,
    "CWE-772",
    "https://cwe.mitre.org/data/definitions/772.html",
);
pub(super) const CWE_833: Reference = of(
    ReferenceKind::Cwe,
    "CWE-833",
    "https://cwe.mitre.org/data/definitions/833.html",
);
pub(super) const LU_ATOMICITY: Reference = lu("Lu 2008: atomicity violation");
pub(super) const LU_ORDER: Reference = lu("Lu 2008: order violation");
pub(super) const LU_DEADLOCK: Reference = lu("Lu 2008: deadlock");
pub(super) const QIN_CONDVAR: Reference = qin("Qin 2020: condition variable");
pub(super) const QIN_DOUBLE_LOCK: Reference = qin("Qin 2020: double lock");
pub(super) const QIN_LOCK_ORDER: Reference = qin("Qin 2020: conflicting lock order");
pub(super) const QIN_SYNC: Reference = qin("Qin 2020: shared by an unsafe Sync");
pub(super) const QIN_ATOMIC: Reference = qin("Qin 2020: shared in atomics");
pub(super) const DIJKSTRA_1965: Reference = of(
    ReferenceKind::Document,
    "Dijkstra 1965, EWD123",
    "https://www.cs.utexas.edu/~EWD/transcriptions/EWD01xx/EWD123.html",
);
pub(super) const COURTOIS_1971: Reference = of(
    ReferenceKind::Document,
    "Courtois, Heymans and Parnas 1971",
    "https://doi.org/10.1145/362759.362813",
);
pub(super) const PATIL_1971: Reference = of(
    ReferenceKind::Document,
    "Patil 1971, as Wikipedia has it",
    "https://en.wikipedia.org/wiki/Cigarette_smokers_problem",
);
pub(super) const PARNAS_1975: Reference = of(
    ReferenceKind::Document,
    "Parnas 1975",
    "https://doi.org/10.1145/360680.360709",
);
pub(super) const TRONO_1994: Reference = of(
    ReferenceKind::Document,
    "Trono 1994",
    "https://doi.org/10.1145/187387.187391",
);
pub(super) const BEN_ARI_1998: Reference = of(
    ReferenceKind::Document,
    "Ben-Ari 1998",
    "https://scholar.archive.org/work/wpbpafubgzbqhe6libojqc7grm",
);
pub(super) const DOWNEY_4_1: Reference = downey("Downey 2016, 4.1: producer-consumer");
pub(super) const DOWNEY_4_2: Reference = downey("Downey 2016, 4.2: readers-writers");
pub(super) const DOWNEY_4_5: Reference = downey("Downey 2016, 4.5: cigarette smokers");
pub(super) const DOWNEY_5_1: Reference = downey("Downey 2016, 5.1: dining savages");
pub(super) const DOWNEY_5_2: Reference = downey("Downey 2016, 5.2: barbershop");
pub(super) const DOWNEY_5_5: Reference = downey("Downey 2016, 5.5: Santa Claus");
pub(super) const DOWNEY_5_6: Reference = downey("Downey 2016, 5.6: building H2O");

pub(super) const CWE_609: Reference = of(
    ReferenceKind::Cwe,
    "CWE-609",
    "https://cwe.mitre.org/data/definitions/609.html",
);
pub(super) const CWE_667: Reference = of(
    ReferenceKind::Cwe,
    "CWE-667",
    "https://cwe.mitre.org/data/definitions/667.html",
);
pub(super) const CWE_416: Reference = of(
    ReferenceKind::Cwe,
    "CWE-416",
    "https://cwe.mitre.org/data/definitions/416.html",
);

pub(super) const fn of(kind: ReferenceKind, id: &'static str, url: &'static str) -> Reference {
    Reference { kind, id, url }
}

const fn lu(id: &'static str) -> Reference {
    of(ReferenceKind::Lu, id, LU_2008)
}

const fn qin(id: &'static str) -> Reference {
    of(ReferenceKind::Qin, id, QIN_2020)
}

// What processors do.

pub(super) const X86_TSO: Reference = of(
    ReferenceKind::Document,
    "Sewell, Sarkar, Owens, Zappa Nardelli and Myreen 2010, x86-TSO",
    "https://doi.org/10.1145/1785414.1785443",
);
pub(super) const ARM_TUTORIAL: Reference = of(
    ReferenceKind::Document,
    "Maranget, Sarkar and Sewell 2012, A Tutorial Introduction to the ARM and POWER Relaxed Memory Models",
    "https://www.cl.cam.ac.uk/~pes20/ppc-supplemental/test7.pdf",
);
pub(super) const ARM_V8: Reference = of(
    ReferenceKind::Document,
    "Pulte, Flur, Deacon, French, Sarkar and Sewell 2018, Simplifying ARM Concurrency",
    "https://doi.org/10.1145/3158107",
);
pub(super) const HERDING_CATS: Reference = of(
    ReferenceKind::Document,
    "Alglave, Maranget and Tautschnig 2014, Herding Cats",
    "https://doi.org/10.1145/2627752",
);
/// A section of *The Little Book of Semaphores*, second edition, version 2.2.1.
const fn downey(id: &'static str) -> Reference {
    let book = "https://greenteapress.com/wp/semaphores/";
    of(ReferenceKind::Document, id, book)
}
