/**
 * A fake of OpenAI's checkpoint permissions API: an in-process `HttpClient` for tests, an emulator on a socket,
 * settings for the behavior of the server and its faults, and a virtual clock.
 */
import "./internal/installEffect3.ts"

export * as Emulator from "./Emulator.ts"
export * as FakePermissions from "./FakePermissions.ts"
export * as Faults from "./Faults.ts"
export * as ServerBehavior from "./ServerBehavior.ts"
export * as VirtualClock from "./VirtualClock.ts"
