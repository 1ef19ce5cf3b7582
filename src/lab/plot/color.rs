//! Values of 0 … 1 → colors: viridis for one sign, vik (F. Crameri) for both; Okabe and Ito's palette for curves.

use plotters::style::RGBColor;

pub const INK: RGBColor = RGBColor(40, 40, 40);
pub const SOFT: RGBColor = RGBColor(100, 100, 100);
pub const GRID: RGBColor = RGBColor(225, 225, 225);
pub const FAINT: RGBColor = RGBColor(242, 242, 242);
/// A cell without a value
pub const MISSING: RGBColor = RGBColor(205, 205, 205);

pub const PALETTE: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(60, 60, 60),
];

/// A color map: colors at equal distances.
pub type Map = [u32; 17];

pub const VIRIDIS: Map = [
    0x440154, 0x48186a, 0x472d7b, 0x424086, 0x3b528b, 0x33638d, 0x2c728e, 0x26828e, 0x21918c, 0x1fa088, 0x28ae80,
    0x3fbc73, 0x5ec962, 0x84d44b, 0xaddc30, 0xd8e219, 0xfde725,
];

/// Light in the middle: zero.
pub const VIK: Map = [
    0x001261, 0x022b71, 0x034481, 0x0c5e92, 0x307da6, 0x619ebd, 0x94bed2, 0xc6dbe6, 0xece5e0, 0xe9cab8, 0xdbaa8d,
    0xcf8c66, 0xc27041, 0xb2511d, 0x912d06, 0x731406, 0x590008,
];

/// The color at 0 … 1 of a map.
pub fn at(map: &Map, part: f64) -> RGBColor {
    let at = part.clamp(0.0, 1.0) * (map.len() - 1) as f64;
    let k = (at as usize).min(map.len() - 2);
    let channel = |shift: u32| {
        let of = |color: u32| f64::from(color >> shift & 0xff);
        (of(map[k]) + (of(map[k + 1]) - of(map[k])) * (at - k as f64)).round() as u8
    };
    RGBColor(channel(16), channel(8), channel(0))
}

/// Whether white text is read on a color more easily than black (relative luminance of WCAG 2, without its gamma).
pub fn is_dark(color: RGBColor) -> bool {
    0.2126 * f64::from(color.0) + 0.7152 * f64::from(color.1) + 0.0722 * f64::from(color.2) < 128.0
}

/// The color of one of `count` curves: of the palette, or where they are many of a map without its palest end.
pub fn of_curve(k: usize, count: usize) -> RGBColor {
    match count > 2 * PALETTE.len() {
        true => at(&VIRIDIS, 0.92 * k as f64 / (count - 1) as f64),
        false => PALETTE[k % PALETTE.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_begin_and_end_with_their_colors() {
        assert_eq!(at(&VIRIDIS, 0.0), RGBColor(0x44, 0x01, 0x54));
        assert_eq!(at(&VIRIDIS, 1.0), RGBColor(0xfd, 0xe7, 0x25));
        assert_eq!(at(&VIK, 0.5), RGBColor(0xec, 0xe5, 0xe0));
        assert_eq!(at(&VIK, 1.0 / 32.0), RGBColor(0x01, 0x1f, 0x69));
        assert!(is_dark(at(&VIRIDIS, 0.0)) && !is_dark(at(&VIRIDIS, 1.0)));
    }
}
