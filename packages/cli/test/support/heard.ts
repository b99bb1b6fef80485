import { Cause, Deferred, type Duration, Effect } from "effect"

/**
 * The output of a running command so far, and waits for more. `longest`, the bound of a wait, is for a busy machine.
 */
export const make = (args: ReadonlyArray<string>, longest: Duration.DurationInput = "5 minutes") => {
  const written = { stdout: "", stderr: "" }
  const command = args.join(" ")
  const waiting = new Map<string, Deferred.Deferred<void>>()
  let ended = false
  const said = () => `It said:\n${written.stdout}${written.stderr}`
  const within = <A>(what: string, wait: Effect.Effect<A>): Effect.Effect<A> =>
    Effect.timeoutFailCause(wait, {
      duration: longest,
      onTimeout: () => Cause.die(new Error(`waited in vain for ${what} of ${command}. ${said()}`))
    })
  const look = () => {
    for (const [text, found] of waiting) {
      if (written.stdout.includes(text) || written.stderr.includes(text)) Deferred.unsafeDone(found, Effect.void)
      else if (ended) Deferred.unsafeDone(found, Effect.dieMessage(`${command} ended without "${text}". ${said()}`))
    }
  }
  return {
    written,
    add: (stream: "stdout" | "stderr", text: string) => {
      written[stream] += text
      look()
    },
    /** Nothing more comes. */
    end: () => {
      ended = true
      look()
    },
    /** Waits until a stream holds the text. Dies when the command ends without it. */
    says: (text: string) =>
      Effect.gen(function* () {
        const found = yield* Deferred.make<void>()
        waiting.set(text, found)
        look()
        yield* within(`"${text}"`, Deferred.await(found))
        waiting.delete(text)
      }),
    /** Bounds a wait for the end. */
    bounded: <A>(end: Effect.Effect<A>) => within("the end", end)
  }
}
