//! Who ran where and when: attempts on nodes as bars on lanes.

use crate::report::chart::axis::{Axis, Scale};
use crate::report::chart::bar::{Bar, BarKind, draw_lane};
use crate::report::chart::font;
use crate::report::chart::frame::{self, Area, MARGIN, TICK_SIZE, WIDTH, centred, words};
use crate::report::chart::legend::{self, Entry, Sample};
use crate::report::chart::pack::pack;
use crate::report::chart::plot::{EVERY_TICK, NO_TICK, Plot};
use crate::report::chart::ruler::{Ruler, Way};
use crate::report::chart::scene::{Anchor, Fill, Scene, Shape};
use crate::report::chart::style::{SHADE, TEXT};
use crate::report::chart::{ChartError, check, extent, raster, svg};
use crate::report::number::count;

/// A timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct GanttChart {
    /// What is shown, in a few words.
    pub title: String,
    /// What was run.
    pub subtitle: String,
    /// The time axis; usually [`Axis::time`].
    pub x: Axis,
    /// What a lane is, in the plural, for the note about lanes left out: `nodes`.
    pub lanes_are: String,
    /// From top to bottom. Of more than 40, lanes with bars come first and the rest is left out, with a note.
    pub lanes: Vec<Lane>,
    /// A remark below the chart.
    pub note: Option<String>,
}

/// A node, or whatever bars are on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lane {
    /// The name at the left.
    pub name: String,
    /// In any order; those that overlap lie side by side.
    pub bars: Vec<Bar>,
}

/// Said where short bars of several kinds share a place.
const SHORT: &str = "Bars too short to be told apart share one place; there failed hides starting, starting pending, \
                     pending succeeded.";

/// The most lanes, and the most rows on all lanes together.
const MAX_LANES: usize = 40;
const MAX_ROWS: usize = 160;
/// What the rows may take in height, and the bounds of one.
const ROOM: f64 = 560.0;
const ROW: (f64, f64) = (4.0, 24.0);
/// A lane is at least as high as its name.
const MIN_LANE: f64 = 17.0;

/// A lane as it is drawn: which bar is on which row.
pub(super) struct Laid<'a> {
    pub lane: &'a Lane,
    pub rows: Vec<usize>,
    /// How many rows are drawn; bars beyond are left out.
    pub count: usize,
}

impl GanttChart {
    /// The chart as SVG text.
    ///
    /// # Errors
    /// Values that cannot be drawn.
    pub fn svg(&self) -> Result<String, ChartError> {
        Ok(svg::write(&self.scene()?))
    }
    /// The chart as PNG bytes, at twice the size.
    ///
    /// # Errors
    /// Values that cannot be drawn.
    pub fn png(&self) -> Result<Vec<u8>, ChartError> {
        raster::write(&self.scene()?)
    }

    fn check(&self) -> Result<(), ChartError> {
        let axis = Axis {
            scale: Scale::Linear,
            ..self.x.clone()
        };
        for lane in &self.lanes {
            for (index, bar) in lane.bars.iter().enumerate() {
                check(&axis, &lane.name, index, bar.start_s)?;
                check(&axis, &lane.name, index, bar.end_s)?;
                if bar.end_s < bar.start_s {
                    let what = lane.name.clone();
                    return Err(ChartError::Backwards {
                        what,
                        index,
                        low: bar.start_s,
                        high: bar.end_s,
                    });
                }
            }
        }
        Ok(())
    }

    /// The lanes that are drawn, and what to say about those that are not.
    fn lay(&self) -> (Vec<Laid<'_>>, Option<String>) {
        let crowded = self.lanes.len() > MAX_LANES;
        let used = self.lanes.iter().filter(|l| !crowded || !l.bars.is_empty());
        let mut laid: Vec<Laid<'_>> = Vec::new();
        let mut rows_left = MAX_ROWS;
        for lane in used.take(MAX_LANES) {
            let spans: Vec<(f64, f64)> = lane.bars.iter().map(|b| (b.start_s, b.end_s)).collect();
            let (rows, count) = pack(&spans);
            let count = count.clamp(1, MAX_ROWS);
            // The first lane is always drawn, even if cut.
            if count > rows_left && !laid.is_empty() {
                break;
            }
            rows_left = rows_left.saturating_sub(count);
            laid.push(Laid { lane, rows, count });
        }
        let bars: usize = self.lanes.iter().map(|l| l.bars.len()).sum();
        let drawn: usize = laid
            .iter()
            .map(|l| l.rows.iter().filter(|r| **r < l.count).count())
            .sum();
        let note = (laid.len() < self.lanes.len() || drawn < bars).then(|| {
            let of = |a: usize, b: usize| format!("{} of {}", count(a as u64), count(b as u64));
            let idle = crowded && self.lanes.iter().any(|l| l.bars.is_empty());
            let skipped = if idle {
                ", those without any bar left out first"
            } else {
                ""
            };
            format!(
                "Cut to fit: {} {} are shown{skipped}, with {} bars.",
                of(laid.len(), self.lanes.len()),
                self.lanes_are,
                of(drawn, bars)
            )
        });
        (laid, note)
    }

