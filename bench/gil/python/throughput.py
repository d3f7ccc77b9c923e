"""Calls a second of each step on N threads or N processes. One JSON line per result; a line on stdin goes on."""

import json
import multiprocessing
import sys
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, ThreadPoolExecutor, wait

from gateway_work import STEPS, CallWork

BATCH_SECONDS = 0.002
WARM_UP_PART = 0.1


def batch_size(step, warm_up_seconds):
    """Warms the step up and gives the iterations between two looks at the clock, so many that it costs nothing."""
    started = time.perf_counter()
    calls = 0
    while time.perf_counter() - started < warm_up_seconds:
        step()
        calls += 1
    once = (time.perf_counter() - started) / calls
    return max(1, min(1000, int(BATCH_SECONDS / max(once, 1e-7))))


def loop(step, seconds, start):
    batch = batch_size(step, seconds * WARM_UP_PART)
    start.wait()
    calls = 0
    started = time.perf_counter()
    deadline = started + seconds
    while time.perf_counter() < deadline:
        for _ in range(batch):
            step()
        calls += batch
    return calls / (time.perf_counter() - started)


def run_threads(work, name, plan):
    start = threading.Barrier(plan["threads"])
    rates = [0.0] * plan["threads"]

    def body(index):
        rates[index] = loop(work.steps[name], plan["seconds"], start)

    threads = [threading.Thread(target=body, args=(index,)) for index in range(plan["threads"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(rates)


def process_main(plan, connection, start):
    works = {name: make_work(plan, name) for name in plan["bodies"]}
    connection.send(facts_of(works))
    while True:
        order = connection.recv()
        if order is None:
            return
        size, name = order
        connection.send(loop(works[size].steps[name], plan["seconds"], start))


class Processes:
    def __init__(self, plan):
        context = multiprocessing.get_context("spawn")
        # Kept: the children open its semaphores by name, which must outlive their start.
        self.start = context.Barrier(plan["threads"])
        self.connections = []
        self.children = []
        for _ in range(plan["threads"]):
            ours, theirs = context.Pipe()
            child = context.Process(target=process_main, args=(plan, theirs, self.start), daemon=True)
            child.start()
            self.children.append(child)
            self.connections.append(ours)
        self.facts = [connection.recv() for connection in self.connections][0]

    def run(self, size, name):
        for connection in self.connections:
            connection.send((size, name))
        return sum(connection.recv() for connection in self.connections)

    def close(self):
        for connection in self.connections:
            connection.send(None)
        for child in self.children:
            child.join()


class Threads:
    def __init__(self, plan):
        self.plan = plan
        self.works = {size: make_work(plan, size) for size in plan["bodies"]}
        self.facts = facts_of(self.works)

    def run(self, size, name):
        return run_threads(self.works[size], name, self.plan)

    def close(self):
        POOL_WORK.update(self.works)


def facts_of(works):
    return {size: work.facts() for size, work in works.items()}


def make_work(plan, size):
    with open(plan["bodies"][size], "rb") as file:
        return CallWork(file.read(), plan["patterns"], plan["ranks"])


POOL_WORK = {}


def pool_init(plan):
    for size in plan["bodies"]:
        POOL_WORK[size] = make_work(plan, size)


def pool_call(size, body):
    return POOL_WORK[size].call_on(body)


def run_pool(executor, size, plan):
    """Whole calls through the pool: the body goes in, the answer comes back, two per worker under way."""
    with open(plan["bodies"][size], "rb") as file:
        body = file.read()
    # Every worker is up and loaded before the clock starts.
    wait([executor.submit(pool_call, size, body) for _ in range(plan["threads"] * 4)])
    started = time.perf_counter()
    deadline = started + plan["seconds"]
    pending = {executor.submit(pool_call, size, body) for _ in range(plan["threads"] * 2)}
    calls = 0
    while time.perf_counter() < deadline:
        done, pending = wait(pending, return_when=FIRST_COMPLETED)
        calls += len(done)
        for _ in done:
            pending.add(executor.submit(pool_call, size, body))
    rate = calls / (time.perf_counter() - started)
    wait(pending)
    return rate


def report(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
    # The caller reads the memory of this process tree before it lets us go on.
    sys.stdin.readline()


def gil_enabled():
    return getattr(sys, "_is_gil_enabled", lambda: True)()


def main():
    plan = json.loads(sys.argv[1])
    # In the process mode only the children load the work: this process stands for a server's idle parent.
    steps = Processes(plan) if plan["mode"] == "processes" else Threads(plan)
    runtime = "Python " + sys.version.split()[0]
    report({"kind": "ready", "facts": steps.facts, "runtime": runtime, "gil": gil_enabled()})
    for size in plan["bodies"]:
        for name in STEPS:
            report({"kind": "rate", "size": size, "step": name, "perSecond": steps.run(size, name)})
    steps.close()
    if plan["mode"] == "processes":
        context = multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(plan["threads"], mp_context=context, initializer=pool_init, initargs=(plan,))
    else:
        executor = ThreadPoolExecutor(plan["threads"])
    with executor:
        for size in plan["bodies"]:
            report({"kind": "rate", "size": size, "step": "pool", "perSecond": run_pool(executor, size, plan)})


if __name__ == "__main__":
    main()
