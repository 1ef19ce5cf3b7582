//! Long curves and clouds of points → no more of them than pixels can show, extremes kept.

use std::collections::HashSet;

/// At most four points a pixel: the first, the least, the most and the last of those whose `part` (0 … 1) falls on it.
pub fn path(points: &[(f64, f64)], pixels: usize, part: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    if points.len() <= 2 * pixels {
        return points.to_vec();
    }
    let pixel = |p: &(f64, f64)| (part(p.0) * pixels as f64).floor() as i64;
    let mut kept = Vec::new();
    for run in points.chunk_by(|a, b| pixel(a) == pixel(b) && a.1.is_finite() == b.1.is_finite()) {
        let order = |a: &usize, b: &usize| run[*a].1.total_cmp(&run[*b].1);
        let low = (0..run.len()).min_by(order).unwrap_or(0);
        let high = (0..run.len()).max_by(order).unwrap_or(0);
        let mut of_pixel = [0, low, high, run.len() - 1];
        of_pixel.sort_unstable();
        let mut last = None;
        for k in of_pixel {
            if last.replace(k) != Some(k) {
                kept.push(run[k]);
            }
        }
    }
    kept
}

/// Of points in pixels that cover each other, those within one square of `size` pixels, one; outermost points stay.
pub fn cloud(points: Vec<(f64, f64)>, size: f64) -> Vec<(f64, f64)> {
    let by = |of: fn(&(f64, f64)) -> f64| move |a: &&(f64, f64), b: &&(f64, f64)| of(a).total_cmp(&of(b));
    let (x, y) = (by(|p| p.0), by(|p| p.1));
    let outermost =
        [points.iter().min_by(x), points.iter().max_by(x), points.iter().min_by(y), points.iter().max_by(y)];
    let mut taken = HashSet::new();
    let square = |p: &(f64, f64)| ((p.0 / size).floor() as i64, (p.1 / size).floor() as i64);
    let first: Vec<(f64, f64)> = outermost.into_iter().flatten().copied().collect();
    first.into_iter().chain(points).filter(|p| taken.insert(square(p))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_stay() {
        // 100 000 points, one of them a spike
        let spike = |k: i32| if k == 54_321 { 9.0 } else { 0.0 };
        let points: Vec<(f64, f64)> = (0..100_000).map(|k| (k as f64, spike(k))).collect();
        let kept = path(&points, 800, |x| x / 1e5);
        assert!(kept.len() < 4000);
        assert!(kept.contains(&(54_321.0, 9.0)));
        assert_eq!((kept.first(), kept.last()), (points.first(), points.last()));
        assert!(kept.windows(2).all(|p| p[0].0 < p[1].0), "order");
    }

    #[test]
    fn outermost_points_of_a_cloud_stay() {
        let mut points: Vec<(f64, f64)> = (0..50_000).map(|k| ((k % 97) as f64, (k % 89) as f64)).collect();
        points.push((0.1, 88.9));
        let kept = cloud(points, 3.0);
        assert!(kept.len() < 1100, "{}", kept.len());
        assert!(kept.contains(&(0.1, 88.9)));
    }
}
