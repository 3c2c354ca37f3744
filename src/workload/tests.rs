//! Known answers: lists computed by hand, published speeds under their bounds, compositions from made-up records.

use super::*;
use crate::{
    backend::{DeviceClass, DeviceFacts, Track},
    catalog::{Attention, Catalog, Model},
    kernel::Dtype,
    record::{Record, WindowKind},
    report::fixtures,
};

fn catalog() -> Catalog {
    Catalog::load(&[]).unwrap_or_else(|e| panic!("{e}"))
}

fn model(id: &str) -> Model {
    catalog().models[id].clone()
}

/// `(role, id, count)` of every kernel.
fn listed(ops: &[Op]) -> Vec<(String, String, f64)> {
    ops.iter().map(|o| (o.role.clone(), o.id.clone(), o.count)).collect()
}

fn assert_listed(ops: &[Op], wanted: &[(&str, &str, f64)]) {
    let got = listed(ops);
    assert_eq!(got.len(), wanted.len(), "{got:#?}");
    for ((role, id, count), wanted) in got.iter().zip(wanted) {
        assert_eq!((role.as_str(), id.as_str()), (wanted.0, wanted.1));
        assert!((count / wanted.2 - 1.0).abs() < 1e-9, "{role}: {count} instead of {}", wanted.2);
    }
}

#[test]
fn a_dense_model_by_hand() {
    let point = Point::new(64, 8192, Format::Bf16);
    assert_listed(
        &decode(&model("llama-3.1-8b"), &point).unwrap(),
        &[
            ("q, o", "matmul/skinny/bf16/m=64,n=4096,k=4096/cold", 64.0),
            ("k, v", "matmul/skinny/bf16/m=64,n=1024,k=4096/cold", 64.0),
            ("attention", "attention/decode/bf16/batch=64,heads=32,kv_heads=8,d=128,kv=8192/cold", 32.0),
            ("gate, up", "matmul/skinny/bf16/m=64,n=14336,k=4096/cold", 64.0),
            ("down", "matmul/skinny/bf16/m=64,n=4096,k=14336/cold", 32.0),
            ("output head", "matmul/skinny/bf16/m=64,n=128256,k=4096/cold", 1.0),
        ],
    );
    let prefill = prefill(&model("llama-3.1-8b"), &Point { prompt: 512, ..point }).unwrap();
    assert_eq!(prefill[2].id, "attention/prefill/bf16/batch=1,heads=32,kv_heads=8,d=128,seq=512/hot");
    assert_eq!(prefill[0].id, "matmul/gemm/bf16/m=512,n=4096,k=4096/cold");
    assert_eq!(prefill[5].id, "matmul/gemv/bf16/m=1,n=128256,k=4096/cold", "only the last token needs the head");
    assert!(prefill.iter().all(|o| o.case.is_ok()));
}

#[test]
fn experts_touched_grow_with_the_batch() {
    assert!((experts_touched(8, 2, 1) - 2.0).abs() < 1e-12);
    assert!((experts_touched(8, 2, 8) - 8.0 * (1.0 - 0.75f64.powi(8))).abs() < 1e-12);
    assert!((experts_touched(256, 8, 64) - 256.0 * (1.0 - (1.0 - 8.0 / 256.0f64).powi(64))).abs() < 1e-9);
    assert!(experts_touched(128, 8, 100_000) <= 128.0);
    assert_eq!(experts_touched(0, 0, 5), 0.0);
    for (e, k, tokens) in [(8, 2, 1), (8, 2, 8), (128, 8, 3), (256, 8, 64), (32, 4, 4096)] {
        let rows = experts::rows(e, k, tokens);
        let (experts, total) = rows.iter().fold((0.0, 0.0), |(n, t), (m, c)| (n + c, t + *m as f64 * c));
        assert!((experts / experts_touched(e, k, tokens) - 1.0).abs() < 1e-6, "{rows:?}");
        assert!((total / (tokens * k) as f64 - 1.0).abs() < 1e-6, "{rows:?}");
    }
}

