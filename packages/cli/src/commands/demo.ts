/** `checkpoint-permissions demo`: the program of the README, under faults of a fake server in this process. */

import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import { pluralize } from "@checkpoint-permissions/protocol/text"
import * as FakePermissions from "@checkpoint-permissions/testing/FakePermissions"
import * as Faults from "@checkpoint-permissions/testing/Faults"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { failed } from "../internal/command/failure.ts"
import { defineCommand } from "../internal/command/run.ts"
import * as Screen from "../internal/terminal/screen.ts"

export const checkpoint = "ft:gpt-4o-mini-2024-07-18:acme:weather:B7R9VjQd"

/** A server with three faults. A repeated create makes a second permission on it. */
const fake = FakePermissions.layer({
  seed: { [checkpoint]: ["proj_ads", "proj_legal"] },
  behavior: { latency: "20 millis", regrant: "second" },
  faults: Faults.scripted([
    { fault: Faults.html(502), operation: "list", nth: 1 },
    { fault: Faults.dropAfter(), operation: "create", nth: 1 },
    { fault: Faults.rateLimited({ "retry-after": "2" }), operation: "list", nth: 3 }
  ])
})

const live = Access.layer.pipe(
  Layer.provideMerge(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
  Layer.provideMerge(fake)
)

/** The text of {@link readme}. */
const text = `
  const { granted } = yield* Access.grant(checkpoint, ["proj_search"])
  yield* Console.log(\`granted: \${granted.join(", ")}\`)
  const all = yield* Stream.runCollect(CheckpointPermissions.stream(checkpoint))
  const projects = Array.from(all, ({ project_id }) => project_id)
  yield* Console.log(\`access: \${projects.join(", ")}\`)
`

/** The program of the README. */
const readme = Effect.fnUntraced(function* <E>(Console: { readonly log: (line: string) => Effect.Effect<void, E> }) {
  const { granted } = yield* Access.grant(checkpoint, ["proj_search"])
  yield* Console.log(`granted: ${granted.join(", ")}`)
  const all = yield* Stream.runCollect(CheckpointPermissions.stream(checkpoint))
  const projects = Array.from(all, ({ project_id }) => project_id)
  yield* Console.log(`access: ${projects.join(", ")}`)
})

/** The same requests with Effect's client alone. */
const byHand = Effect.gen(function* () {
  const client = (yield* HttpClient.HttpClient).pipe(HttpClient.filterStatusOk, HttpClient.retryTransient({ times: 2 }))
  const list = HttpClientRequest.get(`https://api.openai.com/v1/fine_tuning/checkpoints/${checkpoint}/permissions`)
  const create = HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post(list.url), { project_ids: ["proj_search"] })
  for (const request of [list, create, list]) {
    yield* client.execute(HttpClientRequest.bearerToken(request, "sk-admin-test"))
  }
})

const policy = AccessPolicy.make({
  version: 1,
  checkpoints: { [checkpoint]: { projects: ["proj_legal", "proj_papers", "proj_search"] } }
})

/** Prints the requests that the server received, one line each, and its permissions. Returns true without duplicates. */
export const received = Effect.gen(function* () {
  const { print, out } = yield* Screen.Screen
  const { projects, requests } = yield* FakePermissions.FakePermissions
  const sent = yield* requests
  yield* print("\nThe server received:\n")
  for (const { fault, method, operation = "", outcome, status, time } of sent) {
    const asked = fault?._tag === "Reply" ? fault.headers?.["retry-after"] : undefined
    const reply = outcome === "dropped" ? "executed, reply lost" : status
    const at = ((time - (sent[0]?.time ?? 0)) / 1000).toFixed(2)
    yield* print(
      `  ${at} s  ${method.padEnd(5)} ${operation.padEnd(7)} ${reply}${asked === undefined ? "" : `, retry after ${asked} s`}\n`
    )
  }
  const left = yield* projects(checkpoint)
  const isExact = new Set(left).size === left.length
  yield* print(
    `${isExact ? out.green("✓") : out.red("✗")} ${pluralize(left.length, "permission")}: ${left.join(", ")}\n`
  )
  return isExact
})

const asCode = Effect.gen(function* () {
  const { print } = yield* Screen.Screen
  const plan = yield* Access.plan(yield* policy)
  const { grants, revokes, unchanged } = plan.counts
  yield* print(`  Access.plan   ${grants} to grant, ${revokes} to revoke, ${unchanged} unchanged\n`)
  const steps = Array.from(yield* Stream.runCollect(Access.apply(plan)), ({ _tag }) => _tag)
  const count = (tag: string) => steps.filter((one) => one === tag).length
  yield* print(`  Access.apply  ${count("Granted")} granted, ${count("Revoked")} revoked\n`)
  const isDone = AccessPlan.isEmpty(yield* Access.plan(yield* policy))
  yield* print(`  Access.plan   ${isDone ? "nothing to change" : "differs"}\n`)
  return isDone
})

/** Writes the page of an audit to a new folder, and prints its path. */
const auditPage = Effect.gen(function* () {
  const { out, print } = yield* Screen.Screen
  const fs = yield* FileSystem.FileSystem
  const page = AccessMatrix.toHtml(yield* Access.audit([checkpoint]))
  const file = (yield* Path.Path).join(yield* fs.makeTempDirectory({ prefix: "demo-" }), "audit.html")
  yield* fs.writeFileString(file, page)
  yield* print(
    `\nThe audit page, to open in a browser:\n  ${out.bold(file)}\nNext: docs/quick-start.md, or docs/access-as-code.md for the command line.\n`
  )
})

const run = Effect.gen(function* () {
  const { out, print } = yield* Screen.Screen
  yield* print(`A fake server in this process: no key, no network. It answers the first list
with 502, loses the reply to the first create, and refuses the third list (429).

${out.bold("1  The program of README.md")}\n${text}\nIt prints:\n`)
  yield* readme({ log: (line) => print(`  ${line}\n`) })
  const isExact = yield* received
  yield* print(`\n${out.bold("2  The same with HttpClient.retryTransient({ times: 2 }), on the same server")}\n`)
  const isDoubled = yield* Effect.provide(Effect.zipRight(byHand, Effect.negate(received)), fake)
  yield* print("  Deleting one permission of proj_search leaves its access.\n")
  yield* print(`\n${out.bold("3  Access as code: a policy with proj_legal, proj_papers and proj_search")}\n\n`)
  const isDone = yield* asCode
  if (!isExact || !isDoubled || !isDone) return yield* failed("demo: unexpected result: see above")
  yield* auditPage
}).pipe(
  Effect.provide(live),
  Effect.catchTag("RequestError", "ResponseError", ({ message }) => failed(`demo: unexpected result: ${message}`)),
  Effect.catchTag("BadArgument", "SystemError", ({ message }) => failed(`demo: cannot write its page: ${message}`))
)

/** @category commands */
export const demo = defineCommand("demo", {}, () => run, {
  summary: "Run a demo against a built-in fake server.",
  details: [
    "Needs no key and no network, and takes a few seconds. It runs a program of the library under a 502, a lost reply and a 429, then the same with a plain client, and applies a policy. The audit page stays in a temporary folder. Exits with 1 if a result is not the expected one."
  ],
  examples: {
    demo: "no key, no network"
  }
})
