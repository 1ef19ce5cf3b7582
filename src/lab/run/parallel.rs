//! Step points computed by several threads → the same rows in the same order as by one.
//!
//! Workers take points in order and send what they compute; the caller reads one point after the other, so that the
//! first unfinished point streams to its files while the next ones wait in memory, each in a channel of bounded size.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use num_complex::Complex64;

use super::bench::{Bench, Stop};
use super::selection::Selection;
use super::{Deck, Elaborate};
use crate::analysis::{Attempt, Control, Failure, Header, Progress, Row, Sink, Stats, Warned};

/// Values sent at a time, and how many such blocks of one point may wait: 32 MiB of real numbers.
const BLOCK: usize = 4096;
const WAITING: usize = 1024;
/// How often Ctrl-C is looked for, and progress shown.
const PATIENCE: Duration = Duration::from_millis(100);
/// Points begun and not yet read, for each thread.
const AHEAD: usize = 2;

/// What a worker tells of a point, in this order for each analysis.
enum Message<'a> {
    Ready(Arc<Bench<'a>>),
    /// It cannot be built.
    Not(Stop),
    Begin(Header),
    Rows(Vec<f64>, Values),
    Attempts(Vec<Attempt>),
    End,
    /// How an analysis ended, its seconds, and what models had to say.
    Done(Result<Stats, Failure>, f64, Vec<Warned>),
}

enum Values {
    Real(Vec<f64>),
    Complex(Vec<Complex64>),
}

/// How far a point is: fraction in millionths, steps.
#[derive(Default)]
struct Pace {
    millionths: AtomicU64,
    steps: AtomicU64,
}

/// What workers and the reader share.
struct Shared {
    halt: Arc<AtomicBool>,
    paces: Vec<Pace>,
}

impl Shared {
    fn progress(&self) -> Progress {
        let sum =
            |of: &dyn Fn(&Pace) -> &AtomicU64| self.paces.iter().map(|p| of(p).load(Ordering::Relaxed)).sum::<u64>();
        let fraction = sum(&|p| &p.millionths) as f64 * 1e-6 / self.paces.len().max(1) as f64;
        Progress { fraction, time: 0.0, steps: sum(&|p| &p.steps) }
    }
}

/// Takes a point that others compute, with its values.
type Take<'t> = &'t mut dyn FnMut(Remote, &mut Control, &[f64]) -> Result<(), Stop>;

/// Computes `points` with `threads` threads and hands each to `take`, in order, until one of them stops the run.
pub(super) fn run(
    deck: &Deck,
    points: &[Vec<f64>],
    elaborate: Elaborate<'_>,
    (threads, trace): (usize, bool),
    control: &mut Control,
    take: Take,
) -> Result<(), Stop> {
    let paces = points.iter().map(|_| Pace::default()).collect();
    let shared = Shared { halt: Arc::default(), paces };
    let (jobs, queue) = mpsc::channel::<(usize, SyncSender<Message>)>();
    let queue = Mutex::new(queue);
    std::thread::scope(|scope| {
        let worker = || {
            // The queue is locked while waiting for a job, not while doing it.
            let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
            while let Ok((k, to)) = next() {
                // A reader that has gone away wants nothing more.
                let _ = compute(deck, &points[k], elaborate, trace, (&shared, k), &to);
            }
        };
        for _ in 0..threads.min(points.len()) {
            scope.spawn(worker);
        }
        let mut channels = std::collections::VecDeque::new();
        let mut ahead = 0;
        let mut feed = |channels: &mut std::collections::VecDeque<_>, jobs: &Sender<_>| {
            if ahead < points.len() {
                let (to, from) = mpsc::sync_channel(WAITING);
                let _ = jobs.send((ahead, to));
                channels.push_back(from);
                ahead += 1;
            }
        };
        (0..AHEAD * threads).for_each(|_| feed(&mut channels, &jobs));
        let mut result = Ok(());
        for values in points {
            let Some(from) = channels.pop_front() else { break };
            result = Remote::new(&shared, from, control).and_then(|remote| take(remote, control, values));
            if result.is_err() {
                break;
            }
            feed(&mut channels, &jobs);
        }
        // Ends the workers: their points are wanted no more, and there are no more jobs.
        shared.halt.store(true, Ordering::Relaxed);
        drop((channels, jobs));
        result
    })
}

/// All analyses of a point, told to `to`; an error where nobody listens.
#[expect(clippy::result_large_err, reason = "the message comes back once, when nobody listens any more")]
fn compute<'a>(
    deck: &Deck,
    values: &[f64],
    elaborate: Elaborate<'a>,
    trace: bool,
    (shared, k): (&Shared, usize),
    to: &SyncSender<Message<'a>>,
) -> Result<(), mpsc::SendError<Message<'a>>> {
    if shared.halt.load(Ordering::Relaxed) {
        return Ok(());
    }
    let bench = match Bench::new(deck, (k, values), elaborate) {
        Ok(bench) => Arc::new(bench),
        Err(stop) => return to.send(Message::Not(stop)),
    };
    to.send(Message::Ready(bench.clone()))?;
    let analyses = bench.deck.plan.analyses.len();
    for a in 0..analyses {
        let started = Instant::now();
        let selection = Selection::new(&bench.deck.circuit, &bench.deck.plan, bench.deck.plan.analyses[a].kind.name());
        let mut sink = Post { to, scale: Vec::new(), values: Values::Real(Vec::new()) };
        let mut attempts = Vec::new();
        let mut see = |_: &crate::mna::System, attempt: &Attempt| {
            attempts.push(*attempt);
            if attempts.len() >= BLOCK {
                let _ = to.send(Message::Attempts(std::mem::take(&mut attempts)));
            }
        };
        let mut progress = |p: Progress| {
            let fraction = (a as f64 + p.fraction) / analyses as f64;
            shared.paces[k].millionths.store((fraction * 1e6) as u64, Ordering::Relaxed);
            shared.paces[k].steps.store(p.steps, Ordering::Relaxed);
        };
        let mut control = Control::new(&shared.halt, &mut progress);
        if trace {
            control.trace = Some(&mut see);
        }
        let result = bench.run(a, &selection.observations, &mut sink, &mut control);
        let warned = control.warned;
        if !attempts.is_empty() {
            to.send(Message::Attempts(attempts))?;
        }
        let failed = result.is_err();
        to.send(Message::Done(result, started.elapsed().as_secs_f64(), warned))?;
        if failed {
            return Ok(());
        }
    }
    shared.paces[k].millionths.store(1_000_000, Ordering::Relaxed);
    Ok(())
}

