//! The charts as a whole: they can be looked at (`target/charts/`), they are whole XML, they repeat to the byte, and no
//! data makes them panic.

mod sample;

use std::path::PathBuf;

use crate::report::chart::{GanttChart, LineChart, StepChart};

/// Every sample as (name, SVG, PNG).
fn gallery() -> Vec<(&'static str, String, Vec<u8>)> {
    let line = |name, c: LineChart| (name, c.svg().expect(name), c.png().expect(name));
    let step = |name, c: StepChart| (name, c.svg().expect(name), c.png().expect(name));
    let gantt = |name, c: GanttChart| (name, c.svg().expect(name), c.png().expect(name));
    vec![
        line("makespan-log", sample::makespan_panels(true)),
        line("makespan-linear", sample::makespan_panels(false)),
        line("makespan-single", sample::makespan_single()),
        line("speed-up", sample::speed_up()),
        step("queue", sample::queue_and_gpus()),
        step("autoscaler", sample::autoscaler()),
        gantt("attempts", sample::attempts(4, 8, 4)),
        gantt("attempts-large", sample::attempts(300, 8, 3)),
        gantt("backoff", sample::backoff()),
    ]
}

#[test]
fn the_gallery_is_written_where_people_can_look_at_it() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/charts"));
    std::fs::create_dir_all(&folder).expect("target/ can be written");
    for (name, svg, png) in gallery() {
        std::fs::write(folder.join(format!("{name}.svg")), &svg).expect("written");
        std::fs::write(folder.join(format!("{name}.png")), &png).expect("written");
        assert!(
            svg.len() < 400_000 && png.len() < 400_000,
            "{name}: {} {}",
            svg.len(),
            png.len()
        );
    }
}
