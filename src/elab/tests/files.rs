//! Numbers from files.

use std::io::Write;
use std::path::Path;

use super::Deck;
use crate::circuit::Setting;
use crate::device::registry;
use crate::elab::{DataRoots, Kinds, Overrides, elaborate};
use crate::syntax::parse_str;

/// The deck of a text that stands in this folder, with the codes of its errors.
fn deck_in(folder: &Path, text: &str) -> Result<Deck, Vec<&'static str>> {
    let (ast, ..) = parse_str("test.cir", &format!("a test\n{text}\n.op\n"));
    let kinds = Kinds::new(registry::REGISTRY.iter().map(|r| r.kind));
    let roots = DataRoots { folders: vec![folder.to_path_buf()], extra: Vec::new() };
    let (deck, found) = elaborate(&ast, &kinds, &Overrides::default(), &roots);
    deck.ok_or_else(|| found.iter().filter(|d| d.is_error()).map(|d| d.code).collect())
}

/// The value of an expression about files of a folder.
fn value(folder: &Path, expr: &str) -> f64 {
    deck_in(folder, &format!("V1 a 0 {{{expr}}}\nR1 a 0 1")).unwrap().value("V1", "dc")
}

#[test]
fn csv() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("w.csv"), "# weights\n1,2,3\n4,5,6\n").unwrap();
    std::fs::write(dir.path().join("t.csv"), "label,p0,p1\n7,0.5,-1\n8,1.5,2\n").unwrap();
    let of = |e: &str| value(dir.path(), e);
    assert_eq!([of("csv(\"w.csv\")[1,2]"), of("sum(csv(\"w.csv\"))"), of("len(csv(\"w.csv\"))")], [6.0, 21.0, 2.0]);
    assert_eq!(of("csv(\"t.csv\", cols=\"p0:p1\")[1,1]"), 2.0);
    assert_eq!(of("csv(\"t.csv\", cols=\"label\")[1]"), 8.0);
    assert_eq!(of("csv(\"none.csv\", else=\"w.csv\")[0,0]"), 1.0);
    // Beside the file, then in the folders around it.
    let inner = dir.path().join("a");
    std::fs::create_dir(&inner).unwrap();
    assert_eq!(value(&inner, "csv(\"w.csv\")[0,1]"), 2.0);
}

#[test]
fn npy_npz_and_idx() {
    let dir = tempfile::tempdir().unwrap();
    let npy = |values: &[f64]| {
        let mut bytes = Vec::new();
        let mut w = npyz::WriteOptions::new().default_dtype().shape(&[2, 2]).writer(&mut bytes).begin_nd().unwrap();
        w.extend(values.iter().copied()).unwrap();
        w.finish().unwrap();
        bytes
    };
    use npyz::WriterBuilder;
    std::fs::write(dir.path().join("a.npy"), npy(&[1.0, 2.0, 3.0, 4.0])).unwrap();
    let mut zip = npyz::npz::NpzWriter::new(std::fs::File::create(dir.path().join("b.npz")).unwrap());
    let mut w = zip.array("w1", Default::default()).unwrap().default_dtype().shape(&[2]).begin_nd().unwrap();
    w.extend([5.0, 6.0]).unwrap();
    w.finish().unwrap();
    drop(zip);
    let idx = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 9, 8, 7, 6];
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&idx).unwrap();
    std::fs::write(dir.path().join("c.gz"), gz.finish().unwrap()).unwrap();
    let of = |e: &str| value(dir.path(), e);
    assert_eq!(of("npy(\"a.npy\")[1,0]"), 3.0);
    assert_eq!(of("npz(\"b.npz\").w1[1]"), 6.0);
    assert_eq!(of("idx(\"c.gz\")[0,1]"), 8.0);
}

/// A png of these samples, two rows high.
fn png(color: png::ColorType, depth: png::BitDepth, samples: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let row = samples.len() * 8 / depth as usize / color.samples() / 2;
    let mut encoder = png::Encoder::new(&mut bytes, row as u32, 2);
    encoder.set_color(color);
    encoder.set_depth(depth);
    encoder.write_header().unwrap().write_image_data(samples).unwrap();
    bytes
}

