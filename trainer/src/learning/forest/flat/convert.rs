//! Converts a forest into its stored form and back. Reading checks it: a
//! hostile file gives an error, never a panic or an endless walk.

use anyhow::{Context as _, Result};

use super::super::stored::{StoredForest, StoredNode};
use super::{Forest, Node};

impl From<Forest> for StoredForest {
    fn from(forest: Forest) -> Self {
        Self::of(forest.n_features(), forest.stored_trees())
    }
}

impl TryFrom<StoredForest> for Forest {
    /// The whole chain of causes as text, since serde keeps no more.
    type Error = String;

    fn try_from(stored: StoredForest) -> Result<Self, String> {
        read(&stored).map_err(|error| format!("{error:#}"))
    }
}

fn read(stored: &StoredForest) -> Result<Forest> {
    let trees = stored.trees()?;
    let mut forest = Forest::empty(stored.n_features())?;
    for (index, tree) in trees.enumerate() {
        let pushed = tree.and_then(|nodes| forest.push_tree(&nodes));
        pushed.with_context(|| format!("tree {index} is damaged"))?;
    }
    forest.complete()
}

impl Node {
    /// Returns the node as it was passed to [`Forest::push_tree`].
    pub(super) fn stored(self, output: f64, root: u32) -> StoredNode {
        if self.is_leaf() {
            return StoredNode { feature: 0, child: 0, value: output };
        }
        let feature = u16::try_from(self.feature).expect("it came from a `u16`");
        StoredNode { feature, child: self.child - root, value: self.threshold }
    }
}
