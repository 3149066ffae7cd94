//! Every read-modify-write does under an engine what it does natively.

use std::sync::Arc;

use racecourse::check::{Checker, Engine};
use racecourse::sync::atomic::*;
use racecourse::thread;

const ENGINES: [Engine; 3] = [
    Engine::Explorer,
    Engine::Loom,
    Engine::Sampler {
        seed: 5,
        executions: 20,
    },
];

/// What each operation returns, and the value after it, beginning with every pair of these values.
macro_rules! integer {
    ($trace:ident, $atomic:ident, $type:ty) => {
        for old in [0, 1, <$type>::MIN, <$type>::MAX, <$type>::MAX / 3] {
            for new in [0, 1, <$type>::MIN, <$type>::MAX, 5] {
                let order = Ordering::AcqRel;
                let mut one = |what: &str, f: &dyn Fn(&$atomic) -> $type| {
                    let atomic = $atomic::new(old);
                    let returned = f(&atomic);
                    $trace.push(format!(
                        "{what} {old} {new}: {returned} {}",
                        atomic.load(Ordering::Acquire)
                    ));
                };
                one("swap", &|a| a.swap(new, order));
                one("add", &|a| a.fetch_add(new, order));
                one("sub", &|a| a.fetch_sub(new, order));
                one("and", &|a| a.fetch_and(new, order));
                one("nand", &|a| a.fetch_nand(new, order));
                one("or", &|a| a.fetch_or(new, order));
                one("xor", &|a| a.fetch_xor(new, order));
                one("max", &|a| a.fetch_max(new, order));
                one("min", &|a| a.fetch_min(new, order));
                one("exchange", &|a| {
                    a.compare_exchange(old, new, order, Ordering::Acquire)
                        .unwrap()
                });
                one("other", &|a| {
                    a.compare_exchange(!old, new, order, Ordering::Acquire)
                        .unwrap_err()
                });
                one("update", &|a| {
                    a.update(order, Ordering::Acquire, |value| value ^ new)
                });
                one("get_mut", &|a| {
                    a.store(new, Ordering::Release);
                    a.load(Ordering::Relaxed)
                });
                let mut owned = $atomic::new(old);
                *owned.get_mut() = new;
                $trace.push(format!(
                    "{} {}",
                    owned.fetch_add(1, order),
                    owned.into_inner()
                ));
            }
        }
    };
}

fn trace() -> Vec<String> {
    let mut trace = Vec::new();
    integer!(trace, AtomicU8, u8);
    integer!(trace, AtomicU16, u16);
    integer!(trace, AtomicU32, u32);
    integer!(trace, AtomicU64, u64);
    integer!(trace, AtomicUsize, usize);
    integer!(trace, AtomicI8, i8);
    integer!(trace, AtomicI16, i16);
    integer!(trace, AtomicI32, i32);
    integer!(trace, AtomicI64, i64);
    integer!(trace, AtomicIsize, isize);
    for old in [false, true] {
        for new in [false, true] {
            let order = Ordering::SeqCst;
            let mut one = |what: &str, f: &dyn Fn(&AtomicBool) -> bool| {
                let atomic = AtomicBool::new(old);
                let returned = f(&atomic);
                trace.push(format!(
                    "{what} {old} {new}: {returned} {}",
                    atomic.load(order)
                ));
            };
            one("swap", &|a| a.swap(new, order));
            one("and", &|a| a.fetch_and(new, order));
            one("nand", &|a| a.fetch_nand(new, order));
            one("or", &|a| a.fetch_or(new, order));
            one("xor", &|a| a.fetch_xor(new, order));
            one("not", &|a| a.fetch_not(order));
        }
    }
    let array = [1_u32, 2, 3, 4];
    let start = array.as_ptr().cast_mut();
    let pointer = AtomicPtr::new(start);
    let offset = |at: *mut u32| at.addr().wrapping_sub(start.addr());
    for returned in [
        pointer.fetch_ptr_add(2, Ordering::Relaxed),
        pointer.fetch_ptr_sub(1, Ordering::Relaxed),
        pointer.fetch_byte_add(4, Ordering::Relaxed),
        pointer.fetch_byte_sub(8, Ordering::Relaxed),
        pointer.fetch_or(1, Ordering::Relaxed),
        pointer.fetch_xor(3, Ordering::Relaxed),
        pointer.fetch_and(!3, Ordering::Relaxed),
        pointer.swap(start, Ordering::Relaxed),
    ] {
        trace.push(offset(returned).to_string());
    }
    trace
}

#[test]
fn as_natively() {
    let native = Arc::new(trace());
    for engine in ENGINES {
        let native = Arc::clone(&native);
        let report = Checker::new().engine(engine).run(move || {
            // Small pieces: an engine keeps a step for every operation.
            let thread = thread::spawn(trace);
            let model = thread.join().unwrap();
            assert_eq!(*native, model);
        });
        assert!(report.failure().is_none(), "{report}");
        assert!(
            !matches!(
                report.verdict(),
                racecourse::check::Verdict::Incomplete(
                    racecourse::check::Incomplete::Endless { .. }
                )
            ),
            "{report}"
        );
    }
}
