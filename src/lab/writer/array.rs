//! An array → a csv or npy file that reads back to the same numbers: `save g to "g.npy"`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use ndarray::ArrayD;
use npyz::WriterBuilder;

use crate::lab::number::exact;

/// Writes by the extension of `path`. An npy keeps the shape, as `<f8`; in a csv each line is a row of the last axis, a
/// vector is one column, and the axes before the last are flat.
///
/// # Errors
/// Those of writing; another extension than csv or npy is [`io::ErrorKind::InvalidInput`], and its text says so.
pub fn save_array(path: &Path, array: &ArrayD<f64>) -> io::Result<()> {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    match extension.as_str() {
        "csv" => csv(BufWriter::new(File::create(path)?), array),
        "npy" => npy(BufWriter::new(File::create(path)?), array),
        _ => {
            let message = format!("'{}' is neither csv nor npy: its name says how it is written", path.display());
            Err(io::Error::new(io::ErrorKind::InvalidInput, message))
        }
    }
}

fn csv(mut out: impl Write, array: &ArrayD<f64>) -> io::Result<()> {
    let width = match array.shape() {
        [.., columns] if array.ndim() > 1 => *columns,
        _ => 1,
    };
    let numbers: Vec<f64> = array.iter().copied().collect();
    for row in numbers.chunks(width.max(1)) {
        let cells: Vec<String> = row.iter().map(|v| exact(*v)).collect();
        writeln!(out, "{}", cells.join(","))?;
    }
    out.flush()
}

fn npy(out: impl Write, array: &ArrayD<f64>) -> io::Result<()> {
    let shape: Vec<u64> = array.shape().iter().map(|n| *n as u64).collect();
    let mut writer = npyz::WriteOptions::new().default_dtype().shape(&shape).writer(out).begin_nd()?;
    writer.extend(array.iter().copied())?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{FileId, Span};
    use crate::value::Value;
    use crate::value::data::{DataRoots, Files, named};
    use ndarray::IxDyn;

    /// Written and read again.
    fn again(name: &str, array: &ArrayD<f64>) -> ArrayD<f64> {
        let folder = tempfile::tempdir().unwrap();
        save_array(&folder.path().join(name), array).unwrap();
        let files = Files::new(DataRoots { folders: vec![folder.path().to_path_buf()], extra: vec![] });
        let value: Value = named(&files, name, Span::new(FileId(0), 0, 0)).unwrap();
        value.to_array().unwrap().as_ref().clone()
    }

    fn array(shape: &[usize]) -> ArrayD<f64> {
        let count = shape.iter().product::<usize>() as i32;
        ArrayD::from_shape_vec(IxDyn(shape), (0..count).map(|k| f64::from(k - 3) / 7.0).collect()).unwrap()
    }

    #[test]
    fn an_npy_reads_back_as_it_was() {
        for shape in [&[][..], &[5], &[2, 3], &[2, 3, 4]] {
            assert_eq!(again("a.npy", &array(shape)), array(shape));
        }
    }

    #[test]
    fn a_csv_has_a_line_for_each_row() {
        assert_eq!(again("a.csv", &array(&[2, 3])), array(&[2, 3]));
        assert_eq!(again("a.csv", &array(&[3])).shape(), [3, 1]);
        assert_eq!(
            again("a.csv", &array(&[2, 3, 4])),
            array(&[2, 3, 4]).into_shape_with_order(IxDyn(&[6, 4])).unwrap()
        );
    }

    #[test]
    fn other_extensions_are_refused() {
        let wrong = save_array(Path::new("a.txt"), &array(&[1])).unwrap_err();
        assert!(wrong.kind() == io::ErrorKind::InvalidInput && wrong.to_string().contains("csv nor npy"));
    }
}
