//! The tests of the tasks, through their public interface.
