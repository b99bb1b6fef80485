/**
 * `checkpoint-permissions offboard`: revokes a project's access everywhere.
 *
 * @since 0.1.0
 */
import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { Organization } from "@checkpoint-permissions/client/Organization"
import { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import * as Args from "@effect/cli/Args"
import { isNonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { actorOf, openFiles } from "../internal/apply/apply.ts"
import { revokeLockOptions, warnIfLocked } from "../internal/apply/locking.ts"
import { journalOptions, readLimit } from "../internal/apply/options.ts"
import * as Tally from "../internal/apply/tally.ts"
import { type Failure, failed, refused, wrongUse } from "../internal/failure.ts"
import { given } from "../internal/input/checkpoints.ts"
import { named } from "../internal/input/ids.ts"
import {
  argument,
  decoded,
  dryRun,
  file,
  flag,
  force,
  from,
  json,
  maxDuration,
  option,
  optional,
  text,
  texts
} from "../internal/input/option.ts"
import { sourcesIfAny } from "../internal/input/saved.ts"
import * as Evidence from "../internal/offboard/evidence.ts"
import { type FoundWithKeys, findProject, findWithKeys } from "../internal/offboard/find.ts"
import { patchOf } from "../internal/offboard/patch.ts"
import type { Sources } from "../internal/offboard/report.ts"
import { failureOf, show } from "../internal/offboard/show.ts"
import { check, type Target, write } from "../internal/output/file.ts"
import { defineCommand, type OptionsOf } from "../internal/run.ts"
import { loadProjectKeys } from "../internal/server/key.ts"
import { checkProjects } from "../internal/server/projects.ts"
import { rate, serverOptions, withPermissions } from "../internal/server/server.ts"
import { stoppable } from "../internal/terminal/interruption.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = {
  project: argument("project", decoded(ProjectId)).pipe(
    Args.withDescription("The project that loses all access, such as proj_iqGMw1llN8IrBb6SvvY5A1oF.")
  ),
  file: texts(
    "file",
    "policy",
    "A policy whose checkpoints are read too, and whose lines that would grant again are printed."
  ),
  from,
  projectKeys: file(
    "project-keys",
    "File with an ordinary key of projects, a line proj_…=sk-… each: finds their checkpoints."
  ),
  withoutLog: flag("without-log", "Do not read the audit log: the verdict is about the named checkpoints only."),
  maxRevokes: option("max-revokes", "number", readLimit).pipe(
    optional("The most permissions to delete. 100 by default. Exits with 4 if more are left.")
  ),
  evidence: text("evidence", "folder").pipe(
    optional("Write the access before, the reads of the verdict, the history and digests into this new folder.")
  ),
  patch: file("patch", "Write the change that takes the project out of the policy here, for git apply."),
  yes: flag("yes", "Go ahead without asking."),
  dryRun,
  force,
  ...journalOptions,
  maxDuration,
  json,
  rate,
  ...revokeLockOptions,
  ...serverOptions
}

type OffboardOptions = OptionsOf<typeof config>

/** Asks at the terminal. Fails unless the answer is yes. */
const confirm =
  (options: OffboardOptions, project: string, screen: Screen.Service) =>
  (known: { readonly permissions: number; readonly checkpoints: number }) =>
    options.yes || options.dryRun
      ? Effect.void
      : Effect.gen(function* () {
          yield* screen.clear
          const partial = `Known so far: ${known.permissions} at ${pluralize(known.checkpoints, "checkpoint")}.`
          const answer = yield* screen.ask(
            `${screen.err.bold(`Delete every permission of ${project}?`)} ${partial} [y/N] `
          )
          if (answer === undefined || !/^y(es)?$/i.test(answer)) {
            return yield* refused("offboard: not confirmed, nothing is changed")
          }
        })

const run = Effect.fnUntraced(function* (options: OffboardOptions) {
  const screen = yield* Screen.Screen
  const isLogAsked = !options.withoutLog
  if (!options.yes && !options.dryRun && !screen.canAsk) {
    return yield* refused(
      `offboard: it deletes every permission of ${printable(options.project)}, and there is no terminal to confirm that: pass --yes`
    )
  }
  const policies = yield* sourcesIfAny(options.file)
  const policy = isNonEmptyReadonlyArray(policies) ? yield* AccessPolicy.merge(policies) : undefined
  const managed = policy === undefined ? [] : yield* AccessPolicy.resolve(policy)
  const owners = Object.fromEntries(
    managed.flatMap(({ checkpoint, owner }) => (owner === undefined ? [] : [[checkpoint, owner]]))
  )
  const listed = options.from.length === 0 ? undefined : yield* given([], options.from)
  const checkpoints = [...new Set([...managed.map(({ checkpoint }) => checkpoint), ...(listed?.checkpoints ?? [])])]
  const keys = Option.getOrElse(yield* Effect.transposeMapOption(options.projectKeys, loadProjectKeys), () => [])
  if (Option.isSome(options.patch) && policies.length === 0) {
    return yield* wrongUse("offboard: --patch changes a policy, and there is none: pass --file <policy>")
  }
  const { journal } = yield* openFiles({ journal: options.journal, out: Option.none(), force: false })
  const actor = yield* actorOf(options)
  const patch = Option.map(options.patch, (path): Target => ({ what: "patch", path, force: options.force }))
  if (Option.isSome(patch)) yield* check(patch.value)
  const evidence = options.dryRun ? Option.none() : yield* Effect.transposeMapOption(options.evidence, Evidence.open)

  return yield* withPermissions(options, checkpoints, (permissions, connection) =>
    Effect.gen(function* () {
      const organization = yield* connection.organizationLists
      yield* screen.progress("offboard: asking for projects and the log")
      const checked = yield* checkProjects(
        "offboard",
        connection,
        [options.project],
        findProject(organization, permissions, checkpoints, isLogAsked)
      )
      const [project = options.project] = checked.ids
      const name = named(project, { ...policy?.names, ...checked.names })
      yield* warnIfLocked("offboard", options, permissions.server)
      const names = { ...policy?.names, ...checked.names }
      if (Option.isSome(patch)) {
        const text = yield* patchOf(policies, project)
        if (text === "")
          yield* screen.warn(`offboard: no line of the policy names ${printable(project)}: no patch is written`)
        else yield* write(patch.value, text)
      }
      let found: FoundWithKeys | undefined
      const find = findWithKeys(connection, organization, keys).pipe(
        Effect.tap((all) =>
          Effect.sync(() => {
            found = all
          })
        ),
        Effect.provideService(Screen.Screen, screen)
      )
      /** The reason why a step could not be printed. The work continues, and the command reports it at the end. */
      let unprinted: string | undefined
      const print = (text: string) =>
        Effect.catchAll(screen.print(text), ({ message }) =>
          Effect.sync(() => {
            unprinted = message
          })
        )
      const onStep = (step: Access.OffboardStep) => {
        switch (step._tag) {
          case "LogRead":
            return screen.progress(`offboard: ${pluralize(step.events, "event")} of the log read, ${step.open} open`)
          case "CheckpointRead":
            return screen.progress(`offboard: ${step.done} of ${pluralize(step.total, "checkpoint")} read`)
          case "Offboarded":
            return screen.clear
          default: {
            const { done = "", wrong } = Tally.stepLine(step, { names }, screen.out)
            const shown = print(options.json ? Tally.json(step) : done)
            return wrong === undefined ? shown : Effect.zipRight(shown, screen.warn(wrong))
          }
        }
      }
      const report = (why: string) =>
        screen.warn(
          `offboard: ${why}: finishes what is in flight and stops${why === "SIGINT" ? "; Ctrl-C again stops at once" : ""}`
        )
      yield* stoppable(options, report, (stop, signal) =>
        Effect.gen(function* () {
          const last = yield* Access.offboard<Failure>(project, {
            checkpoints,
            owners,
            ...(keys.length === 0 ? {} : { find }),
            log: isLogAsked,
            maxRevokes: options.dryRun ? 0 : Option.getOrElse(options.maxRevokes, () => 100),
            confirm: confirm(options, name, screen),
            ...(Option.isSome(evidence) ? { onBefore: evidence.value.append } : {}),
            journal,
            actor,
            stop
          }).pipe(Stream.tap(onStep), Stream.runLast, Effect.provideService(Organization, organization))
          if (Option.isNone(last) || last.value._tag !== "Offboarded") return
          const verdict = last.value
          const files = [...policies.map(({ file }) => file), ...options.from]
          const sources: Sources = { project: name, files, isLogAsked, ...(found === undefined ? {} : { keys: found }) }
          const shown = yield* Effect.either(show(options, verdict, sources, policies))
          if (Option.isSome(evidence)) yield* evidence.value.finish(verdict)
          const failure = failureOf(verdict, sources, signal(), options.dryRun)
          if (Option.isSome(failure)) return yield* failure.value
          yield* shown
          if (unprinted !== undefined) return yield* failed(`offboard: ${unprinted}`)
        })
      )
    })
  )
}, Effect.scoped)

/**
 * @category commands
 * @since 0.1.0
 */
export const offboard = defineCommand("offboard", config, run, {
  summary: "Take the access of a project away at every known checkpoint.",
  details: [
    "Deletes what the audit log shows, while it is read; then reads every checkpoint that the log, --from, --file or --project-keys names, and deletes what is left; then asks the log again. Running it again is safe. Exits with 4 if access may be left.",
    "With --json it prints a line for each permission, and the verdict last. Without a terminal it needs --yes."
  ],
  examples: {
    "offboard proj_a": "asks once, for the project",
    "offboard proj_a --yes --evidence proj_a-evidence": "in a script, with evidence"
  }
})
