//! Values ⇄ what serde writes: numbers, arrays and texts. What leads to something of the run has no meaning in another.

use ndarray::{ArrayD, IxDyn};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Value;

#[derive(Serialize, Deserialize)]
enum Written {
    Number(f64),
    Array(Vec<usize>, Vec<f64>),
    Text(String),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Number(v) => Written::Number(*v),
            Value::Array(a) => Written::Array(a.shape().to_vec(), a.iter().copied().collect()),
            Value::Text(t) => Written::Text(t.to_string()),
            other => return Err(S::Error::custom(format!("{} is no value to keep", other.describe()))),
        }
        .serialize(to)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Value, D::Error> {
        Ok(match Written::deserialize(from)? {
            Written::Number(v) => Value::Number(v),
            Written::Array(shape, numbers) => {
                Value::Array(ArrayD::from_shape_vec(IxDyn(&shape), numbers).map_err(D::Error::custom)?.into())
            }
            Written::Text(t) => Value::Text(t.into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_to_the_bit() {
        let list = [
            Value::Number(-0.0),
            Value::Number(f64::INFINITY),
            Value::Number(0.1 + 0.2),
            Value::Text("µ".into()),
            Value::array(ArrayD::from_shape_vec(IxDyn(&[2, 1]), vec![1e-300, 3.0]).unwrap()),
            Value::vector(Vec::new()),
        ];
        for v in list {
            let bytes = postcard::to_stdvec(&v).unwrap();
            let back: Value = postcard::from_bytes(&bytes).unwrap();
            assert_eq!(v, back);
            let bits = |v: &Value| v.numbers().iter().map(|n| n.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&v), bits(&back));
        }
        let nan: Value = postcard::from_bytes(&postcard::to_stdvec(&Value::Number(f64::NAN)).unwrap()).unwrap();
        assert!(nan.number().is_some_and(f64::is_nan));
        assert!(postcard::to_stdvec(&Value::Broken).is_err());
    }
}
