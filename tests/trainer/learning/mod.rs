pub mod agent;
pub mod forecast;
pub mod forest;
pub mod judgement;
pub mod model;
