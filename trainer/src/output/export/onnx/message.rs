//! The part of `onnx.proto` that the export needs.

/// `onnx.ModelProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Model {
    #[prost(int64, tag = "1")]
    pub(super) ir_version: i64,
    #[prost(string, tag = "2")]
    pub(super) producer_name: String,
    #[prost(string, tag = "3")]
    pub(super) producer_version: String,
    #[prost(string, tag = "6")]
    pub(super) doc_string: String,
    #[prost(message, optional, tag = "7")]
    pub(super) graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    pub(super) opset_import: Vec<OperatorSet>,
    #[prost(message, repeated, tag = "14")]
    pub(super) metadata_props: Vec<Entry>,
}

/// `onnx.OperatorSetIdProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct OperatorSet {
    #[prost(string, tag = "1")]
    pub(super) domain: String,
    #[prost(int64, tag = "2")]
    pub(super) version: i64,
}

/// `onnx.StringStringEntryProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Entry {
    #[prost(string, tag = "1")]
    pub(super) key: String,
    #[prost(string, tag = "2")]
    pub(super) value: String,
}

/// `onnx.GraphProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub(super) node: Vec<Node>,
    #[prost(string, tag = "2")]
    pub(super) name: String,
    #[prost(message, repeated, tag = "11")]
    pub(super) input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub(super) output: Vec<ValueInfo>,
}

/// `onnx.NodeProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Node {
    #[prost(string, repeated, tag = "1")]
    pub(super) input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(super) output: Vec<String>,
    #[prost(string, tag = "4")]
    pub(super) op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub(super) attribute: Vec<Attribute>,
    #[prost(string, tag = "7")]
    pub(super) domain: String,
}

/// `onnx.AttributeProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Attribute {
    #[prost(string, tag = "1")]
    name: String,
    /// Present even when it is 0, as readers expect.
    #[prost(int64, optional, tag = "3")]
    int: Option<i64>,
    #[prost(bytes = "vec", optional, tag = "4")]
    string: Option<Vec<u8>>,
    #[prost(message, optional, tag = "5")]
    tensor: Option<Tensor>,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    ints: Vec<i64>,
    #[prost(bytes = "vec", repeated, tag = "9")]
    strings: Vec<Vec<u8>>,
    /// `AttributeType`.
    #[prost(int32, tag = "20")]
    kind: i32,
}

/// `onnx.TensorProto`.
#[derive(Clone, PartialEq, prost::Message)]
struct Tensor {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    data_type: i32,
    #[prost(bytes = "vec", tag = "9")]
    raw_data: Vec<u8>,
}

/// `onnx.ValueInfoProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ValueInfo {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    kind: Option<TypeInfo>,
}

/// `onnx.TypeProto`.
#[derive(Clone, PartialEq, prost::Message)]
struct TypeInfo {
    #[prost(message, optional, tag = "1")]
    tensor_type: Option<TensorType>,
}

/// `onnx.TypeProto.Tensor`.
#[derive(Clone, PartialEq, prost::Message)]
struct TensorType {
    #[prost(int32, tag = "1")]
    elem_type: i32,
    #[prost(message, optional, tag = "2")]
    shape: Option<Shape>,
}

/// `onnx.TensorShapeProto`.
#[derive(Clone, PartialEq, prost::Message)]
struct Shape {
    #[prost(message, repeated, tag = "1")]
    dim: Vec<Dim>,
}

/// `onnx.TensorShapeProto.Dimension`.
#[derive(Clone, PartialEq, prost::Message)]
struct Dim {
    #[prost(oneof = "Size", tags = "1, 2")]
    size: Option<Size>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Size {
    #[prost(int64, tag = "1")]
    Known(i64),
    #[prost(string, tag = "2")]
    Named(String),
}

/// `onnx.TensorProto.DataType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    Float = 1,
    Double = 11,
}

impl Attribute {
    fn of(name: &str, kind: i32) -> Self {
        Self { name: name.to_owned(), kind, ..Self::default() }
    }

    pub(super) fn of_int(name: &str, value: i64) -> Self {
        Self { int: Some(value), ..Self::of(name, 2) }
    }

    pub(super) fn of_text(name: &str, value: &str) -> Self {
        Self { string: Some(value.as_bytes().to_vec()), ..Self::of(name, 3) }
    }

    /// Returns a vector of doubles.
    pub(super) fn of_doubles(name: &str, values: &[f64]) -> Self {
        Self::of_tensor(name, &[values.len()], values)
    }

    /// Returns doubles of the shape `sizes`, in row-major order.
    pub(super) fn of_tensor(name: &str, sizes: &[usize], values: &[f64]) -> Self {
        let dims = sizes.iter().map(|&size| i64::try_from(size).unwrap_or(i64::MAX));
        let tensor = Tensor {
            dims: dims.collect(),
            data_type: Element::Double as i32,
            raw_data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        };
        Self { tensor: Some(tensor), ..Self::of(name, 4) }
    }

    pub(super) fn of_ints(name: &str, values: Vec<i64>) -> Self {
        Self { ints: values, ..Self::of(name, 7) }
    }

    pub(super) fn of_texts(name: &str, values: &[&str]) -> Self {
        let strings = values.iter().map(|value| value.as_bytes().to_vec()).collect();
        Self { strings, ..Self::of(name, 8) }
    }
}

impl ValueInfo {
    /// Returns a matrix of `n_columns` and any number of rows.
    pub(super) fn matrix(name: &str, element: Element, n_columns: usize) -> Self {
        let columns = i64::try_from(n_columns).unwrap_or(i64::MAX);
        let sizes = [Size::Named("n_rows".to_owned()), Size::Known(columns)];
        let dim = sizes.map(|size| Dim { size: Some(size) }).to_vec();
        let tensor_type = TensorType { elem_type: element as i32, shape: Some(Shape { dim }) };
        let kind = Some(TypeInfo { tensor_type: Some(tensor_type) });
        Self { name: name.to_owned(), kind }
    }
}
