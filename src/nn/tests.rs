//! Layers against sums written out, and what must not change the bits of a result.

use std::sync::Arc;

use ndarray::{ArrayD, IxDyn};

use super::*;

fn array(shape: &[usize], f: impl Fn(usize) -> f64) -> ArrayD<f64> {
    ArrayD::from_shape_fn(IxDyn(shape), |at| f((0..shape.len()).fold(0, |k, a| k * shape[a] + at[a])))
}

/// Numbers without a pattern, exact in `f32`.
fn rough(shape: &[usize], seed: usize) -> ArrayD<f64> {
    array(shape, |k| (((k + 1) * 7919 + seed * 104_729) % 2003) as f64 / 1024.0 - 1.0)
}

fn shape(axes: &[usize]) -> Shape {
    Shape::new(axes.to_vec()).unwrap()
}

fn window(size: usize, stride: usize, padding: Padding) -> Window {
    Window { size: [size; 2], stride: [stride; 2], padding }
}

fn of(layer: Layer, input: &Shape, x: &ArrayD<f64>) -> ArrayD<f64> {
    let mut net = Network::new(input.clone());
    net.push(layer);
    net.forward(x, &Replaced::new()).unwrap()
}

/// Two convolutions, a pool and two dense layers.
fn net() -> Network {
    let mut net = Network::new(shape(&[9, 10]));
    for (filters, size) in [(5, 3), (18, 3)] {
        let input = net.output().clone();
        let weights = rough(&[filters, input.planes().unwrap().channels * size * size], filters);
        let w = Weights { matrix: &weights, bias: None };
        let layer = Layer::conv(&input, filters, window(size, 1, Padding::Same), w).unwrap();
        net.push(layer.with(Activation::Relu));
        net.push(Layer::maxpool(&net.output().clone(), window(2, 2, Padding::Valid)).unwrap());
    }
    for units in [21, 4] {
        let input = net.output().clone();
        let (weights, bias) = (rough(&[units, input.count()], units), rough(&[units], 3));
        let layer = Layer::dense(&input, units, Weights { matrix: &weights, bias: Some(&bias) }).unwrap();
        net.push(layer.with(Activation::Tanh));
    }
    net
}

#[test]
fn a_convolution_is_a_sum_over_its_window() {
    let (input, x, w) = (shape(&[2, 6, 5]), rough(&[2, 6, 5], 1), rough(&[20, 2, 3, 3], 2));
    for (stride, padding, rows, columns, before) in
        [(1, Padding::Valid, 4, 3, 0), (2, Padding::Same, 3, 3, 1), (2, Padding::Valid, 2, 2, 0)]
    {
        let layer = Layer::conv(&input, 20, window(3, stride, padding), Weights { matrix: &w, bias: None }).unwrap();
        let y = of(layer, &input, &x);
        assert_eq!(y.shape(), [20, rows, columns]);
        // "same" over 6 rows by stride 2 needs one row more, below; over 5 columns one on each side.
        let before = [if padding == Padding::Same { 0 } else { before }, before];
        for f in 0..20 {
            for r in 0..rows {
                for c in 0..columns {
                    let mut sum = 0.0;
                    for (d, i, j) in (0..18).map(|k| (k / 9, k / 3 % 3, k % 3)) {
                        let (a, b) =
                            ((r * stride + i).wrapping_sub(before[0]), (c * stride + j).wrapping_sub(before[1]));
                        sum += w[[f, d, i, j]] * x.get([d, a, b]).copied().unwrap_or(0.0);
                    }
                    assert!((y[[f, r, c]] - sum).abs() < 1e-5, "{f} {r} {c}: {} is not {sum}", y[[f, r, c]]);
                }
            }
        }
    }
}

#[test]
fn pools_take_the_largest_or_the_mean() {
    let (input, x) = (shape(&[3, 5]), array(&[3, 5], |k| k as f64));
    let largest = of(Layer::maxpool(&input, window(2, 2, Padding::Valid)).unwrap(), &input, &x);
    assert_eq!((largest.shape(), largest.iter().copied().collect::<Vec<_>>()), (&[1, 2][..], vec![6.0, 8.0]));
    let mean = of(Layer::avgpool(&input, window(2, 2, Padding::Same)).unwrap(), &input, &x);
    assert_eq!(mean.iter().copied().collect::<Vec<_>>(), [3.0, 5.0, 6.5, 10.5, 12.5, 14.0]);
}

/// A hundred thousand products of one sign: a sum kept in `f32` would be off by some 1e-4.
#[test]
fn long_sums_keep_their_digits() {
    let count = 100_000;
    let (x, w) = (array(&[count], |k| 1.0 + (k % 64) as f64 / 64.0), array(&[1, count], |_| 0.1));
    let y = of(Layer::dense(&shape(&[count]), 1, Weights { matrix: &w, bias: None }).unwrap(), &shape(&[count]), &x);
    let exact: f64 = x.iter().map(|v| v * f64::from(0.1f32)).sum();
    assert!((y[[0]] / exact - 1.0).abs() < 2e-7, "{} is not {exact}", y[[0]]);
}