#[test]
fn a_mixture_of_experts_by_hand() {
    let mixtral = model("mixtral-8x7b");
    assert_listed(
        &decode(&mixtral, &Point::new(1, 1024, Format::F16)).unwrap(),
        &[
            ("q, o", "matmul/gemv/f16/m=1,n=4096,k=4096/cold", 64.0),
            ("k, v", "matmul/gemv/f16/m=1,n=1024,k=4096/cold", 64.0),
            ("attention", "attention/decode/f16/batch=1,heads=32,kv_heads=8,d=128,kv=1024/cold", 32.0),
            ("router", "matmul/gemv/f16/m=1,n=8,k=4096/cold", 32.0),
            ("expert gate, expert up", "matmul/gemv/f16/m=1,n=14336,k=4096/cold", 128.0),
            ("expert down", "matmul/gemv/f16/m=1,n=4096,k=14336/cold", 64.0),
            ("output head", "matmul/gemv/f16/m=1,n=32000,k=4096/cold", 1.0),
        ],
    );
    // Eight tokens touch 7.199 experts with 2.2225 rows each: 5.597 of them with two rows, 1.602 with three.
    let eight = decode(&mixtral, &Point::new(8, 1024, Format::F16)).unwrap();
    let touched = 8.0 * (1.0 - 0.75f64.powi(8));
    let (two, three) = (3.0 * touched - 16.0, 16.0 - 2.0 * touched);
    for (id, count) in [
        ("matmul/skinny/f16/m=2,n=14336,k=4096/cold", 64.0 * two),
        ("matmul/skinny/f16/m=3,n=14336,k=4096/cold", 64.0 * three),
        ("matmul/skinny/f16/m=3,n=4096,k=14336/cold", 32.0 * three),
    ] {
        let found = eight.iter().find(|o| o.id == id).unwrap_or_else(|| panic!("{id} in {:#?}", listed(&eight)));
        assert!((found.count / count - 1.0).abs() < 1e-9, "{id}: {}", found.count);
    }
}

#[test]
fn latent_attention_by_hand() {
    let ops = decode(&model("deepseek-v3"), &Point::new(1, 4096, Format::Bf16)).unwrap();
    assert_listed(
        &ops,
        &[
            ("q down", "matmul/gemv/bf16/m=1,n=1536,k=7168/cold", 61.0),
            ("q up", "matmul/gemv/bf16/m=1,n=24576,k=1536/cold", 61.0),
            ("kv down", "matmul/gemv/bf16/m=1,n=576,k=7168/cold", 61.0),
            ("k up, absorbed", "matmul/batched/bf16/heads=128,m=1,n=512,k=128", 61.0),
            ("v up, absorbed", "matmul/batched/bf16/heads=128,m=1,n=128,k=512", 61.0),
            ("o", "matmul/gemv/bf16/m=1,n=7168,k=16384/cold", 61.0),
            ("attention", "attention/decode/bf16/batch=1,heads=128,kv_heads=1,d=576+512,kv=4096/cold", 61.0),
            ("gate, up", "matmul/gemv/bf16/m=1,n=18432,k=7168/cold", 6.0),
            ("down", "matmul/gemv/bf16/m=1,n=7168,k=18432/cold", 3.0),
            ("router", "matmul/gemv/bf16/m=1,n=256,k=7168/cold", 58.0),
            (
                "expert gate, expert up, shared gate, shared up",
                "matmul/gemv/bf16/m=1,n=2048,k=7168/cold",
                58.0 * 2.0 * 9.0,
            ),
            ("expert down, shared down", "matmul/gemv/bf16/m=1,n=7168,k=2048/cold", 58.0 * 9.0),
            ("output head", "matmul/gemv/bf16/m=1,n=129280,k=7168/cold", 1.0),
        ],
    );
    let attention = &ops[6];
    assert!(attention.case.as_ref().is_err_and(|why| why.contains("latent")));
    // 576 elements of 2 bytes a token, once for all heads; a multiply-add is two.
    assert_eq!(attention.resident, 4096.0 * 576.0 * 2.0);
    assert_eq!(attention.work.flop, 2.0 * 128.0 * 4096.0 * (576.0 + 512.0));
}

