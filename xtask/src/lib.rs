//! Archives, cleans, trains, seals and prunes training sessions.
