//! Execution providers by name, their targets, how each is asked for, and how to get one that is not there.
//! Opens no session; see [`super::runtime`].

use std::fmt;

use ort::ep::{
    ArbitrarilyConfigurableExecutionProvider as _, CUDA, CoreML, DirectML, ExecutionProvider,
    ExecutionProviderDispatch, MIGraphX, OpenVINO, QNN, ROCm, TensorRT, Vitis,
};

use super::super::DeviceClass;

/// A family of kernels that ONNX Runtime can hand graphs to.
pub(super) struct Provider {
    /// As people call it.
    pub(super) name: &'static str,
    /// Where it runs graphs; devices are listed in this order.
    pub(super) targets: &'static [Target],
    /// True if the loaded library was built with it.
    pub(super) is_built: fn() -> bool,
    /// How to get it.
    pub(super) fix: &'static str,
}

/// One kind of hardware that a provider drives.
pub(super) struct Target {
    /// `CPU`, `GPU`, `NPU`, or `SoC` where the provider chooses among them.
    pub(super) name: &'static str,
    /// Asks for it, with so many threads where it is a CPU; nothing where ONNX Runtime needs no asking.
    register: fn(usize) -> Option<ExecutionProviderDispatch>,
}

impl Target {
    /// What a table calls it. What sort of GPU or NPU it is, a provider does not tell.
    pub(super) fn class(&self) -> DeviceClass {
        if self.is_cpu() { DeviceClass::Cpu } else { DeviceClass::Other }
    }

    pub(super) fn is_cpu(&self) -> bool {
        self.name == "CPU"
    }
}

/// A provider on one of its targets.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) provider: &'static Provider,
    pub(super) target: &'static Target,
}

impl Place {
    /// What to append to a session's options.
    pub(super) fn registration(self, threads: usize) -> Option<ExecutionProviderDispatch> {
        (self.target.register)(threads)
    }
}

impl fmt::Display for Place {
    /// `CPU`, `OpenVINO NPU`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.provider.name == self.target.name {
            f.write_str(self.target.name)
        } else {
            write!(f, "{} {}", self.provider.name, self.target.name)
        }
    }
}

/// Every provider known here, ONNX Runtime's own kernels first.
pub(super) const PROVIDERS: &[Provider] = &[
    Provider {
        name: "CPU",
        targets: &[Target { name: "CPU", register: |_| None }],
        is_built: || true,
        fix: "every ONNX Runtime has it",
    },
    Provider {
        name: "OpenVINO",
        targets: &[
            Target { name: "CPU", register: |threads| Some(openvino("CPU").with_num_threads(threads).build()) },
            Target { name: "GPU", register: |_| Some(openvino("GPU").build()) },
            Target { name: "NPU", register: |_| Some(openvino("NPU").build()) },
        ],
        is_built: built::<OpenVINO>,
        fix: "pip install onnxruntime-openvino, and Intel's driver for a GPU or an NPU",
    },
    Provider {
        name: "QNN",
        targets: &[Target { name: "NPU", register: |_| Some(QNN::default().with_backend_path(QNN_HTP).build()) }],
        is_built: built::<QNN>,
        fix: "on a Snapdragon: a build with Qualcomm's QNN, or pip install onnxruntime-qnn of a version below 2",
    },
    Provider {
        name: "CoreML",
        // CoreML divides a graph among CPU, GPU and Neural Engine itself and does not say how.
        targets: &[Target { name: "SoC", register: |_| Some(CoreML::default().build()) }],
        is_built: built::<CoreML>,
        fix: "on a Mac: pip install onnxruntime",
    },
    Provider {
        name: "TensorRT",
        targets: &[Target { name: "GPU", register: |_| Some(TensorRT::default().build()) }],
        is_built: built::<TensorRT>,
        fix: "on an NVIDIA GPU or a Jetson: pip install onnxruntime-gpu tensorrt",
    },
    Provider {
        name: "CUDA",
        targets: &[Target { name: "GPU", register: |_| Some(CUDA::default().build()) }],
        is_built: built::<CUDA>,
        fix: "on an NVIDIA GPU: pip install 'onnxruntime-gpu[cuda,cudnn]'",
    },
    Provider {
        name: "MIGraphX",
        targets: &[Target { name: "GPU", register: |_| Some(MIGraphX::default().build()) }],
        is_built: built::<MIGraphX>,
        fix: "on an AMD GPU: pip install onnxruntime-migraphx from AMD's index, with ROCm",
    },
    Provider {
        name: "ROCm",
        targets: &[Target { name: "GPU", register: |_| Some(ROCm::default().build()) }],
        is_built: built::<ROCm>,
        fix: "MIGraphX took its place: ONNX Runtime has had none since 1.23",
    },
    Provider {
        name: "VitisAI",
        targets: &[Target { name: "NPU", register: |_| Some(Vitis::default().build()) }],
        is_built: built::<Vitis>,
        fix: "on an AMD XDNA NPU: the ONNX Runtime of AMD's Ryzen AI Software, named in ORT_DYLIB_PATH",
    },
    Provider {
        name: "DirectML",
        targets: &[Target { name: "GPU", register: |_| Some(DirectML::default().build()) }],
        is_built: built::<DirectML>,
        fix: "on Windows: pip install onnxruntime-directml",
    },
];

/// Qualcomm's library for the Hexagon processor.
const QNN_HTP: &str = if cfg!(windows) { "QnnHtp.dll" } else { "libQnnHtp.so" };

fn built<E: ExecutionProvider>() -> bool {
    E::is_available().unwrap_or_default()
}

/// OpenVINO keeps to the graph's precision only if told: else it multiplies in bf16 where the hardware has it, and
/// quantises the activations that meet 4-bit weights.
fn openvino(target: &str) -> OpenVINO {
    OpenVINO::default().with_device_type(target).with_arbitrary_config("precision", "ACCURACY")
}
