"""Which of millions of texts have been seen, at eight bytes each."""

from array import array
from bisect import bisect_left
from itertools import pairwise

__all__ = ["Fingeravtrykk"]

_BUCKETS = 256


class Fingeravtrykk:
    """A set that also knows what came twice; it is filled first, and asked after `seal`.

    It keeps the 64 bits of Python's hash, whose key is chosen at random by each process: two of ten
    million texts have the same by a chance of one in three hundred thousand, and nobody can make
    such texts beforehand.
    """

    def __init__(self) -> None:
        self._buckets = [array("q") for _ in range(_BUCKETS)]
        self._twice: frozenset[int] = frozenset()

    def add(self, text: str) -> None:
        mark = hash(text)
        self._buckets[mark % _BUCKETS].append(mark)

    def seal(self) -> None:
        """Sort what has come in; bucket by bucket, so that little lies in memory at once."""
        twice: set[int] = set()
        for place, bucket in enumerate(self._buckets):
            ordered = sorted(bucket)
            twice.update(one for one, next_ in pairwise(ordered) if one == next_)
            self._buckets[place] = array("q", ordered)
        self._twice = frozenset(twice)

    def __contains__(self, text: str) -> bool:
        mark = hash(text)
        bucket = self._buckets[mark % _BUCKETS]
        place = bisect_left(bucket, mark)
        return place < len(bucket) and bucket[place] == mark

    @property
    def twice(self) -> int:
        """How many texts came more than once."""
        return len(self._twice)

    def came_twice(self, text: str) -> bool:
        return hash(text) in self._twice
