/** Checkpoints and owners that project keys find. */
import { singleLine } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import { serverOwners } from "../input/owners.ts"
import * as Screen from "../terminal/screen.ts"
import type { ProjectKey } from "./key.ts"
import { incompleteOf, inventoryOf } from "./reading.ts"
import type { Connection } from "./server.ts"

export interface FoundWithKeys {
  readonly checkpoints: ReadonlyArray<string>
  readonly owners: Readonly<Record<string, string>>
  readonly used: number
  readonly projects: number
  readonly failure?: string | undefined
}

const nothing: FoundWithKeys = { checkpoints: [], owners: {}, used: 0, projects: 0 }

/** Finds the checkpoints of projects with their keys, as `discover` does, without the log. A failure is a warning. */
export const findWithKeys = (
  command: "drift" | "offboard",
  connection: Connection,
  keys: ReadonlyArray<ProjectKey>,
  stop: Effect.Effect<unknown> = Effect.never
): Effect.Effect<FoundWithKeys, never, Screen.Screen> =>
  Effect.gen(function* () {
    if (keys.length === 0) return nothing
    const inventory = yield* inventoryOf(command, { keys, policy: undefined }, connection, { log: false, stop })
    return {
      checkpoints: inventory.checkpoints.map(({ checkpoint }) => checkpoint),
      owners: serverOwners(inventory.checkpoints),
      used: inventory.keys.filter(({ failure }) => failure === null).length,
      projects: inventory.projects.list.length,
      failure: incompleteOf(inventory)
    }
  }).pipe(
    Effect.catchAll(({ message }) =>
      Effect.succeed({ ...nothing, failure: `--project-keys cannot be used: ${singleLine(message)}` })
    ),
    Effect.tap(({ failure }) => (failure === undefined ? Effect.void : Screen.warn(`${command}: ${failure}`)))
  )
