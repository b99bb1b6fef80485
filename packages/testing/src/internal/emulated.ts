import type { Control, Emulator } from "@checkpoint-permissions/fake/emulator"
import * as FakeEmulator from "@checkpoint-permissions/fake/emulator"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Behaving, behaving, plainOptions } from "./server.ts"
import type { Options } from "./service.ts"
import { clockOf } from "./webResponse.ts"

/** An emulator in the time of the `Clock`, and its main server with settings in Effect's types. */
export interface Emulated extends Behaving {
  readonly emulator: Emulator
}

/** What it does late ends with the scope. */
export const emulated = (options: Options, control: Control): Effect.Effect<Emulated, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = clockOf(yield* Effect.runtime<never>(), yield* Effect.scope)
    const emulator = FakeEmulator.make({ ...plainOptions(options), control }, clock)
    return {
      ...behaving(emulator.host, options.behavior ?? {}),
      emulator,
      now: Effect.sync(() => emulator.clock.now())
    }
  })
