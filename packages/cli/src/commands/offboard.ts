/** `checkpoint-permissions offboard`: revokes a project's access everywhere. */

import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { Organization } from "@checkpoint-permissions/client/Organization"
import { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { isPermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { pluralize } from "@checkpoint-permissions/protocol/text"
import { isNonEmptyReadonlyArray } from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { useLock } from "../internal/apply/lock.ts"
import * as Tally from "../internal/apply/tally.ts"
import * as exitCode from "../internal/exitCode.ts"
import { CommandError, type Failure, failed, incomplete, refused } from "../internal/failure.ts"
import { program } from "../internal/help/words.ts"
import { noCheckpoints, readFiles } from "../internal/input/checkpoints.ts"
import { sourcesIfAny } from "../internal/input/document.ts"
import { CommandLine } from "../internal/input/environment.ts"
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
import { reportOwners, serverOwners, statedOwners } from "../internal/input/owners.ts"
import * as Files from "../internal/offboard/files.ts"
import { failureOf, isComplete, type Origin, type Sources, show, toJson } from "../internal/offboard/verdict.ts"
import { defineCommand, type OptionsOf } from "../internal/run.ts"
import { type FoundWithKeys, findWithKeys } from "../internal/server/find.ts"
import { loadProjectKeys } from "../internal/server/key.ts"
import { checkProjects, reportProjects, reportUnchecked } from "../internal/server/projects.ts"
import { withPermissions } from "../internal/server/server.ts"
import { formatEstimate, isLong, makeTimeLeft } from "../internal/terminal/estimate.ts"
import { stoppable } from "../internal/terminal/interruption.ts"
import * as Screen from "../internal/terminal/screen.ts"
import { version } from "../internal/version.ts"

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
  out: out("Save the verdict, its reads and the changes in the log in this file.", "an existing verdict"),
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

/** Requests confirmation at the terminal: the user types the number of known permissions. */
const confirm = (project: string, limit: number, screen: Screen.Service) =>
  Effect.fnUntraced(function* ({ checkpoints, permissions }: Access.KnownAccess) {
    const known = `Known: ${pluralize(permissions, "permission")} of ${project} at ${pluralize(checkpoints, "checkpoint")}.`
    const count = screen.err.bold(String(permissions))
    const those = permissions === 0 ? "" : permissions === 1 ? "it and " : "them and "
    const answer = yield* screen.ask(
      `${known} Type ${count} to delete ${those}those that the listings show, at most ${pluralize(limit, "revocation")}: `
    )
    if (answer !== String(permissions)) return yield* refused("offboard: not confirmed, nothing changed")
  })

const run = Effect.fnUntraced(function* (options: OffboardOptions) {
  const screen = yield* Screen.Screen
  const isLogAsked = !options.withoutLog
  const limit = Option.getOrElse(options.maxRevokes, () => 100)
  if (!options.yes && !options.dryRun && !screen.canAsk) {
    return yield* refused("offboard: no terminal to ask for confirmation: pass --yes")
  }
  const policies = yield* sourcesIfAny(options.file)
  const policy = isNonEmptyReadonlyArray(policies) ? yield* AccessPolicy.merge(policies) : undefined
  const managed = policy === undefined ? [] : yield* AccessPolicy.resolve(policy)
  const listed = yield* readFiles(options.from)
  const named = listed.flatMap((one) => one.named)
  if (options.from.length > 0 && named.length === 0) return yield* noCheckpoints
  const checkpoints = [...new Set([...managed, ...named].map(({ checkpoint }) => checkpoint))]
  // dry runs report permissions only
  const permissionsOnly = options.permissionsOnly || options.dryRun
  const keys = Option.getOrElse(yield* Effect.transposeMapOption(options.projectKeys, loadProjectKeys), () => [])
  const files = yield* Files.open(options)

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
        if (!isLogAsked) yield* report
        const [project = options.project] = checked.ids
        const { names } = checked
        const name = Ids.named(project, names)
        const words = yield* CommandLine
        const origin: Origin = {
          apiUrl: permissions.server.apiUrl,
          organization: permissions.server.organization,
          command: [program, ...words]
            .map((word) => (/^[\w./:@=,-]+$/.test(word) ? word : JSON.stringify(word)))
            .join(" "),
          programVersion: version,
          actor: files.actor ?? null
        }
        yield* Effect.withClock(useLock("offboard", options, permissions.server), connection.time.machine)
        const found = yield* Ref.make<FoundWithKeys | undefined>(undefined)
        const find = findWithKeys("offboard", connection, keys).pipe(
          Effect.tap((all) => Ref.set(found, all)),
          Effect.provideService(Screen.Screen, screen)
        )
        let timeLeft = yield* makeTimeLeft
        let toRead = 0
        const print = (text: string) => Effect.catchAll(screen.print(text), files.add)
        const onStep = (step: Access.OffboardStep) => {
          switch (step._tag) {
            case "LogRead":
              return screen.progress(
                `offboard: ${pluralize(step.events, "event")} of the log read, ${pluralize(step.open, "grant")} without a revoke`,
                timeLeft({ delete: Math.min(step.open, options.dryRun ? 0 : limit) }, true)
              )
            case "Reading":
              return Effect.gen(function* () {
                timeLeft = yield* makeTimeLeft
                toRead = step.checkpoints
                const estimate = yield* permissions.estimate({ list: step.checkpoints })
                const work = `offboard: ${pluralize(step.checkpoints, "checkpoint")} to read`
                // further rounds may follow
                if (isLong(estimate)) yield* screen.warn(`${work}, ${formatEstimate(estimate, true)}`)
              })
            case "CheckpointRead":
              return screen.progress(
                `offboard: ${step.done} of ${pluralize(step.total, "checkpoint")} read`,
                timeLeft({ list: toRead }, true)
              )
            case "Offboarded":
              return screen.clear
            default: {
              const { done = "", wrong } = Tally.stepLine(step, { names }, screen.out)
              const shown = print(options.json ? Tally.json(step) : done)
              return wrong === undefined ? shown : Effect.zipRight(shown, screen.warn(wrong))
            }
          }
        }
        const last = yield* Access.offboard<Failure>(project, {
          checkpoints,
          owners: serverOwners(named, project),
          refused: named.flatMap((one) => (one.ownerSource === "refusal" ? [one.checkpoint] : [])),
          permissionsOnly,
          ...(keys.length === 0 ? {} : { find }),
          log: isLogAsked && "required",
          maxRevokes: options.dryRun ? 0 : limit,
          ...(options.yes || options.dryRun
            ? {}
            : { confirm: (known: Access.KnownAccess) => Effect.zipRight(report, confirm(name, limit, screen)(known)) }),
          journal: files.journal,
          actor: files.actor,
          stop
        }).pipe(
          Stream.tap((step) => Effect.zipRight(report, onStep(step))),
          Stream.runLast,
          Effect.provideService(Organization, organization),
          Effect.catchIf(isPermissionsError, ({ message, operation }) =>
            // another delete may be in flight
            failed(
              operation === "delete"
                ? `offboard: no delete was confirmed: ${message}`
                : `offboard: nothing was deleted: ${message}; to go without the log, pass --without-log`
            )
          )
        )
        if (Option.isNone(last) || last.value._tag !== "Offboarded") return
        const verdict = last.value
        yield* reportOwners(
          [...policies, ...listed.flatMap(({ source }) => source ?? [])],
          serverOwners(verdict.checkpoints.filter(({ ownerSource }) => ownerSource === "job"))
        )
        const sources: Sources = {
          project: name,
          files: [...policies.map(({ file }) => file), ...options.from],
          ownerFiles: listed.flatMap((one) => (Object.keys(serverOwners(one.named)).length > 0 ? [one.file] : [])),
          stated: statedOwners(policies, listed),
          isLogAsked,
          permissionsOnly,
          origin,
          finishedAt: yield* DateTime.now,
          keys: yield* Ref.get(found)
        }
        const unsaved = yield* files.save(toJson(verdict, sources), isComplete(verdict))
        const revoked = `offboard: ${pluralize(verdict.revoked.length, "permission")} revoked; not saved: `
        if (unsaved.size > 0) yield* screen.warn(`${revoked}${[...unsaved].join("; ")}`)
        const shown = yield* Effect.either(show(options, verdict, sources, policies))
        const failure = failureOf(verdict, sources, signal(), options.dryRun)
        if (failure !== undefined) return yield* failure
        if (unsaved.size > 0) return yield* new CommandError({ code: exitCode.incomplete, lines: [] })
        yield* Effect.mapError(shown, ({ message }) => incomplete(`${revoked}${message}`))
      })
    )
  )
}, Effect.scoped)

/** @category commands */
export const offboard = defineCommand("offboard", config, run, {
  explainsShared: ["--project-keys"],
  summary: "Revoke the access of a project at every known checkpoint.",
  details: [
    "Deletes the permissions in the audit log while reading it. Then reads every checkpoint of the log, --from, --file and --project-keys, and deletes the remaining ones. Then reads the log again. It is safe to repeat. Exits with 4 if access may remain, also as an owner that the server did not name; --permissions-only leaves out owners.",
    "With --json it prints one line per permission, then the verdict. Without a terminal it needs --yes."
  ],
  examples: {
    "offboard proj_a": "asks once for confirmation",
    "offboard proj_a --yes --permissions-only --out a.json": "in a script"
  }
})
