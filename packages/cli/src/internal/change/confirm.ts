/** The confirmation of every command that changes access. */
import * as Effect from "effect/Effect"
import { refused } from "../command/failure.ts"
import * as Screen from "../terminal/screen.ts"

interface Change {
  readonly command: "apply" | "grant" | "revoke" | "offboard"
  /** The sentences before the question. Default: none. */
  readonly before?: string | undefined
  /** The change as an imperative, such as `Grant 3 permissions`. */
  readonly change: string
  /** The number to type, of the permissions that are revoked. Default: the answer is `y`. */
  readonly count?: number | undefined
}

/** Fails unless there is a terminal to ask for confirmation. */
export const checkTerminal = Effect.fnUntraced(function* (command: Change["command"]) {
  const { canAsk } = yield* Screen.Screen
  if (!canAsk) {
    return yield* refused(`${command}: no terminal to ask for confirmation: review the plan, then pass --yes`)
  }
})

/** Requests confirmation at the terminal. Fails without a terminal, or with another answer. */
export const confirm = Effect.fnUntraced(function* ({ before = "", change, command, count }: Change) {
  yield* checkTerminal(command)
  const screen = yield* Screen.Screen
  const question = count === undefined ? `${change}? [y/N] ` : `Type ${screen.err.bold(String(count))} to ${change}: `
  const answer = (yield* screen.ask(`${before}${question}`)) ?? ""
  const isConfirmed = count === undefined ? /^y(es)?$/i.test(answer) : answer === String(count)
  if (!isConfirmed) return yield* refused(`${command}: not confirmed, nothing changed`)
})
