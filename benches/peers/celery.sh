#!/bin/sh
# Celery with Redis on the same machine, for benches/jobs.rs: Redis writes and syncs each change (appendfsync always), as
# our queue does. Needs redis-server (Debian) and python3 with venv; takes Celery from PyPI, or from the environment named
# in PEER_VENV. Usage: celery.sh [SIZE] [PART..], the parts being those of `--only`: enqueue, whole, latency.
set -eu
size=${1:-2000}
[ $# -gt 0 ] && shift
parts=${*:-enqueue whole latency}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
port=16379
export PEER_REDIS="redis://127.0.0.1:$port/0"
redis-server --port $port --dir "$work" --save "" --appendonly yes --appendfsync always --daemonize no >"$work/redis.log" 2>&1 &
redis=$!
worker=
trap 'kill $worker $redis 2>/dev/null; rm -rf "$work"' EXIT INT TERM
venv=${PEER_VENV:-$work/venv}
if [ ! -x "$venv/bin/celery" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet 'celery[redis]'
fi
cd "$here"
until redis-cli -p $port ping >/dev/null 2>&1; do sleep 0.1; done
run() { "$venv/bin/python" celery_app.py "$@"; }
start() {
    PEER_PREFETCH=$2 "$venv/bin/celery" -A celery_app worker --concurrency "$1" --loglevel ERROR >"$work/worker.log" 2>&1 &
    worker=$!
    sleep 4
}
stop() { kill "$worker"; wait "$worker" 2>/dev/null || true; worker=; redis-cli -p $port flushall >/dev/null; }

"$venv/bin/celery" --version
redis-server --version
for part in $parts; do
    case $part in
    enqueue)
        run enqueue "$size" 1
        run enqueue "$size" 64
        redis-cli -p $port flushall >/dev/null
        ;;
    whole)
        for workers in 1 2 8; do
            start $workers 64
            run whole "$size" $workers
            stop
        done
        ;;
    latency)
        start 2 1
        run latency 200
        stop
        ;;
    *)
        echo "no part $part: enqueue, whole or latency" >&2
        exit 2
        ;;
    esac
done
