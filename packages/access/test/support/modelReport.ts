/** A case that went wrong, for people: the server, the faults, the steps, and the requests as the fake saw them. */
import { type Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { type Case, type Step, startAt } from "./modelCase.ts"
import type { Happened, State, Trace } from "./modelRun.ts"
import type { Violation } from "./modelViolation.ts"

const seconds = (millis: number): string => `${(millis / 1000).toFixed(3)}s`
const at = (time: number): string => seconds(time - startAt).padStart(9)

const shortId = (id: string): string => id.replace(/^cp_0+(?=\d)/, "cp_")
const shortIds = (text: string): string => text.replace(/cp_0{3,}(?=\d)/g, "cp_")

const described = (fault: Faults.Fault): string => {
  const { _tag, ...rest } = fault
  const details = Object.entries(rest)
    .filter(([name, value]) => name !== "body" && !(name === "headers" && Object.keys(value).length < 2))
    .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`)
  return details.length === 0 ? _tag : `${_tag} (${details.join(", ")})`
}

const entry = ({ fault, nth, operation, times = 1 }: Faults.Entry): string =>
  `${operation ?? "any"} request ${nth === undefined ? "" : `from the ${nth}. on `}${times === 1 ? "" : `× ${times} `}→ ${described(fault)}`

const plan = (faults: Faults.Plan): ReadonlyArray<string> =>
  faults._tag === "Scripted"
    ? faults.entries.map(entry)
    : [`drawn: ${JSON.stringify({ ...faults, kinds: faults.kinds.join(" ") })}`]

const behavior = (settings: ServerBehavior.Settings): ReadonlyArray<string> =>
  Object.entries(settings)
    .filter(([name, value]) => {
      const usual = Object.entries(ServerBehavior.defaults).find(([key]) => key === name)?.[1]
      return JSON.stringify(usual) !== JSON.stringify(value)
    })
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)

const steps = (step: Step): string => {
  const timing = [
    ...(step.wait === 0 ? [] : [`after ${step.wait} ms`]),
    ...("interruptAfter" in step && step.interruptAfter !== undefined
      ? [`interrupted after ${step.interruptAfter} ms`]
      : []),
    ...(step._tag === "list" && step.pause > 0 ? [`${step.pause} ms a page`] : []),
    ...(step._tag === "list" && step.resume ? ["resuming"] : [])
  ]
  const what =
    step._tag === "list"
      ? `${step.order}${step.project === undefined ? "" : ` of ${step.project}`}`
      : step._tag === "delete"
        ? `no. ${step.nth}`
        : step.projects.join(" ")
  return `${step._tag} ${step.checkpoint} ${what}${timing.length === 0 ? "" : ` [${timing.join(", ")}]`}`
}

const outcome = ({ result }: Happened): string => {
  switch (result._tag) {
    case "failed":
      return `failed: ${result.error._tag}: ${result.error.message}`
    case "died":
      return `died: ${result.reason}`
    case "interrupted":
      return "interrupted"
    case "done": {
      const { answer } = result
      if (answer._tag === "deleted") return "deleted"
      if (answer._tag === "granted" || answer._tag === "revoked") {
        const parts = Object.entries(answer.report).filter(([, list]) => list.length > 0)
        return parts.map(([name, list]) => `${name} ${list.join(" ")}`).join(", ")
      }
      return `${answer._tag} ${permissions(answer.permissions) || "nothing"}`
    }
  }
}

const permissions = (list: State[string]): string =>
  list.map(({ created_at, id, project_id }) => `${project_id}=${shortId(id)}@${created_at - startAt / 1000}`).join(" ")

const happened = (step: Happened, n: number): string =>
  `${n + 1}. ${step.fiber === 0 ? "afterwards" : `fiber ${step.fiber}, service ${step.service}`}: ${steps(step.step)}${
    step.target === undefined ? "" : ` (${shortId(step.target.id)} of ${step.target.project_id})`
  } ${at(step.startedAt).trim()} to ${at(step.endedAt).trim()} → ${outcome(step)}`

const requests = (list: Trace["requests"]): ReadonlyArray<string> =>
  list.map((request) => {
    const query = Object.entries(request.query).map(([name, value]) => `${name}=${value}`)
    const subject = [request.permissionId, request.body === "" ? undefined : request.body, query.join("&") || undefined]
    return `${at(request.time)} ${request.method} ${request.checkpoint} ${subject.filter((part) => part !== undefined).join(" ")} → ${
      request.outcome === "replied" ? request.status : request.outcome
    }${request.fault === undefined ? "" : `   ← ${described(request.fault)}`}`
  })

const most = 80
const cut = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length <= most
    ? lines
    : [...lines.slice(0, most / 2), `… ${lines.length - most} more …`, ...lines.slice(-most / 2)]

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> => [
  title,
  ...(lines.length === 0 ? ["  nothing"] : cut(lines).map((line) => `  ${line}`))
]

const state = (all: State): ReadonlyArray<string> =>
  Object.entries(all).map(([checkpoint, list]) => `${checkpoint}: ${permissions(list) || "nothing"}`)

export const report = (one: Case, trace: Trace, found: ReadonlyArray<Violation>): string => {
  const steps = [...trace.happened].sort((a, b) => a.start - b.start)
  const all = [...steps, ...trace.settling.filter((step) => found.some((violation) => violation.step === step))]
  const number = (step: Happened | undefined) =>
    step === undefined || !all.includes(step) ? "" : ` (step ${all.indexOf(step) + 1})`
  const afterwards = trace.requestsAfterwards.filter(({ checkpoint }) =>
    found.some(({ step }) => step?.fiber === 0 && step.step.checkpoint === checkpoint)
  )
  return shortIds(
    [
      ...section(
        "What is wrong",
        found.map(({ kind, step, text }) => `${kind}${number(step)}: ${text}`)
      ),
      ...section("Server", [...behavior(one.behavior), ...state(trace.initial)]),
      ...section("Client", [JSON.stringify(one.client), `random ${one.seed}`]),
      ...section("Faults", plan(one.faults)),
      ...section("Steps", all.map(happened)),
      ...section("Requests as the server saw them", requests(trace.requests)),
      ...section("At the end", state(trace.final)),
      ...(afterwards.length === 0 ? [] : section("Requests of the steps afterwards", requests(afterwards))),
      ...section("After one more grant of everything", state(trace.settled))
    ].join("\n")
  )
}
