"""Where files are kept: in a folder of this machine, or in a bucket that several share (rule 11.7)."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from .environment import Environment

env = Environment()

_ROOT = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(env("GROUPADMIN_DATA_DIR", default=str(_ROOT / ".quickstart"))).resolve()
MEDIA_ROOT = DATA_DIR / "media"
# Uploads are never served by path: views check permission first.
MEDIA_URL = "media/"
FILES = env("FILES", default="")
# For how many seconds the bucket itself gives a file to whoever downloads it; 0: we hand it on.
FILES_REDIRECT_SECONDS = env.int("FILES_REDIRECT_SECONDS", default=0)
BUCKET = "groupadmin.base.bucket.Bucket"
# What FILES can say of a bucket, and what it is for storages.backends.s3.
BUCKET_OPTIONS = {
    "endpoint": "endpoint_url",
    "region": "region_name",
    "addressing": "addressing_style",
    "acl": "default_acl",
    "ca": "verify",
}


def file_storage(address: str) -> dict[str, Any]:
    """Django's storage for FILES: s3://bucket/prefix?endpoint=https://…&region=…, or empty for MEDIA_ROOT."""
    if not address:
        return {"BACKEND": "groupadmin.base.files.FileStorage"}
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.hostname:
        raise ImproperlyConfigured(f"FILES is to be empty or s3://bucket/prefix?endpoint=…, not {address!r}")
    asked = {name: values[-1] for name, values in parse_qs(parts.query, strict_parsing=False).items()}
    encryption, key = asked.pop("encryption", ""), asked.pop("kms_key", "")
    if unknown := asked.keys() - BUCKET_OPTIONS.keys():
        raise ImproperlyConfigured(f"FILES has options that nobody knows: {', '.join(sorted(unknown))}")
    options: dict[str, Any] = {BUCKET_OPTIONS[name]: value for name, value in asked.items()}
    if parts.username:
        options["access_key"] = unquote(parts.username)
        options["secret_key"] = unquote(parts.password or "")
    options["bucket_name"] = parts.hostname
    options["location"] = parts.path.strip("/")
    # Buckets of Amazon take no other, and there they have none: private (the bucket's owner alone).
    options.setdefault("default_acl", None)
    encrypted = {"ServerSideEncryption": encryption, "SSEKMSKeyId": key}
    options["object_parameters"] = {name: value for name, value in encrypted.items() if value}
    return {"BACKEND": BUCKET, "OPTIONS": options}


STORAGES = {
    "default": file_storage(FILES),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
FILE_UPLOAD_HANDLERS = [
    "groupadmin.base.uploads.MemoryUploadHandler",
    "groupadmin.base.uploads.PatientUploadHandler",
]
