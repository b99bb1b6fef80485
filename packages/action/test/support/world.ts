/** A fake of GitHub, an emulator and a runner between them. */
import { join } from "node:path"
import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
import { it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { isEndurance } from "../../../../tools/endurance.ts"
import { folder } from "../../../cli/test/support/folder.ts"
import type * as Ordinary from "../../../cli/test/support/test.ts"
import { runner } from "./action.ts"
import { bare } from "./git.ts"
import { github } from "./github.ts"

export const path = "access/policy.yaml"

/** Returns the id of a checkpoint by a short name. */
export const modelOf = (name: string): string => `ft:gpt-4o-mini-2024-07-18:org:${name}:B7R9VjQd`

export const weather = modelOf("weather")

/** Returns a policy with a line for each checkpoint, and one between them, so that two branches merge. */
export const policyOf = (access: Readonly<Record<string, string>>): { readonly [path]: string } => ({
  [path]: `version: 1\ncheckpoints:\n${Object.entries(access)
    .map(([name, projects]) => `  # ${name}\n  "${modelOf(name)}": { projects: [${projects}] }\n`)
    .join("")}`
})

const projects = ["a", "b", "c", "d", "hand", "late", "new", "other", "x", "y"].map((name) => `proj_${name}`)

/** Ten days before the tests, in Unix seconds. */
const before = Math.floor(Date.now() / 1000) - 10 * 86_400

/** An emulator whose server has these permissions, by the names of checkpoints. */
export const server = (
  seed: Readonly<Record<string, ReadonlyArray<string>>>,
  behavior = {},
  more: ReadonlyArray<string> = []
) =>
  Emulator.layer({
    seed: Object.fromEntries(
      Object.entries(seed).map(([name, some]) => [
        modelOf(name),
        some.map((project_id, at) => ({ id: `cp_${name}${at}`, project_id, created_at: before }))
      ])
    ),
    organization: {
      projects: [...projects, ...more],
      events: [{ type: "organization.updated", effective_at: before }]
    },
    behavior
  })

export const world = Effect.gen(function* () {
  const { path } = yield* folder
  let ahead = 0
  const hub = yield* github(bare(join(path, "repository.git"), () => Date.now() + ahead))
  const fake = yield* FakePermissions.FakePermissions
  const { controlUrl } = yield* Emulator.Emulator
  /** Lets minutes pass, at the server and in the repository. */
  const pass = (minutes: number) =>
    Effect.suspend(() => {
      ahead += minutes * 60_000
      const headers = { "content-type": "application/json" }
      const body = JSON.stringify({ advance: `${minutes} minutes` })
      return Effect.promise(() => fetch(`${controlUrl}/clock`, { method: "POST", headers, body }))
    })
  const run = yield* runner(hub, pass(2))
  return { fake, hub, pass, run, state: hub.state, elsewhere: runner(hub) }
})

/** How many requests change something. */
export const changed = (requests: ReadonlyArray<{ readonly method: string }>) =>
  requests.filter(({ method }) => method !== "GET").length

const of =
  (isRun: boolean): typeof Ordinary.test =>
  (what, layer, body) =>
    it.scopedLive.runIf(isRun)(what, () => Effect.provide(Effect.gen(body), layer))

/** A test of `npm test`, which the endurance run does not repeat. */
export const test = of(!isEndurance)

/** Tests on one server: those of `npm test`, and those of the endurance run alone. */
export const testsOn = <R, E>(layer: Layer.Layer<R, E>) => {
  type Body = Parameters<typeof Ordinary.test<R, E>>[2]
  return {
    test: (what: string, body: Body) => test(what, layer, body),
    endurance: (what: string, body: Body) => of(isEndurance)(what, layer, body)
  }
}
