/**
 * A journal: each write that was carried out has a whole intent before it, and
 * each intent at most one result; just one where neither process nor disk failed.
 */
import { isTroubled, type Scenario } from "../scenario/model.ts"
import { type Ran, stepsSaid, type Trace } from "../trace.ts"
import { type Violation, violation } from "./violation.ts"

interface Line {
  readonly event: string
  readonly action: string
  readonly actor: string | null
  readonly checkpoint: string
  readonly project: string
  readonly permission: string | null
}

const isLine = (value: unknown): value is Line =>
  typeof value === "object" && value !== null && "event" in value && "action" in value && "checkpoint" in value

const parsed = (text: string): Line | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isLine(value) ? value : undefined
  } catch {
    return undefined
  }
}

const linesOf = (text: string): ReadonlyArray<Line> =>
  text
    .split("\n")
    .slice(0, -1)
    .flatMap((line) => parsed(line) ?? [])

/** Lines that are not whole: torn ones are to be expected, but no other line may be lost with them. */
const glued = (text: string): ReadonlyArray<string> =>
  text.split("\n").filter((line) => {
    const next = line.indexOf('{"time"', 1)
    return next > 0 && parsed(line) === undefined
  })

const journals = (run: Ran): boolean => run.command === "apply" && run.step._tag === "apply" && run.step.journal

const intents = (trace: Trace): ReadonlyArray<Violation> =>
  trace.witnesses.flatMap(({ exchange, journal }) => {
    const run = trace.ran.find(({ name }) => name === exchange.run)
    if (run === undefined || !journals(run)) return []
    const { checkpoint } = exchange
    const lines = linesOf(journal).filter(({ actor, event }) => actor === exchange.run && event === "intent")
    const wrong = violation(run)
    return [
      ...exchange.made
        .filter(
          ({ project_id }) =>
            !lines.some(
              (line) => line.action === "grant" && line.checkpoint === checkpoint && line.project === project_id
            )
        )
        .map(({ project_id }) => wrong("journal", `${project_id} was granted on ${checkpoint} without an intent`)),
      ...exchange.removed
        .filter(({ id }) => !lines.some((line) => line.action === "revoke" && line.permission === id))
        .map(({ id, project_id }) => wrong("journal", `${id} of ${project_id} was revoked without an intent`))
    ]
  })

const results = (scenario: Scenario, trace: Trace): ReadonlyArray<Violation> =>
  trace.ran.filter(journals).flatMap((run) => {
    const wrong = violation(run)
    const counts = new Map<string, number>()
    const found: Array<Violation> = []
    for (const { action, actor, checkpoint, event, permission, project } of linesOf(trace.journals[run.machine])) {
      if (actor !== run.name || (event !== "intent" && event !== "result")) continue
      const key = `${action} ${checkpoint} ${project} ${action === "revoke" ? permission : ""}`
      const left = (counts.get(key) ?? 0) + (event === "intent" ? 1 : -1)
      counts.set(key, left)
      if (left < 0) found.push(wrong("journal", `there is a second result, or no intent: ${key}`))
    }
    if (run.end._tag !== "killed" && !isTroubled(scenario, run.machine)) {
      for (const [key, left] of counts) if (left > 0) found.push(wrong("journal", `there is no result: ${key}`))
    }
    return found
  })

/** What a run says that it granted or revoked is in its journal once it is done. */
const said = (trace: Trace): ReadonlyArray<Violation> =>
  trace.ran
    .filter((run) => journals(run) && run.end._tag === "done")
    .flatMap((run) => {
      const lines = linesOf(trace.journals[run.machine]).filter(
        ({ actor, event }) => actor === run.name && event !== "intent"
      )
      return stepsSaid(run).flatMap(({ step }) => {
        if (step._tag !== "Granted" && step._tag !== "Revoked") return []
        return lines.some(({ permission }) => permission === step.permission)
          ? []
          : [violation(run)("journal", `${step._tag} ${step.permission} is not in the journal`)]
      })
    })

export const journalled = (scenario: Scenario, trace: Trace, hasLostPower: boolean): ReadonlyArray<Violation> => [
  ...intents(trace),
  // After a loss of power results may be missing with what was written beside them, but not before.
  ...(hasLostPower ? [] : [...results(scenario, trace), ...said(trace)]),
  ...trace.journals.flatMap((text) =>
    glued(text).map((line) => violation(undefined)("journal", `a torn line touches the next: ${line.slice(0, 200)}`))
  )
]
