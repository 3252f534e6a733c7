//! What breaks by chance: `spec.failures` of the `Scenario` document.
//!
//! ```yaml
//! failures:
//! - {of: nodes, pool: a100, between: exponential(mean=30d), repair: 'lognormal(median=10m,p95=1h)'}
//! - {of: kubelets, between: exponential(mean=90d), repair: 2m}
//! - {of: nvidia.com/gpu, between: exponential(mean=200d), repair: exponential(mean=1d), exitCode: 1}
//! ```

use crate::api::objects::Field;
use crate::api::problem::Problems;
use crate::cluster::ResourceTable;
use crate::cluster::spec::{Breaks, FailureSource, NodeSpec};
use crate::kernel::SimDuration;
use crate::kernel::random::distribution::Distribution;
use crate::kernel::text::suggest;
use crate::scenario::document::{check_keys, parsed};
use crate::workload::files;

/// Sources that one scenario may have.
const MOST: usize = 200;

/// What the document says of one source; pools are known by name until all nodes are read.
#[derive(Clone, Debug)]
pub struct FailureEntry {
    source: FailureSource,
    pool: Option<String>,
    /// Where the pool is named, for messages.
    place: (std::sync::Arc<crate::api::value::Source>, crate::api::value::Place),
}

/// Reads one item of `failures`.
pub(super) fn read(field: &Field<'_>, resources: &mut ResourceTable, problems: &mut Problems) -> Option<FailureEntry> {
    check_keys(
        field,
        &["of", "pool", "between", "repair", "from", "exitCode"],
        problems,
    );
    if !field.is_map() {
        return None;
    }
    let breaks = read_breaks(field, resources, problems);
    let between = read_span(&field.at("between"), "exponential(mean=30d)", problems);
    let repair = read_span(&field.at("repair"), "lognormal(median=10m,p95=1h)", problems);
    for key in ["of", "between", "repair"] {
        if !field.at(key).is_present() {
            let hint = "say what breaks (`of`), how long it lasts (`between`) and how long it is broken (`repair`)";
            field.error_with_hint(problems, format!("{key} is missing"), hint);
        }
    }
    let source = FailureSource {
        pool: None,
        breaks: breaks?,
        between: between?,
        repair: repair?,
        from: parsed(&field.at("from"), "a duration such as 1h", problems).unwrap_or(SimDuration::ZERO),
    };
    if source.between.is_fixed().is_some_and(SimDuration::is_zero) {
        field
            .at("between")
            .error(problems, "nothing may break all the time; give a duration above zero");
    }
    Some(FailureEntry {
        source,
        pool: field.at("pool").str().map(str::to_owned),
        place: (field.source().clone(), field.at("pool").place()),
    })
}

/// `of`: nodes, kubelets, or the name of an extended resource whose devices fail.
fn read_breaks(field: &Field<'_>, resources: &mut ResourceTable, problems: &mut Problems) -> Option<Breaks> {
    let of = field.at("of");
    let exit = field.at("exitCode");
    let name = of.str()?;
    let exit_code = match exit.int().map(u8::try_from) {
        Some(Ok(code @ 1..)) => Some(code),
        _ if exit.is_present() => {
            exit.error(problems, "a whole number from 1 to 255 is needed here");
            None
        }
        _ => None,
    };
    match name {
        "nodes" | "kubelets" if exit.is_present() => {
            let hint = "leave it out: a node takes its containers with it, a kubelet leaves them running";
            exit.error_with_hint(problems, "exitCode is for devices only", hint);
            None
        }
        "nodes" => Some(Breaks::Node),
        "kubelets" => Some(Breaks::Kubelet),
        device if device.contains('/') => Some(Breaks::Device {
            resource: resources.intern(device),
            exit_code,
        }),
        _ => {
            let hint = "write nodes, kubelets, or an extended resource such as nvidia.com/gpu";
            of.error_with_hint(problems, format!("{name:?} does not break"), hint);
            None
        }
    }
}

fn read_span(field: &Field<'_>, example: &str, problems: &mut Problems) -> Option<Distribution> {
    let wanted = format!("a duration or a distribution such as {example}");
    let mut span: Distribution = parsed(field, &wanted, problems)?;
    if let Err(error) = files::read_distribution(&mut span, &super::sources::base(field.source())) {
        field.error(problems, error.to_string());
    }
    Some(span)
}

/// The sources of `entries`, now that all nodes are known.
pub(super) fn resolve(
    entries: Vec<FailureEntry>,
    pools: &[String],
    nodes: &[NodeSpec],
    problems: &mut Problems,
) -> Vec<FailureSource> {
    let mut sources = Vec::new();
    for (i, entry) in entries.into_iter().enumerate() {
        let (source, place) = (&entry.place.0, entry.place.1);
        let mut complain = |message: String, hint: Option<String>| {
            problems.error(source, place, &format!("spec.failures[{i}]"), message, hint);
        };
        let mut failure = entry.source;
        if let Some(name) = &entry.pool {
            failure.pool = pools.iter().position(|pool| pool == name).map(|pool| pool as u32);
            if failure.pool.is_none() {
                let near = suggest(name, pools.iter().map(String::as_str));
                complain(
                    format!("there is no pool {name:?}"),
                    near.map(|near| format!("did you mean {near:?}?")),
                );
            }
        }
        if let Breaks::Device { resource, .. } = failure.breaks {
            let most = nodes.iter().map(|node| node.capacity.get(resource)).max().unwrap_or(0);
            if most == 0 {
                complain(
                    "no node has such a device".to_owned(),
                    Some("name an extended resource that a node offers".to_owned()),
                );
            }
        }
        if i >= MOST {
            complain(format!("more than {MOST} sources of failures"), None);
            break;
        }
        sources.push(failure);
    }
    sources
}
