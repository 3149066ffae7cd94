//! Miri's tests under GenMC: the litmus tests. Most are GenMC's own, and are named here by their row there.

use crate::litmus;
use crate::litmus_dependent::casdep;
use crate::table::{Found::Here, Row, row};

/// Their name, the number, the row of `litmus.rs`.
const SAME: &[(&str, u64, &str)] = &[
    ("2cowr", 4, "2CoWR"),
    ("2w2w_2sc_scf", 3, "2+2W+2sc+scf"),
    ("2w2w_3sc_1rel.release1", 4, "2+2W+3sc+rel1"),
    ("2w2w_3sc_1rel.release2", 4, "2+2W+3sc+rel2"),
    ("2w2w_4rel.weak", 4, "2+2W"),
    ("2w2w_4rel.sc", 3, "2+2W+4sc"),
    ("2w2w_4sc", 3, "2+2W+4sc"),
    ("IRIW-acq-sc", 16, "IRIW-acq-sc"),
    ("IRIWish", 28, "IRIWish"),
    ("LB", 3, "LB"),
    ("LB_incMPs", 15, "LB+incMPs"),
    ("MP", 3, "MP"),
    ("MPU_rels_acq", 13, "MPU+rels+acq"),
    ("MP_incMPs", 7, "MP+incMP"),
    ("MP_rels_acqf", 4, "MP+rels+acqf"),
    ("SB", 4, "SB"),
    ("SB_2sc_scf", 3, "SB+2sc+scf"),
    ("Z6_acq", 7, "Z6+acq"),
    ("Z6_U.weak", 22, "Z6.U"),
    ("atomicpo", 4, "atomicpo"),
    ("ccr", 2, "ccr"),
    ("cii", 6, "cii"),
    ("corr", 6, "CoRR"),
    ("corr0", 4, "CoRR0"),
    ("corr1", 36, "CoRR1"),
    ("corr2", 72, "CoRR2"),
    ("corw", 3, "CoRW"),
    ("cowr", 3, "CoWR"),
    ("cumul-release", 8, "cumul-release"),
    ("default", 12, "default"),
    ("detour.join", 9, "detour"),
    ("detour.no_join", 9, "detour"),
    ("fr_w_w_w_reads", 210, "fr+w+w+w+reads"),
    ("inc2w", 6, "inc2w"),
    ("inc_inc_RR_W_RR", 600, "inc+inc+RR+W+RR"),
    ("riwi", 3, "riwi"),
    ("viktor-relseq", 180, "viktor-relseq"),
];

// `Z6_U.sc` is run there with sequential consistency for all; here every access is SeqCst.
const OWN: &str = "
MPU2_rels_acqf  36 x=1 rlx, y=0 rel, y=1 rlx | y:2->3 rlx | y:1->2 rlx | y acq, if >2, fence acq, x=2 rlx
Z6_U.sc         18 x=1 sc, y=1 sc | y+1 sc, y sc | y=3 sc, x sc
";

const RACY: &str = "
mpu2_rels_rlx          race x=1 na, y=0 rel, y=1 rlx | y rlx, if >2, x=2 na | y:2->3 rlx | y:1->2 rlx
weak_orderings.rlx_rlx race x=1 na, y=1 rlx | y rlx, if >0, x=2 na
weak_orderings.rlx_acq race x=1 na, y=1 rlx | y acq, if >0, x=2 na
weak_orderings.rel_rlx race x=1 na, y=1 rel | y rlx, if >0, x=2 na
";

pub(crate) fn rows() -> Vec<Row> {
    let theirs = litmus::rows();
    let mut rows: Vec<Row> = SAME
        .iter()
        .map(|(name, number, there)| {
            let same = theirs.iter().find(|row| row.name == *there).expect(there);
            assert_eq!(same.published, *number, "{name}");
            row(name, *number, same.found.clone())
        })
        .collect();
    rows.extend(litmus::of(OWN));
    rows.extend(litmus::of(RACY));
    rows.push(row("casdep", 2, Here(casdep)));
    rows
}
