/** `worker --store`: works on the jobs of a store, with its own key, until a signal. */

import type { Locks } from "@checkpoint-permissions/access/Lock"
import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import * as Worker from "@checkpoint-permissions/cluster/Worker"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { refused } from "../failure.ts"
import { Host } from "../host.ts"
import { type ServerOptions, withPermissions } from "../server/server.ts"
import * as locks from "../state/locks.ts"
import { Interruption } from "../terminal/interruption.ts"
import * as Screen from "../terminal/screen.ts"
import type { Rate } from "../terminal/time.ts"
import type { Postgres, SqliteFile, StoreAddress } from "./address.ts"
import * as Health from "./health.ts"
import { postgres, workedOn } from "./open.ts"
import * as pace from "./pace.ts"

export interface Options extends ServerOptions, locks.Options {
  readonly rate: Option.Option<Rate>
  readonly redis: Option.Option<Redacted.Redacted>
  readonly health: Option.Option<Health.Address>
}

/** After so long without a word of the store, another worker has taken over. */
const lockExpiration = Duration.seconds(35)

interface Working {
  readonly name: string
  readonly health: Effect.Effect<Health.Health>
  /** Completes when another process works on the file instead. */
  readonly lost: Effect.Effect<void>
}

const inPostgres = Effect.fnUntraced(function* (options: Options, store: Postgres) {
  const database = yield* Layer.build(postgres(store))
  const begin = (held: Locks) =>
    Effect.gen(function* () {
      const context = yield* Layer.build(Worker.layer({ locks: held, lockExpiration }))
      const { name, status } = Context.get(context, Worker.Worker)
      const health = Effect.map(status, ({ confirmed, shards }) => ({
        healthy: Duration.lessThan(confirmed, lockExpiration),
        body: { worker: name, shards, confirmedSecondsAgo: Math.round(Duration.toSeconds(confirmed)) }
      }))
      const working: Working = { name, lost: Effect.never, health }
      return working
    }).pipe(Effect.provide(database))
  return { begin, pacing: yield* pace.make(options, database) }
})

const inFile = Effect.fnUntraced(function* (options: Options, store: SqliteFile) {
  const begin = (held: Locks) =>
    Effect.gen(function* () {
      const { role } = yield* workedOn("worker", store, { locks: held })
      if (role._tag === "Caller") {
        const who = Option.match(role.holder, {
          onNone: () => "another process",
          onSome: ({ command, host, pid }) => `process ${pid} on ${oneLine(host)} (${oneLine(command)})`
        })
        return yield* refused(`worker: ${who} works on ${store.name} already, and a file has one worker`)
      }
      const { name: process } = yield* Host
      const name = process === undefined ? "this process" : `process ${process.pid}`
      const health = Effect.succeed({ healthy: true, body: { worker: name } })
      const working: Working = { name, lost: role.lost, health }
      return working
    })
  return { begin, pacing: yield* pace.make(options) }
})

export const work = (options: Options, store: StoreAddress) =>
  Effect.gen(function* () {
    const { gracefully } = yield* Interruption
    const { begin, pacing } = yield* store._tag === "Postgres" ? inPostgres(options, store) : inFile(options, store)
    return yield* withPermissions({ ...options, pacing, refusesFake: true }, [], ({ server }) =>
      gracefully((signal) =>
        Effect.gen(function* () {
          // A file has one worker, so it gives no turns, and a relative name of it says little.
          const coordinator = store._tag === "Postgres" ? store.name : undefined
          const held = yield* locks.checkpointsOf("worker", options, server, coordinator)
          const { health, lost, name } = yield* begin(held.locks)
          const url = yield* Effect.transposeMapOption(options.health, (address) => Health.serve(address, health))
          yield* Screen.complain(
            `worker: ${name} works on the jobs of ${store.name} for ${server.apiUrl}${Option.match(url, {
              onNone: () => "",
              onSome: (url) => `; ${url} says how it is`
            })}`
          )
          const taken = Effect.flatMap(lost, () => refused(`worker: another process works on ${store.name} now`))
          const which = yield* Effect.raceFirst(signal, taken)
          yield* Screen.complain(`worker: ${which}: finishes what is in flight and stops`)
        }).pipe(Effect.scoped)
      )
    )
  }).pipe(Effect.scoped)
