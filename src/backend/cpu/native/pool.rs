//! A team of pinned threads that starts a job in about a microsecond.
//! It must not know what the job computes, nor split it: every member gets its number and the team's size.

use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle, Thread, ThreadId};
use std::time::{Duration, Instant};

use super::cluster::{self, Cluster};
use super::error::CpuError;

/// How long an idle member spins before it sleeps: longer than the gap between two launches of a timed batch.
const SPIN: Duration = Duration::from_micros(100);

/// A job with its type erased: the closure's address and the function that calls it.
#[derive(Clone, Copy)]
struct Job {
    data: *const (),
    call: unsafe fn(*const (), usize, usize),
}

/// What the members share. Aligned so that the epoch, which all of them watch, has its line to itself.
#[repr(align(128))]
struct Shared {
    epoch: AtomicU64,
    left: Padded,
    job: UnsafeCell<Job>,
    stop: AtomicBool,
    asleep: Vec<AtomicBool>,
    caller_asleep: AtomicBool,
    caller: Mutex<Option<Thread>>,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

#[repr(align(128))]
struct Padded(AtomicUsize);

// SAFETY: `job` is written only by the caller while no member runs, and published by the release store of `epoch`.
unsafe impl Sync for Shared {}
// SAFETY: as above; the pointers inside `job` are only followed between a launch and its end.
unsafe impl Send for Shared {}

/// Persistent threads, pinned one to a CPU; the calling thread is member 0.
///
/// The thread that calls [`Pool::run`] is pinned too, until the pool is dropped on it or it calls [`release`].
/// A pool is `Send` but not `Sync`: one launch at a time.
pub struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    cpus: Vec<usize>,
    home: Cell<Option<ThreadId>>,
    not_sync: PhantomData<Cell<()>>,
}

impl Pool {
    /// A pool of `threads` members, or one for each big CPU this process may use.
    ///
    /// # Errors
    /// When the affinity mask cannot be read, `threads` is zero, or a thread cannot be started.
    pub fn new(threads: Option<usize>) -> Result<Self, CpuError> {
        let big = &cluster()?.cpus;
        let threads = threads.unwrap_or(big.len());
        if threads == 0 {
            return Err(CpuError::Zero { what: "the number of threads" });
        }
        let cpus: Vec<usize> = big.iter().copied().cycle().take(threads).collect();
        let shared = Arc::new(Shared {
            epoch: AtomicU64::new(0),
            left: Padded(AtomicUsize::new(0)),
            job: UnsafeCell::new(Job { data: std::ptr::null(), call: |_, _, _| {} }),
            stop: AtomicBool::new(false),
            asleep: (0..threads).map(|_| AtomicBool::new(false)).collect(),
            caller_asleep: AtomicBool::new(false),
            caller: Mutex::new(None),
            panic: Mutex::new(None),
        });
        let mut pool = Self {
            shared,
            workers: Vec::with_capacity(threads - 1),
            cpus,
            home: Cell::new(None),
            not_sync: PhantomData,
        };
        for member in 1..threads {
            let shared = Arc::clone(&pool.shared);
            let cpu = pool.cpus[member];
            let worker = thread::Builder::new()
                .name(format!("cpu-{member}"))
                .spawn(move || {
                    pin(&[cpu]);
                    work(&shared, member, threads);
                })
                .map_err(|source| CpuError::Spawn { member, source })?;
            pool.workers.push(worker);
        }
        Ok(pool)
    }

    /// The number of members, the caller included.
    pub fn threads(&self) -> usize {
        self.cpus.len()
    }

    /// The CPU of each member, as the operating system numbers them.
    pub fn cpus(&self) -> &[usize] {
        &self.cpus
    }

