/** The second part of the demo: a policy file, its plan, the plan applied, and a page about what came of it. */
import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import type { AccessStep } from "@checkpoint-permissions/access/AccessStep"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Pacing from "@checkpoint-permissions/client/Pacing"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as FakePermissions from "@checkpoint-permissions/testing/FakePermissions"
import * as Faults from "@checkpoint-permissions/testing/Faults"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Tally from "../apply/tally.ts"
import * as output from "../output/file.ts"
import * as difference from "../output/plan.ts"
import * as Screen from "../terminal/screen.ts"
import { time } from "../terminal/time.ts"
import { check, differences, indented, stage, tell } from "./told.ts"

const weather = "ft:gpt-4o-mini-2024-07-18:acme:weather:B7R9VjQd"
const legal = "ft:gpt-4o-mini-2024-07-18:acme:legal:C1uTq0Xz"
const retired = "ft:gpt-3.5-turbo-0125:acme:retired:A0aBcDeF"

const policyText = `version: 1
names:
  proj_search: Search quality
  proj_papers: Paper reading
  proj_legal: Legal desk
  proj_intern: Summer interns
groups:
  research: [proj_search, proj_papers]
checkpoints:
  "${weather}":
    owner: proj_meteo
    projects: ["@research", proj_support]
  "${legal}":
    projects: [proj_legal]
  "${retired}":
    projects: []          # nobody but its owner
`

/** What the policy asks for, told once more by hand. */
const wanted: Readonly<Record<string, ReadonlyArray<string>>> = {
  [weather]: ["proj_papers", "proj_search", "proj_support"],
  [legal]: ["proj_legal"],
  [retired]: []
}

/** As many calls a minute as were measured of the real server are this many in two seconds. */
const quota = 4
const minute = Duration.seconds(2)

/** A server with a quota, on which the reply to the first create gets lost and a repeated create makes a double. */
export const fake = FakePermissions.layer({
  seed: {
    [weather]: ["proj_search", "proj_intern"],
    [legal]: ["proj_intern"],
    [retired]: ["proj_search", "proj_intern"]
  },
  behavior: {
    latency: "20 millis",
    regrant: "second",
    owners: { [weather]: "proj_meteo" },
    rate: { requests: quota, per: minute }
  },
  faults: Faults.scripted([{ fault: Faults.dropAfter(), operation: "create", nth: 1 }])
})

export const run = Effect.gen(function* () {
  const screen = yield* Screen.Screen
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const server = yield* FakePermissions.FakePermissions
  const { bold, dim, green } = screen.out
  const waits: Array<CheckpointPermissions.Wait> = []
  const permissions = yield* CheckpointPermissions.make({
    adminKey: Redacted.make("sk-demo"),
    pacing: Pacing.fixed({ requests: quota, per: minute })
  })

  const folder = yield* fs.makeTempDirectory({ prefix: "checkpoint-permissions-demo-" })
  const policyFile = path.join(folder, "policy.yaml")
  yield* output.write({ what: "policy", path: policyFile, force: false }, policyText)
  yield* stage("Policy", `as a file under review: ${policyFile}`)
  yield* screen.print(indented(policyText))

  yield* Effect.gen(function* () {
    yield* stage(
      "Plan",
      `it, on another fake server, which takes ${quota} calls of a kind in ${time(minute)} (the real one about ten a minute)`
    )
    const policy = yield* AccessPolicy.load([policyFile])
    const plan = yield* Access.plan(policy)
    const shown = difference.text(plan, yield* Access.estimate(plan), screen.out)
    yield* screen.print(indented(shown))

    yield* stage("Apply", "it; the reply to the first create gets lost, so that what came of it has to be looked up")
    let tally = Tally.nothing
    const told = (step: AccessStep) => {
      tally = Tally.add(tally, step)
      const { done, wrong } = Tally.line(step, plan.policy, screen.out)
      const line = done ?? (wrong === undefined ? undefined : `${wrong}\n`)
      return line === undefined ? Effect.void : Effect.ignore(screen.print(`  ${line}`))
    }
    yield* Access.apply(plan, { maxRevokes: 10 }).pipe(Stream.runForEach(told))
    yield* screen.print(`  ${green("✓")} ${Tally.summary(tally, plan)}\n`)

    yield* stage("Audit", "who can use what now")
    const resolved = yield* AccessPolicy.resolve(policy)
    const checkpoints = resolved.map(({ checkpoint }) => checkpoint)
    const owners = Object.fromEntries(
      resolved.flatMap(({ checkpoint, owner }) => (owner === undefined ? [] : [[checkpoint, owner]]))
    )
    const matrix = yield* Access.audit(checkpoints, { names: policy.names, owners })
    const table = AccessMatrix.toTable(matrix, { width: screen.columns - 2, color: bold("") !== "" })
    yield* screen.print(indented(table))
    const page = path.join(folder, "audit.html")
    yield* output.write({ what: "audit page", path: page, force: false }, yield* AccessMatrix.toHtml(matrix))

    const again = yield* Access.plan(policy)
    const lost = (yield* server.requests).filter(({ outcome }) => outcome === "dropped").length
    yield* check([
      ...differences(wanted, yield* server.allPermissions),
      ...(AccessPlan.isEmpty(again) ? [] : ["another plan finds something to do"]),
      ...(lost === 1 ? [] : [`${lost} replies were lost`]),
      ...(AccessMatrix.counts(matrix).incomplete === 0 ? [] : ["the audit is incomplete"])
    ])
    yield* screen.print(
      `\n${green("✓")} The server holds exactly what the policy says, nothing doubled. ${dim(`${counted(waits.length, "call")} waited for the quota.`)}\n` +
        `${green("✓")} The audit as a page, to open in a browser: ${bold(page)}\n`
    )
    yield* screen.note(dim(`${counted(2, "file")} stay there to look at.`))
  }).pipe(
    CheckpointPermissions.tapWaits(tell(waits)),
    Effect.provideService(CheckpointPermissions.CurrentWaitLog, false),
    Effect.provideService(CheckpointPermissions.CheckpointPermissions, permissions)
  )
})
