"""The same work as benches/jobs.rs under Celery with Redis: tasks that do nothing, acknowledged late.

`celery_app.py enqueue N CLIENTS`, `celery_app.py whole N`, `celery_app.py latency N`; a worker runs beside it.
"""

import os
import sys
import threading
import time

import redis
from celery import Celery

URL = os.environ["PEER_REDIS"]
app = Celery("peer", broker=URL)
app.conf.update(task_acks_late=True, task_ignore_result=True, worker_prefetch_multiplier=int(os.environ.get("PEER_PREFETCH", "1")))
store = redis.Redis.from_url(URL)


@app.task(name="nothing")
def nothing(sent):
    # Counts with a durable write, as the completion of a job of ours is one.
    pipe = store.pipeline(transaction=True)
    pipe.incr("done")
    if sent:
        pipe.rpush("waits", time.time() - sent)
    pipe.execute()


def send(count, clients):
    def client():
        for _ in range(count // clients):
            nothing.delay(0)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def wait(count):
    while int(store.get("done") or 0) < count:
        time.sleep(0.005)


def main():
    what, count = sys.argv[1], int(sys.argv[2])
    store.delete("done", "waits")
    start = time.time()
    if what == "enqueue":
        clients = int(sys.argv[3])
        send(count, clients)
        print(f"one by one, {clients:2} clients: {count / (time.time() - start):9.0f} jobs/s")
    elif what == "whole":
        send(count, 1)
        wait(count)
        print(f"{sys.argv[3]:>2} workers, enqueue to completion: {count / (time.time() - start):9.0f} jobs/s")
    else:
        for n in range(count):
            nothing.delay(time.time())
            wait(n + 1)
            time.sleep(0.003)
        waits = sorted(1e3 * float(wait) for wait in store.lrange("waits", 0, -1))
        place = lambda part: waits[round((len(waits) - 1) * part)]
        print(f"enqueued to started, ms: p50 {place(0.5):.2f}, p95 {place(0.95):.2f}, p99 {place(0.99):.2f}")


if __name__ == "__main__":
    main()
