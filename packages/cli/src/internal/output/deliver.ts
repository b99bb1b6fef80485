import { printable } from "@checkpoint-permissions/access/TerminalText"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Screen from "../terminal/screen.ts"
import * as output from "./file.ts"

/** Fails if what is made later could not be written, as far as that is known: to be asked before hours of work. */
export const checkTarget = (target: Option.Option<output.Target>) =>
  Option.match(target, {
    onSome: output.check,
    onNone: () => Effect.flatMap(Screen.Screen, ({ checkRoom }) => checkRoom)
  })

/** To a file, or to standard output. */
export const deliver = Effect.fnUntraced(function* (target: Option.Option<output.Target>, text: string) {
  const screen = yield* Screen.Screen
  if (Option.isNone(target)) return yield* screen.print(text.endsWith("\n") ? text : `${text}\n`)
  yield* output.write(target.value, text)
  yield* screen.note(`Written to ${printable(target.value.path)}`)
})
