"""`/api/v1/jobs`, `/api/v1/events`: long work and what happens, to be asked for or streamed."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, TypeAdapter

from devtoolkit.gateway.events import Events, LiveEvent, stream
from devtoolkit.gateway.jobs import Job, State
from devtoolkit.gateway.problems import NotFoundError, answers
from devtoolkit.gateway.registry import RouteGroup
from devtoolkit.gateway.state import Gateway, GatewayDep

router = APIRouter(prefix="/api/v1", tags=["jobs and events"])
_SSE = "text/event-stream"
_PLAIN: TypeAdapter[object] = TypeAdapter(object)


class FailureOut(BaseModel):
    """Why it did not work: the error's stable name, what happened, what to try."""

    type: str
    message: str
    hint: str


class JobOut(BaseModel):
    """Long work. `done` of `total` belongs to its present step; `started` and `ended` are Unix time."""

    id: str
    kind: str
    title: str
    state: State
    started: float
    ended: float | None
    step: str
    done: int
    total: int
    result: Any = None
    failure: FailureOut | None = None


class EventOut(BaseModel):
    """Something that happened; `at` is Unix time."""

    number: int
    kind: str
    at: float
    data: dict[str, Any]


_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"model": list[EventOut], "content": {_SSE: {"schema": {"type": "string"}}}}
}


def job_out(job: Job) -> JobOut:
    """A job as clients see it; its result as plain JSON."""
    failure = job.failure and FailureOut(type=job.failure.type, message=job.failure.message, hint=job.failure.hint)
    return JobOut(
        id=job.id,
        kind=job.kind,
        title=job.title,
        state=job.state,
        started=job.started,
        ended=job.ended,
        step=job.step,
        done=job.done,
        total=job.total,
        result=_PLAIN.dump_python(job.result, mode="json", serialize_as_any=True),
        failure=failure or None,
    )


@router.get("/jobs", responses=answers())
async def jobs(gateway: GatewayDep) -> list[JobOut]:
    """The jobs that run and the last ones that ended, the newest first."""
    return [job_out(job) for job in gateway.jobs.all()]


@router.get("/jobs/{job}", responses=answers(404))
async def job(job: str, gateway: GatewayDep) -> JobOut:
    """One job."""
    return job_out(_found(gateway, job))


@router.delete("/jobs/{job}", responses=answers(404))
async def cancel(job: str, gateway: GatewayDep) -> JobOut:
    """Ask it to stop at its next safe point."""
    found = _found(gateway, job)
    found.cancel.set()
    return job_out(found)


@router.get("/jobs/{job}/events", response_model=None, responses={**_STREAM, **answers(404)})
async def job_events(job: str, request: Request, gateway: GatewayDep) -> Response:
    """Its progress so far, and with `Accept: text/event-stream` from now on, until its end."""
    return _events(request, _found(gateway, job).events, replay=True)


@router.get("/events", response_model=None, responses={**_STREAM, **answers()})
async def events(request: Request, gateway: GatewayDep) -> Response:
    """What happened last (nodes, jobs, searches), and with `Accept: text/event-stream` what happens from now on."""
    return _events(request, gateway.events, replay=False)


def _events(request: Request, events: Events, *, replay: bool) -> Response:
    """A stream only for those who ask for one: everybody else would wait for its end."""
    if _SSE in request.headers.get("accept", ""):
        headers = {"X-Accel-Buffering": "no"}
        return StreamingResponse(stream(events, replay=replay), media_type=_SSE, headers=headers)
    return JSONResponse([_event_out(event).model_dump(mode="json") for event in events.recent])


def _event_out(event: LiveEvent) -> EventOut:
    return EventOut(number=event.number, kind=event.kind, at=event.at, data=event.data)


def _found(gateway: Gateway, wanted: str) -> Job:
    found = gateway.jobs.find(wanted)
    if found is None:
        raise NotFoundError("There is no such job.", hint="See /api/v1/jobs.")
    return found


GROUP = RouteGroup(router, order=42)
