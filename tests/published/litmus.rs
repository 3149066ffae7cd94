//! GenMC's litmus tests that are loads, stores, read-modify-writes and fences: name, published number, program.
//!
//! A number `a/b`: they publish a, and RC11 as published gives b; the reason stands above.
//! `race`: a data race. The notation is explained in `litmus_text.rs`.

use racecourse::check::FailureKind::DataRace;

use crate::litmus_text::Program;
use crate::table::{Found, Row, row};

const WHY: &str =
    "GenMC's order of SeqCst accesses is finer than `sb|≠loc; hb; sb|≠loc` of RC11 as published";

// Where they leave races alone (`rels`: a release sequence that C++20 has no more), the plain accesses are relaxed.
const LITMUS: &str = "
# Coherence: one location.
CoRR0                   4 x=1 rel | x acq | x acq
CoRR                    6 x=1 rel, x=2 rel | x acq, x acq
CoRR1                  36 x=1 rel | x=2 rel | x acq, x acq | x acq
CoRR2                  72 x=1 rel | x=2 rel | x acq, x acq | x acq, x acq
CoRW                    3 x acq, x=1 rel | x=2 rel
CoWR                    3 x=1 rel, x acq | x=2 rel
2CoWR                   4 y acq | x acq | x=1 rel | y=1 rel
MCP-rrw                 6 x=1 rel | x=2 rel | x acq
default                12 x acq, x acq | x=1 rel | x=2 rel
small0                  9 x acq | x acq, x=1 rel | x=2 rel
W+RRR+W                20 x=1 rlx | x rlx, x rlx, x rlx | x=2 rlx
fr+w+w+w+reads        210 x=1 rlx | x=2 rlx | x=3 rlx | x rlx, x rlx, x rlx, x rlx
wrw/2                  22 x=1 rel | x rlx, x=0 rel | x rlx, x=1 rel
wrw/3                 300 x=1 rel | x rlx, x=0 rel | x rlx, x=1 rel | x rlx, x=2 rel
wrw/4                6576 x=1 rel | x rlx, x=0 rel | x rlx, x=1 rel | x rlx, x=2 rel | x rlx, x=3 rel

# Read-modify-writes.
inc+inc+RR+W+RR       600 x+1 rlx | x+1 rlx | x rlx, x rlx | x=42 rlx | x rlx, x rlx
inc2w                   6 x+1 rlx | x=4 rel | x+2 rlx
rii                     3 x rlx, x+1 rlx | x+1 rlx
rinc+wr                 3 x+1 rlx | x=2 rlx, x rlx
riwi                    3 y rlx, x+1 rlx | x+1 rlx, y=1 rel
ccr                     2 x:0->42 rlx | x:0->17 rlx, x rlx
cii                     6 x:1->2 rlx | x+1 rlx | x+1 rlx
wcii                   24 x=5 rel | x:1->2 rlx | x+1 rlx | x+1 rlx
ori                     5 x+1 rlx, y=1 rel | x:0->1 acq | y rlx, if >0, x=4 rel
atomicpo                4 y=1 rlx, fence ar, x=1 rlx | x<-1 rlx, y<-1 rlx
viktor-relseq         180 x+1 rlx, x+1 rlx | x+1 acq, x+1 rlx | x+1 rel | x+1 rlx
RMWFix                  4 y sc, if >0, x+1 sc, x+1 sc | x+1 sc | y=42 sc

# Store buffering, and two writes each.
SB                      4 x=1 rel, y acq | y=1 rel, x acq
SB+4sc                  3 x=1 sc, y sc | y=1 sc, x sc
SB+assert               3 x=1 sc, y sc | y=1 sc, x sc
SB+3sc+acq              4 x=1 sc, y sc | y=1 sc, x acq
SB+3sc+rel              4 x=1 sc, y sc | y=1 rel, x sc
SB+scfs                 3 x=1 rlx, fence sc, y rlx | y=1 rlx, fence sc, x rlx
SB+2sc+scf              3 x=1 sc, y sc | y=1 rlx, fence sc, x rlx
SB+rfis                 4 x=1 rel, x sc, y sc | y=1 rel, y sc, x sc
2+2W                    4 x=1 rel, y=2 rel | y=1 rel, x=2 rel
2+2W+4sc                3 x=1 sc, y=2 sc | y=1 sc, x=2 sc
2+2W+3sc+rel1           4 x=1 sc, y=2 sc | y=1 rel, x=2 sc
2+2W+3sc+rel2           4 x=1 sc, y=2 sc | y=1 sc, x=2 rel
2+2W+scfs               3 x=1 rlx, fence sc, y=2 rlx | y=1 rlx, fence sc, x=2 rlx
2+2W+2sc+scf            3 x=1 sc, y=2 sc | y=1 rlx, fence sc, x=2 rlx

