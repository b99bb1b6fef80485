/** The record of `apply --state`, and the plans of `--reviewed`. */

import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import type { AccessStep } from "@checkpoint-permissions/access/AccessStep"
import * as AppliedAccess from "@checkpoint-permissions/access/AppliedAccess"
import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { incomplete, refused } from "../failure.ts"
import { inDocument, read, readDocument } from "../input/document.ts"
import * as output from "../output/file.ts"

/** A record and its file. Without a file, it is empty: every entry is compared, and each step is due. */
export interface AppliedRecord {
  readonly path: string
  readonly applied: AppliedAccess.AppliedAccess | typeof AppliedAccess.empty
}

/** Returns true if the record has no file yet. */
export const isNew = ({ applied }: AppliedRecord): boolean => !("apiUrl" in applied)

export const readRecord = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const isThere = yield* Effect.orElseSucceed(fs.exists(path), () => true)
  if (!isThere) return { path, applied: AppliedAccess.empty } satisfies AppliedRecord
  const document = yield* readDocument("record", path, ["applied"])
  const applied = yield* inDocument(document)(AppliedAccess.fromJson(document.text))
  return { path, applied } satisfies AppliedRecord
})

/**
 * Reads the plans of `--reviewed`. The name of one is that of its file. A file beside a plan, with `.approval` after its
 * name, has the text of its approval.
 */
export const readReviewed = (paths: ReadonlyArray<string>) =>
  Effect.forEach(paths, (path) =>
    Effect.gen(function* () {
      const { basename } = yield* Path.Path
      const fs = yield* FileSystem.FileSystem
      const document = yield* readDocument("plan", path, ["plan"])
      const plan = yield* inDocument(document)(AccessPlan.fromJson(document.text))
      const isApproved = yield* Effect.orElseSucceed(fs.exists(`${path}.approval`), () => false)
      const approvals = isApproved ? (yield* read("approval", `${path}.approval`)).trim() : undefined
      return { ...plan, name: basename(path, ".json"), approvals } satisfies AppliedAccess.ReviewedPlan
    })
  )

interface ServerName {
  readonly apiUrl: string
  readonly organization?: string | undefined
}

const serverText = ({ apiUrl, organization }: ServerName): string =>
  printable(organization === undefined ? apiUrl : `${apiUrl} (organization ${organization})`)

/** Refuses a record or plan that was made for another server or organization. */
export const checkServer = (command: string, name: string, made: ServerName, server: ServerName) =>
  made.apiUrl === server.apiUrl && made.organization === server.organization
    ? Effect.void
    : refused(
        `${command}: ${printable(name)} was made for ${serverText(made)}, not for ${serverText(server)}: nothing was changed`
      )

export const checkRecord = (command: string, { applied, path }: AppliedRecord, server: ServerName) =>
  "apiUrl" in applied ? checkServer(command, path, applied, server) : Effect.void

export interface Review {
  readonly record: Option.Option<AppliedRecord>
  readonly selected: AppliedAccess.Selected
  /** The reason why the reviewed grants were not checked against the audit log, if they were not. */
  readonly unchecked: string | undefined
}

/** Returns the reason for left out grants. Without the audit log, they are those of plans that were applied before. */
export const sinceText = (unchecked: Review["unchecked"]): string =>
  unchecked === undefined ? "revoked since the plan" : "of a plan that was applied before"

/** Returns true for an end of access that has passed: the policy has a later one, which no review showed. */
export const isPassed = ({ before }: AccessPlan.Difference, { day }: Pick<AccessPlan.AccessPlan, "day">): boolean =>
  before != null && before < day

/**
 * Writes the record of an apply: after each checkpoint with finished steps, and at the end. `outcome` has the failure of
 * an apply that left out a step or an end which no earlier apply left out, or did not finish a reviewed step. An end that
 * has passed is one each time, and so is a reviewed grant that was revoked since its plan.
 */
export const recorder = ({ record, selected, unchecked }: Review) => {
  const former = Option.getOrUndefined(record)
  const steps: Array<AccessStep> = []
  let isChanged = false
  const after = () => AppliedAccess.after(former?.applied, selected, steps)
  const write = Effect.suspend(() => {
    isChanged = false
    if (former === undefined) return Effect.void
    const target = { what: "record", path: former.path, force: true }
    return output.write(target, AppliedAccess.toJson(after()))
  })
  const onStep = (step: AccessStep) =>
    Effect.suspend(() => {
      steps.push(step)
      if (step._tag !== "CheckpointFinished") isChanged = true
      return step._tag === "CheckpointFinished" && isChanged ? Effect.ignore(write) : Effect.void
    })
  const outcome = () => {
    const { left, reviewed } = after()
    const earlier = new Set(former?.applied.left.map(AppliedAccess.keyOf))
    const since = new Set(selected.revokedSince.map(AppliedAccess.keyOf))
    const isAdded = (step: AppliedAccess.Step | AccessPlan.Difference) => {
      const key = AppliedAccess.keyOf(step)
      return !earlier.has(key) || since.has(key)
    }
    const added = left.filter((step) => isAdded(step) || ("key" in step && isPassed(step, selected.plan)))
    const counted = (count: number, noun: string, end: string) =>
      count === 0 ? [] : [`${pluralize(count, noun)} ${end}`]
    const earlierOnes = left.filter((step) => !added.includes(step))
    const endsIn = (steps: typeof left): number => steps.filter((step) => "key" in step).length
    const [ends, earlierEnds] = [endsIn(added), endsIn(earlierOnes)]
    const revoked = since.size
    const parts = [
      ...counted(reviewed.length, "reviewed step", "not finished"),
      ...counted(added.length - ends - revoked, "step", "not reviewed, left out"),
      ...counted(revoked, "reviewed grant", `${sinceText(unchecked)}, left out`),
      ...counted(ends, "end of access", "not reviewed")
    ]
    const pending = [
      ...counted(earlierOnes.length - earlierEnds, "step", "of earlier changes not reviewed, left out"),
      ...counted(earlierEnds, "end of access", "of earlier changes not reviewed")
    ]
    return { pending, failure: parts.length === 0 ? undefined : incomplete(`apply: ${parts.join("; ")}`) }
  }
  return { onStep, write, outcome, steps }
}
