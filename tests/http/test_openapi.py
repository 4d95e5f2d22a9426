"""The OpenAPI document is true: what it describes is what the server does, for generated requests too."""

import asyncio

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from .conftest import Site

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(240)]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
STREAMS = "/v1/turns/{turn_id}/events"


async def test_generated_requests_are_answered_as_described(site: Site) -> None:
    """No request, however odd, gets a 500, an undescribed status or a body of another shape."""
    schema = await asyncio.to_thread(schemathesis.openapi.from_url, f"{site.url}/openapi.json")
    operations = [result.ok() for result in schema.get_all_operations()]
    native = [each for each in operations if each.path.startswith("/v1/") and each.path != STREAMS]
    assert len(native) >= 12

    def check_all() -> None:
        for operation in native:

            @settings(
                max_examples=8,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
                derandomize=True,
            )
            @given(case=operation.as_strategy())
            def check(case: schemathesis.Case) -> None:
                case.call_and_validate(base_url=site.url, checks=CHECKS, timeout=60)

            check()

    await asyncio.to_thread(check_all)
