use super::*;
use racecourse::cell::UnsafeCell;
use sync::{Arc, Weak};

/// What is dropped last is dropped after everything that was done through any reference.
struct Written(UnsafeCell<u32>);

impl Written {
    fn write(&self) {
        // SAFETY: one thread at a time writes; the check says so.
        self.0.with_mut(|cell| unsafe { *cell += 1 });
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        self.write();
    }
}

// SAFETY: see `write`.
unsafe impl Send for Written {}
// SAFETY: as above.
unsafe impl Sync for Written {}

#[test]
fn the_last_drop_comes_after_all_uses() {
    verified(|| {
        let value = Arc::new(Written(UnsafeCell::new(0)));
        let other = Arc::clone(&value);
        let thread = thread::spawn(move || other.write());
        drop(value);
        thread.join().unwrap();
    });
}

#[test]
fn a_reference_that_is_forgotten_is_a_leak() {
    for failure in fails(FailureKind::Leak, || {
        let value = Arc::new(1);
        std::mem::forget(Arc::clone(&value));
    }) {
        assert!(failure.message().contains("arc 1"), "{}", failure.message());
        assert!(
            failure.message().contains("1 reference "),
            "{}",
            failure.message()
        );
        assert!(failure.location().unwrap().file.ends_with("arc.rs"));
    }
}

#[test]
fn a_cycle_is_a_leak() {
    struct Node(parking_lot::Mutex<Option<Arc<Node>>>);
    fails(FailureKind::Leak, || {
        let node = Arc::new(Node(parking_lot::Mutex::new(None)));
        *node.0.lock() = Some(Arc::clone(&node));
    });
}

#[test]
fn a_cycle_through_a_weak_reference_is_none() {
    struct Node(Weak<Node>);
    verified(|| {
        let node = Arc::new_cyclic(|me| {
            assert!(me.upgrade().is_none());
            Node(me.clone())
        });
        let other = Arc::clone(&node);
        let thread = thread::spawn(move || other.0.upgrade().is_some());
        drop(node);
        assert!(thread.join().unwrap());
    });
}

#[test]
fn exactly_one_gets_the_value() {
    verified(|| {
        let one = Arc::new(5);
        let two = Arc::clone(&one);
        let thread = thread::spawn(move || Arc::into_inner(two));
        let mine = Arc::into_inner(one);
        let theirs = thread.join().unwrap();
        assert_eq!(mine.or(theirs), Some(5));
        assert!(mine.is_none() || theirs.is_none());
    });
}

#[test]
fn unwrapping_may_find_another_reference() {
    for failure in fails(FailureKind::Panic, || {
        let one = Arc::new(5);
        let two = Arc::clone(&one);
        let thread = thread::spawn(move || drop(two));
        assert_eq!(Arc::try_unwrap(one), Ok(5), "not alone");
        thread.join().unwrap();
    }) {
        assert!(failure.message().contains("not alone"));
    }
    verified(|| {
        let mut one = Arc::new(5);
        let two = Arc::clone(&one);
        thread::spawn(move || drop(two)).join().unwrap();
        *Arc::get_mut(&mut one).expect("alone") += 1;
        *Arc::make_mut(&mut one) += 1;
        assert_eq!(Arc::try_unwrap(one), Ok(7));
    });
}

/// Who gets mutable access is alone, and comes after all that was done by others.
#[test]
fn mutable_access_is_exclusive() {
    clean_when_sampled(|| {
        let mut value = Arc::new(Written(UnsafeCell::new(0)));
        let other = Arc::downgrade(&value);
        let thread = thread::spawn(move || {
            if let Some(value) = other.upgrade() {
                value.write();
            }
        });
        if let Some(value) = Arc::get_mut(&mut value) {
            value.write();
        }
        thread.join().unwrap();
    });
}

#[test]
fn counts_are_as_std_s() {
    verified(|| {
        let one = Arc::new(String::from("a"));
        let two = Arc::clone(&one);
        let weak = Arc::downgrade(&two);
        assert_eq!((Arc::strong_count(&one), Arc::weak_count(&one)), (2, 1));
        assert_eq!((weak.strong_count(), weak.weak_count()), (2, 1));
        let mut three = two.clone();
        Arc::make_mut(&mut three).push('b');
        assert_eq!(
            (one.as_str(), three.as_str(), Arc::strong_count(&one)),
            ("a", "ab", 2)
        );
        drop(one);
        // Alone, but for the weak one: the value moves away from it.
        let mut two = two;
        Arc::make_mut(&mut two).push('c');
        assert_eq!(two.as_str(), "ac");
        assert!(weak.upgrade().is_none());
        assert_eq!((weak.strong_count(), weak.weak_count()), (0, 0));
        assert_eq!((Arc::strong_count(&two), Arc::weak_count(&two)), (1, 0));
    });
}

#[test]
fn an_upgrade_against_the_last_drop() {
    for (engine, expected) in
        [Engine::Explorer, Engine::Loom, SAMPLER].map(|engine| (engine, [true, true]))
    {
        static SEEN: [std::sync::atomic::AtomicBool; 2] =
            [const { std::sync::atomic::AtomicBool::new(false) }; 2];
        let report = run(engine, || {
            let value = Arc::new(1);
            let weak = Arc::downgrade(&value);
            let thread = thread::spawn(move || weak.upgrade().is_some());
            drop(value);
            let upgraded = thread.join().unwrap();
            SEEN[usize::from(upgraded)].store(true, Ordering::Relaxed);
        });
        assert!(report.failure().is_none(), "{report}");
        let seen = SEEN
            .each_ref()
            .map(|seen| seen.swap(false, Ordering::Relaxed));
        assert_eq!(seen, expected, "{engine:?}");
    }
}

#[test]
fn made_from_std_s() {
    verified(|| {
        let shown: Arc<dyn std::fmt::Display + Send + Sync> = Arc::from_std(std::sync::Arc::new(5));
        let other = shown.clone();
        let thread = thread::spawn(move || other.to_string());
        assert_eq!(shown.to_string(), "5");
        assert_eq!(thread.join().unwrap(), "5");
    });
}
