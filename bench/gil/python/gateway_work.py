"""The CPU side of one gateway call, step by step: the same work, in the same order, as src/gil/call-work.ts."""

import base64
import json
import re

ROLES = {"system", "developer", "user", "assistant", "tool"}
LIMITS = (("temperature", 0, 2), ("top_p", 0, 1), ("presence_penalty", -2, 2))
STEPS = ("parse", "validate", "scan", "count", "encode", "call")


def load_encoding(path):
    """Builds tiktoken's Encoding from the ranks that the npm package ships, so that nothing is downloaded."""
    import tiktoken

    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    ranks = {}
    for line in data["bpe_ranks"].split("\n"):
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        # "! <first rank> <token> <token> …": the tokens of one run have consecutive ranks.
        first = int(fields[1])
        for offset, token in enumerate(fields[2:]):
            ranks[base64.b64decode(token)] = first + offset
    return tiktoken.Encoding(
        name="npm",
        pat_str=data["pat_str"],
        mergeable_ranks=ranks,
        special_tokens=data["special_tokens"],
    )


class CallWork:
    """One body, the regular expressions and the tokeniser; each step is a method without arguments."""

    def __init__(self, body, patterns_path, ranks_path):
        self.body = body
        with open(patterns_path, encoding="utf-8") as file:
            patterns = json.load(file)
        self.patterns = [
            # ASCII classes, as JavaScript has them.
            re.compile(item["pattern"], re.ASCII | (re.IGNORECASE if item.get("ignoreCase") else 0))
            for item in patterns
        ]
        self.encoding = load_encoding(ranks_path)
        self.request = json.loads(body)
        self.text = text_of(self.request)
        self.steps = {
            "parse": lambda: json.loads(self.body),
            "validate": lambda: validate(self.request),
            "scan": lambda: self.scan(self.text),
            "count": lambda: self.count(self.text),
            "encode": lambda: encode(self.request, self.text, 1, 0),
            "call": self.call,
        }

    def scan(self, text):
        return sum(sum(1 for _ in pattern.finditer(text)) for pattern in self.patterns)

    def count(self, text):
        return len(self.encoding.encode_ordinary(text))

    def call(self):
        return self.call_on(self.body)

    def call_on(self, body):
        request = json.loads(body)
        validate(request)
        text = text_of(request)
        matches = self.scan(text)
        tokens = self.count(text)
        return encode(request, text, tokens, matches)

    def facts(self):
        """What must be the same in every language, or the comparison is void."""
        return {
            "tokens": self.count(self.text),
            "matches": self.scan(self.text),
            "answerBytes": len(self.call()),
        }


def text_of(request):
    parts = []
    for message in request["messages"]:
        content = message["content"]
        if isinstance(content, str):
            parts.append(content)
        else:
            parts.extend(part["text"] for part in content if part["type"] == "text")
    return "\n".join(parts)


def validate(request):
    if not isinstance(request, dict):
        raise ValueError("body is not an object")
    model = request.get("model")
    if not isinstance(model, str) or model == "":
        raise ValueError("model")
    messages = request.get("messages")
    if not isinstance(messages, list) or len(messages) == 0:
        raise ValueError("messages")
    for message in messages:
        validate_message(message)
    for name, low, high in LIMITS:
        value = request.get(name)
        if value is not None and (not isinstance(value, (int, float)) or value < low or value > high):
            raise ValueError(name)
    return True


def validate_message(message):
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise ValueError("role")
    content = message.get("content")
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise ValueError("content")
    for part in content:
        if not isinstance(part, dict) or not isinstance(part.get("type"), str):
            raise ValueError("part")


def encode(request, text, tokens, matches):
    answer = {
        "id": "chatcmpl-0123456789",
        "object": "chat.completion",
        "created": 1750000000,
        "model": request["model"],
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": tokens, "completion_tokens": tokens, "total_tokens": tokens * 2},
        "findings": matches,
    }
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
