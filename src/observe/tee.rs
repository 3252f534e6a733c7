//! Several observers as one, and one that may be absent.

use crate::cluster::Store;
use crate::cluster::record::{Observer, Record};
use crate::kernel::SimTime;

/// Passes every record on to each observer, in order.
pub struct Tee<'a, 'o>(pub &'a mut [&'o mut dyn Observer]);

impl Observer for Tee<'_, '_> {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        for observer in &mut *self.0 {
            observer.record(now, record, store);
        }
    }
    fn wants_attempts(&self) -> bool {
        self.0.iter().any(|observer| observer.wants_attempts())
    }
    fn wants_events(&self) -> bool {
        self.0.iter().any(|observer| observer.wants_events())
    }
}

/// A borrowed observer, so that one can be lent to a tuple.
impl<T: Observer + ?Sized> Observer for &mut T {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        (**self).record(now, record, store);
    }
    fn wants_attempts(&self) -> bool {
        (**self).wants_attempts()
    }
    fn wants_events(&self) -> bool {
        (**self).wants_events()
    }
}

/// `None` listens to nothing.
impl<T: Observer> Observer for Option<T> {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        if let Some(observer) = self {
            observer.record(now, record, store);
        }
    }
    fn wants_attempts(&self) -> bool {
        self.as_ref().is_some_and(Observer::wants_attempts)
    }
    fn wants_events(&self) -> bool {
        self.as_ref().is_some_and(Observer::wants_events)
    }
}

macro_rules! tuples {
    ($(($($name:ident $place:tt),+);)*) => {$(
        /// Each in order.
        impl<$($name: Observer),+> Observer for ($($name,)+) {
            fn record(&mut self, now: SimTime, record: Record, store: &Store) {
                $(self.$place.record(now, record, store);)+
            }
            fn wants_attempts(&self) -> bool {
                false $(|| self.$place.wants_attempts())+
            }
            fn wants_events(&self) -> bool {
                false $(|| self.$place.wants_events())+
            }
        }
    )*};
}

tuples! {
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::PodId;

    #[derive(Default)]
    struct Count(u32);

    impl Observer for Count {
        fn record(&mut self, _: SimTime, _: Record, _: &Store) {
            self.0 += 1;
        }
    }

    #[test]
    fn every_observer_hears_every_record_once() {
        let store = Store::default();
        let (mut a, mut b, mut c) = (Count::default(), Count::default(), Count::default());
        let mut absent: Option<Count> = None;
        {
            let mut pair = (&mut a, &mut absent);
            let mut all = [&mut pair as &mut dyn Observer, &mut b, &mut c];
            let mut tee = Tee(&mut all);
            for pod in 0..3 {
                tee.record(SimTime::ZERO, Record::PodCreated(PodId(pod)), &store);
            }
        }
        assert_eq!((a.0, b.0, c.0), (3, 3, 3));
    }
}
