"""Words cut into the pieces of a vocabulary, as flat arrays, fast.

A text is its words between white space, each cut by itself: so a word needs the tokenizer once and a look-up ever
after, which is what makes labelling a million comments a matter of seconds.
"""

from __future__ import annotations

from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

MAX_CHARACTERS = 10_000  # of a text; what follows says nothing new about the comment
MAX_WORD_CHARACTERS = 200
MAX_KNOWN_WORDS = 2_000_000


class Pieces:
    """The vocabulary of one table. Safe to share between threads.

    ``tokenizer`` is a Hugging Face ``tokenizer.json`` as bytes. Unknown pieces are left out.
    """

    def __init__(self, tokenizer: bytes) -> None:
        self._tokenizer = Tokenizer.from_buffer(tokenizer)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.size: int = self._tokenizer.get_vocab_size()
        self._unknown = _unknown_ids(self._tokenizer)
        self._lock = Lock()
        self._forget()

    def rows(self, texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The pieces of all texts one after another, and how many each text has (shapes ``(sum,)`` and ``(n,)``)."""
        split = [text[:MAX_CHARACTERS].split() for text in texts]
        words = list(chain.from_iterable(split))
        with self._lock:
            if len(self._known) > MAX_KNOWN_WORDS:
                self._forget()
            index = self._indexes(words)
            starts, flat = self._starts, self._flat
        lengths = starts[index + 1] - starts[index]
        pieces = flat[expand(starts[index], lengths)]
        ends = np.zeros(len(texts) + 1, dtype=np.int64)
        np.cumsum([len(words) for words in split], out=ends[1:])
        total = np.zeros(len(words) + 1, dtype=np.int64)
        np.cumsum(lengths, out=total[1:])
        return pieces, np.diff(total[ends])

    def _forget(self) -> None:
        self._known: dict[str, int] = {}
        self._starts = np.zeros(1, dtype=np.int64)
        self._flat = np.zeros(0, dtype=np.int32)

    def _indexes(self, words: list[str]) -> NDArray[np.int64]:
        try:
            return np.fromiter(map(self._known.__getitem__, words), dtype=np.int64, count=len(words))
        except KeyError:
            self._learn(set(words).difference(self._known))
            return np.fromiter(map(self._known.__getitem__, words), dtype=np.int64, count=len(words))

    def _learn(self, unknown: Iterable[str]) -> None:
        new = list(unknown)
        cut = self._tokenizer.encode_batch_fast([word[:MAX_WORD_CHARACTERS] for word in new], add_special_tokens=False)
        ids = [[piece for piece in encoding.ids if piece not in self._unknown] for encoding in cut]
        first = len(self._known)
        self._known.update((word, first + number) for number, word in enumerate(new))
        lengths = np.fromiter(map(len, ids), dtype=np.int64, count=len(ids))
        # New arrays, never written in place: another thread may still read the old ones.
        self._starts = np.concatenate([self._starts, self._starts[-1] + np.cumsum(lengths)])
        self._flat = np.concatenate([self._flat, np.fromiter(chain.from_iterable(ids), dtype=np.int32)])


def expand(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """``[s, s+1, … s+l-1]`` for each start and length, one after another."""
    before = np.cumsum(lengths) - lengths
    expanded: NDArray[np.int64] = np.arange(int(lengths.sum()), dtype=np.int64) + np.repeat(starts - before, lengths)
    return expanded


def _unknown_ids(tokenizer: Tokenizer) -> frozenset[int]:
    names = ("[UNK]", "<unk>", "[PAD]", "<pad>")
    return frozenset(number for name in names if (number := tokenizer.token_to_id(name)) is not None)
