"""Who asks for many links that do not exist, and is slowed for it."""

from collections import OrderedDict

from shared.domain.trusted_proxies import IpAddress, subscriber_number

WINDOW_S = 60.0
WATCHED_ADDRESSES = 10_000


class GuessLimiter:
    """Counts the unknown links that each subscriber asks for, a minute at a time.

    Args:
        per_minute: How many are answered as unknown; further ones are turned away. Links that
            exist are never counted, nor refused: many phones share an address.
        limit: Most subscribers watched, at least 1; when full, the one watched longest makes room.
    """

    def __init__(self, per_minute: int, *, limit: int = WATCHED_ADDRESSES) -> None:
        self._per_minute = per_minute
        self._limit = limit
        self._windows: OrderedDict[int, tuple[float, int]] = OrderedDict()

    def note(self, address: IpAddress | None, *, now_s: float) -> bool:
        """Count a request for an unknown link.

        Args:
            address: The visitor's; without one, nobody is slowed.
            now_s: Of any monotonic clock.

        Returns:
            Whether it is one too many.
        """
        if address is None:
            return False
        guesser = subscriber_number(address)
        began_s, count = self._windows.get(guesser, (now_s, 0))
        if now_s - began_s >= WINDOW_S:
            self._windows.pop(guesser)
            began_s, count = now_s, 0
        self._windows[guesser] = began_s, count + 1
        if len(self._windows) > self._limit:
            self._windows.popitem(last=False)
        return count >= self._per_minute
