//! Increments a record's version. The version is the optimistic lock of the record's next write,
//! and the sequence number of its audit entry.

macro_rules! versioned {
    ($record:ty) => {
        impl $record {
            /// The same record with its next version.
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
