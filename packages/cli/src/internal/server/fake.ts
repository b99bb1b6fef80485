/** The fake server that `--fake` puts in place of the API: in this process, without key or network. */
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as FakePermissions from "@checkpoint-permissions/testing/FakePermissions"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** A fake server for several commands, in place of one for each. */
export class SharedFake extends Context.Reference<SharedFake>()("@checkpoint-permissions/cli/SharedFake", {
  defaultValue: (): HttpClient.HttpClient | undefined => undefined
}) {}

/** 2026-01-01T00:00:00Z */
const firstGrant = 1_767_225_600
const hour = 3600

/** How many projects a checkpoint begins with when no file says otherwise. */
const seededProjects = 25

/** The same permissions each time: `proj_001` to `proj_025`, an hour apart. */
const seedOf = (checkpoints: ReadonlyArray<CheckpointId>): FakePermissions.Seed =>
  Object.fromEntries(
    checkpoints.map((checkpoint) => [
      checkpoint,
      Array.from({ length: seededProjects }, (_, i) => ({
        project_id: `proj_${String(i + 1).padStart(3, "0")}`,
        created_at: firstGrant + i * hour
      }))
    ])
  )

export const layer = (checkpoints: ReadonlyArray<CheckpointId>, data: FakePermissions.Options | undefined) =>
  Layer.unwrapEffect(
    Effect.map(SharedFake, (shared) =>
      shared === undefined
        ? FakePermissions.layer(data ?? { seed: seedOf(checkpoints) })
        : Layer.succeed(HttpClient.HttpClient, shared)
    )
  )
