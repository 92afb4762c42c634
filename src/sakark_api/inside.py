"""What is done to hostile bytes by libraries in C: a program for the sandbox, one word each.

It is run with the sandbox's work folder as its own, several times for each document. So it is not
in `formats`: all of that would be loaded each time, for longer than most of the work takes.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

__all__: list[str] = []

_PREVIEW_WIDTH = 800
_MOST_PIXELS = 200_000_000


def _locked(name: str) -> str:
    """Tell whether a PDF asks for a password before it opens."""
    import pikepdf

    try:
        pikepdf.open(name).close()
    except pikepdf.PasswordError:
        return "ja"
    except pikepdf.PdfError:
        return "skadet"
    return "nei"


def _pdfa(name: str, flavour: str) -> str:
    """Tell whether pikepdf approves of a PDF/A of the flavour 1b, 2b or 3b."""
    from pikepdf.pdfa import validate_written

    return "ja" if validate_written(Path(name), flavour).passed else "nei"


def _words(name: str, most: str) -> str:
    """Give the text of a PDF, page by page, as far as is asked for."""
    import pypdfium2

    left, pages = int(most), []
    document = pypdfium2.PdfDocument(name)
    for page in document:
        if left <= 0:
            break
        text = page.get_textpage().get_text_bounded()[:left]
        left -= len(text)
        pages.append(text)
    return "\n".join(pages)


def _pictures(name: str, pages: str) -> str:
    """Draw the first pages of a PDF for text recognition, at 200 dots an inch."""
    import pypdfium2

    document = pypdfium2.PdfDocument(name)
    count = min(len(document), int(pages))
    for number in range(count):
        document[number].render(scale=200 / 72, grayscale=True).to_pil().save(f"side{number}.png")
    return str(count)


def _preview(name: str, out: str) -> str:
    """Draw the first page of a PDF."""
    import pypdfium2

    page = pypdfium2.PdfDocument(name)[0]
    page.render(scale=_PREVIEW_WIDTH / page.get_width()).to_pil().save(out, format="PNG")
    return out


def _thumbnail(name: str, out: str) -> str:
    """Draw an image smaller."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    with Image.open(name) as image:
        small = image.convert("RGB")
        small.thumbnail((_PREVIEW_WIDTH, 4 * _PREVIEW_WIDTH))
        small.save(out, format="PNG")
    return out


def _picture_page(name: str, out: str) -> str:
    """Put each frame of an image on a page of its own, as PDF/A-2b; what is clear becomes white."""
    from fpdf import FPDF
    from fpdf.enums import DocumentCompliance
    from PIL import Image, ImageSequence

    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    document = FPDF(unit="pt", enforce_compliance=DocumentCompliance.PDFA_2B)
    document.set_auto_page_break(auto=False)
    with Image.open(name) as image:
        for frame in ImageSequence.Iterator(image):
            clear = frame.convert("RGBA")
            whole = Image.new("RGB", clear.size, "white")
            whole.paste(clear, mask=clear.getchannel("A"))
            document.add_page(format=whole.size)
            document.image(whole, 0, 0, *whole.size)
    document.output(out)
    return out


def _profile(out: str) -> str:
    """Write the colour profile sRGB, which PDF/A names its colours by."""
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    Path(out).write_bytes(profile.tobytes())
    return out


def _web_words(name: str) -> str:
    """Give the text of an HTML page, without scripts and styles."""
    from lxml import etree, html

    from sakark_api.formats.charset import decoded

    page = html.fromstring(
        decoded(Path(name).read_bytes()).encode() or b"<p></p>",
        parser=html.HTMLParser(encoding="utf-8"),
    )
    etree.strip_elements(page, "script", "style", etree.Comment, with_tail=False)
    return "\n".join(page.itertext())


_WORDS: Mapping[str, Callable[..., str]] = {
    "locked": _locked,
    "pdfa": _pdfa,
    "words": _words,
    "pictures": _pictures,
    "preview": _preview,
    "thumbnail": _thumbnail,
    "picture-page": _picture_page,
    "profile": _profile,
    "web-words": _web_words,
}

if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr] # a file
    sys.stdout.write(_WORDS[sys.argv[1]](*sys.argv[2:]))
