"""CloudEvents in structured mode: attributes and data in one JSON text, read as if they had come in binary mode."""

import base64
import json
from typing import Final

from dunlin_events.envelope import Record

MEDIA_TYPE: Final = b"application/cloudevents+json"


def in_binary_mode(record: Record) -> Record:
    """The record with its attributes as headers; one in binary mode, or that cannot be read, stays as it is.

    A content type without a value is none, and an attribute that is null is not there.
    """
    for name, value in record.headers:
        if len(name) == len("content-type") and name.lower() == "content-type":
            if (value or b"").lower().startswith(MEDIA_TYPE):
                break
            return record
    else:
        return record
    try:
        said = json.loads(record.value or b"")
        data = said.pop("data", None)
        encoded = said.pop("data_base64", None)
        value = base64.b64decode(encoded) if encoded is not None else json.dumps(data).encode()
        content_type = str(said.pop("datacontenttype", None) or "application/json")
        attributes = tuple((f"ce_{name}", str(text).encode()) for name, text in said.items() if text is not None)
    except (ValueError, AttributeError, TypeError, RecursionError):
        return record
    return Record(record.key, (*attributes, ("content-type", content_type.encode())), value)
