"""A knowledge base to every test that asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.knowledge.knowledge_base import KnowledgeBase


@pytest.fixture
async def base(tmp_path: Path, anyio_backend: str) -> AsyncIterator[KnowledgeBase]:
    knowledge = KnowledgeBase(tmp_path)
    yield knowledge
    await knowledge.close()
