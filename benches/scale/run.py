#!/usr/bin/env python3
"""What a search costs against the number of documents, beside FAISS on the same vectors in one run.

    python -m venv venv && venv/bin/pip install -r benches/scale/requirements.txt
    venv/bin/python benches/scale/run.py TEXTS.txt        # one text a line, 20,000 or more

It embeds the texts with `vecscope embed`, unless SEED.npy is given in place of TEXTS.txt. A million sentences of one kind are
hard to come by, and their embedding takes an hour; so the vectors are grown from the real ones: to a real vector a, half of
the difference of two others is added, a + 0.5 (b - c), and the sum is scaled to unit length. That keeps where the vectors
point and how they vary together, and makes no two of them equal. The queries are real vectors that were held out.

Each way at each size has a process of its own, so that its memory is its own. The truth is what FAISS finds by IndexFlatIP.
All use as many threads as there are cores; one query at a time. The table goes to the standard output, the plot to
docs/scale.svg.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
K = 10
QUERIES = 1000
OURS = {"exact": "vecscope exact", "two-pass": "vecscope two-pass", "hnsw": "vecscope HNSW"}
START = "vecscope from start to end, all in the cache"
THEIRS = {"flat": "FAISS IndexFlatIP", "binary": "FAISS IndexBinaryFlat, rescored", "hnsw": "FAISS IndexHNSWFlat"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("source", type=Path, help="texts, one a line; or their vectors as .npy")
    parser.add_argument("--sizes", default="100,1000,10000,100000,1000000")
    parser.add_argument("--queries", type=int, default=300, help="how many queries are timed")
    parser.add_argument("--hnsw-most", type=int, default=1_000_000, help="the largest size for which graphs are built")
    parser.add_argument("--bench", type=Path, help="the built bench; by default cargo builds it")
    parser.add_argument("--folder", type=Path, help="where the vectors are kept; by default they are not")
    parser.add_argument("--theirs", nargs=2, metavar=("WAY", "SIZE"), help=argparse.SUPPRESS)
    return parser.parse_args()


def seed(source):
    if source.suffix == ".npy":
        return np.load(source).astype("<f4")
    with tempfile.TemporaryFile() as vectors:
        command = ["cargo", "run", "--release", "--quiet", "--", "embed", str(source.resolve()), "--format", "npy"]
        subprocess.run(command, check=True, stdout=vectors, cwd=ROOT)
        vectors.seek(0)
        return np.load(vectors).astype("<f4")


def grow(real, size):
    chance = np.random.default_rng(7)
    grown = np.empty((size, real.shape[1]), "<f4")
    first = min(size, len(real))
    grown[:first] = real[:first]
    for start in range(first, size, 50_000):
        end = min(size, start + 50_000)
        a, b, c = chance.integers(0, len(real), (3, end - start))
        block = real[a] + np.float32(0.5) * (real[b] - real[c])
        grown[start:end] = block / np.linalg.norm(block, axis=1, keepdims=True)
    return grown


def percentiles(times):
    times = sorted(times)
    return {f"p{p}_ms": times[min(len(times) * p // 100, len(times) - 1)] for p in (50, 99)}


def peak_mb():
    """The most memory of this process: that of its parent, which `getrusage` counts in, is left out."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e6