#[test]
fn one_token_multiplies_every_active_parameter_once() {
    for (id, model) in &catalog().models {
        let ops = decode(model, &Point::new(1, 1, Format::Bf16)).unwrap();
        let products = ops.iter().filter(|o| o.id.starts_with("matmul")).map(|o| o.count * o.work.flop).sum::<f64>();
        let active = model.shape.active_parameters() as f64;
        // The embedding row is looked up, not multiplied; norms and biases are no products.
        let table = if model.shape.tied_embeddings { 0.0 } else { (model.shape.vocab * model.shape.hidden) as f64 };
        assert!((products / 2.0 / (active - table) - 1.0).abs() < 2e-3, "{id}: {} of {active}", products / 2.0);
    }
}

#[test]
fn windows_bound_what_is_seen() {
    let gpt = model("gpt-oss-20b");
    let ops = decode(&gpt, &Point::new(1, 8192, Format::Bf16)).unwrap();
    let attention: Vec<_> = ops.iter().filter(|o| o.role == "attention").collect();
    assert_eq!(attention.len(), 2);
    assert!(attention[0].id.contains("kv=128/") && attention[1].id.contains("kv=8192/"));
    assert_eq!((attention[0].count, attention[1].count), (12.0, 12.0));
    let ops = prefill(&gpt, &Point::new(1, 1000, Format::Bf16)).unwrap();
    let windowed = ops.iter().find(|o| o.id.ends_with("window=128")).unwrap();
    assert!(windowed.case.is_err());
    let pairs = 128.0 * 129.0 / 2.0 + (1000.0 - 128.0) * 128.0;
    assert_eq!(windowed.work.flop, 4.0 * 64.0 * 64.0 * pairs);
}

#[test]
fn formats_have_their_bytes() {
    let int4 = Format::Int4(Dtype::W4A16G128);
    assert_eq!(int4.bytes(), 0.5 + 2.0 / 128.0);
    assert_eq!("int4".parse(), Ok(int4));
    for format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(format));
        assert!(format == Format::Fp8 || format.dtype().is_some());
    }
    assert!("q4".parse::<Format>().unwrap_err().to_string().contains("w4a16"));
    let ops = decode(&model("llama-3.1-8b"), &Point::new(1, 2048, int4)).unwrap();
    assert_eq!(ops.last().unwrap().id, "matmul/gemv/f16/m=1,n=128256,k=4096/cold", "the head is not quantised");
    assert!(ops.iter().all(|o| o.case.is_ok()), "a kernel of ours for every one");
    // 6.979 G weights at 0.5156 bytes, the head at two, 128 KiB of cache a token.
    let bytes: f64 = ops.iter().map(|o| o.count * o.resident).sum();
    let wanted = 218_103_808.0 * 32.0 * (0.5 + 2.0 / 128.0) + 128_256.0 * 4096.0 * 2.0 + 2048.0 * 131_072.0;
    assert!((bytes / wanted - 1.0).abs() < 1e-12, "{bytes} {wanted}");
}

#[test]
fn memory_fits_or_not() {
    let catalog = catalog();
    let ask = |model, device, batch, context, devices| {
        let point = Point { devices, ..Point::new(batch, context, Format::Bf16) };
        answer(&catalog, &Records::default(), &Query { model, device, point, track: None, reserve: 0.1 }).unwrap().fit
    };
    let fit = ask("llama-3.1-8b", "h100-sxm", 1, 8192, 1);
    assert!((fit.weights / 16.06e9 - 1.0).abs() < 1e-3, "{}", fit.weights);
    assert_eq!(fit.kv, 8192.0 * 131_072.0);
    assert_eq!((fit.reserve, fit.fits()), (8e9, Some(true)));
    assert_eq!(ask("llama-3.1-8b", "h100-sxm", 64, 8192, 1).fits(), Some(false));
    assert_eq!(ask("llama-3.1-70b", "h100-sxm", 1, 8192, 1).fits(), Some(false));
    let two = ask("llama-3.1-70b", "h100-sxm", 1, 8192, 4);
    assert_eq!(two.fits(), Some(true));
    assert!((two.weights / (70.55e9 * 2.0 / 4.0) - 1.0).abs() < 1e-3);
}

