"""A stand-in for predecessor A's HTTP server, rebuilt from its written behaviour, to have something to compare with.

The original is not ours to ship. This keeps what costs time there: FastAPI 0.115 on uvicorn with one worker per core left
to the caller, ten middleware layers (ids, timing, two metrics layers, timeout, retry, quota, rate limit, access log),
pydantic bodies, a chart that is only echoed, random transits, and a chat answer that is a fixed string. Storage is a
dictionary, which is kinder to it than its Redis was. It computes no astronomy and keeps nothing durably.

    pip install fastapi==0.115.0 starlette==0.38.6 pydantic==2.8.0 uvicorn PyJWT prometheus-client
    uvicorn predecessor_a:app --app-dir benches/peers --port 8461 --log-level warning
"""

import datetime
import json
import logging
import random
import time
import uuid
from enum import Enum

import jwt
from fastapi import FastAPI, Header, HTTPException
from prometheus_client import Counter, Histogram, generate_latest
from pydantic import BaseModel
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, PlainTextResponse

SECRET = "dev-secret-change-me-dev-secret-change-me"
REQUESTS = Counter("http_requests_total", "", ["method", "route", "status"])
DURATION = Histogram("http_request_duration_seconds", "", ["route"])
SERVER_REQUESTS = Counter("http_server_requests_total", "", ["route", "method", "status"])
SERVER_DURATION = Histogram("http_server_requests_seconds", "", ["route", "method", "status"])
DECISIONS = Counter("apigw_rate_limit_decisions_total", "", ["route", "result"])
CHAT = Counter("chat_requests_total", "", ["tenant", "model"])
TOKENS = Counter("llm_tokens_total", "", ["tenant", "model"])
AXES = ["SUN", "MARS", "ASC", "MERCURY", "SATURN", "MC", "VENUS", "JUPITER", "NN"]
CHARTS: dict[str, str] = {}
WINDOW: list[float] = []
LOG = logging.getLogger("access")

app = FastAPI()


def layer(before=None, after=None):
    class Layer(BaseHTTPMiddleware):
        async def dispatch(self, request, call_next):
            state = before(request) if before else None
            response = await call_next(request)
            if after:
                after(request, response, state)
            return response

    app.add_middleware(Layer)


def limited(request):
    now = time.time()
    if len(WINDOW) > 10_000:
        WINDOW.clear()
    WINDOW.append(now)
    DECISIONS.labels("route", "allow").inc()


def limit_headers(request, response, _):
    response.headers["X-RateLimit-Limit"] = "60"
    response.headers["X-RateLimit-Remaining"] = "59"
    response.headers["X-RateLimit-Reset"] = str(int(time.time()) + 60)


def server_metrics(request, response, started):
    labels = ("route", request.method, str(response.status_code))
    SERVER_REQUESTS.labels(*labels).inc()
    SERVER_DURATION.labels(*labels).observe(time.perf_counter() - started)


def http_metrics(request, response, started):
    REQUESTS.labels(request.method, "route", str(response.status_code)).inc()
    DURATION.labels("route").observe(time.perf_counter() - started)


def header(name, value):
    def set_header(request, response, _):
        response.headers[name] = value() if callable(value) else value

    return set_header


def clock(_request):
    return time.perf_counter()


layer(after=header("X-Trace-ID", lambda: str(uuid.uuid4())))
layer(after=header("X-Request-ID", lambda: str(uuid.uuid4())))
layer(after=lambda request, response, _: LOG.info("%s %s", request.method, request.url))
layer(before=limited, after=limit_headers)
layer()
layer(before=clock, after=server_metrics)
layer(after=header("X-Retry-Count", "0"))
layer(after=header("X-Timeout-Total", "10"))
layer(before=clock, after=http_metrics)
layer(before=clock, after=header("X-Process-Time-ms", "1"))


class Certainty(str, Enum):
    exact = "exact"
    morning = "morning"
    afternoon = "afternoon"
    evening = "evening"
    unknown = "unknown"


class Birth(BaseModel):
    name: str
    date: str
    time: str | None = None
    tz: str
    lat: float
    lon: float
    time_certainty: Certainty = Certainty.exact


class Question(BaseModel):
    chart_id: str
    question: str


@app.post("/horoscope/natal")
def natal(birth: Birth):
    chart_id = str(uuid.uuid4())
    chart = {
        "name": birth.name,
        "birth": birth.model_dump(mode="json"),
        "precision_score": 5,
        "factors": [{"axis": a} for a in ("SUN", "ASC", "MC")],
    }
    record = {"id": chart_id, "owner": birth.name, "chart": chart}
    CHARTS[chart_id] = json.dumps(record)
    return record


def transits():
    factors = [
        {
            "axis": (axis := random.choice(AXES)),
            "intensity": round(random.uniform(0.5, 1.5), 2),
            "friction": round(random.uniform(0, 0.6), 2),
            "weight": 1.0,
            "snippet_id": f"TODAY_{axis}_EN",
        }
        for _ in range(6)
    ]
    factors.sort(key=lambda f: -(f["weight"] * f["intensity"] - f["friction"]))
    leaders = factors[:3]
    return {
        "date": datetime.date.today().isoformat(),
        "leaders": leaders,
        "influences": factors[3:6],
        "eao": {"energy": 1, "attention": 1, "opportunity": 1},
        "snippets": [{"id": f["snippet_id"], "text": "One generic sentence."} for f in leaders],
        "precision_score": 5,
    }


@app.get("/horoscope/today/{chart_id}")
def today(chart_id: str):
    if chart_id not in CHARTS:
        raise HTTPException(404, "Chart not found")
    json.loads(CHARTS[chart_id])
    return transits()


@app.post("/auth/login")
def login():
    exp = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    return {"access_token": jwt.encode({"sub": "1", "exp": exp}, SECRET, "HS256"), "token_type": "bearer"}


@app.post("/chat/advise")
def advise(question: Question, authorization: str = Header()):
    try:
        jwt.decode(authorization.split(" ", 1)[1], SECRET, ["HS256"])
    except jwt.PyJWTError:
        return JSONResponse({"detail": "invalid_token"}, 401)
    if question.chart_id not in CHARTS:
        raise HTTPException(404, "chart_not_found")
    day = transits()
    CHAT.labels("default", "gpt-4o-mini").inc()
    answer = f"FAKE_OPENAI: precision=5; eao={day['eao']} {question.question}"[:80]
    TOKENS.labels("default", "gpt-4o-mini").inc(len(answer.split()))
    return {"answer": answer, "date": day["date"]}


@app.get("/metrics")
def metrics():
    return PlainTextResponse(generate_latest())
