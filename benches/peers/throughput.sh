#!/usr/bin/env bash
# Requests per second of Orrery beside the stand-in for predecessor A, on this machine, in one run, with wrk.
#   benches/peers/throughput.sh PATH_TO_ORRERY PATH_TO_UVICORN [SECONDS] [CONNECTIONS]
# Prints one line per route: requests/s of each, and the ratio. wrk shares the cores with the server it measures.
set -euo pipefail
orrery=$1 uvicorn=$2 seconds=${3:-10} connections=${4:-64}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
ours=http://127.0.0.1:8470 theirs=http://127.0.0.1:8471
json() { python3 -c 'import json,sys; d=json.load(sys.stdin)
for k in sys.argv[1].split("."): d=d[k]
print(d)' "$1"; }
post() { curl -sS -X POST "$1" -H 'content-type: application/json' "${@:3}" -d "$2"; }

printf 'correct horse battery staple' >"$work/password"
# What is measured is the work, not the limits: they are lifted here and stand at their defaults elsewhere.
for scope in TENANT USER KEY ADDRESS ROUTE_AUTH ROUTE_READ ROUTE_COMPUTE ROUTE_CHAT ROUTE_OPS; do
  export "ORRERY_LIMITS_$scope=off"
done
"$orrery" init --data-dir "$work/data" --admin-email ops@example.org --password-file "$work/password" >/dev/null
"$orrery" serve --data-dir "$work/data" --listen 127.0.0.1:8470 2>"$work/orrery.log" &
"$uvicorn" predecessor_a:app --app-dir "$here" --port 8471 --workers 1 --log-level warning --no-access-log &
until curl -sf $ours/health >/dev/null && curl -sf $theirs/metrics >/dev/null; do sleep 0.2; done

pw='"password": "correct horse battery staple"'
ops=$(post $ours/v1/auth/login "{\"tenant\": \"system\", \"email\": \"ops@example.org\", $pw}" | json data.access_token)
post $ours/v1/ops/tenants '{"slug": "bench", "registration_open": true}' -H "authorization: Bearer $ops" >/dev/null
post $ours/v1/auth/register "{\"tenant\": \"bench\", \"email\": \"a@example.org\", $pw}" >/dev/null
token=$(post $ours/v1/auth/login "{\"tenant\": \"bench\", \"email\": \"a@example.org\", $pw}" | json data.access_token)
their_token=$(curl -sS -X POST $theirs/auth/login | json access_token)

birth='{"name": "Albert", "date": "1879-03-14", "time": "11:30", "tz": "Europe/Berlin", "lat": 48.4, "lon": 9.99}'
our_chart=$(post $ours/v1/charts "$birth" -H "authorization: Bearer $token" | json data.id)
their_chart=$(post $theirs/horoscope/natal "$birth" | json id)
question() { printf '{"chart_id": "%s", "question": "What should I keep in mind at work?"}' "$1"; }

# rate NAME URL TOKEN [BODY]: requests/s, and a loud stop when anything but success came back.
rate() {
  cat >"$work/$1.lua" <<LUA
wrk.headers["authorization"] = "Bearer $3"
if [=[${4:-}]=] ~= "" then
  wrk.method = "POST"; wrk.body = [=[${4:-}]=]; wrk.headers["content-type"] = "application/json"
end
LUA
  wrk -t1 -c"$connections" -d"${seconds}s" --latency -s "$work/$1.lua" "$2" >"$work/$1.txt"
  if grep -q 'Non-2xx' "$work/$1.txt"; then cat "$work/$1.txt" >&2; exit 1; fi
  awk '/Requests\/sec/ {print $2}' "$work/$1.txt"
}
line() { awk -v n="$1" -v a="$2" -v b="$3" 'BEGIN {printf "%-28s %10.0f/s %10.0f/s %8.1fx\n", n, a, b, a / b}'; }

printf '%-28s %12s %12s %9s\n' route orrery stand-in ratio
a=$(rate o1 $ours/v1/charts "$token" "$birth"); b=$(rate t1 $theirs/horoscope/natal x "$birth"); line 'POST /v1/charts' "$a" "$b"
a=$(rate o2 "$ours/v1/charts/$our_chart/today" "$token"); b=$(rate t2 "$theirs/horoscope/today/$their_chart" x); line 'GET /v1/charts/{id}/today' "$a" "$b"
a=$(rate o3 $ours/v1/chat/advise "$token" "$(question "$our_chart")"); b=$(rate t3 $theirs/chat/advise "$their_token" "$(question "$their_chart")"); line 'POST /v1/chat/advise' "$a" "$b"
