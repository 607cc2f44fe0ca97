//! A trained model as ONNX: all forests in one `TreeEnsembleRegressor`.
//!
//! Thresholds and leaves are doubles, as the operator's version 3
//! allows, and so are the features that go in: every comparison comes
//! out as in the trainer. The sum is rounded to the 32 bits that the
//! operator puts out, so that a value differs by at most 2^-24 of
//! itself.

mod message;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use prost::Message as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::{Shape, TradingModel};
use crate::session::sha256_of_file;

use super::draft::Draft;
use message::{Attribute, Element, Entry, Graph, Model, Node, OperatorSet, ValueInfo};

const INPUT: &str = "features";
const OUTPUT: &str = "q_values";
/// The parts of a model that hold its forests, format 1.
const FORESTS: &str = "forests/";
const FOREST_FORMAT: u32 = 1;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OnnxReport {
    /// The model.
    pub path: PathBuf,
    /// The list of its features, with all else that its use needs.
    pub about: PathBuf,
    /// Trees in it.
    pub n_trees: usize,
}

/// Writes the model in `model` to `path` as ONNX, and beside it, with
/// the ending `.json`, which features it takes and what it gives.
///
/// # Errors
/// Fails when the model cannot be loaded, has no forests yet, or one of
/// the two files exists.
pub fn export_onnx(model: &Path, path: &Path) -> Result<OnnxReport> {
    let trading_model = TradingModel::load(model)?;
    let forests = forests_of(&trading_model)?;
    let shape = trading_model.policy().shape();
    let mut about = about(&trading_model, &shape)?;
    about["model_sha256"] = json!(sha256_of_file(model)?);
    let (onnx, mut onnx_file) = Draft::create(path)?;
    let (json, mut json_file) = Draft::create(&path.with_extension("json"))?;
    let bytes = proto(&forests, &shape, &about).encode_to_vec();
    let failed = || format!("failed to write `{}`; is the disk full?", path.display());
    onnx_file.write_all(&bytes).with_context(failed)?;
    let text = serde_json::to_string_pretty(&about)? + "\n";
    json_file.write_all(text.as_bytes()).with_context(failed)?;
    let n_trees = forests.iter().map(|forest| forest.trees.len()).sum();
    Ok(OnnxReport { path: onnx.publish()?, about: json.publish()?, n_trees })
}

/// A forest as models store it.
#[derive(Deserialize)]
struct StoredForest {
    format: u32,
    trees: Vec<StoredTree>,
}

/// Columns of a tree's nodes: a split goes to `children[i]` where its
/// feature is not above `values[i]`, else to the node after that; a
/// leaf has the child 0, and its value is the prediction.
#[derive(Deserialize)]
struct StoredTree {
    features: Vec<i64>,
    children: Vec<i64>,
    values: Vec<f64>,
}

fn forests_of(model: &TradingModel) -> Result<Vec<StoredForest>> {
    let mut numbered = BTreeMap::new();
    for part in model.policy().parts()? {
        let number = part.name.strip_prefix(FORESTS).and_then(|name| name.strip_suffix(".json"));
        if let Some(Ok(number)) = number.map(str::parse::<usize>) {
            let forest: StoredForest = serde_json::from_slice(&part.bytes)?;
            ensure!(forest.format == FOREST_FORMAT, "a forest of format {}", forest.format);
            numbered.insert(number, forest);
        }
    }
    let kind = model.kind();
    ensure!(!numbered.is_empty(), "a `{kind}` model without forests cannot be ONNX; train first");
    let n_exposures = model.exposures().len();
    let n_forests = numbered.len();
    ensure!(
        n_forests.is_multiple_of(n_exposures),
        "the model has {n_forests} forests for {n_exposures} exposures"
    );
    Ok(numbered.into_values().collect())
}

/// Returns what a user of the file must know, as JSON (`format` 1).
fn about(model: &TradingModel, shape: &Shape<'_>) -> Result<Value> {
    let features = &model.about().features;
    let names = features["names"].as_array().context("the model does not name its features")?;
    ensure!(names.len() == shape.n_features, "{} names of features", names.len());
    Ok(json!({
        "format": 1,
        "kind": model.kind(),
        "input": INPUT,
        "output": OUTPUT,
        "features": names,
        "feature_set": features,
        "exposures": shape.exposures,
        "cost_per_exposure": shape.cost,
        "choice": "argmax over exposures a of q_values[a] - cost_per_exposure * |a - held|; of \
                   equally good ones the nearest to the exposure held, then the lowest",
        "precision": "features and comparisons in 64 bits; q_values are rounded to 32 bits, by at \
                      most 2^-24 of their value",
        "data": model.about().data,
    }))
}

