/**
 * The fake server on a socket of the loopback address, for code in any language
 * and for the official SDKs. Needs Node (or what runs `node:http`).
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as FakePermissions from "./FakePermissions.ts"
import { controls } from "./internal/controls.ts"
import { open } from "./internal/server.ts"

/**
 * Where the emulator is.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service {
  /** What a client takes as its base URL: `http://127.0.0.1:<port>/v1`. */
  readonly baseUrl: string
  readonly port: number
}

/**
 * A running emulator.
 *
 * @category tags
 * @since 0.1.0
 */
export class Emulator extends Context.Tag("@checkpoint-permissions/testing/Emulator")<Emulator, Service>() {}

/**
 * The emulator could not be started, mostly since the port is taken.
 *
 * @category errors
 * @since 0.1.0
 */
export class EmulatorError extends Data.TaggedError("EmulatorError")<{
  readonly port: number
  /** The system's code, such as `EADDRINUSE`, or its message. */
  readonly reason: string
}> {
  override get message(): string {
    return `the emulator cannot listen on port ${this.port}: ${this.reason}; pass another port, or 0 for any that is free`
  }
}

/**
 * What an emulator begins with: all that a fake does, and its port.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends FakePermissions.Options {
  /** 0, the default, is any free port. */
  readonly port?: number | undefined
}

const reason = (error: Error): string => ("code" in error ? String(error.code) : error.message)

/**
 * The emulator and the controls of its server. Takes calls once the layer is
 * built; ends with the layer, open connections too. Follows the `Clock` that
 * the layer is built with. Fails with {@link EmulatorError}.
 *
 * What a client sees of a fault is what it would see of a network: a connection
 * that is dropped is reset, a body that is cut ends early.
 *
 * @example
 * ```ts
 * import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const { baseUrl } = yield* Emulator.Emulator
 *   const fake = yield* FakePermissions.FakePermissions
 *   yield* fake.seed({ "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd": ["proj_a"] })
 *   yield* Effect.log(`set OPENAI_BASE_URL to ${baseUrl}`)
 * }).pipe(Effect.provide(Emulator.layer({ port: 0 })))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Emulator | FakePermissions.FakePermissions, EmulatorError> =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const { port: wanted = 0 } = options
      const server = open(options, yield* Clock.currentTimeMillis, yield* Effect.scope)
      // only here, so that the rest of the package runs where there is no node:http
      const { serve } = yield* Effect.promise(() => import("./internal/socket.ts"))
      const port = yield* Effect.mapError(
        serve(server, wanted),
        (error) => new EmulatorError({ port: wanted, reason: reason(error) })
      )
      return Context.make(Emulator, { port, baseUrl: `http://127.0.0.1:${port}/v1` }).pipe(
        Context.add(FakePermissions.FakePermissions, controls(server))
      )
    })
  )
