//! Networks of software beside numpy, and the classifier of handwritten digits beside its reference.

use std::path::{Path, PathBuf};

use memspice::device::registry::REGISTRY;
use memspice::diag::Diagnostic;
use memspice::elab::{DataRoots, Deck, Kinds, Overrides, elaborate};
use memspice::syntax::parse_str;
use memspice::value::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// A netlist that stands in a folder, and where else its data may be.
fn deck(text: &str, folder: PathBuf, extra: Vec<PathBuf>) -> (Deck, Vec<Diagnostic>) {
    let (ast, _, mut found) = parse_str("test.cir", text);
    let kinds = Kinds::new(REGISTRY.iter().map(|r| r.kind));
    let roots = DataRoots { folders: vec![folder], extra };
    let (deck, more) = elaborate(&ast, &kinds, &Overrides::default(), &roots);
    found.extend(more);
    let errors: Vec<&Diagnostic> = found.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    (deck.expect("a deck without errors"), found)
}

fn param(deck: &Deck, name: &str) -> Value {
    deck.functions.values.get(name).unwrap_or_else(|| panic!("no parameter {name}")).clone()
}

fn number(deck: &Deck, name: &str) -> f64 {
    param(deck, name).number().unwrap_or_else(|| panic!("{name} is no number"))
}

/// The largest difference of two arrays of one shape, as a share of the largest number.
fn apart(a: &Value, b: &Value) -> f64 {
    let (a, b) = (a.to_array().expect("numbers"), b.to_array().expect("numbers"));
    assert_eq!(a.shape(), b.shape());
    let most = b.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    a.iter().zip(b.iter()).fold(0.0f64, |m, (a, b)| m.max((a - b).abs())) / most
}

#[test]
fn every_kind_of_layer_is_numpys() {
    let folder = root().join("tests/network");
    let text = std::fs::read_to_string(folder.join("layers.cir")).expect("layers.cir");
    let (deck, _) = deck(&text, folder, Vec::new());
    let Value::Archive(reference) = param(&deck, "ref") else { panic!("no archive") };
    // What only adds, multiplies by whole numbers and compares is exact; the rest is rounded to f32 once or twice.
    let rounded = ["y_mean", "y_mean_same", "y_tanh", "y_sigmoid", "y_softmax", "y_planes", "y_net_a1", "y_net"];
    let mut seen = 0;
    for (name, array) in reference.iter().filter(|(n, _)| n.starts_with("y_")) {
        let off = apart(&param(&deck, name), array);
        let allowed = if rounded.contains(&name.as_str()) { 2e-7 } else { 0.0 };
        assert!(off <= allowed, "{name} is off by {off:e}");
        seen += 1;
    }
    assert_eq!(seen, 22);
    for same in ["by_function", "by_array", "by_name", "by_list"] {
        assert_eq!(param(&deck, same), param(&deck, "y_net"), "{same}");
    }
    assert_eq!(param(&deck, "by_argument"), param(&deck, "conv1_again"));
    assert_eq!(apart(&param(&deck, "relu_again"), &reference["y_relu"]), 0.0);
}

const DIGITS: &str = "Handwritten digits by the compact net of netlists/hfo2_neuron
.param weights = npz(\"cnn_compact.npz\")
.param digit = idx(\"mnist/t10k-images-idx3-ubyte\")/255
.param label = idx(\"mnist/t10k-labels-idx1-ubyte\")
.param ref = npz(\"mnist/cnn_reference.npz\")
.network cnn {
  input   28x28
  conv    32 5x5 same  activation=relu  weights={weights.w1}
  maxpool 2x2
  conv    64 5x5 same  activation=relu  weights={weights.w2}
  maxpool 2x2
  dense   10           weights={weights.readout}
}
.param z = cnn(digit)
.param class = argmax(z, axis=1)
.param agree = {sum(class == ref.pred10k)}
.param accuracy = {mean(class == label)}
.param logits_off = {max(abs(z[0:63,:]/ref.logits64 - 1))}
.param s1_off = {max(abs(cnn.conv1.sums(digit[0]) - ref.s1_img0))}
.param h2_off = {max(abs(cnn.maxpool2(digit[0]) - ref.h2_img0))}
.param s1={sum(cnn.conv1.sums(digit[0]))} h1={sum(cnn.maxpool1(digit[0]))} s2={sum(cnn.conv2.sums(digit[0]))}
.param h2={sum(cnn.maxpool2(digit[0]))}
.func half(s) = s/2
.param portions_off = {max(abs(cnn(digit[0:699,:,:], conv1=half)/z[0:699,:] - 0.5))}
V1 a 0 1
R1 a 0 1k
.op
";

/// Where the images are, which are no part of the project: `$MEMSPICE_DATA`, or beside it.
fn mnist() -> Option<PathBuf> {
    let named = std::env::var_os("MEMSPICE_DATA");
    let places = named.iter().flat_map(std::env::split_paths).chain([root().join("../shared/data")]);
    let found = places.into_iter().find(|p| p.join("mnist/cnn_reference.npz").exists());
    if found.is_none() {
        println!("skipped: there is no folder mnist in $MEMSPICE_DATA or in ../shared/data");
    }
    found
}

/// Bars T1 to T3 of the network's specification. Ten thousand images take some seconds.
#[test]
fn digits_are_named_as_by_the_reference() {
    let Some(data) = mnist() else { return };
    let begin = std::time::Instant::now();
    let (deck, _) = deck(DIGITS, root().join("netlists/hfo2_neuron"), vec![data]);
    println!("11 000 images in {:.1} s", begin.elapsed().as_secs_f64());
    let of = |name: &str| number(&deck, name);
    assert!(of("agree") >= 9998.0, "{} of 10 000", of("agree"));
    assert!((of("accuracy") - 0.9807).abs() <= 2e-4, "{}", of("accuracy"));
    assert!(of("logits_off") < 1e-6, "{:e}", of("logits_off"));
    assert!(of("s1_off") < 1e-6 && of("h2_off") < 1e-6, "{:e} {:e}", of("s1_off"), of("h2_off"));
    for (name, sum) in [("s1", 2306.624766), ("h1", 835.822267), ("s2", 1622.437764), ("h2", 585.344287)] {
        assert!((of(name) / sum - 1.0).abs() < 1e-6, "{name}: {} is not {sum}", of(name));
    }
    assert!(of("portions_off") < 1e-6, "{:e}", of("portions_off"));
}
