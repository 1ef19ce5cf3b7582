//! Pictures: rows × columns of grey values as they stand in the file, row by row from the top.

use std::io::Cursor;

use png::{ColorType, Transformations};

use super::super::fault::Fault;
use super::super::{Value, check_size, shaped};
use super::{Files, unreadable};
use crate::diag::{Diagnostic, Span};

/// A portable grey map, plain (`P2`) or binary (`P5`), of one or two bytes a pixel: numbers from 0 to its greatest value.
pub(super) fn pgm(bytes: &[u8], name: &str, span: Span) -> Result<Value, Fault> {
    let wrong = |why: &str| unreadable(name, why, span);
    let mut rest = bytes;
    let plain = match word(&mut rest) {
        Some(b"P2") => true,
        Some(b"P5") => false,
        Some(b"P3" | b"P6") => return Err(wrong("it is a picture in color (ppm); a pgm is grey")),
        _ => return Err(wrong("it is no pgm picture: it does not begin with P2 or P5")),
    };
    let mut header = || number(&mut rest).ok_or_else(|| wrong("its header is no width, height and greatest value"));
    let (columns, rows, most) = (header()?, header()?, header()?);
    check_size(&[rows, columns], span)?;
    if !(1..=65535).contains(&most) {
        return Err(wrong(&format!("its greatest value {most} is not between 1 and 65535")));
    }
    let count = rows * columns;
    let data: Vec<f64> = match plain {
        true => std::iter::from_fn(|| number(&mut rest)).map(|v| v as f64).take(count).collect(),
        false => {
            // One blank ends the header.
            let body = rest.get(1..).unwrap_or(&[]);
            match most < 256 {
                true => body.iter().take(count).map(|b| f64::from(*b)).collect(),
                false => {
                    body.chunks_exact(2).take(count).map(|b| f64::from(u16::from_be_bytes([b[0], b[1]]))).collect()
                }
            }
        }
    };
    match data.len() == count {
        true => shaped(vec![rows, columns], data, span),
        false => Err(wrong(&format!("it ends after {} of its {rows}x{columns} pixels", data.len()))),
    }
}

/// The next word of a header; comments go from `#` to the end of their line.
fn word<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    loop {
        let blank = rest.iter().position(|b| !b.is_ascii_whitespace())?;
        *rest = &rest[blank..];
        if rest.first() != Some(&b'#') {
            break;
        }
        let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        *rest = &rest[end..];
    }
    let end = rest.iter().position(|b| b.is_ascii_whitespace() || *b == b'#').unwrap_or(rest.len());
    let (word, behind) = rest.split_at(end);
    *rest = behind;
    Some(word)
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    std::str::from_utf8(word(rest)?).ok()?.parse().ok()
}

/// Grey values from 0 to 255, or to 65535 of a picture of 16 bits; colors are averaged, transparency is left out.
pub(super) fn png(files: &Files, bytes: &[u8], name: &str, span: Span) -> Result<Value, Fault> {
    let wrong = |e: png::DecodingError| unreadable(name, &e.to_string(), span);
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    // Palettes become colors, fewer bits eight.
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(wrong)?;
    let (rows, columns) = (reader.info().height as usize, reader.info().width as usize);
    check_size(&[rows, columns], span)?;
    let Some(size) = reader.output_buffer_size() else { return Err(unreadable(name, "it is too big", span)) };
    let mut buffer = vec![0; size];
    let frame = reader.next_frame(&mut buffer).map_err(wrong)?;
    let samples: Vec<f64> = match frame.bit_depth {
        png::BitDepth::Sixteen => buffer.chunks_exact(2).map(|b| f64::from(u16::from_be_bytes([b[0], b[1]]))).collect(),
        _ => buffer.iter().map(|b| f64::from(*b)).collect(),
    };
    let colors = match frame.color_type {
        ColorType::Grayscale | ColorType::GrayscaleAlpha => 1,
        _ => 3,
    };
    if colors == 3 {
        let message = format!("'{name}' is in color: each pixel is the mean of its red, green and blue");
        files.note(Diagnostic::note("value::color", message).at(span, "read as grey"));
    }
    let pixels = samples.chunks_exact(frame.color_type.samples()).take(rows * columns);
    let data: Vec<f64> = pixels.map(|p| p[..colors].iter().sum::<f64>() / colors as f64).collect();
    shaped(vec![rows, columns], data, span)
}
