/** How the demo is told: its stages, what it waits for, and whether the server holds in the end what it should. */
import type { Wait } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Failed } from "../failure.ts"
import * as Screen from "../terminal/screen.ts"
import { time } from "../terminal/time.ts"
import * as waiting from "../terminal/waiting.ts"

export const stage = (name: string, what: string) =>
  Effect.flatMap(Screen.Screen, ({ out, print }) => print(`\n${out.bold(out.cyan(name))} ${what}\n`))

export const indented = (text: string): string => `${text.trimEnd().replace(/^(?=.)/gm, "  ")}\n`

/** Adds to `waits`, and says what is worth a word. Calls that wait for the same moment are told once. */
export const tell = (waits: Array<Wait>) => {
  let coveredUntil = 0
  return (wait: Wait) =>
    Effect.gen(function* () {
      if (!waiting.isLong(wait)) return
      waits.push(wait)
      const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(wait.delay)
      if (until <= coveredUntil + 100) return
      coveredUntil = until
      const screen = yield* Screen.Screen
      const { yellow } = screen.out
      const why = yellow(waiting.reason(wait, "the quota"))
      // A reader who has gone is noticed at the next line that matters.
      yield* Effect.ignore(screen.print(`  ${yellow("!")} ${why}: waits ${time(wait.delay)}\n`))
      yield* screen.progress(`  waiting ${time(wait.delay)}`)
    })
}

type Wanted = Readonly<Record<string, ReadonlyArray<string>>>
type Held = Readonly<Record<string, ReadonlyArray<{ readonly project_id: string }>>>

/** How what the server holds differs from what it should hold; none when it does not. */
export const differences = (wanted: Wanted, held: Held): ReadonlyArray<string> =>
  Object.entries(wanted).flatMap(([checkpoint, projects]) => {
    const have = (held[checkpoint] ?? []).map(({ project_id }) => project_id)
    const missing = projects.filter((project) => !have.includes(project))
    const extra = have.filter((project, i) => !projects.includes(project) || have.indexOf(project) !== i)
    return [
      ...(missing.length === 0 ? [] : [`${checkpoint} lacks ${missing.join(", ")}`]),
      ...(extra.length === 0 ? [] : [`${checkpoint} has ${extra.join(", ")} too many`])
    ]
  })

export const check = (wrong: ReadonlyArray<string>): Effect.Effect<void, Failed> =>
  wrong.length === 0 ? Effect.void : new Failed({ message: `demo: not as it should be: ${wrong.join("; ")}` })
