/** A run that went wrong, for people: what is wrong, its scenario, and all that happened, in order. */
import type { Violation } from "./oracles/violation.ts"
import type { Scenario } from "./scenario/model.ts"
import type { Claim, Ran, Trace } from "./trace.ts"
import type { Exchange, Permission } from "./world/server.ts"
import { type Instant, startAt } from "./world/time.ts"

const shortIds = (text: string): string => text.replace(/cp_0{3,}(?=\d)/g, "cp_")
const at = ({ time }: Instant): string => `${((time - startAt) / 1000).toFixed(3)}s`.padStart(11)

const listed = (permissions: ReadonlyArray<Pick<Permission, "id" | "project_id">>): string =>
  permissions.map(({ id, project_id }) => `${project_id}=${id}`).join(" ") || "nothing"

const requestLines = ({ run, sent, changed, ended, made, removed, result, shown, ...request }: Exchange) => [
  { at: sent, text: `${run} sends ${JSON.stringify(request)}` },
  ...(changed === undefined ? [] : [{ at: changed, text: `${run} adds ${listed(made)}, removes ${listed(removed)}` }]),
  ...(ended === undefined ? [] : [{ at: ended, text: `${run} receives ${result}: ${listed(shown)}` }])
]

const claimText = ({ at: _, ...claim }: Claim): string =>
  JSON.stringify(claim._tag === "planned" ? claim.plan.checkpoints : claim)

const runLines = (run: Ran) => [
  { at: run.started, text: `${run.name} begins` },
  ...run.claims.map((claim) => ({ at: claim.at, text: `${run.name}: says ${claimText(claim)}` })),
  { at: run.ended, text: `${run.name} ends: ${Object.values(run.end).join(": ")}` }
]

const byHand = (trace: Trace) =>
  [...trace.versions].flatMap(([checkpoint, versions]) =>
    versions
      .filter(({ by }) => by.includes("hand"))
      .map(({ by, permissions, since }) => ({ at: since, text: `${by}: ${checkpoint} has ${listed(permissions)}` }))
  )

/** Returns the events as lines. */
const timeline = (trace: Trace): ReadonlyArray<string> =>
  [
    ...trace.exchanges.flatMap(requestLines),
    ...trace.ran.flatMap(runLines),
    ...byHand(trace),
    ...trace.events,
    { at: trace.calmed, text: "everybody is done, and nothing goes wrong any more" }
  ]
    .sort((a, b) => a.at.order - b.at.order)
    .map((line) => shortIds(`${at(line.at)}  ${line.text}`))

/** The last lines of what happened that are shown. */
const most = 300

export const report = (scenario: Scenario, trace: Trace, found: ReadonlyArray<Violation>): string =>
  [
    ...found.map(({ kind, run, text }) => shortIds(`${kind}${run === undefined ? "" : ` (${run.name})`}: ${text}`)),
    JSON.stringify(scenario, null, 1),
    ...timeline(trace).slice(-most),
    "At the end:",
    ...[...trace.atEnd].map(([checkpoint, permissions]) => shortIds(`${checkpoint}: ${listed(permissions)}`))
  ].join("\n")
