//! What a device adds to the equations: F, Q, G, C as small blocks, one per instance, scattered later by `mna`.

/// Blocks of one device. G and C are stored by entry: the place of a (row, column) pair in the list given to the layout.
pub struct Stamps<'a> {
    pub lanes: usize,
    /// Terminals an instance.
    pub width: usize,
    /// `f[(instance * width + terminal) * lanes + lane]`
    pub f: &'a mut [f64],
    pub q: &'a mut [f64],
    /// `g[(instance * entries_g + entry) * lanes + lane]`
    pub g: &'a mut [f64],
    pub c: &'a mut [f64],
    pub entries_g: usize,
    pub entries_c: usize,
}

impl Stamps<'_> {
    /// Adds to F: a current out of the terminal's net into the device, or the residual of a branch equation.
    #[inline(always)]
    pub fn f(&mut self, instance: usize, terminal: usize, lane: usize, value: f64) {
        self.f[(instance * self.width + terminal) * self.lanes + lane] += value;
    }

    /// Adds to Q: a charge, flux or state.
    #[inline(always)]
    pub fn q(&mut self, instance: usize, terminal: usize, lane: usize, value: f64) {
        self.q[(instance * self.width + terminal) * self.lanes + lane] += value;
    }

    /// Adds to ∂F/∂x at an entry of the G pattern.
    #[inline(always)]
    pub fn g(&mut self, instance: usize, entry: usize, lane: usize, value: f64) {
        self.g[(instance * self.entries_g + entry) * self.lanes + lane] += value;
    }

    /// Adds to ∂Q/∂x at an entry of the C pattern.
    #[inline(always)]
    pub fn c(&mut self, instance: usize, entry: usize, lane: usize, value: f64) {
        self.c[(instance * self.entries_c + entry) * self.lanes + lane] += value;
    }

    /// Adds a conductance at the four entries (a,a) (a,b) (b,a) (b,b) that start at `entry`.
    #[inline(always)]
    pub fn conductance(&mut self, instance: usize, entry: usize, lane: usize, value: f64) {
        self.g(instance, entry, lane, value);
        self.g(instance, entry + 1, lane, -value);
        self.g(instance, entry + 2, lane, -value);
        self.g(instance, entry + 3, lane, value);
    }

    /// Adds a capacitance at the four entries (a,a) (a,b) (b,a) (b,b) that start at `entry`.
    #[inline(always)]
    pub fn capacitance(&mut self, instance: usize, entry: usize, lane: usize, value: f64) {
        self.c(instance, entry, lane, value);
        self.c(instance, entry + 1, lane, -value);
        self.c(instance, entry + 2, lane, -value);
        self.c(instance, entry + 3, lane, value);
    }
}
