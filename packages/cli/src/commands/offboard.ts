/** `checkpoint-permissions offboard`: revokes a project's access everywhere. */

import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as AccessStep from "@checkpoint-permissions/access/AccessStep"
import { Organization } from "@checkpoint-permissions/client/Organization"
import { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { isPermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { pluralize, printable, printableId } from "@checkpoint-permissions/protocol/text"
import { isNonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { checkTerminal, confirm } from "../internal/change/confirm.ts"
import { openFiles } from "../internal/change/files.ts"
import { useLock } from "../internal/change/lock.ts"
import { type Failure, failed, incomplete, wrongUse } from "../internal/command/failure.ts"
import { defineCommand, type OptionsOf } from "../internal/command/run.ts"
import { noCheckpoints, readFiles } from "../internal/input/checkpoints.ts"
import { sourcesIfAny } from "../internal/input/document.ts"
import * as Ids from "../internal/input/ids.ts"
import { argument, decoded, flag, texts } from "../internal/input/option.ts"
import {
  dryRun,
  force,
  from,
  journalOptions,
  json,
  lockOptions,
  maxDuration,
  maxRevokes,
  out,
  projectKeys,
  rate,
  serverOptions,
  yes
} from "../internal/input/options.ts"
import { reportOwners, serverOwners } from "../internal/input/owners.ts"
import * as output from "../internal/output/file.ts"
import { details } from "../internal/output/plan.ts"
import { findWithKeys } from "../internal/server/find.ts"
import { loadProjectKeys } from "../internal/server/key.ts"
import { checkProjects, reportProjects, reportUnchecked } from "../internal/server/projects.ts"
import { withPermissions } from "../internal/server/server.ts"
import { formatEstimate, isLong, makeTimeLeft } from "../internal/terminal/estimate.ts"
import { stoppable } from "../internal/terminal/interruption.ts"
import * as Screen from "../internal/terminal/screen.ts"
import { jsonLine } from "../internal/terminal/style.ts"

const config = {
  project: argument(
    "project",
    "The project that loses all access, such as proj_iqGMw1llN8IrBb6SvvY5A1oF.",
    decoded(ProjectId)
  ),
  file: texts("file", "policy", "A policy: its checkpoints are read too, and its lines with the project are printed."),
  from,
  projectKeys,
  withoutLog: flag("without-log", "Do not read the audit log. The verdict covers only the named checkpoints."),
  permissionsOnly: flag("permissions-only", "Do not ask for owners. The verdict covers permissions only."),
  maxRevokes: maxRevokes(100),
  out: out("Save the last read of each checkpoint in this file, as an audit.", "an existing audit"),
  yes,
  dryRun,
  force,
  ...journalOptions,
  maxDuration,
  json,
  rate,
  ...lockOptions,
  ...serverOptions
}

type OffboardOptions = OptionsOf<typeof config>

const isDiskFull = ({ message }: { readonly message: string }): boolean => /ENOSPC|EDQUOT/.test(message)

/** Opens the files. A disk that is or becomes full stops no delete: `unsaved` has the reasons. */
const openAll = Effect.fnUntraced(function* ({ actor, dryRun, force, journal, out }: OffboardOptions) {
  const unsaved = yield* Ref.make<ReadonlySet<string>>(new Set())
  const add = ({ message }: { readonly message: string }) => Ref.update(unsaved, (all) => new Set([...all, message]))
  if (Option.isSome(out) && Option.contains(journal, out.value)) {
    return yield* wrongUse("--journal and --out must be different files")
  }
  const files = yield* Effect.catchIf(openFiles({ actor, journal }), isDiskFull, (error) =>
    Effect.zipRight(add(error), openFiles({ actor, journal: Option.none() }))
  )
  const target = dryRun
    ? Option.none<output.Target>()
    : yield* Effect.catchIf(output.targetOf({ force, out }, "audit", "audit"), isDiskFull, (error) =>
        Effect.as(add(error), Option.none<output.Target>())
      )
  const { journal: opened } = files
  return {
    add,
    unsaved: Ref.get(unsaved),
    actor: files.actor,
    journal: opened && {
      write: (entries: Parameters<typeof opened.write>[0]) => Effect.catchAll(opened.write(entries), add)
    },
    /** Saves the audit. One that is incomplete goes to `<file>.partial`. */
    save: (matrix: AccessMatrix.AccessMatrix, isComplete: boolean) =>
      Effect.transposeMapOption(target, (at) =>
        Effect.catchAll(output.write(isComplete ? at : output.partialOf(at), AccessMatrix.toJson(matrix)), add)
      )
  }
})

/** Returns the endings of a verdict that are failures. A dry run leaves permissions. */
const unexpected = ({ endings }: Access.Offboarded, isDryRun: boolean) =>
  endings.filter(
    (ending) => ending._tag !== "Removed" && !(isDryRun && ending._tag === "NotRemoved" && ending.unread === 0)
  )

const run = Effect.fnUntraced(function* (options: OffboardOptions) {
  const screen = yield* Screen.Screen
  const limit = Option.getOrElse(options.maxRevokes, () => 100)
  if (!options.yes && !options.dryRun) yield* checkTerminal("offboard")
  const policies = yield* sourcesIfAny(options.file)
  const policy = isNonEmptyReadonlyArray(policies) ? yield* AccessPolicy.merge(policies) : undefined
  const managed = policy === undefined ? [] : yield* AccessPolicy.resolve(policy)
  const listed = yield* readFiles(options.from)
  const named = listed.flatMap((one) => one.named)
  if (options.from.length > 0 && named.length === 0) return yield* noCheckpoints
  const checkpoints = [...new Set([...managed, ...named].map(({ checkpoint }) => checkpoint))]
  const keys = Option.getOrElse(yield* Effect.transposeMapOption(options.projectKeys, loadProjectKeys), () => [])
  const files = yield* openAll(options)

  return yield* withPermissions(options, checkpoints, (permissions, connection) =>
    stoppable("offboard", "finishing requests in flight", options, (stop, signal) =>
      Effect.gen(function* () {
        const organization = yield* connection.organizationLists
        yield* screen.progress("offboard: reading projects and the audit log")
        const checked = yield* Effect.raceFirst(
          checkProjects("offboard", connection, [options.project]),
          Effect.as(stop, undefined)
        )
        if (checked === undefined) {
          return yield* incomplete("offboard: interrupted before any change. Run the same command again", signal())
        }
        // a policy of another organization stops no offboarding
        const documents = listed.map(({ file, projects = [] }) => ({ file, projects }))
        yield* Effect.raceFirst(reportProjects("offboard", connection, [...documents, { keys }]), stop)
        const report = reportUnchecked(connection, screen)
        if (options.withoutLog) yield* report
        const [project = options.project] = checked.ids
        const { names } = checked
        const name = Ids.named(project, names)
        yield* Effect.withClock(useLock("offboard", options, permissions.server), connection.time.machine)
        const find = Effect.provideService(findWithKeys("offboard", connection, keys, stop), Screen.Screen, screen)
        const print = (text: string) => Effect.catchAll(screen.print(text), files.add)
        let timeLeft = yield* makeTimeLeft
        let toRead = 0
        let verdict: Access.Offboarded | undefined
        const onStep = Effect.fnUntraced(function* (step: Access.OffboardStep) {
          switch (step._tag) {
            case "LogRead":
              return yield* screen.progress(
                `offboard: ${pluralize(step.events, "event")} of the log read, ${pluralize(step.open, "grant")} without a revoke`
              )
            case "Planned": {
              yield* report
              const { color } = options.json ? screen.err : screen.out
              const estimate = yield* Access.estimate(step.plan)
              const text = AccessPlan.toText(step.plan, details(step.plan, { color, estimate, names }))
              return yield* options.json ? screen.note(text.trimEnd()) : print(text)
            }
            case "Reading": {
              timeLeft = yield* makeTimeLeft
              toRead = step.checkpoints
              const estimate = yield* permissions.estimate({ list: step.checkpoints })
              const work = `offboard: ${pluralize(step.checkpoints, "checkpoint")} to read`
              // further rounds may follow
              if (isLong(estimate)) yield* screen.warn(`${work}, ${formatEstimate(estimate, true)}`)
              return
            }
            case "CheckpointRead":
              return yield* screen.progress(
                `offboard: ${step.progress.done} of ${pluralize(step.progress.total, "checkpoint")} read`,
                timeLeft({ list: toRead }, true)
              )
            case "Offboarded":
              verdict = step
              return yield* screen.clear
            default: {
              const { done, wrong } = AccessStep.toText(step, { color: screen.out.color, names })
              if (options.json) yield* print(AccessStep.toJson(step))
              else if (done !== undefined) yield* print(`${done}\n`)
              if (wrong !== undefined) yield* screen.warn(wrong)
            }
          }
        })
        const asked = ({ counts }: AccessPlan.AccessPlan) =>
          Effect.zipRight(
            report,
            confirm({
              command: "offboard",
              before: `Known: ${pluralize(counts.revokes, "permission")} of ${name}. `,
              change: `delete ${counts.revokes === 0 ? "" : "these and "}all that the listings show, at most ${pluralize(limit, "revocation")}`,
              count: counts.revokes
            })
          ).pipe(Effect.provideService(Screen.Screen, screen))
        yield* Access.offboard<Failure>(project, {
          checkpoints,
          owners: serverOwners(named, project),
          refused: named.flatMap((one) => (one.ownerSource === "refusal" ? [one.checkpoint] : [])),
          // a dry run reports permissions only
          permissionsOnly: options.permissionsOnly || options.dryRun,
          ...(keys.length === 0 ? {} : { find }),
          log: !options.withoutLog && "required",
          maxRevokes: limit,
          dryRun: options.dryRun,
          ...(options.yes || options.dryRun ? {} : { confirm: asked }),
          journal: files.journal,
          actor: files.actor,
          stop
        }).pipe(
          Stream.runForEach((step) => Effect.provideService(onStep(step), Screen.Screen, screen)),
          Effect.provideService(Organization, organization),
          Effect.catchIf(isPermissionsError, ({ message, operation }) =>
            // a delete may be in flight, or its reply lost
            failed(
              operation === "list-audit-logs"
                ? `offboard: nothing was deleted: ${message}; pass --without-log to leave out the log`
                : `offboard: no delete was confirmed: ${message}`
            )
          )
        )
        yield* report
        if (verdict === undefined) return
        const { matrix, revoked } = verdict
        yield* reportOwners(
          [...policies, ...listed.flatMap(({ source }) => source ?? [])],
          serverOwners(matrix.rows.filter(({ ownerSource }) => ownerSource === "job"))
        )
        const wrong = unexpected(verdict, options.dryRun)
        const isRead = wrong.every(
          ({ _tag }) => _tag === "OwnersUnknown" || _tag === "StillOwner" || _tag === "ProjectNotSeen"
        )
        yield* files.save({ ...matrix, names }, isRead)
        const unsaved = [...(yield* files.unsaved)].join("; ")
        const lost = `offboard: ${pluralize(revoked.length, "permission")} revoked; not saved: ${unsaved}`
        if (unsaved !== "" && wrong.length > 0) yield* screen.warn(lost)
        const sentences = Access.sentences(verdict, name)
        const [first = ""] = sentences
        const { _tag, endings } = verdict
        const mark = wrong.length === 0 ? screen.out.green("✓") : screen.out.yellow("!")
        const counts = `${pluralize(revoked.length, "permission")} revoked, ${pluralize(matrix.rows.length, "checkpoint")} known`
        yield* print(
          options.json
            ? jsonLine({ _tag, project, endings, revoked, checkpoints: matrix.rows.length })
            : `${options.dryRun ? "" : `${mark} ${first}\n`}${counts}\n`
        )
        if (!options.dryRun) yield* Effect.forEach(Access.remaining(verdict), screen.warn)
        for (const { column, file = "", in: where, line } of yield* AccessPolicy.sourceLocations(policies, [project])) {
          yield* screen.warn(
            `${printable(file)}:${line}:${column}: ${printable(where)} would grant ${printableId(project)} again at the next apply: remove it`
          )
        }
        if (wrong.length > 0) {
          const reasons = sentences.filter((_, at) => endings[at] !== undefined && wrong.includes(endings[at]))
          return yield* incomplete(`offboard: ${reasons.join("; ")}`, signal())
        }
        const printed = [...(yield* files.unsaved)].join("; ")
        if (printed !== "") return yield* incomplete(unsaved === "" ? `offboard: ${printed}` : lost)
      })
    )
  )
}, Effect.scoped)

/** @category commands */
export const offboard = defineCommand("offboard", config, run, {
  explainsShared: ["--project-keys"],
  summary: "Revoke the access of a project at every known checkpoint.",
  details: [
    "Deletes the permissions in the audit log. Then reads every checkpoint of the log, --from, --file and --project-keys, deletes the rest, and reads the log again. It is safe to repeat. Exits with 4 if access may remain, also as an owner that the server did not name; --permissions-only leaves out owners."
  ],
  examples: {
    "offboard proj_a": "shows the deletes, and asks once",
    "offboard proj_a --yes --permissions-only --out a.json": "in a script"
  }
})
