/** Which process works on the jobs of a file. */
import * as Lock from "@checkpoint-permissions/access/Lock"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import { StoreUnavailable } from "../../StoreError.ts"

export interface LockOptions {
  readonly command: string
  readonly process?: Lock.MakeOptions["process"]
}

/** The lock of the file is held, or somebody else holds it. */
export type Taken =
  | { readonly _tag: "Worker"; readonly lost: Effect.Effect<void> }
  | { readonly _tag: "Caller"; readonly holder: Option.Option<Lock.Holder> }

export type Role =
  | Extract<Taken, { readonly _tag: "Worker" }>
  | (Extract<Taken, { readonly _tag: "Caller" }> & { readonly tookOver: Effect.Effect<boolean> })

/** Where the lock of a file is. */
const folderOf = (file: string): string => `${file}.lock`

/**
 * Takes the lock of a file if nobody has it, as the locks of checkpoints are taken. Unlike these it is no courtesy:
 * without it nobody works on the jobs.
 */
export const take = (
  file: string,
  { command, process }: LockOptions
): Effect.Effect<Taken, StoreUnavailable, FileSystem.FileSystem | Path.Path | Scope.Scope> =>
  Effect.gen(function* () {
    const warning = yield* Ref.make(Option.none<string>())
    const locks = yield* Lock.make({
      folder: folderOf(file),
      server: { apiUrl: file },
      command,
      process,
      onWarning: (line) => Ref.set(warning, Option.some(line))
    })
    const role = yield* locks.run().pipe(
      Effect.map(({ lost }): Taken => ({ _tag: "Worker", lost })),
      Effect.catchTag("Locked", ({ holder }) =>
        Effect.succeed<Taken>({ _tag: "Caller", holder: Option.fromNullable(holder) })
      )
    )
    const reason = yield* Ref.get(warning)
    if (Option.isSome(reason)) return yield* new StoreUnavailable({ action: "to lock it", reason: reason.value })
    return role
  })
