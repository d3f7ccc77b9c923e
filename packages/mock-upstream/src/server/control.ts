import type { HttpResponse, TemplatedApp } from "uWebSockets.js";
import { isJsonObject } from "../answers/json.ts";
import { openAiWire } from "../answers/openai/wire.ts";
import type { BehaviourSource } from "./behaviour-source.ts";
import type { ReceivedRequest, Recorder } from "./recorder.ts";

const OPENAI = openAiWire({ flavour: "openai" });

/** What the control routes steer. */
export interface ControlDeps {
  readonly recorder: Recorder;
  readonly behaviours: BehaviourSource;
}

/** Registers `/__mock/*`: the same control over HTTP that an embedded mock offers as methods. Never recorded. */
export function registerControl(app: TemplatedApp, { recorder, behaviours }: ControlDeps): void {
  app.get("/__mock/received", (res) => {
    sendJson(res, { counts: recorder.counts, received: recorder.requests.map(wireRequest) });
  });
  app.del("/__mock/received", (res) => {
    recorder.clear();
    sendJson(res, { cleared: true });
  });
  app.del("/__mock/faults", (res) => {
    behaviours.clear();
    sendJson(res, { cleared: true });
  });
  app.post("/__mock/faults", (res) => {
    readBody(res, (body) => {
      const problem = setFaults(body, behaviours);
      if (problem === undefined) {
        sendJson(res, { set: true });
        return;
      }
      res.writeStatus("400 Bad Request").writeHeader("content-type", "application/json");
      const error = { status: 400, message: problem, code: "invalid_mock_behaviour" };
      res.end(OPENAI.encodeError(error));
    });
  });
}

function setFaults(body: Buffer, behaviours: BehaviourSource): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString("utf8"));
  } catch {
    parsed = undefined;
  }
  if (!isJsonObject(parsed)) return OPENAI.notJson.message;
  const { times, ...patch } = parsed;
  if (times !== undefined && (typeof times !== "number" || !Number.isInteger(times) || times < 1)) {
    return "times must be a whole number from 1";
  }
  try {
    behaviours.set(patch, times);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return undefined;
}

function wireRequest(request: ReceivedRequest): object {
  const { bodyBytes, ...rest } = request;
  return { ...rest, body: bodyBytes.toString("utf8"), bodyBase64: bodyBytes.toString("base64") };
}

function sendJson(res: HttpResponse, value: object): void {
  res.writeHeader("content-type", "application/json").end(JSON.stringify(value));
}

function readBody(res: HttpResponse, onBody: (body: Buffer) => void): void {
  const pieces: Buffer[] = [];
  res.onAborted(() => undefined);
  res.onData((chunk, isLast) => {
    pieces.push(Buffer.from(Buffer.from(chunk)));
    if (isLast) onBody(Buffer.concat(pieces));
  });
}
