"""Everything of the server besides pages and files of the simple API, put together from its parts."""

from onward.index.asgi import App
from onward.index.osv import osv_routes
from onward.index.rest import rest_app
from onward.web.app import routes
from onward.workflows.serving.build import Parts
from onward.workflows.serving.data_source import DataSource


def site(parts: Parts) -> App:
    """Give the application for every path that the index does not answer itself."""
    more = (*routes(parts), *osv_routes(DataSource(parts.judge)))
    return rest_app(parts.pages, more)
