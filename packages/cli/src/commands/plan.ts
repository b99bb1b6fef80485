/**
 * `checkpoint-permissions plan`: what a policy would change.
 *
 * @since 0.1.0
 */
import * as Access from "@checkpoint-permissions/access/Access"
import type * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as Inventory from "@checkpoint-permissions/access/Inventory"
import { pluralize, printable, visibleJson } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { incomplete, Pending, wrongUse } from "../internal/failure.ts"
import { ofInventory } from "../internal/input/checkpoints.ts"
import { readDocument } from "../internal/input/document.ts"
import { file, firstGiven, flag, force, formOf, out, planFormat, policyFiles } from "../internal/input/option.ts"
import * as documents from "../internal/input/saved.ts"
import { caveats } from "../internal/output/audit.ts"
import * as output from "../internal/output/file.ts"
import { warnOfLookalikesIn } from "../internal/output/lookalikes.ts"
import * as difference from "../internal/output/plan.ts"
import { described, type Given } from "../internal/run.ts"
import { matrixOf, planOf } from "../internal/server/reading.ts"
import { type Connection, rate, serverOptions, withPermissions } from "../internal/server/server.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = {
  file: policyFiles,
  from: file("from", "A saved audit (JSON, - for standard input) to plan from, as it is, without a server."),
  inventory: documents.inventoryOption,
  wholeOrganization: flag(
    "whole-organization",
    "With --inventory and --exit-code: a checkpoint that has permissions and stands in no policy counts."
  ),
  out: out(
    "Save the plan here, for apply --plan.",
    "A plan that is there is written over, another file with --force only."
  ),
  force,
  json: flag("json", "Print the plan as JSON, as --out saves it."),
  exitCode: flag("exit-code", "Exit with 3 if there is something to change."),
  format: planFormat,
  rate,
  ...serverOptions
}

/** What an inventory shows beside a policy. Checkpoints that stand in no policy are read in this run. */
const outsideThePolicy = Effect.fnUntraced(function* (
  inventory: Option.Option<Inventory.Inventory>,
  sources: ReadonlyArray<AccessPolicy.Source>,
  resolved: Effect.Effect.Success<ReturnType<typeof AccessPolicy.resolve>>,
  connection: Connection
) {
  if (Option.isNone(inventory)) return { notes: [], unmanaged: 0 }
  const projects = yield* Effect.asSome(documents.checkIsOf(inventory.value, connection)).pipe(
    Effect.catchTag("PermissionDeniedError", "MissingScopeError", () => Effect.succeedNone)
  )
  if (Option.isSome(projects)) yield* Inventory.checkProjects(sources, projects.value)
  const checkpoints = Inventory.outsideOf(resolved, inventory.value)
  const { rows } = yield* matrixOf("plan", { ...ofInventory(inventory.value), checkpoints }, {})
  const unmanaged = rows.filter(({ permissions }) => permissions.length > 0)
  const unread = rows.filter(({ complete }) => !complete)
  return {
    unmanaged: unmanaged.length + unread.length,
    notes: [
      ...(Option.isSome(projects) ? [] : Inventory.doubtfulProjects(resolved, inventory.value)),
      ...unmanaged.map(({ checkpoint, permissions }) => {
        const projects = new Set(permissions.map(({ project_id }) => project_id))
        return printable(
          `unmanaged: ${checkpoint} stands in no policy, and has permissions of ${[...projects].join(", ")}`
        )
      }),
      ...unread.map(({ checkpoint }) => printable(`${checkpoint} stands in no policy, and could not be read`))
    ]
  }
})

const run = Effect.fnUntraced(function* (options: Given<typeof config>) {
  const screen = yield* Screen.Screen
  const form = yield* formOf(options, "text")
  if (options.exitCode && Option.isSome(options.from)) {
    return yield* wrongUse("--exit-code cannot be combined with --from: it needs a reading of this run")
  }
  if (options.wholeOrganization && Option.isNone(options.inventory)) {
    return yield* wrongUse("--whole-organization needs to know it: pass --inventory too")
  }
  const inventory = yield* documents.loadInventory(options.inventory)
  const sources = yield* documents.sourcesOf(options.file)
  const policy = yield* AccessPolicy.merge(sources)
  const checkpoints = yield* documents.checkpointsOf(policy)
  const target = yield* output.targetOf(options, "plan file", "plan")
  yield* screen.checkRoom
  const finish = Effect.fnUntraced(function* (
    made: AccessPlan.AccessPlan,
    estimate: Access.Estimate | undefined,
    notes: ReadonlyArray<string>,
    names: AccessMatrix.AccessMatrix["names"],
    unmanaged = 0
  ) {
    yield* warnOfLookalikesIn(made)
    const plan = difference.named(made, names)
    const sha256 = yield* AccessPlan.sha256Of(plan)
    const json = yield* AccessPlan.toJson(plan)
    if (Option.isSome(target)) yield* output.write(target.value, json)
    if (form === "json") yield* screen.print(visibleJson(json))
    else if (form === "markdown") {
      yield* screen.print(difference.markdown(plan, estimate, Option.isSome(target) ? sha256 : undefined, notes))
    } else {
      yield* screen.print(difference.text(plan, estimate, screen.out, notes))
      if (Option.isSome(target)) yield* screen.print(`Plan ${sha256}\n`)
    }
    if (plan.counts.unread > 0) {
      return yield* incomplete(
        `plan: ${pluralize(plan.counts.unread, "checkpoint")} could not be read: nothing is planned there`
      )
    }
    const isPending = !AccessPlan.isEmpty(plan) || (options.wholeOrganization && unmanaged > 0)
    if (options.exitCode && isPending) return yield* new Pending()
  })

  if (Option.isSome(options.from)) {
    const document = yield* readDocument("audit", options.from.value, ["audit"])
    const clash = firstGiven(options, "inventory")
    const matrix = yield* documents.answering("plan", document, options, clash, form === "json")
    const plan = yield* AccessPlan.fromMatrix(policy, matrix)
    if (form === "json") yield* Effect.forEach(caveats(plan), screen.complain)
    return yield* finish(plan, undefined, [...caveats(plan), yield* documents.ageOf(matrix)], matrix.names)
  }
  return yield* withPermissions(options, checkpoints, (_, connection) =>
    Effect.gen(function* () {
      const seen = yield* outsideThePolicy(inventory, sources, yield* AccessPolicy.resolve(policy), connection)
      const plan = yield* planOf(policy)
      const before = caveats(plan)
      const notes = [...before, ...(before.length > 0 && seen.notes.length > 0 ? [""] : []), ...seen.notes]
      if (form === "json") yield* Effect.forEach(seen.notes, screen.complain)
      // Applying the saved plan reads every checkpoint again.
      const names = Option.match(inventory, { onNone: () => ({}), onSome: Inventory.namesOf })
      yield* finish(plan, yield* Access.estimate({ ...plan, snapshots: undefined }), notes, names, seen.unmanaged)
    })
  )
})

/** @category commands */
export const plan = described("plan", config, run, {
  summary: "Show what a policy would change, and change nothing.",
  details: [
    "Reads each checkpoint of the policy; a key that may only list is enough. Exits with 4 if a checkpoint could not be read: nothing is planned there.",
    "With --from it plans from a saved audit, without a server, and says how old that is."
  ],
  examples: {
    "plan -f policy.yaml": "the difference",
    "plan -f policy.yaml -o plan.json --format markdown": "saved for apply, and shown for a review"
  }
})
