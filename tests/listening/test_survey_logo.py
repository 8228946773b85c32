"""A brand's logo: nothing but the picture is kept, it is drawn where customers see it, and nothing else gets in."""

import io
import struct
import zlib
from contextlib import suppress

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import Company, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Refused
from headwater.listening.models import SurveyLogo
from headwater.listening.surveys import answer_pages, logos, mail, queries, services
from headwater.listening.surveys.exchange import as_yaml, read_file
from headwater.listening.surveys.logo_files import read_picture, shown
from headwater.listening.surveys.mailing_rules import Sender
from tests.listening.survey_answers import make_survey

SECRET = b"Ana Silva took this at 38.7223 N, 9.1393 W"

FRAME = struct.pack(">BHHB", 8, 8, 8, 1) + b"\x01\x11\x00"
"""What a JPEG says of its picture: 8 by 8 pixels, one colour."""


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int = 300, height: int = 100, extra: bytes = b"", pixels: bytes | None = None) -> bytes:
    """A grey PNG made by its specification, with further chunks before its pixels."""
    rows = (b"\0" + b"\x80" * width) * height if pixels is None else pixels
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", header), extra, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def hidden_behind_pixels() -> bytes:
    """A PNG whose data goes on after its pixels."""
    packed = zlib.compress((b"\0" + b"\x80" * 300) * 100)
    return png().replace(chunk(b"IDAT", packed), chunk(b"IDAT", packed + SECRET))


