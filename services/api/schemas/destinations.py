"""Where links may lead, as it goes over the wire."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.api.domain.destination_lists import MAX_RULES, DestinationLists
from services.api.operations.change_destinations import Trial
from services.api.schemas.json_bodies import JsonBody
from shared.domain.destination_rules import MAX_RULE, ListKind

# As many rules as there may be, at a length that few reach.
LISTS_OCTETS = 512 << 10
LISTS_EXAMPLE: dict[str, JsonValue] = {
    "allow": ["example.com", "example.org/offers"],
    "block": ["=login.example.com", "203.0.113.0/24"],
}
TRIAL_EXAMPLE: dict[str, JsonValue] = {
    "host": "login.example.com",
    "let_through": False,
    "list": "block",
    "rule": "=login.example.com",
}

Entry = Annotated[str, Field(max_length=MAX_RULE)]
Entries = Annotated[list[Entry], Field(max_length=2 * MAX_RULES)]
ALLOW = f"Rules of where alone links may lead, at most {MAX_RULES}; empty: everywhere"
BLOCK = f"Rules of where no link may lead, at most {MAX_RULES}"


class DestinationListChange(JsonBody):
    """Where links may lead, instead of what was said before."""

    model_config = ConfigDict(json_schema_extra={"example": LISTS_EXAMPLE})

    allow: Entries = Field(description=ALLOW)
    block: Entries = Field(description=BLOCK)


class DestinationTrial(JsonBody):
    """A link to be tried."""

    url: str = Field(
        min_length=1,
        max_length=8_000,
        description="A link, as a message would have it",
        examples=["https://login.example.com/x"],
    )


class DestinationListReport(BaseModel):
    """Where links may lead."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": LISTS_EXAMPLE})

    allow: list[str] = Field(description=ALLOW)
    block: list[str] = Field(description=BLOCK)


class DestinationTrialReport(BaseModel):
    """What would become of a link."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": TRIAL_EXAMPLE})

    host: str = Field(description="Its host, as rules are held against it")
    let_through: bool
    list: Literal["platform", "block", "allow"] | None = Field(
        description="The list that says so; null: none says anything"
    )
    rule: str | None = Field(
        description="Your rule that says so. Null: none, or one of the platform's"
    )


def to_list_report(lists: DestinationLists) -> DestinationListReport:
    """Turn lists into what their owner sees."""
    return DestinationListReport(**lists.texts)


def to_trial_report(trial: Trial) -> DestinationTrialReport:
    """Turn what would become of a link into what its sender sees: the platform's rules are not."""
    verdict = trial.verdict
    is_own = verdict is not None and verdict.kind is not ListKind.PLATFORM
    return DestinationTrialReport(
        host=trial.site.host,
        let_through=verdict is None or not verdict.is_refusal,
        list=None if verdict is None else verdict.kind.value,
        rule=verdict.rule.text if is_own and verdict and verdict.rule else None,
    )
