"""Dataclasses to plain JSON values and back; what has another shape than its type says is refused."""

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, Union

T = TypeVar("T")
_PLAIN = (str, int, float, bool, type(None))


class ShapeError(ValueError):
    """The value does not have the shape of its type."""


def to_plain(value: Any) -> Any:
    """Lists, dicts, texts, numbers, booleans and None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, _PLAIN):
        return value
    raise ShapeError(f"{type(value).__name__} cannot be sent")


def from_plain(kind: type[T], value: object, *, strict: bool = True) -> T:
    """A value of this type. `strict`: fields that it does not have are refused, else left out. Raises ShapeError."""
    found: T = _decode(kind, value, strict, "")
    return found


def _decode(kind: Any, value: Any, strict: bool, where: str) -> Any:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, value, strict, where)
    if origin is Literal:
        return _checked(value in inner and not isinstance(value, list | dict), value, where)
    if origin in (Union, types.UnionType):
        return _union(inner, value, strict, where)
    if origin is tuple:
        return _tuple(inner, value, strict, where)
    if origin is dict:
        _checked(isinstance(value, dict), value, where)
        return {str(key): _decode(inner[1], item, strict, f"{where}.{key}") for key, item in value.items()}
    if kind is float:
        return float(_checked(isinstance(value, int | float) and not isinstance(value, bool), value, where))
    return _checked(type(value) is kind, value, where)


def _dataclass(kind: Any, value: Any, strict: bool, where: str) -> Any:
    _checked(isinstance(value, dict), value, where)
    hints = _hints(kind)
    unknown = value.keys() - hints.keys()
    if unknown and strict:
        raise ShapeError(f"{where or kind.__name__}: unknown field {sorted(map(str, unknown))[0]}")
    fields = {
        name: _decode(hints[name], item, strict, f"{where}.{name}".lstrip("."))
        for name, item in value.items()
        if name in hints
    }
    try:
        return kind(**fields)
    except TypeError as error:
        raise ShapeError(f"{where or kind.__name__}: a field is missing") from error


def _union(inner: tuple[Any, ...], value: Any, strict: bool, where: str) -> Any:
    if value is None and type(None) in inner:  # the usual case, without an exception for each
        return None
    for kind in inner:
        try:
            return _decode(kind, value, strict, where)
        except ShapeError as error:
            last = error
    raise last


def _tuple(inner: tuple[Any, ...], value: Any, strict: bool, where: str) -> Any:
    _checked(isinstance(value, list | tuple), value, where)
    if inner[1:] == (...,):
        return tuple(_decode(inner[0], item, strict, f"{where}[{index}]") for index, item in enumerate(value))
    _checked(len(value) == len(inner), value, where)
    return tuple(_decode(kind, item, strict, where) for kind, item in zip(inner, value, strict=True))


def _checked(good: bool, value: Any, where: str) -> Any:
    if not good:
        raise ShapeError(f"{where or 'value'}: {str(value)[:40]!r} is not possible there")
    return value


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    """The fields with their types; for tens of thousands of answers this must not be worked out each time."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}
