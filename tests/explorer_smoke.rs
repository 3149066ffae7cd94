use racecourse::check::*;
use racecourse::sync::atomic::{AtomicU32, Ordering::*};
use racecourse::sync::{Condvar, Mutex};
use racecourse::thread;
use std::sync::Arc;

fn run(name: &str, expected: u64, f: impl Fn() + Send + Sync + 'static) {
    let r = Checker::new().spurious_wakeups(0).weak_failures(0).run(f);
    let us = r.elapsed().as_secs_f64() * 1e6;
    println!(
        "{name}: {} (want {expected}) blocked {} in {us:.0} us, {:.0}/s {:?}",
        r.executions(),
        r.blocked(),
        r.executions() as f64 / us * 1e6,
        r.verdict()
    );
    if let Some(f) = r.failure() {
        println!("{}", f.timeline());
    }
}

fn add(n: usize, k: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let x = Arc::new(AtomicU32::new(0));
        let t: Vec<_> = (0..n)
            .map(|_| {
                let x = x.clone();
                thread::spawn(move || {
                    for _ in 0..k {
                        x.fetch_add(1, Relaxed);
                    }
                })
            })
            .collect();
        for t in t {
            t.join().unwrap();
        }
        assert_eq!(x.load(Relaxed), (n * k) as u32);
    }
}
fn mutex(n: usize, k: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let x = Arc::new(Mutex::new(0));
        let t: Vec<_> = (0..n)
            .map(|_| {
                let x = x.clone();
                thread::spawn(move || {
                    for _ in 0..k {
                        *x.lock().unwrap() += 1;
                    }
                })
            })
            .collect();
        for t in t {
            t.join().unwrap();
        }
        assert_eq!(*x.lock().unwrap(), n * k);
    }
}
struct Q {
    items: Mutex<Vec<u32>>,
    not_empty: Condvar,
    not_full: Condvar,
}
fn queue(p: usize, items: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let q = Arc::new(Q {
            items: Mutex::new(Vec::new()),
            not_empty: Condvar::new(),
            not_full: Condvar::new(),
        });
        let t: Vec<_> = (0..p)
            .map(|_| {
                let q = q.clone();
                thread::spawn(move || {
                    for i in 0..items {
                        let mut g = q.items.lock().unwrap();
                        while g.len() == 1 {
                            g = q.not_full.wait(g).unwrap();
                        }
                        g.push(i as u32);
                        q.not_empty.notify_one();
                    }
                })
            })
            .collect();
        for _ in 0..p * items {
            let mut g = q.items.lock().unwrap();
            while g.is_empty() {
                g = q.not_empty.wait(g).unwrap();
            }
            g.pop();
            q.not_full.notify_one();
        }
        for t in t {
            t.join().unwrap();
        }
    }
}
fn readers(n: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let x = Arc::new(AtomicU32::new(0));
        let w = {
            let x = x.clone();
            thread::spawn(move || x.store(1, Relaxed))
        };
        let t: Vec<_> = (0..n)
            .map(|_| {
                let x = x.clone();
                thread::spawn(move || {
                    x.load(Relaxed);
                })
            })
            .collect();
        for t in t {
            t.join().unwrap();
        }
        w.join().unwrap();
    }
}
fn lastzero(n: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let a: Arc<Vec<AtomicU32>> = Arc::new((0..=n).map(|_| AtomicU32::new(0)).collect());
        let mut t = Vec::new();
        {
            let a = a.clone();
            t.push(thread::spawn(move || {
                let mut i = n;
                while a[i].load(Acquire) != 0 {
                    i -= 1;
                }
            }));
        }
        for j in 1..=n {
            let a = a.clone();
            t.push(thread::spawn(move || {
                let v = a[j - 1].load(Acquire);
                a[j].store(v + 1, Release);
            }));
        }
        for t in t {
            t.join().unwrap();
        }
    }
}
fn fib(n: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let x = Arc::new(AtomicU32::new(1));
        let y = Arc::new(AtomicU32::new(1));
        let (a, b) = (x.clone(), y.clone());
        let t = thread::spawn(move || {
            for _ in 0..n {
                let s = a.load(Relaxed) + b.load(Relaxed);
                a.store(s, Relaxed);
            }
        });
        let (a, b) = (x.clone(), y.clone());
        let u = thread::spawn(move || {
            for _ in 0..n {
                let s = a.load(Relaxed) + b.load(Relaxed);
                b.store(s, Relaxed);
            }
        });
        t.join().unwrap();
        u.join().unwrap();
    }
}
fn sb(
    o: std::sync::atomic::Ordering,
    fence: bool,
) -> impl Fn() -> (u32, u32) + Send + Sync + 'static {
    move || {
        let x = Arc::new(AtomicU32::new(0));
        let y = Arc::new(AtomicU32::new(0));
        let (a, b) = (x.clone(), y.clone());
        let l = if o == SeqCst { SeqCst } else { Relaxed };
        let t = thread::spawn(move || {
            a.store(1, l);
            if fence {
                racecourse::sync::atomic::fence(SeqCst);
            }
            b.load(l)
        });
        let u = thread::spawn(move || {
            y.store(1, l);
            if fence {
                racecourse::sync::atomic::fence(SeqCst);
            }
            x.load(l)
        });
        (t.join().unwrap(), u.join().unwrap())
    }
}
fn spin(n: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let x = Arc::new(AtomicU32::new(0));
        let t: Vec<_> = (0..n)
            .map(|_| {
                let x = x.clone();
                thread::spawn(move || {
                    while x.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
                        racecourse::hint::spin_loop();
                    }
                    x.store(0, Release);
                })
            })
            .collect();
        for t in t {
            t.join().unwrap();
        }
    }
}

#[test]
fn smoke() {
    run("1x1", 1, add(1, 1));
    run("2x1", 2, add(2, 1));
    run("3x1", 6, add(3, 1));
    run("3x2", 90, add(3, 2));
    run("3x2", 90, add(3, 2));
    run("4x1", 24, add(4, 1));
    run("3x3", 1680, add(3, 3));
    run("5x2", 113400, add(5, 2));
    for (n, k, e) in [(2, 1, 2), (3, 1, 6), (3, 2, 90), (4, 2, 2520)] {
        run(&format!("mutex {n}x{k}"), e, mutex(n, k));
    }
    run("queue 2x1", 16, queue(2, 1));
    run("queue 2x2", 2432, queue(2, 2));
    run("readers 5", 32, readers(5));
    run("lastzero 5", 64, lastzero(5));
    run("lastzero 6", 144, lastzero(6));
    run("lastzero 10", 3328, lastzero(10));
    run("fib 3", 0, fib(3));
    run("fib 4", 0, fib(4));
    run("fib 5", 525630, fib(5));
    run("spin 2", 2, spin(2));
    run("spin 3", 6, spin(3));
    run("spin 4", 24, spin(4));
    for (o, f) in [(Relaxed, false), (SeqCst, false), (Relaxed, true)] {
        let o = Checker::new().outcomes(sb(o, f));
        println!(
            "sb {:?} {}",
            o.values().collect::<Vec<_>>(),
            o.report().executions()
        );
    }
    println!(
        "{}",
        Checker::new().run(|| {
            let a = Arc::new(Mutex::new(0));
            let b = Arc::new(Mutex::new(0));
            let (c, d) = (a.clone(), b.clone());
            let t = thread::spawn(move || {
                let _a = c.lock().unwrap();
                let _b = d.lock().unwrap();
            });
            {
                let _b = b.lock().unwrap();
                let _a = a.lock().unwrap();
            }
            t.join().unwrap();
        })
    );
}
