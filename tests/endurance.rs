//! What takes minutes, side by side: kills at random moments, machines that go and come back, races
//! for the queue, and a queue of a hundred runs.

mod common;
#[path = "endurance/crash.rs"]
mod crash;
#[path = "endurance/hosts.rs"]
mod hosts;
#[path = "endurance/races.rs"]
mod races;
#[path = "endurance/soak.rs"]
mod soak;
