"""Shapley values: what several together bring about, shared out fairly among them.

Each player is given the mean of what it adds over every order in which the players can arrive. The shares add up to
what all bring about together; two players who add the same get the same; one who adds nothing gets nothing (Shapley,
Contributions to the Theory of Games II, 1953, 307-317).
"""

import math

import numpy as np

from headwater.science.bounds import Array

LARGEST = 20


def shapley(worth: Array) -> Array:
    """Shares of k players, shape (k, …), from the worth of every coalition, shape (2^k, …).

    Bit i of a coalition's place says whether player i belongs to it; place 0 is the empty coalition. Trailing axes
    (bootstrap replicates, cells) are games of their own.
    """
    players = int(worth.shape[0]).bit_length() - 1
    if worth.shape[0] != 1 << players:
        raise ValueError(f"the worth of every coalition is 2^k values, not {worth.shape[0]}")
    if players > LARGEST:
        raise ValueError(f"{players} players have too many coalitions to go through; at most {LARGEST}")
    places = np.arange(1 << players)
    size = np.array([int(place).bit_count() for place in places])
    weight = np.array([1.0 / (players * math.comb(players - 1, s)) for s in range(players)]) if players else np.empty(0)
    shares = np.empty((players, *worth.shape[1:]))
    for player in range(players):
        without = places[(places >> player) & 1 == 0]
        shares[player] = np.tensordot(weight[size[without]], worth[without | (1 << player)] - worth[without], axes=1)
    return shares
