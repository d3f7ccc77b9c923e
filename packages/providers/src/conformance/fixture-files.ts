/** Reads the fixtures of a folder as the bytes that the provider would send. */
import { existsSync, readFileSync } from "node:fs";
import type { JsonObject } from "@headrace/core/json-object";
import type { StreamFraming } from "@headrace/core/wire/chat-codec";
import { awsEvent, awsMessage } from "../framing/testing.ts";
import { parseJsonObject } from "../json/read.ts";
import { demandFixtureObject, type Expectation, readExpectation } from "./expectation.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);

/** AWS's messages are binary, so that their fixtures are lines of an event's type and payload. */
const SUFFIXES: Readonly<Record<StreamFraming, string>> = {
  sse: "sse",
  ndjson: "ndjson",
  "aws-event-stream": "events.jsonl",
};
const EXCEPTION = /Exception$/;

/** Null when the folder has no such stream. */
export function readStreamFixture(folder: string, name: string, framing: StreamFraming): Buffer | null {
  const bytes = readBytes(`${folder}/${name}.${SUFFIXES[framing]}`);
  return bytes === null || framing !== "aws-event-stream" ? bytes : encodeAwsLines(bytes.toString());
}

/** Null when the folder has no such answer. */
export function readAnswerFixture(folder: string, name: string): Buffer | null {
  return readBytes(`${folder}/${name}.json`);
}

/** What is to be found in a case's stream. */
export function readExpected(folder: string, name: string): Expectation {
  return readExpectation(demandFixtureObject(expectedFile(folder)[name], `${folder}/expected.json: ${name}`));
}

/** What is to be found in a case's whole answer: mostly the same as in its stream. */
export function readExpectedAnswer(folder: string, name: string): Expectation {
  const key = `${name}.json`;
  return readExpected(folder, expectedFile(folder)[key] === undefined ? name : key);
}

/** What an error's body is to be read as, with the status that it came with; null when the folder has none. */
export function readExpectedRefusal(folder: string): JsonObject | null {
  const raw = expectedFile(folder)["error.json"];
  return raw === undefined ? null : demandFixtureObject(raw, `${folder}/expected.json: error.json`);
}

function expectedFile(folder: string): JsonObject {
  const bytes = readBytes(`${folder}/expected.json`);
  return demandFixtureObject(
    bytes === null ? null : parseJsonObject(bytes.toString()),
    `${folder}/expected.json`,
  );
}

function readBytes(path: string): Buffer | null {
  const url = new URL(path, FIXTURES);
  return existsSync(url) ? readFileSync(url) : null;
}

function encodeAwsLines(text: string): Buffer {
  const lines = text.split("\n").filter((line) => line !== "");
  return Buffer.concat(
    lines.map((line) => {
      const [entry] = Object.entries(demandFixtureObject(parseJsonObject(line), line));
      if (entry === undefined) throw new Error(`a line of an event stream says nothing: ${line}`);
      const [type, payload] = entry;
      const json = JSON.stringify(payload);
      return EXCEPTION.test(type)
        ? awsMessage({ ":message-type": "exception", ":exception-type": type }, json)
        : awsEvent(type, json);
    }),
  );
}
