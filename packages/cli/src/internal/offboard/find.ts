/** The sources in which an offboarding finds checkpoints and confirms the project, apart from the given files. */
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import type * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { Service as OrganizationService } from "@checkpoint-permissions/client/Organization"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { created } from "@checkpoint-permissions/protocol/events"
import { printableId, singleLine } from "@checkpoint-permissions/protocol/text"
import { limits } from "@checkpoint-permissions/protocol/writes"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
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

interface Elsewhere {
  readonly organization: OrganizationService
  readonly permissions: CheckpointPermissions.Service
  readonly policies: ReadonlyArray<AccessPolicy.Source>
  /** The named checkpoints. */
  readonly checkpoints: ReadonlyArray<CheckpointId>
  readonly isLogAsked: boolean
}

/**
 * Returns a project that is not in the list of projects if the policy, the log or a named checkpoint has it, with a
 * warning. A log or a checkpoint that cannot be read may have it, too.
 */
export const findElsewhere =
  ({ checkpoints, isLogAsked, organization, permissions, policies }: Elsewhere) =>
  ([project]: ReadonlyArray<ProjectId>) =>
    Effect.gen(function* () {
      if (project === undefined) return []
      const name = printableId(project)
      yield* Screen.progress(`offboard: searching ${name}, which is not in the list of projects`)
      const mayHaveIt = <A, E, R>(found: Stream.Stream<A, E, R>) =>
        Stream.runHead(found).pipe(
          Effect.map(Option.isSome),
          Effect.orElseSucceed(() => true)
        )
      const inLog = organization
        .events({ types: [created] })
        .pipe(Stream.filter((event) => event[created]?.data?.project_id === project))
      // whole listings: a filter by a project that the server does not know may return nothing
      const inListings = Stream.fromIterable(checkpoints).pipe(
        Stream.flatMap((checkpoint) => permissions.stream(checkpoint), { concurrency: limits.concurrency }),
        Stream.filter(({ project_id }) => project_id === project)
      )
      const isFound =
        (yield* AccessPolicy.sourceLocations(policies, [project])).length > 0 ||
        (isLogAsked && (yield* mayHaveIt(inLog))) ||
        (yield* mayHaveIt(inListings))
      if (isFound) yield* Screen.warn(`offboard: ${name} is not in the list of projects`)
      return isFound ? [project] : []
    })
