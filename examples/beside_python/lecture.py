"""The lecture's tools at work: threading, concurrent.futures and multiprocessing.

Started by main.rs, with the number of workers. It reads a request a line and answers each with a line, both JSON:

    {"work": "factor", "way": "multiprocessing.Pool", "items": [12, 13], "chunk": 1}
    {"seconds": 0.0001, "results": [[2, 2, 3], [13]]}
"""

import concurrent.futures
import json
import multiprocessing
import os
import platform
import queue
import signal
import sys
import threading
import time


# ---- the work: the same algorithms as in main.rs ----


def factor(n):
    """The first number that divides n splits it in two; on past the square root, as a first program does."""
    if n == 1:
        return []
    for divisor in range(2, n - 1):
        if n % divisor == 0:
            return factor(divisor) + factor(n // divisor)
    return [n]


def factorial(n):
    product = 1
    for k in range(2, n + 1):
        product *= k
    return product


def squares(count):
    total = 0
    for n in range(count):
        total += n * n
    return total


def nothing(n):
    return n


WORK = {"factor": factor, "factorial": factorial, "squares": squares, "nothing": nothing}
# JSON numbers end at 64 bits for many readers.
AS_TEXT = {"factorial", "squares"}


# ---- the ways to do it ----


def chunks(items, size):
    return [items[i : i + size] for i in range(0, len(items), size)]


def in_a_loop(function, items, _size):
    return [function(item) for item in items]


def on_threads(function, items, size):
    """A thread for each chunk: all are started, then all are joined."""
    results = [None] * len(items)

    def run(start, chunk):
        for i, item in enumerate(chunk, start):
            results[i] = function(item)

    threads = [
        threading.Thread(target=run, args=(i * size, chunk))
        for i, chunk in enumerate(chunks(items, size))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def on_executor_of_threads(executor):
    def run(function, items, size):
        if size == 1:
            return list(executor.map(function, items))
        # An executor of threads takes no notice of `chunksize`.
        parts = executor.map(lambda chunk: [function(item) for item in chunk], chunks(items, size))
        return [result for part in parts for result in part]

    return run


def on_executor_of_processes(executor):
    return lambda function, items, size: list(executor.map(function, items, chunksize=size))


def on_pool(pool):
    return lambda function, items, size: pool.map(function, items, chunksize=size)


def alone():
    """What a worker process does first: Ctrl-C is for the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def requests():
    """The lines of standard input. When there are no more, whoever asked has ended, and so does all of this."""
    lines = queue.Queue()

    def read():
        for line in sys.stdin:
            lines.put(line)
        for child in multiprocessing.active_children():
            child.kill()
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        yield json.loads(lines.get())


def main():
    alone()
    workers = int(sys.argv[1])
    # Processes first, and all of them: a process with threads is not to be forked.
    pool = multiprocessing.Pool(workers, initializer=alone)
    processes = concurrent.futures.ProcessPoolExecutor(workers, initializer=alone)
    list(processes.map(nothing, range(100 * workers)))
    threads = concurrent.futures.ThreadPoolExecutor(workers)
    list(threads.map(nothing, range(100 * workers)))
    ways = {
        "for loop": in_a_loop,
        "threading": on_threads,
        "ThreadPoolExecutor": on_executor_of_threads(threads),
        "ProcessPoolExecutor": on_executor_of_processes(processes),
        "multiprocessing.Pool": on_pool(pool),
    }
    # Some builds of Python 3.13 and later have no such lock.
    locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    print(json.dumps({"version": platform.python_version(), "gil": locked}), flush=True)
    for request in requests():
        function, way = WORK[request["work"]], ways[request["way"]]
        start = time.perf_counter()
        results = way(function, request["items"], request["chunk"])
        seconds = time.perf_counter() - start
        if request["work"] in AS_TEXT:
            results = [str(result) for result in results]
        print(json.dumps({"seconds": seconds, "results": results}), flush=True)


if __name__ == "__main__":
    main()