/// Published decode speeds of the catalogue's devices lie below what the bounds allow.
#[test]
fn published_speeds_are_under_the_bounds() {
    let catalog = catalog();
    let mut checked = 0;
    for device in catalog.devices.values() {
        for known in device.known.iter().filter(|k| catalog.models.contains_key(&k.model)) {
            let Ok(format) = known.dtype.parse() else { continue };
            let point = Point::new(known.streams, 1, format);
            let query = Query { model: &known.model, device: &device.id, point, track: None, reserve: 0.0 };
            let Ok(found) = answer(&catalog, &Records::default(), &query) else { continue };
            let speed = known.decode.mode;
            assert!(found.bound_tokens_per_s() > speed, "{} {}", device.id, known.model);
            let composed = found.tokens_per_s();
            assert!(composed.high >= composed.value && composed.value > speed, "{} {composed:?}", device.id);
            assert!(composed.value <= found.bound_tokens_per_s() * (1.0 + 1e-12));
            assert_eq!((found.decode.basis, composed.low), (Basis::Published, 0.0));
            checked += 1;
        }
    }
    assert!(checked >= 8, "{checked}");
}

fn gpu() -> DeviceFacts {
    fixtures::device("cuda:0", "NVIDIA H100 80GB HBM3", DeviceClass::Discrete, Track::Native, "sm_90")
}

/// Ceilings of 1 TB/s and 100 TFLOP/s.
fn ceilings(device: &DeviceFacts) -> Vec<Record> {
    vec![
        fixtures::ok("ceiling/read/f32/bytes=134217728/cold", device, 134_217_728e-12),
        fixtures::ok("ceiling/fma/f32/lanes=786432,iters=1024/hot", device, 2.0 * 786_432.0 * 1024.0 / 1e14),
    ]
}

/// Seconds at a fraction of the bandwidth.
fn at(id: &str, device: &DeviceFacts, fraction: f64) -> Record {
    let work = id.parse::<crate::kernel::Case>().unwrap().work();
    fixtures::ok(id, device, work.bytes / 1e12 / fraction)
}

fn records(all: Vec<Record>) -> Records {
    Records::of(
        all.into_iter().enumerate().map(|(i, r)| (Place { file: "x.jsonl".to_owned(), line: i + 1 }, r)).collect(),
    )
}

/// A small dense model at one stream, in f32.
fn small() -> (Catalog, Point) {
    let mut catalog = catalog();
    let model = catalog.models.get_mut("llama-3.2-1b").unwrap();
    model.shape.layers = 2;
    assert_eq!(model.shape.attention, Attention::Gqa);
    (catalog, Point { prompt: 1, ..Point::new(1, 1024, Format::F32) })
}

fn ask(catalog: &Catalog, records: &Records, point: Point) -> Result<Answer, WorkloadError> {
    answer(catalog, records, &Query { model: "llama-3.2-1b", device: "h100-sxm", point, track: None, reserve: 0.1 })
}

const DECODE: [&str; 6] = [
    "matmul/gemv/f32/m=1,n=2048,k=2048/cold",
    "matmul/gemv/f32/m=1,n=512,k=2048/cold",
    "attention/decode/f32/batch=1,heads=32,kv_heads=8,d=64,kv=1024/cold",
    "matmul/gemv/f32/m=1,n=8192,k=2048/cold",
    "matmul/gemv/f32/m=1,n=2048,k=8192/cold",
    "matmul/gemv/f32/m=1,n=128256,k=2048/cold",
];
const PREFILL: &str = "attention/prefill/f32/batch=1,heads=32,kv_heads=8,d=64,seq=1/hot";

