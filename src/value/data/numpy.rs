//! Arrays of numpy: npy, and several of them in npz.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use npyz::NpyFile;

use super::super::fault::Fault;
use super::super::{Value, check_size, shaped};
use super::unreadable;
use crate::diag::Span;

pub(super) fn npy(bytes: &[u8], name: &str, span: Span) -> Result<Value, Fault> {
    let file = NpyFile::new(bytes).map_err(|e| unreadable(name, &e.to_string(), span))?;
    npy_array(file, name, span)
}

fn npy_array<R: Read>(file: NpyFile<R>, name: &str, span: Span) -> Result<Value, Fault> {
    let shape: Vec<usize> = file.shape().iter().map(|&n| n as usize).collect();
    check_size(&shape, span)?;
    let fortran = file.order() == npyz::Order::Fortran;
    let description = file.dtype().descr();
    let wrong = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::UnexpectedEof => {
            let many: usize = shape.iter().product();
            unreadable(name, &format!("it is cut short: its head promises {many} numbers of shape {shape:?}"), span)
        }
        _ => unreadable(name, &e.to_string(), span),
    };
    let text = description.trim_matches(['\'', '"']).trim_start_matches(['<', '>', '|', '=']).to_string();
    let data: Vec<f64> = match text.as_str() {
        "f8" => file.into_vec().map_err(wrong)?,
        "f4" => file.into_vec::<f32>().map_err(wrong)?.into_iter().map(f64::from).collect(),
        "i8" => file.into_vec::<i64>().map_err(wrong)?.into_iter().map(|v| v as f64).collect(),
        "u8" => file.into_vec::<u64>().map_err(wrong)?.into_iter().map(|v| v as f64).collect(),
        "i4" => file.into_vec::<i32>().map_err(wrong)?.into_iter().map(f64::from).collect(),
        "u4" => file.into_vec::<u32>().map_err(wrong)?.into_iter().map(f64::from).collect(),
        "i2" => file.into_vec::<i16>().map_err(wrong)?.into_iter().map(f64::from).collect(),
        "u2" => file.into_vec::<u16>().map_err(wrong)?.into_iter().map(f64::from).collect(),
        "i1" => file.into_vec::<i8>().map_err(wrong)?.into_iter().map(f64::from).collect(),
        "u1" => file.into_vec::<u8>().map_err(wrong)?.into_iter().map(f64::from).collect(),
        "b1" => file.into_vec::<bool>().map_err(wrong)?.into_iter().map(|v| v as u8 as f64).collect(),
        other => return Err(unreadable(name, &format!("numbers of type {other}"), span)),
    };
    if fortran {
        let reversed: Vec<usize> = shape.iter().rev().copied().collect();
        let Value::Array(a) = shaped(reversed, data, span)? else { return Ok(Value::Number(f64::NAN)) };
        return Ok(Value::array(a.t().as_standard_layout().into_owned()));
    }
    shaped(shape, data, span)
}

pub(super) fn npz(bytes: Vec<u8>, name: &str, span: Span) -> Result<Value, Fault> {
    let wrong = |e: std::io::Error| unreadable(name, &e.to_string(), span);
    let mut archive = npyz::npz::NpzArchive::new(std::io::Cursor::new(bytes)).map_err(wrong)?;
    let names: Vec<String> = archive.array_names().map(str::to_string).collect();
    let mut arrays = BTreeMap::new();
    for key in names {
        if let Some(file) = archive.by_name(&key).map_err(wrong)? {
            // Arrays of text or objects are left out.
            if let Ok(v) = npy_array(file, name, span) {
                arrays.insert(key, v);
            }
        }
    }
    Ok(Value::Archive(Arc::new(arrays)))
}
