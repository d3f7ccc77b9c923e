import assert from "node:assert/strict";
import { test } from "node:test";
import { LOCAL_SERVERS } from "./local-servers.ts";
import { adapterById } from "./registry.ts";

const openAiList = (owner: string) => ({
  object: "list",
  data: [
    { id: "a", object: "model", owned_by: owner },
    { id: "b/c:latest", object: "model", owned_by: owner },
  ],
});

test("local servers: each has an adapter", () => {
  for (const { adapter } of LOCAL_SERVERS) assert.equal(adapterById(adapter).id, adapter);
});

for (const [adapter, body] of [
  ["ollama", { models: [{ name: "a", size: 1 }, { name: "b/c:latest" }] }],
  ["lm-studio", openAiList("organization_owner")],
  ["vllm", openAiList("vllm")],
  ["llama-cpp", openAiList("llamacpp")],
] as const) {
  test(`local servers: ${adapter} lists its models`, () => {
    const server = LOCAL_SERVERS.find((one) => one.adapter === adapter);
    assert.deepEqual(server?.readModels(body), ["a", "b/c:latest"]);
    for (const other of [{}, { models: 5 }, openAiList("somebody")])
      assert.equal(server?.readModels(other), null);
  });
}
