import { FakePermissions, VirtualClock } from "@checkpoint-permissions/testing"
import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe } from "@effect/vitest"
import { Clock, Duration, Effect, Option } from "effect"
import { SharedFake } from "../src/internal/server/server.ts"
import { withoutColors } from "../src/internal/terminal/style.ts"
import { parseDuration } from "../src/internal/terminal/time.ts"
import { cli } from "./support/inProcess.ts"
import { live } from "./support/test.ts"
import { folder } from "./support/world.ts"

type Rate = NonNullable<FakePermissions.Options["behavior"]>["rate"]

type Situation = readonly [name: string, count: number, permissions: number, rate: string | undefined, server?: Rate]

const project = (n: number) => `proj_${n}`
const first = Date.UTC(2026, 0, 1) / 1000

const commands: Readonly<Record<string, ReadonlyArray<string>>> = {
  audit: ["--from", "policy.yaml"],
  discover: [],
  export: ["--from", "policy.yaml"],
  plan: [],
  apply: ["--yes", "--max-revokes", "1000"],
  drift: [],
  review: [],
  offboard: [project(0), "--from", "policy.yaml", "--yes"]
}

/** Runs a command over checkpoints with so many permissions, and returns its estimates with the true values. */
const estimatesOf = Effect.fnUntraced(function* (...[name, count, permissions, rate, server]: Situation) {
  const home = yield* folder
  const ids = Array.from({ length: count }, (_, n) => `ft:gpt-4o-mini:org:model:m${n}`)
  const of = Array.from({ length: permissions }, (_, n) => project(n))
  const granted = (at: number) =>
    of.map((project_id, n) => ({ id: `cp_${at}_${n}`, project_id, created_at: first + at * 86_400 }))
  const events = ids.flatMap((fine_tuned_model_checkpoint, at) =>
    granted(at).map(({ created_at, id, project_id }) => ({
      ...{ type: "checkpoint.permission.created", effective_at: created_at, permission_id: id },
      ...{ project_id, fine_tuned_model_checkpoint, actor: { key: "key_1" } }
    }))
  )
  const wanted = name === "apply" ? [...of.slice(1), project(299)] : of
  const entries = ids.map((id) => `  "${id}": { reviewEvery: 30d, projects: ["@all"] }\n`).join("")
  home.write("policy.yaml", `version: 1\ngroups: { all: [${wanted.join(", ")}] }\ncheckpoints:\n${entries}`)
  const fake = FakePermissions.layer({
    seed: Object.fromEntries(ids.map((id, at) => [id, granted(at)])),
    organization: { projects: Array.from({ length: 300 }, (_, n) => project(n)), events },
    behavior: { latency: 200, ...(server === undefined ? {} : { rate: server }) }
  })
  const file = ["plan", "apply", "drift", "review"].includes(name) ? ["-f", "policy.yaml"] : []
  const args = [name, ...(commands[name] ?? []), ...file, "--fake", ...(rate === undefined ? [] : ["--rate", rate])]
  const written: Array<{ readonly at: number; readonly text: string }> = []
  const run = Effect.gen(function* () {
    const clock = yield* Clock.clockWith(Effect.succeed)
    const onError = (text: string) => {
      written.push({ at: clock.unsafeCurrentTimeMillis() / 1000, text: withoutColors(text).replace("\r\u001b[2K", "") })
    }
    const http = yield* HttpClient.HttpClient
    const { code, stderr } = yield* cli(args, { cwd: home.path, terminal: true, columns: 200, onError }).pipe(
      Effect.provideService(SharedFake, http)
    )
    assert.include([0, 3, 4], code, stderr)
    return clock.unsafeCurrentTimeMillis() / 1000
  })
  const end = yield* VirtualClock.run(Effect.provide(run, fake), { startAt: Date.UTC(2026, 5, 1) })
  // an apply plans first
  const planned = written.findLast(({ text }) => text.startsWith("plan:"))?.at ?? end
  return written.flatMap(({ at, text }) => {
    const [, kind, time = ""] = /(about|at least) ((?:\d+[a-z] ?)+)/.exec(text) ?? []
    const said = Option.map(Option.fromNullable(parseDuration(time)), Duration.toSeconds)
    if (kind === undefined || Option.isNone(said)) return []
    return [{ kind, text, said: said.value, left: (/^(plan:|.*Reading)/.test(text) ? planned : end) - at }]
  })
})

describe("a forecast is right where the rate is known, and a minimum elsewhere", () => {
  const server = { requests: 10, per: "1 minute", headers: "retry-after" } as const
  const rows: ReadonlyArray<Situation> = [
    ...Object.keys(commands).map((name) => [name, 24, 2, "10/minute"] as const),
    ["apply", 6, 250, "2/minute"],
    ["apply", 6, 250, "60/minute"],
    ["review", 10, 250, "10/minute"],
    ["plan", 6, 0, "2/minute"],
    ["plan", 24, 2, "10/minute", { ...server, scope: "shared" }],
    ["apply", 24, 2, undefined, server],
    ["plan", 48, 2, undefined, { ...server, refill: "window" }],
    ["plan", 48, 2, undefined, { ...server, headers: "none" }],
    ["apply", 24, 2, undefined, { ...server, headers: "none" }],
    ["audit", 60, 2, undefined, { ...server, requests: 20 }],
    ["audit", 60, 2, undefined, undefined]
  ]
  for (const situation of rows) {
    live(JSON.stringify(situation), function* () {
      for (const { kind, left, said, text } of yield* estimatesOf(...situation)) {
        // seven seconds for the rounding, and for the replies of a burst
        const error = Math.max(7, left / 10)
        assert.isAtMost(said, left + error, text)
        if (kind === "about") assert.isAtLeast(said, left - error, text)
      }
    })
  }
})
