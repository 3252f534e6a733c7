//! Fewer points, the same picture.

use crate::report::chart::scene::Point;

/// Half a pixel of the scene is one pixel of the PNG: nothing finer can be seen.
const COLUMN: f64 = 0.5;

/// Of all points in one column of pixels, keeps the first, the lowest, the highest and the last, in their order. A line
/// through the points that are left covers the same pixels. Few points stay as they are. The points run left to right.
pub(super) fn thin(points: Vec<Point>, width: f64) -> Vec<Point> {
    if (points.len() as f64) <= 4.0 * width / COLUMN {
        return points;
    }
    let mut kept = Vec::new();
    for column in points.chunk_by(|a, b| column(*a) == column(*b)) {
        let last = column.len() - 1;
        // Of equal heights the first counts, so that the choice is one and only.
        let lowest = (0..=last).fold(0, |best, i| if column[i].1 > column[best].1 { i } else { best });
        let highest = (0..=last).fold(0, |best, i| if column[i].1 < column[best].1 { i } else { best });
        let mut picks = [0, lowest, highest, last];
        picks.sort_unstable();
        for (i, &pick) in picks.iter().enumerate() {
            if i == 0 || picks[i - 1] != pick {
                kept.push(column[pick]);
            }
        }
    }
    kept
}

/// Of a band's points (x, upper edge, lower edge, in pixels), keeps one for each column: its outermost edges.
pub(super) fn thin_band(points: Vec<(f64, f64, f64)>, width: f64) -> Vec<(f64, f64, f64)> {
    if (points.len() as f64) <= 2.0 * width / COLUMN {
        return points;
    }
    points
        .chunk_by(|a, b| column((a.0, 0.0)) == column((b.0, 0.0)))
        .map(|c| {
            c[1..]
                .iter()
                .fold(c[0], |(x, top, bottom), p| (x, top.min(p.1), bottom.max(p.2)))
        })
        .collect()
}

fn column((x, _): Point) -> i64 {
    libm::floor(x / COLUMN) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_and_ends_of_every_column_stay() {
        let points: Vec<Point> = (0..100_000)
            .map(|i| (f64::from(i) * 0.001, f64::from((i * 7919) % 1009)))
            .collect();
        let kept = thin(points.clone(), 100.0);
        assert!(kept.len() <= 4 * 201, "{}", kept.len());
        for c in 0..200 {
            let of = |list: &[Point]| list.iter().copied().filter(|p| column(*p) == c).collect::<Vec<_>>();
            let (before, after) = (of(&points), of(&kept));
            let low = |l: &[Point]| l.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
            let high = |l: &[Point]| l.iter().map(|p| p.1).fold(0.0, f64::max);
            assert_eq!((low(&before), high(&before)), (low(&after), high(&after)));
            assert_eq!((before.first(), before.last()), (after.first(), after.last()));
        }
    }

    #[test]
    fn few_points_stay_as_they_are() {
        let points = vec![(0.0, 1.0), (0.1, 2.0), (0.2, 1.5), (0.3, 1.6), (0.4, 0.0)];
        assert_eq!(thin(points.clone(), 100.0), points);
        let band: Vec<(f64, f64, f64)> = (0..1000)
            .map(|i| (f64::from(i) * 0.01, 5.0 - f64::from(i % 3), 7.0))
            .collect();
        assert!(thin_band(band, 10.0).iter().all(|p| p.1 == 3.0 && p.2 == 7.0));
    }
}
