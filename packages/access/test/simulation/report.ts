/** A run that went wrong, for people: the server, the people and machines, and all that happened, in order. */
import { behavior as fakeBehavior, type faults } from "@checkpoint-permissions/fake"
import type { Violation } from "./oracles/violation.ts"
import type { Fate, Scenario, Step } from "./scenario/model.ts"
import type { Claim, Ran, Trace } from "./trace.ts"
import type { Exchange } from "./world/server.ts"
import { type Instant, startAt } from "./world/time.ts"

const shortIds = (text: string): string => text.replace(/cp_0{3,}(?=\d)/g, "cp_")
const at = ({ time }: Instant): string => `${((time - startAt) / 1000).toFixed(3)}s`.padStart(11)

const described = (fault: faults.Fault): string => {
  const { _tag, ...rest } = fault
  const details = Object.entries(rest)
    .filter(([name, value]) => name !== "body" && !(name === "headers" && Object.keys(value).length < 2))
    .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`)
  return details.length === 0 ? _tag : `${_tag} (${details.join(", ")})`
}

const plan = (given: faults.Plan): ReadonlyArray<string> =>
  given._tag === "Scripted"
    ? given.entries.map(
        ({ fault, nth, operation, times = 1 }) =>
          `${operation ?? "any"} request${nth === undefined ? "" : ` from the ${nth}. on`}${times === 1 ? "" : ` × ${times}`} → ${described(fault)}`
      )
    : [`drawn: ${JSON.stringify({ ...given, kinds: given.kinds.join(" ") })}`]

const behavior = (settings: Scenario["behavior"]): ReadonlyArray<string> => {
  const usual = new Map<string, unknown>(Object.entries(fakeBehavior.defaults))
  return Object.entries(settings)
    .filter(([name, value]) => JSON.stringify(usual.get(name)) !== JSON.stringify(value))
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
}

const fate = (given: Fate | undefined): ReadonlyArray<string> => {
  if (given === undefined) return []
  const when = "turns" in given.after ? `in turn ${given.after.turns}` : `after ${given.after.millis} ms`
  return [`${given.what} ${when}${given.what === "freeze" ? ` for ${given.millis} ms` : ""}`]
}

export const stepText = (step: Step): string => {
  const wait = step.wait === 0 ? [] : [`after ${step.wait} ms`]
  const more = (words: ReadonlyArray<string>) => (words.length === 0 ? "" : ` [${words.join(", ")}]`)
  switch (step._tag) {
    case "apply":
      return `apply policy ${step.policy}, ${step.plan}${more([
        ...wait,
        ...(step.pause === 0 ? [] : [`${step.pause} ms between plan and apply`]),
        ...(step.concurrency === 1 ? [] : [`${step.concurrency} at once`]),
        ...(step.locks ? [] : ["no locks"]),
        ...(step.journal ? [] : ["no journal"]),
        ...fate(step.fate)
      ])}`
    case "grant":
    case "revoke":
      return `${step._tag} ${step.checkpoint} ${step.projects.join(" ")}${more([
        ...wait,
        ...(step.locks ? [] : ["no locks"]),
        ...fate(step.fate)
      ])}`
    case "together":
      return `at once, by one process: ${step.parts.map(stepText).join("; ")}${more([...wait, ...fate(step.fate)])}`
    case "list":
      return `list ${step.checkpoint} ${step.project ?? "all"} ${step.order}${more([
        ...wait,
        ...(step.pause === 0 ? [] : [`${step.pause} ms a page`]),
        ...fate(step.fate)
      ])}`
    case "by hand":
      return `by hand: ${step.what} ${step.checkpoint} ${step.project}${more(wait)}`
    case "trouble": {
      const { _tag, ...rest } = step.what
      const details = Object.entries(rest).map(([name, value]) => `${name} ${value}`)
      return `${_tag}${details.length === 0 ? "" : ` (${details.join(", ")})`}${more(wait)}`
    }
  }
}

interface Line {
  readonly at: Instant
  readonly text: string
}

const requestText = (exchange: Exchange): string => {
  const { after, checkpoint, operation, permissionId, projects } = exchange
  const about = [
    ...(permissionId === undefined ? [] : [permissionId]),
    ...(projects.length === 0 ? [] : [projects.join(" ")]),
    ...(after === undefined ? [] : [`after ${after}`])
  ]
  return `${operation} ${checkpoint} ${about.join(" ")}`.trimEnd()
}

const requestLines = (exchange: Exchange): ReadonlyArray<Line> => {
  const { changed, ended, fault, made, more, removed, result, run, sent, shown } = exchange
  const text = requestText(exchange)
  const shownText = shown.map(({ id, project_id }) => `${project_id}=${id}`).join(" ")
  const changes = [
    ...made.map(({ id, project_id }) => `+ ${project_id}=${id}`),
    ...removed.map(({ id, project_id }) => `- ${project_id}=${id}`)
  ].join(" ")
  return [
    { at: sent, text: `${run} → ${text}${fault === undefined ? "" : `   (meets ${described(fault)})`}` },
    ...(changed === undefined ? [] : [{ at: changed, text: `server: ${changes}   (${run})` }]),
    ...(ended === undefined
      ? []
      : [{ at: ended, text: `${run} ← ${result} to ${text}: ${shownText}${more === true ? " and more" : ""}` }])
  ]
}

const claimText = (claim: Claim): string => {
  switch (claim._tag) {
    case "planned":
      return claim.plan.checkpoints
        .map(
          ({ checkpoint, found, grants, revokes }) =>
            `${checkpoint} has ${found.map(({ id, project_id }) => `${project_id}=${id}`).join(" ") || "nothing"}; grant ${
              grants.join(" ") || "nothing"
            }, revoke ${revokes.map(({ permission }) => permission.id).join(" ") || "nothing"}`
        )
        .join("; ")
    case "step": {
      const { _tag, ...rest } = claim.step
      const details = Object.entries(rest).map(([, value]) =>
        value instanceof Error ? value.message : typeof value === "object" ? JSON.stringify(value) : String(value)
      )
      return `${_tag} ${details.join(" ")}`
    }
    case "granted":
    case "revoked":
      return Object.entries(claim.report)
        .filter(([, projects]) => projects.length > 0)
        .map(([name, projects]) => `${name} ${projects.join(" ")}`)
        .join(", ")
    case "listed":
      return `listed ${claim.permissions.map(({ id, project_id }) => `${project_id}=${id}`).join(" ") || "nothing"}`
  }
}

const endText = ({ end }: Ran): string =>
  end._tag === "failed"
    ? `failed: ${end.error}: ${end.message}`
    : end._tag === "died"
      ? `died: ${end.reason}`
      : end._tag

const runLines = (run: Ran): ReadonlyArray<Line> => [
  { at: run.started, text: `${run.name} begins` },
  ...run.claims.map((claim) => ({ at: claim.at, text: `${run.name}: says ${claimText(claim)}` })),
  { at: run.ended, text: `${run.name} ends: ${endText(run)}` }
]

const byHand = (trace: Trace): ReadonlyArray<Line> =>
  [...trace.versions].flatMap(([checkpoint, versions]) =>
    versions
      .filter(({ by }) => by.includes("hand"))
      .map(({ by, permissions, since }) => ({
        at: since,
        text: `${by}: ${checkpoint} has ${permissions.map(({ id, project_id }) => `${project_id}=${id}`).join(" ") || "nothing"}`
      }))
  )

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> => [
  title,
  ...(lines.length === 0 ? ["  nothing"] : lines.map((line) => `  ${line}`))
]

const most = 160
const cut = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length <= most
    ? lines
    : [...lines.slice(0, most / 2), `… ${lines.length - most} more …`, ...lines.slice(-most / 2)]

/** What happened, line by line. */
export const timeline = (trace: Trace): ReadonlyArray<string> =>
  [
    ...trace.exchanges.flatMap(requestLines),
    ...trace.ran.flatMap(runLines),
    ...byHand(trace),
    ...trace.events,
    { at: trace.calmed, text: "everybody is done, and nothing goes wrong any more" }
  ]
    .sort((a, b) => a.at.order - b.at.order)
    .map((line) => shortIds(`${at(line.at)}  ${line.text}`))

export const report = (scenario: Scenario, trace: Trace, found: ReadonlyArray<Violation>): string =>
  shortIds(
    [
      ...section(
        "What is wrong",
        found.map(({ kind, run, text }) => `${kind}${run === undefined ? "" : ` (${run.name})`}: ${text}`)
      ),
      ...section("Server", [
        ...behavior(scenario.behavior),
        ...(scenario.namesOnly === undefined ? [] : [`a reply to a create names ${scenario.namesOnly}`]),
        ...scenario.initial.map(
          ({ age, checkpoint, id, project }) =>
            `${checkpoint} ${project}${id === undefined ? "" : `=${id}`}, ${age} s old`
        )
      ]),
      ...section("Faults", plan(scenario.faults)),
      ...section(
        "Policies",
        scenario.policies.map(
          (policy, n) =>
            `${n}: ${Object.entries(policy)
              .map(([checkpoint, { mode, projects }]) => `${checkpoint} ${mode} ${projects.join(" ") || "nobody"}`)
              .join("; ")}`
        )
      ),
      ...section(
        "Who does what",
        scenario.actors.flatMap(({ client, container, machine, steps }, a) => [
          `${a + 1}. on ${machine === 0 ? "north" : "south"}${container ? " in a container" : ""}, ${JSON.stringify(client)}`,
          ...steps.map((step, s) => `   ${a + 1}.${s + 1} ${stepText(step)}`)
        ])
      ),
      ...section(`Clocks and chance`, [
        `yields ${scenario.yieldChance}, clocks ${scenario.clocks.join(" and ")} ms ahead`
      ]),
      ...section("What happened", cut(timeline(trace))),
      ...section(
        "At the end",
        [...trace.atEnd].map(
          ([checkpoint, permissions]) =>
            `${checkpoint}: ${permissions.map(({ id, project_id }) => `${project_id}=${id}`).join(" ") || "nothing"}`
        )
      )
    ].join("\n")
  )
