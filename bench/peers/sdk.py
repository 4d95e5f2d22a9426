"""The usual way: FastAPI and the openai SDK, one generator, one JSON dump a token; it keeps no log.

python bench/peers/sdk.py PORT UPSTREAM_PORT
"""

import json
import sys
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from openai import AsyncOpenAI
from pydantic import BaseModel


class Message(BaseModel):
    role: str
    content: str


class Ask(BaseModel):
    model: str
    messages: list[Message]


app = FastAPI()


@app.post("/v1/chat/completions")
async def turn(ask: Ask) -> StreamingResponse:
    return StreamingResponse(answer(ask), media_type="text/event-stream")


async def answer(ask: Ask) -> AsyncIterator[str]:
    stream = await app.state.openai.chat.completions.create(
        model=ask.model,
        messages=[message.model_dump() for message in ask.messages],
        stream=True,
    )
    async for chunk in stream:
        if chunk.choices and (text := chunk.choices[0].delta.content):
            yield f"data: {json.dumps({'text': text})}\n\n"
    yield "data: [DONE]\n\n"


if __name__ == "__main__":
    app.state.openai = AsyncOpenAI(base_url=f"http://127.0.0.1:{sys.argv[2]}/v1", api_key="none")
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False, backlog=4096)
