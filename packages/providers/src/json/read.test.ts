import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import {
  demandFlag,
  demandList,
  demandNumber,
  demandObject,
  demandOneOf,
  demandText,
  optional,
} from "./demand.ts";
import {
  countOf,
  defined,
  extraOf,
  flagOf,
  listOf,
  numberOf,
  objectOf,
  objectsOf,
  parseJsonObject,
  textOf,
} from "./read.ts";

const BODY = parseJsonObject(
  '{"text":"a","count":3,"ratio":0.5,"flag":false,"object":{},"list":[{},1,null],"nothing":null,"__proto__":{"x":1}}',
);

test("read: a member of the wanted type is given, any other is undefined", () => {
  assert.ok(BODY !== null);
  assert.equal(textOf(BODY, "text"), "a");
  assert.equal(textOf(BODY, "count"), undefined);
  assert.equal(textOf(BODY, "toString"), undefined);
  assert.equal(countOf(BODY, "count"), 3);
  assert.equal(countOf(BODY, "ratio"), undefined);
  assert.equal(numberOf(BODY, "ratio"), 0.5);
  assert.equal(flagOf(BODY, "flag"), false);
  assert.deepEqual(objectOf(BODY, "object"), {});
  assert.equal(objectOf(BODY, "list"), undefined);
  assert.equal(listOf(BODY, "list")?.length, 3);
  assert.deepEqual(objectsOf(BODY, "list"), [{}]);
  assert.deepEqual(objectsOf(BODY, "nothing"), []);
});

test("read: extra members keep their names, __proto__ among them, and null ones are absent", () => {
  assert.ok(BODY !== null);
  const extra = extraOf(BODY, new Set(["text", "count", "ratio", "flag", "object", "list"]));
  assert.deepEqual(Object.keys(extra), ["__proto__"]);
  assert.equal(JSON.stringify(extra), '{"__proto__":{"x":1}}');
});

test("read: text that is no object is null", () => {
  for (const text of ["", "{", "[]", "null", "1"]) assert.equal(parseJsonObject(text), null);
});

test("defined: undefined members go, null ones stay", () => {
  assert.deepEqual(Object.entries(defined({ a: undefined, b: null, c: 0 })), [
    ["b", null],
    ["c", 0],
  ]);
});

test("demand: what is absent and what is of another type are told apart, with the path", () => {
  const cases: readonly (readonly [() => unknown, string, RegExp])[] = [
    [() => demandText(undefined, "a.b"), "missing_field", /"a\.b" is missing/],
    [() => demandText(1, "a"), "invalid_field", /must be a string/],
    [() => demandNumber("1", "a"), "invalid_field", /must be a number/],
    [() => demandFlag(0, "a"), "invalid_field", /must be a boolean/],
    [() => demandObject([], "a"), "invalid_field", /must be an object/],
    [() => demandList({}, "a"), "invalid_field", /must be an array/],
    [() => demandOneOf("z", "a", ["x", "y"]), "invalid_field", /must be one of "x", "y"/],
  ];
  for (const [read, code, words] of cases) {
    assert.throws(read, (error) => {
      assert.ok(error instanceof GatewayError);
      assert.equal(error.code, code);
      assert.match(error.message, words);
      return true;
    });
  }
  assert.equal(optional(null, "a", demandText), undefined);
  assert.equal(optional("x", "a", demandText), "x");
});
