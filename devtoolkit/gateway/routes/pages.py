"""`/`: the dashboard, drawn by the browser from `/api/v1`; `/docs`: the routes, from `/openapi.json`."""

from fastapi import APIRouter
from fastapi.responses import FileResponse

from devtoolkit.gateway.app_files import STATIC
from devtoolkit.gateway.problems import answers
from devtoolkit.gateway.registry import RouteGroup

router = APIRouter(tags=["pages"])
_HTML = {200: {"content": {"text/html": {}}}, **answers()}


@router.get("/", response_class=FileResponse, responses=_HTML)
async def dashboard() -> FileResponse:
    """The nodes with their widgets."""
    return FileResponse(STATIC / "index.html", media_type="text/html")


@router.get("/docs", response_class=FileResponse, responses=_HTML)
async def docs() -> FileResponse:
    """What the gateway can be asked, to read and to try."""
    return FileResponse(STATIC / "docs.html", media_type="text/html")


GROUP = RouteGroup(router, order=10)
