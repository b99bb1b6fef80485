/**
 * `checkpoint-permissions plan`: what a policy would change.
 *
 * @since 0.1.0
 */
import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as Inventory from "@checkpoint-permissions/access/Inventory"
import { printable, visibleJson } from "@checkpoint-permissions/access/TerminalText"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Incomplete, Pending, WrongUse } from "../internal/failure.ts"
import { described, type Given } from "../internal/help/described.ts"
import { ofInventory } from "../internal/input/checkpoints.ts"
import { kindOf } from "../internal/input/document.ts"
import * as inventories from "../internal/input/inventory.ts"
import { flag } from "../internal/input/option.ts"
import { force, out, planFormat, policyFiles } from "../internal/input/parameters.ts"
import { part, select, selectOf } from "../internal/input/parts.ts"
import * as policies from "../internal/input/policy.ts"
import * as savedAudit from "../internal/input/savedAudit.ts"
import { caveats } from "../internal/output/caveats.ts"
import * as output from "../internal/output/file.ts"
import { warnOfLookalikesIn } from "../internal/output/lookalikes.ts"
import * as difference from "../internal/output/plan.ts"
import { rate, serverOptions } from "../internal/server/options.ts"
import { matrixOf, planOf } from "../internal/server/reading.ts"
import { type Connection, withPermissions } from "../internal/server/server.ts"
import { maxAge, stateDir } from "../internal/state/options.ts"
import { resume } from "../internal/state/resume.ts"
import { removeAfter } from "../internal/state/savedRows.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = {
  file: policyFiles,
  fromJson: savedAudit.fromJson,
  inventory: inventories.inventory,
  wholeOrganization: flag(
    "whole-organization",
    "With --inventory and --exit-code: a checkpoint that has permissions and stands in no policy counts."
  ),
  part,
  out: out(
    "Save the plan here, for apply --plan.",
    "A plan that is there is written over, another file with --force only."
  ),
  force,
  json: flag("json", "Print the plan as JSON, as --out saves it."),
  exitCode: flag("exit-code", "Exit with 3 if there is something to change."),
  format: planFormat,
  rate,
  maxAge,
  stateDir,
  ...serverOptions
}

/** The same policy for some of its checkpoints. */
const restricted = (
  policy: AccessPolicy.AccessPolicy,
  checkpoints: ReadonlyArray<string>
): AccessPolicy.AccessPolicy => {
  const some = new Set(checkpoints)
  return {
    ...policy,
    checkpoints: Object.fromEntries(Object.entries(policy.checkpoints).filter(([id]) => some.has(id)))
  }
}

