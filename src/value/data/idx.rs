//! The format of the MNIST files.

use super::super::fault::Fault;
use super::super::{Value, check_size, shaped};
use super::unreadable;
use crate::diag::Span;

/// Two zero bytes, type, number of axes, their sizes, numbers; big-endian.
pub(super) fn idx(bytes: &[u8], name: &str, span: Span) -> Result<Value, Fault> {
    let short = || unreadable(name, "it is shorter than its header says", span);
    let [0, 0, kind, axes, rest @ ..] = bytes else { return Err(unreadable(name, "it is no idx file", span)) };
    let axes = *axes as usize;
    if rest.len() < 4 * axes {
        return Err(short());
    }
    let (header, body) = rest.split_at(4 * axes);
    let shape: Vec<usize> =
        header.chunks_exact(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize).collect();
    check_size(&shape, span)?;
    let count: usize = shape.iter().product();
    let data: Vec<f64> = match kind {
        0x08 => body.iter().map(|&b| b as f64).collect(),
        0x09 => body.iter().map(|&b| b as i8 as f64).collect(),
        0x0b => body.chunks_exact(2).map(|b| i16::from_be_bytes([b[0], b[1]]) as f64).collect(),
        0x0c => body.chunks_exact(4).map(|b| i32::from_be_bytes([b[0], b[1], b[2], b[3]]) as f64).collect(),
        0x0d => body.chunks_exact(4).map(|b| f32::from_be_bytes([b[0], b[1], b[2], b[3]]) as f64).collect(),
        0x0e => {
            body.chunks_exact(8).map(|b| f64::from_be_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]])).collect()
        }
        other => return Err(unreadable(name, &format!("numbers of type {other:#x}"), span)),
    };
    if data.len() < count {
        return Err(short());
    }
    shaped(shape, data[..count].to_vec(), span)
}