    /// Calls `job(member, members)` once on every member and returns when all are done.
    ///
    /// # Panics
    /// With the payload of the first panic inside `job`, after every member has finished. The pool stays usable.
    pub fn run<F: Fn(usize, usize) + Sync>(&self, job: F) {
        self.settle();
        let shared = &*self.shared;
        let members = self.threads();
        if members == 1 {
            return job(0, 1);
        }
        let erased = Job { data: (&raw const job).cast(), call: call::<F> };
        // SAFETY: no member runs between launches, and `&self` of a `!Sync` type keeps other launches out.
        unsafe { *shared.job.get() = erased };
        shared.left.0.store(members - 1, Ordering::Relaxed);
        shared.epoch.fetch_add(1, Ordering::SeqCst);
        for (asleep, worker) in shared.asleep[1..].iter().zip(&self.workers) {
            if asleep.load(Ordering::SeqCst) {
                worker.thread().unpark();
            }
        }
        let own = catch_unwind(AssertUnwindSafe(|| job(0, members)));
        self.wait();
        let theirs = shared.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Err(payload) = own {
            resume_unwind(payload);
        }
        if let Some(payload) = theirs {
            resume_unwind(payload);
        }
    }

    /// Waits for the other members, spinning first.
    fn wait(&self) {
        let shared = &*self.shared;
        let done = || shared.left.0.load(Ordering::Acquire) == 0;
        if spin_until(done) {
            return;
        }
        *shared.caller.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current());
        shared.caller_asleep.store(true, Ordering::SeqCst);
        while shared.left.0.load(Ordering::SeqCst) != 0 {
            thread::park();
        }
        shared.caller_asleep.store(false, Ordering::SeqCst);
    }

    /// Pins the calling thread to the first CPU, once.
    fn settle(&self) {
        let me = thread::current().id();
        if self.home.get() != Some(me) {
            pin(&self.cpus[..1]);
            self.home.set(Some(me));
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.shared.epoch.fetch_add(1, Ordering::SeqCst);
        for worker in self.workers.drain(..) {
            worker.thread().unpark();
            // A worker catches what its jobs throw, so a failed join leaves nothing to report.
            let _ = worker.join();
        }
        if self.home.get() == Some(thread::current().id()) {
            release();
        }
    }
}

/// Gives the calling thread back every CPU the process may use: for a thread started from a pinned one.
pub fn release() {
    if let Ok(cpus) = allowed_cpus() {
        pin(cpus);
    }
}

/// # Safety
/// `data` must be the address of a live `F`.
unsafe fn call<F: Fn(usize, usize) + Sync>(data: *const (), member: usize, members: usize) {
    // SAFETY: the caller's promise; `run` keeps the closure alive until every member has finished.
    unsafe { (*data.cast::<F>())(member, members) }
}

/// A worker's life: wait for the next epoch, run its job, say so.
fn work(shared: &Shared, member: usize, members: usize) {
    let mut seen = 0;
    loop {
        let fresh = || shared.epoch.load(Ordering::Acquire) != seen;
        if !spin_until(fresh) {
            shared.asleep[member].store(true, Ordering::SeqCst);
            while shared.epoch.load(Ordering::SeqCst) == seen {
                thread::park();
            }
            shared.asleep[member].store(false, Ordering::SeqCst);
        }
        seen += 1;
        if shared.stop.load(Ordering::SeqCst) {
            return;
        }
        // SAFETY: the epoch just seen published this job, and the caller waits for `left` before it writes another.
        let job = unsafe { *shared.job.get() };
        // SAFETY: `data` and `call` were made from one closure, alive until `left` reaches zero.
        let result = catch_unwind(AssertUnwindSafe(|| unsafe { (job.call)(job.data, member, members) }));
        if let Err(payload) = result {
            shared.panic.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(payload);
        }
        let last = shared.left.0.fetch_sub(1, Ordering::SeqCst) == 1;
        if last && shared.caller_asleep.load(Ordering::SeqCst) {
            let caller = shared.caller.lock().unwrap_or_else(PoisonError::into_inner);
            caller.iter().for_each(Thread::unpark);
        }
    }
}