#[test]
fn records_of_every_case_add_up() {
    let (catalog, point) = small();
    let gpu = gpu();
    let mut all = ceilings(&gpu);
    all.extend(DECODE.map(|id| fixtures::measured(at(id, &gpu, 0.5), WindowKind::Published, 0.01)));
    all.push(at(PREFILL, &gpu, 0.5));
    let found = ask(&catalog, &records(all), point).unwrap();
    let counts = [4.0, 4.0, 2.0, 4.0, 2.0, 1.0];
    let bytes = DECODE.map(|id| id.parse::<crate::kernel::Case>().unwrap().work().bytes);
    let wanted: f64 = counts.iter().zip(bytes).map(|(c, b)| c * b * 2e-12).sum();
    assert_eq!(found.decode.basis, Basis::Measured);
    assert!((found.decode.seconds.value / wanted - 1.0).abs() < 1e-6);
    assert!(found.decode.is_estimate());
    let joules = found.decode.joules.unwrap();
    assert!((joules.joules.value / (17.0 * 0.01) - 1.0).abs() < 1e-9, "the counter, not the gauge");
    assert_eq!(joules.boundary, "gpu_board");
    assert!(found.prefill.joules.is_err());
    assert_eq!(found.decode.parts[0].records, [2]);
}

#[test]
fn neighbours_stand_in_for_a_missing_case() {
    let (catalog, point) = small();
    let gpu = gpu();
    let without = |left_out: &str| {
        let mut all = ceilings(&gpu);
        all.extend(DECODE.iter().filter(|id| **id != left_out).map(|id| at(id, &gpu, 0.8)));
        all.push(at(PREFILL, &gpu, 0.8));
        ask(&catalog, &records(all), point).unwrap().decode
    };
    // All neighbours reached the same fraction of the roof, so the missing one has reached it too.
    let step = without(DECODE[0]);
    let part = &step.parts[0];
    assert_eq!((step.basis, part.basis), (Basis::Interpolated, Basis::Interpolated));
    let wanted = DECODE[0].parse::<crate::kernel::Case>().unwrap().work().bytes / 1e12 / 0.8;
    assert!((part.seconds.value / wanted - 1.0).abs() < 1e-6, "{:?}", part.seconds);
    assert!(part.seconds.noise() < 0.01);
    assert_eq!(part.against.len(), 3, "the head is more than a factor of sixteen away: {:?}", part.against);
    // There is no other attention: nothing is near, and the roof bounds it.
    let step = without(DECODE[2]);
    assert_eq!(step.basis, Basis::Roof);
    assert!(step.seconds.high.is_infinite() && !step.is_estimate());
    assert!(step.parts[2].because.as_ref().unwrap().contains("no measured case"));
    assert!(step.joules.is_err());
}

#[test]
fn an_interval_is_as_wide_as_the_rule_errs() {
    let (catalog, point) = small();
    let gpu = gpu();
    let mut all = ceilings(&gpu);
    all.extend([0usize, 2, 4, 5].map(|i| at(DECODE[i], &gpu, 0.8)));
    all.push(at(DECODE[3], &gpu, 0.4));
    all.push(at(PREFILL, &gpu, 0.8));
    let found = ask(&catalog, &records(all.clone()), point).unwrap();
    let part = &found.decode.parts[1];
    assert_eq!(part.basis, Basis::Interpolated);
    let fraction = DECODE[1].parse::<crate::kernel::Case>().unwrap().work().bytes / 1e12 / part.seconds.value;
    assert!(fraction > 0.4 && fraction < 0.8, "between its neighbours: {fraction}");
    assert!(part.seconds.high / part.seconds.value > 1.5, "{:?}", part.seconds);
    // With one neighbour nothing says how far off it is.
    all.retain(|r| r.case.variant != "gemv" || r.case.id == DECODE[0]);
    all.push(at(DECODE[5], &gpu, 0.8));
    let found = ask(&catalog, &records(all), point).unwrap();
    assert!(found.decode.parts[1].seconds.high.is_infinite());
    assert!(!found.decode.is_estimate());
}

