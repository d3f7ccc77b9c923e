"""Latency of small calls on the event loop while big ones are worked on beside it, by threads or by processes."""

import asyncio
import json
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from throughput import gil_enabled, make_work, pool_call, pool_init, report


WARM_UP_CALLS = 300


async def small_calls(plan, work):
    """Open loop: call i is due at start + i / rate, and its latency counts from then."""
    latencies = []
    loop = asyncio.get_running_loop()
    started = loop.time()
    total = int(plan["smallPerSecond"] * plan["seconds"])
    for index in range(total):
        due = started + index / plan["smallPerSecond"]
        delay = due - loop.time()
        # Even when late the loop gets its turn, as it would between two requests.
        await asyncio.sleep(max(0, delay))
        work.call()
        latencies.append((loop.time() - due) * 1000)
    return latencies


async def big_calls(plan, executor, body, state):
    loop = asyncio.get_running_loop()
    while not state["over"]:
        await loop.run_in_executor(executor, pool_call, "big", body)
        state["done"] += 1


async def run(plan, work, executor, body):
    state = {"over": False, "done": 0}
    tasks = []
    if executor is not None:
        # Every worker is up and loaded before the clock starts.
        loop = asyncio.get_running_loop()
        ready = [loop.run_in_executor(executor, pool_call, "big", body) for _ in range(plan["threads"] * 2)]
        await asyncio.gather(*ready)
        tasks = [asyncio.create_task(big_calls(plan, executor, body, state)) for _ in range(plan["threads"])]
    started = time.perf_counter()
    latencies = await small_calls(plan, work)
    seconds = time.perf_counter() - started
    state["over"] = True
    done = state["done"]
    await asyncio.gather(*tasks)
    return latencies, done / seconds


def main():
    plan = json.loads(sys.argv[1])
    work = make_work(plan, "small")
    for _ in range(WARM_UP_CALLS):
        work.call()
    with open(plan["bodies"]["big"], "rb") as file:
        body = file.read()
    report({"kind": "ready", "facts": {}, "runtime": "Python " + sys.version.split()[0], "gil": gil_enabled()})
    latencies, _ = asyncio.run(run(plan, work, None, body))
    report({"kind": "tail", "load": "none", "latenciesMs": latencies, "bigPerSecond": 0})
    if plan["mode"] == "processes":
        context = multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(plan["threads"], mp_context=context, initializer=pool_init, initargs=(plan,))
    else:
        pool_init(plan)
        executor = ThreadPoolExecutor(plan["threads"])
    with executor:
        latencies, big = asyncio.run(run(plan, work, executor, body))
        report({"kind": "tail", "load": "big", "latenciesMs": latencies, "bigPerSecond": big})


if __name__ == "__main__":
    main()
