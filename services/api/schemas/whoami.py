"""Who asks, as the API sees it."""

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from shared.domain.client_address import AddressReason, ClientAddress, ForwardingHeader, explain

EXAMPLE: dict[str, JsonValue] = {
    "address": "81.2.69.142",
    "reason": "forwarded",
    "explanation": "It is the first address in X-Forwarded-For, from the right, that is no trusted"
    " proxy; 1 trusted proxy on the way.",
    "header": "X-Forwarded-For",
    "trusted_hops": 1,
    "ignored_headers": [],
}


class WhoAmI(BaseModel):
    """The address that a request is taken to come from, and why."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": EXAMPLE})

    address: str | None = Field(description="null if the connection has no IP address")
    reason: AddressReason = Field(description="A stable code")
    explanation: str = Field(description="The reason in words")
    header: ForwardingHeader | None = Field(description="The one that named the address, if any")
    trusted_hops: int = Field(description="Trusted proxies between the client and the API")
    ignored_headers: list[ForwardingHeader] = Field(
        description="Headers of the request that count for nothing"
    )


def to_who_am_i(found: ClientAddress) -> WhoAmI:
    """Turn what was found into its answer."""
    return WhoAmI(
        address=None if found.address is None else str(found.address),
        reason=found.reason,
        explanation=explain(found),
        header=found.header,
        trusted_hops=found.hop_count,
        ignored_headers=list(found.ignored),
    )
