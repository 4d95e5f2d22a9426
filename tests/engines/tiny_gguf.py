"""Writes a language model small enough for a test: one layer of noise, 300 kB, no download.

What it says means nothing, but a real engine says it: NUL, bytes that are no UTF-8, characters cut between
two tokens. The layout is that of GGUF version 3: a head, facts, the table of tensors, their numbers.
"""

import array
import math
import random
import struct
from pathlib import Path

WIDTH, INNER, HEADS, CONTEXT = 64, 128, 2, 2048
WORDS = ["the", "sea", "salt", "river", "stone", "light", "over", "under", "and", "is", "ü", "世界", "😀"]
END = 2
TEXT, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
UINT32, INT32, FLOAT32, STRING, ARRAY = 4, 5, 6, 8, 9
_FORMS = {UINT32: "I", INT32: "i", FLOAT32: "f"}
_ALIGNMENT = 32


def write(path: Path, seed: int = 1) -> None:
    """The same seed gives the same model."""
    facts = _facts()
    shapes = _shapes(len(_tokens()))
    table, numbers = b"", b""
    noise = random.Random(seed)
    for name, shape in shapes.items():
        table += _string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(numbers))
        values = [1.0 if "norm" in name else noise.gauss(0, 0.5) for _ in range(math.prod(shape))]
        _silence_the_end(name, values)
        numbers += _padded(array.array("f", values).tobytes())
    head = b"GGUF" + struct.pack("<IQQ", 3, len(shapes), len(facts)) + b"".join(facts) + table
    path.write_bytes(_padded(head) + numbers)


def _silence_the_end(name: str, values: list[float]) -> None:
    """Noise would end its answer at any word. So the first number of every state is kept at one value, which
    only the end's own row looks at, and is repelled by."""
    match name:
        case "token_embd.weight":
            values[::WIDTH] = [8.0] * (len(values) // WIDTH)
        case "blk.0.attn_output.weight":
            values[:WIDTH] = [0.0] * WIDTH
        case "blk.0.ffn_down.weight":
            values[:INNER] = [0.0] * INNER
        case "output.weight":
            values[END * WIDTH : (END + 1) * WIDTH] = [-20.0] + [0.0] * (WIDTH - 1)
        case _:
            pass


def _tokens() -> list[tuple[str, int]]:
    special = [("<unk>", UNKNOWN), ("<s>", CONTROL), ("</s>", CONTROL)]
    single = [(f"<0x{byte:02X}>", BYTE) for byte in range(256)]
    return [*special, *single, *((f"▁{word}", TEXT) for word in WORDS), ("▁", TEXT)]


def _shapes(vocabulary: int) -> dict[str, tuple[int, ...]]:
    square, norm = (WIDTH, WIDTH), (WIDTH,)
    layer: dict[str, tuple[int, ...]] = {
        "attn_norm": norm,
        "attn_q": square,
        "attn_k": square,
        "attn_v": square,
        "attn_output": square,
        "ffn_norm": norm,
        "ffn_gate": (WIDTH, INNER),
        "ffn_up": (WIDTH, INNER),
        "ffn_down": (INNER, WIDTH),
    }
    return {
        "token_embd.weight": (WIDTH, vocabulary),
        "output_norm.weight": norm,
        "output.weight": (WIDTH, vocabulary),
        **{f"blk.0.{name}.weight": shape for name, shape in layer.items()},
    }


def _facts() -> list[bytes]:
    tokens = _tokens()
    words = len(tokens) - 259
    counts = {
        "llama.context_length": CONTEXT,
        "llama.embedding_length": WIDTH,
        "llama.block_count": 1,
        "llama.feed_forward_length": INNER,
        "llama.attention.head_count": HEADS,
        "llama.attention.head_count_kv": HEADS,
        "llama.rope.dimension_count": WIDTH // HEADS,
        "llama.vocab_size": len(tokens),
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": END,
    }
    return [
        _fact("general.architecture", STRING, "llama"),
        _fact("general.name", STRING, "noise"),
        _fact("tokenizer.ggml.model", STRING, "llama"),
        _fact("llama.attention.layer_norm_rms_epsilon", FLOAT32, 1e-5),
        *(_fact(name, UINT32, count) for name, count in counts.items()),
        _list("tokenizer.ggml.tokens", STRING, [token for token, _ in tokens]),
        _list(
            "tokenizer.ggml.scores", FLOAT32, [0.0] * 3 + [-1000.0] * 256 + [-1.0 - n for n in range(words)]
        ),
        _list("tokenizer.ggml.token_type", INT32, [kind for _, kind in tokens]),
    ]


def _fact(name: str, kind: int, value: object) -> bytes:
    return _string(name) + struct.pack("<I", kind) + _value(kind, value)


def _list(name: str, kind: int, values: list) -> bytes:
    return (
        _string(name)
        + struct.pack("<IIQ", ARRAY, kind, len(values))
        + b"".join(_value(kind, value) for value in values)
    )


def _value(kind: int, value: object) -> bytes:
    return _string(str(value)) if kind == STRING else struct.pack("<" + _FORMS[kind], value)


def _string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _padded(raw: bytes) -> bytes:
    return raw + b"\0" * (-len(raw) % _ALIGNMENT)
