//! P: What may become of a job: one function from state and event to state. Reads and writes nothing.

use crate::store::tables::jobs::JobState;

/// Something that happens to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Its instant has come.
    Due,
    /// A worker took it.
    Claim,
    /// Its handler did what it should.
    Succeed,
    /// Its handler failed, and it is to be tried again.
    FailForNow,
    /// Its handler failed for good.
    FailForGood,
    /// It was called off.
    Cancel,
    /// Its worker was lost or gave it back.
    Rescue,
    /// It cannot be read, or brings the process down.
    Quarantine,
    /// An operator wants it run again from the beginning, or now.
    Retry,
    /// An operator lets it out of quarantine.
    Replay,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 10] = [
        Self::Due,
        Self::Claim,
        Self::Succeed,
        Self::FailForNow,
        Self::FailForGood,
        Self::Cancel,
        Self::Rescue,
        Self::Quarantine,
        Self::Retry,
        Self::Replay,
    ];
}

/// The state after `event` in `state`; `None` when it cannot happen there.
pub const fn next(state: JobState, event: Event) -> Option<JobState> {
    use JobState::{Available, Cancelled, Completed, Discarded, Quarantined, Retryable, Running, Scheduled};
    match (state, event) {
        (Scheduled | Retryable, Event::Due | Event::Retry)
        | (Running, Event::Rescue)
        | (Cancelled | Discarded, Event::Retry)
        | (Quarantined, Event::Replay) => Some(Available),
        (Available, Event::Claim) => Some(Running),
        (Running, Event::Succeed) => Some(Completed),
        (Running, Event::FailForNow) => Some(Retryable),
        (Running, Event::FailForGood) => Some(Discarded),
        (Scheduled | Available | Retryable | Running, Event::Cancel) => Some(Cancelled),
        (Running | Available, Event::Quarantine) => Some(Quarantined),
        _ => None,
    }
}

/// Whether nothing more happens to a job of this state by itself.
pub const fn is_final(state: JobState) -> bool {
    matches!(state, JobState::Completed | JobState::Cancelled | JobState::Discarded | JobState::Quarantined)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the module's documentation, which is the specification: a line a state, `event state` pairs behind it.
    fn drawn() -> Vec<(String, String, String)> {
        let mut edges = Vec::new();
        for line in include_str!("../jobs.rs").lines().filter_map(|line| line.strip_prefix("//! | `")) {
            let mut cells = line.split('|');
            let from = cells.next().unwrap().trim().trim_matches('`').to_owned();
            for edge in cells.next().unwrap().split(',').map(str::trim).filter(|edge| !edge.is_empty()) {
                let (event, to) = edge.split_once(" → ").unwrap();
                edges.push((from.clone(), event.to_owned(), to.to_owned()));
            }
        }
        edges
    }

    #[test]
    fn every_pair_is_as_the_documentation_draws_it() {
        let drawn = drawn();
        assert_eq!(drawn.len(), 18, "{drawn:?}");
        for state in JobState::ALL {
            for event in Event::ALL {
                let here =
                    |edge: &&(String, String, String)| edge.0 == state.as_str() && edge.1 == format!("{event:?}");
                let expected = drawn.iter().find(here).map(|edge| edge.2.as_str());
                assert_eq!(next(state, event).map(JobState::as_str), expected, "{state:?} {event:?}");
            }
        }
    }

    #[test]
    fn final_states_are_left_by_operators_alone() {
        for state in JobState::ALL.into_iter().filter(|state| is_final(*state)) {
            for event in Event::ALL.into_iter().filter(|event| next(state, *event).is_some()) {
                assert!(matches!(event, Event::Retry | Event::Replay), "{state:?} {event:?}");
            }
        }
        for state in JobState::ALL.into_iter().filter(|state| !is_final(*state)) {
            assert!(Event::ALL.into_iter().any(|event| next(state, event).is_some()), "{state:?} has no way out");
        }
    }

    #[test]
    fn every_state_has_its_name_and_place() {
        for (index, state) in JobState::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(state.index()), index);
            assert_eq!(JobState::from_code(state.as_str()), Some(state));
        }
        assert_eq!(JobState::from_code("dead"), None);
    }
}
