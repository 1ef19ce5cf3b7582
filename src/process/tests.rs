//! Semantics of statements on a plant of closed form.
