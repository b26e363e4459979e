//! What a caller can tell of another tenant's things: nothing, by what is answered and by what it
//! takes to answer.

mod answers;
mod external_ids;
mod gate;
mod reads;
mod routes;
