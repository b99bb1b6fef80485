/**
 * A command line, put in order before it is parsed: options first, each in two
 * words, the same ones side by side, then `--` and the arguments. The parser
 * needs it so: it does not find a repeated option again behind another one,
 * drops a repeated option without a word when its value is empty, and reads
 * "yes" behind a switch as its value.
 */
import * as Either from "effect/Either"
import * as LogLevel from "effect/LogLevel"
import { type Entry, isOption, isRepeated, nameOf, takesValue } from "./entry.ts"
import { nearest } from "./nearest.ts"

export interface Known {
  readonly name: string
  readonly entries: () => ReadonlyArray<Entry>
}

export interface CommandLine {
  /** The command, if one is named. */
  readonly command: string | undefined
  /** What the parser is given. */
  readonly args: ReadonlyArray<string>
  readonly asksFor: "help" | "version" | undefined
  readonly logLevel: LogLevel.LogLevel | undefined
}

/** What is wrong, and with which command. */
export interface Mistake {
  readonly message: string
  readonly command: string | undefined
}

/** Options that every command has. */
const common: ReadonlyArray<Entry> = ["--help", "-h", "--version", "--log-level <level>", "--wizard"].map((term) => ({
  term,
  text: ""
}))

/** Options of the program itself. */
const ofProgram: ReadonlyArray<Entry> = [{ term: "--completions <shell>", text: "" }]

const noKeyHere =
  "a key is no argument, since every process of the machine could read it: set OPENAI_ADMIN_KEY, or pass --admin-key-file <file>"

const isKeyOption = (name: string): boolean => /^--?(admin-|api-)?key$/i.test(name)

const logLevels = new Map(LogLevel.allLevels.map((level) => [level._tag.toLowerCase(), level]))

/** Somebody may have tried to pass a key. */
const quoted = (word: string): string => JSON.stringify(word.replace(/sk-.*/, "sk-…"))

const unknownCommand = (word: string, commands: ReadonlyArray<Known>): string => {
  const names = commands.map(({ name }) => name)
  const near = nearest(word, names)
  return near === undefined
    ? `there is no command ${quoted(word)}: use one of ${names.join(", ")}`
    : `there is no command ${quoted(word)}: did you mean ${near}?`
}

const unknownOption = (name: string, entries: ReadonlyArray<Entry>): string => {
  if (isKeyOption(name)) return noKeyHere
  const near = nearest(name, entries.map(nameOf))
  return near === undefined ? `there is no option ${name}` : `there is no option ${name}: did you mean ${near}?`
}

const separator = "--"

const isOptionWord = (word: string): boolean => word.startsWith("-") && word.length > 1

/** `--name=value` as two words. */
const split = (word: string): readonly [name: string, value: string | undefined] => {
  const at = word.startsWith("--") ? word.indexOf("=") : -1
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
}

/** Where the command stands: the first word that is neither an option nor the value of one that may come before it. */
const commandAt = (words: ReadonlyArray<string>): number =>
  words.findIndex((word, i) => !isOptionWord(word) && !["--log-level", "--completions"].includes(words[i - 1] ?? ""))

/** Reads a command line as far as its words go; their values are the parser's affair. */
export const read = (
  words: ReadonlyArray<string>,
  commands: ReadonlyArray<Known>
): Either.Either<CommandLine, Mistake> => {
  const at = commandAt(words)
  const name = at < 0 ? undefined : words[at]
  const known = commands.find((one) => one.name === name)
  const mistake = (message: string) => Either.left({ message, command: known?.name })
  if (name !== undefined && known === undefined) return mistake(unknownCommand(name, commands))

  const entries = [...(known === undefined ? ofProgram : known.entries().filter(isOption)), ...common]
  const values = new Map<string, Array<string>>()
  const positionals: Array<string> = []
  const rest = [...words.slice(0, Math.max(0, at)), ...words.slice(at + 1)]
  while (rest.length > 0) {
    const word = rest.shift() ?? ""
    if (word === separator) {
      positionals.push(...rest.splice(0))
      continue
    }
    if (!isOptionWord(word)) {
      positionals.push(word)
      continue
    }
    const [option, inline] = split(word)
    const entry = entries.find((one) => nameOf(one) === option)
    if (entry === undefined) return mistake(unknownOption(option, entries))
    const before = values.get(option)
    if (before !== undefined && takesValue(entry) && !isRepeated(entry)) return mistake(`${option} is given twice`)
    if (!takesValue(entry)) {
      if (inline !== undefined) return mistake(`${option} takes no value`)
      values.set(option, [])
      continue
    }
    const next = rest[0]
    const isNextOption = next !== undefined && entries.some((one) => nameOf(one) === split(next)[0])
    const value = inline ?? (isNextOption ? undefined : rest.shift())
    if (value === undefined) return mistake(`${option} needs a value`)
    if (value === "") return mistake(`the value of ${option} is empty: give it one, or leave ${option} out`)
    values.set(option, [...(before ?? []), value])
  }

  const level = values.get("--log-level")?.[0]
  const logLevel = level === undefined ? undefined : logLevels.get(level.toLowerCase())
  if (level !== undefined && logLevel === undefined) {
    return mistake(`there is no log level ${quoted(level)}: use one of ${[...logLevels.keys()].join(", ")}`)
  }
  values.delete("--log-level")
  const asksForHelp = values.has("--help") || values.has("-h") || (known === undefined && values.size === 0)
  return Either.right({
    command: known?.name,
    asksFor: asksForHelp ? "help" : values.has("--version") ? "version" : undefined,
    logLevel,
    args: [
      ...(known === undefined ? [] : [known.name]),
      ...[...values].flatMap(([option, given]) =>
        given.length === 0 ? [option] : given.flatMap((value) => [option, value])
      ),
      ...(known === undefined || positionals.length === 0 ? [] : [separator]),
      ...positionals
    ]
  })
}