# Load buffering: RC11 has none, so no cycle of program order and reads-from is ever counted.
LB                      3 y acq, x=1 rel | x acq, y=1 rel
LB2                     3 x rlx, y=1 rlx | y rlx, x=1 rlx
LB+acq                  3 x acq, y=1 rlx | y acq, x=1 rlx
LB+rel                  3 x rlx, y=1 rel | y rlx, x=1 rel
LB+dep                  3 x rlx, y=$ rlx | y rlx, x=$ rlx
LB3                     7 a rlx, b=1 rlx | b rlx, c=1 rlx | c rlx, a=1 rlx
LB+fr-fr-data+data     18 x rlx, y=1 rlx | y rlx, y rlx, x=1 rlx | y=2 rlx
LB+incMPs              15 x acq, z+1 ar | z+1 ar, y=1 rel | y acq, w+1 ar | w+1 ar, x=1 rel
TC1                     3 x rlx, y=1 rlx | y rlx, x=$ rlx
rel-pporf               3 x rlx, z=1 rel, y=1 rel | y rlx, x=1 rlx
rfi-preserved           3 x rlx, y=1 rel, y rlx, z=$ rlx | z rlx, x=$ rlx
po-loc                  3 y rlx, fence ar, x rlx, x=1 rlx | x rlx, y=$ rlx
detour                  9 x=1 rlx | z rlx, x=$ rlx, x rlx, y=$ rlx | y rlx, z=$ rlx

