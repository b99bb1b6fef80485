/** The steps of an apply as text and JSON. */
import { namedId, printableId, printableLine, visibleJson } from "@checkpoint-permissions/protocol/text"
import * as Schema from "effect/Schema"
import { nameOf } from "../audit/cells.ts"
import type { Names } from "../plan/differences.ts"
import { Commit, type Step } from "../plan/steps.ts"
import { originOf } from "../plan/text.ts"
import * as Text from "../text/columns.ts"
import { AccessStep } from "./step.ts"

/** Returns true if a failed write may have been executed: its reply was lost, or the listing after it failed. */
const mayHaveExecuted = ({ action, error }: Extract<AccessStep, { _tag: "Failed" }>): boolean =>
  action !== "read" && (error.mayHaveExecuted || error.operation === "list")

/**
 * Returns a step as one line without a line break: `done` is a result, `wrong` an error with its checkpoint. Some steps
 * have neither.
 *
 * @category rendering
 */
export const toText = (
  step: AccessStep,
  {
    color,
    names = {},
    planned
  }: Pick<Text.TextOptions, "color"> & {
    /** The names of projects by id. */
    readonly names?: Names | undefined
    /** The step of the plan, with its commit. */
    readonly planned?: Step | undefined
  } = {}
): { readonly done?: string; readonly wrong?: string } => {
  const { access, faint, revoked, unknown } = Text.style(color)
  const origin = planned === undefined ? "" : originOf(planned)
  const projectText = (project: string): string => namedId(project, nameOf({ names }, project))
  const at = "checkpoint" in step ? printableId(step.checkpoint) : ""
  const done = (text: string) => ({ done: `${text}${origin === "" ? "" : faint(`  ${origin}`)}` })
  const wrong = (text: string) => ({ wrong: `${at}: ${text}` })
  switch (step._tag) {
    case "Granted": {
      const found = step.confirmed ? "" : ", found after a lost reply"
      const second = step.mayBeDuplicated ? ", perhaps twice: the next apply deletes the second permission" : ""
      return done(`${access(`+ ${projectText(step.project_id)}`)}  ${faint(`${at}${found}${second}`)}`)
    }
    case "Revoked":
      return done(`${revoked(`- ${projectText(step.project_id)}`)}  ${faint(`${at}, ${printableId(step.permission)}`)}`)
    case "AlreadyDone": {
      const was = step.action === "grant" ? "already has access" : "has no permission"
      return done(faint(`= ${projectText(step.project_id)}  ${at}: ${was}`))
    }
    case "OwnerProject":
      if (step.action === "revoke") {
        return wrong(
          `${projectText(step.project_id)} owns the model: the server lists its permission and refuses to revoke it`
        )
      }
      return done(
        `${unknown(`! ${projectText(step.project_id)}`)}  ${at}: owns the model: declare it as owner in the policy`
      )
    case "Failed": {
      const what = step.project_id === undefined ? step.action : `${step.action} ${projectText(step.project_id)}`
      return wrong(
        `${what} ${mayHaveExecuted(step) ? "could not be confirmed" : "failed"}: ${printableLine(step.error.message)}`
      )
    }
    case "Skipped":
      return wrong(`revoke ${projectText(step.project_id)} skipped: a grant for this checkpoint failed`)
    case "Expired":
      return done(faint(`= ${projectText(step.project_id)}  ${at}: not granted: access ended after ${step.until}`))
    case "NotListedYet":
      return wrong(`${projectText(step.project_id)} granted (${printableId(step.permission)}), but not listed yet`)
    case "Drifted": {
      const differences = step.differences.map(printableLine).join("; ")
      return wrong(
        step.writes === "none"
          ? `changed since the plan: nothing was changed here; plan again (${differences})`
          : `changed during the apply: the planned changes were made, the others were not (${differences})`
      )
    }
    case "CheckpointFinished":
    case "Stopped":
      return {}
  }
}

const encode = Schema.encodeSync(AccessStep)
const encodeCommit = Schema.encodeSync(Commit)

/**
 * Returns a step as one line of JSON, with its tag, checkpoint, project and permission, and the commit of the planned step.
 * An error has its tag and message.
 *
 * @category rendering
 */
export const toJson = (step: AccessStep, planned?: Step): string => {
  const error = "error" in step ? step.error : undefined
  const json = JSON.stringify({
    ...encode(step),
    ...(planned?.commit === undefined ? {} : { commit: encodeCommit(planned.commit) }),
    ...(error && { error: { _tag: error._tag, message: error.message } })
  })
  return `${visibleJson(json)}\n`
}
