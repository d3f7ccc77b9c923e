import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJsonObject } from "../json/read.ts";
import { demandFixtureObject } from "./expectation.ts";
import { foundInAnswer, usageOf } from "./findings.ts";
import { readAnswerFixture, readExpectedAnswer, readExpectedRefusal } from "./fixture-files.ts";
import { chatSubjects } from "./subjects.ts";

for (const { title, adapter, codec, folder, cases } of chatSubjects()) {
  for (const name of cases.filter((one) => one !== "error")) {
    const bytes = readAnswerFixture(folder, name);
    if (bytes === null) continue;

    test(`${title} answers ${name}: what it says is found`, () => {
      const body = demandFixtureObject(parseJsonObject(bytes.toString()), name);
      assert.deepEqual(foundInAnswer(codec.decodeAnswer(body)), readExpectedAnswer(folder, name));
    });

    test(`${title} answers ${name}: its usage is found in the bytes as well`, () => {
      const service = adapter.services[codec.wire];
      assert.ok(service !== undefined, `the adapter does not speak its own chats' wire ${codec.wire}`);
      const usage = service.tokenUsage(service.readUsage(bytes));
      assert.deepEqual(usageOf(usage), readExpectedAnswer(folder, name).usage);
    });
  }

  test(`${title} refuses: its words are kept`, () => {
    const expected = readExpectedRefusal(folder);
    const bytes = readAnswerFixture(folder, "error");
    if (expected === null || bytes === null) return;
    const { status, ...words } = expected;
    const body: unknown = JSON.parse(bytes.toString());
    assert.deepEqual(adapter.readError(Number(status), body), words);
  });

  test(`${title} refuses without words: a sentence says so`, () => {
    const bodies = [undefined, null, "", "<html>", [], {}, { error: {} }, { error: null }, 7];
    for (const body of bodies) {
      const { message, code, param } = adapter.readError(503, body);
      assert.ok(message.length > 0);
      for (const word of [code, param]) assert.ok(word === null || word.length > 0);
    }
  });
}
