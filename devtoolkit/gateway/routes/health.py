"""`/health`: whether the gateway runs; the one thing that nobody needs credentials for."""

from fastapi import APIRouter
from pydantic import BaseModel

from devtoolkit.gateway.registry import RouteGroup

router = APIRouter(tags=["gateway"])


class Health(BaseModel):
    """`status` is always `ok`; a gateway that is not well does not answer."""

    status: str


@router.get("/health")
async def health() -> Health:
    """`ok` as long as requests are answered."""
    return Health(status="ok")


GROUP = RouteGroup(router, order=10)
