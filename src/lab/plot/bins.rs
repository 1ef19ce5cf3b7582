//! Values → bins: edges and what falls between them.

/// Automatic bins are never more than this.
const MOST_BINS: usize = 200;
const MOST_COUNTED: usize = 10_000;

/// How values are divided.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Bins {
    /// By Freedman and Diaconis, of whole numbers on whole numbers; where values span more than three decades, equal
    /// ratios
    #[default]
    Automatic,
    /// So many of equal width
    Count(usize),
    /// One for each whole number, both ends included
    Whole { first: i64, last: i64 },
    /// Automatic between two ends
    Between { low: f64, high: f64 },
    /// Ascending; the last bin holds its upper edge, the others do not
    Edges(Vec<f64>),
}

impl Bins {
    /// `bins 1:20` are whole numbers, `bins -1.9:1.9` the ends of the axis.
    pub fn range(first: f64, last: f64) -> Bins {
        match first == first.round() && last == last.round() && first.abs() < 1e15 && last.abs() < 1e15 {
            true => Bins::Whole { first: first.min(last) as i64, last: first.max(last) as i64 },
            false => Bins::Between { low: first.min(last), high: first.max(last) },
        }
    }
}

/// Edges of bins for finite values, ascending, at least two; `log` for equal ratios of positive values.
pub fn edges(values: &[f64], bins: &Bins, log: bool) -> Vec<f64> {
    let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    match bins {
        Bins::Edges(edges) => {
            let mut edges: Vec<f64> = edges.iter().copied().filter(|e| e.is_finite()).collect();
            edges.sort_by(f64::total_cmp);
            edges.dedup();
            if edges.len() < 2 { around(edges.first().copied().unwrap_or(0.0)) } else { edges }
        }
        Bins::Whole { first, last } => {
            // Where whole numbers are too many to be seen, several share a bin.
            let numbers = last.abs_diff(*first) as usize + 1;
            whole_edges(*first as f64, numbers, numbers.div_ceil(MOST_BINS))
        }
        Bins::Between { low, high } if low < high => {
            let inside: Vec<f64> = values.iter().copied().filter(|v| (*low..=*high).contains(v)).collect();
            even(*low, *high, number(&inside, high - low))
        }
        Bins::Between { low, .. } => around(*low),
        _ if low > high => vec![0.0, 1.0],
        _ if low == high => around(low),
        Bins::Count(count) if log => ratios(low, high, (*count).clamp(1, MOST_COUNTED)),
        Bins::Count(count) => even(low, high, (*count).clamp(1, MOST_COUNTED)),
        Bins::Automatic if log => {
            let logs: Vec<f64> = values.iter().map(|v| v.ln()).collect();
            ratios(low, high, number(&logs, high.ln() - low.ln()))
        }
        Bins::Automatic if values.iter().all(|v| *v == v.round()) && high - low < 1e15 => {
            let numbers = (high - low) as usize + 1;
            let width = (high - low) / number(values, high - low) as f64;
            let each = if numbers <= 30 { 1 } else { (width.round() as usize).max(1) };
            whole_edges(low, numbers, each)
        }
        Bins::Automatic => even(low, high, number(values, high - low)),
    }
}

/// One bin around a value.
fn around(v: f64) -> Vec<f64> {
    let half = if v == 0.0 { 0.5 } else { 0.05 * v.abs() };
    match v == v.round() && v.abs() < 1e6 {
        true => vec![v - 0.5, v + 0.5],
        false => vec![v - half, v + half],
    }
}

fn even(low: f64, high: f64, count: usize) -> Vec<f64> {
    let at = |k: usize| if k == count { high } else { low + (high - low) * k as f64 / count as f64 };
    (0..=count).map(at).collect()
}

fn ratios(low: f64, high: f64, count: usize) -> Vec<f64> {
    let mut edges: Vec<f64> = even(low.ln(), high.ln(), count).into_iter().map(f64::exp).collect();
    // exp(ln x) is not quite x.
    (edges[0], edges[count]) = (low, high);
    edges
}

/// Bins of `each` whole numbers that hold `numbers` from `first` on.
fn whole_edges(first: f64, numbers: usize, each: usize) -> Vec<f64> {
    (0..=numbers.div_ceil(each)).map(|k| first - 0.5 + (k * each) as f64).collect()
}

/// Number of bins over a range of the width that Freedman and Diaconis ask, 2·IQR/∛n; where the quartiles are equal
/// Sturges's number.
fn number(values: &[f64], range: f64) -> usize {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    if n < 2 {
        return 1;
    }
    let quantile = |q: f64| {
        let at = q * (n - 1) as f64;
        let k = (at as usize).min(n - 2);
        sorted[k] + (sorted[k + 1] - sorted[k]) * (at - k as f64)
    };
    let width = 2.0 * (quantile(0.75) - quantile(0.25)) / (n as f64).cbrt();
    let count = if width > 0.0 { (range / width).ceil() } else { (n as f64).log2().ceil() + 1.0 };
    (count.clamp(1.0, MOST_BINS as f64)) as usize
}