#[test]
fn an_image_has_the_same_bits_alone_and_among_fifty() {
    let net = net();
    let batch = rough(&[50, 9, 10], 4);
    let all = net.forward(&batch, &Replaced::new()).unwrap();
    for k in [0, 17, 49] {
        let image = batch.index_axis(ndarray::Axis(0), k).to_owned();
        let alone = net.forward(&image, &Replaced::new()).unwrap();
        assert_eq!(all.index_axis(ndarray::Axis(0), k), alone);
    }
}

#[test]
fn what_replaces_a_layer_is_what_the_next_one_sees() {
    let net = net();
    let x = rough(&[3, 9, 10], 5);
    let none = Replaced::new();
    let plain = net.forward(&x, &none).unwrap();
    for k in 0..6 {
        let given = Arc::new(net.activated(LayerId(k), &x, &none, 1).unwrap());
        assert_eq!(net.forward(&x, &Replaced::from([(LayerId(k), given)])).unwrap(), plain, "layer {k}");
    }
    let sums = net.sums(LayerId(0), &x, &none, 1).unwrap();
    assert_eq!(sums.mapv(|v| v.max(0.0)), net.activated(LayerId(0), &x, &none, 2).unwrap());
    let zero = Replaced::from([(LayerId(2), Arc::new(ArrayD::zeros(IxDyn(&[3 * 18 * 4 * 5]))))]);
    let dark = net.activated(LayerId(3), &x, &zero, 2).unwrap();
    assert!(dark.iter().all(|v| *v == 0.0) && dark.shape() == [3, 18, 2, 2]);
}

#[test]
fn wrong_shapes_are_refused() {
    let input = shape(&[4, 6, 6]);
    let conv = |w: &ArrayD<f64>| {
        Layer::conv(&input, 2, window(3, 1, Padding::Valid), Weights { matrix: w, bias: None }).map(|l| l.shape)
    };
    assert_eq!(conv(&rough(&[2, 4, 3, 3], 1)).unwrap(), shape(&[2, 4, 4]));
    let expected = vec![vec![2, 4, 3, 3], vec![2, 36]];
    assert_eq!(conv(&rough(&[2, 3, 3, 4], 1)).unwrap_err(), Error::Weights { expected, found: vec![2, 3, 3, 4] });
    assert_eq!(conv(&rough(&[2, 36], 1).mapv(|v| v / 0.0)).unwrap_err(), Error::NotFinite(f64::NEG_INFINITY));
    let (matrix, bias) = (rough(&[2, 144], 1), rough(&[3], 1));
    let dense = Layer::dense(&input, 2, Weights { matrix: &matrix, bias: Some(&bias) });
    assert_eq!(dense.unwrap_err(), Error::Bias { expected: 2, found: vec![3] });
    let net = net();
    let wrong = net.forward(&rough(&[10, 9], 1), &Replaced::new());
    assert_eq!(wrong.unwrap_err(), Error::Input { expected: shape(&[9, 10]), found: vec![10, 9] });
    let few = Replaced::from([(LayerId(0), Arc::new(rough(&[5, 9, 9], 1)))]);
    let wrong = net.forward(&rough(&[9, 10], 1), &few).unwrap_err();
    assert_eq!(wrong, Error::Replaced { layer: LayerId(0), expected: vec![5, 9, 10], found: vec![5, 9, 9] });
}

#[test]
fn an_activation_from_outside_must_be_given() {
    let input = shape(&[3]);
    let mut net = Network::new(input.clone());
    net.push(Layer::activation(&input, Activation::Outside));
    let x = rough(&[3], 1);
    assert_eq!(net.forward(&x, &Replaced::new()).unwrap_err(), Error::Outside(LayerId(0)));
    assert_eq!(net.sums(LayerId(0), &x, &Replaced::new(), 3).unwrap(), x);
    let given = Replaced::from([(LayerId(0), Arc::new(x.clone()))]);
    assert_eq!(net.forward(&x, &given).unwrap(), x);
}

#[test]
fn softmax_is_over_channels_or_over_all_units() {
    let soft =
        |axes: &[usize], x: &ArrayD<f64>| of(Layer::activation(&shape(axes), Activation::Softmax), &shape(axes), x);
    let units = soft(&[3], &array(&[3], |k| 1000.0 + k as f64));
    let e = 1f64.exp();
    assert!((units[[2]] - e * e / (1.0 + e + e * e)).abs() < 1e-7, "{units}");
    let planes = soft(&[2, 1, 2], &array(&[2, 1, 2], |k| k as f64));
    assert!((planes[[1, 0, 1]] - e * e / (1.0 + e * e)).abs() < 1e-7, "{planes}");
}
