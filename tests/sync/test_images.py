"""Pictures by address and by upload: checked by content, kept once, shown to shops under a signed address."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from PIL import Image as Pillow

from stockwire.errors import Refused
from stockwire.files.pictures import examine

Serve = Callable[[str, bytes], str]


def picture(colour: str = "red", kind: str = "PNG", size: tuple[int, int] = (300, 200)) -> bytes:
    out = BytesIO()
    Pillow.new("RGB", size, colour).save(out, format=kind)
    return out.getvalue()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *said: object) -> None:
        pass


@pytest.fixture
def serve(settings_of_hub: Any) -> Iterator[Serve]:
    """Put bytes under a path of a web server; gives back their address."""
    files: dict[str, bytes] = {}

    def application(environ: Any, start: Any) -> list[bytes]:
        found = files.get(environ["PATH_INFO"])
        start("200 OK" if found is not None else "404 Not Found", [("Content-Type", "image/jpeg")])
        return [found or b""]

    with make_server("127.0.0.1", 0, application, handler_class=_Quiet) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        settings_of_hub(fetch_networks=["127.0.0.0/8"], public_url="https://hub.example.co.za")

        def put(path: str, content: bytes) -> str:
            files[path] = content
            return f"http://127.0.0.1:{server.server_port}{path}"

        yield put
        server.shutdown()
        thread.join()


@pytest.fixture
def products(hub: Any, tmp_path: Path) -> Callable[..., None]:
    """Import rows of codes and image addresses."""

    def put(*rows: str) -> None:
        from stockwire.hub.sync.import_products import Options, import_products

        file = tmp_path / "products.csv"
        header = "source_product_code,source_variant_code,title,image1,image2\n"
        file.write_text(header + "".join(f"{row}\n" for row in rows))
        assert import_products(hub.client_id, hub.source_id, file, Options("thandi")).problems == 0

    return put


def fetch(hub: Any) -> int:
    from stockwire.hub.images.fetching import fetch_due

    return fetch_due(hub.client_id)


def held(hub: Any, code: str = "BOLT") -> Any:
    from stockwire.hub.sync.read_products import read_products

    [(product_id,)] = hub.rows("select id from products where source_product_code = %s", code)
    with hub.scope():
        return read_products([product_id])[0].product


def shown(hub: Any, code: str = "BOLT") -> list[str]:
    """The images of a product as a channel is given them."""
    return [image.src for image in held(hub, code).images]


def test_an_image_is_read_kept_and_shown_under_an_address_of_the_hub(
    hub: Any, serve: Serve, products: Any
) -> None:
    from django.test import Client

    hub.new_channel(api_url="https://shop.example", consumer_key="ck_1", consumer_secret="cs_1")
    content = picture()
    products(f"BOLT,BOLT,Bolt,{serve('/a.jpg', content)},")
    hub.owner.execute("truncate stale")
    assert shown(hub) == [], "what has not been read yet is not offered"
    assert fetch(hub) == 1
    assert hub.rows("select kind, width, height, next_at, problem from images") == [
        ("png", 300, 200, None, "")
    ]
    assert hub.rows("select count(*) from stale") == [(1,)]
    [address] = shown(hub)
    assert address.startswith("https://hub.example.co.za/images/")
    path = address.removeprefix("https://hub.example.co.za")
    answer = Client().get(path)
    assert (answer.status_code, answer["Content-Type"], b"".join(answer)) == (200, "image/png", content)
    small = Client().get(path.removesuffix(".png") + ".50x50.png")
    assert Pillow.open(BytesIO(b"".join(small))).size == (50, 33)
    forged = path.replace(path.split(".")[1], "0" * 32)
    assert Client().get(forged).status_code == 404
    assert Client().get("/images/../secret.key").status_code == 404
    assert fetch(hub) == 0


def test_what_is_no_picture_is_told_and_offered_to_no_shop(hub: Any, serve: Serve, products: Any) -> None:
    products(
        f"PAGE,PAGE,Page,{serve('/page.jpg', b'<html>not found</html>')},",
        f"GONE,GONE,Gone,{serve('/x', b'')}y,",
        f"BIG,BIG,Big,{serve('/big.png', b'x' * (2 * 1024 * 1024 + 1))},",
        f"HALF,HALF,Half,{serve('/half.jpg', picture(kind='JPEG')[:-150])},",
        "IN,IN,In,http://10.0.0.1/router.png,",
        "ODD,ODD,Odd,https://[::1/bolt.png,",
    )
    assert fetch(hub) == 6
    found = dict(
        hub.rows(
            "select p.source_product_code, i.problem from images i join products p on p.id = i.product_id"
        )
    )
    assert "no JPEG or PNG" in found["PAGE"]
    assert "answers 404" in found["GONE"]
    assert "larger than 2 MB" in found["BIG"]
    assert "breaks off" in found["HALF"]
    assert "private network" in found["IN"]
    assert "no address of a file" in found["ODD"]
    assert hub.rows("select count(*) from images where next_at is not null or content_hash <> ''") == [(0,)]


def test_the_same_picture_twice_is_shown_once_and_a_changed_one_is_noticed(
    hub: Any, serve: Serve, products: Any
) -> None:
    from stockwire.hub.images.fetching import fetch_again

    first, second = serve("/1.png", picture("red")), serve("/2.png", picture("red"))
    products(f"BOLT,BOLT,Bolt,{first},{second}")
    fetch(hub)
    before = shown(hub)
    assert len(before) == 1
    serve("/2.png", picture("blue"))
    assert fetch_again(hub.client_id, hub.source_id, all_of_them=True) == 2
    fetch(hub)
    assert len(shown(hub)) == 2
    assert shown(hub)[0] == before[0]


def test_bulk_upload_lists_what_does_not_fit_before_anything_is_written(
    hub: Any, serve: Serve, products: Any, tmp_path: Path
) -> None:
    from stockwire.hub.images.uploading import Replace, opened

    products("BOLT/8,BOLT/8,Bolt,,", "NUT,NUT,Nut,,")
    archive = tmp_path / "pictures.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("bolts/BOLT+8-1.jpg", picture("red", "JPEG"))
        out.writestr("bolts/BOLT+8-2.png", picture("blue"))
        out.writestr("NUT.JPG", picture(kind="JPEG"))
        out.writestr("nobody.png", picture())
        out.writestr("../nut.png", b"no picture")
        out.writestr("__MACOSX/._NUT.png", b"x")
    rules = [Replace("-1", ""), Replace("-2", ""), Replace("+", "/")]
    with opened(hub.client_id, hub.source_id, archive) as ready:
        found = {one.name: one for one in ready.match("sku", rules)}
        assert {name: one.problem for name, one in found.items()} == {
            "bolts/BOLT+8-1.jpg": "",
            "bolts/BOLT+8-2.png": "",
            "NUT.JPG": "It is no .jpg, .jpeg or .png file.",
            "nobody.png": "No product is called nobody.",
            "../nut.png": "../nut.png is no JPEG or PNG picture that can be read.",
        }
        assert all(one.fix for one in found.values() if one.problem)
        assert hub.rows("select count(*) from images") == [(0,)]
        assert ready.write("thandi") == 2
        assert ready.write("thandi") == 0, "the same again adds nothing"
    assert [address.rsplit(".", 1)[1] for address in shown(hub, "BOLT/8")] == ["jpg", "png"]
    assert hub.rows("select who, subject from audit where action = 'images uploaded'")[0] == (
        "thandi",
        "BOLT/8",
    )


def test_uploaded_pictures_survive_a_round_trip_through_an_export(
    hub: Any, serve: Serve, products: Any, tmp_path: Path
) -> None:
    from stockwire.files.csv_writing import write_csv
    from stockwire.hub.images.uploading import opened
    from stockwire.hub.sync.export_products import export_products
    from stockwire.hub.sync.import_products import Options, import_products

    products("BOLT,BOLT,Bolt,,", "NUT,NUT,Nut,,")
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "BOLT.png").write_bytes(picture())
    with opened(hub.client_id, hub.source_id, folder) as ready:
        ready.match("sku", [])
        ready.write("thandi")
    file = tmp_path / "out.csv"
    with export_products(hub.client_id, source_id=hub.source_id, columns=["images"]) as found:
        rows = list(found.rows)
        write_csv(file, found.columns, rows)
    seen: list[Any] = []
    import_products(hub.client_id, hub.source_id, file, Options("thandi", dry_run=True), report=seen.append)
    assert {one.outcome for one in seen} == {"nothing"}
    # Given to another product by its address, it is the same picture there.
    write_csv(file, ["source_product_code", "image1"], [["NUT", rows[0][2]]])
    import_products(hub.client_id, hub.source_id, file, Options("thandi"))
    fetch(hub)
    assert shown(hub, "NUT") == shown(hub, "BOLT")


def test_images_are_taken_off_by_address_and_come_back_with_an_import(
    hub: Any, serve: Serve, products: Any
) -> None:
    from stockwire.hub.images.removing import remove_images

    address = serve("/a.png", picture())
    products(f"BOLT,BOLT,Bolt,{address},")
    assert held(hub).images_awaited, "it has a picture, only not one that can be shown yet"
    fetch(hub)
    assert not held(hub).images_awaited
    assert remove_images(hub.client_id, hub.source_id, "BOLT", [address], "thandi") == 1
    assert (shown(hub), held(hub).images_awaited) == ([], False)
    with pytest.raises(Refused, match="no such image"):
        remove_images(hub.client_id, hub.source_id, "BOLT", [address], "thandi")
    products(f"BOLT,BOLT,Bolt,{address},")
    assert len(shown(hub)) == 1


def test_a_small_file_that_unpacks_to_very_many_dots_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stockwire.files.pictures.MOST_DOTS", 1_000_000)
    file = tmp_path / "bomb.png"
    file.write_bytes(picture(size=(1_500, 1_000)))
    assert file.stat().st_size < 10_000
    with pytest.raises(Refused, match="1500 x 1000 dots"):
        examine(file, "bomb.png")
