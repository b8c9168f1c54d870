"""The camera over the web: snapshot, stream and photo page, by bytes and in a browser; a camera that fails."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import browser, needs_browser
from module_bench import Bench, bench
from PIL import Image
from web_client import PORTS, WEB_PORT, Reply, WebConnection, get

pytestmark = pytest.mark.vm
STREAM = 'multipart/x-mixed-replace; boundary="micrOS_boundary"'


def _node(folder: Path) -> Iterator[Bench]:
    settings = {"webui": True, "boothook": "OV2640 load_n_init"}
    with bench(folder, settings=settings, config={"ports": PORTS}) as started:
        started.until(lambda _: "cam/stream" in started.call("OV2640 load_n_init"))
        yield started


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A node with a camera and the web server on."""
    yield from _node(tmp_path_factory.mktemp("camera"))


def picture(data: bytes) -> Image.Image:
    """A JPEG, decoded."""
    image = Image.open(io.BytesIO(data))
    image.load()
    assert image.format == "JPEG"
    return image


def snapshot(b: Bench) -> Reply:
    return get(b.node, "/cam/snapshot")


def test_a_snapshot_is_a_new_jpeg_each_time(node: Bench) -> None:
    node.call("OV2640 settings quality='medium'")
    replies = [snapshot(node) for _ in range(3)]
    for reply in replies:
        assert (reply.status, reply.headers["content-type"]) == (200, "image/jpeg")
        assert picture(reply.body).size == (800, 600)
    assert len({reply.body for reply in replies}) == 3
    assert get(node.node, "/rest").json["result"]["usr_endpoints"] == ["cam/snapshot", "cam/stream"]


def test_settings_change_the_picture(node: Bench) -> None:
    sizes = {"high": (1280, 720), "medium": (800, 600), "low": (480, 320)}
    for quality, size in sizes.items():
        node.call(f"OV2640 settings quality='{quality}'")
        assert picture(snapshot(node).body).size == size
    plain = picture(snapshot(node).body)
    left = plain.getpixel((8, 8))
    right = plain.getpixel((471, 8))
    assert left != right
    node.call("OV2640 settings mirror=True")
    turned = picture(snapshot(node).body)
    assert (turned.getpixel((8, 8)), turned.getpixel((471, 8))) == (right, left)
    node.call("OV2640 settings mirror=False effect='BW'")
    red, green, blue = picture(snapshot(node).body).getpixel((280, 8))
    assert max(red, green, blue) - min(red, green, blue) <= 2
    node.call("OV2640 settings effect='NONE'")


def test_a_stream_is_pictures_one_after_the_other_until_the_client_leaves(node: Bench) -> None:
    with WebConnection(node.node.address) as client:
        client.send(b"GET /cam/stream HTTP/1.1\r\nHost: node01\r\n\r\n")
        head = client.reply(with_body=False)
        assert (head.status, head.headers["content-type"]) == (200, STREAM)
        pieces = client.multipart(5)
        assert {kind for kind, _ in pieces} == {"image/jpeg"}
        assert len({body for _, body in pieces}) == 5
        assert {picture(body).size for _, body in pieces} == {(480, 320)}
        assert "web.stream" in node.call("task list")
        assert node.ask("hello").startswith("hello:node01")
    node.until(lambda _: "Yes       web.stream" not in node.call("task list"))


def test_a_picture_that_fails_is_503_and_no_line_of_the_log(node: Bench) -> None:
    for _ in range(3):
        node.set("camera", fails=1)
        assert snapshot(node).status == 503
    assert snapshot(node).status == 200
    assert node.files("err.log") is None


@needs_browser
def test_a_browser_shows_snapshot_stream_and_photo(node: Bench) -> None:
    node.call("OV2640 settings quality='low'")
    assert node.call("OV2640 set_photo_endpoint") == "Endpoint: /photo"
    site = f"http://{node.node.address}:{WEB_PORT}"
    with browser() as b:
        for page in ("/cam/snapshot", "/photo"):
            b.open(site + page)
            b.wait(lambda: b.js("document.images[0] && document.images[0].naturalWidth") == 480, page)
            assert b.js("document.images[0].naturalHeight") == 320
        before = node.hardware().state["camera"]["pictures"]
        b.wait(lambda: node.hardware().state["camera"]["pictures"] > before, "the page takes a new picture")
        b.driver.execute_script("document.body.innerHTML = '<img id=stream src=/cam/stream>'")
        b.wait(lambda: b.js("document.getElementById('stream').naturalWidth") == 480, "the stream's first picture")
        shots = set()
        b.wait(lambda: shots.add(b.js(SHOT)) or len(shots) >= 3, "three different pictures of the stream")
        assert not [text for text in b.errors() if "favicon" not in text]  # a picture alone names no icon


SHOT = """(() => {
    const image = document.getElementById('stream'), canvas = document.createElement('canvas');
    canvas.width = 480; canvas.height = 320;
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL();
})()"""


def test_a_picture_from_outside_comes_through_unchanged_on_both_kinds_of_firmware(node: Bench) -> None:
    out = io.BytesIO()
    Image.linear_gradient("L").save(out, "JPEG")
    for firmware in ("functions", "class"):
        node.call("lmpacman module 'OV2640'")
        node.set("camera", firmware=firmware, jpeg=_base64(out.getvalue()))
        assert "cam/stream" in node.call("OV2640 load_n_init quality='low' freq='high' effect='NEG'")
        assert snapshot(node).body == out.getvalue()
        assert node.hardware().state["camera"]["settings"]["effect"] == 1
        node.call("OV2640 settings q=63 contrast=100 flip=True")
        found = node.hardware().state["camera"]["settings"]
        assert (found["quality"], found["contrast"], found["flip"], found["framesize"]) == (63, 2, 1, 7)
    node.set("camera", fails=1)
    assert (node.call("OV2640 capture"), snapshot(node).status) == ("False", 200)
    node.call("lmpacman module 'OV2640'")
    node.set("camera", firmware="functions", jpeg=None)


def _base64(data: bytes) -> str:
    import base64

    return base64.b64encode(data).decode()


def test_without_camera_or_with_another_chip_one_line_says_so_and_the_shell_lives(tmp_path: Path) -> None:
    with bench(tmp_path, settings={"webui": True}, config={"ports": PORTS}) as b:
        b.set("camera", firmware=None)
        assert b.call("OV2640 load_n_init") == "Non supported feature - use esp32cam image!"
        b.set("camera", firmware="functions", present=False)
        for _ in range(3):
            assert b.ask("OV2640 load_n_init") == "Core error: LM_OV2640->load_n_init: no camera: Camera Init Failed"
        assert (b.files("err.log") or "").count("Camera Init Failed") == 1
        assert b.ask("hello").startswith("hello:node01")
        b.set("camera", present=True, init_fails=2)
        assert b.call("OV2640 load_n_init") == "Endpoints: /cam/snapshot /cam/stream"
        b.set("camera", present=False)
        assert snapshot(b).status == 503
