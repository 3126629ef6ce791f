"""The links of the tokens asked for last: a tap that is repeated decrypts nothing."""

from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class TokenCache(Generic[_Value]):
    """A bounded map that forgets what was not asked for lately, at the cost of a plain one.

    Two generations: when the younger is full it becomes the older, and the older is forgotten.

    Args:
        limit: Most tokens of a generation, at least 1.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._young: dict[bytes, _Value] = {}
        self._old: dict[bytes, _Value] = {}

    def get(self, token: bytes) -> _Value | None:
        """Return what a token stands for, if that is known still."""
        value = self._young.get(token)
        if value is None:
            value = self._old.get(token)
            if value is not None:
                self.add(token, value)
        return value

    def add(self, token: bytes, value: _Value) -> None:
        """Remember what a token stands for."""
        if len(self._young) >= self._limit:
            self._old, self._young = self._young, {}
        self._young[token] = value

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old = {}, {}