#[test]
fn pictures() {
    use png::{BitDepth, ColorType};
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).unwrap();
    put("plain.pgm", b"P2 # two rows\n3 2\n# greatest\n15\n0 1 2\n3 4 15\n");
    put("binary.pgm", b"P5\n3 2\n255\n\x00\x01\x02\x0a\x20\xff");
    put("deep.pgm", b"P5 1 2 1000 \x00\x05\x03\xe8");
    put("grey.png", &png(ColorType::Grayscale, BitDepth::Eight, &[0, 7, 200, 255]));
    put("deep.png", &png(ColorType::Grayscale, BitDepth::Sixteen, &[0, 5, 0x12, 0x34]));
    put("bits.png", &png(ColorType::Grayscale, BitDepth::Four, &[0x0f, 0xf0]));
    put("color.png", &png(ColorType::Rgb, BitDepth::Eight, &[30, 60, 90, 1, 2, 6]));
    put("clear.png", &png(ColorType::GrayscaleAlpha, BitDepth::Eight, &[10, 0, 20, 255]));
    let of = |e: &str| value(dir.path(), e);
    for (text, number) in [
        ("pgm(\"plain.pgm\")[1,2]", 15.0),
        ("pgm(\"plain.pgm\")[0,1]", 1.0),
        ("pgm(\"binary.pgm\")[1,0]", 10.0),
        ("pgm(\"deep.pgm\")[1,0]", 1000.0),
        ("png(\"grey.png\")[1,0]", 200.0),
        ("png(\"deep.png\")[1,0]", 0x1234 as f64),
        ("sum(png(\"bits.png\"))", 510.0),
        ("png(\"color.png\")[0,0]", 60.0),
        ("png(\"color.png\")[1,0]", 3.0),
        ("png(\"clear.png\")[0,0]", 10.0),
    ] {
        assert_eq!(of(text), number, "{text}");
    }
}

#[test]
fn any_file_may_be_gzipped_and_say_so_or_not() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(bytes).unwrap();
        std::fs::write(dir.path().join(name), gz.finish().unwrap()).unwrap();
    };
    put("w.csv.gz", b"1,2\n3,4\n");
    put("image.gz", b"P2 1 1 9 7");
    let of = |e: &str| value(dir.path(), e);
    assert_eq!([of("csv(\"w.csv.gz\")[1,0]"), of("csv(\"w.csv\")[1,0]"), of("pgm(\"image\")[0,0]")], [3.0, 3.0, 7.0]);
    // The name wins over the function that reads it.
    assert_eq!(of("idx(\"none\", else=\"w.csv\")[1,1]"), 4.0);
}

#[test]
fn what_is_noted_of_files() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("w.csv"), "1,2\n").unwrap();
    let color = png(png::ColorType::Rgb, png::BitDepth::Eight, &[30, 60, 90, 1, 2, 6]);
    std::fs::write(dir.path().join("color.png"), color).unwrap();
    let text = ".param a=csv(\"none.csv\", else=\"w.csv\") b=png(\"color.png\")\nR1 a 0 {a[0,0]}\nV1 a 0 {b[0,0]}\n.op";
    let (ast, ..) = parse_str("test.cir", &format!("a test\n{text}\n"));
    let kinds = Kinds::new(registry::REGISTRY.iter().map(|r| r.kind));
    let roots = DataRoots { folders: vec![dir.path().to_path_buf()], extra: Vec::new() };
    let (_, found) = elaborate(&ast, &kinds, &Overrides::default(), &roots);
    let notes: Vec<&str> = found.iter().filter(|d| d.code.starts_with("value::")).map(|d| d.code).collect();
    assert_eq!(notes, ["value::stand-in", "value::color"]);
}

#[test]
fn waveforms_from_files() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("w.csv"), "time,v\n0,0\n1u,5\n").unwrap();
    let d = deck_in(dir.path(), "V1 a 0 PWL file=\"w.csv\" td=1n\nR1 a 0 1").unwrap();
    let Setting::Wave(w) = d.setting("V1", "wave") else { panic!() };
    assert_eq!((w.args, w.delay), (vec![Some(0.0), Some(0.0), Some(1e-6), Some(5.0)], 1e-9));
}

#[test]
fn broken_files() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("w.csv"), "1,2\n3\n").unwrap();
    std::fs::write(dir.path().join("x.npy"), "no array").unwrap();
    std::fs::write(dir.path().join("y.idx"), [0, 0, 8, 1, 0, 0, 0, 9, 1]).unwrap();
    let codes = |e: &str| deck_in(dir.path(), &format!("R1 a 0 {{{e}}}\nV1 a 0 1")).unwrap_err();
    assert_eq!(codes("csv(\"w.csv\")[0,0]"), ["value::bad-file"]);
    assert_eq!(codes("npy(\"x.npy\")[0]"), ["value::bad-file"]);
    assert_eq!(codes("idx(\"y.idx\")[0]"), ["value::bad-file"]);
    assert_eq!(codes("csv(\"none.csv\")[0]"), ["value::no-file"]);
    for (name, bytes) in [
        ("short.pgm", &b"P5 2 2 255 ab"[..]),
        ("color.pgm", b"P6 1 1 255 abc"),
        ("zero.pgm", b"P2 1 1 0 0"),
        ("other.pgm", b"GIF89a"),
        ("other.png", b"P2 1 1 9 7"),
    ] {
        std::fs::write(dir.path().join(name), bytes).unwrap();
        assert_eq!(codes(&format!("{}(\"{name}\")[0,0]", &name[name.len() - 3..])), ["value::bad-file"], "{name}");
    }
    assert_eq!(codes("csv(\"w.csv\", colls=\"a\")[0]"), ["value::arguments"]);
}
