/** A file of jobs, on which this process works itself if it has a key and nobody else works on it. */
import type { Locks } from "@checkpoint-permissions/access/Lock"
import type { Kind } from "@checkpoint-permissions/cluster/Job"
import * as Jobs from "@checkpoint-permissions/cluster/Jobs"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Host } from "../host.ts"
import { variable } from "../input/environment.ts"
import type { ServerOptions } from "../server/options.ts"
import * as Screen from "../terminal/screen.ts"
import type { StoreAddress } from "./address.ts"
import { jobsOf, sqlite } from "./open.ts"

type SqliteFile = Extract<StoreAddress, { readonly _tag: "Sqlite" }>

/** The jobs of a store, and who works on them. */
export interface Workplace {
  readonly jobs: Jobs.Service
  /** Whether the jobs wait when this process ends. */
  readonly worksHere: Effect.Effect<boolean>
}

export const hasKey = ({ adminKeyFile }: ServerOptions): Effect.Effect<boolean> =>
  Option.isSome(adminKeyFile)
    ? Effect.succeed(true)
    : Effect.map(variable("OPENAI_ADMIN_KEY"), (key) => key !== undefined)

/** Others do the work. */
export const elsewhere = (store: StoreAddress) =>
  Effect.map(
    Effect.flatMap(Layer.build(jobsOf(store)), (context) => Effect.provide(Jobs.Jobs, context)),
    (jobs): Workplace => ({ jobs, worksHere: Effect.succeed(false) })
  )

/** The same without a key, which is said. */
export const keyless = (name: string, store: StoreAddress) =>
  Effect.gen(function* () {
    const screen = yield* Screen.Screen
    yield* screen.complain(
      `${name}: there is no admin key here, so another process has to do the work: checkpoint-permissions worker --store ${store.name}`
    )
    return yield* elsewhere(store)
  })

/** This process works, at once or when the one that does has ended. */
export const here = (
  name: string,
  store: SqliteFile,
  options: { readonly locks?: Locks; readonly only?: ReadonlyArray<Kind> }
) =>
  Effect.gen(function* () {
    const { layerSqlite, Role } = yield* sqlite
    const { name: process } = yield* Host
    const context = yield* Layer.build(layerSqlite(store.file, { command: name, process, ...options }))
    const [jobs, role] = yield* Effect.provide(Effect.all([Jobs.Jobs, Role]), context)
    const workplace: Workplace = {
      jobs,
      worksHere: role._tag === "Worker" ? Effect.succeed(true) : role.tookOver
    }
    return workplace
  })
