//! The step from a record's version to the next. The version is the lock of the record's next write
//! and the number of its audit entry.

macro_rules! versioned {
    ($record:ty) => {
        impl $record {
            /// The same record in its next version.
            fn next(&self) -> Self {
                Self {
                    version: self.version + 1,
                    ..self.clone()
                }
            }
        }
    };
}
pub(super) use versioned;
