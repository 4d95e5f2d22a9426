"""Who answers a question: the bot with the request's wishes, its answerer, its limits, its price."""

from collections.abc import Mapping

import msgspec

from rivulet.domain.bot import Bot, Limits
from rivulet.domain.errors import NotFound
from rivulet.domain.prices import Price
from rivulet.ports.answering import Answerer, Answerers
from rivulet.ports.dialect import Ask


class Casting:
    """Over the operator's bots, and the prices of models by the name a question has for them."""

    def __init__(self, answerers: Answerers, bots: Mapping[str, Bot], prices: Mapping[str, Price]) -> None:
        self._answerers = answerers
        self._bots = bots
        self._prices = prices

    def bot(self, ask: Ask) -> Bot:
        """As the request wishes it. Raises NotFound."""
        bot = self._bots.get(ask.bot_id)
        if bot is None:
            raise NotFound(f"There is no bot {ask.bot_id!r}.")
        wishes: dict[str, object] = {}
        if ask.model:
            wishes["model"] = ask.model
        if ask.temperature is not None:
            wishes["temperature"] = ask.temperature
        if ask.max_output_tokens is not None:
            wishes["max_output_tokens"] = ask.max_output_tokens
        if ask.instructions:
            wishes["instructions"] = "\n\n".join(filter(None, (bot.instructions, ask.instructions)))
        return msgspec.structs.replace(bot, **wishes)

    def answerer(self, bot: Bot) -> tuple[Answerer, str]:
        """And what it calls the bot's model. Raises UnknownModel."""
        return self._answerers.find(bot.model)

    def limits(self, ask: Ask) -> Limits:
        """Of a bot that may be gone by now."""
        bot = self._bots.get(ask.bot_id)
        return Limits() if bot is None else bot.limits

    def price(self, ask: Ask) -> Price | None:
        bot = self._bots.get(ask.bot_id)
        return self._prices.get(ask.model or ("" if bot is None else bot.model))
