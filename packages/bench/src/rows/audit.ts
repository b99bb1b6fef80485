/** How many requests an audit takes, counted by the fake server in this process. */
import * as Access from "@checkpoint-permissions/access/Access"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Pacing from "@checkpoint-permissions/client/Pacing"
import * as Identifiers from "@checkpoint-permissions/core/Identifiers"
import * as FakePermissions from "@checkpoint-permissions/testing/FakePermissions"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import OpenAI from "openai"
import { budgets } from "../budgets.ts"
import type { Row } from "../row.ts"
import { ratio } from "../statistics.ts"
import { fetchOf } from "./fakeFetch.ts"

const seedOf = (checkpoints: number, projects: number): FakePermissions.Seed => {
  const all = Array.from({ length: projects }, (_, n) => `proj_${n}`)
  return Object.fromEntries(Array.from({ length: checkpoints }, (_, n) => [`ft:audit:${n}`, all]))
}

const counted = <E>(
  seed: FakePermissions.Seed,
  work: Effect.Effect<number, E, HttpClient.HttpClient>
): Promise<{ readonly requests: number; readonly permissions: number }> =>
  Effect.gen(function* () {
    const fake = yield* FakePermissions.FakePermissions
    const permissions = yield* work
    return { permissions, requests: (yield* fake.requests).length }
  }).pipe(Effect.provide(FakePermissions.layer({ seed })), Effect.runPromise)

/** By `Access.audit`: no option but a pace that does not wait, since the server has no quota. */
const ours = (seed: FakePermissions.Seed) =>
  counted(
    seed,
    Access.audit(Object.keys(seed).map((id) => Identifiers.CheckpointId.make(id))).pipe(
      Effect.map((matrix) => matrix.rows.reduce((sum, row) => sum + row.permissions.length, 0)),
      Effect.provide(
        CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-bench"), pacing: Pacing.none }).pipe(
          Layer.provide(Layer.effect(HttpClient.HttpClient, HttpClient.HttpClient))
        )
      )
    )
  )

/** By `openai` at its defaults: a listing of each checkpoint, to the end. */
const openai = (seed: FakePermissions.Seed) =>
  counted(
    seed,
    Effect.flatMap(fetchOf, (fetch) =>
      Effect.promise(async () => {
        const client = new OpenAI({
          apiKey: "sk-bench",
          adminAPIKey: "sk-admin-bench",
          baseURL: "https://fake/v1",
          fetch
        })
        let permissions = 0
        for (const checkpoint of Object.keys(seed)) {
          for await (const _ of client.fineTuning.checkpoints.permissions.list(checkpoint)) permissions += 1
        }
        return permissions
      })
    )
  )

/** The requests of both for so many checkpoints with so many projects each. */
export const auditRequests = async (checkpoints: number, projects: number) => {
  const seed = seedOf(checkpoints, projects)
  const all = checkpoints * projects
  const [by, byOpenai] = [await ours(seed), await openai(seed)]
  if (by.permissions !== all || byOpenai.permissions !== all) throw new Error("an audit did not see everything")
  return { ours: by.requests, openai: byOpenai.requests }
}

export const audit: Row = {
  name: "audit",
  title: "Requests to audit 300 checkpoints × 200 projects",
  run: async () => {
    const data = await auditRequests(300, 200)
    return {
      lines: [
        {
          what: "requests",
          values: { ours: String(data.ours), openai: String(data.openai) },
          figure: `${ratio(data.ours / data.openai)} openai's`,
          goal: "≤ 0.10 ×",
          met: data.ours <= data.openai / 10 && data.ours <= budgets.audit.goal
        }
      ],
      data
    }
  }
}