/// Sends rows in blocks.
struct Post<'s, 'a> {
    to: &'s SyncSender<Message<'a>>,
    scale: Vec<f64>,
    values: Values,
}

impl Post<'_, '_> {
    fn flush(&mut self) -> io::Result<()> {
        if self.scale.is_empty() {
            return Ok(());
        }
        let empty = match self.values {
            Values::Real(_) => Values::Real(Vec::new()),
            Values::Complex(_) => Values::Complex(Vec::new()),
        };
        let rows = Message::Rows(std::mem::take(&mut self.scale), std::mem::replace(&mut self.values, empty));
        self.send(rows)
    }
}

impl<'a> Post<'_, 'a> {
    fn send(&self, message: Message<'a>) -> io::Result<()> {
        self.to.send(message).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Sink for Post<'_, '_> {
    fn begin(&mut self, header: &Header) -> io::Result<()> {
        self.values = if header.complex { Values::Complex(Vec::new()) } else { Values::Real(Vec::new()) };
        self.send(Message::Begin(header.clone()))
    }

    fn row(&mut self, scale: f64, row: Row) -> io::Result<()> {
        self.scale.push(scale);
        let waiting = match (&mut self.values, row) {
            (Values::Real(to), Row::Real(r)) => {
                to.extend(r);
                to.len()
            }
            (Values::Complex(to), Row::Complex(r)) => {
                to.extend(r);
                to.len()
            }
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        };
        if waiting.max(self.scale.len()) >= BLOCK { self.flush() } else { Ok(()) }
    }

    fn end(&mut self) -> io::Result<()> {
        self.flush()?;
        self.send(Message::End)
    }
}

/// A point that another thread computes.
pub(super) struct Remote<'a, 's> {
    pub bench: Arc<Bench<'a>>,
    from: Receiver<Message<'a>>,
    shared: &'s Shared,
}

impl<'a, 's> Remote<'a, 's> {
    fn new(shared: &'s Shared, from: Receiver<Message<'a>>, control: &mut Control) -> Result<Remote<'a, 's>, Stop> {
        match next(&from, shared, control) {
            Some(Message::Ready(bench)) => Ok(Remote { bench, from, shared }),
            Some(Message::Not(stop)) => Err(stop),
            _ => Err(Stop::Failed(Failure::Interrupted, None)),
        }
    }

    /// The next analysis of the point as its worker tells it; the seconds it took there.
    pub fn run(&mut self, sink: &mut dyn Sink, control: &mut Control) -> (Result<Stats, Failure>, f64) {
        loop {
            let told = match next(&self.from, self.shared, control) {
                None => return (Err(Failure::Interrupted), 0.0),
                Some(Message::Done(result, seconds, warned)) => {
                    control.warned = warned;
                    return (result, seconds);
                }
                Some(Message::Begin(header)) => sink.begin(&header),
                Some(Message::Rows(scale, values)) => replay(sink, &scale, &values),
                Some(Message::End) => sink.end(),
                Some(Message::Attempts(attempts)) => {
                    if let Some(trace) = &mut control.trace {
                        attempts.iter().for_each(|a| trace(&self.bench.system, a));
                    }
                    Ok(())
                }
                Some(Message::Ready(_) | Message::Not(_)) => Ok(()),
            };
            if let Err(error) = told {
                let _ = sink.end();
                return (Err(error.into()), 0.0);
            }
        }
    }
}

/// The next message; meanwhile Ctrl-C reaches the workers and progress is shown. None: the worker is gone.
fn next<'a>(from: &Receiver<Message<'a>>, shared: &Shared, control: &mut Control) -> Option<Message<'a>> {
    loop {
        if control.interrupted.load(Ordering::Relaxed) {
            shared.halt.store(true, Ordering::Relaxed);
        }
        match from.recv_timeout(PATIENCE) {
            Ok(message) => return Some(message),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => (control.progress)(shared.progress()),
        }
    }
}

fn replay(sink: &mut dyn Sink, scale: &[f64], values: &Values) -> io::Result<()> {
    let rows = scale.len().max(1);
    scale.iter().enumerate().try_for_each(|(k, &at)| match values {
        Values::Real(v) => {
            let width = v.len() / rows;
            sink.row(at, Row::Real(&v[k * width..(k + 1) * width]))
        }
        Values::Complex(v) => {
            let width = v.len() / rows;
            sink.row(at, Row::Complex(&v[k * width..(k + 1) * width]))
        }
    })
}
