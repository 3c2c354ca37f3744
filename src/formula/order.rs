//! Definitions in an order in which each stands after what it uses, or the cycle that forbids one.
//! Knows numbers of definitions, not their contents.

/// Definitions that use each other in a ring, the first repeated at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle(pub Vec<usize>);

/// Orders `count` definitions; `uses` lists what one needs. Keeps the given order where it may.
pub(super) fn order(count: usize, uses: impl Fn(usize) -> Vec<usize>) -> Result<Vec<usize>, Cycle> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; count];
    let mut sorted = Vec::with_capacity(count);
    for root in 0..count {
        if marks[root] != Mark::New {
            continue;
        }
        marks[root] = Mark::Open;
        // By hand, not by recursion: a chain of definitions may be as long as a file.
        let mut path = vec![(root, uses(root).into_iter())];
        while let Some((at, rest)) = path.last_mut() {
            let at = *at;
            match rest.next() {
                None => {
                    marks[at] = Mark::Done;
                    sorted.push(at);
                    path.pop();
                }
                Some(next) if marks[next] == Mark::New => {
                    marks[next] = Mark::Open;
                    path.push((next, uses(next).into_iter()));
                }
                Some(next) if marks[next] == Mark::Open => {
                    let from = path.iter().position(|(p, _)| *p == next).unwrap_or(0);
                    return Err(Cycle(path[from..].iter().map(|(p, _)| *p).chain([next]).collect()));
                }
                Some(_) => {}
            }
        }
    }
    Ok(sorted)
}
