"""Numbers that carry their own proof: of persons, organisations and administrative areas."""

__all__ = [
    "has_digits",
    "is_d_nummer",
    "is_foedselsnummer",
    "is_organisasjonsnummer",
]

_ORGANISATION = ((3, 2, 7, 6, 5, 4, 3, 2, 1),)
_PERSON = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))
_BEGINNINGS = ("8", "9", "2", "3")
"""How organisation numbers begin; the synthetic ones with 2 and 3."""

_D_NUMMER_DAYS = 40


def has_digits(number: str, length: int) -> bool:
    """Tell whether a text is a number of so many digits."""
    return number.isascii() and number.isdigit() and len(number) == length


def is_organisasjonsnummer(number: str) -> bool:
    """Tell whether a text is an organisation number, by its check digit."""
    return number[:1] in _BEGINNINGS and _has_check_digits(number, _ORGANISATION)


def is_foedselsnummer(number: str) -> bool:
    """Tell whether a text is a birth number, by its date and check digits."""
    return _has_check_digits(number, _PERSON) and _has_date(number, added_days=0)


def is_d_nummer(number: str | None) -> bool:
    """Tell whether a text is a d-number: a birth number with 40 added to the day."""
    return (
        number is not None
        and _has_check_digits(number, _PERSON)
        and _has_date(number, added_days=_D_NUMMER_DAYS)
    )


def _has_check_digits(number: str, weights: tuple[tuple[int, ...], ...]) -> bool:
    """Tell whether a number's modulus 11 check digits are right."""
    return has_digits(number, len(weights[-1])) and all(
        sum(int(digit) * weight for digit, weight in zip(number, row, strict=False)) % 11 == 0
        for row in weights
    )


def _has_date(number: str, *, added_days: int) -> bool:
    """Tell whether a number begins with a day and a month; synthetic months are 40 or 80 more."""
    day, month = int(number[:2]) - added_days, int(number[2:4])
    synthetic, month = divmod(month, 20)
    return 1 <= day <= 31 and 1 <= month <= 12 and synthetic in (0, 2, 4)  # noqa: PLR2004
