"""Every dialect that has golden files, in the order of the page about them."""

from rivulet.dialects.ag_ui import AgUi
from rivulet.dialects.agent import Agent
from rivulet.dialects.ai_sdk import AiSdk
from rivulet.dialects.anthropic import Anthropic
from rivulet.dialects.assistant import Assistant
from rivulet.dialects.durable import Durable
from rivulet.dialects.langgraph import LangGraph
from rivulet.dialects.messages import Messages
from rivulet.dialects.minirag import MiniRag
from rivulet.dialects.native import Native
from rivulet.dialects.openai_chat import OpenAiChat
from rivulet.dialects.openai_responses import OpenAiResponses
from rivulet.dialects.stages import Stages
from rivulet.ports.dialect import AskDialect, Dialect

ANSWERING: tuple[AskDialect, ...] = (
    MiniRag(),
    Stages(),
    Assistant(),
    Messages(),
    Agent(),
    OpenAiChat(),
    OpenAiResponses(),
    AiSdk(),
    AgUi(),
    Anthropic(),
    LangGraph(),
)
"""Those with requests and blocking answers of their own."""

DIALECTS: tuple[Dialect, ...] = (Native(), *ANSWERING, Durable())