/** What an inventory shows beside a policy. Checkpoints that stand in no policy are read in this run. */
const outsideThePolicy = Effect.fnUntraced(function* (
  inventory: Option.Option<Inventory.Inventory>,
  sources: ReadonlyArray<AccessPolicy.Source>,
  resolved: Effect.Effect.Success<ReturnType<typeof AccessPolicy.resolve>>,
  connection: Connection
) {
  if (Option.isNone(inventory)) return { notes: [], unmanaged: 0 }
  const projects = yield* Effect.asSome(inventories.checkIsOf(inventory.value, connection)).pipe(
    Effect.catchTag("PermissionDeniedError", "MissingScopeError", () => Effect.succeedNone)
  )
  if (Option.isSome(projects)) yield* Inventory.checkProjects(sources, projects.value)
  const checkpoints = Inventory.outsideOf(resolved, inventory.value)
  const { result } = yield* matrixOf("plan", { ...ofInventory(inventory.value), checkpoints }, {})
  const unmanaged = result.rows.filter(({ permissions }) => permissions.length > 0)
  const unread = result.rows.filter(({ complete }) => !complete)
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

const run = (options: Given<typeof config>) =>
  Effect.gen(function* () {
    const screen = yield* Screen.Screen
    if (options.json && Option.isSome(options.format)) {
      return yield* new WrongUse({ message: "--json is a format of its own: leave out --format, or --json" })
    }
    if (options.exitCode && Option.exists(options.maxAge, Duration.greaterThan(Duration.zero))) {
      return yield* new WrongUse({
        message: "--exit-code rests on what is read now: leave out --max-age, or --exit-code"
      })
    }
    if (options.wholeOrganization && Option.isNone(options.inventory)) {
      return yield* new WrongUse({ message: "--whole-organization needs to know it: pass --inventory too" })
    }
    const inventory = yield* inventories.load(options.inventory)
    const sources = yield* policies.sourcesOf(options.file)
    const whole = yield* AccessPolicy.merge(sources)
    const all = yield* policies.checkpointsOf(whole)
    const target = Option.map(
      options.out,
      (path): output.Target => ({
        what: "plan file",
        path,
        force: options.force,
        isEarlier: (text) => kindOf(text) === "plan"
      })
    )
    if (Option.isSome(target)) yield* output.check(target.value)
    yield* screen.checkRoom
    const finish = Effect.fnUntraced(function* (
      plan: AccessPlan.AccessPlan,
      estimate: Access.Estimate | undefined,
      notes: ReadonlyArray<string>,
      unmanaged = 0
    ) {
      yield* warnOfLookalikesIn(plan)
      const sha256 = yield* AccessPlan.sha256Of(plan)
      if (Option.isSome(target)) yield* output.write(target.value, yield* AccessPlan.toJson(plan))
      if (options.json) yield* screen.print(visibleJson(yield* AccessPlan.toJson(plan)))
      else if (Option.contains(options.format, "markdown")) {
        yield* screen.print(difference.markdown(plan, estimate, Option.isSome(target) ? sha256 : undefined, notes))
      } else {
        yield* screen.print(difference.text(plan, estimate, screen.out, notes))
        if (Option.isSome(target)) yield* screen.print(`Plan ${sha256}\n`)
      }
      if (plan.counts.unread > 0) {
        return yield* new Incomplete({
          message: `plan: ${counted(plan.counts.unread, "checkpoint")} could not be read: nothing is planned there`
        })
      }
      const isPending = !AccessPlan.isEmpty(plan) || (options.wholeOrganization && unmanaged > 0)
      if (options.exitCode && isPending) return yield* new Pending()
    })

    if (options.fromJson.length > 0) {
      const matrix = yield* savedAudit.load(options.fromJson, options, {
        "--exit-code": options.exitCode,
        "--inventory": Option.isSome(options.inventory),
        "--part": Option.isSome(options.part),
        "--max-age": Option.isSome(options.maxAge),
        "--rate": Option.isSome(options.rate)
      })
      const { checkpoints, mark } = yield* selectOf(all, matrix)
      const plan = { ...(yield* AccessPlan.fromMatrix(restricted(whole, checkpoints), matrix)), ...mark }
      const notes = [...caveats(plan), yield* savedAudit.age(matrix)]
      if (options.json) yield* Effect.forEach(notes, screen.complain)
      return yield* finish(plan, undefined, notes)
    }
    const { checkpoints, mark } = select(all, options.part)
    const policy = restricted(whole, checkpoints)
    return yield* withPermissions(options, checkpoints, (_, connection) =>
      Effect.gen(function* () {
        const seen = yield* outsideThePolicy(inventory, sources, yield* AccessPolicy.resolve(whole), connection)
        const saved = yield* resume({
          stateDir: options.stateDir,
          maxAge: options.maxAge,
          off: options.fake || options.exitCode,
          scope: { command: "plan", filter: undefined, ...connection },
          checkpoints
        })
        const { isWhole, result } = yield* planOf(policy, saved)
        // A copy counts as loaded: whoever applies it reads every checkpoint again.
        const plan = { ...result, ...mark }
        const notes = [...caveats(plan), ...seen.notes]
        if (options.json) yield* Effect.forEach(seen.notes, screen.complain)
        yield* removeAfter(finish(plan, yield* Access.estimate(plan), notes, seen.unmanaged), saved, isWhole)
      }).pipe(Effect.scoped)
    )
  })

/** @category commands */
export const plan = described("plan", config, run, {
  summary: "Show what a policy would change: reads each of its checkpoints, and changes nothing.",
  details: [
    "A key that may only list is enough. Exits with 4 if a checkpoint could not be read: nothing is planned there.",
    "The same command within --max-age of one that was cut short goes on with what that had read, and says how old it is; with --exit-code everything is read.",
    "With --from-json it plans from a saved audit, without a server, and says how old that is."
  ],
  examples: [
    { line: "checkpoint-permissions plan --file policy.yaml", does: "the difference" },
    {
      line: "checkpoint-permissions plan --file policy.yaml --out plan.json --format markdown",
      does: "saved for apply, and shown for a review"
    }
  ]
})
