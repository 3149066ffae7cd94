use super::*;
use sync::mpsc::{
    RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError, channel, sync_channel,
};

#[test]
fn unbounded() {
    verified(|| {
        let (sender, receiver) = channel();
        let other = sender.clone();
        let thread = thread::spawn(move || other.send(1).unwrap());
        sender.send(2).unwrap();
        drop(sender);
        let mut got: Vec<_> = receiver.iter().collect();
        got.sort_unstable();
        assert_eq!(got, [1, 2]);
        assert_eq!(receiver.recv(), Err(RecvError));
        thread.join().unwrap();
    });
}

#[test]
fn messages_of_one_sender_keep_their_order() {
    verified(|| {
        let (sender, receiver) = channel();
        let thread = thread::spawn(move || {
            sender.send(1).unwrap();
            sender.send(2).unwrap();
        });
        assert_eq!((receiver.recv(), receiver.recv()), (Ok(1), Ok(2)));
        assert_eq!(receiver.recv(), Err(RecvError));
        thread.join().unwrap();
    });
}

#[test]
fn a_message_happens_before_its_receipt() {
    struct Shared(racecourse::cell::UnsafeCell<u32>);
    // SAFETY: the receiver reads what the sender wrote before it sent; the check says so.
    unsafe impl Send for Shared {}
    // SAFETY: as above.
    unsafe impl Sync for Shared {}
    verified(|| {
        let (sender, receiver) = channel();
        let value = std::sync::Arc::new(Shared(racecourse::cell::UnsafeCell::new(0)));
        let mine = std::sync::Arc::clone(&value);
        let thread = thread::spawn(move || {
            // SAFETY: main reads after the receipt.
            mine.0.with_mut(|cell| unsafe { *cell = 1 });
            sender.send(()).unwrap();
        });
        receiver.recv().unwrap();
        // SAFETY: the thread wrote before it sent.
        assert_eq!(value.0.with(|cell| unsafe { *cell }), 1);
        thread.join().unwrap();
    });
}

#[test]
fn bounded_by_one() {
    verified(|| {
        let (sender, receiver) = sync_channel(1);
        let thread = thread::spawn(move || {
            for n in 1..=3 {
                sender.send(n).unwrap();
            }
        });
        assert!(receiver.iter().eq(1..=3));
        thread.join().unwrap();
    });
}

// With a third thread that blocks, loom needs minutes for each of the two that follow.

#[test]
fn bounded_by_one_with_two_senders() {
    clean_when_sampled(|| {
        let (sender, receiver) = sync_channel(1);
        let other = sender.clone();
        let thread = thread::spawn(move || other.send(1).unwrap());
        let last = thread::spawn(move || sender.send(2).unwrap());
        assert_eq!(receiver.iter().sum::<u32>(), 3);
        thread.join().unwrap();
        last.join().unwrap();
    });
}

#[test]
fn full_and_nobody_takes() {
    for failure in fails(FailureKind::Deadlock, || {
        let (sender, receiver) = sync_channel(1);
        sender.send(1).unwrap();
        assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
        sender.send(2).unwrap();
        drop(receiver);
    }) {
        assert!(
            told(&failure).contains("main waits on channel's departures"),
            "{}",
            told(&failure)
        );
    }
}

#[test]
fn rendezvous() {
    verified(|| {
        let (sender, receiver) = sync_channel(0);
        let taken = std::sync::Arc::new(AtomicBool::new(false));
        let flag = std::sync::Arc::clone(&taken);
        let thread = thread::spawn(move || {
            flag.store(true, Ordering::Relaxed);
            assert_eq!(receiver.recv(), Ok(1));
        });
        sender.send(1).unwrap();
        assert!(taken.load(Ordering::Relaxed), "`send` waits for a receiver");
        thread.join().unwrap();
    });
}

#[test]
fn rendezvous_with_two_senders() {
    clean_when_sampled(|| {
        let (sender, receiver) = sync_channel(0);
        let other = sender.clone();
        let thread = thread::spawn(move || other.send(1).unwrap());
        let last = thread::spawn(move || sender.send(2).unwrap());
        assert_eq!(receiver.iter().sum::<u32>(), 3);
        thread.join().unwrap();
        last.join().unwrap();
    });
}

#[test]
fn rendezvous_without_a_receiver() {
    for failure in fails(FailureKind::Deadlock, || {
        let (sender, receiver) = sync_channel(0);
        assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)));
        sender.send(1).unwrap();
        drop(receiver);
    }) {
        assert!(
            told(&failure).contains("main waits on channel's departures"),
            "{}",
            told(&failure)
        );
    }
}

#[test]
fn rendezvous_whose_receiver_goes() {
    verified(|| {
        let (sender, receiver) = sync_channel(0);
        let thread = thread::spawn(move || drop(receiver));
        assert_eq!(sender.send(1), Err(SendError(1)));
        assert_eq!(sender.try_send(2), Err(TrySendError::Disconnected(2)));
        thread.join().unwrap();
    });
}

#[test]
fn receiving_from_nobody() {
    for failure in fails(FailureKind::Deadlock, || {
        let (sender, receiver) = channel::<u32>();
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        let _ = receiver.recv();
        drop(sender);
    }) {
        assert!(
            told(&failure).contains("main waits on channel's arrivals"),
            "{}",
            told(&failure)
        );
    }
}

#[test]
fn the_last_sender_wakes_the_receiver() {
    verified(|| {
        let (sender, receiver) = channel::<u32>();
        let other = sender.clone();
        let thread = thread::spawn(move || drop(other));
        drop(sender);
        assert_eq!(receiver.recv(), Err(RecvError));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
        thread.join().unwrap();
    });
}

#[test]
fn a_timeout_may_come_at_any_time() {
    for engine in [Engine::Explorer, Engine::Loom, SAMPLER] {
        let failure = fails_under(engine, FailureKind::Panic, || {
            let (sender, receiver) = channel();
            let thread = thread::spawn(move || sender.send(1).unwrap());
            assert_eq!(receiver.recv_timeout(SOON), Ok(1), "too late");
            thread.join().unwrap();
        });
        assert!(failure.message().contains("too late"));
    }
    // Whatever comes, nothing is lost.
    clean(|| {
        let (sender, receiver) = sync_channel(0);
        let thread = thread::spawn(move || sender.send(1).is_ok());
        let mut got = receiver.recv_timeout(SOON);
        assert_ne!(got, Err(RecvTimeoutError::Disconnected));
        if got.is_err() {
            got = receiver.recv().map_err(|_| RecvTimeoutError::Disconnected);
        }
        assert_eq!(got, Ok(1));
        assert!(thread.join().unwrap());
    });
}

/// What is left is dropped with the receiver; a message's destructor may use the channel.
#[test]
fn messages_left_behind() {
    struct Message(sync::mpsc::Sender<Message>);
    impl Drop for Message {
        fn drop(&mut self) {
            drop(self.0.clone());
        }
    }
    verified(|| {
        let (sender, receiver) = channel();
        let copy = sender.clone();
        let thread = thread::spawn(move || drop(sender.send(Message(copy))));
        drop(receiver);
        thread.join().unwrap();
    });
}
