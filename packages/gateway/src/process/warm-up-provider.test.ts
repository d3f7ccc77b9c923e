import assert from "node:assert/strict";
import { test } from "node:test";
import { startWarmUpProvider } from "./warm-up-provider.ts";
import { WARM_UP_WIRE_IDS, WARM_UP_WIRES } from "./warm-up-wires.ts";

for (const wire of WARM_UP_WIRE_IDS) {
  test(`the warm-up's provider answers ${wire} whole and streamed, again and again`, async () => {
    const { call, answer, events } = WARM_UP_WIRES[wire];
    const provider = await startWarmUpProvider();
    const ask = async (stream: boolean): Promise<string> => {
      const { path, body } = call("m", stream);
      const url = new URL(path, provider.url);
      return (await fetch(url, { method: "POST", body: JSON.stringify(body) })).text();
    };
    try {
      for (let round = 0; round < 3; round++) {
        assert.deepEqual(JSON.parse(await ask(false)), answer);
        assert.equal(await ask(true), events.join(""));
      }
    } finally {
      await provider.close();
    }
  });
}
