//! A straight line through weighted points, in closed form. Only + − × ÷ and √, so the same on every machine.

/// y = a + b·x and how well it fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) a: f64,
    pub(super) b: f64,
    /// Standard error of b: √(RSS / (N − 2) / Σ w (x − x̄)²); 0 if b is not fitted.
    pub(super) b_error: f64,
    /// Σ w (y − a − b x)².
    pub(super) rss: f64,
    /// 1 − RSS / Σ w (y − ȳ)²; `None` if y does not vary.
    pub(super) r_squared: Option<f64>,
}

/// The line that minimises Σ w (y − a − b x)² over samples (x, y, w), with two coefficients, or with b = 0 for one.
/// `None` if x does not vary (or nothing is there), so that b is not determined, or a number leaves the floats.
pub(super) fn line(samples: &[(f64, f64, f64)], coefficients: u32) -> Option<Line> {
    let sum = |term: &dyn Fn(f64, f64, f64) -> f64| samples.iter().map(|&(x, y, w)| term(x, y, w)).sum::<f64>();
    let (first_x, first_y, _) = *samples.first()?;
    let weight = sum(&|_, _, w| w);
    // Means as deviations from the first sample: equal values give exactly that value.
    let x_mean = first_x + sum(&|x, _, w| w * (x - first_x)) / weight;
    let y_mean = first_y + sum(&|_, y, w| w * (y - first_y)) / weight;
    let xx = sum(&|x, _, w| w * (x - x_mean) * (x - x_mean));
    let xy = sum(&|x, y, w| w * (x - x_mean) * (y - y_mean));
    let yy = sum(&|_, y, w| w * (y - y_mean) * (y - y_mean));
    let with_slope = coefficients > 1;
    if with_slope && xx <= 0.0 {
        return None;
    }
    let b = if with_slope { xy / xx } else { 0.0 };
    let a = y_mean - b * x_mean;
    // From the residuals themselves: yy − b·xy would cancel for a good fit.
    let rss = sum(&|x, y, w| {
        let residual = (y - y_mean) - b * (x - x_mean);
        w * residual * residual
    });
    let freedom = samples.len() as f64 - 2.0;
    let b_error = if with_slope && freedom > 0.0 {
        libm::sqrt(rss / freedom / xx)
    } else {
        0.0
    };
    let r_squared = (yy > 0.0).then(|| (1.0 - rss / yy).max(0.0));
    let line = Line {
        a,
        b,
        b_error,
        rss,
        r_squared,
    };
    [a, b, b_error, rss].iter().all(|x| x.is_finite()).then_some(line)
}
