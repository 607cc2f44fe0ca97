//! A trained model as ONNX: all forests in one `TreeEnsembleRegressor`,
//! a linear forecast as a product of matrices.
//!
//! Features, thresholds and leaves are doubles, as the operator's version
//! 3 allows, so every comparison is the trainer's. The sum is rounded to
//! the operator's output of 32 bits, so a value differs by at most 2^-24
//! of itself.

mod ensemble;
mod function;
mod message;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use prost::Message as _;
use serde::Serialize;
use serde_json::{Value, json};

use crate::digest::sha256_of_file;
use crate::learning::Shape;
use crate::learning::model::TradingModel;

use super::draft::Draft;
use ensemble::Ensemble;
use function::{DecisionRule, ModelFunction, StoredLinear};
use message::{Attribute, Element, Entry, Graph, Model, Node, OperatorSet, ValueInfo};

const INPUT: &str = "features";
const OUTPUT: &str = "q_values";
const CHOICE: &str = "argmax over exposures a of q_values[a] - cost_per_exposure * |a - held|; of \
                      equally good ones the nearest to held, then the lowest";
const CHOICE_OF_FORECAST: &str = "argmax over exposures a of q_values[a] - threshold * |a - held|; \
                                  of equally good ones the nearest to held, then the lowest; 0 \
                                  where the threshold is null";
const CHOICE_OF_FLAT: &str = "0, whatever the values: no edge was found in the training bars";
/// The position that a decision starts from: `Environment::target`.
const HELD: &str = "the exposure last asked for, whatever the position has become worth since: 0 \
                     at the start, after a liquidation, and where lots or the allowed side left \
                     nothing of it; an exposure of 1 is worth leverage times the equity";

/// The files of an ONNX export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OnnxReport {
    /// The model.
    pub path: PathBuf,
    /// The JSON file that describes its features and its use.
    pub about: PathBuf,
    /// Trees in it.
    pub n_trees: usize,
}

/// Writes the model file `model` to `path` as ONNX, and beside it, with
/// the extension `.json`, the description of its inputs and outputs.
///
/// # Errors
///
/// Fails when the model cannot be loaded, was never fitted, or one of
/// the two files exists.
pub fn export_onnx(model: &Path, path: &Path) -> Result<OnnxReport> {
    let trading_model = TradingModel::load(model)?;
    let (function, choice) = ModelFunction::of(&trading_model)?;
    let shape = trading_model.policy().shape();
    let mut about = about(&trading_model, shape)?;
    match choice {
        DecisionRule::BeyondCost => {}
        DecisionRule::BeyondThreshold(threshold) => {
            about["threshold"] = threshold;
            about["choice"] = json!(CHOICE_OF_FORECAST);
        }
        DecisionRule::Flat => about["choice"] = json!(CHOICE_OF_FLAT),
    }
    about["model_sha256"] = json!(sha256_of_file(model)?);
    let (onnx, mut onnx_file) = Draft::create(path)?;
    let (json, mut json_file) = Draft::create(&path.with_extension("json"))?;
    let bytes = proto(&function, shape, &about).encode_to_vec();
    let failed = || format!("failed to write `{}`; is the disk full?", path.display());
    onnx_file.write_all(&bytes).with_context(failed)?;
    let text = serde_json::to_string_pretty(&about)? + "\n";
    json_file.write_all(text.as_bytes()).with_context(failed)?;
    let n_trees = function.n_trees();
    Ok(OnnxReport { path: onnx.publish()?, about: json.publish()?, n_trees })
}

/// Returns the description of the ONNX file as JSON (`format` 1).
fn about(model: &TradingModel, shape: &Shape) -> Result<Value> {
    let features = &model.metadata().features;
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
        "choice": CHOICE,
        "held": HELD,
        "leverage": model.metadata().config["environment"]["leverage"],
        "precision": "features and comparisons in 64 bits; q_values are rounded to 32 bits, by at \
                      most 2^-24 of their value",
        "data": model.metadata().data,
    }))
}

fn proto(function: &ModelFunction, shape: &Shape, about: &Value) -> Model {
    let nodes = match function {
        ModelFunction::Trees { forests, base_values } => vec![Node {
            input: vec![INPUT.to_owned()],
            output: vec![OUTPUT.to_owned()],
            op_type: "TreeEnsembleRegressor".to_owned(),
            attribute: Ensemble::of(forests).attributes(base_values),
            domain: "ai.onnx.ml".to_owned(),
        }],
        ModelFunction::Linear(linear) => linear_nodes(linear, &shape.exposures),
    };
    let n_exposures = shape.exposures.len();
    let graph = Graph {
        node: nodes,
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

/// Returns the nodes of a linear function times each exposure, in 64 bits
/// until the final cast.
fn linear_nodes(linear: &StoredLinear, exposures: &[f64]) -> Vec<Node> {
    let node = |op_type: &str, input: &[&str], output: &str, attribute| Node {
        input: input.iter().map(|&name| name.to_owned()).collect(),
        output: vec![output.to_owned()],
        op_type: op_type.to_owned(),
        attribute,
        domain: String::new(),
    };
    let times_each = |value: &f64| exposures.iter().map(|exposure| exposure * value).collect();
    let weights: Vec<f64> =
        linear.weights.iter().flat_map(|weight| -> Vec<f64> { times_each(weight) }).collect();
    let intercepts: Vec<f64> = times_each(&linear.intercept);
    let sizes = [linear.weights.len(), exposures.len()];
    let weights = Attribute::of_tensor("value", &sizes, &weights);
    let intercepts = Attribute::of_tensor("value", &sizes[1..], &intercepts);
    vec![
        node("Constant", &[], "weights", vec![weights]),
        node("Constant", &[], "intercepts", vec![intercepts]),
        node("MatMul", &[INPUT, "weights"], "sums", Vec::new()),
        node("Add", &["sums", "intercepts"], "values", Vec::new()),
        node("Cast", &["values"], OUTPUT, vec![Attribute::of_int("to", Element::Float as i64)]),
    ]
}
