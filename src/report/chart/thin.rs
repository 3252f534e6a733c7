//! Fewer points, the same picture.

/// Half a pixel of the scene is one pixel of the PNG: nothing finer can be seen.
const COLUMN: f64 = 0.5;

/// Of all points in one column of pixels, keeps the first, the lowest, the highest and the last, in their order. A line
/// through the points that are left covers the same pixels. Few points stay as they are. The points run left to right;
/// `at` is the pixel of an x.
pub(super) fn thin(points: Vec<(f64, f64)>, width: f64, at: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    if (points.len() as f64) <= 4.0 * width / COLUMN {
        return points;
    }
    let mut kept = Vec::new();
    for column in points.chunk_by(|a, b| column(at(a.0)) == column(at(b.0))) {
        let last = column.len() - 1;
        // Of equal heights the first counts, so that the choice is one and only.
        let lowest = (0..=last).fold(0, |best, i| if column[i].1 < column[best].1 { i } else { best });
        let highest = (0..=last).fold(0, |best, i| if column[i].1 > column[best].1 { i } else { best });
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

/// Of a band's points (x, lower edge, upper edge), keeps one for each column: its outermost edges.
pub(super) fn thin_band(points: Vec<(f64, f64, f64)>, width: f64, at: impl Fn(f64) -> f64) -> Vec<(f64, f64, f64)> {
    if (points.len() as f64) <= 2.0 * width / COLUMN {
        return points;
    }
    points
        .chunk_by(|a, b| column(at(a.0)) == column(at(b.0)))
        .map(|c| {
            c[1..]
                .iter()
                .fold(c[0], |(x, low, high), p| (x, low.min(p.1), high.max(p.2)))
        })
        .collect()
}

fn column(pixel: f64) -> i64 {
    libm::floor(pixel / COLUMN) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_and_ends_of_every_column_stay() {
        let points: Vec<(f64, f64)> = (0..100_000)
            .map(|i| (f64::from(i) * 0.001, f64::from((i * 7919) % 1009)))
            .collect();
        let kept = thin(points.clone(), 100.0, |x| x);
        assert!(kept.len() <= 4 * 201, "{}", kept.len());
        for c in 0..200 {
            let of = |list: &[(f64, f64)]| list.iter().copied().filter(|p| column(p.0) == c).collect::<Vec<_>>();
            let (before, after) = (of(&points), of(&kept));
            let low = |l: &[(f64, f64)]| l.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
            let high = |l: &[(f64, f64)]| l.iter().map(|p| p.1).fold(0.0, f64::max);
            assert_eq!((low(&before), high(&before)), (low(&after), high(&after)));
            assert_eq!((before.first(), before.last()), (after.first(), after.last()));
        }
    }

    #[test]
    fn few_points_stay_as_they_are() {
        let points = vec![(0.0, 1.0), (0.1, 2.0), (0.2, 1.5), (0.3, 1.6), (0.4, 0.0)];
        assert_eq!(thin(points.clone(), 100.0, |x| x), points);
        let band: Vec<(f64, f64, f64)> = (0..1000)
            .map(|i| (f64::from(i) * 0.01, 5.0 - f64::from(i % 3), 7.0))
            .collect();
        assert!(thin_band(band, 10.0, |x| x).iter().all(|p| p.1 == 3.0 && p.2 == 7.0));
    }
}
