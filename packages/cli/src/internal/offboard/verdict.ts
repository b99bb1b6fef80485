/** The verdict of an offboarding as text: its endings, its sources, and its failure. */

import type { Offboarded } from "@checkpoint-permissions/access/Access"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { pluralize, printable, singleLine } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { timeSpan } from "../apply/tally.ts"
import type { Signal } from "../exitCode.ts"
import { incomplete } from "../failure.ts"
import { ownerNote } from "../output/audit.ts"
import * as Screen from "../terminal/screen.ts"
import { jsonLine } from "../terminal/style.ts"
import { documentOf } from "./document.ts"

/** The sources of a report, which are printed beside the verdict. */
export interface Sources {
  /** The project with its name. */
  readonly project: string
  /** The files that name checkpoints: policies and those of `--from`. */
  readonly files: ReadonlyArray<string>
  /** The number of used project keys, and the number of projects. `undefined` if no project keys are given. */
  readonly keys: { readonly used: number; readonly projects: number } | undefined
  /** False with `--without-log`. */
  readonly isLogAsked: boolean
}

/** The message of `audit` if no checkpoint is known. */
export const nothingKnown = "the audit log is off or cannot be read: pass checkpoints, --from or --project-keys"

const joined = (parts: ReadonlyArray<string>): string => parts.filter((part) => part !== "").join("; ")

const removed = ({ checkpoints, read }: Offboarded, { files, isLogAsked }: Sources): string => {
  const count = pluralize(checkpoints.length, isLogAsked ? "known checkpoint" : "checkpoint")
  const all = checkpoints.length === 1 ? `the ${count}` : `all ${count}`
  const of = isLogAsked ? all : `${all} in ${files.map((file) => printable(file)).join(", ")}`
  return `Removed from ${of}${read === undefined ? "" : ` (read ${timeSpan([read.from, read.to])})`}`
}

const messageOf = (ending: Offboarded["endings"][number], verdict: Offboarded, sources: Sources): string => {
  switch (ending._tag) {
    case "Interrupted":
      return joined([
        `Interrupted: ${pluralize(verdict.revoked.length, "permission")} revoked, ${pluralize(ending.unverified, "checkpoint")} not verified`,
        ending.remaining === 0 ? "" : `${pluralize(ending.remaining, "permission")} remaining`
      ]).concat(". Run the same command again")
    case "LimitReached":
      return `Stopped after ${pluralize(verdict.revoked.length, "delete")}: ${pluralize(ending.remaining, "permission")} remaining, --max-revokes reached`
    case "NotRemoved":
      return `Not removed everywhere: ${joined([
        ending.unread === 0 ? "" : `${ending.unread} of ${pluralize(ending.total, "checkpoint")} could not be read`,
        ending.listed === 0 ? "" : `${ending.listed} of ${pluralize(ending.total, "checkpoint")} still list it`
      ])}`
    case "StillOwner":
      return `Still has access to ${pluralize(ending.checkpoints, "checkpoint")} as ${ending.checkpoints === 1 ? "its" : "their"} owner`
    case "LogIncomplete":
      return `Audit log incomplete: other checkpoints may exist (${singleLine(ending.reason)})`
    case "GrantsWithoutCheckpoint":
      return `${pluralize(ending.grants, "grant")} in the log ${ending.grants === 1 ? "names" : "name"} no checkpoint`
    case "NoKnownCheckpoint":
      return `No checkpoint is known: ${nothingKnown}`
    case "ProjectNotSeen":
      return `No trace of ${sources.project}: nothing was removed`
    case "Removed":
      return removed(verdict, sources)
  }
}

/** Returns the sources of the known checkpoints: the log with its first day, keys, and files. */
const knownFrom = ({ logSince }: Offboarded, { files, isLogAsked, keys }: Sources): string => {
  const log = logSince === undefined ? "audit log (empty)" : `audit log since ${DateTime.formatIsoDateUtc(logSince)}`
  return [
    ...(isLogAsked ? [log] : []),
    ...(keys === undefined ? [] : [`keys of ${keys.used} of ${pluralize(keys.projects, "project")}`]),
    ...files.map((file) => printable(file))
  ].join(", ")
}

