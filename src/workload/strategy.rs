//! temp
use crate::kernel::SimTime;
/// temp
#[derive(Clone, Debug, PartialEq)]
pub struct Arrivals(Vec<SimTime>);
impl Arrivals {
    /// temp
    pub fn times(&self, n: usize, _seed: u64) -> Vec<SimTime> {
        self.0[..n].to_vec()
    }
}
/// temp
#[derive(Clone, Debug, PartialEq)]
pub enum Strategy {
    /// t
    Sequential,
    /// t
    Parallel,
    /// t
    Batched(u32),
    /// t
    Windowed(u32),
    /// t
    Arrivals(Arrivals),
}