# Message passing.
MP                      3 x=1 rel, y=1 rel | y acq, x acq
MP2                     9 a=1 rlx, c=1 rlx, fence ar, b=1 rlx, d=1 rlx | b rlx, fence ar, a rlx | d rlx, fence ar, c rlx
MP+incMP                7 y acq, z+1 ar | z+1 ar, x acq | x=1 rel, y=1 rel
MP+rel+acq              2 x=1 na, y=1 rel | y acq, if >0, x na
MP+rel+acqf             2 x=1 na, y=1 rel | y rlx, if >0, fence acq, x na
MP+relf+acq             2 x=1 na, fence rel, y=1 rlx | y acq, if >0, x na
MP+relf+acqf            2 x=1 na, fence rel, y=1 rlx | y rlx, if >0, fence acq, x na
MP+rels+acq             4 x=1 rlx, y=0 rel, y=1 rlx | y acq, if >0, x rlx
MP+rels+acqf            4 x=1 rlx, y=0 rel, y=1 rlx | y rlx, if >0, fence acq, x rlx
MPU+rel+acq             6 x=1 na, y=1 rel | y+1 rlx | y acq, if >1, x=2 na
MPU+rel+acqf            6 x=1 na, y=1 rel | y+1 rlx | y rlx, if >1, fence acq, x=2 na
MPU+relf+acq            6 x=1 na, fence rel, y=1 rlx | y+1 rlx | y acq, if >1, x=2 na
MPU+relf+acqf           6 x=1 na, fence rel, y=1 rlx | y+1 rlx | y rlx, if >1, fence acq, x=2 na
MPU+rels+acq           13 x=1 rlx, y=0 rel, y=1 rlx | y+1 rlx | y acq, if >1, x=2 rlx
MPU+rels+acqf          13 x=1 rlx, y=0 rel, y=1 rlx | y+1 rlx | y rlx, if >1, fence acq, x=2 rlx
MPU2+rel+acq           14 x=1 na, y=1 rel | y:2->3 rlx | y:1->2 rlx | y acq, if >2, x=2 na
MPU2+rel+acqf          14 x=1 na, y=1 rel | y:2->3 rlx | y:1->2 rlx | y rlx, if >2, fence acq, x=2 na
MPU2+relf+acq          14 x=1 na, fence rel, y=1 rlx | y:2->3 rlx | y:1->2 rlx | y acq, if >2, x=2 na
MPU2+relf+acqf         14 x=1 na, fence rel, y=1 rlx | y:2->3 rlx | y:1->2 rlx | y rlx, if >2, fence acq, x=2 na
MPU2+rels+acq          36 x=1 rlx, y=0 rel, y=1 rlx | y:2->3 rlx | y:1->2 rlx | y acq, if >2, x=2 rlx
MPU2+rels+acqf         36 x=1 rlx, y=0 rel, y=1 rlx | y:2->3 rlx | y:1->2 rlx | y rlx, if >2, fence acq, x=2 rlx
S                       4 x=2 rlx, y=1 rlx | y rlx, x=1 rlx
S+rel+acq               2 x=1 na, y=1 rel | y acq, if >0, x=2 na
S+rel+acqf              2 x=1 na, y=1 rel | y rlx, if >0, fence acq, x=2 na
S+relf+acq              2 x=1 na, fence rel, y=1 rlx | y acq, if >0, x=2 na
S+relf+acqf             2 x=1 na, fence rel, y=1 rlx | y rlx, if >0, fence acq, x=2 na
S+rels+acq              4 x=1 rlx, y=0 rel, y=1 rlx | y acq, if >0, x=2 rlx
S+rels+acqf             4 x=1 rlx, y=0 rel, y=1 rlx | y rlx, if >0, fence acq, x=2 rlx
JLT                     8 x=1 rel, y acq, x acq | x=2 rel, x acq | y=3 rel
small1                  8 y acq, z acq, x acq | x=1 rel | y=1 rel, z=1 rel
isa2                    7 a=1 rlx, b=1 rel | b acq, c=1 rel | c acq, a rlx
WRC+dep                 8 x=1 rlx | x rlx, y=$ rlx | y rlx, fence ar, x rlx
IRIWish                28 x=1 rlx | x rlx, y=$ rel | x rlx, fence ar, y rlx | y rlx, fence ar, x rlx
cumul-release           8 x=1 rlx, y=1 rel | y rlx, z=$ rlx | z rlx, fence ar, x rlx
rel-B-cumul-acq        16 x=1 rlx, y=1 rel | y rlx, z=$ rlx | z rlx, fence ar, x rlx | y acq
relacq-B-cumul          8 x=1 rlx, y=1 rel | y acq, z=1 rlx | z rlx, fence ar, x rlx
relseq                 20 x=1 rlx, y=1 rel, y=2 rlx | y<-3 rlx | y rlx, fence ar, x rlx

# Sequential consistency between more than two threads.
IRIW-acq-sc            16 x=1 sc | x acq, y sc | y acq, x sc | y=1 sc
RWC+syncs               7 x=1 rlx | x rlx, fence sc, y rlx | y=1 rlx, fence sc, x rlx
W+RWC                   7 x=1 rlx, z=1 rel | z acq, fence sc, y rlx | y=1 rlx, fence sc, x rlx
peterZ                  7 x=1 rlx, fence sc, y rlx | y=1 rlx, z=1 rel | z acq, fence sc, x rlx
Z6+acq                  7 a=1 rlx, fence sc, b=1 rlx | b acq, c=1 rlx | c=2 rlx, fence sc, a rlx
Z6.U                22/24 x=1 sc, y=1 rel | y+1 sc, y rlx | y=3 sc, x sc
WWmerge1            17/18 x acq, y sc | x=1 sc, x=2 sc | y=1 sc, x sc
WWmerge2                8 x acq, y sc | x=2 sc | y=1 sc, x sc
psc-ar                  1 y rlx, assume 1, fence sc, z rlx, assume 0 | z=1 rlx, fence sc, x=1 rlx | x rlx, assume 1, y=1 rlx
psc-base-notin-ar       2 x rlx, assume 2, y=1 sc | y=2 sc | y rlx, assume 2, x=$ rlx
psc-sbhbsb              1 x=1 sc, y=1 sc | x acq, assume 1, y sc, assume 0
WWR+2WR                 0 x=1 sc, y=1 sc, z sc, assume 0 | z=1 sc, y sc, assume 2 | y=2 sc, x sc, assume 0
";