/** Returns the lines below the endings. */
const details = (verdict: Offboarded, sources: Sources): ReadonlyArray<string> => {
  const { checkpoints, knownOwners, revoked } = verdict
  const gone = checkpoints.flatMap(({ checkpoint, state }) => (state === "gone" ? [printable(checkpoint)] : []))
  const unknown = checkpoints.length - knownOwners
  const from = knownFrom(verdict, sources)
  return [
    `${pluralize(revoked.length, "permission")} revoked, ${pluralize(checkpoints.length, "checkpoint")} known${from === "" ? "" : ` (sources: ${from})`}`,
    ...(gone.length === 0 ? [] : [`gone: ${gone.join(", ")}`]),
    ...(unknown === 0 ? [] : [`${pluralize(unknown, "checkpoint")} with an unknown owner: ${ownerNote}`])
  ]
}

/** Returns a line for each checkpoint that is not verified, or that the project owns. */
const problems = ({ checkpoints }: Offboarded): ReadonlyArray<string> =>
  checkpoints.flatMap(({ checkpoint, row, state }) => {
    const at = printable(checkpoint)
    switch (state) {
      case "removed":
      case "gone":
        return []
      case "owner":
        return [`${at}: the project owns the model`]
      case "listed":
        return [`${at}: still lists the project`]
      case "unread":
        return [`${at}: ${row?.complete === false ? singleLine(row.reason) : "not read after the last delete"}`]
    }
  })

/** Returns true if everything was read, so the evidence is complete. */
export const isComplete = ({ endings }: Offboarded): boolean =>
  endings.every(
    (ending) =>
      ending._tag !== "Interrupted" &&
      ending._tag !== "LogIncomplete" &&
      !(ending._tag === "NotRemoved" && ending.unread > 0)
  )

/** Returns the failure of a verdict, or nothing if the project has no access left. */
export const failureOf = (verdict: Offboarded, sources: Sources, signal: Signal | undefined, dryRun: boolean) => {
  const isExpected = ({ _tag, ...ending }: Offboarded["endings"][number]) =>
    _tag === "Removed" ||
    (dryRun && (_tag === "LimitReached" || (_tag === "NotRemoved" && "unread" in ending && ending.unread === 0)))
  const wrong = verdict.endings.filter((ending) => !isExpected(ending))
  if (wrong.length === 0) return Option.none()
  const message = `offboard: ${wrong.map((ending) => messageOf(ending, verdict, sources)).join("; ")}`
  return Option.some(incomplete(message, signal))
}

/** Prints the verdict and the remaining problems. */
export const show = Effect.fnUntraced(function* (
  options: { readonly dryRun: boolean; readonly json: boolean },
  verdict: Offboarded,
  sources: Sources,
  policies: ReadonlyArray<AccessPolicy.Source>
) {
  const screen = yield* Screen.Screen
  if (options.json) yield* screen.print(jsonLine(documentOf(verdict)))
  else {
    const [first] = verdict.endings
    const lines = details(verdict, sources).map((line) => `${line}\n`)
    const removed = first._tag === "Removed" ? [`${screen.out.green("✓")} ${messageOf(first, verdict, sources)}\n`] : []
    const open = options.dryRun
      ? verdict.checkpoints.flatMap(({ checkpoint, row, state }) =>
          state === "listed"
            ? [
                `would revoke ${pluralize(row?.permissions.filter(({ project_id }) => project_id === verdict.project).length ?? 0, "permission")} at ${printable(checkpoint)}\n`
              ]
            : []
        )
      : []
    yield* screen.print([...open, ...removed, ...lines].join(""))
  }
  yield* Effect.forEach(options.dryRun ? [] : problems(verdict), screen.warn)
  for (const { file = "", in: where, line, project } of yield* AccessPolicy.sourceLocations(policies, [
    verdict.project
  ])) {
    yield* screen.warn(
      `${printable(file)}:${line}: ${printable(where)} would grant ${printable(project)} again at the next apply: remove it`
    )
  }
})
