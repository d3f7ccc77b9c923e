/**
 * Some packages on npm have a condition "source" of their own, for files that Node will not run from node_modules.
 * Import this first, and those packages by `await import()` after it: the condition then holds in this workspace only.
 */
import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, next) {
    if (!context.parentURL?.includes("/node_modules/")) return next(specifier, context);
    const conditions = context.conditions.filter((condition) => condition !== "source");
    return next(specifier, { ...context, conditions });
  },
});
