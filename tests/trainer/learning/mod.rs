pub mod agent;
pub mod forecast;
pub mod forest;
pub mod model;
