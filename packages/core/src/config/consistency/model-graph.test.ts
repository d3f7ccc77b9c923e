import assert from "node:assert/strict";
import { test } from "node:test";
import { models, problemLines } from "../testing.ts";

const LEAF = "targets: [{ provider: mock, model: x }]";

/** Models that each name the next so many times. */
function layers(depth: number, times: number): string[] {
  const targets = (next: string): string =>
    Array.from({ length: times }, () => `{ model: ${next} }`).join(", ");
  return Array.from({ length: depth }, (_, layer) => {
    const rest = layer === depth - 1 ? LEAF : `targets: [${targets(`m${layer + 1}`)}]`;
    return `  m${layer}: { strategy: { type: fallback }, ${rest} }`;
  });
}

function linesOf(layersText: readonly string[]): string[] {
  return problemLines(
    models(["models:", `  m: { ${LEAF} }`, ...layersText].join("\n")),
    {},
    {
      acceptNotBuilt: true,
    },
  );
}

test("config problem, model graph: models that double at each step are refused, not counted out", () => {
  assert.deepEqual(linesOf(layers(16, 20)), [
    "headrace.yaml:16:40 models.m12.targets: there are more than 1000 targets, those of the models that it names among them",
  ]);
});

test("config problem, model graph: a thousand targets are fine", () => {
  assert.deepEqual(linesOf(layers(4, 10)), []);
});

const CHAIN =
  /^headrace\.yaml:\d+:\d+ models\.m\d+\.targets(\[0\]\.model)?: there are more than 16 models one behind the other$/;

test("config problem, model graph: a long chain is refused once, from either end", () => {
  assert.deepEqual(linesOf(layers(16, 1)), []);
  for (const chain of [
    layers(17, 1),
    layers(17, 1).reverse(),
    layers(5_000, 1),
    layers(5_000, 1).reverse(),
  ]) {
    const lines = linesOf(chain);
    assert.equal(lines.length, 1, lines.slice(0, 3).join("\n"));
    assert.match(lines[0] ?? "", CHAIN);
  }
});