/// Spins until `done` or [`SPIN`] has passed; whether it was done.
fn spin_until(done: impl Fn() -> bool) -> bool {
    for _ in 0..256 {
        if done() {
            return true;
        }
        std::hint::spin_loop();
    }
    let start = Instant::now();
    while start.elapsed() < SPIN {
        for _ in 0..32 {
            if done() {
                return true;
            }
            std::hint::spin_loop();
        }
    }
    false
}

/// The CPUs that a pool runs on unless told otherwise.
pub fn cluster() -> Result<&'static Cluster, CpuError> {
    static BIG: OnceLock<Cluster> = OnceLock::new();
    let allowed = allowed_cpus()?;
    Ok(BIG.get_or_init(|| cluster::big(allowed.to_vec(), Path::new("/sys/devices/system/cpu"))))
}

/// The CPUs this process may use, as first seen: later a pinned caller would see only its own.
fn allowed_cpus() -> Result<&'static [usize], CpuError> {
    static CPUS: OnceLock<Result<Vec<usize>, std::io::ErrorKind>> = OnceLock::new();
    match CPUS.get_or_init(|| affinity().map_err(|e| e.kind())) {
        Ok(cpus) => Ok(cpus),
        Err(kind) => Err(CpuError::Affinity { source: (*kind).into() }),
    }
}

#[cfg(target_os = "linux")]
fn affinity() -> std::io::Result<Vec<usize>> {
    let set = rustix::thread::sched_getaffinity(None)?;
    Ok((0..rustix::thread::CpuSet::MAX_CPU).filter(|&cpu| set.is_set(cpu)).collect())
}

#[cfg(not(target_os = "linux"))]
fn affinity() -> std::io::Result<Vec<usize>> {
    Ok((0..thread::available_parallelism()?.get()).collect())
}

/// Pins the calling thread. A refusal (a CPU taken offline, a sandbox) costs steadiness, not correctness.
#[cfg(target_os = "linux")]
fn pin(cpus: &[usize]) {
    let mut set = rustix::thread::CpuSet::new();
    for &cpu in cpus {
        set.set(cpu);
    }
    let _ = rustix::thread::sched_setaffinity(None, &set);
}

#[cfg(not(target_os = "linux"))]
fn pin(_cpus: &[usize]) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_runs_once_a_launch() {
        for threads in [1, 2, 5] {
            let pool = Pool::new(Some(threads)).unwrap();
            let calls: Vec<AtomicUsize> = (0..threads).map(|_| AtomicUsize::new(0)).collect();
            for launch in 0..200 {
                if launch % 50 == 49 {
                    thread::sleep(SPIN * 3);
                }
                pool.run(|t, n| {
                    assert_eq!(n, threads);
                    calls[t].fetch_add(1, Ordering::Relaxed);
                });
            }
            assert!(calls.iter().all(|c| c.load(Ordering::Relaxed) == 200));
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_lives_on() {
        let pool = Pool::new(Some(3)).unwrap();
        for culprit in 0..3 {
            let caught = catch_unwind(AssertUnwindSafe(|| {
                pool.run(|t, _| assert!(t != culprit, "member {t} fails"));
            }));
            assert!(caught.is_err());
        }
        let sum = AtomicUsize::new(0);
        pool.run(|t, _| {
            sum.fetch_add(t, Ordering::Relaxed);
        });
        assert_eq!(sum.into_inner(), 3);
    }

    #[test]
    fn a_slow_member_is_waited_for() {
        let pool = Pool::new(Some(2)).unwrap();
        let done = AtomicBool::new(false);
        pool.run(|t, _| {
            if t == 1 {
                thread::sleep(SPIN * 20);
                done.store(true, Ordering::Relaxed);
            }
        });
        assert!(done.into_inner());
    }

    #[test]
    fn a_second_pool_sees_every_cpu_and_a_pool_may_move() {
        let first = Pool::new(None).unwrap();
        first.run(|_, _| {});
        let second = Pool::new(None).unwrap();
        assert_eq!(first.cpus(), second.cpus());
        thread::spawn(move || second.run(|_, _| {})).join().unwrap();
    }
}
