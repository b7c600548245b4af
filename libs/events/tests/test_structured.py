"""CloudEvents in structured mode, read as if they had come in binary mode."""

import json

from hearer import told
from test_consuming import structured

from dunlin_events.envelope import Envelope, Record
from dunlin_events.structured import in_binary_mode
from dunlin_kernel.ids import new_id


def test_an_attribute_that_is_null_is_not_there() -> None:
    """As our own feed writes those that are not set."""
    plain = told(new_id(), new_id(), 1)
    said = json.loads(structured(plain, encoded=False).value or b"")
    nulls = {"causationid": None, "traceparent": None, "datacontenttype": None}
    found = in_binary_mode(Record(
        plain.key, (("content-type", b"application/cloudevents+json"),), json.dumps(said | nulls).encode()))
    assert {name: value for name, value in found.headers if b"None" in (value or b"None")} == {}
    assert (Envelope.of(found).causation_id, Envelope.of(found).traceparent) == (None, None)
    assert dict(found.headers)["content-type"] == b"application/json"