def jpeg(width: int = 8, height: int = 8) -> bytes:
    """The segments of a JPEG as cameras write them; its scan is not meant to be seen."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + FRAME[6:]
    scan = b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"".join(
        (b"\xff\xd8", segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"), segment(0xE1, b"Exif\0\0" + SECRET),
         segment(0xFE, SECRET), segment(0xDB, bytes(65)), segment(0xC0, frame), segment(0xC4, bytes(20)),
         segment(0xDA, b"\x01\x01\0\0\x3f\0"), scan, b"\xff\xd9", SECRET)
    )  # fmt: skip


@pytest.fixture
def lead(ours: Company) -> Person:
    return Person.objects.create(email="lead@example.com", name="Lead", roles=["cx_team"])


@pytest.mark.parametrize("file", [png(extra=chunk(b"tEXt", b"Comment\0" + SECRET)) + SECRET, jpeg()])
def test_only_the_picture_is_kept(file: bytes) -> None:
    kept = read_picture(file)
    assert SECRET not in kept.content
    assert read_picture(kept.content) == kept
    assert kept.content.startswith(file[:8] if kept.kind == "png" else b"\xff\xd8\xff\xe0")
    assert b"\x12\xff\x00\x34\xff\xd0\x56\xff\xd9" in kept.content or kept.kind == "png"
    assert kept.name.endswith(f"-{kept.width}x{kept.height}.{kept.kind}")


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (b"", "logo.kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "logo.kind"),
        (b"GIF89a" + bytes(40), "logo.kind"),
        (png()[:-30], "logo.broken"),
        (png().replace(b"\x08\0\0\0\0", b"\x08\0\0\0\x01", 1), "logo.broken"),
        (png(pixels=b"")[:-12], "logo.broken"),
        (png(40_000, 1, pixels=b"x"), "logo.size"),
        (png(pixels=bytes(20_000_000)), "logo.broken"),
        (jpeg()[:60], "logo.broken"),
        (png(extra=chunk(b"sRGB", SECRET)), "logo.broken"),
        (hidden_behind_pixels(), "logo.broken"),
        (jpeg().replace(b"\xff\xc4", segment(0xC0, FRAME) + b"\xff\xc4"), "logo.broken"),
        (jpeg(0, 0), "logo.size"),
        (b"\xff\xd8\xff\xd9", "logo.size"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200_001), "logo.too_large"),
    ],
)
def test_what_is_no_sound_picture_is_refused(file: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_picture(file)
    assert refused.value.code == code


@pytest.mark.parametrize("file", [png()[:-30], jpeg()[: -len(SECRET) - 2]])
def test_a_file_that_ends_too_early_is_told_so(file: bytes) -> None:
    with pytest.raises(Refused, match="ends too early"):
        read_picture(file)


@given(st.sampled_from([png(4, 4), jpeg()]), st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=6))
def test_a_damaged_file_is_read_or_refused(file: bytes, damage: list[tuple[int, int]]) -> None:
    damaged = bytearray(file)
    for place, value in damage:
        damaged[place % len(damaged)] = value
    with suppress(Refused):
        kept = read_picture(bytes(damaged))
        assert read_picture(kept.content) == kept


def test_a_logo_keeps_its_shape_in_its_box() -> None:
    name = read_picture(png(1200, 400)).name
    small = shown(name, 240, 64, "https://x.example")
    assert small is not None
    assert (small.width, small.height, small.src) == (192, 64, f"https://x.example/survey-logo/{name}")
    assert shown("", 1, 1) is None


def test_the_editor_takes_a_logo_and_customers_see_it(lead: Person, client: Client, settings: LazySettings) -> None:
    settings.PUBLIC_URL = "https://ours.example"
    survey = make_survey(brand={"name": "Northwind"})
    client.force_login(lead)
    form = {"title:en": "Your last order", "brand": "Northwind", "privacy:en": "We use it to do better."}
    sent = client.post(f"/surveys/{survey.name}/edit", {**form, "logo": SimpleUploadedFile("l.png", png())})
    assert sent.status_code == 302
    document = queries.latest(survey)[1]
    kept = document.brand.logo
    page = answer_pages.preview_page(document, "first", "en", {})
    assert f'<img src="/survey-logo/{kept}" width="192" height="64" alt="Northwind">' in page
    letter = mail.Letter(document, {}, Sender(), "en", "Ann", "t" * 20, {})
    composed = mail.compose(letter)
    assert f'src="https://ours.example/survey-logo/{kept}" width="168" height="56" alt="Northwind"' in composed.html
    assert "survey-logo" not in composed.text
    assert f"/survey-logo/{kept}" in client.get(f"/surveys/{survey.name}/edit").content.decode()
    again = client.post(f"/surveys/{survey.name}/edit", {**form, "logo": SimpleUploadedFile("l.svg", b"<svg/>")})
    assert "save it as a PNG" in again.content.decode()
    client.post(f"/surveys/{survey.name}/edit", {**form, "no_logo": "on"})
    assert queries.latest(survey)[1].brand.logo == ""


def test_the_file_is_served_to_everybody_and_nothing_in_it_runs(ours: Company) -> None:
    name = logos.keep(None, png())
    assert logos.keep(None, png()) == name
    assert SurveyLogo.objects.count() == 1
    answer = Client().get(f"/survey-logo/{name}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert read_picture(answer.content).name == name
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer["Cache-Control"]
    assert not answer.cookies
    assert Client().get(f"/survey-logo/{'0' * 32}-1x1.png").status_code == 404


def test_a_program_sends_the_file_then_names_it(lead: Person, client: Client) -> None:
    client.force_login(lead)
    answer = client.post("/api/v1/survey-logos", {"file": SimpleUploadedFile("l.png", png())})
    assert answer.status_code == 201
    assert answer.json()["logo"] == read_picture(png()).name
    refused = client.post("/api/v1/survey-logos", {"file": io.BytesIO(b"<svg/>")})
    assert (refused.status_code, refused.json()["code"]) == (400, "logo.kind")


def test_a_logo_that_is_not_here_is_not_named(ours: Company, employee: Person) -> None:
    name = logos.keep(None, png())
    survey = make_survey(brand={"name": "Northwind", "logo": name})
    file = as_yaml(queries.published(survey)[1])
    SurveyLogo.objects.all().delete()
    elsewhere = services.create_from(None, read_file(file), "Elsewhere")
    assert queries.latest(elsewhere)[1].brand.logo == ""
    with pytest.raises(Refused, match="upload its file"):
        services.save(None, survey, read_file(file))
    with pytest.raises(NotAllowed):
        logos.keep(employee, png())


def test_logos_that_no_survey_names_make_room(ours: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logos, "MOST_LOGOS", 1)
    first = logos.keep(None, png(1, 1))
    second = logos.keep(None, png(2, 2))
    assert set(SurveyLogo.objects.values_list("name", flat=True)) == {second} != {first}
    make_survey(brand={"logo": second})
    with pytest.raises(Refused, match="that is the most"):
        logos.keep(None, png(3, 3))
    services.clear()
    assert not SurveyLogo.objects.exists()
