"""The page that shows people the API's description, with a policy that lets just it run."""

import re
from base64 import b64encode
from hashlib import sha256
from typing import Final

from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sakark_api.rest.protection import STATIC

__all__ = ["docs_route"]

_INLINE: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def docs_route() -> Route:
    """Make the page at /docs; its program and its style come from us, and from nowhere else."""
    return Route("/docs", _page, methods=["GET"], include_in_schema=False)


async def _page(request: Request) -> Response:
    root = request.scope.get("root_path", "")
    page = get_swagger_ui_html(
        openapi_url=f"{root}/openapi.json",
        title="sakark",
        swagger_js_url=f"{root}{STATIC}/swagger-ui-bundle.js",
        swagger_css_url=f"{root}{STATIC}/swagger-ui.css",
        swagger_favicon_url=f"{root}{STATIC}/favicon.png",
    )
    page.headers["content-security-policy"] = _policy(bytes(page.body))
    return page


def _policy(page: bytes) -> str:
    """Allow the scripts that are written in the page, by their hashes, and Swagger's own styles."""
    digests = [b64encode(sha256(script).digest()).decode() for script in _INLINE.findall(page)]
    scripts = " ".join(["'self'", *(f"'sha256-{digest}'" for digest in digests)])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
