/** The checkpoints of an offboarding that project keys find. */
import { singleLine } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import type { ProjectKey } from "../server/key.ts"
import { incompleteOf, inventoryOf } from "../server/reading.ts"
import type { Connection } from "../server/server.ts"
import * as Screen from "../terminal/screen.ts"

/** The checkpoints found with project keys. */
export interface FoundWithKeys {
  readonly checkpoints: ReadonlyArray<string>
  readonly owners: Readonly<Record<string, string>>
  /** Number of keys that work. */
  readonly used: number
  /** Number of projects in the organization. */
  readonly projects: number
}

const nothing: FoundWithKeys = { checkpoints: [], owners: {}, used: 0, projects: 0 }

/** Finds the checkpoints of projects with their keys, as `discover` does, without the log. A failure is a warning. */
export const findWithKeys = (
  connection: Connection,
  keys: ReadonlyArray<ProjectKey>
): Effect.Effect<FoundWithKeys, never, Screen.Screen> =>
  Effect.gen(function* () {
    const inventory = yield* inventoryOf("offboard", { keys, policy: undefined }, connection, { log: false })
    const reason = incompleteOf(inventory)
    if (reason !== undefined) yield* Screen.warn(`offboard: ${reason}`)
    return {
      checkpoints: inventory.checkpoints.map(({ checkpoint }) => checkpoint),
      owners: Object.fromEntries(
        inventory.checkpoints.flatMap(({ checkpoint, owner }) => (owner === null ? [] : [[checkpoint, owner]]))
      ),
      used: inventory.keys.filter(({ failure }) => failure === null).length,
      projects: inventory.projects.list.length
    }
  }).pipe(
    Effect.catchAll(({ message }) =>
      Effect.as(Screen.warn(`offboard: --project-keys cannot be used: ${singleLine(message)}`), nothing)
    )
  )
