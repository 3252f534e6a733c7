//! The charts as a whole: they can be looked at (`target/charts/`), they are whole XML, they repeat to the byte, and no
//! data makes them panic.

mod properties;
mod sample;

use std::path::PathBuf;

use crate::report::chart::{Axis, Bar, BarKind, GanttChart, LineChart, LinePanel, Series, SeriesStyle, StepChart};

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
        line("contrast", sample::contrast()),
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

/// A small reader of XML: names of open elements, quoted attributes, known entities. Panics on anything malformed.
fn assert_well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg;
    let text_is_clean = |text: &str| {
        assert!(!text.contains('>'), "a stray > in {text:?}");
        for piece in text.split('&').skip(1) {
            assert!(
                ["lt;", "gt;", "amp;", "quot;"].iter().any(|e| piece.starts_with(e)),
                "a stray & in {text:?}"
            );
        }
        let forbidden = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r');
        assert!(!text.chars().any(forbidden), "a character that XML forbids in {text:?}");
    };
    while let Some(at) = rest.find('<') {
        text_is_clean(&rest[..at]);
        let end = rest[at..].find('>').expect("every tag ends") + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        let body = tag.strip_suffix('/').unwrap_or(tag);
        let mut quoted = body.split('"');
        let name = quoted.next().and_then(|head| head.split(' ').next()).expect("a name");
        assert_eq!(body.matches('"').count() % 2, 0, "unbalanced quotes in {body}");
        if body == tag {
            open.push(name);
        }
    }
    text_is_clean(rest);
    assert!(open.is_empty(), "left open: {open:?}");
    for word in ["NaN", "inf"] {
        let in_attributes = svg.split('"').skip(1).step_by(2).any(|a| a.contains(word));
        assert!(!in_attributes, "{word} in an attribute");
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// Every coordinate of a text lies inside the picture.
fn assert_texts_inside(svg: &str) {
    let number = |tag: &str, name: &str| -> f64 {
        let start = tag.find(&format!(" {name}=\"")).expect(name) + name.len() + 3;
        tag[start..]
            .split('"')
            .next()
            .and_then(|v| v.parse().ok())
            .expect("a number")
    };
    let (width, height) = (number(svg, "width"), number(svg, "height"));
    for tag in svg.split("<text").skip(1) {
        let (x, y, size) = (number(tag, "x"), number(tag, "y"), number(tag, "font-size"));
        let text = tag
            .split_once('>')
            .and_then(|(_, t)| t.split_once("</text>"))
            .expect("a text")
            .0;
        assert!(size >= 11.0, "{text} is {size} px");
        let room = crate::report::chart::font::width(&unescape(text), size, tag.contains("bold"));
        let left = match tag {
            t if t.contains("\"middle\"") => x - room / 2.0,
            t if t.contains("\"end\"") => x - room,
            _ => x,
        };
        assert!(
            left >= 0.0 && left + room <= width && y > 0.0 && y <= height,
            "{text} at {left}..{}, {y}",
            left + room
        );
    }
}

#[test]
fn the_gallery_repeats_to_the_byte_and_is_whole() {
    for ((name, svg, png), (_, again_svg, again_png)) in gallery().into_iter().zip(gallery()) {
        assert!(svg == again_svg && png == again_png, "{name} differs from itself");
        assert_well_formed(&svg);
        assert_texts_inside(&svg);
    }
}

fn series(points: Vec<(f64, f64)>, band: Vec<(f64, f64, f64)>) -> Series {
    Series {
        name: "measured".to_owned(),
        points,
        band,
        style: SeriesStyle::Measured,
        group: 0,
    }
}

fn lines(x: Axis, y: Axis, series: Vec<Series>) -> LineChart {
    let panels = vec![LinePanel {
        title: String::new(),
        series,
    }];
    LineChart {
        title: "t".to_owned(),
        subtitle: String::new(),
        x,
        y,
        panels,
        note: None,
    }
}

#[test]
fn charts_without_data_say_so() {
    let empty = [
        lines(
            Axis::count("n", ""),
            Axis::time("makespan"),
            vec![series(vec![], vec![])],
        ),
        lines(Axis::count("n", "").log(), Axis::time("makespan").log(), vec![]),
        LineChart {
            panels: vec![],
            ..sample::speed_up()
        },
    ];
    for chart in empty {
        assert!(chart.svg().expect("drawn").contains(">no data<"));
        chart.png().expect("drawn");
    }
    let steps = StepChart {
        panels: vec![],
        end: None,
        ..sample::queue_and_gpus()
    };
    assert!(steps.svg().expect("drawn").contains(">no data<"));
    let gantt = GanttChart {
        lanes: vec![],
        ..sample::backoff()
    };
    assert!(gantt.svg().expect("drawn").contains(">no data<"));
}

#[test]
fn what_cannot_be_drawn_is_told() {
    let (linear, log) = (|| Axis::number("y", ""), || Axis::number("y", "").log());
    let message = |y: Axis, s: Series| lines(linear(), y, vec![s]).svg().expect_err("refused").to_string();
    assert_eq!(
        message(linear(), series(vec![(1.0, 2.0), (2.0, f64::NAN)], vec![])),
        "measured, value 1: NaN cannot be drawn"
    );
    assert_eq!(
        message(linear(), series(vec![(f64::INFINITY, 2.0)], vec![])),
        "measured, value 0: inf cannot be drawn"
    );
    assert_eq!(
        message(linear(), series(vec![(1.0, -2e15)], vec![])),
        "measured, value 0: -2e15 is beyond ±1e15, the range of an axis"
    );
    assert_eq!(
        message(log(), series(vec![(1.0, 0.0)], vec![])),
        "measured, value 0: 0 has no place on a logarithmic axis; it must be at least 1e-15"
    );
    assert_eq!(
        message(linear(), series(vec![], vec![(1.0, 3.0, 2.0)])),
        "measured (band), value 0: 3 to 2 runs backwards"
    );
    // A lower edge below zero is what a t-interval gives for few replications; the logarithmic axis cuts it off.
    assert!(
        lines(linear(), log(), vec![series(vec![(1.0, 5.0)], vec![(1.0, -3.0, 13.0)])])
            .svg()
            .is_ok()
    );
    let mut gantt = sample::backoff();
    gantt.lanes[1].bars[0].end_s = -1.0;
    assert_eq!(
        gantt.png().expect_err("refused").to_string(),
        "well-behaved, value 0: 0 to -1 runs backwards"
    );
}

#[test]
fn a_hundred_thousand_points_stay_small() {
    let noise = |i: u32| f64::from((i * 7919) % 1009);
    let points: Vec<(f64, f64)> = (0..100_000).map(|i| (f64::from(i), noise(i))).collect();
    let band = points.iter().map(|&(x, y)| (x, y - 10.0, y + 10.0)).collect();
    let chart = lines(
        Axis::number("x", ""),
        Axis::number("y", ""),
        vec![series(points.clone(), band)],
    );
    assert!(chart.svg().expect("drawn").len() < 200_000);
    let mut steps = sample::queue_and_gpus();
    steps.panels[0].series[0].steps = points;
    // Both the line and the area below it have corners at every column.
    assert!(steps.svg().expect("drawn").len() < 400_000);
    let mut gantt = sample::backoff();
    let kinds = [BarKind::Ok, BarKind::Failed, BarKind::Starting, BarKind::Pending];
    let bar = |i: u32| Bar {
        start_s: f64::from(i),
        end_s: f64::from(i + 1),
        label: "x".to_owned(),
        kind: kinds[i as usize % 4],
    };
    gantt.lanes[0].bars = (0..100_000).map(bar).collect();
    let svg = gantt.svg().expect("drawn");
    assert!(svg.contains("there failed hides starting"), "what is hidden is told");
    assert!(svg.len() < 20_000, "{}", svg.len());
}

#[test]
fn too_many_lanes_are_cut_with_a_note() {
    let mut gantt = sample::attempts(60, 1, 1);
    gantt.lanes[0].bars.clear();
    let svg = gantt.svg().expect("drawn");
    assert!(
        svg.contains("Cut to fit: 40 of 60 nodes are shown, those without any bar left out first,"),
        "{svg}"
    );
    assert!(!svg.contains(">gpu-node-0<") && svg.contains(">gpu-node-40<") && !svg.contains(">gpu-node-41<"));
    let whole = sample::attempts(40, 1, 1).svg().expect("drawn");
    assert!(!whole.contains("Cut to fit") && !whole.contains("failed hides"));
}
