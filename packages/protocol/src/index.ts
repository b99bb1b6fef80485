/**
 * The rules of OpenAI's checkpoint permissions API as pure functions: no I/O,
 * no clock, no random numbers.
 *
 * @since 0.1.0
 */
export * as calling from "./calling.ts"
export * as estimates from "./estimates.ts"
export * as failure from "./failure.ts"
export * as identifiers from "./identifiers.ts"
export * as listing from "./listing.ts"
export * as messages from "./messages.ts"
export * as nearest from "./nearest.ts"
export * as operations from "./operations.ts"
export * as options from "./options.ts"
export * as pacing from "./pacing.ts"
export * as parameters from "./parameters.ts"
export * as redaction from "./redaction.ts"
export * as routes from "./routes.ts"
export * as settling from "./settling.ts"
export * as text from "./text.ts"
export * as tracing from "./tracing.ts"
export * as waits from "./waits.ts"
export * as wire from "./wire.ts"
