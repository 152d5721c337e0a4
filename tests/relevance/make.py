#!/usr/bin/env python3
"""Writes pytrec_eval.json: what trec_eval says of small random rankings.

    python3 -m venv venv
    venv/bin/pip install pytrec_eval-terrier==0.5.11
    venv/bin/python make.py

The same on every run. Each case is a ranking, judgements as pairs of an item and its relevance, and the measures
that trec_eval gives for them. Scores fall strictly, so that trec_eval keeps the order.
"""

import json
import pathlib
import random

import pytrec_eval

CUTS = [1, 3, 10]
MEASURES = {"map", "recip_rank", "success.1"} | {
    f"{name}.{cut}" for name in ("ndcg_cut", "recall") for cut in CUTS
}


def case(rng, kind):
    items = rng.sample(range(40), rng.randint(1, 14))
    judged = rng.sample(range(40), rng.randint(1, 20))
    levels = {
        "binary": [0, 1],
        "graded": [0, 0, 1, 2, 3],
        "negative": [-2, -1, 0, 1, 4],
        "irrelevant": [-1, 0],
    }[kind]
    judgements = {item: rng.choice(levels) for item in judged}
    # pytrec_eval ended with a segmentation fault on cases that had only such judgements; without them it does not.
    judgements[judged[0]] = max(judgements[judged[0]], 0)
    return items, judgements


def evaluated(items, judgements):
    evaluator = pytrec_eval.RelevanceEvaluator(
        {"q": {str(item): relevance for item, relevance in judgements.items()}}, MEASURES
    )
    run = {str(item): float(len(items) - place) for place, item in enumerate(items)}
    return evaluator.evaluate({"q": run})["q"]


def main():
    rng = random.Random(20)
    kinds = ["binary"] * 16 + ["graded"] * 20 + ["negative"] * 8 + ["irrelevant"] * 4
    lines = []
    for kind in kinds:
        items, judgements = case(rng, kind)
        found = evaluated(items, judgements)
        lines.append(
            json.dumps(
                {
                    "ranked": items,
                    "judgements": sorted(judgements.items()),
                    "average_precision": found["map"],
                    "reciprocal_rank": found["recip_rank"],
                    "success_1": found["success_1"],
                    "at": [
                        {"k": cut, "ndcg": found[f"ndcg_cut_{cut}"], "recall": found[f"recall_{cut}"]}
                        for cut in CUTS
                    ],
                }
            )
        )
    text = "[\n" + ",\n".join(lines) + "\n]\n"
    pathlib.Path(__file__).with_name("pytrec_eval.json").write_text(text)


main()
