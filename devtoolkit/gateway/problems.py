"""Errors as HTTP answers: one shape, the right status, and nothing of what was sent (it may hold a secret)."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from devtoolkit.errors import (
    BadReplyError,
    CancelledByUser,
    ConfigError,
    NodeBusyError,
    NodeLockedError,
    NodeUnknownError,
    NodeUnreachableError,
    ToolkitError,
    UsageError,
)
from devtoolkit.gateway.jobs import TooManyJobsError
from devtoolkit.services.node_line import QueueFullError

_LOG = logging.getLogger(__name__)
RETRY_S = "2"


class ErrorBody(BaseModel):
    """What went wrong, and what to try. `type` is stable; `known`: the names there are, for a name that is not."""

    type: str
    message: str
    hint: str = ""
    known: list[str] | None = None


class Problem(BaseModel):
    """Every answer that is not a success."""

    error: ErrorBody


class NotFoundError(ToolkitError):
    """There is no such thing."""


class CommandRefusedError(ToolkitError):
    """The node answers that the command is wrong."""


# The first that fits; what is none of them is the caller's fault (400).
_STATUS: tuple[tuple[type[ToolkitError], int], ...] = (
    (QueueFullError, 429),
    (TooManyJobsError, 429),
    (NodeUnknownError, 404),
    (NotFoundError, 404),
    (NodeLockedError, 403),
    (NodeUnreachableError, 504),
    (NodeBusyError, 504),
    (BadReplyError, 504),
    (UsageError, 400),
    (ConfigError, 400),
    (CancelledByUser, 409),
)
_TEXTS = {
    400: "The node or the gateway says that this is wrong",
    401: "Credentials are wanted",
    403: "Not allowed, or the node wants a password that the gateway does not know",
    404: "No such node or thing",
    409: "Not in this state",
    422: "A parameter is not of its form",
    429: "Too many at a time, or too many wrong passwords",
    504: "The node is away, busy, or not a micrOS node",
}


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may fail so; what every route may answer is always among them."""
    return {code: {"model": Problem, "description": _TEXTS[code]} for code in (*statuses, 401, 403, 422, 429)}


def described(spec: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI description with every error as JSON: FastAPI gives it the type of the route's success."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for methods in spec["paths"].values():
        for operation in methods.values():
            for code, answer in operation["responses"].items():
                if code >= "400":
                    answer["content"] = content
    return spec


def status_of(error: ToolkitError) -> int:
    """The HTTP status of an error; 400 where it has none of its own."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 400)


def install(app: FastAPI) -> None:
    """Every error that a route raises becomes a Problem."""
    make = app.openapi
    app.openapi = lambda: described(make())  # type: ignore[method-assign]  # FastAPI's own way to change it

    @app.exception_handler(ToolkitError)
    async def of_toolkit(_request: Request, error: ToolkitError) -> JSONResponse:
        status = status_of(error)
        body: dict[str, object] = {"type": error.type, "message": error.message, "hint": error.hint}
        known = getattr(error, "known", None)
        if known is not None:
            body["known"] = list(known)
        headers = {"Retry-After": RETRY_S} if status == 429 else None
        return JSONResponse({"error": body}, status, headers)

    @app.exception_handler(RequestValidationError)
    async def of_validation(_request: Request, error: RequestValidationError) -> JSONResponse:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        return _problem(422, "ValidationError", problems)

    @app.exception_handler(HTTPException)
    async def of_http(_request: Request, error: HTTPException) -> JSONResponse:
        return _problem(error.status_code, "HttpError", str(error.detail), dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def of_ours(_request: Request, error: Exception) -> JSONResponse:
        _LOG.error("internal error", exc_info=error)
        return _problem(500, "InternalError", f"internal error: {type(error).__name__}")


def _problem(status: int, kind: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": {"type": kind, "message": message, "hint": ""}}, status, headers)
