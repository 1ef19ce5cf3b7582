//! Names that always mean the same number.

/// Names that always mean the same number, unless a parameter or variable has the name.
pub const CONSTANTS: &[(&str, f64, &str)] = &[
    ("pi", std::f64::consts::PI, ""),
    ("e", std::f64::consts::E, ""),
    ("inf", f64::INFINITY, ""),
    ("true", 1.0, ""),
    ("yes", 1.0, ""),
    ("false", 0.0, ""),
    ("no", 0.0, ""),
    ("boltz", 1.380_649e-23, "J/K"),
    ("echarge", 1.602_176_634e-19, "C"),
    ("kelvin", -273.15, "°C"),
    ("planck", 6.626_070_15e-34, "J s"),
];

/// The constant of a lower-case name.
pub fn constant(lower: &str) -> Option<f64> {
    CONSTANTS.iter().find(|(n, ..)| *n == lower).map(|(_, v, _)| *v)
}
