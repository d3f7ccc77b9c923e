import assert from "node:assert/strict";
import { test } from "node:test";
import { PLATFORM_MODELS } from "../capabilities/platform-models.ts";
import { exampleUrl } from "../generation/adapter-facts.ts";
import { ADAPTERS, adapterFor } from "../registry.ts";
import { readAnswerFixture, readExpected, readStreamFixture } from "./fixture-files.ts";
import { FIXTURE_SETS } from "./fixture-sets.ts";
import { CASES } from "./fixtures.ts";
import { folderOf, registeredAdapters } from "./subjects.ts";

const registered = registeredAdapters();

test("every id is there once, in lower case and in order", () => {
  const ids = ADAPTERS.map(({ id }) => id);
  assert.deepEqual(ids, [...new Set(ids)].sort());
  for (const id of ids) assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
});

test("there is no set of fixtures without its provider", () => {
  const titles = new Set(registered.map(({ title }) => title));
  assert.deepEqual(
    Object.keys(FIXTURE_SETS).filter((title) => !titles.has(title)),
    [],
  );
});

test("every platform says which of its models have an adapter of their own", () => {
  for (const adapter of ADAPTERS) {
    const groups = PLATFORM_MODELS[adapter.id] ?? [];
    assert.equal(groups.length > 0, adapter.forModel !== undefined, adapter.id);
    const adapters = groups.map(({ example }) => adapterFor(adapter.id, example));
    assert.equal(new Set(adapters).size, groups.length, adapter.id);
    assert.ok(groups.length === 0 || adapters.includes(adapter), `${adapter.id} is none of its own models'`);
  }
});

for (const { title, adapter } of registered) {
  test(`${title} has an address, or says what it lacks`, () => {
    const url = exampleUrl(adapter);
    if (adapter.requiredSettings.length > 0) {
      assert.equal(adapter.baseUrl({}), null);
      assert.ok(url !== null, "its settings give no address");
    }
    if (url !== null) assert.match(url, /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*[^\s?#/])?$/);
    assert.ok(adapter.probePath.startsWith("/"));
  });

  test(`${title} speaks the wires that its own codecs write`, () => {
    for (const codec of [adapter.chat, adapter.embedding, adapter.rerank])
      if (codec !== null) assert.ok(adapter.services[codec.wire] !== undefined, codec.wire);
  });

  test(`${title} gives a path for every model, whatever is in its name`, () => {
    const settings = {
      region: "r",
      project: "p",
      location: "l",
      resource: "r",
      apiVersion: "v",
      account: "a",
    };
    for (const service of Object.values(adapter.services)) {
      for (const stream of [false, true]) {
        const path = service.path({ model: "a model/of ü?#%", stream, settings });
        assert.match(path, /^\/[!-~]*$/);
        assert.doesNotMatch(path, /#| /);
        assert.ok(path.split("?").length <= 2, path);
      }
    }
  });

  test(`${title} has fixtures, or it is written why not`, () => {
    const set = FIXTURE_SETS[title];
    assert.ok(set !== undefined, "neither fixtures nor an exemption are written down for it");
    if ("noChat" in set) return assert.equal(adapter.chat, null);
    assert.ok(adapter.chat !== null, "it has fixtures of chats and does not chat");
    const found = folderOf(title);
    assert.ok(found !== null, "what it is like has no fixtures itself");
    const { folder, cases } = found;
    const { framing } = adapter.chat;
    for (const name of CASES) {
      const isThere = readStreamFixture(folder, name, framing) !== null;
      assert.equal(isThere, cases.includes(name), `${folder}/${name} is missing, or exempt and there`);
      if (isThere) readExpected(folder, name);
    }
    assert.ok(readAnswerFixture(folder, "text") !== null, `${folder}/text.json is missing`);
  });
}
