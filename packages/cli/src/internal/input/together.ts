/** Which options do not go together. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { WrongUse } from "../failure.ts"

const isGiven = (value: unknown): boolean => {
  if (Option.isOption(value)) return Option.isSome(value)
  return Array.isArray(value) ? value.length > 0 : value === true
}

/** The first of these options that is given, as the command line has it: `maxAge` is `--max-age`. */
export const firstGiven = <Options extends object>(
  options: Options,
  ...names: ReadonlyArray<keyof Options & string>
): string | undefined => {
  const name = names.find((one) => isGiven(options[one]))
  return name && `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** `--json` beside `--format`. */
export const checkFormat = ({ format, json }: { readonly json: boolean; readonly format: Option.Option<unknown> }) =>
  json && Option.isSome(format)
    ? new WrongUse({ message: "--json is a format of its own: leave out --format, or --json" })
    : Effect.void
