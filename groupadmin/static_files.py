"""How a production installation names its static files."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Adds content hashes to names, also in imports between our scripts: no browser mixes old and new files.

    Django has a switch for this, but it also follows imports in the comments of libraries.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        (
            "groupadmin/*.js",
            (
                (
                    r"""(?P<matched>\b(?P<word>from|import) "(?P<url>\./[^"]+)";)""",
                    '%(word)s "%(url)s";',
                ),
            ),
        ),
    )
