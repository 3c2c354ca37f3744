//! Launches of tiny kernels, captured in CUDA graphs and replayed: one call to the driver for many launches.
//! Decides which launches go together; captures nothing before it is asked to.

use std::{collections::HashMap, rc::Rc};

use super::{
    super::DeviceError,
    resources::{Context, Graph},
};

/// Launches in one graph at most.
const CHUNK: usize = 128;
/// Graphs kept at most: bounds what the driver holds.
const MOST_GRAPHS: usize = 512;

/// A run of consecutive launches: the buffer set of the first, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Chunk {
    set: usize,
    launches: usize,
}

/// Graphs captured so far.
pub(super) struct Graphs {
    context: Rc<Context>,
    known: HashMap<Chunk, Graph>,
}

impl Graphs {
    /// None yet.
    pub(super) fn new(context: &Rc<Context>) -> Graphs {
        Graphs { context: Rc::clone(context), known: HashMap::new() }
    }

    /// Captures what a run needs and is not known yet. To be called before the clocks start.
    pub(super) fn prepare(
        &mut self,
        next: usize,
        launches: usize,
        sets: usize,
        mut launch: impl FnMut(usize) -> Result<(), DeviceError>,
    ) -> Result<(), DeviceError> {
        let (chunks, _) = chunks(next, launches, sets);
        let needed: std::collections::HashSet<Chunk> = chunks.iter().copied().collect();
        if self.known.len() + needed.len() > MOST_GRAPHS {
            self.known.retain(|chunk, _| needed.contains(chunk));
        }
        for chunk in needed {
            if !self.known.contains_key(&chunk) {
                let each = || (0..chunk.launches).try_for_each(|at| launch((chunk.set + at) % sets));
                let graph = Graph::capture(&self.context, each)?;
                self.known.insert(chunk, graph);
            }
        }
        self.context.synchronize("uploading graphs")
    }

    /// Replays a prepared run; returns the set of the next launch.
    pub(super) fn replay(&self, next: usize, launches: usize, sets: usize) -> Result<usize, DeviceError> {
        let (chunks, next) = chunks(next, launches, sets);
        for chunk in chunks {
            let graph = self.known.get(&chunk);
            graph
                .ok_or_else(|| DeviceError::Failed("a graph is replayed that was not captured".to_owned()))?
                .launch()?;
        }
        Ok(next)
    }
}

/// Cuts a run into chunks that recur, and says at which set the next run starts.
///
/// With fewer sets than a chunk has launches, a chunk is whole rounds of the sets, so that the next starts where it did.
/// With more, chunks start at multiples of their length: after a run that ends between two, the sets up to the next are
/// left out, which leaves the cache no warmer.
fn chunks(next: usize, launches: usize, sets: usize) -> (Vec<Chunk>, usize) {
    let few = sets <= CHUNK;
    let whole = if few { CHUNK / sets * sets } else { CHUNK };
    let mut at = if few { next % sets } else { next.next_multiple_of(whole) };
    let mut left = launches;
    let mut chunks = Vec::new();
    while left > 0 {
        if at >= sets {
            at = 0;
        }
        let longest = if few { whole } else { whole.min(sets - at) };
        let launches = longest.min(left);
        chunks.push(Chunk { set: at, launches });
        at = if few { (at + launches) % sets } else { at + launches };
        left -= launches;
    }
    (chunks, at % sets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets_used(next: usize, launches: usize, sets: usize) -> (Vec<usize>, usize) {
        let (chunks, next) = chunks(next, launches, sets);
        assert!(chunks.iter().all(|c| c.launches <= CHUNK && c.set < sets));
        (chunks.iter().flat_map(|c| (0..c.launches).map(|i| (c.set + i) % sets)).collect(), next)
    }

    #[test]
    fn a_run_launches_as_often_as_asked_and_rotates() {
        for sets in [1, 2, 3, 100, 128, 129, 300, 4096] {
            for launches in [1, 2, 127, 128, 129, 1000, 5000] {
                let (used, next) = sets_used(0, launches, sets);
                assert_eq!(used.len(), launches);
                assert!(used.iter().enumerate().all(|(i, &set)| set == i % sets), "{sets} sets, {launches} launches");
                assert_eq!(next, launches % sets);
            }
        }
    }

    #[test]
    fn runs_of_one_length_need_few_graphs() {
        for sets in [1, 3, 128, 300, 4096] {
            let mut distinct = std::collections::HashSet::new();
            let mut next = 0;
            for _ in 0..500 {
                let (run, after) = chunks(next, 1000, sets);
                distinct.extend(run);
                next = after;
            }
            assert!(distinct.len() <= 2 * CHUNK, "{sets} sets: {} graphs", distinct.len());
        }
    }

    #[test]
    fn many_sets_never_repeat_within_a_round_of_them() {
        let (mut all, mut next) = (Vec::new(), 0);
        for _ in 0..10 {
            let (used, after) = sets_used(next, 100, 300);
            all.extend(used);
            next = after;
        }
        for (i, set) in all.iter().enumerate() {
            // Sets left out make a round shorter, by less than a chunk for every run.
            let again = all[i + 1..].iter().take(200 - CHUNK).any(|other| other == set);
            assert!(!again, "set {set} at {i}");
        }
    }
}