/// How many values lie in each bin: those of a bin's lower edge, not those of its upper but in the last.
pub fn counts(values: &[f64], edges: &[f64]) -> Vec<f64> {
    let mut counts = vec![0.0; edges.len().saturating_sub(1)];
    for v in values {
        let above = edges.partition_point(|e| e <= v);
        let bin = if edges.last() == Some(v) { counts.len() } else { above };
        if let Some(count) = bin.checked_sub(1).and_then(|k| counts.get_mut(k)) {
            *count += 1.0;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_those_of_numpy() {
        // numpy.histogram_bin_edges(v, 'fd')
        let values: Vec<f64> = (0..100).map(|k| (k as f64 * 0.37).sin() + 0.01 * k as f64).collect();
        let edges = edges(&values, &Bins::Automatic, false);
        let (low, high, bins) = (-0.8652398257691627, 1.8883916897192832, 6);
        assert_eq!((edges.len(), edges[0], edges[bins]), (bins + 1, low, high));
        assert!((edges[1] - -0.4063012398544217).abs() < 1e-12, "{edges:?}");
        assert_eq!(counts(&values, &edges), [13.0, 20.0, 17.0, 18.0, 20.0, 12.0]);
    }

    #[test]
    fn a_value_on_an_edge_belongs_to_the_bin_above_it_but_for_the_last() {
        let edges = [0.0, 1.0, 2.0];
        assert_eq!(counts(&[0.0, 1.0, 2.0, 2.1, -0.1], &edges), [1.0, 2.0]);
    }

    #[test]
    fn whole_numbers_have_bins_of_their_own() {
        assert_eq!(edges(&[], &Bins::range(1.0, 3.0), false), [0.5, 1.5, 2.5, 3.5]);
        assert_eq!(counts(&[1.0, 3.0, 3.0, 4.0], &[0.5, 1.5, 2.5, 3.5]), [1.0, 0.0, 2.0]);
        assert_eq!(edges(&[3.0, 5.0, 5.0], &Bins::Automatic, false), [2.5, 3.5, 4.5, 5.5]);
        // Numbers of a hundred thousand are not a hundred thousand bins, nor is one number split.
        let wide = edges(&[], &Bins::range(0.0, 1e5), false);
        assert!(wide.len() <= MOST_BINS + 1 && (wide[1] - wide[0]).fract() == 0.0);
        let many: Vec<f64> = (0..500).map(|k| f64::from(k * k % 97)).collect();
        let width = { edges(&many, &Bins::Automatic, false) };
        assert!((width[1] - width[0]).fract() == 0.0 && width[1] - width[0] >= 1.0);
        assert_eq!(counts(&many, &width).iter().sum::<f64>(), 500.0);
    }

    #[test]
    fn ends_of_the_axis() {
        assert_eq!(Bins::range(1.9, -1.9), Bins::Between { low: -1.9, high: 1.9 });
        let edges = edges(&[-1.0, 0.0, 0.5, 1.0, 7.0], &Bins::range(-1.9, 1.9), false);
        assert_eq!((edges.first(), edges.last()), (Some(&-1.9), Some(&1.9)));
    }

    #[test]
    fn odd_samples_have_bins() {
        for values in [&[][..], &[0.0], &[2.5], &[-1e-15; 9], &[1e300, -1e300], &[0.0, 0.0, 0.0, 1.0], &[5e-324, 1.0]] {
            for bins in [Bins::Automatic, Bins::Count(0), Bins::Count(7), Bins::Edges(vec![]), Bins::range(2.5, 2.5)] {
                let edges = edges(values, &bins, false);
                assert!(edges.len() >= 2 && edges.windows(2).all(|e| e[0] < e[1]), "{values:?} {bins:?} {edges:?}");
                if matches!(bins, Bins::Automatic | Bins::Count(_)) {
                    assert_eq!(counts(values, &edges).iter().sum::<f64>(), values.len() as f64, "{values:?} {bins:?}");
                }
            }
        }
    }

    #[test]
    fn decades_have_equal_ratios() {
        let values: Vec<f64> = (0..400).map(|k| 10f64.powf(k as f64 / 100.0)).collect();
        let edges = edges(&values, &Bins::Automatic, true);
        let ratio = edges[1] / edges[0];
        assert!(edges.windows(2).all(|e| (e[1] / e[0] / ratio - 1.0).abs() < 1e-9));
        assert_eq!(counts(&values, &edges).iter().sum::<f64>(), 400.0);
    }
}