    fn scene(&self) -> Result<Scene, ChartError> {
        self.check()?;
        let (laid, cut) = self.lay();
        let mut scene = Scene::new(WIDTH, self.title.clone());
        let top = frame::heading(&mut scene, &self.title, &self.subtitle);
        let names = laid
            .iter()
            .map(|l| font::width(&l.lane.name, TICK_SIZE, false))
            .fold(0.0, f64::max)
            .min(200.0);
        let (left, right) = (MARGIN + names + 10.0, WIDTH - MARGIN - 16.0);
        let bars = || laid.iter().flat_map(|l| &l.lane.bars);
        let range = extent(bars().flat_map(|b| [b.start_s, b.end_s]));
        let axis = Axis {
            scale: Scale::Linear,
            ..self.x.clone()
        };
        let x = Ruler::new(&axis, range, Way::Across, right - left).placed(left, right);
        let rows: usize = laid.iter().map(|l| l.count).sum();
        let row = (ROOM / rows.max(1) as f64).clamp(ROW.0, ROW.1);
        let lane_height = |l: &Laid<'_>| (l.count as f64 * row).max(MIN_LANE) + LANE_GAP;
        let height = laid.iter().map(lane_height).sum::<f64>().max(60.0);
        let area = Area {
            left,
            top,
            right,
            bottom: top + height,
        };
        self.lane_backs(&mut scene, &laid, &area, lane_height);
        let mut plot = Plot::new(&mut scene, &area, &x, area.bottom..area.top)?;
        plot.grid(EVERY_TICK, NO_TICK)?;
        let mut y = top;
        let mut hides = false;
        for l in &laid {
            let inner = (l.count as f64 * row).max(MIN_LANE);
            hides |= draw_lane(&mut plot, l, &x, y + LANE_GAP / 2.0, inner / l.count as f64)?;
            y += lane_height(l);
        }
        drop(plot);
        if bars().next().is_none() {
            frame::nothing(&mut scene, &area);
        }
        let mut bottom = frame::x_axis(&mut scene, &area, &x, true);
        let kinds = BarKind::ALL.into_iter().filter(|k| bars().any(|b| b.kind == *k));
        let entries: Vec<Entry> = kinds
            .map(|k| Entry {
                name: k.name().to_owned(),
                sample: Sample::Bar(k),
            })
            .collect();
        if !entries.is_empty() {
            bottom = legend::columns(&mut scene, &entries, left, bottom + 10.0, right - left)?;
        }
        let short = hides.then(|| SHORT.to_owned());
        let notes: Vec<String> = cut.into_iter().chain(short).chain(self.note.clone()).collect();
        frame::finish(&mut scene, &notes, bottom + 4.0);
        Ok(scene)
    }

    /// Names, and a shade behind every other lane.
    fn lane_backs(&self, scene: &mut Scene, laid: &[Laid<'_>], area: &Area, height: impl Fn(&Laid<'_>) -> f64) {
        let mut y = area.top;
        for (i, l) in laid.iter().enumerate() {
            let tall = height(l);
            if i % 2 == 0 {
                let shape = Shape::Rect {
                    left: MARGIN,
                    top: y,
                    width: area.right - MARGIN,
                    height: tall,
                };
                scene.mark(shape, Some(Fill::opaque(SHADE)), None);
            }
            let name = font::shorten(&l.lane.name, TICK_SIZE, false, area.left - MARGIN - 8.0);
            let at = (area.left - 7.0, centred(y + tall / 2.0, TICK_SIZE));
            scene.text(words(name, at, TICK_SIZE, TEXT, Anchor::End));
            y += tall;
        }
    }
}

/// Between two lanes.
const LANE_GAP: f64 = 4.0;
