import assert from "node:assert/strict";
import { test } from "node:test";
import { startMock } from "../server.ts";
import { rawPost } from "../testing/raw-client.ts";
import { sniffGeneration } from "./sniff.ts";

function sniff(text: string): ReturnType<typeof sniffGeneration> {
  return sniffGeneration(Buffer.from(text));
}

test("model, stream and include_usage are found with and without spaces", () => {
  assert.deepEqual(sniff('{"model":"m","messages":[]}'), { model: "m", stream: false, includeUsage: false });
  assert.deepEqual(
    sniff('{"stream" : true, "stream_options":{"include_usage": true},\n"model" :\t"grüße"}'),
    {
      model: "grüße",
      stream: true,
      includeUsage: true,
    },
  );
  assert.equal(sniff('{"model":"m","stream":false}')?.stream, false);
  assert.equal(sniff('{"messages":[{"content":"say \\"model\\":\\"x\\""}],"model":"m"}')?.model, "m");
});

test("any doubt is left to the parser", () => {
  const doubtful = [
    '{"messages":[]}',
    '{"model":1}',
    '{"model":"a\\"b"}',
    '{"model":""}',
    '{"model":"m","model":"n"}',
    '{"messages":[{"content":"model"}]}',
    '{"messages":[{"content":"say \\"model"}]}',
    '{"model":"m","stream":null}',
    '{"model":"m","tools":[]}',
    '{"model":"m","max_tokens":1}',
    '{"model":"m","n":2}',
    '{"model":"m","response_format":{}}',
    '{"model":"m","x_mock":{}}',
    '{"model"',
  ];
  for (const body of doubtful) assert.equal(sniff(body), undefined, body);
});

test("a mock that trusts bodies gives the answers of one that parses them", async () => {
  const mocks = await Promise.all([startMock({ trustBodies: true }), startMock()]);
  const messages = [{ role: "user", content: "x".repeat(4_096) }];
  const bodies = [
    { model: "m", messages },
    { model: "m", messages, stream: true, stream_options: { include_usage: true } },
    { model: "m", messages, n: 2 },
    { model: "m", messages, x_mock: { status: 500 } },
  ];
  for (const body of bodies) {
    const [trusting, parsing] = await Promise.all(mocks.map(({ port }) => rawPost({ port, body })));
    assert.equal(trusting?.body.toString(), parsing?.body.toString());
    assert.equal(trusting?.status, parsing?.status);
  }
  await Promise.all(mocks.map((mock) => mock.close()));
});