def theirs(way, size, folder):
    """In a process of its own: measures FAISS and prints one JSON object; `flat` writes down the truth."""
    import faiss

    faiss.omp_set_num_threads(os.cpu_count())
    queries = np.load(folder / "queries.npy")
    dimensions = queries.shape[1]
    # Read and not mapped, as what is mapped would count as memory in use.
    vectors = open(folder / "vectors.npy", "rb")
    np.lib.format.read_magic(vectors)
    np.lib.format.read_array_header_1_0(vectors)
    next_block = lambda rows: np.fromfile(vectors, "<f4", rows * dimensions).reshape(rows, dimensions)
    started = time.perf_counter()
    if way == "flat":
        index = faiss.IndexFlatIP(dimensions)
    elif way == "hnsw":
        index = faiss.IndexHNSWFlat(dimensions, 16, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction, index.hnsw.efSearch = 128, 256
    else:
        index, kept = faiss.IndexBinaryFlat(math.ceil(dimensions / 8) * 8), np.empty((size, dimensions), "<f4")
        middle = None
    bits = lambda rows: np.packbits(rows >= middle, axis=1)
    for start in range(0, size, 50_000):
        block = next_block(min(50_000, size - start))
        if way == "binary" and middle is None:
            middle = block.mean(axis=0)
        if way == "binary":
            index.add(bits(block))
            kept[start : start + len(block)] = block
        else:
            index.add(block)
    build = time.perf_counter() - started

    def search(query):
        if way != "binary":
            return index.search(query, K)[1][0]
        # As its queries have one bit a dimension, too, the same recall takes so many.
        _, near = index.search(bits(query), min(size, max(size // 64, 4_000)))
        near = near[0]
        scores = kept[near] @ query[0]
        best = np.argsort(-scores, kind="stable")[:K]
        return near[best]

    search(queries[:1])
    times, found = [], []
    for query in queries:
        started = time.perf_counter()
        found.append(search(query[None]))
        times.append((time.perf_counter() - started) * 1e3)
    found = np.array(found, dtype="<i8")
    if way == "flat":
        np.save(folder / "truth.npy", found)
    truth = np.load(folder / "truth.npy")
    shared = sum(len(set(a) & set(b[b >= 0])) for a, b in zip(found, truth))
    recall = shared / max(1, int((truth >= 0).sum()))
    print(json.dumps({"n": size, "recall": recall, "build_s": build, "peak_mb": peak_mb(), **percentiles(times)}))


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ROOT, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def build_bench():
    build = ["cargo", "bench", "--bench", "scale", "--no-run", "--message-format=json"]
    built = subprocess.run(build, stdout=subprocess.PIPE, check=True, cwd=ROOT, text=True).stdout.splitlines()
    binaries = [line["executable"] for line in map(json.loads, built) if line.get("executable")]
    return next(binary for binary in binaries if Path(binary).name.startswith("scale-"))


def measure(options, folder):
    results = {}
    bench = str(options.bench or build_bench())
    for size in map(int, options.sizes.split(",")):
        ways = [("flat", None), (None, "exact"), (None, "two-pass"), ("binary", None)]
        if size <= options.hnsw_most:
            ways += [(None, "hnsw"), ("hnsw", None)]
        for their, our in ways:
            name = THEIRS[their] if their else OURS[our]
            if their:
                command = [sys.executable, __file__, str(options.source), "--folder", str(folder)]
                command += ["--theirs", their, str(size)]
            else:
                files = [str(folder / f"{name}.npy") for name in ("vectors", "queries", "truth")]
                command = [bench, our, str(size), *files]
            results[name, size] = run(command)
            print(f"{name} at {size:,}: {results[name, size]}", file=sys.stderr)
        results[START, size] = run([bench, "start", str(size), str(folder / "vectors.npy"), str(folder)])
        print(f"{START} at {size:,}: {results[START, size]}", file=sys.stderr)
    return results


def table(results, sizes):
    names = list(dict.fromkeys(name for name, _ in results))
    figures = lambda ms: f"{ms:,.0f}" if ms >= 1_000 else f"{ms:.3g}"
    cell = lambda found: "–" if found is None else f"{figures(found['p50_ms'])} / {figures(found['p99_ms'])}"
    yield "| p50 / p99 in ms | " + " | ".join(f"{size:,}" for size in sizes) + " | recall@10 | peak memory | built in |"
    yield "| --- |" + " ---: |" * (len(sizes) + 3)
    for name in names:
        row = [results.get((name, size)) for size in sizes]
        last = next(found for found in reversed(row) if found)
        cells = [cell(found) for found in row]
        if name == START:
            cells += ["–", "–", "–"]
        else:
            cells += [f"{last['recall']:.4f}", f"{last['peak_mb']:,.0f} MB", f"{last['build_s']:.3g} s"]
        yield f"| {name} | " + " | ".join(cells) + " |"


def plot(results, sizes):
    """Both axes logarithmic; colours that can be told apart on white and on black."""
    width, height, left, bottom, top, right = 760, 420, 70, 50, 20, 230
    colours = ["#d1495b", "#2a9d8f", "#7b6fd0", "#e09f3e", "#3d8bd0", "#8a8f98"]
    names = list(dict.fromkeys(name for name, _ in results))
    times = [found["p50_ms"] for found in results.values()]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])
    x = lambda size: left + (math.log10(size) - first) / max(last - first, 1) * (width - left - right)
    y = lambda ms: height - bottom - (math.log10(ms) - low) / (high - low) * (height - top - bottom)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">',
        "<title>Median time of a search against the number of documents</title>",
        '<g fill="#8a8f98" stroke="none">',
    ]
    for power in range(low, high + 1):
        at = y(10**power)
        out.append(f'<path d="M{left} {at:.1f}H{width - right}" stroke="#8a8f98" stroke-opacity="0.35"/>')
        out.append(f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g} ms</text>')
    for size in sizes:
        out.append(f'<text x="{x(size):.1f}" y="{height - bottom + 20}" text-anchor="middle">{size:,}</text>')
    out.append(f'<text x="{(left + width - right) / 2}" y="{height - 8}" text-anchor="middle">documents</text></g>')
    for number, name in enumerate(names):
        points = [(x(size), y(results[name, size]["p50_ms"])) for size in sizes if (name, size) in results]
        path = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in points)
        colour, dash = colours[number % len(colours)], "" if name.startswith("vecscope") else ' stroke-dasharray="5 4"'
        out.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in points]
        row = top + 14 + number * 22
        out.append(f'<path d="M{width - right + 14} {row - 4}h22" stroke="{colour}" stroke-width="2"{dash}/>')
        out.append(f'<text x="{width - right + 42}" y="{row}" fill="{colour}">{name}</text>')
    return "\n".join([*out, "</svg>", ""])


def main():
    options = arguments()
    if options.theirs:
        return theirs(options.theirs[0], int(options.theirs[1]), options.folder)
    sizes = [int(size) for size in options.sizes.split(",")]
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        real = seed(options.source)
        held_out = min(QUERIES, len(real) // 10)
        np.save(folder / "queries.npy", real[-held_out:][: options.queries])
        np.save(folder / "vectors.npy", grow(real[:-held_out], max(sizes)))
        del real
        results = measure(options, folder.resolve())
    print("\n".join(table(results, sizes)))
    searches = {key: found for key, found in results.items() if key[0] != START}
    (ROOT / "docs" / "scale.svg").write_text(plot(searches, sizes))


if __name__ == "__main__":
    main()
