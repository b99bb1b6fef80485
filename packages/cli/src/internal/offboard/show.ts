/** Prints the verdict of an offboarding, and returns its failure. */
import type { Offboarded } from "@checkpoint-permissions/access/Access"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Signal } from "../exitCode.ts"
import { incomplete } from "../failure.ts"
import * as Screen from "../terminal/screen.ts"
import { jsonLine } from "../terminal/style.ts"
import { documentOf } from "./document.ts"
import * as Report from "./report.ts"

/** Returns the failure of a verdict, or nothing if the project has no access left. */
export const failureOf = (
  verdict: Offboarded,
  sources: Report.Sources,
  signal: Signal | undefined,
  dryRun: boolean
) => {
  const isExpected = ({ _tag, ...ending }: Offboarded["endings"][number]) =>
    _tag === "Removed" ||
    (dryRun && (_tag === "LimitReached" || (_tag === "NotRemoved" && "unread" in ending && ending.unread === 0)))
  const wrong = verdict.endings.filter((ending) => !isExpected(ending))
  if (wrong.length === 0) return Option.none()
  const message = `offboard: ${wrong.map((ending) => Report.messageOf(ending, verdict, sources)).join("; ")}`
  return Option.some(incomplete(message, signal))
}

/** Prints the verdict, and what is left to do. */
export const show = Effect.fnUntraced(function* (
  options: { readonly dryRun: boolean; readonly json: boolean },
  verdict: Offboarded,
  sources: Report.Sources,
  policies: ReadonlyArray<AccessPolicy.Source>
) {
  const screen = yield* Screen.Screen
  if (options.json) yield* screen.print(jsonLine(documentOf(verdict)))
  else {
    const [first] = verdict.endings
    const lines = Report.details(verdict, sources).map((line) => `${line}\n`)
    const removed =
      first._tag === "Removed" ? [`${screen.out.green("✓")} ${Report.messageOf(first, verdict, sources)}\n`] : []
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
  yield* Effect.forEach(options.dryRun ? [] : Report.problems(verdict), screen.warn)
  for (const { file = "", in: where, line, project } of yield* AccessPolicy.sourceLocations(policies, [
    verdict.project
  ])) {
    yield* screen.warn(
      `${printable(file)}:${line}: ${printable(where)} would grant ${printable(project)} again at the next apply: remove it`
    )
  }
})
