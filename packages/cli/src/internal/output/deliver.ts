import { printable } from "@checkpoint-permissions/access/TerminalText"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Kind, kindOf } from "../input/document.ts"
import * as Screen from "../terminal/screen.ts"
import * as output from "./file.ts"

/**
 * The file of `--out`, where an earlier document of these kinds may be. Fails if what is made later could not be
 * written, as far as that is known: to be asked before hours of work.
 */
export const targetOf = Effect.fnUntraced(function* (
  { force, out }: { readonly out: Option.Option<string>; readonly force: boolean },
  what: string,
  ...earlier: ReadonlyArray<Kind>
) {
  const isEarlier = (text: string) => earlier.some((kind) => kind === kindOf(text))
  const target = Option.map(out, (path): output.Target => ({ what, path, force, isEarlier }))
  yield* Option.isSome(target)
    ? output.check(target.value)
    : Effect.flatMap(Screen.Screen, ({ checkRoom }) => checkRoom)
  return target
})

/** To a file, or to standard output. */
export const deliver = Effect.fnUntraced(function* (target: Option.Option<output.Target>, text: string) {
  const screen = yield* Screen.Screen
  if (Option.isNone(target)) return yield* screen.print(text.endsWith("\n") ? text : `${text}\n`)
  yield* output.write(target.value, text)
  yield* screen.note(`Written to ${printable(target.value.path)}`)
})