fn proto(forests: &[StoredForest], shape: &Shape<'_>, about: &Value) -> Model {
    let node = Node {
        input: vec![INPUT.to_owned()],
        output: vec![OUTPUT.to_owned()],
        op_type: "TreeEnsembleRegressor".to_owned(),
        attribute: Ensemble::of(forests, shape.exposures.len()).attributes(shape.exposures.len()),
        domain: "ai.onnx.ml".to_owned(),
    };
    let n_exposures = shape.exposures.len();
    let graph = Graph {
        node: vec![node],
        name: "trainvault".to_owned(),
        input: vec![ValueInfo::matrix(INPUT, Element::Double, shape.n_features)],
        output: vec![ValueInfo::matrix(OUTPUT, Element::Float, n_exposures)],
    };
    let entry = |(key, value): (&String, &Value)| Entry {
        key: key.clone(),
        value: value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    };
    let version = |domain: &str, version| OperatorSet { domain: domain.to_owned(), version };
    Model {
        ir_version: 8,
        producer_name: "trainvault".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: "the value of each exposure, given the features at a bar's close".to_owned(),
        graph: Some(graph),
        opset_import: vec![version("", 15), version("ai.onnx.ml", 3)],
        metadata_props: about.as_object().into_iter().flatten().map(entry).collect(),
    }
}

/// The operator's columns: of all nodes, and of all leaves.
#[derive(Default)]
struct Ensemble {
    trees: Vec<i64>,
    nodes: Vec<i64>,
    features: Vec<i64>,
    modes: Vec<&'static str>,
    thresholds: Vec<f64>,
    below: Vec<i64>,
    above: Vec<i64>,
    leaf_trees: Vec<i64>,
    leaf_nodes: Vec<i64>,
    leaf_targets: Vec<i64>,
    leaf_weights: Vec<f64>,
}

impl Ensemble {
    /// Where there are several forests an exposure, they are averaged.
    fn of(forests: &[StoredForest], n_exposures: usize) -> Self {
        let n_twins = (forests.len() / n_exposures) as f64;
        let mut ensemble = Self::default();
        let mut tree_idx = 0;
        for (forest, target) in forests.iter().zip((0..n_exposures).cycle()) {
            let n_voters = forest.trees.len() as f64 * n_twins;
            let target = i64::try_from(target).unwrap_or(i64::MAX);
            for tree in &forest.trees {
                ensemble.push(tree, tree_idx, (target, n_voters));
                tree_idx += 1;
            }
        }
        ensemble
    }

    fn push(&mut self, tree: &StoredTree, tree_idx: i64, (target, n_voters): (i64, f64)) {
        let columns = tree.features.iter().zip(&tree.children).zip(&tree.values);
        for (((&feature, &child), &value), node) in columns.zip(0_i64..) {
            let is_leaf = child == 0;
            self.trees.push(tree_idx);
            self.nodes.push(node);
            self.features.push(feature);
            self.modes.push(if is_leaf { "LEAF" } else { "BRANCH_LEQ" });
            self.thresholds.push(if is_leaf { 0.0 } else { value });
            self.below.push(child);
            self.above.push(if is_leaf { 0 } else { child + 1 });
            if is_leaf {
                self.leaf_trees.push(tree_idx);
                self.leaf_nodes.push(node);
                self.leaf_targets.push(target);
                self.leaf_weights.push(value / n_voters);
            }
        }
    }

    fn attributes(self, n_exposures: usize) -> Vec<Attribute> {
        // NaN goes to the false side, as in the trainer.
        let nan_is_true = vec![0; self.nodes.len()];
        vec![
            Attribute::of_text("aggregate_function", "SUM"),
            Attribute::of_text("post_transform", "NONE"),
            Attribute::of_int("n_targets", i64::try_from(n_exposures).unwrap_or(i64::MAX)),
            Attribute::of_ints("nodes_treeids", self.trees),
            Attribute::of_ints("nodes_nodeids", self.nodes),
            Attribute::of_ints("nodes_featureids", self.features),
            Attribute::of_texts("nodes_modes", &self.modes),
            Attribute::of_doubles("nodes_values_as_tensor", &self.thresholds),
            Attribute::of_ints("nodes_truenodeids", self.below),
            Attribute::of_ints("nodes_falsenodeids", self.above),
            Attribute::of_ints("nodes_missing_value_tracks_true", nan_is_true),
            Attribute::of_ints("target_treeids", self.leaf_trees),
            Attribute::of_ints("target_nodeids", self.leaf_nodes),
            Attribute::of_ints("target_ids", self.leaf_targets),
            Attribute::of_doubles("target_weights_as_tensor", &self.leaf_weights),
        ]
    }
}
