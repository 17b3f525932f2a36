"""Greeks of European call options: first and second derivatives of the Black-Scholes price, for a
strip of strikes.

The price is written once. Delta, vega, theta and rho are one backward sweep, gamma and vanna
another one through it (``create_graph=True``). Each is checked against its closed form.

    python examples/black_scholes.py
"""

import math

import numpy as np

import jitgrad


def cumulative(x):
    """The distribution function of the standard normal."""
    return 0.5 * jitgrad.erfc(-x / math.sqrt(2.0))


def price(spot, strike, volatility, maturity, rate):
    """The Black-Scholes price of a call."""
    spread = volatility * jitgrad.sqrt(maturity)
    d1 = (jitgrad.log(spot / strike) + (rate + 0.5 * volatility * volatility) * maturity) / spread
    return spot * cumulative(d1) - strike * jitgrad.exp(-rate * maturity) * cumulative(d1 - spread)


def greeks(spot, strike, volatility, maturity, rate):
    """Price and greeks, an array each; the arguments are arrays of one length."""
    inputs = [jitgrad.tensor(a, requires_grad=True) for a in (spot, volatility, maturity, rate)]
    s, v, t, r = inputs
    value = price(s, jitgrad.tensor(strike), v, t, r)
    # Each price depends on its own inputs only, so the gradient of the sum has every option's own
    # derivatives.
    delta, vega, decay, rho = jitgrad.autograd.grad(value.sum(), inputs, create_graph=True)
    gamma, vanna = jitgrad.autograd.grad(delta.sum(), [s, v])
    found = {
        "price": value,
        "delta": delta,
        "vega": vega,
        "theta": -decay,
        "rho": rho,
        "gamma": gamma,
        "vanna": vanna,
    }
    return {name: x.detach().numpy() for name, x in found.items()}


def closed_forms(spot, strike, volatility, maturity, rate):
    """The same from the textbook."""
    root = np.sqrt(maturity)
    d1 = (np.log(spot / strike) + (rate + volatility**2 / 2) * maturity) / (volatility * root)
    d2 = d1 - volatility * root
    n1, n2 = (np.array([0.5 * math.erfc(-d / math.sqrt(2)) for d in ds]) for ds in (d1, d2))
    density, discount = np.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi), np.exp(-rate * maturity)
    return {
        "price": spot * n1 - strike * discount * n2,
        "delta": n1,
        "vega": spot * density * root,
        "theta": -spot * density * volatility / (2 * root) - rate * strike * discount * n2,
        "rho": strike * maturity * discount * n2,
        "gamma": density / (spot * volatility * root),
        "vanna": -density * d2 / volatility,
    }


def main():
    strikes = np.linspace(60.0, 140.0, 9)
    flat = [np.full(strikes.shape, x) for x in (100.0, 0.2, 0.75, 0.03)]
    market = flat[0], strikes, *flat[1:]
    found, wanted = greeks(*market), closed_forms(*market)
    print("strike" + "".join(f"{name:>10}" for name in found))
    for k, strike in enumerate(strikes):
        print(f"{strike:6.0f}" + "".join(f"{x[k]:10.4f}" for x in found.values()))
    error = max(np.abs(found[name] - wanted[name]).max() for name in found)
    print(f"largest difference from the closed forms: {error:.1e}")
    assert error < 1e-10


if __name__ == "__main__":
    main()
