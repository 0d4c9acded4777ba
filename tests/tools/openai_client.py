"""The real `openai` package as a client of an appliance: what programs written for it do, and the classes of its errors.

Driven by tests/it/openai_client.rs, which plays the model behind the appliance. Arguments: the base URL, an API key, the
name of the model, and what is played: `usual`, `throttled` or `spent`. Exits 0 when everything is as the package expects.
"""

import asyncio
import os
import sys

import openai

BASE_URL, KEY, MODEL, PLAYED = sys.argv[1:5]
TEXT = "One, two, three, four"
ASKED = [{"role": "system", "content": "Count."}, {"role": "user", "content": "To four, please."}]


def client(**changes):
    return openai.OpenAI(**{"base_url": BASE_URL, "api_key": KEY, "max_retries": 0, "timeout": 60, **changes})


def fails(kind, status, act):
    """The error that `act` fails with, which must be of this very class and status."""
    try:
        act()
    except openai.APIStatusError as error:
        assert type(error) is kind and error.status_code == status, f"expected {kind.__name__} {status}: {error!r}"
        assert error.message and error.request_id, repr(error)
        return error
    raise AssertionError(f"expected {kind.__name__} {status}, and nothing failed")


def chat(of, **changes):
    return of.chat.completions.create(**{"model": MODEL, "messages": ASKED, **changes})


def usual():
    api = client()
    models = [model.id for model in api.models.list()]
    assert MODEL in models, models
    assert api.models.retrieve(MODEL).id == MODEL

    whole = chat(api, seed=7, temperature=0, max_tokens=50, user="nobody")
    choice = whole.choices[0]
    assert (choice.message.role, choice.message.content, choice.finish_reason) == ("assistant", TEXT, "stop"), whole
    assert whole.object == "chat.completion" and whole.model == MODEL and whole.id.startswith("chatcmpl-"), whole
    assert whole.usage.prompt_tokens == 1000 and whole.usage.total_tokens == 1200, whole.usage
    assert chat(api, max_completion_tokens=50, n=1).choices[0].message.content == TEXT
    stopped = chat(api, stop=["three"]).choices[0]
    assert (stopped.message.content, stopped.finish_reason) == ("One, two, ", "stop"), stopped

    chunks = list(chat(api, stream=True, stream_options={"include_usage": True}))
    assert all(chunk.object == "chat.completion.chunk" and chunk.id == chunks[0].id for chunk in chunks), chunks
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert "".join(pieces) == TEXT and len(pieces) > 1, pieces
    assert chunks[0].choices[0].delta.role == "assistant", chunks[0]
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop", chunks
    assert (chunks[-1].choices, chunks[-1].usage.total_tokens) == ([], 1200), chunks[-1]
    plain = list(chat(api, stream=True))
    assert all(chunk.choices and chunk.usage is None for chunk in plain), plain
    # The package's own joining of the pieces, which adds up whatever each of them says.
    with api.chat.completions.stream(model=MODEL, messages=ASKED) as joined:
        message = joined.get_final_completion().choices[0].message
    assert (message.role, message.content) == ("assistant", TEXT), message
    with chat(api, stream=True) as left:
        next(iter(left))

    async def at_once():
        async with openai.AsyncOpenAI(base_url=BASE_URL, api_key=KEY, max_retries=0) as many:
            asked = [many.chat.completions.create(model=MODEL, messages=ASKED) for _ in range(3)]
            assert all(one.choices[0].message.content == TEXT for one in await asyncio.gather(*asked))
            text = ""
            async for chunk in await many.chat.completions.create(model=MODEL, messages=ASKED, stream=True):
                text += chunk.choices[0].delta.content or ""
            assert text == TEXT, text

    asyncio.run(at_once())

    once = {"extra_headers": {"Idempotency-Key": "count-1"}}
    first, again = (api.chat.completions.with_raw_response.create(model=MODEL, messages=ASKED, **once) for _ in range(2))
    assert first.content == again.content and again.headers["idempotency-replayed"] == "true", again.headers
    other = [{"role": "user", "content": "To five."}]
    fails(openai.ConflictError, 409, lambda: chat(api, messages=other, **once))

    stranger = client(api_key="ork_" + "0" * 50)
    fails(openai.AuthenticationError, 401, lambda: stranger.models.list())
    fails(openai.AuthenticationError, 401, lambda: chat(stranger))
    unknown = fails(openai.NotFoundError, 404, lambda: chat(api, model="oracle"))
    assert unknown.param == "model" and "oracle" not in MODEL, unknown.body
    fails(openai.NotFoundError, 404, lambda: api.models.retrieve("oracle"))
    for wrong, param in [({"temperature": 9}, "temperature"), ({"n": 2}, "n"), ({"messages": []}, "messages")]:
        error = fails(openai.BadRequestError, 400, lambda: chat(api, **wrong))
        assert error.param == param and error.type == "invalid_request_error", error.body
    fails(openai.BadRequestError, 400, lambda: chat(api, stream=True, **once))

    embedding = os.environ.get("ORRERY_TEST_EMBEDDING_MODEL")
    if embedding:
        # The package asks for base64 unless it is told otherwise; both forms are the same numbers.
        told = api.embeddings.create(model=embedding, input=["The Moon", "La Lune"])
        floats = api.embeddings.create(model=embedding, input="The Moon", encoding_format="float")
        assert len(told.data) == 2 and told.usage.total_tokens > 0, told.usage
        near = zip(told.data[0].embedding, floats.data[0].embedding, strict=True)
        assert all(abs(a - b) < 1e-5 for a, b in near)
    else:
        fails(openai.NotFoundError, 404, lambda: api.embeddings.create(model="nothing-of-that-name", input="x"))


def throttled():
    api = client()
    for _ in range(20):
        try:
            chat(api)
        except openai.RateLimitError as error:
            assert error.status_code == 429 and int(error.response.headers["retry-after"]) >= 1, error
            break
    else:
        raise AssertionError("nothing was throttled")
    # The package waits as it is told, and succeeds.
    assert chat(client(max_retries=5)).choices[0].message.content == TEXT


def spent():
    error = fails(openai.APIStatusError, 402, lambda: chat(client()))
    assert error.type == "insufficient_quota" and error.code == "budget_exhausted", error.body
    fails(openai.APIStatusError, 402, lambda: list(chat(client(), stream=True)))


{"usual": usual, "throttled": throttled, "spent": spent}[PLAYED]()
print("fine", openai.__version__)
