//! temp
/// temp
#[derive(Default, Debug, Clone)]
pub struct Labels {
    /// t
    pub title: String,
}
/// temp
pub struct Chart;
impl Chart {
    /// t
    pub fn svg(&self) -> Result<String, std::fmt::Error> {
        Ok(String::new())
    }
    /// t
    pub fn png(&self) -> Result<Vec<u8>, std::fmt::Error> {
        Ok(vec![])
    }
}
/// t
pub mod compare {
    use super::*;
    /// t
    pub fn charts(_: &crate::experiment::compare::Comparison, _: &Labels) -> Vec<(String, Chart)> {
        vec![]
    }
}
/// t
pub mod run {
    use super::*;
    /// t
    pub fn charts(_: &crate::cluster::Store, _: &crate::observe::Timeline, _: u64, _: &Labels) -> Vec<(String, Chart)> {
        vec![]
    }
}
/// t
pub mod text {
    use super::*;
    /// t
    pub fn compare(c: &crate::experiment::compare::Comparison, _: &Labels) -> String {
        let mut s = String::new();
        for row in &c.rows {
            s += &format!(
                "{} {} {} {:?} theory {:?}\n",
                row.n,
                row.strategy,
                row.control_plane,
                row.makespan.map(|m| m.as_secs_f64()),
                row.theory.map(|m| m.as_secs_f64())
            );
        }
        for sec in &c.sections {
            for curve in &sec.curves {
                s += &curve.sentence();
                s += "\n";
            }
            if let Some(a) = crate::experiment::answer::answer(&sec.aggregates, "kubernetes") {
                s += &a;
            }
        }
        s
    }
    /// t
    pub fn run(
        _: &crate::cluster::Store,
        _: &[crate::observe::rows::NodeRow<'_>],
        m: &crate::observe::RunMetrics,
        _: &Labels,
        r: &[String],
    ) -> String {
        format!("{m:?} {r:?}")
    }
}
/// t
pub mod summary {
    use super::*;
    /// t
    pub fn compare(_: &crate::experiment::compare::Comparison, _: &Labels) -> String {
        "{}".into()
    }
    /// t
    pub fn run(_: &crate::observe::RunMetrics, _: &str, _: u64) -> String {
        "{}".into()
    }
}