#[test]
fn a_rasterizer_is_no_gpu_and_tracks_do_not_mix() {
    let (catalog, point) = small();
    let (gpu, mut soft) = (gpu(), gpu());
    soft.class = DeviceClass::Software;
    let mut all = ceilings(&soft);
    all.extend(DECODE.map(|id| at(id, &soft, 0.5)));
    assert!(ask(&catalog, &records(all), point).unwrap().device.evidence.is_none());
    let emulated = DeviceFacts { emulated: Some("by QEMU".to_owned()), ..gpu.clone() };
    let mut all = ceilings(&emulated);
    all.extend(DECODE.map(|id| at(id, &emulated, 0.5)));
    assert!(ask(&catalog, &records(all), point).unwrap().device.evidence.is_none(), "an emulator is no GPU either");
    let portable = DeviceFacts { track: Track::Portable, backend: "wgpu".to_owned(), ..gpu.clone() };
    let mut all = ceilings(&gpu);
    all.extend(ceilings(&portable));
    all.extend(DECODE.map(|id| at(id, &gpu, 0.8)));
    all.extend(DECODE[1..].iter().map(|id| at(id, &portable, 0.9)));
    all.extend([at(PREFILL, &gpu, 0.8), at(PREFILL, &portable, 0.8)]);
    let found = ask(&catalog, &records(all), point).unwrap();
    assert_eq!(found.device.evidence.unwrap().track(), Track::Native, "the firmer basis, not the faster track");
    assert_eq!(found.device.others.len(), 1);
}

#[test]
fn what_is_not_known_is_said() {
    let (catalog, point) = small();
    let none = Records::default();
    let ask = |model, device, records: &Records| {
        let query = Query { model, device, point, track: None, reserve: 0.1 };
        answer(&catalog, records, &query).unwrap_err().to_string()
    };
    assert!(ask("llama", "h100-sxm", &none).contains("known are deepseek-v3"));
    assert!(ask("llama-3.2-1b", "h100-sx", &none).contains("did you mean `h100-sxm`?"));
    assert!(ask("llama-3.2-1b", "host-cpu", &none).contains("no read bandwidth is known"));
    let cpu = fixtures::device("cpu:0", "Some CPU", DeviceClass::Cpu, Track::Native, "avx2");
    let without_ceiling = records(DECODE.iter().map(|id| at(id, &cpu, 0.5)).collect());
    let why = ask("llama-3.2-1b", "cpu", &without_ceiling);
    assert!(why.contains("matmul") || why.contains("attention"), "{why}");
    assert!(why.contains("ceiling/"), "{why}");
    assert!(ask("llama-3.2-1b", "gpu", &without_ceiling).contains("the records hold cpu:0 Some CPU (native)"));
    let zero = Point::new(0, 1, Format::F16);
    assert!(decode(&model("llama-3.1-8b"), &zero).unwrap_err().to_string().contains("batch is 0"));
    let seven = Point { devices: 7, ..Point::new(1, 1, Format::F16) };
    assert!(decode(&model("llama-3.1-8b"), &seven).unwrap_err().to_string().contains("n_heads = 32"));
}

#[test]
fn a_serving_point_is_a_suite() {
    let (catalog, point) = small();
    let model = &catalog.models["llama-3.2-1b"];
    let (decode, prefill) = (decode(model, &point).unwrap(), prefill(model, &point).unwrap());
    let text = as_suite(model, &point, &decode.iter().chain(&prefill).collect::<Vec<_>>());
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, &text).unwrap();
    let suite = crate::kernel::Suite::load(path.to_str().unwrap()).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let ids: Vec<String> = suite.cases.iter().map(|c| c.case.id()).collect();
    for id in DECODE.iter().chain([&PREFILL]) {
        assert!(ids.contains(&(*id).to_owned()), "{id} in {ids:?}");
    }
}
