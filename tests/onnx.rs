#![cfg(feature = "onnx")]
