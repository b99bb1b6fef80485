/** Access given and taken by project, exactly once and wholly. */
import * as Access from "@checkpoint-permissions/access/Access"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Effect from "effect/Effect"
import * as Screen from "./screen.ts"
import { withPermissions } from "./server.ts"
import type { ServerOptions } from "./serverOptions.ts"
import { counted, jsonLine, oneLine, visible } from "./text.ts"

export interface ExactOptions extends ServerOptions {
  readonly checkpoint: CheckpointId
  readonly projects: ReadonlyArray<ProjectId>
  readonly json: boolean
}

type Told = ReadonlyArray<readonly [projects: ReadonlyArray<ProjectId>, before: string, after: string]>

const print = (told: Told) =>
  Effect.flatMap(Screen.Screen, (screen) =>
    screen.print(
      told
        .flatMap(([projects, before, after]) =>
          projects.map((project) => `${[before, visible(project), after].filter((word) => word !== "").join(" ")}\n`)
        )
        .join("")
    )
  )

export const grant = (options: ExactOptions) =>
  withPermissions(options, [options.checkpoint], (permissions) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      const { checkpoint } = options
      yield* screen.progress(`grant ${oneLine(checkpoint)}: ${counted(options.projects.length, "project")}`)
      const { alreadyGranted, granted, owning } = yield* Access.grant(checkpoint, options.projects)
      if (options.json) return yield* screen.print(jsonLine({ checkpoint, granted, alreadyGranted, owning }))
      yield* print([
        [granted, "granted", ""],
        [alreadyGranted, "granted", "before"],
        [owning, "not needed:", "owns the model"]
      ])
    }).pipe(Effect.provideService(CheckpointPermissions.CheckpointPermissions, permissions))
  )

export const revoke = (options: ExactOptions) =>
  withPermissions(options, [options.checkpoint], (permissions) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      const { checkpoint } = options
      yield* screen.progress(`revoke ${oneLine(checkpoint)}: ${counted(options.projects.length, "project")}`)
      const { absent, owning, revoked } = yield* Access.revoke(checkpoint, options.projects)
      if (options.json) return yield* screen.print(jsonLine({ checkpoint, revoked, absent, owning }))
      yield* print([
        [revoked, "revoked", ""],
        [absent, "not needed:", "had no access"],
        [owning, "not possible:", "owns the model"]
      ])
    }).pipe(Effect.provideService(CheckpointPermissions.CheckpointPermissions, permissions))
  )
