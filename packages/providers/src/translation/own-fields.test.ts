import assert from "node:assert/strict";
import { test } from "node:test";
import { Losses } from "./losses.ts";
import { takeOwnFields } from "./own-fields.ts";

test("own fields: the provider's own are taken, bookkeeping is passed over, all else is lost", () => {
  const losses = new Losses("openai-chat");
  const extra = {
    keep_alive: "5m",
    user: "ada",
    store: false,
    service_tier: "flex",
    logit_bias: { 7: -100 },
    ["__proto__"]: { keep_alive: "1h" },
  };
  assert.deepEqual(takeOwnFields(extra, new Set(["keep_alive"]), losses), { keep_alive: "5m" });
  assert.deepEqual(losses.paths, ["service_tier", "logit_bias", "__proto__"]);
});

test("own fields: a value that does mean something is lost", () => {
  const losses = new Losses("openai-chat");
  assert.deepEqual(takeOwnFields({ store: true }, new Set(), losses), {});
  assert.deepEqual(losses.paths, ["store"]);
});
