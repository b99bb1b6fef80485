/** `checkpoint-permissions demo`: a demo on a fake server in this process. */

import { pluralize } from "@checkpoint-permissions/protocol/text"
import * as FakePermissions from "@checkpoint-permissions/testing/FakePermissions"
import * as Faults from "@checkpoint-permissions/testing/Faults"
import * as Command from "@effect/cli/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Path from "@effect/platform/Path"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Record from "effect/Record"
import { interrupted } from "../internal/command/exitCode.ts"
import { failed, incomplete } from "../internal/command/failure.ts"
import { defineCommand, makeRun } from "../internal/command/run.ts"
import { program } from "../internal/help/words.ts"
import { SharedFake } from "../internal/server/server.ts"
import * as Screen from "../internal/terminal/screen.ts"
import { apply } from "./apply.ts"
import { audit } from "./audit.ts"
import { plan } from "./plan.ts"

const weather = "ft:gpt-4o-mini-2024-07-18:acme:weather:B7R9VjQd"
const legal = "ft:gpt-4o-mini-2024-07-18:acme:legal:C1uTq0Xz"
const retired = "ft:gpt-3.5-turbo-0125:acme:retired:A0aBcDeF"

const policy = `version: 1
groups:
  research: [proj_search, proj_papers]
checkpoints:
  "${weather}":
    owner: proj_meteo
    projects: ["@research", proj_support]
  "${legal}":
    projects: [proj_legal]
  "${retired}":
    projects: []          # only its owner
`

/** A server with a quota that fails three times. A repeated create makes a duplicate on it. */
const fake = FakePermissions.layer({
  seed: {
    [weather]: ["proj_search", "proj_intern"],
    [legal]: ["proj_intern"],
    [retired]: ["proj_search", "proj_intern"]
  },
  organization: {
    projects: [
      { id: "proj_search", name: "Search quality" },
      { id: "proj_papers", name: "Paper reading" },
      { id: "proj_legal", name: "Legal desk" },
      { id: "proj_intern", name: "Summer interns" },
      { id: "proj_support", name: "Support desk" },
      { id: "proj_meteo", name: "Meteorology" }
    ]
  },
  behavior: {
    latency: "20 millis",
    regrant: "second",
    owners: { [weather]: "proj_meteo" },
    rate: { requests: 4, per: "2 seconds" }
  },
  faults: Faults.scripted([
    { fault: Faults.html(502), operation: "list", nth: 2 },
    { fault: Faults.dropAfter(), operation: "create", nth: 1 },
    { fault: Faults.rateLimited({ "retry-after": "2" }), operation: "delete", nth: 1 }
  ])
})

/** The last command finds nothing to change: the server's permissions are those of the policy. */
const lines = [
  "plan --file policy.yaml --out plan.json",
  "apply plan.json --yes",
  "audit --from policy.yaml",
  "audit --from policy.yaml --out audit.html",
  "plan --file policy.yaml --exit-code"
]

const commands = [plan, apply, audit] as const
const root = Command.make(program).pipe(Command.withSubcommands([plan.command, apply.command, audit.command]))
const runLine = makeRun({ root, commands, version: Effect.succeed("") })

const run = Effect.gen(function* () {
  const screen = yield* Screen.Screen
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { bold, dim, green } = screen.out
  const folder = yield* Effect.acquireRelease(
    fs.makeTempDirectory({ prefix: "checkpoint-permissions-demo-" }),
    (path, exit) => (Exit.isSuccess(exit) ? Effect.void : Effect.ignore(fs.remove(path, { recursive: true })))
  )
  const inFolder = (word: string) => (/\.(yaml|json|html)$/.test(word) ? path.join(folder, word) : word)
  yield* fs.writeFileString(inFolder("policy.yaml"), policy)
  yield* screen.print(
    `A fake server inside this process: no key, no network.\n\n${bold("$ cat policy.yaml")}\n${policy}`
  )

  for (const line of lines) {
    yield* screen.print(`\n${bold(`$ ${program} ${line}`)}\n`)
    const code = yield* runLine([...line.split(" ").map(inFolder), "--fake"])
    // After a signal, `apply` and `audit` print their partial result and exit with the signal's code.
    const signal = Record.keys(interrupted).find((name) => interrupted[name] === code)
    if (signal !== undefined) return yield* incomplete(`demo: stopped by ${signal}`, signal)
    if (code !== 0) return yield* failed(`demo: unexpected result: ${line} exits with ${code}`)
  }

  const { requests } = yield* FakePermissions.FakePermissions
  const sent = yield* requests
  const failures = sent.flatMap(({ outcome, status }) =>
    outcome === "dropped" ? ["a lost reply"] : status !== undefined && status >= 400 ? [String(status)] : []
  )
  yield* screen.print(
    `\nSurvived ${pluralize(failures.length, "failure")}: ${failures.join(", ")}. ${dim(`Sent ${pluralize(sent.length, "request")}.`)}\n` +
      `${green("✓")} The server has exactly the permissions of the policy, without duplicates.\n` +
      `${green("✓")} The audit page, to open in a browser: ${bold(inFolder("audit.html"))}\n`
  )
}).pipe(
  Effect.scoped,
  Effect.provideServiceEffect(SharedFake, HttpClient.HttpClient),
  Effect.provide(fake),
  // The user's settings for real servers are left out.
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["CHECKPOINT_PERMISSIONS_RATE", "2/s"]]))),
  Effect.catchTag("BadArgument", "SystemError", (error) =>
    failed(`demo: cannot create a folder for its files: ${error.message}`)
  )
)

/** @category commands */
export const demo = defineCommand("demo", {}, () => run, {
  summary: "Run a demo against a built-in fake server.",
  details: [
    "Needs no key and no network, and takes a few seconds. It plans a policy, applies it under a quota and audits the result, with a 429, a 502 and a lost reply on the way. The files stay in a temporary folder. Exits with 1 if the server differs from the policy at the end."
  ],
  examples: {
    demo: "no key, no network"
  }
})
