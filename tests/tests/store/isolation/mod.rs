//! A caller learns nothing about another tenant's resources, neither from responses nor from the
//! work that they take.

mod answers;
mod external_ids;
mod gate;
mod reads;
mod routes;
