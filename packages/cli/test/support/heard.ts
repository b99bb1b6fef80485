import { Deferred, type Duration, Effect } from "effect"
import { within } from "./within.ts"

/** What a command that runs has written so far, and waits for more of it. */
export interface Heard {
  readonly written: { stdout: string; stderr: string }
  readonly add: (stream: "stdout" | "stderr", text: string) => void
  /** Nothing more comes. */
  readonly end: () => void
  /** Waits until a stream holds the text. Dies when the command ends without it. */
  readonly says: (text: string) => Effect.Effect<void>
  /** Bounds a wait for the end. */
  readonly bounded: <A>(end: Effect.Effect<A>) => Effect.Effect<A>
}

export const make = (args: ReadonlyArray<string>, longest?: Duration.DurationInput): Heard => {
  const written = { stdout: "", stderr: "" }
  const command = args.join(" ")
  const waiting = new Map<string, Deferred.Deferred<void>>()
  let ended = false
  const said = () => `It said:\n${written.stdout}${written.stderr}`
  const look = () => {
    for (const [text, found] of waiting) {
      if (written.stdout.includes(text) || written.stderr.includes(text)) Deferred.unsafeDone(found, Effect.void)
      else if (ended) Deferred.unsafeDone(found, Effect.dieMessage(`${command} ended without "${text}". ${said()}`))
    }
  }
  return {
    written,
    add: (stream, text) => {
      written[stream] += text
      look()
    },
    end: () => {
      ended = true
      look()
    },
    says: (text) =>
      Effect.gen(function* () {
        const found = yield* Deferred.make<void>()
        waiting.set(text, found)
        look()
        yield* within(`"${text}" of ${command}`, said, longest)(Deferred.await(found))
        waiting.delete(text)
      }),
    bounded: within(`the end of ${command}`, said, longest)
  }
}
