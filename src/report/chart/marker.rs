//! Markers: elements for plotters, one form for each group of series.

use plotters::element::{Drawable, PointCollection};
use plotters::prelude::DrawingBackend;
use plotters::style::ShapeStyle;
use plotters_backend::{BackendCoord, DrawingErrorKind};

use crate::report::chart::backend::{place, point, units};
use crate::report::chart::scene::{Colour, Fill, Point, Stroke};
use crate::report::chart::style::{WHITE, colour};

/// The radius of an ordinary marker, in pixels.
pub(super) const MARKER: f64 = 4.6;

/// A marker's form; one for each group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Disc,
    Square,
    Triangle,
    Diamond,
    Cross,
    Turned,
    Plus,
}

/// Seven forms and seven colours go round together: groups 0 and 7 look the same.
const FORMS: [Form; 7] = [
    Form::Disc,
    Form::Square,
    Form::Triangle,
    Form::Diamond,
    Form::Cross,
    Form::Turned,
    Form::Plus,
];

/// One marker. All forms look about equally large.
pub(super) struct Marker {
    /// Where, in the units of the axes.
    at: (f64, f64),
    form: Form,
    colour: Colour,
    /// In pixels.
    radius: f64,
    hollow: bool,
}

impl Marker {
    /// A marker of `group` with a `radius` in pixels.
    pub(super) fn new(at: (f64, f64), group: usize, radius: f64, hollow: bool) -> Self {
        Self {
            at,
            form: FORMS[group % FORMS.len()],
            colour: colour(group),
            radius,
            hollow,
        }
    }
    /// The corners of a form that has some, for a marker of radius 1 around 0.
    fn corners(&self) -> &'static [Point] {
        match self.form {
            Form::Disc | Form::Cross | Form::Plus => &[],
            Form::Square => &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
            Form::Triangle => &[(0.0, -1.25), (1.15, 0.8), (-1.15, 0.8)],
            Form::Turned => &[(0.0, 1.25), (1.15, -0.8), (-1.15, -0.8)],
            Form::Diamond => &[(0.0, -1.35), (1.2, 0.0), (0.0, 1.35), (-1.2, 0.0)],
        }
    }
    /// The two strokes of a form that is made of strokes.
    fn strokes(&self) -> &'static [(Point, Point)] {
        match self.form {
            Form::Disc | Form::Square | Form::Triangle | Form::Turned | Form::Diamond => &[],
            Form::Cross => &[((-0.9, -0.9), (0.9, 0.9)), ((-0.9, 0.9), (0.9, -0.9))],
            Form::Plus => &[((-1.2, 0.0), (1.2, 0.0)), ((0.0, -1.2), (0.0, 1.2))],
        }
    }
}

impl<'a> PointCollection<'a, (f64, f64)> for &'a Marker {
    type Point = &'a (f64, f64);
    type IntoIter = std::iter::Once<&'a (f64, f64)>;
    fn point_iter(self) -> Self::IntoIter {
        std::iter::once(&self.at)
    }
}

impl<DB: DrawingBackend> Drawable<DB> for Marker {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        at: I,
        backend: &mut DB,
        _: (u32, u32),
    ) -> Result<(), DrawingErrorKind<DB::ErrorType>> {
        let (fill, edge) = if self.hollow {
            (Fill::opaque(WHITE), Stroke::solid(self.colour, 1.7))
        } else {
            (Fill::opaque(self.colour), Stroke::solid(WHITE, 0.9))
        };
        let (fill, edge) = (ShapeStyle::from(fill), ShapeStyle::from(edge));
        for centre in at {
            let (x, y) = point(centre);
            let spot = |(dx, dy): Point| place((x + dx * self.radius, y + dy * self.radius));
            match self.form {
                Form::Disc => {
                    let radius = units(self.radius).unsigned_abs();
                    backend.draw_circle(centre, radius, &fill, true)?;
                    backend.draw_circle(centre, radius, &edge, false)?;
                }
                Form::Square | Form::Triangle | Form::Turned | Form::Diamond => {
                    let corners: Vec<BackendCoord> = self.corners().iter().copied().map(spot).collect();
                    backend.fill_polygon(corners.iter().copied(), &fill)?;
                    backend.draw_path(corners.iter().chain(corners.first()).copied(), &edge)?;
                }
                Form::Cross | Form::Plus => {
                    let (rim, core) = if self.hollow { (3.0, 1.6) } else { (4.4, 2.8) };
                    for stroke in [Stroke::solid(WHITE, rim), Stroke::solid(self.colour, core)] {
                        for &(from, to) in self.strokes() {
                            backend.draw_line(spot(from), spot(to), &ShapeStyle::from(stroke))?;
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
