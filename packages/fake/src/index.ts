/**
 * A stateful fake of OpenAI's checkpoint permissions API: a `fetch` that any SDK accepts, and the server behind it as
 * pure functions.
 */
export * as behavior from "./behavior.ts"
export * as clock from "./clock.ts"
export * as emulator from "./emulator.ts"
export * as faults from "./faults.ts"
export { type FakeFetch, type FetchOptions, type InjectOptions, makeFetch } from "./fetch.ts"
export * as host from "./host.ts"
export type { RecordedRequest } from "./http.ts"
export * as http from "./http.ts"
export { InvalidSetting } from "./invalidSetting.ts"
export * as response from "./response.ts"
export * as seed from "./seed.ts"
export * as server from "./server.ts"
