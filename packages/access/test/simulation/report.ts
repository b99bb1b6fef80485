/** A run that went wrong, for people: the server, the people and machines, and all that happened, in order. */
import { behavior as fakeBehavior, type faults } from "@checkpoint-permissions/fake"
import type { Violation } from "./oracles/violation.ts"
import type { Scenario } from "./scenario/model.ts"
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

/** The settings that are not as usual. */
const behavior = (settings: Scenario["behavior"]): object => {
  const usual = new Map<string, unknown>(Object.entries(fakeBehavior.defaults))
  return Object.fromEntries(Object.entries(settings).filter(([name, value]) => json(usual.get(name)) !== json(value)))
}

const json = (value: unknown): string => JSON.stringify(value)

const entries = (value: object): ReadonlyArray<string> =>
  Object.entries(value).flatMap(([name, inner]) => (inner === undefined ? [] : [`${name}: ${json(inner)}`]))

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
      ...section("Server", entries({ ...behavior(scenario.behavior), namesOnly: scenario.namesOnly })),
      ...section("Permissions", scenario.initial.map(json)),
      ...section(
        "Faults",
        scenario.faults._tag === "Scripted" ? scenario.faults.entries.map(json) : entries(scenario.faults)
      ),
      ...section("Policies", scenario.policies.map(json)),
      ...section(
        "Who does what",
        scenario.actors.flatMap(({ steps, ...actor }, a) => [
          `${a + 1}. ${json(actor)}`,
          ...steps.map((step, s) => `   ${a + 1}.${s + 1} ${json(step)}`)
        ])
      ),
      ...section("Clocks and chance", [
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