const RACY: &str = "
MP+rlx+rlx           race x=1 na, y=1 rlx | y rlx, if >0, x na
MP+rlx+acq           race x=1 na, y=1 rlx | y acq, if >0, x na
MP+rlx+acqf          race x=1 na, y=1 rlx | y rlx, if >0, fence acq, x na
MP+rel+rlx           race x=1 na, y=1 rel | y rlx, if >0, x na
MP+relf+rlx          race x=1 na, fence rel, y=1 rlx | y rlx, if >0, x na
MP+rels+rlx          race x=1 na, y=0 rel, y=1 rlx | y rlx, if >0, x na
MPU+rlx+rlx          race x=1 na, y=1 rlx | y+1 rlx | y rlx, if >1, x=2 na
MPU+rlx+acq          race x=1 na, y=1 rlx | y+1 rlx | y acq, if >1, x=2 na
MPU+rlx+acqf         race x=1 na, y=1 rlx | y+1 rlx | y rlx, if >1, fence acq, x=2 na
MPU+rel+rlx          race x=1 na, y=1 rel | y+1 rlx | y rlx, if >1, x=2 na
MPU+relf+rlx         race x=1 na, fence rel, y=1 rlx | y+1 rlx | y rlx, if >1, x=2 na
MPU+rels+rlx         race x=1 na, y=0 rel, y=1 rlx | y+1 rlx | y rlx, if >1, x=2 na
MPU2+rlx+rlx         race x=1 na, y=1 rlx | y:2->3 rlx | y:1->2 rlx | y rlx, if >2, x=2 na
MPU2+rlx+acq         race x=1 na, y=1 rlx | y:2->3 rlx | y:1->2 rlx | y acq, if >2, x=2 na
MPU2+rlx+acqf        race x=1 na, y=1 rlx | y:2->3 rlx | y:1->2 rlx | y rlx, if >2, fence acq, x=2 na
MPU2+rel+rlx         race x=1 na, y=1 rel | y:2->3 rlx | y:1->2 rlx | y rlx, if >2, x=2 na
MPU2+relf+rlx        race x=1 na, fence rel, y=1 rlx | y:2->3 rlx | y:1->2 rlx | y rlx, if >2, x=2 na
MPU2+rels+rlx        race x=1 na, y=0 rel, y=1 rlx | y:2->3 rlx | y:1->2 rlx | y rlx, if >2, x=2 na
S+rlx+rlx            race x=1 na, y=1 rlx | y rlx, if >0, x=2 na
S+rlx+acq            race x=1 na, y=1 rlx | y acq, if >0, x=2 na
S+rlx+acqf           race x=1 na, y=1 rlx | y rlx, if >0, fence acq, x=2 na
S+rel+rlx            race x=1 na, y=1 rel | y rlx, if >0, x=2 na
S+relf+rlx           race x=1 na, fence rel, y=1 rlx | y rlx, if >0, x=2 na
S+rels+rlx           race x=1 na, y=0 rel, y=1 rlx | y rlx, if >0, x=2 na
MP+rels+acq          race x=1 na, y=0 rel, y=1 rlx | y acq, if >0, x na
MPU+rels+acq         race x=1 na, y=0 rel, y=1 rlx | y+1 rlx | y acq, if >1, x=2 na
MPU2+rels+acq        race x=1 na, y=0 rel, y=1 rlx | y:2->3 rlx | y:1->2 rlx | y acq, if >2, x=2 na
S+rels+acq           race x=1 na, y=0 rel, y=1 rlx | y acq, if >0, x=2 na
";

pub(crate) fn rows() -> Vec<Row> {
    of(LITMUS)
}

/// The last four are theirs too, in `tests/correct`: run without looking for races.
pub(crate) fn racy() -> Vec<Row> {
    of(RACY)
}

/// # Panics
/// If a line is not a row.
pub(crate) fn of(table: &str) -> Vec<Row> {
    let lines = table.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (name, rest) = line.split_once(' ').expect(line);
            let (number, text) = rest.trim_start().split_once(' ').expect(line);
            let program = Program::parse(text);
            if number == "race" {
                return row(name, 0, Found::TextFails(DataRace, program));
            }
            match number.split_once('/') {
                None => row(name, number.parse().expect(line), Found::Text(program)),
                Some((theirs, here)) => row(
                    name,
                    theirs.parse().expect(line),
                    Found::TextDiffers(here.parse().expect(line), program, WHY),
                ),
            }
        })
        .collect()
}
