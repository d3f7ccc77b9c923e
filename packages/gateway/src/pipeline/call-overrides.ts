import type { Override, Priority } from "@headrace/core/config/types-traffic";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { memberSpans } from "@headrace/providers/json/member-span";
import { NarrowedRoute } from "@headrace/routing/narrowed-route";
import type { KeyIdentity } from "../snapshot/keyring.ts";
import type { Model, Snapshot, Target } from "../snapshot/snapshot.ts";
import { admitModel, type KeyBearer } from "./admit.ts";
import type { TriesPlan } from "./tries-plan.ts";

const FALLBACKS_HEADER = "x-headrace-fallbacks";
const TARGET_HEADER = "x-headrace-target";
const PRIORITY_HEADER = "x-headrace-priority";
const HEADERS = [FALLBACKS_HEADER, TARGET_HEADER, PRIORITY_HEADER];
const FALLBACKS_FIELD = "fallbacks";
const FALLBACKS_KEY = Buffer.from(`"${FALLBACKS_FIELD}"`);
const MAX_FALLBACKS = 16;
const PRIORITIES: readonly Priority[] = ["high", "normal", "low"];
const COMMA = 0x2c;
const SPACE = 0x20;

/**
 * What a client decides for a call of its own; null for nothing.
 *
 * @throws GatewayError `override_not_allowed`, `invalid_override`
 */
export function readOverrides(bearer: HeaderBearer, identity: KeyIdentity): CallOverrides | null {
  const decides = HEADERS.some((name) => bearer.header(name) !== "");
  return decides || identity.overrides.has("fallbacks") ? new CallOverrides(bearer, identity) : null;
}

type HeaderBearer = Pick<KeyBearer, "header">;

/** What a client decides for one call of its own, as far as its key may. */
export class CallOverrides {
  priority: Priority;
  readonly #identity: KeyIdentity;
  #fallbacks: readonly string[];
  readonly #target: string;

  /**
   * Reads the request's headers.
   *
   * @throws GatewayError `override_not_allowed`, `invalid_override`
   */
  constructor(bearer: HeaderBearer, identity: KeyIdentity) {
    this.#identity = identity;
    const priority = bearer.header(PRIORITY_HEADER);
    this.priority = priority === "" ? identity.priority : this.#readPriority(priority);
    this.#target = bearer.header(TARGET_HEADER);
    if (this.#target !== "") this.#assertAllowed("target", TARGET_HEADER);
    const fallbacks = bearer.header(FALLBACKS_HEADER);
    this.#fallbacks = fallbacks === "" ? [] : this.#readFallbacks(fallbacks.split(","), FALLBACKS_HEADER);
  }

  /**
   * Takes `fallbacks` out of a request's body, where no provider expects it. Of a key that may not name any it stays,
   * since it is then the provider's business.
   *
   * @returns the body to work with
   * @throws GatewayError `invalid_override`
   */
  open(body: Buffer): Buffer {
    if (!this.#identity.overrides.has("fallbacks") || body.indexOf(FALLBACKS_KEY) === -1) return body;
    const { fallbacks: span } = memberSpans(body, 0, [FALLBACKS_FIELD]);
    if (span === null) return body;
    this.#fallbacks = this.#readFallbacks(namesIn(body.subarray(...span)), FALLBACKS_FIELD);
    return withoutMember(body, body.lastIndexOf(FALLBACKS_KEY, span[0]), span[1]);
  }

  /**
   * Where the call may go.
   *
   * @throws GatewayError `invalid_override`, `model_not_found`, `model_not_allowed`
   */
  apply(plan: TriesPlan<Target>, snapshot: Snapshot): TriesPlan<Target> {
    const route = this.#target === "" ? plan.route : this.#narrow(plan, this.#target);
    if (this.#fallbacks.length === 0) return route === plan.route ? plan : { ...plan, route };
    const models: readonly Model[] = this.#fallbacks.map((name) =>
      admitModel(snapshot, this.#identity, name),
    );
    return { ...plan, route, fallbacks: { contextWindow: models, contentPolicy: models, other: models } };
  }

  #narrow({ route }: TriesPlan<Target>, wanted: string): NarrowedRoute<Target> {
    const narrowed = new NarrowedRoute(
      route,
      ({ provider, model }) => provider === wanted || `${provider}/${model}` === wanted,
    );
    if (narrowed.targets.length > 0) return narrowed;
    const known = route.targets.slice(0, MAX_FALLBACKS).map(({ provider, model }) => `${provider}/${model}`);
    const message = `The model has no such target; it has ${known.join(", ")}.`;
    throw new GatewayError("invalid_override", { message, param: TARGET_HEADER });
  }

  #readPriority(text: string): Priority {
    this.#assertAllowed("priority", PRIORITY_HEADER);
    const priority = PRIORITIES.find((known) => known === text);
    if (priority !== undefined) return priority;
    const message = `A priority is one of ${PRIORITIES.join(", ")}.`;
    throw new GatewayError("invalid_override", { message, param: PRIORITY_HEADER });
  }

  #readFallbacks(names: readonly unknown[], param: string): readonly string[] {
    this.#assertAllowed("fallbacks", param);
    const read = names.map((name) => (typeof name === "string" ? name.trim() : ""));
    if (read.length > 0 && read.length <= MAX_FALLBACKS && !read.includes("")) return read;
    const message = `The fallbacks are to be a list of 1 to ${MAX_FALLBACKS} names of models.`;
    throw new GatewayError("invalid_override", { message, param });
  }

  #assertAllowed(override: Override, param: string): void {
    if (!this.#identity.overrides.has(override)) throw new GatewayError("override_not_allowed", { param });
  }
}

/** What stands in a list of the JSON; nothing for what is none. */
function namesIn(json: Buffer): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(json.toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

/** The body without one member, and without the comma that set it apart. */
function withoutMember(body: Buffer, keyStart: number, valueEnd: number): Buffer {
  let start = keyStart;
  let end = valueEnd;
  while ((body[end] ?? COMMA) <= SPACE) end++;
  if (body[end] === COMMA) end++;
  else {
    while ((body[start - 1] ?? COMMA) <= SPACE) start--;
    if (body[start - 1] === COMMA) start--;
  }
  return Buffer.concat([body.subarray(0, start), body.subarray(end)]);
}
