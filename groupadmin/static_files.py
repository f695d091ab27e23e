"""How an installation in use names its static files."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """By their content, also where a script of ours imports another: no browser mixes old and new ones.

    Django has a switch for this, which takes what stands in comments of libraries for imports too.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        (
            "groupadmin/*.js",
            ((r"""(?P<matched>\bfrom "(?P<url>\./[^"]+)";)""", 'from "%(url)s";'),),
        ),
    )
