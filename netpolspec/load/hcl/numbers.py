"""Terraform's numbers: binary floating point with 512 bits of mantissa (go-cty uses big.Float so), kept exactly.

A number is an `int` where it is whole and a `Fraction` otherwise.
"""

from __future__ import annotations

from fractions import Fraction

_BITS = 512


def whole(number: int | Fraction) -> int | Fraction:
    """The number as an int where it is one."""
    if isinstance(number, Fraction) and number.denominator == 1:
        return number.numerator
    return number


def rounded(number: int | Fraction) -> int | Fraction:
    """The nearest number that 512 bits hold, ties to even."""
    if isinstance(number, int) and number.bit_length() <= _BITS:
        return number
    number = Fraction(number)
    if number == 0:
        return 0
    top = abs(number.numerator).bit_length() - number.denominator.bit_length()
    shift = _BITS - top
    mantissa = round(number * Fraction(2) ** shift)
    if abs(mantissa).bit_length() > _BITS:
        shift -= 1
        mantissa = round(number * Fraction(2) ** shift)
    elif abs(mantissa).bit_length() < _BITS:
        shift += 1
        mantissa = round(number * Fraction(2) ** shift)
    return whole(mantissa * Fraction(2) ** -shift)


def parse_number(text: str) -> int | Fraction:
    """The number that a text writes in decimal; raises ValueError."""
    if text.isdigit() and text.isascii():
        return rounded(int(text))
    if not text.lstrip("+-")[:1].isdigit() and not text.lstrip("+-").startswith("."):
        raise ValueError(text)
    if "_" in text or "/" in text or text != text.strip():
        raise ValueError(text)
    return rounded(whole(Fraction(text)))


_MOST_DIGITS = 160


def format_number(number: int | Fraction) -> str:
    """The shortest decimal text that reads as this number, without an exponent."""
    if isinstance(number, int):
        return str(number) if abs(number).bit_length() <= _BITS else _shortest(Fraction(number))
    return _shortest(number)


def _shortest(number: Fraction) -> str:
    sign, number = ("-", -number) if number < 0 else ("", number)
    exponent = len(str(number.numerator)) - len(str(number.denominator))
    if Fraction(10) ** exponent > number:
        exponent -= 1
    for digits in range(1, _MOST_DIGITS):
        scale = digits - 1 - exponent
        mantissa = round(number * Fraction(10) ** scale)
        if rounded(mantissa * Fraction(10) ** -scale) == number:
            return sign + _place(str(mantissa), scale)
    raise AssertionError(number)


def _place(mantissa: str, scale: int) -> str:
    """Digits with the point `scale` places from their end."""
    if scale <= 0:
        return mantissa + "0" * -scale
    mantissa = mantissa.rjust(scale + 1, "0")
    return f"{mantissa[:-scale]}.{mantissa[-scale:]}".rstrip("0").rstrip(".")
