"""Delays of the Langevin device behind 50 kohm and C, by Euler-Maruyama on its own lattice: langevin.cir -e crossover."""
import numpy as np

N, LAM, WI, WE, RE, WP, KP = 8, 0.2, 0.0681, 0.14043, 0.5, 0.00374, 9
CHARGE, TH0, HEAT, KAPPA, VTH, RMIN = 0.3101, 0.00247, 8.23, 1e6, 0.65, 50e3


def delays(v, c, draws, h=10e-9, limit=1e-3, series=50e3, seed=1):
    """Times (s) at which R falls below 5 RMIN after a step to v*VTH volts, and V/VTH there."""
    rng = np.random.default_rng(seed)
    x, heat, volt = np.full((draws, N), -0.98), np.full(draws, TH0), np.zeros(draws)
    delay, at = np.full(draws, np.inf), np.full(draws, np.nan)
    step = 0
    while step * h < limit and np.isinf(delay).any():
        y = np.concatenate([np.full((draws, 1), -1.0), np.sort(x, 1), np.ones((draws, 1))], 1)
        r = RMIN * np.exp(np.diff(y, axis=1) / LAM).sum(1) / ((N + 1) * np.exp(2 / ((N + 1) * LAM)))
        fired = (r < 5 * RMIN) & np.isinf(delay)
        delay[fired], at[fired] = step * h, volt[fired] / VTH
        g = 1 / series + 1 / r
        rest = v * VTH / series / g
        volt = rest + (volt - rest) * np.exp(-h * g / c)
        force = -WI - WE / RE * np.exp(-(x + 1) / RE) - WP * np.pi * KP * np.sin(np.pi * KP * (x + 1))
        x += KAPPA * h * (force + CHARGE * volt[:, None] / VTH)
        x += np.sqrt(2 * heat * KAPPA * h)[:, None] * rng.standard_normal((draws, N))
        x = np.where(x < -1, -2 - x, x)
        x = np.where(x > 1, 2 - x, x)
        heat = heat + KAPPA * h * (HEAT * (volt / VTH) ** 2 * RMIN / r - (heat - TH0))
        step += 1
    return delay, at


if __name__ == "__main__":
    for c in [4e-12, 40e-12, 400e-12, 4e-9]:
        delay, at = delays(1.0, c, 200)
        print(f"{c:g} F: {delay.mean():.4g} s, standard error {delay.std() / 200 ** 0.5:.2g}; fires at V = {np.mean(at):.3f} VTH")
