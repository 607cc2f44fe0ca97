//! What is learnt: forests, and the two learners that use them.
//!
//! `agent` is fitted Q iteration, `forecast` trades beyond its cost,
//! `judgement` says whether either found anything worth trading, and
//! `model` stores it in a zip that proves itself. Only
//! `forest/library` names smartcore. It may use `session`, `account`,
//! `market` and `config`.

pub mod agent;
pub mod forecast;
pub mod forest;
pub mod judgement;
pub mod model;
