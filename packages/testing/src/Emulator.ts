/**
 * The fake server on a socket, for code in any language and for the official SDKs. It has the API under `/v1`, control
 * routes under `/__fake`, and separate servers for concurrent tests. It needs Node, or a runtime with `node:http`.
 */
import "./internal/installEffect3.ts"
import { inMillis } from "@checkpoint-permissions/fake/behavior"
import * as FakeEmulator from "@checkpoint-permissions/fake/emulator"
import { InvalidSetting } from "@checkpoint-permissions/fake/invalidSetting"
import type { YieldableError } from "effect/Cause"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as FakePermissions from "./FakePermissions.ts"
import { controls, requireFaults } from "./internal/controls.ts"
import { clocks, toMillis } from "./internal/time.ts"

/** The addresses of the emulator. */
export interface Service {
  /** The base URL of a client: `http://127.0.0.1:<port>/v1`. */
  readonly baseUrl: string
  /** The URL of the control routes: `http://127.0.0.1:<port>/__fake`. */
  readonly controlUrl: string
  readonly port: number
}

const defaultHost = "127.0.0.1"

/**
 * Returns true if only this machine can connect to an address.
 *
 * @category guards
 */
export const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i.test(host)

/** Returns an address to which a client can connect, if the server listens on all interfaces. */
const reachable = (host: string): string => {
  if (host === "0.0.0.0" || host === "::") return defaultHost
  return host.includes(":") ? `[${host}]` : host
}

/**
 * A running emulator.
 *
 * @category tags
 */
export class Emulator extends Context.Tag("@checkpoint-permissions/testing/Emulator")<Emulator, Service>() {}

interface EmulatorErrorFields {
  readonly host: string
  readonly port: number
  /** The code of the system, such as `EADDRINUSE`, or its message. */
  readonly reason: string
}

/** The base class with its type written out: the inferred one needs a newer Effect than this package. */
const EmulatorErrorBase: new (
  fields: EmulatorErrorFields
) => YieldableError & { readonly _tag: "EmulatorError" } & EmulatorErrorFields = Data.TaggedError(
  "EmulatorError"
)<EmulatorErrorFields>

/** The emulator could not be started, usually because the port is in use. */
export class EmulatorError extends EmulatorErrorBase {
  override get message(): string {
    const advice = /^(?:EADDRNOTAVAIL|ENOTFOUND|EAI_AGAIN)$/.test(this.reason)
      ? "pass an address of this machine"
      : "pass another port, or 0 for any free port"
    const where = this.host === defaultHost ? "" : ` of ${this.host}`
    return `the emulator cannot listen on port ${this.port}${where}: ${this.reason}; ${advice}`
  }
}

/** The options of an emulator: those of a fake, and its address. */
export interface Options extends FakePermissions.Options {
  /** The port. Default: 0, a free port. */
  readonly port?: number | undefined
  /** The address to listen on. Default: `127.0.0.1`. */
  readonly host?: string | undefined
  /**
   * Whether to serve control routes, or the token that they require as `Authorization: Bearer`. Default: `true`,
   * without a token. `true` is allowed only on a loopback address. On any other address, pass a token or `false`.
   */
  readonly control?: boolean | { readonly token: Redacted.Redacted } | undefined
  /** The maximum time for a request to arrive. After that it gets 408. Default: a minute. */
  readonly requestTimeout?: Duration.DurationInput | undefined
}

const controlOf = ({ control = true, host = defaultHost }: Options): FakeEmulator.Control => {
  if (control === false) return "off"
  if (control !== true) return { token: Redacted.value(control.token) }
  if (isLoopback(host)) return "local"
  throw new InvalidSetting(
    "control",
    `expected a token, or false, since other machines can reach ${host} and would control the emulator`
  )
}

const reason = (error: Error): string => ("code" in error ? String(error.code) : error.message)

/**
 * The emulator and the controls of its server. It accepts connections when the layer is built, and ends with the layer,
 * including open connections. It uses the `Clock` with which the layer is built. Fails with {@link EmulatorError}.
 *
 * Faults look like those of a network: a dropped connection is reset, a truncated body ends early.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const { baseUrl } = yield* Emulator.Emulator
 *   const url = `${baseUrl}/fine_tuning/checkpoints/ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd/permissions`
 *   yield* Effect.promise(() => fetch(url, { headers: { authorization: "Bearer any" } }))
 *   const fake = yield* FakePermissions.FakePermissions
 *   return (yield* fake.requests).map(({ status }) => status)
 * }).pipe(Effect.provide(Emulator.layer({ port: 0 })))
 * assert.deepEqual(await Effect.runPromise(program), [200])
 * ```
 *
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<Emulator | FakePermissions.FakePermissions, EmulatorError> =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const {
        behavior = {},
        host = defaultHost,
        port: wanted = 0,
        requestTimeout = "1 minute",
        strictFaults,
        ...others
      } = options
      const clock = yield* Effect.flatten(clocks)
      const emulator = FakeEmulator.make(
        { ...others, behavior: inMillis(behavior, toMillis), control: controlOf(options) },
        clock
      )
      yield* requireFaults(emulator.host, strictFaults)
      // imported here, so that the rest of the package runs without node:http; a bundle for a browser has another module
      const { serve } = yield* Effect.promise(() => import("#serve"))
      const { port } = yield* Effect.mapError(
        serve(emulator, { host, port: wanted, requestTimeout: Duration.toMillis(requestTimeout) }),
        (error) => new EmulatorError({ host, port: wanted, reason: reason(error) })
      )
      const origin = `http://${reachable(host)}:${port}`
      return Context.make(Emulator, { port, baseUrl: `${origin}/v1`, controlUrl: `${origin}/__fake` }).pipe(
        Context.add(FakePermissions.FakePermissions, controls(emulator.host, Effect.succeed(emulator.clock)))
      )
    })
  )
