//! Reads the files that distributions, arrivals and loads name. Until then they only know where their values stand.

use std::path::Path;

use crate::cluster::spec::Behaviour;
use crate::kernel::SimTime;
use crate::kernel::random::distribution::Distribution;
use crate::workload::csv_column::{ColumnError, read_spans};
use crate::workload::{Arrivals, Load, Strategy};

/// Reads the file of an empirical distribution; any other is left as it is. A relative path starts at `base`.
pub fn read_distribution(distribution: &mut Distribution, base: &Path) -> Result<(), ColumnError> {
    let Distribution::Empirical(empirical) = distribution else {
        return Ok(());
    };
    if empirical.is_read() {
        return Ok(());
    }
    let values = read_spans(base, empirical.column())?;
    *empirical = empirical.with_values(values).ok_or_else(|| ColumnError::AllCut {
        file: empirical.column().file().to_owned(),
        column: empirical.column().column().to_owned(),
        // Without a cut, no value is cut; and a file has at least one.
        max: empirical.max().unwrap_or_default(),
    })?;
    Ok(())
}

/// Reads the files of all distributions of `behaviour`. A relative path starts at `base`.
pub fn read_behaviour(behaviour: &mut Behaviour, base: &Path) -> Result<(), ColumnError> {
    let indexed = behaviour.index_runtime.values_mut().flatten();
    for distribution in behaviour
        .runtime
        .iter_mut()
        .chain(&mut behaviour.init_runtimes)
        .chain(indexed)
    {
        read_distribution(distribution, base)?;
    }
    Ok(())
}

/// Reads the file of arrivals that stand in one and sorts them; any other are left as they are.
pub fn read_arrivals(arrivals: &mut Arrivals, base: &Path) -> Result<(), ColumnError> {
    if let Arrivals::Unread(column) = arrivals {
        let mut times: Vec<SimTime> = read_spans(base, column)?
            .into_iter()
            .map(|t| SimTime::ZERO + t)
            .collect();
        times.sort_unstable();
        *arrivals = Arrivals::Times(times);
    }
    Ok(())
}

/// Reads the file of the arrivals of `strategy`, if it has any.
pub fn read_strategy(strategy: &mut Strategy, base: &Path) -> Result<(), ColumnError> {
    match strategy {
        Strategy::Arrivals(arrivals) => read_arrivals(arrivals, base),
        Strategy::Sequential | Strategy::Parallel | Strategy::Batched(_) | Strategy::Windowed(_) => Ok(()),
    }
}

/// Reads the file of a recorded load; any other is left as it is. A relative path starts at `base`.
pub fn read_load(load: &mut Load, base: &Path) -> Result<(), ColumnError> {
    if let Load::Recorded(recorded) = load {
        recorded.read(base)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let csv = "arrival_s,runtime_m,time_s,load_m\n30,2,0,500\n10,1,60,1500\n20,3,120,250\n";
        std::fs::write(folder.path().join("trace.csv"), csv).unwrap();
        folder
    }

    #[test]
    fn a_distribution_gets_its_values_and_keeps_its_text() {
        let folder = folder();
        let text = "empirical(trace.csv,column=runtime_m,max=2m)";
        let mut behaviour = Behaviour {
            runtime: vec![text.parse().unwrap(), "5m".parse().unwrap()],
            ..Behaviour::default()
        };
        behaviour.index_runtime.insert(3, vec![text.parse().unwrap()]);
        read_behaviour(&mut behaviour, folder.path()).unwrap();
        for distribution in [&behaviour.runtime[0], &behaviour.index_runtime[&3][0]] {
            assert_eq!(distribution.mean(), Some(90.0));
            assert_eq!(distribution.unread_column(), None);
            assert_eq!(distribution.to_string(), text);
        }
        assert_eq!(behaviour.runtime[1], SimDuration::from_secs(300).into());
        // Once read, the file is not needed again.
        read_behaviour(&mut behaviour, Path::new("nowhere")).unwrap();

        let mut cut: Distribution = "empirical(trace.csv,column=runtime_m,max=59s)".parse().unwrap();
        let error = read_distribution(&mut cut, folder.path()).unwrap_err().to_string();
        insta::assert_snapshot!(error, @"trace.csv: column runtime_m has no value up to max=59s; raise max");
    }

    #[test]
    fn arrivals_are_sorted() {
        let folder = folder();
        let mut strategy = Strategy::choose(None, Some("csv(trace.csv)".parse().unwrap())).unwrap();
        read_strategy(&mut strategy, folder.path()).unwrap();
        assert_eq!(strategy, Strategy::Arrivals("times(10s,20s,30s)".parse().unwrap()));
        let mut poisson: Arrivals = "poisson(rate=2/s)".parse().unwrap();
        read_arrivals(&mut poisson, Path::new("nowhere")).unwrap();
    }

    #[test]
    fn a_load_gets_its_rows() {
        let folder = folder();
        let mut load: Load = "csv(trace.csv)".parse().unwrap();
        read_load(&mut load, folder.path()).unwrap();
        assert_eq!(load.at(SimTime::ZERO + SimDuration::from_secs(60)), 1500);
        let mut missing: Load = "csv(trace.csv,column=lode_m)".parse().unwrap();
        let error = read_load(&mut missing, folder.path()).unwrap_err().to_string();
        insta::assert_snapshot!(error, @r#"trace.csv: has no column "lode_m", did you mean "load_m"?; its first line names arrival_s, runtime_m, time_s, load_m"#);
    }
}
