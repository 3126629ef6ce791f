"""What would be scrubbed by India's operators, who check each message against the registry."""

from collections.abc import Sequence

from services.api.domain.link_shape import LinkShape
from services.api.domain.preflight_input import (
    DryMessage,
    DryRun,
    PreflightWarning,
    Warnings,
    warning,
)

MAX_VARIABLE = 40


def dlt_warnings(run: DryRun) -> Warnings:
    """Look at a send with a DLT entity or template id as the operators will.

    Yields:
        ``dlt_no_scheme``, ``dlt_no_header``, ``dlt_unregistered_domain``: what is wrong with the
        short link; ``dlt_variable_too_long``. Nothing for a send without such an id.
    """
    if run.is_dlt:
        if run.tracked:
            yield from _link_warnings(run)
        yield from _variable_warnings(run)


def _link_warnings(run: DryRun) -> Warnings:
    if not run.append_http:
        text = "its link has no https://. Send with appendHttp=true"
        yield _scrubbed("dlt_no_scheme", text, run.tracked)
    if run.link_shape is not LinkShape.HEADER:
        text = "its link does not name the sender ID. Send with linkShape=header"
        yield _scrubbed("dlt_no_header", text, run.tracked)
    if run.short_domain.lower() not in run.registered_domains:
        text = (
            f"{run.short_domain} is not registered for the links of sender ID"
            f" {run.sender_id or 'none'}. Register the two together on your DLT portal, and"
            " enter the domain with the sender ID here"
        )
        yield _scrubbed("dlt_unregistered_domain", text, run.tracked)


def _variable_warnings(run: DryRun) -> Warnings:
    concerned = [message for message in run.messages if _too_long(message)]
    if not concerned:
        return
    longest: dict[str, int] = {}
    for message in concerned:
        for name, length in _too_long(message).items():
            longest[name] = max(length, longest.get(name, 0))
    named = ", ".join(f"{name} ({length} characters)" for name, length in longest.items())
    text = (
        f"a variable of a template holds at most {MAX_VARIABLE} characters, and too long are:"
        f" {named}. Shorten them"
    )
    yield _scrubbed("dlt_variable_too_long", text, concerned)


def _too_long(message: DryMessage) -> dict[str, int]:
    """Return the length of each variable that is over the limit, by what the sender calls it."""
    # A value inside the sender's link is gone with that link.
    variables = {
        f"{{{name}}}": value for name, value in message.values.items() if value in message.text
    }
    if message.short_link:
        variables["the short link"] = message.short_link
    lengths = {name: len(value) for name, value in variables.items()}
    return {name: length for name, length in lengths.items() if length > MAX_VARIABLE}


def _scrubbed(code: str, why: str, concerned: Sequence[DryMessage]) -> PreflightWarning:
    return warning(code, f"India's operators would drop the message: {why}.", concerned)
