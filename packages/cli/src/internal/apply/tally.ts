/** What an apply has done so far, counted and told. */

import type { AccessPolicy } from "@checkpoint-permissions/access/AccessPolicy"
import { nameOf } from "@checkpoint-permissions/access/AccessPolicy"
import { AccessStep } from "@checkpoint-permissions/access/AccessStep"
import { oneLine, printable } from "@checkpoint-permissions/access/TerminalText"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as Schema from "effect/Schema"
import type { Style } from "../terminal/style.ts"
import { jsonLine } from "../terminal/text.ts"

export interface Tally {
  readonly granted: number
  readonly revoked: number
  readonly alreadyDone: number
  readonly impossible: number
  readonly failed: number
  readonly skipped: number
  readonly drifted: number
  /** Checkpoints that are as planned, and those that were given up. */
  readonly complete: number
  readonly unfinished: number
}

export const nothing: Tally = {
  granted: 0,
  revoked: 0,
  alreadyDone: 0,
  impossible: 0,
  failed: 0,
  skipped: 0,
  drifted: 0,
  complete: 0,
  unfinished: 0
}

const counters = {
  Granted: "granted",
  Revoked: "revoked",
  AlreadyDone: "alreadyDone",
  Impossible: "impossible",
  Failed: "failed",
  Skipped: "skipped",
  Drifted: "drifted"
} as const

export const add = (tally: Tally, step: AccessStep): Tally => {
  if (step._tag === "Stopped") return tally
  const counter = step._tag === "CheckpointFinished" ? (step.complete ? "complete" : "unfinished") : counters[step._tag]
  return { ...tally, [counter]: tally[counter] + 1 }
}

/** `3 granted, 1 revoked`. */
export const told = ({ alreadyDone, granted, revoked }: Tally): string =>
  [`${granted} granted`, `${revoked} revoked`, ...(alreadyDone === 0 ? [] : [`${alreadyDone} done before`])].join(", ")

export interface Told {
  /** For standard output, with its line break. */
  readonly done?: string
  /** For standard error: what went wrong. */
  readonly wrong?: string
}

/** A step in a line for people. */
export const line = (step: AccessStep, policy: AccessPolicy, { dim, green, red, yellow }: Style): Told => {
  const whom = (project: string): string => {
    const name = nameOf(policy, project)
    return `${printable(project)}${name === undefined ? "" : ` (${oneLine(name)})`}`
  }
  const at = "checkpoint" in step ? printable(step.checkpoint) : ""
  switch (step._tag) {
    case "Granted":
      return { done: `${green(`+ ${whom(step.project_id)}`)}  ${dim(at)}\n` }
    case "Revoked":
      return { done: `${red(`- ${whom(step.project_id)}`)}  ${dim(`${at}, ${printable(step.permission)}`)}\n` }
    case "AlreadyDone":
      return { done: dim(`= ${whom(step.project_id)}  ${at}: ${step.action} was done before`).concat("\n") }
    case "Impossible":
      return {
        done: `${yellow(`! ${whom(step.project_id)}`)}  ${at}: owns the model and has access: name it as owner in the policy\n`
      }
    case "Failed":
      return {
        wrong: `${at}: ${step.action}${step.project_id === undefined ? "" : ` ${whom(step.project_id)}`} failed: ${oneLine(step.error.message)}`
      }
    case "Skipped":
      return { wrong: `${at}: revoke ${whom(step.project_id)} left out, since a grant there failed` }
    case "Drifted":
      return {
        wrong: `${at}: changed by somebody else since the plan, left as it is: ${step.differences.map(oneLine).join("; ")}`
      }
    case "CheckpointFinished":
    case "Stopped":
      return {}
  }
}

const encode = Schema.encodeSync(AccessStep)

/** A step as a line of JSON: its tag, checkpoint, project and permission; errors as tag and message. */
export const json = (step: AccessStep): string =>
  jsonLine(
    step._tag === "Failed" ? { ...step, error: { _tag: step.error._tag, message: step.error.message } } : encode(step)
  )

export const summary = (tally: Tally, checkpoints: number): string =>
  `${told(tally)}: ${tally.complete} of ${counted(checkpoints, "checkpoint")} as planned`
