/** Reads a client's JSON: a value of another type is refused with its path, such as `messages[0].content`. */
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";

/** @throws GatewayError `missing_field` or `invalid_field` */
export function demandText(value: unknown, path: string): string {
  return typeof value === "string" ? value : refuse(value, path, "a string");
}

/** @throws GatewayError `missing_field` or `invalid_field` */
export function demandNumber(value: unknown, path: string): number {
  return typeof value === "number" && Number.isFinite(value) ? value : refuse(value, path, "a number");
}

/** @throws GatewayError `missing_field` or `invalid_field` */
export function demandFlag(value: unknown, path: string): boolean {
  return typeof value === "boolean" ? value : refuse(value, path, "a boolean");
}

/** @throws GatewayError `missing_field` or `invalid_field` */
export function demandObject(value: unknown, path: string): JsonObject {
  return isJsonObject(value) ? value : refuse(value, path, "an object");
}

/** @throws GatewayError `missing_field` or `invalid_field` */
export function demandList(value: unknown, path: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuse(value, path, "an array");
}

/** @throws GatewayError `invalid_field` */
export function demandOneOf<T extends string>(value: unknown, path: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  return found ?? refuse(value, path, `one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`);
}

/** Undefined for what is absent or null; else what `demand` makes of it. */
export function optional<T>(
  value: unknown,
  path: string,
  demand: (value: unknown, path: string) => T,
): T | undefined {
  return value === undefined || value === null ? undefined : demand(value, path);
}

function refuse(value: unknown, path: string, expected: string): never {
  if (value === undefined)
    throw new GatewayError("missing_field", { param: path, message: `The field "${path}" is missing.` });
  throw new GatewayError("invalid_field", {
    param: path,
    message: `The field "${path}" must be ${expected}.`,
  });
}
