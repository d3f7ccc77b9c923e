import type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_socket_context_t,
  WebSocket,
  WebSocketBehavior,
} from "uWebSockets.js";
import { RealtimeSession } from "../answers/realtime/session.ts";
import { REALTIME_WIRE } from "../answers/realtime/wire.ts";
import type { MockBehaviour } from "../behaviour/fields.ts";
import { patchFromHeaders, patchFromObject } from "../behaviour/parse.ts";
import { resolveBehaviour } from "../behaviour/resolve.ts";
import { refusalScript } from "../wire/plain-script.ts";
import type { Script } from "../wire/script.ts";
import { REALTIME_MESSAGES } from "../wire/stream-format.ts";
import { streamScript } from "../wire/stream-script.ts";
import { behaviourRefusal, overridingScript } from "./compile.ts";
import { Exchange, recordOf } from "./exchange.ts";
import { keyProblem } from "./key-check.ts";
import { MessagePlayer } from "./message-player.ts";
import type { ReceivedRequest } from "./recorder.ts";
import type { RouteDeps } from "./routes.ts";

/** What a socket remembers. */
interface SocketState {
  readonly session: RealtimeSession;
  readonly behaviour: MockBehaviour;
  readonly record: ReceivedRequest | undefined;
  player: MessagePlayer | undefined;
  responseId: string;
}

const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;
const KEY_PROTOCOL = "openai-insecure-api-key.";
/** Codes of a close that the client meant: normal, going away, no code. */
const CLEAN_CLOSES: ReadonlySet<number> = new Set([1_000, 1_001, 1_005]);

const PATHS: readonly string[] = ["/v1/realtime", "/realtime", "/openai/v1/realtime", "/openai/realtime"];

/** Registers the WebSockets on which a session of OpenAI's realtime API is held. */
export function registerRealtime(app: TemplatedApp, deps: RouteDeps): void {
  for (const path of PATHS) app.ws<SocketState>(path, realtimeSocket(deps));
}

function realtimeSocket(deps: RouteDeps): WebSocketBehavior<SocketState> {
  return {
    maxPayloadLength: MAX_MESSAGE_BYTES,
    maxBackpressure: MAX_BUFFERED_BYTES,
    idleTimeout: 0,
    upgrade: (res, req, context) => upgrade(res, req, { context, deps }),
    open: (ws) => {
      ws.send(ws.getUserData().session.begin());
    },
    message: (ws, message, isBinary) => {
      const text = Buffer.from(message).toString("utf8");
      const { record } = ws.getUserData();
      if (record !== undefined) deps.recorder.messageArrived(record, text);
      answer(ws, isBinary ? "" : text, deps);
    },
    close: (ws, code) => {
      const state = ws.getUserData();
      state.player?.cancel();
      const finished = CLEAN_CLOSES.has(code) || state.player?.closedSocket === true;
      if (finished) deps.recorder.finished(state.record);
      else deps.recorder.aborted(state.record);
    },
  };
}

function upgrade(
  res: HttpResponse,
  req: HttpRequest,
  { context, deps }: { readonly context: us_socket_context_t; readonly deps: RouteDeps },
): void {
  const record = deps.recorder.keeps ? recordOf(req) : undefined;
  const asked = patchFromHeaders(Object.entries(recordOf(req).headers));
  const resolved = resolveBehaviour(deps.behaviours.take(), asked);
  const refusal = refusalOf(req, resolved.ok ? resolved.behaviour : resolved.problem, deps.requireKey);
  if (refusal !== undefined || !resolved.ok) {
    if (refusal !== undefined) new Exchange(res, record, deps).answer(refusal);
    return;
  }
  deps.recorder.opened();
  if (record !== undefined) deps.recorder.keep(record);
  const state: SocketState = {
    session: new RealtimeSession({
      model: req.getQuery("model") ?? req.getQuery("deployment") ?? "",
      beta: req.getHeader("openai-beta") === "realtime=v1",
      transcribes: req.getQuery("intent") === "transcription",
    }),
    behaviour: resolved.behaviour,
    record,
    player: undefined,
    responseId: "",
  };
  const accepted = protocolsOf(req).includes("realtime") ? "realtime" : "";
  const key = req.getHeader("sec-websocket-key");
  res.upgrade(state, key, accepted, req.getHeader("sec-websocket-extensions"), context);
}

function protocolsOf(req: HttpRequest): string[] {
  return req
    .getHeader("sec-websocket-protocol")
    .split(",")
    .map((name) => name.trim());
}

/** The plain answer that a connection gets instead of a session, if it does. */
function refusalOf(
  req: HttpRequest,
  behaviour: MockBehaviour | string,
  requireKey: string | undefined,
): Script | undefined {
  const keyError = requireKey === undefined ? undefined : keyProblem(req, REALTIME_WIRE, requireKey);
  const byProtocol = protocolsOf(req).includes(`${KEY_PROTOCOL}${requireKey}`);
  if (keyError !== undefined && !byProtocol) return refusalScript(keyError, REALTIME_WIRE);
  if (typeof behaviour === "string") return behaviourRefusal(behaviour, REALTIME_WIRE);
  return overridingScript(behaviour, REALTIME_WIRE);
}

function answer(ws: WebSocket<SocketState>, text: string, deps: RouteDeps): void {
  const state = ws.getUserData();
  if (isCancel(text)) {
    if (state.player?.cancel() === true) ws.send(state.session.cancelled(state.responseId));
    return;
  }
  const reply = state.session.receive(text);
  if (reply.kind === "now") {
    for (const message of reply.messages) ws.send(message);
    return;
  }
  const resolved =
    reply.asked === undefined
      ? { ok: true as const, behaviour: state.behaviour }
      : resolveBehaviour(state.behaviour, patchFromObject(reply.asked));
  if (!resolved.ok) {
    const error = { status: 400, message: resolved.problem, code: "invalid_mock_behaviour" };
    for (const { data } of REALTIME_WIRE.streamError(error, []).error) ws.send(data);
    return;
  }
  // A message is whole by its own framing: what cuts bytes elsewhere has no meaning here.
  const behaviour = { ...resolved.behaviour, split: "none", burst: false, encoding: "identity" } as const;
  const events = state.session.responseEvents(reply.request, behaviour);
  const script = streamScript({ events, format: REALTIME_MESSAGES }, behaviour, REALTIME_WIRE);
  state.responseId = reply.request.id;
  state.player = new MessagePlayer(ws, script, {
    heap: deps.heap,
    endsSocket: behaviour.endAfterEvents >= 0,
  });
  state.player.start(behaviour.latencyMs);
}

function isCancel(text: string): boolean {
  return /^\s*\{[^{}]*"type"\s*:\s*"response\.cancel"/.test(text);
}
