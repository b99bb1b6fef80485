import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { FakePermissions, VirtualClock } from "@checkpoint-permissions/testing"
import { HttpClient } from "@effect/platform"
import { Duration, Effect, identity, Layer, Redacted } from "effect"
import * as Parity from "../../src/internal/parity/parity.ts"
import { recordOf } from "../../src/internal/parity/recording/record.ts"
import { recorder } from "../../src/internal/parity/transport.ts"
import { checkpoint } from "./parityServer.ts"
import { silentScreen } from "./screen.ts"

export const project = "proj_parity"

const apiUrl = "https://fake.invalid/v1"

interface Run {
  readonly server: FakePermissions.Options
  readonly writes: boolean
  /** Of the tests by default. */
  readonly model?: string
  /** Changes the server. Default: none. */
  readonly planted?: (client: HttpClient.HttpClient) => HttpClient.HttpClient
}

/** What parity sends to a fake in virtual time, and what it finds. */
export const ran = ({ model = checkpoint, planted = identity, server, writes }: Run) =>
  Effect.gen(function* () {
    const { sent, through } = recorder()
    const http = through(planted(yield* HttpClient.HttpClient))
    const over = Effect.provideService(HttpClient.HttpClient, http)
    const settings = { apiUrl, userAgent: "parity/1" }
    const adminKey = Redacted.make("sk-admin-1")
    const client = yield* over(CheckpointPermissions.make({ ...settings, adminKey }))
    const of = CheckpointId.make(model)
    const { outcomes } = yield* Parity.run(client, client.httpClient, {
      checkpoint: of,
      subject: writes ? { checkpoint: of, project: ProjectId.make(project) } : undefined,
      interval: Duration.seconds(10)
    })
    return { outcomes, sent: sent(), apiUrl, at: "2026-01-01T00:00:00Z" }
  }).pipe(Effect.provide(Layer.merge(FakePermissions.layer(server), silentScreen([]))), (run) =>
    VirtualClock.run(run, { startAt: Date.UTC(2026, 0, 1) })
  )

/** The recording of such a run, or its faults. */
export const recorded = (run: Run) => Effect.map(ran(run), recordOf)
