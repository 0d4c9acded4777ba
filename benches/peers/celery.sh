#!/bin/sh
# Celery with Redis on the same machine, for benches/jobs.rs: Redis writes and syncs each change (appendfsync always), as
# our queue does. Needs redis-server (Debian) and python3 with venv; takes Celery from PyPI. Usage: celery.sh [SIZE]
set -eu
size=${1:-2000}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
port=16379
export PEER_REDIS="redis://127.0.0.1:$port/0"
redis-server --port $port --dir "$work" --save "" --appendonly yes --appendfsync always --daemonize no >"$work/redis.log" 2>&1 &
redis=$!
worker=
trap 'kill $worker $redis 2>/dev/null; rm -rf "$work"' EXIT INT TERM
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'celery[redis]'
cd "$here"
run() { "$work/venv/bin/python" celery_app.py "$@"; }
start() {
    PEER_PREFETCH=$2 "$work/venv/bin/celery" -A celery_app worker --concurrency "$1" --loglevel ERROR >"$work/worker.log" 2>&1 &
    worker=$!
    sleep 4
}
stop() { kill "$worker"; wait "$worker" 2>/dev/null || true; worker=; redis-cli -p $port flushall >/dev/null; }

"$work/venv/bin/celery" --version
redis-server --version
run enqueue "$size" 1
run enqueue "$size" 64
redis-cli -p $port flushall >/dev/null
for workers in 1 2 8; do
    start $workers 64
    run whole "$size" $workers
    stop
done
start 2 1
run latency 200
stop
