"""What settings must be: each check raises ValueError with the setting's name and value."""

from __future__ import annotations


def check_choice(field: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise unless the setting's value is one of the choices."""
    if value not in choices:
        raise ValueError(f"unknown {field} {value!r}; choose from: {', '.join(choices)}")


def check_at_least(field: str, value: int, least: int) -> None:
    """Raise unless the setting is large enough."""
    if value < least:
        raise ValueError(f"{field} must be {least} or more; got {value}")


def check_share(field: str, value: float) -> None:
    """Raise unless the setting is a share."""
    if not 0 <= value <= 1:
        raise ValueError(f"{field} must be from 0 to 1; got {value}")
