"""`/image`, `/image/{device}`, `/imgstream`: the cameras of the nodes."""

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from devtoolkit.gateway import camera
from devtoolkit.gateway.app_files import STATIC
from devtoolkit.gateway.problems import answers
from devtoolkit.gateway.registry import RouteGroup
from devtoolkit.gateway.state import GatewayDep

router = APIRouter(tags=["compatible"])


class Jpeg(Response):
    """One picture."""

    media_type = "image/jpeg"


@router.get("/image", responses=answers(400))
async def cameras(gateway: GatewayDep) -> list[str]:
    """Names of the nodes with a camera that are there now."""
    return await camera.cameras(gateway)


@router.get("/image/{device}", response_class=Jpeg, responses=answers(400, 404, 504))
async def image(device: str, gateway: GatewayDep) -> Jpeg:
    """One picture of this node's camera."""
    return Jpeg(await camera.snapshot(gateway, await gateway.directory.find(device)))


@router.get("/imgstream", response_class=FileResponse, responses={200: {"content": {"text/html": {}}}, **answers()})
async def stream() -> FileResponse:
    """A page that shows a new picture of each camera every second."""
    return FileResponse(STATIC / "imgstream.html", media_type="text/html")


GROUP = RouteGroup(router, order=30)
